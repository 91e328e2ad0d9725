// SPDX-License-Identifier: GPL-2.0-only
/*
 * The slab layer: objects cut from pages, per node (Bonwick, "The Slab
 * Allocator", USENIX 1994).  A slab needs no memory beside its pages: what
 * there is to know of it fits in fields of struct page that a page's owner may
 * use, and the links of its free objects in the objects themselves, or behind
 * the last one where objects must keep their constructed state.
 */
#include <linux/bitmap.h>
#include <linux/build_bug.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/nodemask.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "../compat.h"
#include "internal.h"

#define MAG_SLAB_MAX_ORDER   3 /* of choice; larger objects need more */
#define MAG_SLAB_MIN_OBJECTS 8 /* aimed at, to spread the cost of a page */
#define MAG_SLAB_WASTE_SHIFT 6 /* 1/64 of a slab is little enough */
#define MAG_SLAB_LEAKS_SHOWN 8 /* objects named in a leak report */

/* No object: more than a slab can hold. */
#define MAG_LINK_END	     U16_MAX

/* What GFP flags mean for a page, objects being cached, is in the kernel-doc. */
#define MAG_SLAB_GFP_IGNORED                                          \
	(GFP_ZONEMASK | __GFP_ZERO | __GFP_THISNODE | __GFP_ACCOUNT | \
	 __GFP_COMP)

/**
 * struct mag_slab_node - slabs of one node
 * @lock: protects all below and the state of each slab on the lists; 4th in
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
} ____cacheline_aligned_in_smp;

/**
 * struct mag_slab_state - state of a slab, kept in its page's index field
 * @free: first of the free objects that were out before, or MAG_LINK_END
 * @fresh: objects from here on have never been out, and have no link yet
 * @inuse: objects out
 * @layout: which mag_cache.layout it was cut by
 *
 * The list link is page->lru, the cache page->private.
 */
struct mag_slab_state {
	u16 free;
	u16 fresh;
	u16 inuse;
	u16 layout;
};

static_assert(sizeof(struct mag_slab_state) ==
		      sizeof(((struct page *)NULL)->private),
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

static void *slab_object(const struct mag_cache *cache, struct page *page,
			 u32 index)
{
	return page_address(page) + (size_t)index * cache->size;
}

static u16 *slab_link(const struct mag_cache *cache, struct page *page,
		      u32 index)
{
	return page_address(page) + slab_layout(cache, page)->link_offset +
	       (size_t)index * cache->link_stride;
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
			/* Somebody wrote to a free object: give up its list. */
			if (WARN_ON_ONCE(index >= objects)) {
				state->free = MAG_LINK_END;
				state->fresh = objects;
				state->inuse = objects;
				break;
			}
			link = slab_link(cache, page, index);
			state->free = *link;
			/* With init_on_free the object must read as zeroes. */
			if (!cache->ctor)
				*link = 0;
		} else {
			index = state->fresh++;
		}
		state->inuse++;
		objs[got] = slab_object(cache, page, index);
	}

	if (was_empty) {
		WRITE_ONCE(sn->nr_empty, sn->nr_empty - 1);
		sn->empty_min = min(sn->empty_min, sn->nr_empty);
	}
	sn->objects_out += got;
	slab_relist(cache, sn, page);
	return got;
}

u32 mag_slab_take(struct mag_cache *cache, int node, void **objs, u32 nr)
{
	struct mag_slab_node *sn = cache->slab_node[node];
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

/* Pages for a slab by one layout, zone and node left to @gfp and @node. */
static struct page *slab_pages(struct mag_cache *cache, u32 layout, int node,
			       gfp_t gfp)
{
	struct page *page;

	page = alloc_pages_node(node, gfp | __GFP_COMP,
				cache->layout[layout].order);
	if (!page)
		return NULL;

	INIT_LIST_HEAD(&page->lru);
	set_page_private(page, (unsigned long)cache);
	*slab_state(page) = (struct mag_slab_state){
		.free = MAG_LINK_END,
		.layout = layout,
	};
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
		light &= ~__GFP_DIRECT_RECLAIM;
		page = slab_pages(cache, MAG_LAYOUT_BEST, node, light);
		if (page)
			return page;
	}
	return slab_pages(cache, MAG_LAYOUT_LEAST, node, gfp);
}

static void slab_construct(struct mag_cache *cache, struct page *page)
{
	u32 index, objects = slab_layout(cache, page)->objects;

	if (!cache->ctor)
		return;
	for (index = 0; index < objects; index++)
		cache->ctor(slab_object(cache, page, index));
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
	sn->nr_pages += 1U << slab_layout(cache, page)->order;
	WRITE_ONCE(sn->nr_empty, sn->nr_empty + 1);
	slab_take(cache, sn, page, &obj, 1);
	spin_unlock_irqrestore(&sn->lock, flags);
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

	/*
	 * On a node that has no page left, objects of other nodes come before
	 * pages of other nodes: those would join the other node's slabs, and
	 * the next caller here would draw yet another.
	 */
	if (num_node_state(N_MEMORY) > 1) {
		here = (gfp | __GFP_THISNODE | __GFP_NOWARN) &
		       ~(__GFP_NOFAIL | __GFP_DIRECT_RECLAIM);
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

/* Caller has taken @page off its node's lists. */
static void slab_free_pages(struct page *page)
{
	u32 order = compound_order(page);

	set_page_private(page, 0);
	mag_page_index(page) = 0;
	__free_pages(page, order);
}

static void slab_free_list(struct list_head *list)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, list, lru) {
		list_del(&page->lru);
		slab_free_pages(page);
	}
}

/* Takes an empty slab off the node, onto @list, for its pages to be freed. */
static void slab_retire(struct mag_cache *cache, struct mag_slab_node *sn,
			struct page *page, struct list_head *list)
{
	u32 pages = 1U << slab_layout(cache, page)->order;

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
	u32 offset = obj - page_address(page);
	u32 index = reciprocal_divide(offset, cache->inverse_size);

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
		slab_put(cache, sn, page, objs[i], excess);
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
	slab_free_list(&excess);
}

void mag_slab_reap(struct mag_cache *cache, int node, bool all)
{
	struct mag_slab_node *sn = cache->slab_node[node];
	unsigned long flags;
	LIST_HEAD(excess);
	u32 nr;

	spin_lock_irqsave(&sn->lock, flags);
	nr = all ? sn->nr_empty : sn->empty_min;
	WRITE_ONCE(sn->nr_empty, sn->nr_empty - nr);
	sn->empty_min = sn->nr_empty;
	/* The one that has been empty longest is at the end. */
	while (nr--)
		slab_retire(cache, sn,
			    list_last_entry(&sn->empty, struct page, lru),
			    &excess);
	spin_unlock_irqrestore(&sn->lock, flags);
	slab_free_list(&excess);
}

unsigned long mag_slab_empty_pages(const struct mag_cache *cache, int node)
{
	return (unsigned long)READ_ONCE(cache->slab_node[node]->nr_empty)
	       << cache->layout[MAG_LAYOUT_BEST].order;
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
	for_each_clear_bit(index, in, state->fresh) {
		if (*shown == MAG_SLAB_LEAKS_SHOWN)
			break;
		pr_err("magslab: cache %s: object %p leaked, offset %zu in its slab\n",
		       cache->name, slab_object(cache, page, index),
		       (size_t)index * cache->size);
		++*shown;
	}
	bitmap_free(in);
}

static unsigned long slab_node_drain(struct mag_cache *cache,
				     struct mag_slab_node *sn, u32 *shown)
{
	unsigned long leaked = 0;
	struct page *page;

	slab_free_list(&sn->empty);
	list_splice_init(&sn->full, &sn->partial);
	list_for_each_entry(page, &sn->partial, lru) {
		leaked += slab_state(page)->inuse;
		slab_report_leaks(cache, page, shown);
	}

	mutex_lock(&mag_graveyard_lock);
	list_splice_init(&sn->partial, &mag_graveyard);
	mutex_unlock(&mag_graveyard_lock);
	return leaked;
}

unsigned long mag_slab_drain(struct mag_cache *cache)
{
	unsigned long leaked = 0;
	u32 shown = 0;
	int node;

	for_each_node(node)
		leaked +=
			slab_node_drain(cache, cache->slab_node[node], &shown);
	return leaked;
}

void mag_slab_bury(void)
{
	mutex_lock(&mag_graveyard_lock);
	slab_free_list(&mag_graveyard);
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

/* Objects a slab of @order holds, link table included where there is one. */
static void layout_cut(const struct mag_cache *cache, u32 order,
		       struct mag_slab_layout *layout)
{
	u32 bytes = PAGE_SIZE << order;
	u32 table = cache->ctor ? sizeof(u16) : 0;

	layout->order = order;
	layout->objects = bytes / (cache->size + table);
	layout->link_offset = cache->ctor ? layout->objects * cache->size : 0;
}

static u32 layout_waste(const struct mag_cache *cache,
			const struct mag_slab_layout *layout)
{
	return (PAGE_SIZE << layout->order) - layout->objects * cache->size;
}

static bool layout_good(const struct mag_cache *cache,
			const struct mag_slab_layout *layout)
{
	return layout->objects >= MAG_SLAB_MIN_OBJECTS &&
	       layout_waste(cache, layout) <= (PAGE_SIZE << layout->order) >>
		       MAG_SLAB_WASTE_SHIFT;
}

/* The lowest order that is good, or else the one with the least waste. */
int mag_slab_layout_init(struct mag_cache *cache, u32 align)
{
	struct mag_slab_layout *best = &cache->layout[MAG_LAYOUT_BEST];
	struct mag_slab_layout *least = &cache->layout[MAG_LAYOUT_LEAST];
	struct mag_slab_layout next;

	cache->size = ALIGN(cache->object_size, align);
	cache->inverse_size = reciprocal_value(cache->size);
	cache->link_stride = cache->ctor ? sizeof(u16) : cache->size;

	layout_cut(cache, get_order(cache->size), least);
	if (!least->objects)
		layout_cut(cache, least->order + 1, least);

	*best = *least;
	for (next = *least;
	     !layout_good(cache, best) && next.order < MAG_SLAB_MAX_ORDER;) {
		layout_cut(cache, next.order + 1, &next);
		/* Waste per byte of slab, compared at the larger order. */
		if (layout_good(cache, &next) ||
		    layout_waste(cache, best) << (next.order - best->order) >=
			    layout_waste(cache, &next))
			*best = next;
	}
	return best->objects < MAG_LINK_END ? 0 : -EINVAL;
}
