// SPDX-License-Identifier: GPL-2.0-only
/*
 * Backend: preallocated objects, handed out by as few instructions as the
 * workload allows, to measure what the harness itself costs.  A pool that is
 * used in turn has a ring of objects for each CPU.  Any other has stacks of
 * objects: two for each CPU, and the rest in a store that all CPUs share.
 */
#include "backend_noop.h"

#include <linux/atomic.h>
#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/topology.h>
#include <linux/vmalloc.h>

#include "backend.h"

#define NOOP_GFP	 (GFP_KERNEL | __GFP_ZERO | __GFP_NOWARN | __GFP_RETRY_MAYFAIL)
#define NOOP_MAX_OBJECTS 0x80000000UL
/* Of a stack with its objects: the most that page allocators find with ease. */
#define NOOP_CHUNK	 ((size_t)SZ_32K)
#define NOOP_STACK_LEAST 8 /* objects, if they are large */

/**
 * struct noop_stack - objects that are in; or all objects of a ring
 * @next: in a list of the store, as noop_list has it
 * @number: from 1 on
 * @nr: objects in @objs; in a ring, which one is allocated next
 * @size: most objects in @objs; in a ring, a power of two
 * @objs: the objects.  Those that the stack begins with lie behind.
 */
struct noop_stack {
	u32 next;
	u32 number;
	u32 nr;
	u32 size;
	void *objs[];
};

/**
 * struct noop_list - stacks that belong to no CPU, the last one first
 * @head: the number of the first one, or 0, in the lower half.  The upper half
 *	counts changes, so that a CPU notices them even if the first stack is the
 *	same again.
 *
 * It needs no lock.  So interrupts can use it at any time and need not be masked,
 * which is what an exchange would cost most on some machines.
 */
struct noop_list {
	atomic64_t head ____cacheline_aligned_in_smp;
};

/**
 * struct noop_store - what the CPUs of a pool share
 * @stacks: all stacks and rings, by number
 * @nr_stacks: so many
 * @bytes: of their memory, and of all else that the pool has
 * @full: stacks that are full
 * @empty: stacks that are empty
 * @lock: protects @loose.  Taken by interrupts that came on top of a call, and
 *	on CPUs without stacks, with interrupts off.  Nothing is taken under it.
 * @loose: the stack that single objects are taken from and given to
 */
struct noop_store {
	struct noop_stack **stacks;
	u32 nr_stacks;
	u64 bytes;
	struct noop_list full;
	struct noop_list empty;
	raw_spinlock_t lock ____cacheline_aligned_in_smp;
	struct noop_stack *loose;
};

/**
 * struct noop_cpu - what a CPU allocates from and frees to
 * @busy: a call on this CPU is inside: between noop_enter() and noop_leave().  An
 *	interrupt on top of it uses the store instead.  So does a CPU without
 *	stacks, where @busy is always set.
 * @loaded: the stack in use, or the ring
 * @spare: the other stack, to go on with before the store is asked
 * @store: the pool's
 */
struct noop_cpu {
	u8 busy;
	struct noop_stack *loaded;
	struct noop_stack *spare;
	struct noop_store *store;
};

/**
 * struct noop_plan - what a pool consists of
 * @size: objects that a stack or a ring can hold
 * @full: stacks or rings that begin with so many
 * @empty: stacks that begin with none
 *
 * No allocation fails while the workload keeps its promise of max_live.  Beside
 * stacks with max_live objects, two for each CPU and one more begin full.  When
 * a CPU needs a full stack, at most max_live - 1 objects are out.  The stacks of
 * CPUs hold some of the others, two each at most, also on CPUs that went offline
 * and on those that only free.  @loose holds one stack's worth at most.  So at
 * least one object is left, and that is in a stack of the list of full ones.
 *
 * No free finds the list of empty stacks empty.  It needs one when both stacks
 * of its CPU are full, or when @loose is.  At most @full stacks are full at any
 * time.  Each CPU has at most two that are not full, also in the midst of an
 * exchange, and @loose is one more.  The caller's own, or @loose, are full.  So
 * at most 2 * cpus stacks are neither full nor in the list, and the pool has
 * 2 * cpus + 1 beside @full: at least one is in the list.
 */
struct noop_plan {
	u32 size;
	u32 full;
	u32 empty;
};

/* Size. */

static size_t noop_align(const struct mag_pool_spec *spec)
{
	return max(spec->align, sizeof(unsigned long));
}

static size_t noop_stride(const struct mag_pool_spec *spec)
{
	return ALIGN(spec->size, noop_align(spec));
}

/*
 * A stack for @size objects with @nr of them behind it.  What kmalloc() or
 * vmalloc() takes for so many bytes is as many.
 */
static size_t noop_stack_bytes(const struct mag_pool_spec *spec, u32 size,
			       u32 nr)
{
	size_t bytes = sizeof(struct noop_stack) + size * sizeof(void *);

	if (nr)
		bytes += noop_align(spec) + nr * noop_stride(spec);
	if (bytes > NOOP_CHUNK)
		return PAGE_ALIGN(bytes);
	/* Each CPU writes to its own. */
	return max_t(size_t, roundup_pow_of_two(bytes), SMP_CACHE_BYTES);
}

/* Beside the stacks. */
static size_t noop_other_bytes(const struct noop_plan *plan)
{
	return (plan->full + plan->empty) * sizeof(struct noop_stack *) +
	       sizeof(struct noop_store) +
	       num_possible_cpus() * sizeof(struct noop_cpu);
}

/* As many as fill a chunk. */
static u32 noop_stack_size(const struct mag_pool_spec *spec)
{
	size_t bytes = NOOP_CHUNK - sizeof(struct noop_stack);

	return max_t(u32, NOOP_STACK_LEAST,
		     (bytes - noop_align(spec)) /
			     (noop_stride(spec) + sizeof(void *)));
}

static struct noop_plan noop_plan(const struct mag_pool_spec *spec,
				  unsigned int cpus)
{
	unsigned long ring = spec->max_live_cpu ?: spec->max_live;
	u32 size = noop_stack_size(spec);

	if (spec->in_turn)
		return (struct noop_plan){
			.size = roundup_pow_of_two(ring),
			.full = cpus,
		};
	return (struct noop_plan){
		.size = size,
		.full = DIV_ROUND_UP(spec->max_live, size) + 2 * cpus + 1,
		.empty = 2 * cpus + 1,
	};
}

/**
 * mag_noop_bytes() - what mag_backend_ops.held_bytes says of a pool of noop
 * @spec: of the pool
 * @cpus: that have stacks: those of @spec->cpus, or all that are online
 *
 * Context: any.
 * Return: bytes; U64_MAX if @spec asks for more objects than are possible.
 */
u64 mag_noop_bytes(const struct mag_pool_spec *spec, unsigned int cpus)
{
	struct noop_plan plan;

	if (spec->max_live > NOOP_MAX_OBJECTS)
		return U64_MAX;
	plan = noop_plan(spec, cpus);
	return (u64)plan.full * noop_stack_bytes(spec, plan.size, plan.size) +
	       (u64)plan.empty * noop_stack_bytes(spec, plan.size, 0) +
	       noop_other_bytes(&plan);
}

/* Stacks and lists of them. */

static __always_inline void *stack_pop(struct noop_stack *stack)
{
	return stack->objs[--stack->nr];
}

static __always_inline void stack_push(struct noop_stack *stack, void *obj)
{
	stack->objs[stack->nr++] = obj;
}

/* READ_ONCE() keeps out a string instruction, which would take long to begin. */
static void stack_push_run(struct noop_stack *stack, void **objs, u32 run)
{
	void **to = stack->objs + stack->nr;
	u32 i;

#pragma GCC unroll 8
	for (i = 0; i < run; i++)
		to[i] = READ_ONCE(objs[i]);
	stack->nr += run;
}

static s64 list_head_after(s64 head, u32 first)
{
	return (head & ~(s64)U32_MAX) + BIT_ULL(32) + first;
}

static void list_push(struct noop_list *list, struct noop_stack *stack)
{
	s64 head = atomic64_read(&list->head);

	do {
		WRITE_ONCE(stack->next, (u32)head);
	} while (!atomic64_try_cmpxchg(&list->head, &head,
				       list_head_after(head, stack->number)));
}

/* The first stack, or NULL. */
static struct noop_stack *list_pop(struct noop_list *list,
				   const struct noop_store *store)
{
	s64 head = atomic64_read(&list->head);
	struct noop_stack *stack;

	do {
		if (!(u32)head)
			return NULL;
		/* It may be another CPU's by now: then the head has changed. */
		stack = store->stacks[(u32)head - 1];
	} while (!atomic64_try_cmpxchg(
		&list->head, &head,
		list_head_after(head, READ_ONCE(stack->next))));
	return stack;
}

/* The store. */

/* Gives @stack to @to for one of @from; returns @stack if there is none. */
static struct noop_stack *store_swap(struct noop_store *store,
				     struct noop_list *from,
				     struct noop_list *to,
				     struct noop_stack *stack)
{
	struct noop_stack *got = list_pop(from, store);

	if (unlikely(!got))
		return stack;
	list_push(to, stack);
	return got;
}

/* A stack with objects for @stack, which has none. */
static struct noop_stack *store_refill(struct noop_store *store,
				       struct noop_stack *stack)
{
	return store_swap(store, &store->full, &store->empty, stack);
}

/* A stack without objects for @stack, which is full. */
static struct noop_stack *store_drain(struct noop_store *store,
				      struct noop_stack *stack)
{
	return store_swap(store, &store->empty, &store->full, stack);
}

static void *store_take(struct noop_store *store)
{
	unsigned long flags;
	void *obj = NULL;

	raw_spin_lock_irqsave(&store->lock, flags);
	if (!store->loose->nr)
		store->loose = store_refill(store, store->loose);
	if (store->loose->nr)
		obj = stack_pop(store->loose);
	raw_spin_unlock_irqrestore(&store->lock, flags);
	return obj;
}

static void store_give(struct noop_store *store, void *obj)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&store->lock, flags);
	if (store->loose->nr == store->loose->size)
		store->loose = store_drain(store, store->loose);
	if (!WARN_ON_ONCE(store->loose->nr == store->loose->size))
		stack_push(store->loose, obj);
	raw_spin_unlock_irqrestore(&store->lock, flags);
}

/* The stacks of a CPU. */

static struct noop_cpu __percpu *noop_cpus(const struct mag_pool *pool)
{
	return (__force struct noop_cpu __percpu *)pool->priv;
}

/* Preemption is off. */
static __always_inline void noop_enter(struct noop_cpu *this)
{
	WRITE_ONCE(this->busy, true);
	/* Only interrupts on this CPU look: program order is enough. */
	barrier();
}

/* Enables preemption. */
static __always_inline void noop_leave(struct noop_cpu *this)
{
	barrier();
	WRITE_ONCE(this->busy, false);
	preempt_enable();
}

/* Makes @stack the loaded one.  Inside. */
static void noop_load(struct noop_cpu *this, struct noop_stack *stack)
{
	this->spare = this->loaded;
	this->loaded = stack;
}

/* The loaded stack has no objects.  Inside; leaves. */
static noinline void *noop_alloc_refilled(struct noop_cpu *this)
{
	struct noop_stack *stack = this->spare;
	void *obj = NULL;

	if (!stack->nr)
		stack = store_refill(this->store, stack);
	noop_load(this, stack);
	if (likely(stack->nr))
		obj = stack_pop(stack);
	noop_leave(this);
	return obj;
}

/* Enables preemption. */
static noinline void *noop_alloc_single(struct noop_cpu *this)
{
	void *obj = store_take(this->store);

	preempt_enable();
	return obj;
}

static void *backend_noop_alloc(struct mag_pool *pool, gfp_t gfp)
{
	struct noop_cpu *this = get_cpu_ptr(noop_cpus(pool));
	struct noop_stack *stack;
	void *obj;

	if (unlikely(READ_ONCE(this->busy)))
		return noop_alloc_single(this);
	noop_enter(this);
	stack = this->loaded;
	if (unlikely(!stack->nr))
		return noop_alloc_refilled(this);
	obj = stack_pop(stack);
	noop_leave(this);
	return obj;
}

/* The loaded stack is full.  False if too much was freed.  Inside. */
static bool noop_make_room(struct noop_cpu *this)
{
	struct noop_stack *stack = this->spare;

	if (stack->nr == stack->size)
		stack = store_drain(this->store, stack);
	noop_load(this, stack);
	return !WARN_ON_ONCE(stack->nr == stack->size);
}

/* The same.  Inside; leaves. */
static noinline void noop_free_drained(struct noop_cpu *this, void *obj)
{
	if (noop_make_room(this))
		stack_push(this->loaded, obj);
	noop_leave(this);
}

/* Enables preemption. */
static noinline void noop_free_single(struct noop_cpu *this, void *obj)
{
	store_give(this->store, obj);
	preempt_enable();
}

static void backend_noop_free(struct mag_pool *pool, void *obj)
{
	struct noop_cpu *this = get_cpu_ptr(noop_cpus(pool));
	struct noop_stack *stack;

	if (unlikely(READ_ONCE(this->busy))) {
		noop_free_single(this, obj);
		return;
	}
	noop_enter(this);
	stack = this->loaded;
	if (unlikely(stack->nr == stack->size)) {
		noop_free_drained(this, obj);
		return;
	}
	stack_push(stack, obj);
	noop_leave(this);
}

static void backend_noop_free_bulk(struct mag_pool *pool, size_t nr,
				   void **objs)
{
	struct noop_cpu *this = get_cpu_ptr(noop_cpus(pool));
	u32 run;

	if (unlikely(READ_ONCE(this->busy))) {
		while (nr--)
			store_give(this->store, objs[nr]);
		preempt_enable();
		return;
	}
	noop_enter(this);
	for (;;) {
		run = min_t(size_t, nr, this->loaded->size - this->loaded->nr);
		stack_push_run(this->loaded, objs, run);
		nr -= run;
		objs += run;
		if (likely(!nr) || !noop_make_room(this))
			break;
	}
	noop_leave(this);
}

/*
 * Rings.  Nobody else allocates here meanwhile: in_turn promises it.  The exception
 * is a worker whose CPU went offline: for the rest of its step it may share the
 * ring of another, and both may get the same object.  Its run fails, so that no
 * figure comes of it.  The number is read once and masked, so that it stays in
 * the ring whoever writes it.
 */

static void *ring_alloc(struct mag_pool *pool, gfp_t gfp)
{
	struct noop_stack *ring = raw_cpu_read(noop_cpus(pool)->loaded);
	u32 nr = READ_ONCE(ring->nr);

	WRITE_ONCE(ring->nr, (nr + 1) & (ring->size - 1));
	return ring->objs[nr];
}

static void ring_free(struct mag_pool *pool, void *obj)
{
}

static void ring_free_bulk(struct mag_pool *pool, size_t nr, void **objs)
{
}

/* Exit and init. */

static struct noop_store *noop_store(const struct mag_pool *pool)
{
	return raw_cpu_ptr(noop_cpus(pool))->store;
}

static u64 backend_noop_held_bytes(struct mag_pool *pool)
{
	return noop_store(pool)->bytes;
}

static void backend_noop_exit(struct mag_pool *pool)
{
	struct noop_store *store = noop_store(pool);

	while (store->nr_stacks) {
		kvfree(store->stacks[--store->nr_stacks]);
		cond_resched();
	}
	kvfree(store->stacks);
	kfree(store);
	free_percpu(noop_cpus(pool));
}

static const struct mag_backend_ops noop_in_turn = {
	.exit = backend_noop_exit,
	.alloc = ring_alloc,
	.free = ring_free,
	.free_bulk = ring_free_bulk,
	.held_bytes = backend_noop_held_bytes,
};

/* A stack with @nr objects, on @node unless it is large; or NULL. */
static struct noop_stack *stack_create(const struct mag_pool *pool, u32 size,
				       u32 nr, int node)
{
	size_t bytes = noop_stack_bytes(&pool->spec, size, nr);
	struct noop_store *store = noop_store(pool);
	struct noop_stack *stack;
	char *obj;

	stack = bytes > NOOP_CHUNK ? __vmalloc(bytes, NOOP_GFP)
				   : kmalloc_node(bytes, NOOP_GFP, node);
	if (!stack)
		return NULL;
	store->stacks[store->nr_stacks++] = stack;
	store->bytes += bytes;

	stack->number = store->nr_stacks;
	stack->size = size;
	obj = PTR_ALIGN((char *)&stack->objs[size], noop_align(&pool->spec));
	for (; stack->nr < nr; obj += noop_stride(&pool->spec)) {
		if (pool->spec.ctor)
			pool->spec.ctor(obj);
		stack_push(stack, obj);
	}
	cond_resched();
	return stack;
}

/* The first two stacks are for the CPU, others for the store. */
static void noop_deal(struct noop_cpu *this, struct noop_stack *stack)
{
	struct noop_store *store = this->store;

	if (!this->loaded) {
		this->loaded = stack;
	} else if (!this->spare) {
		this->spare = stack;
		this->busy = false;
	} else if (!store->loose) {
		store->loose = stack;
	} else {
		list_push(stack->nr ? &store->full : &store->empty, stack);
	}
}

/* CPUs that have stacks of their own. */
static const struct cpumask *noop_served(const struct mag_pool_spec *spec)
{
	return spec->cpus ?: cpu_online_mask;
}

/* By turns, so that each CPU begins with full stacks of its node's memory. */
static int noop_deal_all(struct mag_pool *pool, const struct noop_plan *plan)
{
	const struct cpumask *served = noop_served(&pool->spec);
	unsigned int cpu = cpumask_first(served);
	struct noop_store *store = noop_store(pool);
	u32 i, nr = plan->full + plan->empty;
	struct noop_stack *stack;

	store->stacks = kvcalloc(nr, sizeof(*store->stacks), NOOP_GFP);
	if (!store->stacks)
		return -ENOMEM;
	store->bytes = noop_other_bytes(plan);

	for (i = 0; i < nr; i++) {
		stack = stack_create(pool, plan->size,
				     i < plan->full ? plan->size : 0,
				     cpu_to_node(cpu));
		if (!stack)
			return -ENOMEM;
		noop_deal(per_cpu_ptr(noop_cpus(pool), cpu), stack);

		cpu = cpumask_next(cpu, served);
		if (cpu >= nr_cpu_ids)
			cpu = cpumask_first(served);
	}
	return 0;
}

/*
 * CPUs that are not served share the first ring: a worker may have to move there
 * if its own CPU goes offline, as the comment on rings says.
 */
static void noop_make_rings(struct mag_pool *pool)
{
	struct noop_cpu __percpu *cpus = noop_cpus(pool);
	unsigned int cpu, first = cpumask_first(noop_served(&pool->spec));
	struct noop_stack *ring = per_cpu_ptr(cpus, first)->loaded;

	for_each_possible_cpu(cpu) {
		if (!per_cpu_ptr(cpus, cpu)->loaded)
			per_cpu_ptr(cpus, cpu)->loaded = ring;
		per_cpu_ptr(cpus, cpu)->loaded->nr = 0;
	}
	pool->ops = &noop_in_turn;
}

/* CPUs neither come nor go. */
static int noop_fill(struct mag_pool *pool)
{
	/* No more than half, so as not to drive out what else is in memory. */
	u64 room = (u64)max(si_mem_available(), 0L) << PAGE_SHIFT >> 1;
	const struct mag_pool_spec *spec = &pool->spec;
	unsigned int cpus = cpumask_weight(noop_served(spec));
	struct noop_plan plan;
	int err;

	if (!cpumask_subset(noop_served(spec), cpu_online_mask))
		return -ENODEV;
	if (mag_noop_bytes(spec, cpus) > room)
		return -ENOMEM;

	plan = noop_plan(spec, cpus);
	err = noop_deal_all(pool, &plan);
	if (!err && spec->in_turn)
		noop_make_rings(pool);
	return err;
}

/* A store without objects, and CPUs without stacks. */
static int noop_cpus_create(struct mag_pool *pool)
{
	struct noop_cpu __percpu *cpus = alloc_percpu(struct noop_cpu);
	struct noop_store *store = kzalloc(sizeof(*store), GFP_KERNEL);
	unsigned int cpu;

	if (!cpus || !store) {
		free_percpu(cpus);
		kfree(store);
		return -ENOMEM;
	}
	raw_spin_lock_init(&store->lock);
	for_each_possible_cpu(cpu) {
		per_cpu_ptr(cpus, cpu)->store = store;
		per_cpu_ptr(cpus, cpu)->busy = true;
	}
	pool->priv = (__force void *)cpus;
	return 0;
}

static int backend_noop_init(struct mag_pool *pool)
{
	int err = noop_cpus_create(pool);

	if (err)
		return err;

	cpus_read_lock();
	err = noop_fill(pool);
	cpus_read_unlock();
	if (err)
		backend_noop_exit(pool);
	return err;
}

/*
 * Preemption is off inside a CPU's stacks (noop_enter(), noop_leave()).  Stacks are
 * taken from lists and put there by a locked cmpxchg (list_pop(), list_push()).
 * Single objects of interrupts are under a lock by raw_spin_lock_irqsave()
 * (store_take(), store_give()).  CPUs share the lists and what is under the lock.
 * Rings need no more than the call (ring_alloc()).
 */
#define NOOP_USES                                    \
	(MAG_PRIMITIVE_BIT(MAG_PRIMITIVE_CALL) |     \
	 MAG_PRIMITIVE_BIT(MAG_PRIMITIVE_PREEMPT) |  \
	 MAG_PRIMITIVE_BIT(MAG_PRIMITIVE_IRQ) |      \
	 MAG_PRIMITIVE_BIT(MAG_PRIMITIVE_ATOMIC) |   \
	 MAG_PRIMITIVE_BIT(MAG_PRIMITIVE_SPINLOCK) | \
	 MAG_PRIMITIVE_BIT(MAG_PRIMITIVE_LINE))

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

#if IS_ENABLED(CONFIG_KUNIT)
void mag_kunit_noop_enter(struct mag_pool *pool)
{
	noop_enter(get_cpu_ptr(noop_cpus(pool)));
}

void mag_kunit_noop_leave(struct mag_pool *pool)
{
	noop_leave(this_cpu_ptr(noop_cpus(pool)));
}
#endif
