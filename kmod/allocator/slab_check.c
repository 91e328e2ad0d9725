// SPDX-License-Identifier: GPL-2.0-only
/*
 * What may be wrong with a cache's slabs: a free list that somebody overwrote, and
 * objects that are out when the cache goes.
 */
#include <linux/atomic.h>
#include <linux/bitmap.h>
#include <linux/mutex.h>
#include <linux/nodemask.h>

#include "debug.h"
#include "slab.h"

#define MAG_SLAB_LEAKS_SHOWN 8 /* objects named in a leak report */

/* Slabs of destroyed caches with objects still out, freed with the module. */
static DEFINE_MUTEX(mag_graveyard_lock);
static LIST_HEAD(mag_graveyard);

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
		mag_slab_give_up_list(cache, page);
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

	mag_slab_reap_runs(cache, sn, U32_MAX);
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
		mag_slab_free_pages(page);
	}
	mutex_unlock(&mag_graveyard_lock);
}
