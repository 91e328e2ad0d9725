// SPDX-License-Identifier: GPL-2.0-only
/*
 * See loops.h.  One loop, inlined once for each subject with the functions that
 * it calls.  None of these is inlined: they are exported, or of another file.
 */
#include <linux/kernel.h>
#include <linux/slab.h>

#include "allocator/mag_cache.h"
#include "clock.h"
#include "floor.h"
#include "loops.h"
#include "nothing.h"

/* Objects a batch: so few that most batches see no tick of the timer. */
#define BATCH 4096
#define BATCH_SCALE \
	128 /* and, of many CPUs that share an emulator, no switch */
#define BULK 64

static __always_inline void *empty_get(const struct bench_pool *pool)
{
	return bench_nothing_alloc(pool->mag, GFP_KERNEL);
}

static __always_inline void empty_put(const struct bench_pool *pool, void *obj)
{
	bench_nothing_free(pool->mag, obj);
}

static __always_inline void *floor_get(const struct bench_pool *pool)
{
	return bench_floor_alloc(pool->floor);
}

static __always_inline void floor_put(const struct bench_pool *pool, void *obj)
{
	bench_floor_free(pool->floor, obj);
}

static __always_inline void *slub_get(const struct bench_pool *pool)
{
	return kmem_cache_alloc(pool->slub, GFP_KERNEL);
}

static __always_inline void slub_put(const struct bench_pool *pool, void *obj)
{
	kmem_cache_free(pool->slub, obj);
}

static __always_inline void *magslab_get(const struct bench_pool *pool)
{
	return mag_cache_alloc(pool->mag, GFP_KERNEL);
}

static __always_inline void magslab_put(const struct bench_pool *pool,
					void *obj)
{
	mag_cache_free(pool->mag, obj);
}

/* An object allocated, and freed at once. */
static __always_inline u64
time_pairs(const struct bench_task *task, u32 nr,
	   void *(*get)(const struct bench_pool *pool),
	   void (*put)(const struct bench_pool *pool, void *obj))
{
	const struct bench_pool *pool = task->pool;
	u64 start = mag_tsc_read();
	void *obj;
	u32 i;

	for (i = 0; i < nr; i++) {
		obj = get(pool);
		if (unlikely(!obj))
			return 0;
		put(pool, obj);
	}
	return mag_tsc_read() - start;
}

/* @out objects allocated, and then freed in the same order; so often. */
static __always_inline u64
time_bursts(const struct bench_task *task, u32 nr, u32 out,
	    void *(*get)(const struct bench_pool *pool),
	    void (*put)(const struct bench_pool *pool, void *obj))
{
	const struct bench_pool *pool = task->pool;
	void **objs = task->out;
	u64 start = mag_tsc_read();
	u32 done, i, got;

	for (done = 0; done < nr; done += out) {
		for (got = 0; got < out; got++) {
			objs[got] = get(pool);
			if (unlikely(!objs[got]))
				break;
		}
		for (i = 0; i < got; i++)
			put(pool, objs[i]);
		if (unlikely(got < out))
			return 0;
	}
	return mag_tsc_read() - start;
}

#define DEFINE_PAIRS(name, nr, subject)                                    \
	static u64 subject##_##name(const struct bench_task *task)         \
	{                                                                  \
		return time_pairs(task, nr, subject##_get, subject##_put); \
	}

#define DEFINE_BURSTS(name, nr, most, subject)                     \
	static u64 subject##_##name(const struct bench_task *task) \
	{                                                          \
		return time_bursts(task, nr, most, subject##_get,  \
				   subject##_put);                 \
	}

DEFINE_PAIRS(pair, BATCH, empty)
DEFINE_PAIRS(pair, BATCH, floor)
DEFINE_PAIRS(pair, BATCH, slub)
DEFINE_PAIRS(pair, BATCH, magslab)

DEFINE_BURSTS(burst_32, BATCH, 32, empty)
DEFINE_BURSTS(burst_32, BATCH, 32, floor)
DEFINE_BURSTS(burst_32, BATCH, 32, slub)
DEFINE_BURSTS(burst_32, BATCH, 32, magslab)

DEFINE_BURSTS(burst_256, BATCH, 256, empty)
DEFINE_BURSTS(burst_256, BATCH, 256, slub)
DEFINE_BURSTS(burst_256, BATCH, 256, magslab)

DEFINE_BURSTS(burst_4096, BATCH, 4096, empty)
DEFINE_BURSTS(burst_4096, BATCH, 4096, slub)
DEFINE_BURSTS(burst_4096, BATCH, 4096, magslab)

DEFINE_PAIRS(scale_pair, BATCH_SCALE, empty)
DEFINE_PAIRS(scale_pair, BATCH_SCALE, floor)
DEFINE_PAIRS(scale_pair, BATCH_SCALE, slub)
DEFINE_PAIRS(scale_pair, BATCH_SCALE, magslab)

DEFINE_BURSTS(scale_burst, BATCH_SCALE, BATCH_SCALE, empty)
DEFINE_BURSTS(scale_burst, BATCH_SCALE, BATCH_SCALE, slub)
DEFINE_BURSTS(scale_burst, BATCH_SCALE, BATCH_SCALE, magslab)

/* Many at once.  The kernel's own returns a number or a truth, by version. */
static __always_inline bool slub_get_bulk(const struct bench_pool *pool,
					  void **objs)
{
	return kmem_cache_alloc_bulk(pool->slub, GFP_KERNEL, BULK, objs);
}

static __always_inline void slub_put_bulk(const struct bench_pool *pool,
					  void **objs)
{
	kmem_cache_free_bulk(pool->slub, BULK, objs);
}

static __always_inline bool magslab_get_bulk(const struct bench_pool *pool,
					     void **objs)
{
	return mag_cache_alloc_bulk(pool->mag, GFP_KERNEL, BULK, objs);
}

static __always_inline void magslab_put_bulk(const struct bench_pool *pool,
					     void **objs)
{
	mag_cache_free_bulk(pool->mag, BULK, objs);
}

static __always_inline bool empty_get_bulk(const struct bench_pool *pool,
					   void **objs)
{
	return bench_nothing_alloc_bulk(pool->mag, GFP_KERNEL, BULK, objs);
}

static __always_inline void empty_put_bulk(const struct bench_pool *pool,
					   void **objs)
{
	bench_nothing_free_bulk(pool->mag, BULK, objs);
}

static __always_inline u64
time_bulks(const struct bench_task *task,
	   bool (*get)(const struct bench_pool *pool, void **objs),
	   void (*put)(const struct bench_pool *pool, void **objs))
{
	u64 start = mag_tsc_read();
	u32 done;

	for (done = 0; done < BATCH; done += BULK) {
		if (unlikely(!get(task->pool, task->out)))
			return 0;
		put(task->pool, task->out);
	}
	return mag_tsc_read() - start;
}

#define DEFINE_BULKS(subject)                                       \
	static u64 subject##_bulk_64(const struct bench_task *task) \
	{                                                           \
		return time_bulks(task, subject##_get_bulk,         \
				  subject##_put_bulk);              \
	}

DEFINE_BULKS(empty)
DEFINE_BULKS(slub)
DEFINE_BULKS(magslab)

/* Size classes; the size is read each time, so that no compiler knows it. */
static __always_inline void *empty_get_sized(const struct bench_pool *pool)
{
	return bench_nothing_kmalloc(READ_ONCE(pool->size), GFP_KERNEL);
}

static __always_inline void empty_put_sized(const struct bench_pool *pool,
					    void *obj)
{
	bench_nothing_kfree(obj);
}

static __always_inline void *slub_get_sized(const struct bench_pool *pool)
{
	return kmalloc(READ_ONCE(pool->size), GFP_KERNEL);
}

static __always_inline void slub_put_sized(const struct bench_pool *pool,
					   void *obj)
{
	kfree(obj);
}

#define DEFINE_SIZED(subject)                                       \
	static u64 subject##_kmalloc(const struct bench_task *task) \
	{                                                           \
		return time_pairs(task, BATCH, subject##_get_sized, \
				  subject##_put_sized);             \
	}

DEFINE_SIZED(empty)
DEFINE_SIZED(slub)

const struct bench_loop bench_loops[] = {
	{
		.name = "pair",
		.per_batch = BATCH,
		.most_out = 1,
		.batch = { empty_pair, floor_pair, slub_pair, magslab_pair },
	},
	{
		.name = "burst-32",
		.per_batch = BATCH,
		.most_out = 32,
		.batch = { empty_burst_32, floor_burst_32, slub_burst_32,
			   magslab_burst_32 },
	},
	{
		.name = "burst-256",
		.per_batch = BATCH,
		.most_out = 256,
		.batch = { empty_burst_256, NULL, slub_burst_256,
			   magslab_burst_256 },
	},
	{
		.name = "burst-4096",
		.per_batch = BATCH,
		.most_out = 4096,
		.batch = { empty_burst_4096, NULL, slub_burst_4096,
			   magslab_burst_4096 },
	},
	{
		.name = "bulk-64",
		.per_batch = BATCH,
		.most_out = BULK,
		.batch = { empty_bulk_64, NULL, slub_bulk_64, magslab_bulk_64 },
	},
	{
		.name = "kmalloc",
		.per_batch = BATCH,
		.most_out = 1,
		.batch = { empty_kmalloc, NULL, slub_kmalloc, NULL },
	},
	{
		.name = "scale-pair",
		.per_batch = BATCH_SCALE,
		.most_out = 1,
		.batch = { empty_scale_pair, floor_scale_pair, slub_scale_pair,
			   magslab_scale_pair },
	},
	{
		.name = "scale-burst",
		.per_batch = BATCH_SCALE,
		.most_out = BATCH_SCALE,
		.batch = { empty_scale_burst, NULL, slub_scale_burst,
			   magslab_scale_burst },
	},
};

const unsigned int bench_nr_loops = ARRAY_SIZE(bench_loops);
