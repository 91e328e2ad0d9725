/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An allocator that does nothing, with everybody's arguments: what a loop over
 * it takes is the loop's own, and the calls'.
 */
#ifndef MAGSLAB_BENCH_NOTHING_H
#define MAGSLAB_BENCH_NOTHING_H

#include <linux/types.h>

struct mag_cache;

/* Any context.  What they return is not NULL, and no object. */
void *bench_nothing_alloc(struct mag_cache *cache, gfp_t gfp);
void bench_nothing_free(struct mag_cache *cache, void *obj);
bool bench_nothing_alloc_bulk(struct mag_cache *cache, gfp_t gfp, size_t nr,
			      void **objs);
void bench_nothing_free_bulk(struct mag_cache *cache, size_t nr, void **objs);
void *bench_nothing_kmalloc(size_t size, gfp_t gfp);
void bench_nothing_kfree(const void *obj);

#endif /* MAGSLAB_BENCH_NOTHING_H */
