// SPDX-License-Identifier: GPL-2.0-only
/*
 * See nothing.h.  In a file of its own: a compiler that sees these functions
 * beside their callers leaves out arguments that they do not need.
 */
#include "nothing.h"

void *bench_nothing_alloc(struct mag_cache *cache, gfp_t gfp)
{
	return cache;
}

void bench_nothing_free(struct mag_cache *cache, void *obj)
{
}

bool bench_nothing_alloc_bulk(struct mag_cache *cache, gfp_t gfp, size_t nr,
			      void **objs)
{
	return true;
}

void bench_nothing_free_bulk(struct mag_cache *cache, size_t nr, void **objs)
{
}

void *bench_nothing_kmalloc(size_t size, gfp_t gfp)
{
	return (void *)size;
}

void bench_nothing_kfree(const void *obj)
{
}
