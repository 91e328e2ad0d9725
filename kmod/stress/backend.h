/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a workload sees of an allocator.  A workload asks for pools of objects
 * of one size and never learns who serves them; a backend never learns which
 * workload runs it.
 */
#ifndef MAGSLAB_STRESS_BACKEND_H
#define MAGSLAB_STRESS_BACKEND_H

#include <linux/types.h>

#include "../uapi/magslab.h"

struct cpumask;
struct mag_pool;

/**
 * struct mag_pool_spec - what a workload needs of a pool
 * @name: unique within the run, lower case, e.g. "skb_head"
 * @size: of an object, bytes
 * @align: of an object, bytes, a power of two, or 0 for the machine word's
 * @ctor: constructor, or NULL.  Objects are freed in constructed state.
 * @max_live: most objects that are ever out at once, on all CPUs together
 * @max_live_cpu: most of them that were allocated on one CPU; 0: @max_live
 * @cpus: the CPUs that allocate, all online while the pool is created; lasts as long
 *	as the pool.  NULL: all CPUs may
 * @in_turn: a promise: on each CPU only one worker allocates, in one context at
 *	a time, and each object is freed before its CPU has allocated
 *	@max_live_cpu more.  A worker breaks it whose CPU goes offline: it ends its
 *	step on another CPU, and then fails.  A backend may then give out an object
 *	that somebody has, but must not touch memory that is not its own.
 */
struct mag_pool_spec {
	const char *name;
	size_t size;
	size_t align;
	void (*ctor)(void *obj);
	unsigned long max_live;
	unsigned long max_live_cpu;
	const struct cpumask *cpus;
	bool in_turn;
};

/**
 * struct mag_backend_ops - one allocator under test
 * @name: as user space names it
 * @help: one line
 * @slabinfo: prefix of the /proc/slabinfo caches that hold its objects, or ""
 *	where @held_bytes is exact
 * @uses: MAG_PRIMITIVE_BIT() of each primitive on its paths, fast and slow; of
 *	one that only some kernels use there, too.  Freeing after a grace period
 *	is the same call_rcu() for all backends, and is left out.
 * @init: makes ready pool->priv.  May point pool->ops to ops that fit the spec
 *	better.  Those need @exit, @alloc, @free, @free_bulk and @held_bytes; the
 *	rest is read from the backend's own ops.  Task context, may sleep.  Returns
 *	0 or -errno.
 * @exit: undoes @init; every object has been freed.  Task context, may sleep.
 * @alloc: one constructed object, or NULL.  Context as @gfp allows, down to
 *	hard interrupt with GFP_ATOMIC.
 * @free: gives back one object of @alloc.  Any context but NMI, any CPU.
 * @free_bulk: gives back @nr objects.  Task or softirq context, interrupts on:
 *	kmem_cache_free_bulk() demands it.
 * @held_bytes: memory drawn for this pool now, bytes, magazines included; NULL
 *	where the backend cannot tell.  Task context.
 *
 * alloc and free are called concurrently from all CPUs and contexts, an
 * interrupt on top of a task's call included.
 */
struct mag_backend_ops {
	const char *name;
	const char *help;
	const char *slabinfo;
	u64 uses;
	int (*init)(struct mag_pool *pool);
	void (*exit)(struct mag_pool *pool);
	void *(*alloc)(struct mag_pool *pool, gfp_t gfp);
	void (*free)(struct mag_pool *pool, void *obj);
	void (*free_bulk)(struct mag_pool *pool, size_t nr, void **objs);
	u64 (*held_bytes)(struct mag_pool *pool);
};

/**
 * struct mag_pool - objects of one spec, served by one backend
 * @ops: the backend
 * @priv: the backend's own
 * @spec: as asked for
 */
struct mag_pool {
	const struct mag_backend_ops *ops;
	void *priv;
	struct mag_pool_spec spec;
};

/*
 * What SLUB uses, in mm/slub.c of 6.1, 6.12 and 7.3.  The path of a CPU is
 * this_cpu_cmpxchg16b() or its like (6.x, __update_cpu_freelist_fast()) or a
 * local_trylock(), which is preemption alone (7.3, alloc_from_pcs()).  Beyond
 * it come local_lock_irqsave() and get_cpu_ptr() (6.x, ___slab_alloc()), the
 * barn's lock (7.3, barn_replace_empty_sheaf()) and the node's list_lock, both
 * by spin_lock_irqsave(), a locked cmpxchg of a slab's freelist
 * (__slab_free()), the atomic counters of slabs (inc_slabs_node()), and, for
 * each slab of pages, the statistics of the node by this_cpu operations
 * (account_slab()).  CPUs share the barn, the list and the slab.
 */
#define MAG_SLUB_USES                                \
	(MAG_PRIMITIVE_BIT(MAG_PRIMITIVE_CALL) |     \
	 MAG_PRIMITIVE_BIT(MAG_PRIMITIVE_PREEMPT) |  \
	 MAG_PRIMITIVE_BIT(MAG_PRIMITIVE_IRQ) |      \
	 MAG_PRIMITIVE_BIT(MAG_PRIMITIVE_SPINLOCK) | \
	 MAG_PRIMITIVE_BIT(MAG_PRIMITIVE_ATOMIC) |   \
	 MAG_PRIMITIVE_BIT(MAG_PRIMITIVE_THIS_CPU) | \
	 MAG_PRIMITIVE_BIT(MAG_PRIMITIVE_LINE))

extern const struct mag_backend_ops mag_backend_magazine;
extern const struct mag_backend_ops mag_backend_kmem_cache;
extern const struct mag_backend_ops mag_backend_kmalloc;
extern const struct mag_backend_ops mag_backend_noop;

/* The @index-th backend, or NULL past the last. */
const struct mag_backend_ops *mag_backend_get(u32 index);
u32 mag_backend_count(void);

/* A pool or ERR_PTR(-EINVAL, -ENOMEM, …).  @spec is copied, not its strings. */
struct mag_pool *mag_pool_create(const struct mag_backend_ops *ops,
				 const struct mag_pool_spec *spec);
/* NULL and ERR_PTR are ignored. */
void mag_pool_destroy(struct mag_pool *pool);

static __always_inline void *mag_pool_alloc(struct mag_pool *pool, gfp_t gfp)
{
	return pool->ops->alloc(pool, gfp);
}

static __always_inline void mag_pool_free(struct mag_pool *pool, void *obj)
{
	pool->ops->free(pool, obj);
}

static __always_inline void mag_pool_free_bulk(struct mag_pool *pool, size_t nr,
					       void **objs)
{
	pool->ops->free_bulk(pool, nr, objs);
}

#endif /* MAGSLAB_STRESS_BACKEND_H */
