// SPDX-License-Identifier: GPL-2.0-only
/*
 * Caches that are tortured: made, and held to account at their end.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/mm.h>
#include <linux/nodemask.h>
#include <linux/overflow.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "torture.h"

#define CACHE_BYTES   (3 * SZ_1M) /* of objects that are out, at most */
#define LEAST_SLOTS   40
#define MOST_SLOTS    4096
#define RCU_BYTES     SZ_1M /* left to RCU between two grace periods */
/* Of mag_kmalloc(), where most objects are small. */
#define KMALLOC_SLOTS 1024
/* Few, so that readers see objects come back soon. */
#define RCU_SLOTS     160
/* Times that a cache may be shrunk until nothing is left in it. */
#define SHRINKS	      500

struct torture_cache *torture_caches[NR_SPECS];

static int create_cache(struct torture_cache *tc)
{
	const struct torture_spec *spec = tc->spec;
	const struct mag_cache_args args = {
		.align = spec->align,
		.ctor = spec->ctor,
		.dtor = spec->dtor,
		.flags = spec->flags,
	};
	struct mag_cache *cache;

	if (!spec->size)
		return 0;
	cache = mag_cache_create_args(spec->name, spec->size, &args);
	if (IS_ERR(cache))
		return PTR_ERR(cache);
	tc->cache = cache;
	return 0;
}

/* The first node with memory, or the second. */
static int a_node(struct torture_actor *actor)
{
	int first = first_memory_node, second = next_memory_node(first);

	return second < MAX_NUMNODES && torture_random(actor, 2) ? second
								 : first;
}

/**
 * torture_cache_open() - create a cache to be tortured
 * @spec: its kind
 * @id: of its stamps, up to 63
 * @nr_slots: objects that may be out
 * @actor: whose random numbers to use
 *
 * Context: task, may sleep.
 * Return: the cache, or NULL when there is no memory.
 */
struct torture_cache *torture_cache_open(const struct torture_spec *spec,
					 u32 id, u32 nr_slots,
					 struct torture_actor *actor)
{
	struct torture_cache *tc;

	tc = kvzalloc(struct_size(tc, slot, nr_slots),
		      GFP_KERNEL | __GFP_NOWARN);
	if (!tc)
		return NULL;
	tc->spec = spec;
	tc->id = id;
	tc->node = spec->one_node ? a_node(actor) : NUMA_NO_NODE;
	tc->nr_slots = nr_slots;
	atomic_set(&tc->rcu_budget, RCU_BYTES);
	tc->counts = alloc_percpu_gfp(struct torture_counts,
				      GFP_KERNEL | __GFP_NOWARN);
	if (tc->counts && !create_cache(tc))
		return tc;
	free_percpu(tc->counts);
	kvfree(tc);
	return NULL;
}

static struct torture_counts sum_counts(const struct torture_cache *tc)
{
	struct torture_counts sum = {}, *counts;
	int cpu;

	for_each_possible_cpu(cpu) {
		counts = per_cpu_ptr(tc->counts, cpu);
		sum.allocs += counts->allocs;
		sum.frees += counts->frees;
		sum.failed += counts->failed;
		sum.failed_bulk += counts->failed_bulk;
	}
	return sum;
}

static void free_all(struct torture_cache *tc, struct torture_actor *actor)
{
	struct torture_slot *slot;
	void *obj;
	u32 i;

	for (i = 0; i < tc->nr_slots; i++) {
		slot = &tc->slot[i];
		if (atomic_read(&slot->state) != SLOT_FULL)
			continue;
		obj = torture_release(tc, actor, slot);
		if (obj)
			torture_free(tc, actor, obj);
		atomic_set(&slot->state, SLOT_EMPTY);
		cond_resched();
	}
}

static void expect(const struct torture_cache *tc, const char *what, u64 got,
		   u64 wanted)
{
	if (got != wanted)
		torture_fail(tc, "at its end: %s: %llu, expected %llu", what,
			     got, wanted);
}

/* A call for many objects that fails gives back what it has got, and counts that. */
static void judge_counts(const struct torture_cache *tc,
			 const struct mag_cache_stats *stats)
{
	struct torture_counts ours = sum_counts(tc);

	expect(tc, "live", stats->live, 0);
	expect(tc, "frees, for as many allocs", stats->frees, stats->allocs);
	expect(tc, "frees of ours, for as many allocs", ours.frees,
	       ours.allocs);
	if (ours.failed_bulk)
		ours.allocs = max_t(u64, ours.allocs, stats->allocs);
	expect(tc, "allocs", stats->allocs, ours.allocs);
	expect(tc, "rcu_waiting", stats->rcu_waiting, 0);
	expect(tc, "bugs", stats->bugs, 0);
	expect(tc, "quarantined", stats->quarantined, 0);
}

/* Who reaps meanwhile may have something in its hands. */
static void judge_memory(const struct torture_cache *tc)
{
	struct mag_cache_stats stats;
	int i;

	for (i = 0; i < SHRINKS; i++) {
		mag_cache_shrink(tc->cache);
		mag_cache_stats(tc->cache, &stats);
		if (!stats.pages && !stats.magazines)
			return;
		schedule_timeout_uninterruptible(1);
	}
	expect(tc, "pages", stats.pages, 0);
	expect(tc, "magazines", stats.magazines, 0);
}

static void judge(struct torture_cache *tc)
{
	struct mag_cache_stats stats;

	mag_cache_rcu_barrier(tc->cache);
	expect(tc, "bugs found by validation", mag_cache_validate(tc->cache),
	       0);
	mag_cache_stats(tc->cache, &stats);
	judge_counts(tc, &stats);
	/* Broken on purpose, and found by now. */
	if (tc->lost)
		mag_cache_free(tc->cache, tc->lost);
	judge_memory(tc);
	expect(tc, "leaked", mag_cache_destroy(tc->cache), 0);
}

/**
 * torture_cache_close() - free what is out, hold the cache to account, destroy it
 * @tc: the cache; nobody uses it
 * @actor: whose random numbers to use
 *
 * Context: task, may sleep.
 */
void torture_cache_close(struct torture_cache *tc, struct torture_actor *actor)
{
	struct torture_counts ours;

	free_all(tc, actor);
	if (tc->cache) {
		judge(tc);
	} else {
		ours = sum_counts(tc);
		expect(tc, "frees", ours.frees, ours.allocs);
		mag_kfree(tc->lost);
	}
	free_percpu(tc->counts);
	kvfree(tc);
}

static u32 slots_for(const struct torture_spec *spec)
{
	if (!spec->size)
		return KMALLOC_SLOTS;
	if (torture_has_readers(spec))
		return RCU_SLOTS;
	return clamp_t(u32, CACHE_BYTES / spec->size, LEAST_SLOTS, MOST_SLOTS);
}

/**
 * torture_caches_open() - create a cache of each kind
 * @actor: whose random numbers to use
 *
 * Context: task, may sleep.
 * Return: 0 or -ENOMEM, and then some may have been created.
 */
int torture_caches_open(struct torture_actor *actor)
{
	u32 i;

	for (i = 0; i < NR_SPECS; i++) {
		torture_caches[i] =
			torture_cache_open(&torture_specs[i], i + 1,
					   slots_for(&torture_specs[i]), actor);
		if (!torture_caches[i])
			return -ENOMEM;
	}
	return 0;
}

/**
 * torture_caches_close() - torture_cache_close() of each
 * @actor: whose random numbers to use
 *
 * Context: task, may sleep; there are no other actors any more.
 */
void torture_caches_close(struct torture_actor *actor)
{
	static const struct torture_spec all = { .name = "all caches" };
	static const struct torture_cache any = { .spec = &all };
	u32 i;

	for (i = 0; i < NR_SPECS; i++)
		if (torture_caches[i])
			torture_cache_close(torture_caches[i], actor);
	expect(&any, "objects constructed and not destructed",
	       atomic_long_read(&torture_made), 0);
}

/**
 * torture_caches_refill() - a grace period is over: objects may be left to RCU again
 *
 * Context: any.
 */
void torture_caches_refill(void)
{
	u32 i;

	for (i = 0; i < NR_SPECS; i++)
		atomic_set(&torture_caches[i]->rcu_budget, RCU_BYTES);
}
