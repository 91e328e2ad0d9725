/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the slab layer share, and nobody else includes: the slabs of
 * a node, and the state of one.  Each file calls only those below it:
 *	slab_grow.c	an object from new pages, or from another node's slabs
 *	slab_check.c	slabs that are damaged, and objects that leaked
 *	slab_reap.c	empty slabs that go back to the kernel
 *	slab_read.c	statistics, and hints
 *	slab.c		objects taken and given
 *	slab_pages.c	the pages of a slab
 */
#ifndef MAGSLAB_ALLOCATOR_SLAB_H
#define MAGSLAB_ALLOCATOR_SLAB_H

#include <linux/atomic.h>
#include <linux/build_bug.h>
#include <linux/list.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/reciprocal_div.h>
#include <linux/spinlock.h>

#include "../compat.h"
#include "internal.h"

/* No object: more than a slab can hold. */
#define MAG_LINK_END U16_MAX

/**
 * struct mag_slab_node - slabs of one node
 * @lock: protects all below and the state of each slab on the lists; 5th in
 *	the order of internal.h
 * @partial: slabs with objects both in and out
 * @full: slabs with all objects out
 * @empty: slabs with all objects in
 * @damaged: slabs that were given up: nothing is taken from them, and what is put
 *	back is lost
 * @nr_partial: slabs on @partial
 * @nr_empty: slabs on @empty
 * @empty_min: least of @nr_empty since the last reaping
 * @pages_returned: pages given back to the kernel, counted without the lock
 * @pages_let_go: the same, and those that will be when their grace period is over
 * @nr_slabs: slabs on the four lists
 * @nr_pages: pages in them
 * @objects_out: objects out of these slabs, the sum of their @inuse: live, or in a
 *	magazine
 * @colour: of the next new slab; without the lock, as any value will do
 */
struct mag_slab_node {
	spinlock_t lock; /* all below, and slab states */
	struct list_head partial;
	struct list_head full;
	struct list_head empty;
	struct list_head damaged;
	u32 nr_partial;
	u32 nr_empty;
	u32 empty_min;
	atomic_long_t pages_returned;
	atomic_long_t pages_let_go;
	u64 nr_slabs;
	u64 nr_pages;
	u64 objects_out;
	u32 colour;
} ____cacheline_aligned_in_smp;

/**
 * struct mag_slab_state - state of a slab, kept in its page's index field
 * @free: first of the free objects that were out before, or MAG_LINK_END
 * @fresh: objects from here on have never been out, and have no link yet
 * @inuse: objects out
 * @layout: which mag_cache.layout it was cut by
 * @damaged: it was given up, and has neither @free nor @fresh objects
 * @retired: it left its node to be freed, and is on none of the node's lists; kept
 *	in the pages after that, for a free that comes too late
 * @reported: an object was freed to it while it was retired
 * @trimmed: it has not all pages of the block that was drawn, and is no
 *	compound page therefore
 * @partial: it is on its node's list of that name
 * @tail: this is not its first page, but @free pages behind that, of @fresh
 * @colour: the first object is so many mag_cache.colour_unit behind the start
 *	(Bonwick 1994, section 4.3), lest objects of all slabs meet in the same
 *	lines of the CPU's caches
 *
 * The list link is page->lru, the cache page->private.
 */
struct mag_slab_state {
	u16 free;
	u16 fresh;
	u16 inuse;
	u8 layout : 1;
	u8 damaged : 1;
	u8 retired : 1;
	u8 reported : 1;
	u8 trimmed : 1;
	u8 tail : 1;
	u8 partial : 1;
	u8 colour;
};

static_assert(sizeof(struct mag_slab_state) ==
		      sizeof(mag_page_index((struct page *)NULL)),
	      "magslab needs a 64-bit kernel");

static inline struct mag_slab_state *slab_state(struct page *page)
{
	return (struct mag_slab_state *)&mag_page_index(page);
}

static inline const struct mag_slab_layout *
slab_layout(const struct mag_cache *cache, struct page *page)
{
	return &cache->layout[slab_state(page)->layout];
}

/* The first page of the slab that @page is in, the head of its compound page if any. */
static inline struct page *slab_head_of(struct page *page)
{
	/* What else is in the byte may change meanwhile; this does not. */
	if (data_race(slab_state(page)->tail == 1))
		page -= slab_state(page)->free;
	return page;
}

/* The first page of the slab that @addr is in; it is known to be in one. */
static inline struct page *slab_head(const void *addr)
{
	return slab_head_of(virt_to_head_page(addr));
}

/**
 * struct slab_cut - where the objects of a slab and their links are, for loops
 * @first: what surrounds the first object begins here
 * @link: of the first object
 * @link_stride: bytes from a link to the next
 * @objects: how many there are
 */
struct slab_cut {
	void *first;
	void *link;
	u32 link_stride;
	u32 objects;
};

static __always_inline struct slab_cut slab_cut(const struct mag_cache *cache,
						struct page *page)
{
	const struct mag_slab_layout *layout = slab_layout(cache, page);
	void *start = page_address(page);
	struct slab_cut cut = {
		.first = start + slab_state(page)->colour * cache->colour_unit,
		.objects = layout->objects,
	};

	cut.link = layout->link_offset ? start + layout->link_offset
				       : cut.first + cache->left;
	cut.link_stride = layout->link_offset ? sizeof(u16) : cache->size;
	return cut;
}

static __always_inline void *cut_object(const struct mag_cache *cache,
					const struct slab_cut *cut, u32 index)
{
	return cut->first + (size_t)index * cache->size + cache->left;
}

/* The object that @addr is in, or in whose surroundings it is. */
static __always_inline u32 cut_index(const struct mag_cache *cache,
				     const struct slab_cut *cut,
				     const void *addr)
{
	return reciprocal_divide((u32)(addr - cut->first), cache->inverse_size);
}

static __always_inline u16 *cut_link(const struct slab_cut *cut, u32 index)
{
	return cut->link + (size_t)index * cut->link_stride;
}

static inline void *slab_object(const struct mag_cache *cache,
				struct page *page, u32 index)
{
	struct slab_cut cut = slab_cut(cache, page);

	return cut_object(cache, &cut, index);
}

static inline u32 slab_index(const struct mag_cache *cache, struct page *page,
			     const void *addr)
{
	struct slab_cut cut = slab_cut(cache, page);

	return cut_index(cache, &cut, addr);
}

static inline u16 *slab_link(const struct mag_cache *cache, struct page *page,
			     u32 index)
{
	struct slab_cut cut = slab_cut(cache, page);

	return cut_link(&cut, index);
}

/* Whether @page is on the list of partial slabs, or about to be. */
static inline void slab_set_partial(struct mag_slab_node *sn, struct page *page,
				    bool partial)
{
	sn->nr_partial += partial - slab_state(page)->partial;
	slab_state(page)->partial = partial;
}

/* The state a slab is in decides its list. */
static inline void slab_relist(struct mag_cache *cache,
			       struct mag_slab_node *sn, struct page *page)
{
	u32 inuse = slab_state(page)->inuse;

	slab_set_partial(sn, page,
			 inuse && inuse != slab_layout(cache, page)->objects);
	if (!inuse)
		list_move(&page->lru, &sn->empty);
	else if (slab_state(page)->partial)
		list_move(&page->lru, &sn->partial);
	else
		list_move(&page->lru, &sn->full);
}

/* A slab is about to leave the empty ones, with objects out. */
static inline void slab_count_empty_taken(struct mag_slab_node *sn)
{
	lockdep_assert_held(&sn->lock);
	WRITE_ONCE(sn->nr_empty, sn->nr_empty - 1);
	sn->empty_min = min(sn->empty_min, sn->nr_empty);
}

/* A slab comes to a node, or is about to leave it.  Caller holds the lock. */
static inline void slab_count(struct mag_cache *cache, struct mag_slab_node *sn,
			      struct page *page, bool comes)
{
	u32 pages = slab_layout(cache, page)->pages;

	lockdep_assert_held(&sn->lock);
	WRITE_ONCE(sn->nr_slabs, sn->nr_slabs + (comes ? 1 : -1));
	sn->nr_pages += comes ? pages : -(u64)pages;
}

/* Takes an empty slab off the node, onto @list, for mag_slab_let_go(). */
static inline void slab_retire(struct mag_cache *cache,
			       struct mag_slab_node *sn, struct page *page,
			       struct list_head *list)
{
	slab_count(cache, sn, page, false);
	slab_set_partial(sn, page, false);
	slab_state(page)->retired = true;
	list_move(&page->lru, list);
}

/* Objects that are moved, or slabs that are looked at, under one hold of a lock. */
#define MAG_SLAB_HOLD 32U

/* slab.c */

/* Takes up to @nr objects out of one slab.  Caller holds the node's lock. */
u32 mag_slab_take_from(struct mag_cache *cache, struct mag_slab_node *sn,
		       struct page *page, void **objs, u32 nr);
/*
 * The list of free objects is as long as the counters say, stays within bounds and
 * comes to an end.  Then no object is on it twice, for the list would go round in a
 * circle from there.  Caller holds the lock, or @page is retired.
 */
bool mag_slab_list_is_whole(const struct mag_cache *cache, struct page *page);
/*
 * Reports that the list is not whole: a free object was written to, or freed once
 * more.  Which objects are live is not known any more, so that the slab is given up:
 * it is kept, and not used.  Caller holds the lock, and has counted it out of the
 * empty ones.
 */
void mag_slab_condemn(struct mag_cache *cache, struct mag_slab_node *sn,
		      struct page *page);
/*
 * Frees retired slabs, but for those whose list is not whole: these may have live
 * objects, and are given up.
 */
void mag_slab_let_go(struct mag_cache *cache, struct list_head *list);

/* slab_pages.c */

/* A new slab, on no list, its objects constructed; or NULL. */
struct page *mag_slab_draw(struct mag_cache *cache, int node, gfp_t gfp);
/* It joins its cache, or its pages go; it cannot do the latter meanwhile. */
void mag_slab_tell(struct mag_cache *cache, struct page *page, bool new);
/* The pages of a slab.  Its cache may have gone. */
void mag_slab_free_pages(struct page *page);
/* It is no cache's any more. */
void mag_slab_disown(struct page *page);
/* kmemleak does not look into it any more. */
void mag_slab_hide(const struct mag_cache *cache, struct page *page);
/* Frees a slab that is on no list, by RCU where readers may be in it. */
void mag_slab_destroy(struct mag_cache *cache, struct page *page);

/* slab_reap.c */

/*
 * Frees up to @nr empty slabs of a node, and returns how many.  It does so a run
 * at a time: the lock is not held for long, and what the CPUs take meanwhile is
 * taken.  Task context; may sleep where they are many.
 */
u32 mag_slab_reap_runs(struct mag_cache *cache, struct mag_slab_node *sn,
		       u32 nr);

#endif /* MAGSLAB_ALLOCATOR_SLAB_H */
