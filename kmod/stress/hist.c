// SPDX-License-Identifier: GPL-2.0-only
/*
 * Histograms: memory, reset and merge.  Recording is inlined from hist.h; the
 * arithmetic of the buckets has its one owner in uapi/magslab_hist.h.
 */
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "hist.h"

/**
 * mag_hist_create() - allocate an empty histogram
 * @node: NUMA node of the writer, or NUMA_NO_NODE
 *
 * Context: task, may sleep.
 * Return: the histogram, or NULL for want of memory.
 */
struct mag_hist *mag_hist_create(int node)
{
	/* Many of these make a large sum: to fail is better than to kill. */
	gfp_t gfp = GFP_KERNEL_ACCOUNT | __GFP_NOWARN | __GFP_RETRY_MAYFAIL;
	struct mag_hist *hist = kvmalloc_node(sizeof(*hist), gfp, node);

	if (hist)
		mag_hist_reset(hist);
	return hist;
}

/**
 * mag_hist_destroy() - free a histogram
 * @hist: the histogram, or NULL
 *
 * Context: task, may sleep.
 */
void mag_hist_destroy(struct mag_hist *hist)
{
	kvfree(hist);
}

/**
 * mag_hist_reset() - forget every sample
 * @hist: histogram that nobody writes at this moment
 *
 * Context: any.
 */
void mag_hist_reset(struct mag_hist *hist)
{
	memset(hist, 0, sizeof(*hist));
	hist->min = U64_MAX;
}

/**
 * mag_hist_merge() - add the samples of one histogram to another
 * @into: grows by them
 * @from: is not changed; nobody writes it at this moment
 *
 * Context: any.
 */
void mag_hist_merge(struct mag_hist *into, const struct mag_hist *from)
{
	u32 i;

	into->count += from->count;
	into->sum += from->sum;
	into->min = min(into->min, from->min);
	into->max = max(into->max, from->max);
	into->below += from->below;
	into->above += from->above;
	for (i = 0; i < MAG_HIST_BUCKETS; i++)
		into->bucket[i] += from->bucket[i];
}
