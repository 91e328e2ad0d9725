// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the slabs of a cache come to: statistics, and hints without a lock.
 */
#include <linux/minmax.h>
#include <linux/nodemask.h>

#include "slab.h"

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
		pages += atomic_long_read(
			&cache->slab_node[node]->pages_returned);
	return pages;
}

u64 mag_slab_pages_let_go(const struct mag_cache *cache, int node)
{
	return atomic_long_read(&cache->slab_node[node]->pages_let_go);
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

/*
 * Counts up to MAG_SLAB_HOLD of @left partial slabs, the first ones, which go to
 * the end of the list: once around, and all is as before.  Returns how many.
 */
static u32 slab_read_run(struct mag_cache *cache, struct mag_slab_node *sn,
			 u32 left, struct mag_node_reading *reading)
{
	unsigned long flags;
	struct page *page;
	u32 seen;

	spin_lock_irqsave(&sn->lock, flags);
	left = min(left, MAG_SLAB_HOLD);
	for (seen = 0; seen < left && !list_empty(&sn->partial); seen++) {
		page = list_first_entry(&sn->partial, struct page, lru);
		reading->fill[slab_fill(cache, page)]++;
		list_move_tail(&page->lru, &sn->partial);
	}
	spin_unlock_irqrestore(&sn->lock, flags);
	return seen;
}

void mag_slab_read(struct mag_cache *cache, int node,
		   struct mag_node_reading *reading)
{
	struct mag_slab_node *sn = cache->slab_node[node];
	u32 partial, seen = 0, run;
	unsigned long flags;

	spin_lock_irqsave(&sn->lock, flags);
	reading->slabs = sn->nr_slabs;
	reading->empty_slabs = sn->nr_empty;
	reading->pages = sn->nr_pages;
	reading->pages_returned = atomic_long_read(&sn->pages_returned);
	reading->objects_out = sn->objects_out;
	partial = sn->nr_partial;
	spin_unlock_irqrestore(&sn->lock, flags);

	do {
		run = slab_read_run(cache, sn, partial - seen, reading);
		seen += run;
	} while (run && seen < partial);

	/* There may be many full ones; those given up count as such. */
	reading->fill[0] += reading->empty_slabs;
	reading->fill[MAG_NR_FILLS - 1] +=
		reading->slabs - reading->empty_slabs - seen;
}
