// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit: double frees in caches that are not debugged.  When the slab layer can
 * tell, it reports one bug and gives the slab up: pages stay under live objects, no
 * object of the slab is handed out again, and the cache goes on.
 */
#include <kunit/test.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/string.h>

#include "helpers.h"

#define OBJECT_SIZE 512
#define LIVE	    0x5a

/**
 * struct double_test - a cache, and objects of one slab of it that are out
 * @cache: the cache, without empty slabs to spare unless the test changes that
 * @node: where the slab is
 * @nr: objects of a slab
 * @objs: room for them
 */
struct double_test {
	struct mag_cache *cache;
	int node;
	u32 nr;
	void **objs;
};

/* Where links are in the objects, and where they are behind them. */
static const u32 flags_cases[] = { 0, MAG_CACHE_TYPESAFE_BY_RCU };

static void flags_desc(const u32 *flags, char *desc)
{
	strscpy(desc, *flags ? "typesafe by RCU" : "no flags",
		KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(flags, flags_cases, flags_desc);

static void double_cache(struct kunit *test, struct double_test *dt)
{
	struct mag_cache_args args = {};

	if (test->param_value)
		args.flags = *(const u32 *)test->param_value;
	mag_kunit_pin(test, cpumask_first(cpu_online_mask));
	/* Its reports do not fail a run, see scripts/vm/lib-judge.sh. */
	dt->cache = mag_cache_create_args("kunit_bug", OBJECT_SIZE, &args);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, dt->cache);
	dt->cache->policy.reap_rule = MAG_REAP_NEVER;
	dt->cache->policy.empty_max = 0;
	dt->nr = dt->cache->layout[MAG_LAYOUT_BEST].objects;
	dt->objs = mag_kunit_array(test, dt->nr);
}

/* All objects of a new slab, or all but the last @in. */
static void double_init(struct kunit *test, struct double_test *dt, u32 in)
{
	u32 nr;

	double_cache(test, dt);
	nr = dt->nr - in;
	KUNIT_ASSERT_GE(test, nr, 4);
	dt->objs[0] = mag_slab_grow(dt->cache, mag_home_node(), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, dt->objs[0]);
	dt->node = page_to_nid(virt_to_page(dt->objs[0]));
	KUNIT_ASSERT_EQ(
		test, mag_slab_take(dt->cache, dt->node, dt->objs + 1, nr - 1),
		nr - 1);
}

static void give(struct double_test *dt, u32 index)
{
	mag_slab_give(dt->cache, &dt->objs[index], 1);
}

static void give_from_to(struct double_test *dt, u32 from, u32 to)
{
	for (; from < to; from++)
		give(dt, from);
}

/* Two frees of the first object, with one of the second in between. */
static void give_twice_by_turns(struct double_test *dt)
{
	give(dt, 0);
	give(dt, 1);
	give(dt, 0);
}

static void expect_bugs(struct kunit *test, struct double_test *dt, u64 nr)
{
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(dt->cache).bugs, nr);
}

static void expect_slabs(struct kunit *test, struct double_test *dt, u64 nr)
{
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(dt->cache).slabs, nr);
}

static void empty_magazines(struct double_test *dt)
{
	mag_cpu_drain(dt->cache);
	mag_depot_drain(dt->cache);
}

static bool in_slab(struct page *slab, void *obj)
{
	return mag_kunit_slab_page(obj) == slab;
}

/* Objects of three slabs: none is of @slab, and none is handed out twice. */
static void expect_not_reused(struct kunit *test, struct double_test *dt,
			      struct page *slab)
{
	u32 nr = 3 * dt->nr, i, j;
	void **objs = mag_kunit_array(test, nr);

	mag_kunit_alloc_many(test, dt->cache, objs, nr);
	for (i = 0; i < nr; i++) {
		KUNIT_EXPECT_FALSE(test, in_slab(slab, objs[i]));
		for (j = 0; j < i; j++)
			KUNIT_EXPECT_PTR_NE(test, objs[i], objs[j]);
	}
	mag_cache_free_bulk(dt->cache, nr, objs);
	empty_magazines(dt);
}

/* All objects are back: there was one report, and one slab is kept for good. */
static void double_exit(struct kunit *test, struct double_test *dt)
{
	struct page *slab = mag_kunit_slab_page(dt->objs[0]);
	struct mag_node_reading reading;

	expect_bugs(test, dt, 1);
	expect_not_reused(test, dt, slab);
	mag_cache_shrink(dt->cache);
	mag_cache_rcu_barrier(dt->cache);
	expect_bugs(test, dt, 1);
	expect_slabs(test, dt, 1);
	KUNIT_EXPECT_PTR_EQ(test, mag_slab_cache(dt->objs[0]), dt->cache);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(dt->cache).quarantined, dt->nr);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(dt->cache).rounds_cached, 0);
	mag_cache_read_node(dt->cache, dt->node, &reading);
	KUNIT_EXPECT_EQ(test, reading.empty_slabs, 0);
	KUNIT_EXPECT_EQ(test, mag_cache_destroy(dt->cache), 0);
}

static void twice_in_a_row_from_a_full_slab(struct kunit *test)
{
	struct double_test dt;

	double_init(test, &dt, 0);
	give(&dt, 0);
	expect_bugs(test, &dt, 0);
	give(&dt, 0);
	expect_bugs(test, &dt, 1);
	give_from_to(&dt, 1, dt.nr);
	double_exit(test, &dt);
}

static void twice_in_a_row_from_a_partial_slab(struct kunit *test)
{
	struct double_test dt;

	double_init(test, &dt, 2);
	give(&dt, 0);
	give(&dt, 0);
	expect_bugs(test, &dt, 1);
	give_from_to(&dt, 1, dt.nr - 2);
	double_exit(test, &dt);
}

/* By the counters the slab is empty, and one object is live. */
static void pages_stay_under_a_live_object(struct kunit *test)
{
	struct double_test dt;
	u32 live;

	double_init(test, &dt, 0);
	live = dt.nr - 1;
	memset(dt.objs[live], LIVE, OBJECT_SIZE);
	give_twice_by_turns(&dt);
	give_from_to(&dt, 2, live);
	expect_slabs(test, &dt, 1);
	expect_bugs(test, &dt, 1);
	KUNIT_ASSERT_PTR_EQ(test, mag_slab_cache(dt.objs[live]), dt.cache);

	expect_not_reused(test, &dt, mag_kunit_slab_page(dt.objs[0]));
	KUNIT_EXPECT_NULL(test, memchr_inv(dt.objs[live], LIVE, OBJECT_SIZE));
	give(&dt, live);
	double_exit(test, &dt);
}

static void pages_stay_under_a_live_object_of_a_partial_slab(struct kunit *test)
{
	struct double_test dt;
	u32 live;

	double_init(test, &dt, 2);
	live = dt.nr - 3;
	memset(dt.objs[live], LIVE, OBJECT_SIZE);
	give_twice_by_turns(&dt);
	give_from_to(&dt, 2, live);
	expect_slabs(test, &dt, 1);
	expect_bugs(test, &dt, 1);
	KUNIT_ASSERT_PTR_EQ(test, mag_slab_cache(dt.objs[live]), dt.cache);
	KUNIT_EXPECT_NULL(test, memchr_inv(dt.objs[live], LIVE, OBJECT_SIZE));
	give(&dt, live);
	double_exit(test, &dt);
}

/* It waits among the empty ones, and is looked at when it is reaped. */
static void empty_slab_is_looked_at_when_reaped(struct kunit *test)
{
	struct double_test dt;

	double_init(test, &dt, 0);
	dt.cache->policy.empty_max = 1;
	give_twice_by_turns(&dt);
	give_from_to(&dt, 2, dt.nr - 1);
	expect_bugs(test, &dt, 0);
	mag_slab_reap(dt.cache, dt.node, true);
	expect_bugs(test, &dt, 1);
	give(&dt, dt.nr - 1);
	double_exit(test, &dt);
}

/* There the last object finds that all are in. */
static void free_into_an_empty_slab(struct kunit *test)
{
	struct double_test dt;

	double_init(test, &dt, 0);
	dt.cache->policy.empty_max = 1;
	give_twice_by_turns(&dt);
	give_from_to(&dt, 2, dt.nr - 1);
	expect_bugs(test, &dt, 0);
	give(&dt, dt.nr - 1);
	expect_bugs(test, &dt, 1);
	KUNIT_EXPECT_EQ(test, mag_cache_bugs(dt.cache, MAG_BUG_DOUBLE_FREE), 1);
	double_exit(test, &dt);
}

static void last_object_twice(struct kunit *test)
{
	struct double_test dt;

	double_init(test, &dt, 0);
	dt.cache->policy.empty_max = 1;
	give_from_to(&dt, 0, dt.nr);
	give(&dt, dt.nr - 1);
	expect_bugs(test, &dt, 1);
	double_exit(test, &dt);
}

/* Any object of a slab that is empty, so that the last one in is another. */
static void first_object_twice_in_an_empty_slab(struct kunit *test)
{
	struct double_test dt;

	double_init(test, &dt, 0);
	dt.cache->policy.empty_max = 1;
	give_from_to(&dt, 0, dt.nr);
	give(&dt, 0);
	expect_bugs(test, &dt, 1);
	double_exit(test, &dt);
}

/* The list goes round in a circle, so that it has not ended when all are out. */
static void allocs_come_to_an_end(struct kunit *test)
{
	struct double_test dt;
	struct page *slab;
	u32 nr, i, of_slab = 0;
	void **objs;

	double_init(test, &dt, 0);
	slab = mag_kunit_slab_page(dt.objs[0]);
	give_twice_by_turns(&dt);
	nr = 2 * dt.nr;
	objs = mag_kunit_array(test, nr);
	mag_kunit_alloc_many(test, dt.cache, objs, nr);
	expect_bugs(test, &dt, 1);
	for (i = 0; i < nr; i++)
		of_slab += in_slab(slab, objs[i]);
	KUNIT_EXPECT_LE(test, of_slab, 3);
	mag_cache_free_bulk(dt.cache, nr, objs);
	empty_magazines(&dt);
	give_from_to(&dt, 2, dt.nr);
	double_exit(test, &dt);
}

/* Both copies of a pointer in one magazine, which is emptied later. */
static void twice_in_a_magazine(struct kunit *test)
{
	struct double_test dt;

	double_init(test, &dt, 0);
	mag_cache_free(dt.cache, dt.objs[0]);
	mag_cache_free(dt.cache, dt.objs[1]);
	mag_cache_free(dt.cache, dt.objs[0]);
	expect_bugs(test, &dt, 0);
	empty_magazines(&dt);
	mag_cache_free_bulk(dt.cache, dt.nr - 2, dt.objs + 2);
	empty_magazines(&dt);
	expect_bugs(test, &dt, 1);
	double_exit(test, &dt);
}

static void twice_in_one_bulk_free(struct kunit *test)
{
	struct double_test dt;
	void **objs;

	double_init(test, &dt, 0);
	objs = mag_kunit_array(test, dt.nr);
	memcpy(objs, dt.objs, dt.nr * sizeof(*objs));
	objs[dt.nr - 1] = objs[0];
	mag_cache_free_bulk(dt.cache, dt.nr, objs);
	empty_magazines(&dt);
	expect_bugs(test, &dt, 1);
	give(&dt, dt.nr - 1);
	double_exit(test, &dt);
}

/* It has no link yet, and is not the slab's to take. */
static void free_of_an_object_that_was_never_out(struct kunit *test)
{
	struct double_test dt;
	void *obj;

	double_init(test, &dt, 2);
	obj = dt.objs[0] + (dt.nr - 1) * dt.cache->size;
	mag_slab_give(dt.cache, &obj, 1);
	expect_bugs(test, &dt, 1);
	KUNIT_EXPECT_EQ(test, mag_cache_bugs(dt.cache, MAG_BUG_DOUBLE_FREE), 1);
	give_from_to(&dt, 0, dt.nr - 2);
	double_exit(test, &dt);
}

/* The slab's pages are the kernel's again: the pointer is nobody's object. */
static void free_after_the_pages_went(struct kunit *test)
{
	struct double_test dt;

	double_init(test, &dt, 0);
	give_from_to(&dt, 0, dt.nr);
	mag_cache_rcu_barrier(dt.cache);
	expect_slabs(test, &dt, 0);
	give(&dt, 0);
	expect_bugs(test, &dt, 1);
	expect_slabs(test, &dt, 0);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(dt.cache).quarantined, 0);
	KUNIT_EXPECT_EQ(test, mag_cache_destroy(dt.cache), 0);
}

/* What waits for a grace period does not depend on the object to find its cache. */
static void free_rcu_after_the_pages_went(struct kunit *test)
{
	struct double_test dt;

	double_init(test, &dt, 0);
	give_from_to(&dt, 0, dt.nr);
	mag_cache_rcu_barrier(dt.cache);
	expect_slabs(test, &dt, 0);
	mag_cache_free_rcu(dt.cache, dt.objs[0], dt.objs[0]);
	mag_cache_rcu_barrier(dt.cache);
	expect_bugs(test, &dt, 1);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(dt.cache).rcu_waiting, 0);
	KUNIT_EXPECT_EQ(test, mag_cache_destroy(dt.cache), 0);
}

/* The slab waits for its grace period on no list: it goes, for it is whole. */
static void free_while_the_pages_wait(struct kunit *test)
{
	static const u32 flags = MAG_CACHE_TYPESAFE_BY_RCU;
	struct double_test dt;

	test->param_value = &flags;
	double_init(test, &dt, 0);
	rcu_read_lock();
	give_from_to(&dt, 0, dt.nr);
	expect_slabs(test, &dt, 0);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(dt.cache).pages_returned, 0);
	give(&dt, 1);
	expect_bugs(test, &dt, 1);
	rcu_read_unlock();

	mag_cache_rcu_barrier(dt.cache);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(dt.cache).pages_returned,
			dt.cache->layout[MAG_LAYOUT_BEST].pages);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(dt.cache).quarantined, 0);
	expect_bugs(test, &dt, 1);
	KUNIT_EXPECT_EQ(test, mag_cache_destroy(dt.cache), 0);
}

/* What was not found before is found when the cache goes, and no leak is named. */
static void leak_and_double_free(struct kunit *test)
{
	struct double_test dt;
	unsigned long leaked;

	double_init(test, &dt, 0);
	give_twice_by_turns(&dt);
	give_from_to(&dt, 2, dt.nr - 2);
	expect_bugs(test, &dt, 0);
	leaked = mag_cache_destroy(dt.cache);
	/* Two are live.  The counters, wrong by one, say one. */
	KUNIT_EXPECT_EQ(test, leaked, 1);
}

static struct kunit_case double_cases[] = {
	KUNIT_CASE_PARAM(twice_in_a_row_from_a_full_slab, flags_gen_params),
	KUNIT_CASE_PARAM(twice_in_a_row_from_a_partial_slab, flags_gen_params),
	KUNIT_CASE_PARAM(pages_stay_under_a_live_object, flags_gen_params),
	KUNIT_CASE_PARAM(pages_stay_under_a_live_object_of_a_partial_slab,
			 flags_gen_params),
	KUNIT_CASE_PARAM(empty_slab_is_looked_at_when_reaped, flags_gen_params),
	KUNIT_CASE_PARAM(free_into_an_empty_slab, flags_gen_params),
	KUNIT_CASE_PARAM(last_object_twice, flags_gen_params),
	KUNIT_CASE_PARAM(first_object_twice_in_an_empty_slab, flags_gen_params),
	KUNIT_CASE_PARAM(allocs_come_to_an_end, flags_gen_params),
	KUNIT_CASE_PARAM(twice_in_a_magazine, flags_gen_params),
	KUNIT_CASE_PARAM(twice_in_one_bulk_free, flags_gen_params),
	KUNIT_CASE_PARAM(free_of_an_object_that_was_never_out,
			 flags_gen_params),
	KUNIT_CASE_PARAM(free_after_the_pages_went, flags_gen_params),
	KUNIT_CASE_PARAM(free_rcu_after_the_pages_went, flags_gen_params),
	KUNIT_CASE(free_while_the_pages_wait),
	KUNIT_CASE(leak_and_double_free),
	{}
};

static struct kunit_suite double_suite = {
	.name = "magslab_double",
	.suite_init = mag_kunit_suite_init,
	.suite_exit = mag_kunit_suite_exit,
	.test_cases = double_cases,
};

kunit_test_suite(double_suite);
