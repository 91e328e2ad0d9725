// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit: what a cache gives back while nobody asks, what the kernel asks of it,
 * and magazines of several sizes side by side.
 */
#include <kunit/test.h>
#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/workqueue.h>

#include "helpers.h"

#define OBJECT_SIZE 4096
#define DEPOT_MAX   4 /* magazines */

/**
 * struct reap_test - a cache that is reaped when the test says so
 * @cache: the cache
 * @rounds: in a magazine
 * @nr: objects: of the CPU's two magazines and DEPOT_MAX more
 * @objs: the objects
 */
struct reap_test {
	struct mag_cache *cache;
	u32 rounds;
	u32 nr;
	void **objs;
};

static void reap_test_init(struct kunit *test, struct reap_test *rt, u32 rule)
{
	mag_kunit_pin(test, cpumask_first(cpu_online_mask));
	rt->cache = mag_kunit_cache(test, OBJECT_SIZE, 0, NULL);
	rt->cache->policy.depot_max = DEPOT_MAX;
	/* Far enough away that it is the test that reaps. */
	rt->cache->policy.reap_interval_ms = 1000 * 60 * 60;
	rt->cache->policy.reap_rule = rule;
	rt->rounds = rt->cache->magazine_rounds;
	rt->nr = (2 + DEPOT_MAX) * rt->rounds;
	rt->objs = mag_kunit_array(test, rt->nr);
}

static void free_all(struct reap_test *rt)
{
	u32 i;

	for (i = 0; i < rt->nr; i++)
		mag_cache_free(rt->cache, rt->objs[i]);
}

/* A load comes and goes: two magazines in the CPU, DEPOT_MAX in the depot. */
static void load(struct kunit *test, struct reap_test *rt)
{
	mag_kunit_alloc_many(test, rt->cache, rt->objs, rt->nr);
	free_all(rt);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(rt->cache).rounds_cached, rt->nr);
}

/*
 * The CPU makes calls, as many as its magazines have room for, so that it needs them;
 * the depot is not asked.
 */
static void touch(struct kunit *test, struct reap_test *rt)
{
	void *obj;
	u32 i;

	for (i = 0; i < rt->rounds; i++) {
		obj = mag_cache_alloc(rt->cache, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, obj);
		mag_cache_free(rt->cache, obj);
	}
}

static void first_interval_takes_nothing(struct kunit *test)
{
	struct reap_test rt;

	reap_test_init(test, &rt, MAG_REAP_WORKING_SET);
	load(test, &rt);
	mag_reap(rt.cache);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(rt.cache).rounds_cached, rt.nr);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(rt.cache).reaped, 0);
}

static void unneeded_magazines_are_reaped(struct kunit *test)
{
	struct mag_cache_stats stats;
	struct reap_test rt;

	reap_test_init(test, &rt, MAG_REAP_WORKING_SET);
	load(test, &rt);
	mag_reap(rt.cache);
	touch(test, &rt);
	mag_reap(rt.cache);
	stats = mag_kunit_stats(rt.cache);
	KUNIT_EXPECT_EQ(test, stats.rounds_cached, 2 * rt.rounds);
	KUNIT_EXPECT_EQ(test, stats.reaped, DEPOT_MAX * rt.rounds);
	KUNIT_EXPECT_EQ(test, stats.magazines, 2);
}

/* What was needed once in the interval stays, though it is back by its end. */
static void working_set_stays(struct kunit *test)
{
	u32 needed = 3, i;
	struct reap_test rt;
	u32 nr;

	reap_test_init(test, &rt, MAG_REAP_WORKING_SET);
	load(test, &rt);
	mag_reap(rt.cache);
	nr = (2 + needed) * rt.rounds;
	mag_kunit_alloc_many(test, rt.cache, rt.objs, nr);
	for (i = 0; i < nr; i++)
		mag_cache_free(rt.cache, rt.objs[i]);
	mag_reap(rt.cache);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(rt.cache).rounds_cached, nr);
}

/* The same of empty ones, which frees need. */
static void working_set_of_empty_ones_stays(struct kunit *test)
{
	struct reap_test rt;

	reap_test_init(test, &rt, MAG_REAP_WORKING_SET);
	load(test, &rt);
	mag_kunit_alloc_many(test, rt.cache, rt.objs, rt.nr);
	KUNIT_ASSERT_EQ(test, mag_kunit_stats(rt.cache).magazines,
			2 + DEPOT_MAX);
	mag_reap(rt.cache);
	/* All are needed once, and are back by the end of the interval. */
	free_all(&rt);
	mag_kunit_alloc_many(test, rt.cache, rt.objs, rt.nr);
	mag_reap(rt.cache);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(rt.cache).magazines,
			2 + DEPOT_MAX);

	/* The CPU calls again, but needs none of them. */
	mag_cache_free(rt.cache, rt.objs[--rt.nr]);
	touch(test, &rt);
	mag_reap(rt.cache);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(rt.cache).magazines, 2);
	free_all(&rt);
}

static void idle_cpu_gives_back_all(struct kunit *test)
{
	struct mag_cache_stats stats;
	struct reap_test rt;

	reap_test_init(test, &rt, MAG_REAP_WORKING_SET);
	load(test, &rt);
	mag_reap(rt.cache);
	/* Empty slabs that come of it were not there to be needed. */
	rt.cache->policy.empty_max = 0;
	mag_reap(rt.cache);
	stats = mag_kunit_stats(rt.cache);
	KUNIT_EXPECT_EQ(test, stats.magazines, 0);
	KUNIT_EXPECT_EQ(test, stats.rounds_cached, 0);
	KUNIT_EXPECT_EQ(test, stats.pages, 0);
	KUNIT_EXPECT_EQ(test, stats.reaped, rt.nr);
}

/* Whatever the slabs keep: two intervals after its last call, none. */
static void two_intervals_leave_no_page(struct kunit *test)
{
	struct reap_test rt;

	reap_test_init(test, &rt, MAG_REAP_WORKING_SET);
	load(test, &rt);
	mag_reap(rt.cache);
	mag_reap(rt.cache);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(rt.cache).pages, 0);
}

static void live_objects_are_left_alone(struct kunit *test)
{
	struct mag_cache_stats stats;
	struct reap_test rt;
	u32 i;

	reap_test_init(test, &rt, MAG_REAP_ALL);
	mag_kunit_alloc_many(test, rt.cache, rt.objs, rt.nr);
	for (i = 0; i < rt.nr; i++)
		memset(rt.objs[i], i, OBJECT_SIZE);
	mag_reap(rt.cache);
	mag_reap(rt.cache);
	stats = mag_kunit_stats(rt.cache);
	KUNIT_EXPECT_EQ(test, stats.live, rt.nr);
	KUNIT_EXPECT_EQ(test, stats.rounds_cached, 0);
	for (i = 0; i < rt.nr; i++)
		KUNIT_EXPECT_NULL(test, memchr_inv(rt.objs[i], i, OBJECT_SIZE));
	free_all(&rt);
}

static void rule_all_waits_for_nothing(struct kunit *test)
{
	struct reap_test rt;

	reap_test_init(test, &rt, MAG_REAP_ALL);
	load(test, &rt);
	mag_reap(rt.cache);
	/* The CPU was not idle. */
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(rt.cache).rounds_cached,
			2 * rt.rounds);
}

static void rule_never_takes_nothing(struct kunit *test)
{
	struct reap_test rt;
	int i;

	reap_test_init(test, &rt, MAG_REAP_NEVER);
	load(test, &rt);
	for (i = 0; i < 3; i++)
		mag_reap(rt.cache);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(rt.cache).rounds_cached, rt.nr);
	KUNIT_EXPECT_FALSE(test, delayed_work_pending(&rt.cache->reap_work));
}

static void empty_slabs_are_a_working_set_too(struct kunit *test)
{
	struct mag_cache_stats stats;
	struct reap_test rt;
	int node;

	reap_test_init(test, &rt, MAG_REAP_WORKING_SET);
	rt.cache->policy.empty_max = U32_MAX;
	load(test, &rt);
	mag_cpu_drain(rt.cache);
	mag_depot_drain(rt.cache);
	stats = mag_kunit_stats(rt.cache);
	KUNIT_ASSERT_GT(test, stats.pages, 0);
	for_each_node(node)
		mag_slab_reap(rt.cache, node, false);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(rt.cache).pages, stats.pages);
	for_each_node(node)
		mag_slab_reap(rt.cache, node, false);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(rt.cache).pages, 0);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(rt.cache).pages_returned,
			stats.pages);
}

/* Slabs that were needed once in the interval stay, though they are empty. */
static void needed_empty_slabs_stay(struct kunit *test)
{
	struct reap_test rt;
	u32 needed = 2, nr;
	int node;

	reap_test_init(test, &rt, MAG_REAP_WORKING_SET);
	rt.cache->policy.empty_max = U32_MAX;
	load(test, &rt);
	mag_cpu_drain(rt.cache);
	mag_depot_drain(rt.cache);
	node = mag_home_node();
	mag_slab_reap(rt.cache, node, false);
	KUNIT_ASSERT_GT(test, mag_kunit_stats(rt.cache).slabs, needed);

	nr = needed * rt.cache->layout[MAG_LAYOUT_BEST].objects;
	KUNIT_ASSERT_EQ(test, mag_slab_take(rt.cache, node, rt.objs, nr), nr);
	mag_slab_give(rt.cache, rt.objs, nr);
	mag_slab_reap(rt.cache, node, false);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(rt.cache).slabs, needed);
}

static void shrink_gives_back_all_and_counts_it(struct kunit *test)
{
	struct mag_cache_stats stats;
	struct reap_test rt;

	reap_test_init(test, &rt, MAG_REAP_NEVER);
	load(test, &rt);
	stats = mag_kunit_stats(rt.cache);
	KUNIT_EXPECT_EQ(test, mag_cache_shrink(rt.cache), stats.pages);
	stats = mag_kunit_stats(rt.cache);
	KUNIT_EXPECT_EQ(test, stats.pages, 0);
	KUNIT_EXPECT_EQ(test, stats.magazines, 0);
	KUNIT_EXPECT_EQ(test, mag_cache_shrink(rt.cache), 0);
}

/* An interrupt must not take the magazines from under a call. */
static void cpu_in_a_call_is_left_alone(struct kunit *test)
{
	struct reap_test rt;

	reap_test_init(test, &rt, MAG_REAP_NEVER);
	load(test, &rt);
	KUNIT_ASSERT_TRUE(test, mag_kunit_cpu_enter(rt.cache));
	mag_cpu_reap(rt.cache, false);
	mag_kunit_cpu_leave(rt.cache);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(rt.cache).rounds_cached, rt.nr);
	mag_cpu_reap(rt.cache, false);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(rt.cache).rounds_cached,
			DEPOT_MAX * rt.rounds);
}

/* The first page starts the clock, and the last one that goes stops it. */
static void reaping_goes_on_while_there_are_slabs(struct kunit *test)
{
	struct reap_test rt;
	struct delayed_work *work;

	reap_test_init(test, &rt, MAG_REAP_WORKING_SET);
	work = &rt.cache->reap_work;
	KUNIT_EXPECT_FALSE(test, delayed_work_pending(work));
	load(test, &rt);
	KUNIT_EXPECT_TRUE(test, delayed_work_pending(work));
	flush_delayed_work(work);
	KUNIT_EXPECT_TRUE(test, delayed_work_pending(work));
	flush_delayed_work(work);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(rt.cache).pages, 0);
	KUNIT_EXPECT_FALSE(test, delayed_work_pending(work));
}

static void magazines_step_through_buckets(struct kunit *test)
{
	struct mag_magazine *mag;
	struct reap_test rt;
	u32 before, most;
	size_t bytes;

	reap_test_init(test, &rt, MAG_REAP_NEVER);
	most = rt.cache->policy.magazine_max;
	KUNIT_ASSERT_GT(test, most, rt.rounds);
	do {
		before = rt.cache->magazine_rounds;
		bytes = struct_size(mag, round, before);
		KUNIT_EXPECT_EQ(test, bytes, kmalloc_size_roundup(bytes));
		mag_policy_grow(rt.cache);
	} while (rt.cache->magazine_rounds > before &&
		 rt.cache->magazine_rounds < most);
	mag_policy_grow(rt.cache);
	KUNIT_EXPECT_EQ(test, rt.cache->magazine_rounds, most);
	do {
		before = rt.cache->magazine_rounds;
		mag_policy_shrink(rt.cache);
	} while (rt.cache->magazine_rounds < before);
	KUNIT_EXPECT_EQ(test, before, rt.rounds);
}

/* A cache without exchanges goes back to the size it began with. */
static void idle_magazines_shrink(struct kunit *test)
{
	struct reap_test rt;
	int i;

	reap_test_init(test, &rt, MAG_REAP_NEVER);
	rt.cache->policy.resize_rule = MAG_RESIZE_INTERVAL;
	mag_policy_grow(rt.cache);
	mag_kunit_alloc_many(test, rt.cache, rt.objs, rt.nr);
	free_all(&rt);
	KUNIT_ASSERT_GT(test, rt.cache->magazine_rounds, rt.rounds);
	for (i = 0; i < 32; i++)
		mag_reap(rt.cache);
	KUNIT_EXPECT_EQ(test, rt.cache->magazine_rounds, rt.rounds);
}

/* Whatever they grew to: of the load that they grew for, nothing is left. */
static void magazines_begin_anew_after_the_last_page(struct kunit *test)
{
	struct reap_test rt;
	u32 grown, i;

	reap_test_init(test, &rt, MAG_REAP_WORKING_SET);
	rt.cache->policy.resize_rule = MAG_RESIZE_INTERVAL;
	for (i = 0; i < 4; i++)
		mag_policy_grow(rt.cache);
	grown = rt.cache->magazine_rounds;
	mag_kunit_alloc_many(test, rt.cache, rt.objs, rt.nr);
	free_all(&rt);
	for (i = 0; i < grown; i += rt.rounds)
		touch(test, &rt);
	mag_reap(rt.cache);
	KUNIT_EXPECT_GT(test, rt.cache->magazine_rounds, grown / 4);
	mag_reap(rt.cache);
	KUNIT_ASSERT_EQ(test, mag_kunit_stats(rt.cache).pages, 0);
	KUNIT_EXPECT_EQ(test, rt.cache->magazine_rounds, rt.rounds);
}

/* Sizes change under a load: no object is lost, and old magazines die out. */
static void sizes_mix(struct kunit *test)
{
	struct mag_cache_stats stats;
	struct reap_test rt;
	u32 turn;

	reap_test_init(test, &rt, MAG_REAP_NEVER);
	for (turn = 0; turn < 20; turn++) {
		if (turn % 2)
			mag_policy_shrink(rt.cache);
		else
			mag_policy_grow(rt.cache);
		mag_kunit_alloc_many(test, rt.cache, rt.objs, rt.nr);
		free_all(&rt);
		stats = mag_kunit_stats(rt.cache);
		KUNIT_EXPECT_EQ(test, stats.live, 0);
		KUNIT_EXPECT_LE(test, stats.rounds_cached * OBJECT_SIZE,
				stats.pages * PAGE_SIZE);
	}
	KUNIT_EXPECT_EQ(test, stats.resizes, turn);
}

#if IS_ENABLED(CONFIG_HOTPLUG_CPU)
/* Done by another CPU's thread. */
static void load_elsewhere(void *arg)
{
	struct reap_test *rt = arg;
	void *obj = mag_cache_alloc(rt->cache, GFP_KERNEL);

	if (obj)
		mag_cache_free(rt->cache, obj);
}

/* Linux 6.1 runs a module's suites before its init function. */
static bool is_set_up(void)
{
#ifdef MODULE
	return THIS_MODULE->state == MODULE_STATE_LIVE;
#else
	return true;
#endif
}

/* And one that waits for a grace period there. */
static void defer_elsewhere(void *arg)
{
	struct reap_test *rt = arg;
	void *obj = mag_cache_alloc(rt->cache, GFP_KERNEL);

	/* An rcu_head fits in it. */
	if (obj)
		mag_cache_free_rcu(rt->cache, obj, obj);
}

/* A cache, and a CPU that can go offline. */
static struct reap_test *hotplug_init(struct kunit *test, unsigned int *cpu)
{
	struct reap_test *rt = kunit_kzalloc(test, sizeof(*rt), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, rt);
	reap_test_init(test, rt, MAG_REAP_NEVER);
	*cpu = mag_kunit_next_cpu(cpumask_first(cpu_online_mask));
	if (*cpu == cpumask_first(cpu_online_mask) ||
	    !cpu_is_hotpluggable(*cpu))
		kunit_skip(test, "needs a CPU that can go offline");
	if (!is_set_up())
		kunit_skip(test, "needs a module that is set up");
	return rt;
}

static void run_on(struct kunit *test, unsigned int cpu, void (*fn)(void *arg),
		   struct reap_test *rt)
{
	struct mag_kunit_crew *crew = mag_kunit_crew(test);

	mag_kunit_crew_add(crew, cpu, fn, rt);
	mag_kunit_crew_start(crew);
	mag_kunit_crew_wait(crew);
}

static void offline_cpu_is_drained(struct kunit *test)
{
	unsigned int cpu;
	struct reap_test *rt = hotplug_init(test, &cpu);

	run_on(test, cpu, load_elsewhere, rt);
	KUNIT_ASSERT_EQ(test, mag_kunit_stats(rt->cache).magazines, 1);

	KUNIT_ASSERT_EQ(test, remove_cpu(cpu), 0);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(rt->cache).magazines, 0);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(rt->cache).rounds_cached, 0);
	KUNIT_EXPECT_EQ(test, add_cpu(cpu), 0);

	/* And it is as any other when it is back. */
	run_on(test, cpu, load_elsewhere, rt);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(rt->cache).magazines, 1);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(rt->cache).alloc_failed, 0);
}

/* Its grace period begins, though nobody will call on that CPU again. */
static void offline_cpu_leaves_nothing_waiting(struct kunit *test)
{
	unsigned int cpu;
	struct reap_test *rt = hotplug_init(test, &cpu);

	run_on(test, cpu, defer_elsewhere, rt);
	KUNIT_ASSERT_EQ(test, mag_kunit_stats(rt->cache).rcu_waiting, 1);

	KUNIT_ASSERT_EQ(test, remove_cpu(cpu), 0);
	rcu_barrier();
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(rt->cache).rcu_waiting, 0);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(rt->cache).live, 0);
	KUNIT_EXPECT_EQ(test, add_cpu(cpu), 0);
}
#else
static void offline_cpu_is_drained(struct kunit *test)
{
	kunit_skip(test, "needs CONFIG_HOTPLUG_CPU");
}

static void offline_cpu_leaves_nothing_waiting(struct kunit *test)
{
	kunit_skip(test, "needs CONFIG_HOTPLUG_CPU");
}
#endif

static void memory_pressure_is_answered(struct kunit *test)
{
	struct reap_test rt;
	unsigned long count;
	int node;

	reap_test_init(test, &rt, MAG_REAP_NEVER);
	load(test, &rt);
	node = mag_home_node();
	count = mag_kunit_reclaim_count(node);
	KUNIT_EXPECT_GE(test, count, DEPOT_MAX * rt.rounds);
	KUNIT_EXPECT_GT(test, mag_kunit_reclaim_scan(node, count), 0);
	KUNIT_EXPECT_LE(test, mag_kunit_stats(rt.cache).rounds_cached,
			2 * rt.rounds);
}

/* It stops once it has what was asked for. */
static void memory_pressure_takes_no_more_than_asked(struct kunit *test)
{
	struct reap_test one, two;

	reap_test_init(test, &one, MAG_REAP_NEVER);
	reap_test_init(test, &two, MAG_REAP_NEVER);
	load(test, &one);
	load(test, &two);
	KUNIT_EXPECT_GT(test, mag_kunit_reclaim_scan(mag_home_node(), 1), 0);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(two.cache).rounds_cached, two.nr);
}

static struct kunit_case reap_cases[] = {
	KUNIT_CASE(first_interval_takes_nothing),
	KUNIT_CASE(unneeded_magazines_are_reaped),
	KUNIT_CASE(working_set_stays),
	KUNIT_CASE(working_set_of_empty_ones_stays),
	KUNIT_CASE(idle_cpu_gives_back_all),
	KUNIT_CASE(two_intervals_leave_no_page),
	KUNIT_CASE(live_objects_are_left_alone),
	KUNIT_CASE(rule_all_waits_for_nothing),
	KUNIT_CASE(rule_never_takes_nothing),
	KUNIT_CASE(empty_slabs_are_a_working_set_too),
	KUNIT_CASE(needed_empty_slabs_stay),
	KUNIT_CASE(shrink_gives_back_all_and_counts_it),
	KUNIT_CASE(cpu_in_a_call_is_left_alone),
	KUNIT_CASE(reaping_goes_on_while_there_are_slabs),
	KUNIT_CASE(magazines_step_through_buckets),
	KUNIT_CASE(idle_magazines_shrink),
	KUNIT_CASE(magazines_begin_anew_after_the_last_page),
	KUNIT_CASE(sizes_mix),
	KUNIT_CASE(offline_cpu_is_drained),
	KUNIT_CASE(offline_cpu_leaves_nothing_waiting),
	KUNIT_CASE(memory_pressure_is_answered),
	KUNIT_CASE(memory_pressure_takes_no_more_than_asked),
	{}
};

static struct kunit_suite reap_suite = {
	.name = "magslab_reap",
	.suite_init = mag_kunit_suite_init,
	.suite_exit = mag_kunit_suite_exit,
	.test_cases = reap_cases,
};

kunit_test_suite(reap_suite);
