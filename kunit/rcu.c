// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit: objects that wait for a grace period, pages that do, and destructors,
 * which run when pages go.
 */
#include <kunit/test.h>
#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/nodemask.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/tracepoint.h>
#include <linux/workqueue.h>

#include "../kmod/allocator/mag_trace.h"
#include "helpers.h"

struct object {
	unsigned long word[6];
	struct rcu_head rcu;
};

static void free_rcu(struct mag_cache *cache, struct object *object)
{
	mag_cache_free_rcu(cache, object, &object->rcu);
}

static const u32 nr_cases[] = { 1, 10, 61, 62, 200, 2000 };

static void nr_desc(const u32 *nr, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%u objects", *nr);
}

KUNIT_ARRAY_PARAM(nr, nr_cases, nr_desc);

/* A reader keeps all: the allocator has none of them to hand out. */
static void objects_wait_for_readers(struct kunit *test)
{
	u32 nr = *(const u32 *)test->param_value, i;
	struct mag_cache *cache =
		mag_kunit_cache(test, sizeof(struct object), 0, NULL);
	void **objs = mag_kunit_array(test, nr);
	struct mag_cache_stats stats;

	mag_kunit_alloc_many(test, cache, objs, nr);
	for (i = 0; i < nr; i++)
		*(unsigned long *)objs[i] = i;

	rcu_read_lock();
	for (i = 0; i < nr; i++)
		free_rcu(cache, objs[i]);
	stats = mag_kunit_stats(cache);
	for (i = 0; i < nr; i++)
		if (*(unsigned long *)objs[i] != i)
			break;
	rcu_read_unlock();

	KUNIT_EXPECT_EQ(test, i, nr);
	KUNIT_EXPECT_EQ(test, stats.free_rcu, nr);
	KUNIT_EXPECT_EQ(test, stats.rcu_waiting, nr);
	KUNIT_EXPECT_EQ(test, stats.live, 0);

	mag_cache_rcu_barrier(cache);
	stats = mag_kunit_stats(cache);
	KUNIT_EXPECT_EQ(test, stats.rcu_waiting, 0);
}

/* After the barrier they serve again, without a page more. */
static void objects_come_back(struct kunit *test)
{
	u32 nr = *(const u32 *)test->param_value, i;
	struct mag_cache *cache =
		mag_kunit_cache(test, sizeof(struct object), 0, NULL);
	void **objs = mag_kunit_array(test, nr);
	u64 pages;

	/* To the depot of their node, which must be this CPU's. */
	mag_kunit_pin(test, 0);
	mag_kunit_alloc_many(test, cache, objs, nr);
	pages = mag_kunit_stats(cache).pages;
	for (i = 0; i < nr; i++)
		free_rcu(cache, objs[i]);
	mag_cache_rcu_barrier(cache);
	mag_kunit_alloc_many(test, cache, objs, nr);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(cache).pages, pages);
	mag_cache_free_bulk(cache, nr, objs);
}

/* From inside the CPU layer an object waits by itself. */
static void holder_makes_objects_wait_alone(struct kunit *test)
{
	struct mag_cache *cache =
		mag_kunit_cache(test, sizeof(struct object), 0, NULL);
	struct object *object = mag_cache_alloc(cache, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, object);
	mag_kunit_pin(test, 0);
	KUNIT_ASSERT_TRUE(test, mag_kunit_cpu_enter(cache));
	free_rcu(cache, object);
	mag_kunit_cpu_leave(cache);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(cache).free_rcu, 0);
	mag_cache_rcu_barrier(cache);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(cache).live, 0);
}

/* For a reader as well as any that wait together; it counts as live meanwhile. */
static void object_alone_waits_for_readers(struct kunit *test)
{
	struct mag_cache *cache =
		mag_kunit_cache(test, sizeof(struct object), 0, NULL);
	struct object *object = mag_cache_alloc(cache, GFP_KERNEL);
	u64 live;

	KUNIT_ASSERT_NOT_NULL(test, object);
	mag_kunit_pin(test, 0);
	KUNIT_ASSERT_TRUE(test, mag_kunit_cpu_enter(cache));
	rcu_read_lock();
	free_rcu(cache, object);
	live = mag_kunit_stats(cache).live;
	rcu_read_unlock();
	mag_kunit_cpu_leave(cache);
	KUNIT_EXPECT_EQ(test, live, 1);
	rcu_barrier();
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(cache).live, 0);
}

/* Of a magazine that holds half of its capacity the depot makes use, of less not. */
static void magazine_of_few_goes_to_slabs(struct kunit *test)
{
	struct mag_cache *cache =
		mag_kunit_cache(test, sizeof(struct object), 0, NULL);
	struct mag_node_reading reading = {};
	u32 half = DIV_ROUND_UP(cache->magazine_rounds, 2), i;
	void **objs = mag_kunit_array(test, half);

	mag_kunit_pin(test, cpumask_first(cpu_online_mask));
	mag_kunit_alloc_many(test, cache, objs, half);
	for (i = 0; i < half - 1; i++)
		mag_cache_free_rcu(cache, objs[i], objs[i]);
	mag_cache_rcu_barrier(cache);
	mag_depot_read(cache, mag_home_node(), &reading);
	KUNIT_EXPECT_EQ(test, reading.full, 0);

	mag_kunit_alloc_many(test, cache, objs, half - 1);
	for (i = 0; i < half; i++)
		mag_cache_free_rcu(cache, objs[i], objs[i]);
	mag_cache_rcu_barrier(cache);
	mag_depot_read(cache, mag_home_node(), &reading);
	KUNIT_EXPECT_EQ(test, reading.full, 1);
}

/* Of a magazine that is never full. */
static void reaping_ends_the_wait(struct kunit *test)
{
	struct mag_cache *cache =
		mag_kunit_cache(test, sizeof(struct object), 0, NULL);
	struct object *object = mag_cache_alloc(cache, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, object);
	WRITE_ONCE(cache->policy.reap_rule, MAG_REAP_WORKING_SET);
	/* Not of itself, while the test looks. */
	cache->policy.reap_interval_ms = 3600 * MSEC_PER_SEC;
	free_rcu(cache, object);
	rcu_barrier();
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(cache).rcu_waiting, 1);
	mag_reap(cache);
	rcu_barrier();
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(cache).rcu_waiting, 0);
}

/* As of any other load; grace periods end between the first and the second. */
static void two_intervals_leave_no_page(struct kunit *test)
{
	u32 nr = *(const u32 *)test->param_value, i;
	struct mag_cache *cache =
		mag_kunit_cache(test, sizeof(struct object), 0, NULL);
	void **objs = mag_kunit_array(test, nr);

	WRITE_ONCE(cache->policy.reap_rule, MAG_REAP_WORKING_SET);
	WRITE_ONCE(cache->policy.reap_interval_ms, 1000 * 60 * 60);
	mag_kunit_alloc_many(test, cache, objs, nr);
	for (i = 0; i < nr; i++)
		free_rcu(cache, objs[i]);
	mag_reap(cache);
	rcu_barrier();
	mag_reap(cache);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(cache).magazines, 0);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(cache).pages, 0);
}

static void destroy_waits(struct kunit *test)
{
	struct mag_cache *cache =
		mag_cache_create(test->name, sizeof(struct object), 0, NULL);
	void **objs = mag_kunit_array(test, 100);
	u32 i;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, cache);
	mag_kunit_alloc_many(test, cache, objs, 100);
	for (i = 0; i < 100; i++)
		free_rcu(cache, objs[i]);
	KUNIT_EXPECT_EQ(test, mag_cache_destroy(cache), 0);
}

/* Frees of all kinds on all CPUs at once, and somebody who keeps waiting. */
struct storm {
	struct mag_cache *cache;
	struct mag_kunit_crew *crew;
	atomic_t wrong;
};

static void storm_thread(void *arg)
{
	struct storm *storm = arg;
	struct object *object;
	unsigned long i;

	for (i = 1; i <= 20000; i++) {
		object = mag_cache_alloc(storm->cache, GFP_KERNEL | __GFP_ZERO);
		if (!object || object->word[0])
			atomic_inc(&storm->wrong);
		if (!object)
			continue;
		object->word[0] = i;
		if (i % 3)
			free_rcu(storm->cache, object);
		else
			mag_cache_free(storm->cache, object);
		cond_resched();
	}
}

static void barrier_thread(void *arg)
{
	struct storm *storm = arg;
	int i;

	for (i = 0; i < 20; i++)
		mag_cache_rcu_barrier(storm->cache);
}

static void deferred_frees_race(struct kunit *test)
{
	struct mag_cache *cache =
		mag_kunit_cache(test, sizeof(struct object), 0, NULL);
	struct storm storm = { .cache = cache };
	struct mag_kunit_crew *crew = mag_kunit_crew(test);
	unsigned int cpu;

	for_each_online_cpu(cpu)
		mag_kunit_crew_add(crew, cpu, storm_thread, &storm);
	mag_kunit_crew_add(crew, -1, barrier_thread, &storm);
	mag_kunit_crew_start(crew);
	mag_kunit_crew_wait(crew);
	KUNIT_EXPECT_EQ(test, atomic_read(&storm.wrong), 0);
}

static atomic_t constructed, destructed, unlike;

static void count_ctor(void *obj)
{
	*(unsigned long *)obj = 0x6d61;
	atomic_inc(&constructed);
}

static void count_dtor(void *obj)
{
	if (*(unsigned long *)obj != 0x6d61)
		atomic_inc(&unlike);
	atomic_inc(&destructed);
}

static const u32 flags_cases[] = { 0, MAG_CACHE_TYPESAFE_BY_RCU,
				   MAG_CACHE_DEBUG };

static void flags_desc(const u32 *flags, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "flags %#x", *flags);
}

KUNIT_ARRAY_PARAM(flags, flags_cases, flags_desc);

static void destructor_runs_once_an_object(struct kunit *test)
{
	const struct mag_cache_args args = {
		.ctor = count_ctor,
		.dtor = count_dtor,
		.flags = *(const u32 *)test->param_value,
	};
	struct mag_cache *cache = mag_kunit_cache_args(test, 700, &args);
	void **objs = mag_kunit_array(test, 500);

	atomic_set(&constructed, 0);
	atomic_set(&destructed, 0);
	atomic_set(&unlike, 0);
	mag_kunit_alloc_many(test, cache, objs, 500);
	KUNIT_EXPECT_GE(test, atomic_read(&constructed), 500);
	KUNIT_EXPECT_EQ(test, atomic_read(&destructed), 0);
	mag_cache_free_bulk(cache, 500, objs);
	mag_cache_shrink(cache);
	mag_cache_rcu_barrier(cache);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(cache).slabs, 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&destructed),
			atomic_read(&constructed));
	KUNIT_EXPECT_EQ(test, atomic_read(&unlike), 0);
}

static void destructor_needs_a_constructor(struct kunit *test)
{
	const struct mag_cache_args args = { .dtor = count_dtor };

	KUNIT_EXPECT_PTR_EQ(test, mag_cache_create_args("kunit", 64, &args),
			    (struct mag_cache *)ERR_PTR(-EINVAL));
}

static void unknown_flags_are_refused(struct kunit *test)
{
	const struct mag_cache_args args = { .flags = MAG_CACHE_FLAGS + 1 };

	KUNIT_EXPECT_PTR_EQ(test, mag_cache_create_args("kunit", 64, &args),
			    (struct mag_cache *)ERR_PTR(-EINVAL));
}

/* The page is there for as long as a reader may be, and what was in it too. */
static void typesafe_pages_wait_for_readers(struct kunit *test)
{
	const struct mag_cache_args args = {
		.flags = MAG_CACHE_TYPESAFE_BY_RCU,
	};
	struct mag_cache *cache = mag_kunit_cache_args(test, 2048, &args);
	unsigned long *object = mag_cache_alloc(cache, GFP_KERNEL);
	bool referenced;
	int node;

	KUNIT_ASSERT_NOT_NULL(test, object);
	memset(object, 0x5a, 2048);
	mag_kunit_pin(test, 0);
	mag_cache_free(cache, object);

	rcu_read_lock();
	/* What mag_cache_shrink() does, less what sleeps: nobody else is here. */
	mag_cpu_drain(cache);
	for_each_node(node)
		mag_slab_reap(cache, node, true);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(cache).slabs, 0);
	referenced = page_ref_count(virt_to_head_page(object)) > 0;
	KUNIT_EXPECT_TRUE(test, referenced);
	KUNIT_EXPECT_NULL(test, memchr_inv(object, 0x5a, 2048));
	rcu_read_unlock();

	mag_cache_rcu_barrier(cache);
}

/**
 * struct interloper - who takes the CPU from a free, as soon as it lets it go
 * @cache: freed to
 * @ready: it waits for @go
 * @go: completed inside the call
 * @returned: the call has returned
 * @late: it had before the CPU was taken: nobody is preempted here
 * @stats: what it saw
 */
struct interloper {
	struct mag_cache *cache;
	struct completion ready;
	struct completion go;
	bool returned;
	bool late;
	struct mag_cache_stats stats;
};

static void interloper_thread(void *arg)
{
	struct interloper *il = arg;

	complete(&il->ready);
	wait_for_completion(&il->go);
	il->late = READ_ONCE(il->returned);
	il->stats = mag_kunit_stats(il->cache);
}

static void interloper_on_free(void *data, const struct mag_cache *cache,
			       const void *obj, size_t size, u32 rung,
			       unsigned long site)
{
	struct interloper *il = data;

	if (cache == il->cache && rung == MAG_RUNG_RCU)
		complete(&il->go);
}

/*
 * Who is preempted in the middle of the free that fills a magazine has left no
 * object where mag_cache_rcu_barrier() does not find it.
 */
static void full_magazine_waits_before_its_free_is_preempted(struct kunit *test)
{
	struct mag_cache *cache =
		mag_kunit_cache(test, sizeof(struct object), 0, NULL);
	unsigned int cpu = cpumask_first(cpu_online_mask);
	u32 nr = cache->magazine_rounds, i;
	void **objs = mag_kunit_array(test, nr);
	struct mag_kunit_crew *crew;
	struct interloper *il;

	if (!IS_ENABLED(CONFIG_TRACEPOINTS) || !IS_ENABLED(CONFIG_PREEMPTION))
		kunit_skip(test,
			   "needs CONFIG_TRACEPOINTS and CONFIG_PREEMPTION");

	il = kunit_kzalloc(test, sizeof(*il), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, il);
	il->cache = cache;
	init_completion(&il->ready);
	init_completion(&il->go);
	mag_kunit_pin(test, cpu);
	mag_kunit_alloc_many(test, cache, objs, nr);

	crew = mag_kunit_crew(test);
	sched_set_fifo(mag_kunit_crew_add(crew, cpu, interloper_thread, il));
	mag_kunit_crew_start(crew);
	wait_for_completion(&il->ready);
	for (i = 0; i < nr - 1; i++)
		free_rcu(cache, objs[i]);
	KUNIT_EXPECT_EQ(test, register_trace_mag_free(interloper_on_free, il),
			0);
	free_rcu(cache, objs[nr - 1]);
	WRITE_ONCE(il->returned, true);
	KUNIT_EXPECT_EQ(test, unregister_trace_mag_free(interloper_on_free, il),
			0);
	tracepoint_synchronize_unregister();
	/* Where there was nobody to complete it. */
	complete(&il->go);
	mag_kunit_crew_wait(crew);

	if (il->late)
		kunit_skip(test, "this kernel does not preempt itself");
	KUNIT_EXPECT_EQ(test, il->stats.free_rcu, nr);
	KUNIT_EXPECT_EQ(test, il->stats.rcu_waiting, nr);
}

/* Nothing is reaped then, but what was freed is to be free some day. */
static void wait_ends_without_reaping(struct kunit *test)
{
	struct mag_cache *cache =
		mag_kunit_cache(test, sizeof(struct object), 0, NULL);
	struct object *object = mag_cache_alloc(cache, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, object);
	KUNIT_ASSERT_EQ(test, cache->policy.reap_rule, MAG_REAP_NEVER);
	/* Not of itself, while the test looks. */
	cache->policy.reap_interval_ms = 3600 * MSEC_PER_SEC;
	free_rcu(cache, object);
	KUNIT_EXPECT_TRUE(test, delayed_work_pending(&cache->reap_work));
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(cache).rcu_waiting, 1);
	flush_delayed_work(&cache->reap_work);
	rcu_barrier();
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(cache).rcu_waiting, 0);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(cache).reaped, 0);
}

static struct kunit_case rcu_cases[] = {
	KUNIT_CASE_PARAM(objects_wait_for_readers, nr_gen_params),
	KUNIT_CASE_PARAM(objects_come_back, nr_gen_params),
	KUNIT_CASE(holder_makes_objects_wait_alone),
	KUNIT_CASE(object_alone_waits_for_readers),
	KUNIT_CASE(magazine_of_few_goes_to_slabs),
	KUNIT_CASE(reaping_ends_the_wait),
	KUNIT_CASE_PARAM(two_intervals_leave_no_page, nr_gen_params),
	KUNIT_CASE(destroy_waits),
	KUNIT_CASE(deferred_frees_race),
	KUNIT_CASE_PARAM(destructor_runs_once_an_object, flags_gen_params),
	KUNIT_CASE(destructor_needs_a_constructor),
	KUNIT_CASE(unknown_flags_are_refused),
	KUNIT_CASE(typesafe_pages_wait_for_readers),
	KUNIT_CASE(full_magazine_waits_before_its_free_is_preempted),
	KUNIT_CASE(wait_ends_without_reaping),
	{}
};

static struct kunit_suite rcu_suite = {
	.name = "magslab_rcu",
	.suite_init = mag_kunit_suite_init,
	.suite_exit = mag_kunit_suite_exit,
	.test_cases = rcu_cases,
};

kunit_test_suite(rcu_suite);
