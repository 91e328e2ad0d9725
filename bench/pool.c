// SPDX-License-Identifier: GPL-2.0-only
/*
 * See pool.h.
 */
#include <linux/err.h>
#include <linux/slab.h>

#include "allocator/mag_cache.h"
#include "compat.h"
#include "floor.h"
#include "pool.h"

static const char *const subject_names[BENCH_NR_SUBJECTS] = {
	[BENCH_EMPTY] = "empty",
	[BENCH_FLOOR] = "floor",
	[BENCH_SLUB] = "slub",
	[BENCH_MAGSLAB] = "magslab",
};

const char *bench_subject_name(enum bench_subject subject)
{
	return subject_names[subject];
}

int bench_pool_init(struct bench_pool *pool, size_t size)
{
	struct mag_cache *mag;

	pool->size = size;
	pool->floor = bench_floor_create();
	pool->slub = kmem_cache_create("bench_slub", size, 0, MAG_SLAB_NO_MERGE,
				       NULL);
	mag = mag_cache_create("bench_magslab", size, 0, NULL);
	pool->mag = IS_ERR(mag) ? NULL : mag;
	if (pool->floor && pool->slub && pool->mag)
		return 0;
	bench_pool_exit(pool);
	return -ENOMEM;
}

void bench_pool_exit(struct bench_pool *pool)
{
	mag_cache_destroy(pool->mag);
	kmem_cache_destroy(pool->slub);
	bench_floor_destroy(pool->floor);
	*pool = (struct bench_pool){};
}
