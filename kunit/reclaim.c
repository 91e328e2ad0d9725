// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit: what the shrinker counts and takes, and in which order.
 */
#include <kunit/test.h>
#include <linux/bits.h>
#include <linux/cpumask.h>

#include "../kmod/allocator/home.h"
#include "helpers.h"

#define OBJECT_SIZE 512
#define DEPOT_MAX   20
/* Other caches have something to give as well. */
#define ALL	    BIT(20)

/**
 * struct reclaim_test - a cache after its load has gone
 * @cache: with two magazines in this CPU's hands and others in the depot
 * @rounds: of a magazine
 * @nr: objects in all of them, of which the last may be half full
 */
struct reclaim_test {
	struct mag_cache *cache;
	u32 rounds;
	u32 nr;
};

static void load_flags(struct kunit *test, struct reclaim_test *rt,
		       u32 magazines, u32 flags)
{
	const struct mag_cache_args args = { .flags = flags };
	void **objs;
	u32 i;

	rt->cache = mag_kunit_cache_args(test, OBJECT_SIZE, &args);
	rt->cache->policy.depot_max = DEPOT_MAX;
	rt->cache->policy.depot_window = 0;
	rt->cache->policy.empty_max = 0;
	/* Far enough away that it is the test that takes. */
	rt->cache->policy.reap_interval_ms = 1000 * 60 * 60;
	rt->rounds = rt->cache->magazine_rounds;
	objs = mag_kunit_array(test, magazines * rt->rounds);
	mag_kunit_alloc_many(test, rt->cache, objs, magazines * rt->rounds);
	for (i = 0; i < magazines * rt->rounds; i++)
		mag_cache_free(rt->cache, objs[i]);
	rt->nr = mag_kunit_stats(rt->cache).rounds_cached;
	KUNIT_ASSERT_GT(test, rt->nr + rt->rounds,
			(magazines - 1) * rt->rounds);
}

static void load(struct kunit *test, struct reclaim_test *rt, u32 magazines)
{
	load_flags(test, rt, magazines, 0);
}

static int pin(struct kunit *test)
{
	mag_kunit_pin(test, cpumask_first(cpu_online_mask));
	return mag_home_node();
}

/* All other caches are empty after this. */
static void take_all(int node)
{
	while (mag_kunit_reclaim_scan(node, ALL))
		;
}

static void cpus_magazines_are_counted(struct kunit *test)
{
	int node = pin(test);
	struct reclaim_test rt;
	unsigned long before;

	take_all(node);
	before = mag_kunit_reclaim_count(node);
	load(test, &rt, 1);
	mag_depot_drain(rt.cache);
	rt.nr = mag_kunit_stats(rt.cache).rounds_cached;
	KUNIT_ASSERT_GT(test, rt.nr, rt.rounds / 2);
	/* Half of what there is at least, whatever other CPUs do. */
	KUNIT_EXPECT_GE(test, mag_kunit_reclaim_count(node) - before,
			(unsigned long)rt.nr * OBJECT_SIZE / PAGE_SIZE / 2 /
				num_online_nodes());
}

static void small_request_takes_little(struct kunit *test)
{
	int node = pin(test);
	struct reclaim_test rt;

	take_all(node);
	load(test, &rt, 2 + DEPOT_MAX);
	KUNIT_EXPECT_GT(test, mag_kunit_reclaim_scan(node, 1), 0);
	KUNIT_EXPECT_GE(test, mag_kunit_stats(rt.cache).rounds_cached,
			(2 + DEPOT_MAX / 2) * rt.rounds);
}

static void depots_are_emptied_before_cpus(struct kunit *test)
{
	unsigned long wanted = DEPOT_MAX / 2;
	int node = pin(test);
	struct reclaim_test rt;

	take_all(node);
	load(test, &rt, 2 + DEPOT_MAX);
	KUNIT_EXPECT_GE(test, mag_kunit_reclaim_scan(node, wanted), wanted);
	/* The CPU's two, and some of the depot's, are left. */
	KUNIT_EXPECT_GT(test, mag_kunit_stats(rt.cache).rounds_cached,
			2 * rt.rounds);
}

static void cpus_give_what_depots_have_not(struct kunit *test)
{
	int node = pin(test);
	struct mag_cache_stats stats;
	struct reclaim_test rt;

	take_all(node);
	load(test, &rt, 2);
	KUNIT_EXPECT_GE(test, mag_kunit_reclaim_scan(node, ALL),
			(unsigned long)rt.nr * OBJECT_SIZE / PAGE_SIZE);
	stats = mag_kunit_stats(rt.cache);
	KUNIT_EXPECT_EQ(test, stats.rounds_cached, 0);
	KUNIT_EXPECT_EQ(test, stats.magazines, 0);
	KUNIT_EXPECT_EQ(test, stats.pages, 0);
}

/* One of the two is needed, the other not: that one pays first. */
static void what_is_not_needed_goes_first(struct kunit *test)
{
	struct reclaim_test needed, other;
	int node = pin(test);
	void **objs;
	u32 i;

	take_all(node);
	load(test, &needed, 2 + DEPOT_MAX);
	load(test, &other, 2 + DEPOT_MAX);
	/* The working set of both begins here; all of the first's is needed. */
	mag_depot_reap(needed.cache, node, false);
	mag_depot_reap(other.cache, node, false);
	objs = mag_kunit_array(test, needed.nr);
	mag_kunit_alloc_many(test, needed.cache, objs, needed.nr);
	for (i = 0; i < needed.nr; i++)
		mag_cache_free(needed.cache, objs[i]);

	KUNIT_EXPECT_GT(test, mag_kunit_reclaim_scan(node, DEPOT_MAX / 2), 0);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(needed.cache).rounds_cached,
			needed.nr);
	KUNIT_EXPECT_LT(test, mag_kunit_stats(other.cache).rounds_cached,
			other.nr);
}

/* Many small requests meet both caches, and neither twice before the other. */
static void caches_pay_in_turn(struct kunit *test)
{
	struct reclaim_test one, two;
	int node = pin(test);
	u64 paid_one, paid_two;
	u32 i;

	take_all(node);
	load(test, &one, 2 + DEPOT_MAX);
	load(test, &two, 2 + DEPOT_MAX);
	for (i = 0; i < 4; i++)
		KUNIT_EXPECT_GT(test, mag_kunit_reclaim_scan(node, 1), 0);
	paid_one = mag_kunit_stats(one.cache).reaped;
	paid_two = mag_kunit_stats(two.cache).reaped;
	KUNIT_EXPECT_GT(test, paid_one, 0);
	KUNIT_EXPECT_GT(test, paid_two, 0);
	KUNIT_EXPECT_LE(test, max(paid_one, paid_two),
			2 * min(paid_one, paid_two));
}

/* Pages that wait for a grace period are as good as given: no more is taken for them. */
static void waiting_pages_count_as_taken(struct kunit *test)
{
	int node = pin(test);
	struct reclaim_test rt;
	unsigned long got;

	take_all(node);
	load_flags(test, &rt, 2 + DEPOT_MAX, MAG_CACHE_TYPESAFE_BY_RCU);
	got = mag_kunit_reclaim_scan(node, 1);
	KUNIT_EXPECT_GT(test, got, 0);
	KUNIT_EXPECT_GE(test, mag_kunit_stats(rt.cache).rounds_cached,
			(2 + DEPOT_MAX / 2) * rt.rounds);
}

/* A CPU that makes a call now and then does not keep two magazines for it. */
static void trickle_of_calls_pins_nothing(struct kunit *test)
{
	struct reclaim_test rt;
	void *obj;

	pin(test);
	load(test, &rt, 2);
	rt.cache->policy.reap_rule = MAG_REAP_WORKING_SET;
	mag_reap(rt.cache);
	obj = mag_cache_alloc(rt.cache, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, obj);
	mag_reap(rt.cache);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(rt.cache).rounds_cached, 0);
	mag_cache_free(rt.cache, obj);
}

static struct kunit_case reclaim_cases[] = {
	KUNIT_CASE(cpus_magazines_are_counted),
	KUNIT_CASE(small_request_takes_little),
	KUNIT_CASE(depots_are_emptied_before_cpus),
	KUNIT_CASE(cpus_give_what_depots_have_not),
	KUNIT_CASE(what_is_not_needed_goes_first),
	KUNIT_CASE(caches_pay_in_turn),
	KUNIT_CASE(waiting_pages_count_as_taken),
	KUNIT_CASE(trickle_of_calls_pins_nothing),
	{}
};

static struct kunit_suite reclaim_suite = {
	.name = "magslab_reclaim",
	.suite_init = mag_kunit_suite_init,
	.suite_exit = mag_kunit_suite_exit,
	.test_cases = reclaim_cases,
};

kunit_test_suite(reclaim_suite);
