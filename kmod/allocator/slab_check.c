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

static void slab_walk(struct mag_cache *cache, struct page *page,
		      void (*fn)(void *obj, void *arg), void *arg)
{
	u32 index;

	if (!fn)
		return;
	for (index = 0; index < slab_layout(cache, page)->objects; index++)
		fn(slab_object(cache, page, index), arg);
}

/* Returns whether the slab's own list was damaged, having given the slab up. */
static bool slab_validate(struct mag_cache *cache, struct mag_slab_node *sn,
			  struct page *page, void (*fn)(void *obj, void *arg),
			  void *arg)
{
	bool whole = slab_state(page)->damaged ||
		     mag_slab_list_is_whole(cache, page);

	if (!whole) {
		if (!slab_state(page)->inuse)
			slab_count_empty_taken(sn);
		mag_slab_condemn(cache, sn, page);
	}
	slab_walk(cache, page, fn, arg);
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

	/* The damaged ones first, for those that join them have been seen. */
	spin_lock_irqsave(&sn->lock, flags);
	damaged = slab_validate_list(cache, sn, &sn->damaged, fn, arg);
	damaged += slab_validate_list(cache, sn, &sn->full, fn, arg);
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
	unsigned long *in;
	u32 index;

	if (*shown == MAG_SLAB_LEAKS_SHOWN)
		return;
	in = bitmap_zalloc(state->fresh, GFP_KERNEL);
	if (!in)
		return;

	/* Who leaks may write to free objects as well: the list ends in any event. */
	for (index = state->free;
	     index < state->fresh && !__test_and_set_bit(index, in);
	     index = *slab_link(cache, page, index))
		;
	for_each_clear_bit(index, in, state->fresh)
		slab_report_leak(cache, page, index, shown);
	bitmap_free(in);
}

/* Objects out of the slabs of a node, all of those that were given up. */
static unsigned long slab_report_out(struct mag_cache *cache,
				     struct mag_slab_node *sn, u32 *shown)
{
	unsigned long out = 0;
	struct page *page;

	list_for_each_entry(page, &sn->full, lru) {
		out += slab_state(page)->inuse;
		slab_report_leaks(cache, page, shown);
		cond_resched();
	}
	/* Which of these are live is not known any more. */
	list_for_each_entry(page, &sn->damaged, lru)
		out += slab_layout(cache, page)->objects;
	return out;
}

/* They are no cache's any more: another one may get the memory of this one. */
static void slab_set_aside(const struct mag_cache *cache,
			   struct list_head *slabs)
{
	struct page *page;

	list_for_each_entry(page, slabs, lru) {
		mag_slab_hide(cache, page);
		mag_slab_disown(page);
	}
	mutex_lock(&mag_graveyard_lock);
	list_splice_init(slabs, &mag_graveyard);
	mutex_unlock(&mag_graveyard_lock);
}

static unsigned long slab_node_drain(struct mag_cache *cache, int node,
				     u32 *shown)
{
	struct mag_slab_node *sn = cache->slab_node[node];
	unsigned long out;

	mag_slab_reap_runs(cache, sn, U32_MAX);
	/* What is freed twice in a slab with leaks was not found so far. */
	mag_slab_validate(cache, node, NULL, NULL);
	list_splice_tail_init(&sn->partial, &sn->full);
	sn->nr_partial = 0;
	out = slab_report_out(cache, sn, shown);

	slab_set_aside(cache, &sn->full);
	slab_set_aside(cache, &sn->damaged);
	return out;
}

unsigned long mag_slab_drain(struct mag_cache *cache)
{
	unsigned long out = 0, quarantined;
	u32 shown = 0;
	int node;

	for_each_node(node)
		out += slab_node_drain(cache, node, &shown);
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
