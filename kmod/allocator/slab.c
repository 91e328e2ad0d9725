// SPDX-License-Identifier: GPL-2.0-only
/*
 * The slab layer: objects cut from pages, per node (Bonwick, "The Slab
 * Allocator", USENIX 1994).  A slab needs no memory beside its pages: what
 * there is to know of it fits in fields of struct page that a page's owner may
 * use, and the links of its free objects in the objects themselves, or behind
 * the last one where the bytes of free objects must stay as they are.
 */
#include <linux/bitmap.h>
#include <linux/build_bug.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/nodemask.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/topology.h>

#include "../compat.h"
#include "debug.h"
#include "mag_trace.h"

#define MAG_SLAB_LEAKS_SHOWN 8 /* objects named in a leak report */

/* Empty slabs retired under one hold of the lock. */
#define MAG_SLAB_RUN	     32U

/* No object: more than a slab can hold. */
#define MAG_LINK_END	     U16_MAX

/* What GFP flags mean for a page, objects being cached, is in the kernel-doc. */
#define MAG_SLAB_GFP_IGNORED                                          \
	(GFP_ZONEMASK | __GFP_ZERO | __GFP_THISNODE | __GFP_ACCOUNT | \
	 __GFP_COMP)

/**
 * struct mag_slab_node - slabs of one node
 * @lock: protects all below and the state of each slab on the lists; 5th in
 *	the order of internal.h
 * @partial: slabs with objects both in and out
 * @full: slabs with all objects out
 * @empty: slabs with all objects in
 * @nr_empty: slabs on @empty
 * @empty_min: least of @nr_empty since the last reaping
 * @pages_returned: pages given back to the kernel
 * @nr_slabs: slabs on the three lists
 * @nr_pages: pages in them
 * @objects_out: objects out of their slabs: live, or in a magazine
 * @colour: of the next new slab; without the lock, as any value will do
 */
struct mag_slab_node {
	spinlock_t lock; /* all below, and slab states */
	struct list_head partial;
	struct list_head full;
	struct list_head empty;
	u32 nr_empty;
	u32 empty_min;
	u64 pages_returned;
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
 * @damaged: the list of free objects was given up
 * @trimmed: it has not all pages of the block that was drawn, and is no
 *	compound page therefore
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
	u8 trimmed : 1;
	u8 tail : 1;
	u8 colour;
};

static_assert(sizeof(struct mag_slab_state) ==
		      sizeof(mag_page_index((struct page *)NULL)),
	      "magslab needs a 64-bit kernel");

/* Slabs of destroyed caches with objects still out, freed with the module. */
static DEFINE_MUTEX(mag_graveyard_lock);
static LIST_HEAD(mag_graveyard);

static struct mag_slab_state *slab_state(struct page *page)
{
	return (struct mag_slab_state *)&mag_page_index(page);
}

static const struct mag_slab_layout *slab_layout(const struct mag_cache *cache,
						 struct page *page)
{
	return &cache->layout[slab_state(page)->layout];
}

/* The first page of the slab that @addr is in; it is known to be in one. */
static struct page *slab_head(const void *addr)
{
	struct page *page = virt_to_head_page(addr);

	/* What else is in the byte may change meanwhile; this does not. */
	if (data_race(slab_state(page)->tail == 1))
		page -= slab_state(page)->free;
	return page;
}

static void *slab_object(const struct mag_cache *cache, struct page *page,
			 u32 index)
{
	return page_address(page) +
	       slab_state(page)->colour * cache->colour_unit +
	       (size_t)index * cache->size + cache->left;
}

/* The object that @addr is in, or in whose surroundings it is. */
static u32 slab_index(const struct mag_cache *cache, struct page *page,
		      const void *addr)
{
	u32 offset = addr - page_address(page) -
		     slab_state(page)->colour * cache->colour_unit;

	return reciprocal_divide(offset, cache->inverse_size);
}

struct mag_cache *mag_slab_cache(const void *addr)
{
	return (struct mag_cache *)page_private(virt_to_head_page(addr));
}

void *mag_slab_object_at(const struct mag_cache *cache, const void *addr)
{
	struct page *page = slab_head(addr);
	u32 index = slab_index(cache, page, addr);

	if (index >= slab_layout(cache, page)->objects)
		return NULL;
	return slab_object(cache, page, index);
}

static u16 *slab_link(const struct mag_cache *cache, struct page *page,
		      u32 index)
{
	u32 table = slab_layout(cache, page)->link_offset;

	if (!table)
		return slab_object(cache, page, index);
	return page_address(page) + table + index * sizeof(u16);
}

/*
 * Somebody wrote to a free object, and the list leads nowhere: its objects are
 * given up, and count as quarantined.
 */
static void slab_give_up_list(struct mag_cache *cache, struct page *page)
{
	struct mag_slab_state *state = slab_state(page);
	u32 objects = slab_layout(cache, page)->objects;

	mag_bug_report_head(cache, MAG_BUG_FREE_LIST, page_address(page));
	atomic_long_add(objects - state->inuse, &cache->quarantined);
	state->damaged = true;
	state->free = MAG_LINK_END;
	state->fresh = objects;
	state->inuse = objects;
}

/* The state a slab is in decides its list. */
static void slab_relist(struct mag_cache *cache, struct mag_slab_node *sn,
			struct page *page)
{
	u32 inuse = slab_state(page)->inuse;

	if (!inuse)
		list_move(&page->lru, &sn->empty);
	else if (inuse == slab_layout(cache, page)->objects)
		list_move(&page->lru, &sn->full);
	else
		list_move(&page->lru, &sn->partial);
}

/* A slab is about to leave the empty ones, with objects out. */
static void slab_count_empty_taken(struct mag_slab_node *sn)
{
	lockdep_assert_held(&sn->lock);
	WRITE_ONCE(sn->nr_empty, sn->nr_empty - 1);
	sn->empty_min = min(sn->empty_min, sn->nr_empty);
}

/* Takes up to @nr objects out of one slab. Caller holds the node's lock. */
static u32 slab_take(struct mag_cache *cache, struct mag_slab_node *sn,
		     struct page *page, void **objs, u32 nr)
{
	struct mag_slab_state *state = slab_state(page);
	u32 objects = slab_layout(cache, page)->objects;
	bool was_empty = !state->inuse;
	u32 index, got;
	u16 *link;

	lockdep_assert_held(&sn->lock);
	for (got = 0; got < nr && state->inuse < objects; got++) {
		if (state->free != MAG_LINK_END) {
			index = state->free;
			if (unlikely(index >= state->fresh)) {
				slab_give_up_list(cache, page);
				break;
			}
			link = slab_link(cache, page, index);
			state->free = *link;
			/* With init_on_free the object must read as zeroes. */
			*link = 0;
		} else {
			index = state->fresh++;
		}
		state->inuse++;
		objs[got] = slab_object(cache, page, index);
	}

	if (was_empty)
		slab_count_empty_taken(sn);
	sn->objects_out += got;
	slab_relist(cache, sn, page);
	return got;
}

/* CPUs may be on a node without memory: then the nearest that has some. */
static int slab_node_of(int node)
{
	int other, nearest = node;

	if (likely(node_state(node, N_MEMORY)))
		return node;
	for_each_node_state(other, N_MEMORY)
		if (nearest == node ||
		    node_distance(node, other) < node_distance(node, nearest))
			nearest = other;
	return nearest;
}

u32 mag_slab_take(struct mag_cache *cache, int node, void **objs, u32 nr)
{
	struct mag_slab_node *sn = cache->slab_node[slab_node_of(node)];
	unsigned long flags;
	struct page *page;
	u32 got = 0;

	spin_lock_irqsave(&sn->lock, flags);
	while (got < nr) {
		page = list_first_entry_or_null(&sn->partial, struct page, lru);
		if (!page)
			page = list_first_entry_or_null(&sn->empty, struct page,
							lru);
		if (!page)
			break;
		got += slab_take(cache, sn, page, objs + got, nr - got);
	}
	spin_unlock_irqrestore(&sn->lock, flags);
	return got;
}

static u8 slab_next_colour(struct mag_cache *cache, struct page *page,
			   u32 layout)
{
	struct mag_slab_node *sn = cache->slab_node[page_to_nid(page)];
	u32 colours = cache->layout[layout].colours;
	/* Two CPUs may get the same one: that costs little, a lock more. */
	u32 colour = data_race(READ_ONCE(sn->colour));

	WRITE_ONCE(sn->colour, colour + 1);
	return colour % colours;
}

/* Gives back the pages of a block that @layout does without. */
static void slab_trim(struct mag_cache *cache, struct page *page,
		      const struct mag_slab_layout *layout)
{
	u32 i;

	split_page(page, layout->order);
	for (i = layout->pages; i < 1U << layout->order; i++)
		__free_page(page + i);
	for (i = 1; i < layout->pages; i++) {
		set_page_private(page + i, (unsigned long)cache);
		*slab_state(page + i) = (struct mag_slab_state){
			.free = i,
			.fresh = layout->pages,
			.tail = true,
		};
	}
	slab_state(page)->trimmed = true;
}

/* Pages for a slab by one layout, zone and node left to @gfp and @node. */
static struct page *slab_pages(struct mag_cache *cache, u32 layout, int node,
			       gfp_t gfp)
{
	const struct mag_slab_layout *cut = &cache->layout[layout];
	bool trim = cut->pages < 1UL << cut->order;
	struct page *page;

	page = alloc_pages_node(node, trim ? gfp : gfp | __GFP_COMP,
				cut->order);
	if (!page)
		return NULL;

	INIT_LIST_HEAD(&page->lru);
	set_page_private(page, (unsigned long)cache);
	*slab_state(page) = (struct mag_slab_state){
		.free = MAG_LINK_END,
		.layout = layout,
		.colour = slab_next_colour(cache, page, layout),
	};
	if (trim)
		slab_trim(cache, page, cut);
	return page;
}

/* The order of choice if it is cheap to get, the least one otherwise. */
static struct page *slab_pages_any_order(struct mag_cache *cache, int node,
					 gfp_t gfp)
{
	gfp_t light = (gfp | __GFP_NOWARN | __GFP_NORETRY) & ~__GFP_NOFAIL;
	struct page *page;

	if (cache->layout[MAG_LAYOUT_BEST].order >
	    cache->layout[MAG_LAYOUT_LEAST].order) {
		/* Nobody is woken for it, and no reserve touched (mm/slub.c). */
		light = (light | __GFP_NOMEMALLOC) & ~__GFP_RECLAIM;
		page = slab_pages(cache, MAG_LAYOUT_BEST, node, light);
		if (page)
			return page;
	}
	return slab_pages(cache, MAG_LAYOUT_LEAST, node, gfp);
}

static void slab_construct(struct mag_cache *cache, struct page *page)
{
	u32 index, objects = slab_layout(cache, page)->objects;
	void *obj;

	if (!cache->ctor && !cache->debug)
		return;
	for (index = 0; index < objects; index++) {
		obj = slab_object(cache, page, index);
		if (cache->debug)
			mag_object_init(cache, obj);
		if (cache->ctor)
			cache->ctor(obj);
	}
}

static void slab_destruct(struct mag_cache *cache, struct page *page)
{
	u32 index, objects = slab_layout(cache, page)->objects;

	if (!cache->dtor)
		return;
	for (index = 0; index < objects; index++)
		cache->dtor(slab_object(cache, page, index));
}

noinline void mag_slab_traffic(struct mag_cache *cache, struct page *page,
			       const char *name, u32 pages, bool new)
{
	const struct mag_slab_layout *layout = slab_layout(cache, page);

	if (new)
		trace_mag_slab_new(cache, page_to_nid(page), layout->order,
				   pages, layout->objects);
	else
		trace_mag_slab_free(cache, page_to_nid(page), layout->order,
				    pages, layout->objects);
}

/* It joins its cache, or its pages go; it cannot do the latter meanwhile. */
static void slab_trace(struct mag_cache *cache, struct page *page, bool new)
{
	mag_slab_traffic(cache, page, cache->name,
			 slab_layout(cache, page)->pages, new);
}

/* Publishes a new slab, keeping one object of it back for the caller. */
static void *slab_add(struct mag_cache *cache, struct page *page)
{
	struct mag_slab_node *sn = cache->slab_node[page_to_nid(page)];
	unsigned long flags;
	void *obj;

	slab_construct(cache, page);

	spin_lock_irqsave(&sn->lock, flags);
	WRITE_ONCE(sn->nr_slabs, sn->nr_slabs + 1);
	sn->nr_pages += slab_layout(cache, page)->pages;
	WRITE_ONCE(sn->nr_empty, sn->nr_empty + 1);
	slab_take(cache, sn, page, &obj, 1);
	spin_unlock_irqrestore(&sn->lock, flags);
	slab_trace(cache, page, true);
	mag_reap_arm(cache);
	return obj;
}

/* An object of whatever node has one, nearest not considered. */
static void *slab_take_anywhere(struct mag_cache *cache)
{
	void *obj;
	int node;

	for_each_node_state(node, N_MEMORY)
		if (mag_slab_take(cache, node, &obj, 1))
			return obj;
	return NULL;
}

void *mag_slab_grow(struct mag_cache *cache, int node, gfp_t gfp)
{
	struct page *page = NULL;
	gfp_t here;
	void *obj;

	/* Pages of a wrong zone would serve later callers who did not ask. */
	WARN_ON_ONCE(gfp & GFP_ZONEMASK & ~__GFP_MOVABLE);
	WARN_ON_ONCE((gfp & __GFP_ZERO) && cache->ctor);
	gfp &= ~MAG_SLAB_GFP_IGNORED;
	node = slab_node_of(node);

	/*
	 * On a node that has no page left, objects of other nodes come before
	 * pages of other nodes: those would join the other node's slabs, and
	 * the next caller here would draw yet another.  Both come before the
	 * reserves.
	 */
	if (num_node_state(N_MEMORY) > 1) {
		here = (gfp | __GFP_THISNODE | __GFP_NOWARN |
			__GFP_NOMEMALLOC) &
		       ~(__GFP_NOFAIL | __GFP_DIRECT_RECLAIM | __GFP_HIGH);
		page = slab_pages_any_order(cache, node, here);
		if (!page) {
			obj = slab_take_anywhere(cache);
			if (obj)
				return obj;
		}
	}
	if (!page)
		page = slab_pages_any_order(cache, node, gfp);
	if (!page)
		return NULL;
	return slab_add(cache, page);
}

/* Its cache may have gone. */
static void slab_free_pages(struct page *page)
{
	u32 pages = slab_state(page)->trimmed ? slab_state(page + 1)->fresh : 1;
	u32 order = compound_order(page);

	for (; pages--; page++) {
		set_page_private(page, 0);
		mag_page_index(page) = 0;
		__free_pages(page, order);
	}
}

/* An empty slab that is on no list, of a cache that is there yet. */
static void slab_destroy(struct page *page)
{
	struct mag_cache *cache = (struct mag_cache *)page_private(page);

	slab_destruct(cache, page);
	slab_trace(cache, page, false);
	slab_free_pages(page);
}

static void slab_destroy_rcu(struct rcu_head *head)
{
	slab_destroy(container_of(head, struct page, rcu_head));
}

static void slab_destroy_list(struct mag_cache *cache, struct list_head *list)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, list, lru) {
		list_del(&page->lru);
		if (cache->flags & MAG_CACHE_TYPESAFE_BY_RCU)
			call_rcu(&page->rcu_head, slab_destroy_rcu);
		else
			slab_destroy(page);
	}
}

/* Takes an empty slab off the node, onto @list, for its pages to be freed. */
static void slab_retire(struct mag_cache *cache, struct mag_slab_node *sn,
			struct page *page, struct list_head *list)
{
	u32 pages = slab_layout(cache, page)->pages;

	lockdep_assert_held(&sn->lock);
	WRITE_ONCE(sn->nr_slabs, sn->nr_slabs - 1);
	sn->nr_pages -= pages;
	WRITE_ONCE(sn->pages_returned, sn->pages_returned + pages);
	list_move(&page->lru, list);
}

/* Puts one object back. A slab that is one empty too many goes to @excess. */
static void slab_put(struct mag_cache *cache, struct mag_slab_node *sn,
		     struct page *page, void *obj, struct list_head *excess)
{
	struct mag_slab_state *state = slab_state(page);
	u32 index = slab_index(cache, page, obj);

	lockdep_assert_held(&sn->lock);
	*slab_link(cache, page, index) = state->free;
	state->free = index;
	state->inuse--;
	sn->objects_out--;

	if (state->inuse) {
		/* Only the first object back changes the list. */
		if (state->inuse == slab_layout(cache, page)->objects - 1)
			slab_relist(cache, sn, page);
	} else if (sn->nr_empty < READ_ONCE(cache->policy.empty_max)) {
		WRITE_ONCE(sn->nr_empty, sn->nr_empty + 1);
		slab_relist(cache, sn, page);
	} else {
		slab_retire(cache, sn, page, excess);
	}
}

/* Gives back the leading objects that share a node; returns how many. */
static u32 slab_give_run(struct mag_cache *cache, struct mag_slab_node *sn,
			 void **objs, u32 nr, struct list_head *excess)
{
	unsigned long flags;
	struct page *page;
	u32 i;

	spin_lock_irqsave(&sn->lock, flags);
	for (i = 0; i < nr; i++) {
		page = virt_to_head_page(objs[i]);
		if (cache->slab_node[page_to_nid(page)] != sn)
			break;
		/* Not ours: better lost than mixed in. */
		if (WARN_ON_ONCE(page_private(page) != (unsigned long)cache))
			continue;
		slab_put(cache, sn, slab_head(objs[i]), objs[i], excess);
	}
	spin_unlock_irqrestore(&sn->lock, flags);
	return i;
}

void mag_slab_give(struct mag_cache *cache, void **objs, u32 nr)
{
	struct mag_slab_node *sn;
	LIST_HEAD(excess);
	u32 run;

	for (; nr; nr -= run, objs += run) {
		sn = cache->slab_node[page_to_nid(virt_to_page(*objs))];
		run = slab_give_run(cache, sn, objs, nr, &excess);
	}
	slab_destroy_list(cache, &excess);
}

/* Frees up to MAG_SLAB_RUN of the node's empty slabs and @nr; returns how many. */
static u32 slab_reap_run(struct mag_cache *cache, struct mag_slab_node *sn,
			 u32 nr)
{
	unsigned long flags;
	LIST_HEAD(excess);
	u32 i;

	spin_lock_irqsave(&sn->lock, flags);
	nr = min3(nr, MAG_SLAB_RUN, sn->nr_empty);
	WRITE_ONCE(sn->nr_empty, sn->nr_empty - nr);
	sn->empty_min = min(sn->empty_min, sn->nr_empty);
	/* The one that has been empty longest is at the end. */
	for (i = 0; i < nr; i++)
		slab_retire(cache, sn,
			    list_last_entry(&sn->empty, struct page, lru),
			    &excess);
	spin_unlock_irqrestore(&sn->lock, flags);
	slab_destroy_list(cache, &excess);
	return nr;
}

/*
 * The same of @nr, a run at a time: the lock is not held for long, and what the
 * CPUs take meanwhile is taken.
 */
static u32 slab_reap_runs(struct mag_cache *cache, struct mag_slab_node *sn,
			  u32 nr)
{
	u32 left = nr, run;

	while (left) {
		run = slab_reap_run(cache, sn, left);
		if (!run)
			break;
		left -= run;
		if (left)
			cond_resched();
	}
	return nr - left;
}

void mag_slab_reap(struct mag_cache *cache, int node, bool all)
{
	struct mag_slab_node *sn = cache->slab_node[node];
	unsigned long flags;
	u32 nr;

	spin_lock_irqsave(&sn->lock, flags);
	nr = all ? sn->nr_empty : sn->empty_min;
	sn->empty_min = sn->nr_empty - nr;
	spin_unlock_irqrestore(&sn->lock, flags);

	nr = slab_reap_runs(cache, sn, nr);
	if (nr)
		trace_mag_reap(cache, MAG_REAPED_SLABS, node, nr, 0);
}

unsigned long mag_slab_empty_pages(const struct mag_cache *cache, int node)
{
	return (unsigned long)READ_ONCE(cache->slab_node[node]->nr_empty) *
	       cache->layout[MAG_LAYOUT_BEST].pages;
}

bool mag_slab_any(const struct mag_cache *cache)
{
	int node;

	for_each_node(node)
		if (READ_ONCE(cache->slab_node[node]->nr_slabs))
			return true;
	return false;
}

u64 mag_slab_pages_returned(const struct mag_cache *cache)
{
	u64 pages = 0;
	int node;

	for_each_node(node)
		pages += READ_ONCE(cache->slab_node[node]->pages_returned);
	return pages;
}

/* The list is as long as the slab's counters say, and stays within bounds. */
static bool slab_list_is_whole(struct mag_cache *cache, struct page *page)
{
	struct mag_slab_state *state = slab_state(page);
	u32 left = state->fresh - state->inuse;
	u32 index;

	for (index = state->free; index != MAG_LINK_END && left; left--) {
		if (index >= state->fresh)
			return false;
		index = *slab_link(cache, page, index);
	}
	return index == MAG_LINK_END && !left;
}

/*
 * Returns whether the slab's own list was damaged, having given it up: then it
 * is among the full ones.
 */
static bool slab_validate(struct mag_cache *cache, struct mag_slab_node *sn,
			  struct page *page, void (*fn)(void *obj, void *arg),
			  void *arg)
{
	bool whole = slab_list_is_whole(cache, page);
	u32 index;

	if (!whole) {
		if (!slab_state(page)->inuse)
			slab_count_empty_taken(sn);
		slab_give_up_list(cache, page);
		slab_relist(cache, sn, page);
	}
	if (fn)
		for (index = 0; index < slab_layout(cache, page)->objects;
		     index++)
			fn(slab_object(cache, page, index), arg);
	return !whole;
}

static unsigned long slab_validate_list(struct mag_cache *cache,
					struct mag_slab_node *sn,
					struct list_head *list,
					void (*fn)(void *obj, void *arg),
					void *arg)
{
	unsigned long damaged = 0;
	struct page *page, *next;

	list_for_each_entry_safe(page, next, list, lru)
		damaged += slab_validate(cache, sn, page, fn, arg);
	return damaged;
}

unsigned long mag_slab_validate(struct mag_cache *cache, int node,
				void (*fn)(void *obj, void *arg), void *arg)
{
	struct mag_slab_node *sn = cache->slab_node[node];
	unsigned long damaged, flags;

	/* The full ones first, for those that join them have been seen. */
	spin_lock_irqsave(&sn->lock, flags);
	damaged = slab_validate_list(cache, sn, &sn->full, fn, arg);
	damaged += slab_validate_list(cache, sn, &sn->partial, fn, arg);
	damaged += slab_validate_list(cache, sn, &sn->empty, fn, arg);
	spin_unlock_irqrestore(&sn->lock, flags);
	return damaged;
}

static void slab_report_leak(struct mag_cache *cache, struct page *page,
			     u32 index, u32 *shown)
{
	void *obj = slab_object(cache, page, index);

	if (*shown == MAG_SLAB_LEAKS_SHOWN ||
	    (cache->debug &&
	     mag_object_get_state(cache, obj) == MAG_OBJECT_CONDEMNED))
		return;
	pr_err("magslab: cache %s: object %p leaked, offset %zu in its slab\n",
	       cache->name, obj, (size_t)(obj - page_address(page)));
	if (cache->debug)
		mag_object_report_tracks(cache, obj);
	++*shown;
}

/* Names the first objects of a leaking slab; the caller has counted them all. */
static void slab_report_leaks(struct mag_cache *cache, struct page *page,
			      u32 *shown)
{
	struct mag_slab_state *state = slab_state(page);
	unsigned long *in = bitmap_zalloc(state->fresh, GFP_KERNEL);
	u32 index;

	if (!in)
		return;

	/* A damaged list may lead anywhere, or round in a circle. */
	for (index = state->free;
	     index < state->fresh && !__test_and_set_bit(index, in);
	     index = *slab_link(cache, page, index))
		;
	for_each_clear_bit(index, in, state->fresh)
		slab_report_leak(cache, page, index, shown);
	bitmap_free(in);
}

static unsigned long slab_node_drain(struct mag_cache *cache,
				     struct mag_slab_node *sn, u32 *shown)
{
	unsigned long out = 0;
	struct page *page;

	slab_reap_runs(cache, sn, U32_MAX);
	list_splice_init(&sn->full, &sn->partial);
	list_for_each_entry(page, &sn->partial, lru) {
		out += slab_state(page)->inuse;
		/* Which of its objects are live is not known any more. */
		if (!slab_state(page)->damaged)
			slab_report_leaks(cache, page, shown);
	}

	mutex_lock(&mag_graveyard_lock);
	list_splice_init(&sn->partial, &mag_graveyard);
	mutex_unlock(&mag_graveyard_lock);
	return out;
}

unsigned long mag_slab_drain(struct mag_cache *cache)
{
	unsigned long out = 0, quarantined;
	u32 shown = 0;
	int node;

	for_each_node(node)
		out += slab_node_drain(cache, cache->slab_node[node], &shown);
	quarantined = atomic_long_read(&cache->quarantined);
	return out - min(out, quarantined);
}

void mag_slab_bury(void)
{
	struct page *page, *next;

	mutex_lock(&mag_graveyard_lock);
	list_for_each_entry_safe(page, next, &mag_graveyard, lru) {
		list_del(&page->lru);
		slab_free_pages(page);
	}
	mutex_unlock(&mag_graveyard_lock);
}

u64 mag_slab_stats(struct mag_cache *cache, struct mag_cache_stats *stats)
{
	struct mag_slab_node *sn;
	unsigned long flags;
	u64 out = 0;
	int node;

	for_each_node(node) {
		sn = cache->slab_node[node];
		spin_lock_irqsave(&sn->lock, flags);
		stats->slabs += sn->nr_slabs;
		stats->pages += sn->nr_pages;
		out += sn->objects_out;
		spin_unlock_irqrestore(&sn->lock, flags);
	}
	return out;
}

static u32 slab_fill(const struct mag_cache *cache, struct page *page)
{
	return slab_state(page)->inuse * (MAG_NR_FILLS - 1) /
	       slab_layout(cache, page)->objects;
}

void mag_slab_read(struct mag_cache *cache, int node,
		   struct mag_node_reading *reading)
{
	struct mag_slab_node *sn = cache->slab_node[node];
	u64 partial = 0;
	unsigned long flags;
	struct page *page;

	spin_lock_irqsave(&sn->lock, flags);
	reading->slabs = sn->nr_slabs;
	reading->empty_slabs = sn->nr_empty;
	reading->pages = sn->nr_pages;
	reading->pages_returned = sn->pages_returned;
	reading->objects_out = sn->objects_out;
	list_for_each_entry(page, &sn->partial, lru) {
		reading->fill[slab_fill(cache, page)]++;
		partial++;
	}
	spin_unlock_irqrestore(&sn->lock, flags);

	/* There may be many full ones, and there is nothing to see. */
	reading->fill[0] += reading->empty_slabs;
	reading->fill[MAG_NR_FILLS - 1] +=
		reading->slabs - reading->empty_slabs - partial;
}

int mag_slab_init(struct mag_cache *cache)
{
	struct mag_slab_node *sn;
	int node;

	cache->slab_node =
		kcalloc(nr_node_ids, sizeof(*cache->slab_node), GFP_KERNEL);
	if (!cache->slab_node)
		return -ENOMEM;

	for_each_node(node) {
		sn = kzalloc_node(sizeof(*sn), GFP_KERNEL, node);
		if (!sn)
			return -ENOMEM;
		spin_lock_init(&sn->lock);
		INIT_LIST_HEAD(&sn->partial);
		INIT_LIST_HEAD(&sn->full);
		INIT_LIST_HEAD(&sn->empty);
		cache->slab_node[node] = sn;
	}
	return 0;
}

void mag_slab_exit(struct mag_cache *cache)
{
	int node;

	if (!cache->slab_node)
		return;
	for_each_node(node)
		kfree(cache->slab_node[node]);
	kfree(cache->slab_node);
	cache->slab_node = NULL;
}

#if IS_ENABLED(CONFIG_KUNIT)
struct page *mag_kunit_slab_page(const void *obj)
{
	return slab_head(obj);
}
#endif
