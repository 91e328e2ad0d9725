/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The allocators that are compared, a cache of each, all of one object size.
 */
#ifndef MAGSLAB_BENCH_POOL_H
#define MAGSLAB_BENCH_POOL_H

#include <linux/types.h>

struct bench_floor;
struct kmem_cache;
struct mag_cache;

/**
 * enum bench_subject - what a loop calls
 * @BENCH_EMPTY: functions that do nothing, which tells what the loop itself costs
 * @BENCH_FLOOR: floor.h
 * @BENCH_SLUB: the kernel's own allocator
 * @BENCH_MAGSLAB: ours
 */
enum bench_subject {
	BENCH_EMPTY,
	BENCH_FLOOR,
	BENCH_SLUB,
	BENCH_MAGSLAB,
	BENCH_NR_SUBJECTS
};

#define BENCH_OBJECT_SIZE 256

/**
 * struct bench_pool - a cache of each
 * @size: bytes of an object, also for size classes; not a constant to a compiler
 * @floor: the floor's objects
 * @slub: SLUB's cache
 * @mag: magslab's cache
 */
struct bench_pool {
	size_t size;
	struct bench_floor __percpu *floor;
	struct kmem_cache *slub;
	struct mag_cache *mag;
};

/* As it stands in a result. */
const char *bench_subject_name(enum bench_subject subject);

/* Task context.  0 or -ENOMEM, and then there is nothing to undo. */
int bench_pool_init(struct bench_pool *pool, size_t size);
/* Every object must be back, or there is a report in the log. */
void bench_pool_exit(struct bench_pool *pool);

#endif /* MAGSLAB_BENCH_POOL_H */
