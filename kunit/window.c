// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit: a depot's windows, by which it gives up magazines that it does not need.
 */
#include <kunit/test.h>
#include <linux/cpumask.h>
#include <linux/err.h>

#include "../kmod/allocator/home.h"
#include "helpers.h"

#define OBJECT_SIZE 64
#define WINDOW	    4

/**
 * struct window_test - a depot with windows, on the node of a pinned thread
 * @cache: its cache
 * @node: its node
 */
struct window_test {
	struct mag_cache *cache;
	int node;
};

static void window_test_init(struct kunit *test, struct window_test *wt,
			     u32 window)
{
	mag_kunit_pin(test, cpumask_first(cpu_online_mask));
	wt->cache = mag_kunit_cache(test, OBJECT_SIZE, 0, NULL);
	wt->cache->policy.depot_window = window;
	wt->node = mag_home_node();
}

static struct mag_magazine *make_magazine(struct kunit *test,
					  struct window_test *wt, bool full)
{
	struct mag_magazine *mag = mag_magazine_create(wt->cache, wt->node);
	void *obj;

	KUNIT_ASSERT_NOT_NULL(test, mag);
	while (full && mag->rounds < mag->capacity) {
		if (!mag_slab_take(wt->cache, wt->node, &obj, 1))
			obj = mag_slab_grow(wt->cache, wt->node, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, obj);
		mag->round[mag->rounds++] = obj;
	}
	return mag;
}

/* How many of @nr full magazines that come to the depot it takes. */
static u32 put_full(struct kunit *test, struct window_test *wt, u32 nr)
{
	struct mag_magazine *mag;
	u32 taken = 0;

	while (nr--) {
		mag = make_magazine(test, wt, true);
		if (mag_depot_put_full(wt->cache, wt->node, mag))
			taken++;
		else
			mag_magazine_discard(wt->cache, mag);
	}
	return taken;
}

/* The depot's full magazines, @nr of them, go; for each an empty one comes, if @empty. */
static void take_full(struct kunit *test, struct window_test *wt, u32 nr,
		      bool empty)
{
	struct mag_magazine *mag, *mine = NULL;

	while (nr--) {
		if (empty)
			mine = make_magazine(test, wt, false);
		mag = mag_depot_get_full(wt->cache, wt->node, mine);
		KUNIT_ASSERT_FALSE(test, IS_ERR_OR_NULL(mag));
		mag_magazine_discard(wt->cache, mag);
	}
}

/* Objects and magazines are back at zero when the depot has been emptied. */
static void expect_nothing_left(struct kunit *test, struct window_test *wt)
{
	struct mag_cache_stats stats;

	mag_depot_drain(wt->cache);
	mag_cache_stats(wt->cache, &stats);
	KUNIT_EXPECT_EQ(test, stats.live, 0);
	KUNIT_EXPECT_EQ(test, stats.magazines, 0);
	mag_cache_shrink(wt->cache);
	mag_cache_stats(wt->cache, &stats);
	KUNIT_EXPECT_EQ(test, stats.pages, 0);
}

/* From the second window on each has some that were there before it began. */
static void one_a_window_is_refused(struct kunit *test)
{
	struct window_test wt;

	window_test_init(test, &wt, WINDOW);
	KUNIT_EXPECT_EQ(test, put_full(test, &wt, WINDOW), WINDOW);
	KUNIT_EXPECT_EQ(test, put_full(test, &wt, WINDOW - 1), WINDOW - 1);
	KUNIT_EXPECT_EQ(test, put_full(test, &wt, 1), 0);
	KUNIT_EXPECT_EQ(test, put_full(test, &wt, 2 * WINDOW),
			2 * (WINDOW - 1));
	expect_nothing_left(test, &wt);
}

static void what_is_needed_is_taken(struct kunit *test)
{
	struct window_test wt;
	u32 i;

	window_test_init(test, &wt, WINDOW);
	for (i = 0; i < 3 * WINDOW; i++) {
		KUNIT_EXPECT_EQ(test, put_full(test, &wt, 2), 2);
		take_full(test, &wt, 2, false);
	}
	expect_nothing_left(test, &wt);
}

/* The depot is as large as the most that was ever needed in a window, and no larger. */
static void excess_goes_until_it_is_needed(struct kunit *test)
{
	struct window_test wt;
	u32 nr = 0, i;

	window_test_init(test, &wt, WINDOW);
	nr = put_full(test, &wt, 3 * WINDOW);
	for (i = 0; i < 20 * WINDOW; i++) {
		take_full(test, &wt, 1, false);
		nr += put_full(test, &wt, 1) - 1;
	}
	/* One is taken and one comes: the one is needed, the others are not. */
	KUNIT_EXPECT_EQ(test, nr, 1);
	take_full(test, &wt, nr, false);
	KUNIT_EXPECT_NULL(test, mag_depot_get_full(wt.cache, wt.node, NULL));
	expect_nothing_left(test, &wt);
}

static void empty_ones_are_refused_likewise(struct kunit *test)
{
	struct mag_cache_stats stats;
	struct window_test wt;

	window_test_init(test, &wt, WINDOW);
	wt.cache->policy.depot_window = 0;
	put_full(test, &wt, 4 * WINDOW);
	wt.cache->policy.depot_window = WINDOW;
	take_full(test, &wt, 4 * WINDOW, true);
	mag_cache_stats(wt.cache, &stats);
	KUNIT_EXPECT_EQ(test, stats.magazines, 4 * WINDOW - 3);
	expect_nothing_left(test, &wt);
}

static void no_window_takes_all(struct kunit *test)
{
	struct window_test wt;

	window_test_init(test, &wt, 0);
	KUNIT_EXPECT_EQ(test, put_full(test, &wt, 4 * WINDOW), 4 * WINDOW);
	expect_nothing_left(test, &wt);
}

/* What a reaping takes was needed: the depot has none of those any more. */
static void reaping_begins_anew(struct kunit *test)
{
	struct window_test wt;

	window_test_init(test, &wt, WINDOW);
	put_full(test, &wt, 2 * WINDOW);
	mag_depot_drain(wt.cache);
	KUNIT_EXPECT_EQ(test, put_full(test, &wt, WINDOW), WINDOW);
	expect_nothing_left(test, &wt);
}

/* A free whose full magazine is refused empties it, and goes on with it. */
static void refused_free_goes_on(struct kunit *test)
{
	struct mag_cache_stats stats;
	u32 nr, rounds, i;
	void **objs;
	struct window_test wt;

	window_test_init(test, &wt, 1);
	rounds = wt.cache->magazine_rounds;
	nr = 10 * rounds;
	objs = kunit_kcalloc(test, nr, sizeof(*objs), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, objs);
	for (i = 0; i < nr; i++) {
		objs[i] = mag_cache_alloc(wt.cache, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, objs[i]);
	}
	for (i = 0; i < nr; i++)
		mag_cache_free(wt.cache, objs[i]);
	mag_cache_stats(wt.cache, &stats);
	KUNIT_EXPECT_EQ(test, stats.live, 0);
	/* Loaded, previous, and what the first windows took. */
	KUNIT_EXPECT_LE(test, stats.rounds_cached, 4 * rounds);
	KUNIT_EXPECT_GT(test, stats.free_slab, 0);
	mag_cache_shrink(wt.cache);
	mag_cache_stats(wt.cache, &stats);
	KUNIT_EXPECT_EQ(test, stats.pages, 0);
	KUNIT_EXPECT_EQ(test, stats.magazines, 0);
}

static struct kunit_case window_cases[] = {
	KUNIT_CASE(one_a_window_is_refused),
	KUNIT_CASE(what_is_needed_is_taken),
	KUNIT_CASE(excess_goes_until_it_is_needed),
	KUNIT_CASE(empty_ones_are_refused_likewise),
	KUNIT_CASE(no_window_takes_all),
	KUNIT_CASE(reaping_begins_anew),
	KUNIT_CASE(refused_free_goes_on),
	{}
};

static struct kunit_suite window_suite = {
	.name = "magslab_window",
	.suite_init = mag_kunit_suite_init,
	.suite_exit = mag_kunit_suite_exit,
	.test_cases = window_cases,
};

kunit_test_suite(window_suite);
