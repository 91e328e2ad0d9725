// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the slabs of a cache come to: statistics, and hints without a lock.
 */
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
	reading->pages_returned = atomic_long_read(&sn->pages_returned);
	reading->objects_out = sn->objects_out;
	list_for_each_entry(page, &sn->partial, lru) {
		reading->fill[slab_fill(cache, page)]++;
		partial++;
	}
	spin_unlock_irqrestore(&sn->lock, flags);

	/* There may be many full ones; those given up count as such. */
	reading->fill[0] += reading->empty_slabs;
	reading->fill[MAG_NR_FILLS - 1] +=
		reading->slabs - reading->empty_slabs - partial;
}
