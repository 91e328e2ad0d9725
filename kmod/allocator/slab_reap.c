// SPDX-License-Identifier: GPL-2.0-only
/*
 * Empty slabs that go back to the kernel.
 */
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/sched.h>

#include "mag_trace.h"
#include "slab.h"

/* Frees up to MAG_SLAB_HOLD of the node's empty slabs and @nr; returns how many. */
static u32 slab_reap_run(struct mag_cache *cache, struct mag_slab_node *sn,
			 u32 nr)
{
	unsigned long flags;
	LIST_HEAD(excess);
	u32 i;

	spin_lock_irqsave(&sn->lock, flags);
	nr = min3(nr, MAG_SLAB_HOLD, sn->nr_empty);
	WRITE_ONCE(sn->nr_empty, sn->nr_empty - nr);
	sn->empty_min = min(sn->empty_min, sn->nr_empty);
	/* The one that has been empty longest is at the end. */
	for (i = 0; i < nr; i++)
		slab_retire(cache, sn,
			    list_last_entry(&sn->empty, struct page, lru),
			    &excess);
	spin_unlock_irqrestore(&sn->lock, flags);
	mag_slab_let_go(cache, &excess);
	return nr;
}

u32 mag_slab_reap_runs(struct mag_cache *cache, struct mag_slab_node *sn,
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

	nr = mag_slab_reap_runs(cache, sn, nr);
	if (nr)
		trace_mag_reap(cache, MAG_REAPED_SLABS, node, nr, 0);
}

void mag_slab_trim(struct mag_cache *cache, int node, unsigned long pages,
		   bool excess)
{
	struct mag_slab_node *sn = cache->slab_node[node];
	u32 per_slab = cache->layout[MAG_LAYOUT_BEST].pages;
	unsigned long nr = DIV_ROUND_UP(pages, per_slab);

	nr = min_t(unsigned long, nr,
		   READ_ONCE(*(excess ? &sn->empty_min : &sn->nr_empty)));
	nr = mag_slab_reap_runs(cache, sn, nr);
	if (nr)
		trace_mag_reap(cache, MAG_REAPED_SLABS, node, nr, 0);
}
