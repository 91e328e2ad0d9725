// SPDX-License-Identifier: GPL-2.0-only
/*
 * The figure to check magslab's against: a loop of kmem_cache_alloc() and
 * kmem_cache_free() and an empty one, timed in whole batches at insertion.
 * Shares no code with what it checks.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/math64.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <asm/tsc.h>

#include "compat.h"

#define OBJECT_SIZE 256
#define BATCHES	    200
#define PAIRS	    1000 /* in a batch; figures are in thousandths so */

static ulong slub_mean;
module_param(slub_mean, ulong, 0444);
MODULE_PARM_DESC(slub_mean, "ticks per 1000 pairs of alloc and free, mean");

static ulong slub_median;
module_param(slub_median, ulong, 0444);
MODULE_PARM_DESC(slub_median, "ticks per 1000 pairs of alloc and free, median");

static ulong empty_mean;
module_param(empty_mean, ulong, 0444);
MODULE_PARM_DESC(empty_mean, "ticks per 1000 pairs of empty calls, mean");

static ulong empty_median;
module_param(empty_median, ulong, 0444);
MODULE_PARM_DESC(empty_median, "ticks per 1000 pairs of empty calls, median");

/* What the two loops differ in; a direct call each, not to be inlined. */
static noinline void *empty_alloc(struct kmem_cache *cache, gfp_t gfp)
{
	barrier();
	return cache;
}

static noinline void empty_free(struct kmem_cache *cache, void *obj)
{
	barrier();
}

static u64 time_empty(struct kmem_cache *cache)
{
	u64 start = rdtsc_ordered();
	int i;

	for (i = 0; i < PAIRS; i++) {
		void *obj = empty_alloc(cache, GFP_KERNEL);

		if (obj)
			empty_free(cache, obj);
	}
	return rdtsc_ordered() - start;
}

static u64 time_slub(struct kmem_cache *cache)
{
	u64 start = rdtsc_ordered();
	int i;

	for (i = 0; i < PAIRS; i++) {
		void *obj = kmem_cache_alloc(cache, GFP_KERNEL);

		if (obj)
			kmem_cache_free(cache, obj);
	}
	return rdtsc_ordered() - start;
}

static int cmp_u64(const void *a, const void *b)
{
	const u64 *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void measure(struct kmem_cache *cache, u64 *batches,
		    u64 (*batch)(struct kmem_cache *cache), ulong *mean,
		    ulong *median)
{
	u64 sum = 0;
	int i;

	batch(cache); /* warms the caches up */
	for (i = 0; i < BATCHES; i++) {
		batches[i] = batch(cache);
		sum += batches[i];
		cond_resched();
	}
	sort(batches, BATCHES, sizeof(*batches), cmp_u64, NULL);
	*mean = div_u64(sum, BATCHES);
	*median = batches[BATCHES / 2];
}

static int __init plainloop_init(void)
{
	struct kmem_cache *cache;
	u64 *batches;

	batches = kmalloc_array(BATCHES, sizeof(*batches), GFP_KERNEL);
	if (!batches)
		return -ENOMEM;
	cache = kmem_cache_create("plainloop", OBJECT_SIZE, 0,
				  MAG_SLAB_NO_MERGE, NULL);
	if (!cache) {
		kfree(batches);
		return -ENOMEM;
	}
	measure(cache, batches, time_slub, &slub_mean, &slub_median);
	measure(cache, batches, time_empty, &empty_mean, &empty_median);
	kmem_cache_destroy(cache);
	kfree(batches);
	return 0;
}

static void __exit plainloop_exit(void)
{
}

module_init(plainloop_init);
module_exit(plainloop_exit);

MODULE_DESCRIPTION("A plain loop over kmem_cache, to check magslab's figures");
MODULE_LICENSE("GPL");
