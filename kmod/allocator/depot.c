// SPDX-License-Identifier: GPL-2.0-only
/*
 * The depot: per node, a stack of full and a stack of empty magazines, from
 * which CPUs draw whole magazines and to which they return them (Bonwick &
 * Adams 2001, section 3.1).
 */
#include <linux/atomic.h>
#include <linux/cache.h>
#include <linux/err.h>
#include <linux/minmax.h>
#include <linux/nodemask.h>
#include <linux/processor.h>
#include <linux/sched.h>
#include <linux/sched/clock.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "internal.h"
#include "mag_trace.h"

/* Magazines taken off a stack under one hold of the lock. */
#define MAG_DEPOT_RUN	  8U
/*
 * How long a CPU waits for a lock that is taken, until it does without the depot:
 * as long as that costs, some 60 objects into or out of slabs, so that it never costs
 * more than twice what the better choice would have.
 */
#define MAG_DEPOT_WAIT_NS 2000

/*
 * And looks: should the clock stand still, which some do while interrupts are off, a CPU
 * that has them off must not wait for one that waits for it.
 */
#define MAG_DEPOT_LOOKS	  4096U

/**
 * struct depot_stack - magazines of one kind
 * @top: the one that goes next
 * @nr: how many there are
 * @reap_min: least of @nr since the last reaping: so many were not needed
 * @window_min: the same since the window began, which is depot_window pushes long
 * @window_pushes: so far
 */
struct depot_stack {
	struct mag_magazine *top;
	u32 nr;
	u32 reap_min;
	u32 window_min;
	u32 window_pushes;
};

/**
 * struct mag_depot - magazines of one node
 * @lock: protects all below; 4th in the order of internal.h
 * @full: magazines with at least one round
 * @empty: magazines without
 * @exchanges: magazines handed out
 * @exchanges_seen: @exchanges at the last mag_depot_take_news()
 * @contended_seen: @contended then
 * @contended: times that a CPU found @lock taken: by another CPU's exchange, or,
 *	rarely, by reaping or a reading; counted without the lock, and not on its line
 */
struct mag_depot {
	spinlock_t lock; /* all below */
	struct depot_stack full;
	struct depot_stack empty;
	u64 exchanges;
	u64 exchanges_seen;
	u64 contended_seen;
	atomic_long_t contended ____cacheline_aligned_in_smp;
} ____cacheline_aligned_in_smp;

/**
 * struct depot_visit - an exchange of magazines with a depot
 * @flags: of a kernel for one CPU
 * @contended: the lock was found taken
 * @wait_ns: time until it was had then, or given up
 */
struct depot_visit {
	unsigned long flags;
	bool contended;
	u64 wait_ns;
};

/*
 * Where there is one CPU alone a spinlock is nothing, which two can have: there
 * interrupts are who is to be kept out, and nobody ever finds the lock taken.
 */
static __always_inline bool depot_trylock(struct mag_depot *depot,
					  unsigned long *flags)
{
	if (IS_ENABLED(CONFIG_SMP))
		return spin_trylock(&depot->lock);
	spin_lock_irqsave(&depot->lock, *flags);
	return true;
}

/* In task context, by who holds no other spinlock. */
static __always_inline void depot_lock(struct mag_depot *depot,
				       unsigned long *flags)
{
	if (IS_ENABLED(CONFIG_SMP))
		spin_lock(&depot->lock);
	else
		spin_lock_irqsave(&depot->lock, *flags);
}

static __always_inline void depot_unlock(struct mag_depot *depot,
					 unsigned long *flags)
{
	if (IS_ENABLED(CONFIG_SMP))
		spin_unlock(&depot->lock);
	else
		spin_unlock_irqrestore(&depot->lock, *flags);
}

/* Inline, as are the next two, so that a visit stays in registers. */
static __always_inline bool depot_wait(struct mag_depot *depot,
				       struct depot_visit *visit)
{
	u64 start = local_clock();
	u32 looks = 0;
	bool had;

	do {
		cpu_relax();
		had = depot_trylock(depot, &visit->flags);
		visit->wait_ns = local_clock() - start;
	} while (!had && visit->wait_ns < MAG_DEPOT_WAIT_NS &&
		 ++looks < MAG_DEPOT_LOOKS);
	atomic_long_inc(&depot->contended);
	visit->contended = true;
	return had;
}

/*
 * Takes the lock, or gives up after a while.  Interrupts stay on: to mask them
 * costs more than an exchange does, most of all in virtual machines.  But then
 * the lock's holder may be interrupted, and the interrupt wait for what this
 * CPU has: so nobody who could be in its way waits here for long.
 */
static __always_inline bool depot_enter(struct mag_depot *depot,
					struct depot_visit *visit)
{
	visit->contended = false;
	if (likely(depot_trylock(depot, &visit->flags)))
		return true;
	return depot_wait(depot, visit);
}

static noinline void depot_trace(struct mag_cache *cache, int node,
				 enum mag_magazine_kind got,
				 enum mag_magazine_kind gave, bool contended)
{
	if (got || gave)
		trace_mag_depot_exchange(cache, node, got, gave, contended);
}

/* After the lock was let go: who traces must not be who is waited for. */
static __always_inline void depot_tell(struct mag_cache *cache, int node,
				       const struct depot_visit *visit,
				       enum mag_magazine_kind got,
				       enum mag_magazine_kind gave)
{
	if (unlikely(visit->contended)) {
		mag_policy_contended(cache);
		trace_mag_depot_contended(cache, node, visit->wait_ns);
	}
	if (trace_mag_depot_exchange_enabled())
		depot_trace(cache, node, got, gave, visit->contended);
}

static void stack_push(struct depot_stack *stack, struct mag_magazine *mag)
{
	mag->next = stack->top;
	stack->top = mag;
	WRITE_ONCE(stack->nr, stack->nr + 1);
}

static struct mag_magazine *stack_pop(struct depot_stack *stack)
{
	struct mag_magazine *mag = stack->top;

	if (!mag)
		return NULL;
	stack->top = mag->next;
	WRITE_ONCE(stack->nr, stack->nr - 1);
	stack->reap_min = min(stack->reap_min, stack->nr);
	stack->window_min = min(stack->window_min, stack->nr);
	return mag;
}

static struct mag_magazine *depot_pop(struct mag_depot *depot,
				      struct depot_stack *stack)
{
	struct mag_magazine *mag = stack_pop(stack);

	depot->exchanges += !!mag;
	return mag;
}

/*
 * A magazine comes to a stack.  True if it ends a window in all of which one less
 * would have done: then the depot does not take it.  One a window, so that a load
 * which comes back soon finds most of its magazines, and few calls pay.
 */
static bool stack_has_excess(const struct mag_cache *cache,
			     struct depot_stack *stack)
{
	u32 window = READ_ONCE(cache->policy.depot_window);
	bool excess = stack->window_min;

	if (!window || ++stack->window_pushes < window)
		return false;
	stack->window_pushes = 0;
	stack->window_min = excess ? stack->nr : stack->nr + 1;
	return excess;
}

/* False if there are enough.  Caller holds the lock. */
static bool depot_push_full(const struct mag_cache *cache,
			    struct mag_depot *depot, struct mag_magazine *full)
{
	if (depot->full.nr >= READ_ONCE(cache->policy.depot_max) ||
	    stack_has_excess(cache, &depot->full))
		return false;
	stack_push(&depot->full, full);
	return true;
}

/* False if there are enough, or @empty is of a size that is no longer made. */
static bool depot_push_empty(struct mag_cache *cache, struct mag_depot *depot,
			     struct mag_magazine *empty)
{
	if (depot->empty.nr >= READ_ONCE(cache->policy.depot_max) ||
	    empty->capacity != READ_ONCE(cache->magazine_rounds) ||
	    stack_has_excess(cache, &depot->empty))
		return false;
	stack_push(&depot->empty, empty);
	return true;
}

struct mag_magazine *mag_depot_get_full(struct mag_cache *cache, int node,
					struct mag_magazine *empty)
{
	struct mag_depot *depot = cache->depot[node];
	struct mag_magazine *full = ERR_PTR(-EBUSY), *excess = NULL;
	struct depot_visit visit;
	bool had;

	/* A miss is common while a load grows, and costs no lock. */
	if (!READ_ONCE(depot->full.nr))
		return NULL;

	if (depot_enter(depot, &visit)) {
		full = depot_pop(depot, &depot->full);
		if (full && empty && !depot_push_empty(cache, depot, empty))
			excess = empty;
		depot_unlock(depot, &visit.flags);
	}
	had = !IS_ERR_OR_NULL(full);
	depot_tell(cache, node, &visit,
		   had ? MAG_MAGAZINE_FULL : MAG_MAGAZINE_NONE,
		   had && empty && !excess ? MAG_MAGAZINE_EMPTY
					   : MAG_MAGAZINE_NONE);

	mag_magazine_destroy(cache, excess);
	return full;
}

static bool depot_has_enough(const struct mag_cache *cache, int node)
{
	return READ_ONCE(cache->depot[node]->full.nr) >=
	       READ_ONCE(cache->policy.depot_max);
}

struct mag_magazine *mag_depot_get_empty(struct mag_cache *cache, int node,
					 struct mag_magazine *full)
{
	struct mag_depot *depot = cache->depot[node];
	struct mag_magazine *empty = ERR_PTR(-EBUSY);
	struct depot_visit visit;
	bool had;

	if (full && depot_has_enough(cache, node))
		return ERR_PTR(-ENOSPC);
	if (!READ_ONCE(depot->empty.nr))
		return NULL;

	if (depot_enter(depot, &visit)) {
		if (!depot->empty.nr)
			empty = NULL;
		else if (full && !depot_push_full(cache, depot, full))
			empty = ERR_PTR(-ENOSPC);
		else
			empty = depot_pop(depot, &depot->empty);
		depot_unlock(depot, &visit.flags);
	}
	had = !IS_ERR_OR_NULL(empty);
	depot_tell(cache, node, &visit,
		   had ? MAG_MAGAZINE_EMPTY : MAG_MAGAZINE_NONE,
		   had && full ? MAG_MAGAZINE_FULL : MAG_MAGAZINE_NONE);

	return empty;
}

bool mag_depot_put_full(struct mag_cache *cache, int node,
			struct mag_magazine *full)
{
	struct mag_depot *depot = cache->depot[node];
	struct depot_visit visit;
	bool taken = false;

	if (depot_enter(depot, &visit)) {
		taken = depot_push_full(cache, depot, full);
		depot_unlock(depot, &visit.flags);
	}
	depot_tell(cache, node, &visit, MAG_MAGAZINE_NONE,
		   taken ? MAG_MAGAZINE_FULL : MAG_MAGAZINE_NONE);

	return taken;
}

/* Takes up to MAG_DEPOT_RUN of @left magazines off a stack, as a chain. */
static struct mag_magazine *stack_take_run(struct depot_stack *stack, u32 *left)
{
	struct mag_magazine *mag, *chain = NULL;
	u32 run = min(*left, MAG_DEPOT_RUN);

	*left -= run;
	while (run-- && (mag = stack_pop(stack))) {
		mag->next = chain;
		chain = mag;
	}
	if (!stack->top)
		*left = 0;
	return chain;
}

/*
 * Discards as many magazines, a run at a time: the lock is not held for long,
 * and what the CPUs take meanwhile is taken.  May sleep.
 */
static u32 depot_discard(struct mag_cache *cache, struct mag_depot *depot,
			 u32 full, u32 empty)
{
	struct mag_magazine *chain;
	unsigned long flags;
	u32 objects = 0;

	while (full || empty) {
		depot_lock(depot, &flags);
		if (full)
			chain = stack_take_run(&depot->full, &full);
		else
			chain = stack_take_run(&depot->empty, &empty);
		depot_unlock(depot, &flags);
		objects += mag_magazine_discard_chain(cache, chain);
		cond_resched();
	}
	return objects;
}

void mag_depot_drain(struct mag_cache *cache)
{
	int node;

	for_each_node(node)
		depot_discard(cache, cache->depot[node], U32_MAX, U32_MAX);
}

void mag_depot_reap(struct mag_cache *cache, int node, bool all)
{
	struct mag_depot *depot = cache->depot[node];
	unsigned long flags;
	u32 full, empty, objects;

	depot_lock(depot, &flags);
	full = all ? depot->full.nr : depot->full.reap_min;
	empty = all ? depot->empty.nr : depot->empty.reap_min;
	depot->full.reap_min = depot->full.nr - full;
	depot->empty.reap_min = depot->empty.nr - empty;
	depot_unlock(depot, &flags);

	objects = depot_discard(cache, depot, full, empty);
	atomic_long_add(objects, &cache->reaped);
	if (full + empty)
		trace_mag_reap(cache, MAG_REAPED_DEPOT, node, full + empty,
			       objects);
}

u32 mag_depot_trim(struct mag_cache *cache, int node, u32 nr, bool excess)
{
	struct mag_depot *depot = cache->depot[node];
	u32 full, empty, objects;
	unsigned long flags;

	depot_lock(depot, &flags);
	full = min(nr, excess ? depot->full.reap_min : depot->full.nr);
	empty = min(nr, excess ? depot->empty.reap_min : depot->empty.nr);
	/* What goes was not needed; what is left was needed as before. */
	depot->full.reap_min -= min(full, depot->full.reap_min);
	depot->empty.reap_min -= min(empty, depot->empty.reap_min);
	depot_unlock(depot, &flags);

	objects = depot_discard(cache, depot, full, empty);
	atomic_long_add(objects, &cache->reaped);
	if (full + empty)
		trace_mag_reap(cache, MAG_REAPED_DEPOT, node, full + empty,
			       objects);
	return objects;
}

unsigned long mag_depot_magazines(const struct mag_cache *cache)
{
	unsigned long magazines = 0;
	int node;

	for_each_node(node)
		magazines += READ_ONCE(cache->depot[node]->full.nr) +
			     READ_ONCE(cache->depot[node]->empty.nr);
	return magazines;
}

unsigned long mag_depot_objects(const struct mag_cache *cache, int node)
{
	return (unsigned long)READ_ONCE(cache->depot[node]->full.nr) *
	       READ_ONCE(cache->magazine_rounds);
}

struct mag_depot_news mag_depot_take_news(struct mag_cache *cache)
{
	struct mag_depot_news news = {};
	struct mag_depot *depot;
	unsigned long flags;
	u64 contended;
	int node;

	for_each_node(node) {
		depot = cache->depot[node];
		depot_lock(depot, &flags);
		contended = atomic_long_read(&depot->contended);
		news.exchanges += depot->exchanges - depot->exchanges_seen;
		news.contended =
			max(news.contended, contended - depot->contended_seen);
		depot->exchanges_seen = depot->exchanges;
		depot->contended_seen = contended;
		depot_unlock(depot, &flags);
	}
	return news;
}

void mag_depot_stats(struct mag_cache *cache, struct mag_cache_stats *stats)
{
	int node;

	for_each_node(node)
		stats->depot_contended +=
			atomic_long_read(&cache->depot[node]->contended);
}

void mag_depot_read(struct mag_cache *cache, int node,
		    struct mag_node_reading *reading)
{
	struct mag_depot *depot = cache->depot[node];
	unsigned long flags;

	depot_lock(depot, &flags);
	reading->full = depot->full.nr;
	reading->empty = depot->empty.nr;
	reading->exchanges = depot->exchanges;
	reading->contended = atomic_long_read(&depot->contended);
	depot_unlock(depot, &flags);
}

int mag_depot_init(struct mag_cache *cache)
{
	struct mag_depot *depot;
	int node;

	cache->depot = kcalloc(nr_node_ids, sizeof(*cache->depot), GFP_KERNEL);
	if (!cache->depot)
		return -ENOMEM;

	for_each_node(node) {
		depot = kzalloc_node(sizeof(*depot), GFP_KERNEL, node);
		if (!depot)
			return -ENOMEM;
		spin_lock_init(&depot->lock);
		cache->depot[node] = depot;
	}
	return 0;
}

void mag_depot_exit(struct mag_cache *cache)
{
	int node;

	if (!cache->depot)
		return;
	for_each_node(node)
		kfree(cache->depot[node]);
	kfree(cache->depot);
	cache->depot = NULL;
}

#if IS_ENABLED(CONFIG_KUNIT)
spinlock_t *mag_kunit_depot_lock(struct mag_cache *cache, int node)
{
	return &cache->depot[node]->lock;
}
#endif
