// SPDX-License-Identifier: GPL-2.0-only
/*
 * Backend: objects from preallocated per-CPU rings that are larger than the
 * live set, with no synchronisation between CPUs.  It allocates nothing, so
 * that what it measures is the harness' own cost.
 */
#include "backend.h"

#include <linux/atomic.h>
#include <linux/cpumask.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/topology.h>
#include <linux/vmalloc.h>

#define NOOP_MAX_BYTES	 SZ_1G /* a pool, on all CPUs together */
#define NOOP_SPARE_SLOTS 64UL

/* In the word just below each object: whether it is out. */
enum {
	NOOP_FREE = 0,
	NOOP_BUSY = 1,
};

/**
 * struct noop_ring - one CPU's slots
 * @next: the slot tried last, modulo @mask + 1; advanced by its CPU alone
 * @mask: number of slots less one
 * @stride: from one object to the next, bytes
 * @first: the first object
 */
struct noop_ring {
	u32 next;
	u32 mask;
	unsigned long stride;
	char *first;
};

/* The ring of a CPU that has none: one slot that is always out. */
static unsigned long noop_none[2] = { NOOP_BUSY, 0 };

static struct noop_ring __percpu *noop_rings(const struct mag_pool *pool)
{
	return (__force struct noop_ring __percpu *)pool->priv;
}

static unsigned long *noop_mark(void *obj)
{
	return (unsigned long *)obj - 1;
}

/*
 * Room below the first object, for its mark; a multiple of the alignment, so
 * that every object is aligned.
 */
static size_t noop_align(const struct mag_pool_spec *spec)
{
	return max(spec->align, sizeof(unsigned long));
}

static size_t noop_stride(const struct mag_pool_spec *spec)
{
	return ALIGN(sizeof(unsigned long) + spec->size, noop_align(spec));
}

/* Twice the live set, so that a slot tried is seldom out. */
static unsigned long noop_slots(const struct mag_pool_spec *spec)
{
	unsigned long live = spec->max_live_cpu ?: spec->max_live;

	return roundup_pow_of_two(2 * live + NOOP_SPARE_SLOTS);
}

static u64 noop_ring_bytes(const struct mag_pool_spec *spec)
{
	u64 bytes =
		noop_align(spec) + (u64)noop_slots(spec) * noop_stride(spec);

	return PAGE_ALIGN(bytes);
}

/* Whether the rings fit in memory without driving out what else is there. */
static bool noop_fits(const struct mag_pool_spec *spec)
{
	u64 room = min_t(u64, NOOP_MAX_BYTES,
			 (u64)max(si_mem_available(), 0L) << PAGE_SHIFT >> 1);

	/* First, so that nothing below overflows. */
	if (spec->max_live > NOOP_MAX_BYTES / sizeof(unsigned long))
		return false;
	return noop_ring_bytes(spec) <= div_u64(room, num_online_cpus());
}

static void noop_ring_init(struct noop_ring *ring,
			   const struct mag_pool_spec *spec, void *memory)
{
	unsigned long i;

	ring->mask = noop_slots(spec) - 1;
	ring->stride = noop_stride(spec);
	ring->first = memory + noop_align(spec);

	for (i = 0; spec->ctor && i <= ring->mask; i++) {
		spec->ctor(ring->first + i * ring->stride);
		cond_resched();
	}
}

static bool noop_ring_exists(const struct noop_ring *ring)
{
	return ring->stride;
}

static void backend_noop_exit(struct mag_pool *pool)
{
	struct noop_ring *ring;
	int cpu;

	for_each_possible_cpu(cpu) {
		ring = per_cpu_ptr(noop_rings(pool), cpu);
		if (noop_ring_exists(ring))
			vfree(ring->first - noop_align(&pool->spec));
	}
	free_percpu(noop_rings(pool));
}

static int backend_noop_init(struct mag_pool *pool)
{
	struct noop_ring __percpu *rings;
	void *memory;
	int cpu;

	if (!noop_fits(&pool->spec))
		return -ENOMEM;

	rings = alloc_percpu(struct noop_ring);
	if (!rings)
		return -ENOMEM;
	pool->priv = (__force void *)rings;

	for_each_possible_cpu(cpu)
		per_cpu_ptr(rings, cpu)->first = (char *)&noop_none[1];

	for_each_online_cpu(cpu) {
		memory = vzalloc_node(noop_ring_bytes(&pool->spec),
				      cpu_to_node(cpu));
		if (!memory) {
			backend_noop_exit(pool);
			return -ENOMEM;
		}
		noop_ring_init(per_cpu_ptr(rings, cpu), &pool->spec, memory);
	}
	return 0;
}

/*
 * Takes the next slot if it is in; false if it is out.  Preemption is off.
 *
 * Only this CPU takes slots of its ring, so that the exchange need be atomic
 * against its own interrupts alone; other CPUs only put objects back, and it is
 * not tried on an object that is out, lest it write over a mark being cleared.
 */
static __always_inline bool noop_take(struct noop_ring __percpu *rings,
				      char **obj)
{
	unsigned long slot;

	slot = this_cpu_inc_return(rings->next) & this_cpu_read(rings->mask);
	*obj = this_cpu_read(rings->first) +
	       slot * this_cpu_read(rings->stride);

	/* Pairs with the release of backend_noop_free(), on any CPU. */
	if (unlikely(smp_load_acquire(noop_mark(*obj)) != NOOP_FREE))
		return false;
	return likely(cmpxchg_local(noop_mark(*obj), NOOP_FREE, NOOP_BUSY) ==
		      NOOP_FREE);
}

/* Tries every slot once.  Preemption is off. */
static noinline void *noop_take_slow(struct noop_ring __percpu *rings)
{
	u32 tries = this_cpu_read(rings->mask) + 1;
	char *obj;

	while (tries--)
		if (noop_take(rings, &obj))
			return obj;
	return NULL;
}

static void *backend_noop_alloc(struct mag_pool *pool, gfp_t gfp)
{
	struct noop_ring __percpu *rings = noop_rings(pool);
	char *obj;

	preempt_disable();
	if (unlikely(!noop_take(rings, &obj)))
		obj = noop_take_slow(rings);
	preempt_enable();
	return obj;
}

static void backend_noop_free(struct mag_pool *pool, void *obj)
{
	/* Pairs with the acquire of noop_take(). */
	smp_store_release(noop_mark(obj), NOOP_FREE);
}

static void backend_noop_free_bulk(struct mag_pool *pool, size_t nr,
				   void **objs)
{
	while (nr--)
		backend_noop_free(pool, objs[nr]);
}

static u64 backend_noop_held_bytes(struct mag_pool *pool)
{
	u64 bytes = sizeof(struct noop_ring) * num_possible_cpus();
	int cpu;

	for_each_possible_cpu(cpu)
		if (noop_ring_exists(per_cpu_ptr(noop_rings(pool), cpu)))
			bytes += noop_ring_bytes(&pool->spec);
	return bytes;
}

const struct mag_backend_ops mag_backend_noop = {
	.name = "noop",
	.help = "preallocated objects: what the harness itself costs",
	.slabinfo = "",
	.init = backend_noop_init,
	.exit = backend_noop_exit,
	.alloc = backend_noop_alloc,
	.free = backend_noop_free,
	.free_bulk = backend_noop_free_bulk,
	.held_bytes = backend_noop_held_bytes,
};
