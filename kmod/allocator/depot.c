// SPDX-License-Identifier: GPL-2.0-only
/*
 * The depot: per node, a stack of full and a stack of empty magazines, from
 * which CPUs draw whole magazines and to which they return them (Bonwick &
 * Adams 2001, section 3.1).
 */
#include <linux/cache.h>
#include <linux/nodemask.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "internal.h"

/**
 * struct mag_depot - magazines of one node
 * @lock: protects all below; 3rd in the order of internal.h
 * @full: stack of magazines with at least one round
 * @empty: stack of magazines without
 * @nr_full: in @full
 * @nr_empty: in @empty
 * @contended: times @lock was found taken
 */
struct mag_depot {
	spinlock_t lock; /* all below */
	struct mag_magazine *full;
	struct mag_magazine *empty;
	u32 nr_full;
	u32 nr_empty;
	u64 contended;
} ____cacheline_aligned_in_smp;

static void depot_lock(struct mag_depot *depot, unsigned long *flags)
	__acquires(&depot->lock)
{
	if (likely(spin_trylock_irqsave(&depot->lock, *flags)))
		return;

	spin_lock_irqsave(&depot->lock, *flags);
	/* Read without the lock by mag_depot_stats(). */
	WRITE_ONCE(depot->contended, depot->contended + 1);
}

static void stack_push(struct mag_magazine **stack, u32 *nr,
		       struct mag_magazine *mag)
{
	mag->next = *stack;
	*stack = mag;
	WRITE_ONCE(*nr, *nr + 1);
}

static struct mag_magazine *stack_pop(struct mag_magazine **stack, u32 *nr)
{
	struct mag_magazine *mag = *stack;

	if (!mag)
		return NULL;
	*stack = mag->next;
	WRITE_ONCE(*nr, *nr - 1);
	return mag;
}

struct mag_magazine *mag_depot_get_full(struct mag_cache *cache, int node,
					struct mag_magazine *empty)
{
	struct mag_depot *depot = cache->depot[node];
	struct mag_magazine *full, *excess = NULL;
	unsigned long flags;

	/* A miss is common while a load grows, and costs no lock. */
	if (!READ_ONCE(depot->nr_full))
		return NULL;

	depot_lock(depot, &flags);
	full = stack_pop(&depot->full, &depot->nr_full);
	if (full && empty) {
		if (depot->nr_empty < cache->depot_max)
			stack_push(&depot->empty, &depot->nr_empty, empty);
		else
			excess = empty;
	}
	spin_unlock_irqrestore(&depot->lock, flags);

	mag_magazine_destroy(cache, excess);
	return full;
}

bool mag_depot_has_enough(const struct mag_cache *cache, int node)
{
	return READ_ONCE(cache->depot[node]->nr_full) >= cache->depot_max;
}

struct mag_magazine *mag_depot_get_empty(struct mag_cache *cache, int node,
					 struct mag_magazine *full)
{
	struct mag_depot *depot = cache->depot[node];
	struct mag_magazine *empty = NULL;
	unsigned long flags;

	if (!READ_ONCE(depot->nr_empty))
		return NULL;

	depot_lock(depot, &flags);
	if (!full || depot->nr_full < cache->depot_max)
		empty = stack_pop(&depot->empty, &depot->nr_empty);
	if (empty && full)
		stack_push(&depot->full, &depot->nr_full, full);
	spin_unlock_irqrestore(&depot->lock, flags);

	return empty;
}

bool mag_depot_put_full(struct mag_cache *cache, int node,
			struct mag_magazine *full)
{
	struct mag_depot *depot = cache->depot[node];
	unsigned long flags;
	bool taken;

	depot_lock(depot, &flags);
	taken = depot->nr_full < cache->depot_max;
	if (taken)
		stack_push(&depot->full, &depot->nr_full, full);
	spin_unlock_irqrestore(&depot->lock, flags);

	return taken;
}

void mag_depot_drain(struct mag_cache *cache)
{
	struct mag_magazine *mag;
	struct mag_depot *depot;
	int node;

	for_each_node(node) {
		depot = cache->depot[node];
		while ((mag = stack_pop(&depot->full, &depot->nr_full))) {
			mag_slab_give(cache, mag->round, mag->rounds);
			mag->rounds = 0;
			mag_magazine_destroy(cache, mag);
		}
		while ((mag = stack_pop(&depot->empty, &depot->nr_empty)))
			mag_magazine_destroy(cache, mag);
	}
}

void mag_depot_stats(struct mag_cache *cache, struct mag_cache_stats *stats)
{
	int node;

	for_each_node(node)
		stats->depot_contended +=
			READ_ONCE(cache->depot[node]->contended);
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
