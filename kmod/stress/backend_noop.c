// SPDX-License-Identifier: GPL-2.0-only
/*
 * Backend: objects from preallocated per-CPU rings that are larger than the
 * live set, reused while they are hot, with no synchronisation between CPUs.
 * It allocates nothing, so that what it measures is the harness' own cost.
 */
#include "backend.h"

#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/topology.h>
#include <linux/vmalloc.h>

#include "../compat.h"
#include "noop_mark.h"

#define NOOP_MAX_BYTES	 ((u64)SZ_256M) /* a ring */
#define NOOP_GFP	 (GFP_KERNEL | __GFP_ZERO | __GFP_NOWARN | __GFP_RETRY_MAYFAIL)
#define NOOP_SPARE_SLOTS 64UL
#define NOOP_MIN_CELLS	 64UL
#define NOOP_MAX_CELLS	 1024UL

/**
 * struct noop_ring - one CPU's slots
 * @next: the slot tried last, modulo @slots; a hint
 * @slots: a power of two, or 0: no ring
 * @stride: from one object to the next, bytes
 * @first: the first object
 */
struct noop_ring {
	u32 next;
	u32 slots;
	unsigned long stride;
	char *first;
};

/**
 * struct noop_marks - the marks of all slots; the same on all CPUs
 * @mark: close together, and found without a look at the object: what lies near
 *	it another CPU may just have written, and would have to be waited for
 * @base: where the memory of all rings begins
 * @bytes: of it
 * @inverse: 2^32 / stride, rounded up, so that no two objects share a mark
 */
struct noop_marks {
	u8 *mark;
	char *base;
	u64 bytes;
	u32 inverse;
};

/**
 * struct noop_cpu - what a CPU takes objects from
 * @top: the cell filled last, as far as known, as noop_top() has it; a hint,
 *	but always one of @cells
 * @ring: where objects are that no CPU holds in cells
 * @marks: of all rings
 * @cells: free objects or NULL: those freed last on this CPU, of whatever ring.
 *	The first is always NULL, the one after the last never.
 *
 * A cell is truth, @top is a hint: an object is taken by exchanging what is in
 * a cell for NULL, put by exchanging NULL for it, each one instruction on this
 * CPU's own cell.  It is in one cell, or out, or in its ring, never in two of
 * these.  So a task may be interrupted or moved to another CPU anywhere: what
 * it then finds is free as well, or it finds none.  Neither a locked
 * instruction nor preempt_disable() is needed.
 */
struct noop_cpu {
	unsigned long top;
	struct noop_ring ring;
	struct noop_marks marks;
	void *cells[];
};

/* What is in the cell after a CPU's last. */
static char noop_end;

static struct noop_cpu __percpu *noop_cpus(const struct mag_pool *pool)
{
	return (__force struct noop_cpu __percpu *)pool->priv;
}

/* A pointer that every CPU takes for its own, as this_cpu_*() do. */
static __always_inline void *__percpu *noop_top(struct noop_cpu __percpu *cpus)
{
	return (__force void *__percpu *)this_cpu_read(cpus->top);
}

static __always_inline void noop_set_top(struct noop_cpu __percpu *cpus,
					 void *__percpu *cell)
{
	mag_this_cpu_set(cpus->top, (__force unsigned long)cell);
}

static u64 noop_mark_index(const struct noop_marks *marks, u64 offset)
{
	return mul_u64_u32_shr(offset, marks->inverse, 32);
}

static u8 *noop_mark(const struct noop_marks *marks, void *obj)
{
	return &marks->mark[noop_mark_index(marks, (char *)obj - marks->base)];
}

static size_t noop_stride(const struct mag_pool_spec *spec)
{
	return ALIGN(spec->size, max(spec->align, sizeof(unsigned long)));
}

static bool noop_has_ring(const struct mag_pool_spec *spec, unsigned int cpu)
{
	return cpu_online(cpu) && (!spec->cpu_end || cpu < spec->cpu_end);
}

static unsigned long noop_live(const struct mag_pool_spec *spec)
{
	return spec->max_live_cpu ?: spec->max_live;
}

/* Of a CPU.  All together they hold about the live set of one, at most. */
static unsigned long noop_cells(const struct mag_pool_spec *spec)
{
	return clamp(noop_live(spec) / num_possible_cpus(), NOOP_MIN_CELLS,
		     NOOP_MAX_CELLS);
}

/*
 * Twice the live set, so that a slot tried is seldom out, and what the cells of
 * all CPUs may hold of one ring.
 */
static unsigned long noop_slots(const struct mag_pool_spec *spec)
{
	return roundup_pow_of_two(2 * noop_live(spec) + NOOP_SPARE_SLOTS +
				  noop_cells(spec) * num_possible_cpus());
}

/* Whole pages, so that every ring is aligned and on its CPU's node. */
static u64 noop_ring_bytes(const struct mag_pool_spec *spec)
{
	return PAGE_ALIGN((u64)noop_slots(spec) * noop_stride(spec));
}

static unsigned int noop_nr_rings(const struct mag_pool_spec *spec)
{
	unsigned int cpu, nr = 0;

	for_each_online_cpu(cpu)
		nr += noop_has_ring(spec, cpu);
	return nr;
}

static size_t noop_cpu_bytes(const struct mag_pool_spec *spec)
{
	/* The first and the one after the last are never used. */
	return struct_size((struct noop_cpu *)NULL, cells,
			   noop_cells(spec) + 2);
}

/* Whether the rings fit in memory without driving out what else is there. */
static bool noop_fits(const struct mag_pool_spec *spec)
{
	u64 room = (u64)max(si_mem_available(), 0L) << PAGE_SHIFT >> 1;

	/* First, so that nothing below overflows. */
	if (noop_live(spec) > NOOP_MAX_BYTES / sizeof(unsigned long))
		return false;
	return noop_ring_bytes(spec) <= NOOP_MAX_BYTES &&
	       noop_ring_bytes(spec) * noop_nr_rings(spec) <= room;
}

static void noop_pages_free(struct page **pages, unsigned int nr)
{
	while (nr--)
		__free_page(pages[nr]);
	kvfree(pages);
}

/* Zeroed pages for the rings of all CPUs, one after the other, or NULL. */
static struct page **noop_pages_alloc(const struct mag_pool_spec *spec,
				      unsigned int want)
{
	unsigned int each = noop_ring_bytes(spec) >> PAGE_SHIFT;
	unsigned int cpu, i, nr = 0;
	struct page **pages;

	pages = kvmalloc_array(want, sizeof(*pages), GFP_KERNEL);
	if (!pages)
		return NULL;

	for_each_online_cpu(cpu) {
		if (!noop_has_ring(spec, cpu))
			continue;
		for (i = 0; i < each; i++, nr++) {
			pages[nr] =
				alloc_pages_node(cpu_to_node(cpu), NOOP_GFP, 0);
			if (!pages[nr]) {
				noop_pages_free(pages, nr);
				return NULL;
			}
			cond_resched();
		}
	}
	return pages;
}

/* Memory in which an object's place tells its mark's; NULL if it is short. */
static void *noop_memory_alloc(const struct mag_pool_spec *spec, u64 bytes)
{
	unsigned int nr = bytes >> PAGE_SHIFT;
	struct page **pages;
	void *memory;

	pages = noop_pages_alloc(spec, nr);
	if (!pages)
		return NULL;
	/* vfree() frees the pages and their array as well. */
	memory = vmap(pages, nr, VM_MAP | VM_MAP_PUT_PAGES, PAGE_KERNEL);
	if (!memory)
		noop_pages_free(pages, nr);
	return memory;
}

static int noop_marks_init(struct noop_marks *marks,
			   const struct mag_pool_spec *spec)
{
	marks->inverse = DIV_ROUND_UP_ULL(1ULL << 32, noop_stride(spec));
	marks->bytes = noop_ring_bytes(spec) * noop_nr_rings(spec);
	marks->mark = vzalloc(noop_mark_index(marks, marks->bytes) + 1);
	if (!marks->mark)
		return -ENOMEM;

	marks->base = noop_memory_alloc(spec, marks->bytes);
	if (!marks->base) {
		vfree(marks->mark);
		return -ENOMEM;
	}
	return 0;
}

static void noop_ring_init(struct noop_ring *ring,
			   const struct mag_pool_spec *spec, char *memory)
{
	unsigned long i;

	ring->slots = noop_slots(spec);
	ring->stride = noop_stride(spec);
	ring->first = memory;

	for (i = 0; spec->ctor && i < ring->slots; i++) {
		spec->ctor(ring->first + i * ring->stride);
		cond_resched();
	}
}

/* @nr cells, all empty. */
static void noop_cpu_init(struct noop_cpu __percpu *cpus, unsigned int cpu,
			  const struct noop_marks *marks, unsigned long nr)
{
	struct noop_cpu *this = per_cpu_ptr(cpus, cpu);

	this->top = (__force unsigned long)&cpus->cells[0];
	this->cells[nr + 1] = &noop_end;
	this->marks = *marks;
}

/* CPUs neither come nor go. */
static int noop_cpus_init(struct noop_cpu __percpu *cpus,
			  const struct mag_pool_spec *spec)
{
	struct noop_marks marks;
	unsigned int cpu;
	char *memory;
	int err;

	if (!noop_fits(spec))
		return -ENOMEM;
	err = noop_marks_init(&marks, spec);
	if (err)
		return err;

	for_each_possible_cpu(cpu)
		noop_cpu_init(cpus, cpu, &marks, noop_cells(spec));

	memory = marks.base;
	for_each_online_cpu(cpu) {
		if (!noop_has_ring(spec, cpu))
			continue;
		noop_ring_init(&per_cpu_ptr(cpus, cpu)->ring, spec, memory);
		memory += noop_ring_bytes(spec);
	}
	return 0;
}

static int backend_noop_init(struct mag_pool *pool)
{
	struct noop_cpu __percpu *cpus;
	int err;

	cpus = __alloc_percpu(noop_cpu_bytes(&pool->spec), SMP_CACHE_BYTES);
	if (!cpus)
		return -ENOMEM;

	cpus_read_lock();
	err = noop_cpus_init(cpus, &pool->spec);
	cpus_read_unlock();
	if (err) {
		free_percpu(cpus);
		return err;
	}
	pool->priv = (__force void *)cpus;
	return 0;
}

static struct noop_marks *noop_marks(const struct mag_pool *pool)
{
	return &raw_cpu_ptr(noop_cpus(pool))->marks;
}

static void backend_noop_exit(struct mag_pool *pool)
{
	vfree(noop_marks(pool)->base);
	vfree(noop_marks(pool)->mark);
	free_percpu(noop_cpus(pool));
}

/*
 * Tries every slot once, from the last one on.  That it is not the only one to
 * try a slot, interrupted or moved to another CPU, is noop_claim()'s matter.
 */
static void *noop_ring_take(struct noop_cpu *this)
{
	struct noop_ring *ring = &this->ring;
	u32 tries, slot;
	char *obj;
	u8 *mark;

	for (tries = ring->slots; tries; tries--) {
		slot = (READ_ONCE(ring->next) + 1) & (ring->slots - 1);
		WRITE_ONCE(ring->next, slot);
		obj = ring->first + slot * ring->stride;
		mark = noop_mark(&this->marks, obj);
		if (noop_claim(mark))
			return obj;
	}
	return NULL;
}

/* @top was a cell too high, or there is nothing below it. */
static noinline void *noop_alloc_slow(struct noop_cpu __percpu *cpus)
{
	void *__percpu *cell = noop_top(cpus);
	void *obj;

	for (; cell != &cpus->cells[0]; cell--) {
		obj = mag_this_cpu_take(*cell);
		if (obj) {
			noop_set_top(cpus, cell - 1);
			return obj;
		}
	}
	noop_set_top(cpus, cell);
	return noop_ring_take(raw_cpu_ptr(cpus));
}

static void *backend_noop_alloc(struct mag_pool *pool, gfp_t gfp)
{
	struct noop_cpu __percpu *cpus = noop_cpus(pool);
	void *__percpu *cell = noop_top(cpus);
	void *obj = mag_this_cpu_take(*cell);

	if (unlikely(!obj))
		return noop_alloc_slow(cpus);
	noop_set_top(cpus, cell - 1);
	return obj;
}

/* @cell is not empty, but has @there: it was too low, or is past the last. */
static noinline void noop_free_slow(struct noop_cpu __percpu *cpus,
				    void *__percpu *cell, void *there,
				    void *obj)
{
	while (there != &noop_end) {
		cell++;
		there = mag_this_cpu_cmpxchg(*cell, NULL, obj);
		if (!there) {
			noop_set_top(cpus, cell);
			return;
		}
	}
	noop_set_top(cpus, cell - 1);
	noop_release(noop_mark(&raw_cpu_ptr(cpus)->marks, obj));
}

static __always_inline void noop_free(struct noop_cpu __percpu *cpus, void *obj)
{
	void *__percpu *cell = noop_top(cpus) + 1;
	void *there = mag_this_cpu_cmpxchg(*cell, NULL, obj);

	if (unlikely(there))
		noop_free_slow(cpus, cell, there, obj);
	else
		noop_set_top(cpus, cell);
}

static void backend_noop_free(struct mag_pool *pool, void *obj)
{
	noop_free(noop_cpus(pool), obj);
}

static void backend_noop_free_bulk(struct mag_pool *pool, size_t nr,
				   void **objs)
{
	struct noop_cpu __percpu *cpus = noop_cpus(pool);

	while (nr--)
		noop_free(cpus, objs[nr]);
}

static u64 backend_noop_held_bytes(struct mag_pool *pool)
{
	const struct noop_marks *marks = noop_marks(pool);

	return noop_cpu_bytes(&pool->spec) * num_possible_cpus() +
	       marks->bytes + noop_mark_index(marks, marks->bytes) + 1;
}

/* Cells by this_cpu operations, and the marks of a ring by a locked cmpxchg. */
#define NOOP_USES                                  \
	(MAG_PRIMITIVE_BIT(MAG_PRIMITIVE_CALL) |   \
	 MAG_PRIMITIVE_BIT(MAG_PRIMITIVE_ATOMIC) | \
	 MAG_PRIMITIVE_BIT(MAG_PRIMITIVE_THIS_CPU))

const struct mag_backend_ops mag_backend_noop = {
	.name = "noop",
	.help = "preallocated objects: what the harness itself costs",
	.slabinfo = "",
	.uses = NOOP_USES,
	.init = backend_noop_init,
	.exit = backend_noop_exit,
	.alloc = backend_noop_alloc,
	.free = backend_noop_free,
	.free_bulk = backend_noop_free_bulk,
	.held_bytes = backend_noop_held_bytes,
};
