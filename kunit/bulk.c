// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit: many objects at once: bulk alloc and free, and objects set aside.
 */
#include <kunit/test.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "helpers.h"

#define OBJECT_SIZE  256
#define MANY_LENGTHS 130 /* more than two magazines of these */

static const size_t nr_cases[] = { 1, 2, 28, 29, 30, 64, 87, 1000, 4096 };

static void nr_desc(const size_t *nr, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%zu objects", *nr);
}

KUNIT_ARRAY_PARAM(nr, nr_cases, nr_desc);

static void claim_all(struct kunit *test, void **objs, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++) {
		KUNIT_ASSERT_NOT_NULL(test, objs[i]);
		KUNIT_EXPECT_TRUE(test,
				  mag_kunit_claim(objs[i], OBJECT_SIZE, i + 1));
	}
}

static void disclaim_all(struct kunit *test, void **objs, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++)
		KUNIT_EXPECT_TRUE(test, mag_kunit_disclaim(objs[i], OBJECT_SIZE,
							   i + 1));
}

/* Twice: from new pages, and from what the first round left in magazines. */
static void bulk_hands_out_each_object_once(struct kunit *test)
{
	size_t nr = *(const size_t *)test->param_value;
	struct mag_cache *cache = mag_kunit_cache(test, OBJECT_SIZE, 0, NULL);
	void **objs = mag_kunit_array(test, nr);
	int round;

	for (round = 0; round < 2; round++) {
		KUNIT_EXPECT_EQ(test,
				mag_cache_alloc_bulk(cache,
						     GFP_KERNEL | __GFP_ZERO,
						     nr, objs),
				nr);
		claim_all(test, objs, nr);
		KUNIT_EXPECT_EQ(test, mag_kunit_stats(cache).live, nr);
		disclaim_all(test, objs, nr);
		mag_cache_free_bulk(cache, nr, objs);
		KUNIT_EXPECT_EQ(test, mag_kunit_stats(cache).live, 0);
	}
}

/* Whatever is left over of the blocks that rounds are copied by. */
static void bulk_of_each_length(struct kunit *test)
{
	struct mag_cache *cache =
		mag_kunit_cache(test, OBJECT_SIZE, 0, mag_kunit_owner_ctor);
	void **objs = mag_kunit_array(test, MANY_LENGTHS + 1);
	size_t nr;

	for (nr = 1; nr <= MANY_LENGTHS; nr++) {
		memset(objs, 0, nr * sizeof(*objs));
		objs[nr] = test;
		KUNIT_ASSERT_EQ(
			test, mag_cache_alloc_bulk(cache, GFP_KERNEL, nr, objs),
			nr);
		claim_all(test, objs, nr);
		KUNIT_EXPECT_PTR_EQ(test, objs[nr], (void *)test);
		disclaim_all(test, objs, nr);
		mag_cache_free_bulk(cache, nr, objs);
		KUNIT_ASSERT_EQ(test, mag_kunit_stats(cache).live, 0);
	}
}

static void bulk_of_none(struct kunit *test)
{
	struct mag_cache *cache = mag_kunit_cache(test, OBJECT_SIZE, 0, NULL);
	void *obj = NULL;

	KUNIT_EXPECT_EQ(test, mag_cache_alloc_bulk(cache, GFP_KERNEL, 0, &obj),
			0);
	mag_cache_free_bulk(cache, 0, &obj);
	KUNIT_EXPECT_NULL(test, obj);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(cache).allocs, 0);
}

/* What bulk alloc takes is what single free gave, and the other way round. */
static void bulk_and_single_mix(struct kunit *test)
{
	struct mag_cache *cache = mag_kunit_cache(test, OBJECT_SIZE, 0, NULL);
	void **objs = mag_kunit_array(test, 100);
	u64 pages;
	size_t i;

	mag_kunit_pin(test, 0);
	mag_kunit_alloc_many(test, cache, objs, 100);
	pages = mag_kunit_stats(cache).pages;
	for (i = 0; i < 100; i++)
		mag_cache_free(cache, objs[i]);
	KUNIT_EXPECT_EQ(
		test, mag_cache_alloc_bulk(cache, GFP_KERNEL, 100, objs), 100);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(cache).pages, pages);
	mag_cache_free_bulk(cache, 100, objs);
	mag_kunit_alloc_many(test, cache, objs, 100);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(cache).pages, pages);
	mag_cache_free_bulk(cache, 100, objs);
}

/* From inside the CPU layer, where magazines are not to be touched. */
static void bulk_goes_round_a_holder(struct kunit *test)
{
	struct mag_cache *cache = mag_kunit_cache(test, OBJECT_SIZE, 0, NULL);
	void **objs = mag_kunit_array(test, 40);
	u64 cached;

	mag_kunit_pin(test, 0);
	mag_kunit_alloc_many(test, cache, objs, 40);
	mag_cache_free_bulk(cache, 40, objs);
	cached = mag_kunit_stats(cache).rounds_cached;

	KUNIT_ASSERT_TRUE(test, mag_kunit_cpu_enter(cache));
	KUNIT_EXPECT_EQ(test, mag_cache_alloc_bulk(cache, GFP_ATOMIC, 40, objs),
			40);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(cache).rounds_cached, cached);
	mag_cache_free_bulk(cache, 40, objs);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(cache).rounds_cached, cached);
	mag_kunit_cpu_leave(cache);
}

static void bulk_keeps_constructed_state(struct kunit *test)
{
	struct mag_cache *cache =
		mag_kunit_cache(test, OBJECT_SIZE, 0, mag_kunit_owner_ctor);
	void **objs = mag_kunit_array(test, 100);

	KUNIT_ASSERT_EQ(
		test, mag_cache_alloc_bulk(cache, GFP_KERNEL, 100, objs), 100);
	claim_all(test, objs, 100);
	disclaim_all(test, objs, 100);
	mag_cache_free_bulk(cache, 100, objs);
}

static void reserve_is_refused(struct kunit *test)
{
	struct mag_cache *cache = mag_kunit_cache(test, OBJECT_SIZE, 0, NULL);

	KUNIT_EXPECT_NULL(test, mag_reserve_create(cache, GFP_KERNEL, 0));
	KUNIT_EXPECT_NULL(test, mag_reserve_create(cache, GFP_KERNEL,
						   MAG_RESERVE_MAX + 1));
	mag_reserve_destroy(NULL);
}

/* Where nothing could be allocated: no object is at hand, and none is asked for. */
static void reserve_serves_what_it_holds(struct kunit *test)
{
	size_t nr = *(const size_t *)test->param_value, i;
	struct mag_cache *cache = mag_kunit_cache(test, OBJECT_SIZE, 0, NULL);
	void **objs = mag_kunit_array(test, nr);
	struct mag_reserve *reserve;
	u64 allocs;

	reserve = mag_reserve_create(cache, GFP_KERNEL | __GFP_ZERO, nr);
	KUNIT_ASSERT_NOT_NULL(test, reserve);
	KUNIT_EXPECT_EQ(test, mag_reserve_left(reserve), nr);
	allocs = mag_kunit_stats(cache).allocs;
	KUNIT_EXPECT_EQ(test, allocs, nr);

	preempt_disable();
	for (i = 0; i < nr; i++)
		objs[i] = mag_reserve_alloc(reserve);
	preempt_enable();
	claim_all(test, objs, nr);
	KUNIT_EXPECT_EQ(test, mag_reserve_left(reserve), 0);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(cache).allocs, allocs);

	disclaim_all(test, objs, nr);
	mag_cache_free_bulk(cache, nr, objs);
	mag_reserve_destroy(reserve);
}

static void reserve_is_filled_again(struct kunit *test)
{
	struct mag_cache *cache = mag_kunit_cache(test, OBJECT_SIZE, 0, NULL);
	struct mag_reserve *reserve = mag_reserve_create(cache, GFP_KERNEL, 10);
	void *objs[7];
	size_t i;

	KUNIT_ASSERT_NOT_NULL(test, reserve);
	for (i = 0; i < ARRAY_SIZE(objs); i++)
		objs[i] = mag_reserve_alloc(reserve);
	KUNIT_EXPECT_EQ(test, mag_reserve_left(reserve), 3);
	KUNIT_EXPECT_EQ(test, mag_reserve_fill(reserve, GFP_KERNEL), 0);
	KUNIT_EXPECT_EQ(test, mag_reserve_left(reserve), 10);
	KUNIT_EXPECT_EQ(test, mag_reserve_fill(reserve, GFP_KERNEL), 0);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(cache).live, 17);
	mag_cache_free_bulk(cache, ARRAY_SIZE(objs), objs);
	/* What was not taken goes back with it. */
	mag_reserve_destroy(reserve);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(cache).live, 0);
}

static struct kunit_case bulk_cases[] = {
	KUNIT_CASE_PARAM(bulk_hands_out_each_object_once, nr_gen_params),
	KUNIT_CASE(bulk_of_each_length),
	KUNIT_CASE(bulk_of_none),
	KUNIT_CASE(bulk_and_single_mix),
	KUNIT_CASE(bulk_goes_round_a_holder),
	KUNIT_CASE(bulk_keeps_constructed_state),
	KUNIT_CASE(reserve_is_refused),
	KUNIT_CASE_PARAM(reserve_serves_what_it_holds, nr_gen_params),
	KUNIT_CASE(reserve_is_filled_again),
	{}
};

static struct kunit_suite bulk_suite = {
	.name = "magslab_bulk",
	.suite_init = mag_kunit_suite_init,
	.suite_exit = mag_kunit_suite_exit,
	.test_cases = bulk_cases,
};

kunit_test_suite(bulk_suite);
