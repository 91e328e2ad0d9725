// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit: magazines, and the CPU layer's loaded and previous one: order, swap,
 * and what happens when both are full or empty.
 */
#include <kunit/test.h>
#include <linux/cpumask.h>
#include <linux/overflow.h>
#include <linux/slab.h>

#include "helpers.h"

#define OBJECT_SIZE 4096 /* the larger, the fewer rounds: quick to fill */

struct rounds_case {
	u32 size;
	u32 rounds;
};

static const struct rounds_case rounds_cases[] = {
	{ 8, 61 },    { 256, 61 },  { 257, 29 },
	{ 1016, 29 }, { 1017, 13 }, { 4088, 13 },
	{ 4089, 5 },  { 4096, 5 },  { MAG_CACHE_MAX_SIZE, 5 },
};

static void rounds_desc(const struct rounds_case *c, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%u bytes", c->size);
}

KUNIT_ARRAY_PARAM(rounds, rounds_cases, rounds_desc);

static void magazine_fills_kmalloc_bucket(struct kunit *test)
{
	const struct rounds_case *c = test->param_value;
	struct mag_cache *cache = mag_kunit_cache(test, c->size, 0, NULL);
	struct mag_magazine *mag;
	size_t bytes = struct_size(mag, round, cache->magazine_rounds);

	KUNIT_EXPECT_EQ(test, cache->magazine_rounds, c->rounds);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(cache).magazine_rounds,
			c->rounds);
	KUNIT_EXPECT_EQ(test, bytes, kmalloc_size_roundup(bytes));
}

static void magazine_created_empty(struct kunit *test)
{
	struct mag_cache *cache = mag_kunit_cache(test, OBJECT_SIZE, 0, NULL);
	struct mag_magazine *mag = mag_magazine_create(cache, mag_home_node());

	KUNIT_ASSERT_NOT_NULL(test, mag);
	KUNIT_EXPECT_EQ(test, mag->rounds, 0);
	KUNIT_EXPECT_EQ(test, mag->capacity, cache->magazine_rounds);
	KUNIT_EXPECT_NULL(test, mag->next);
	mag_magazine_destroy(cache, mag);
}

static void magazines_are_counted(struct kunit *test)
{
	struct mag_cache *cache = mag_kunit_cache(test, OBJECT_SIZE, 0, NULL);
	struct mag_magazine *one = mag_magazine_create(cache, mag_home_node());
	struct mag_magazine *two = mag_magazine_create(cache, mag_home_node());
	size_t bytes = struct_size(one, round, cache->magazine_rounds);

	KUNIT_ASSERT_NOT_NULL(test, one);
	KUNIT_ASSERT_NOT_NULL(test, two);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(cache).magazines, 2);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(cache).held_bytes,
			2 * kmalloc_size_roundup(bytes));

	mag_magazine_destroy(cache, one);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(cache).magazines, 1);
	mag_magazine_destroy(cache, NULL);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(cache).magazines, 1);
	mag_magazine_destroy(cache, two);
}

/**
 * struct bench - a CPU without magazines, and live objects to fill them with
 * @cache: the cache
 * @rounds: in a magazine
 * @nr: objects in @objs
 * @objs: four magazines' worth
 * @before: statistics at the last bench_mark()
 */
struct bench {
	struct mag_cache *cache;
	u32 rounds;
	u32 nr;
	void **objs;
	struct mag_cache_stats before;
};

static void bench_mark(struct bench *b)
{
	b->before = mag_kunit_stats(b->cache);
}

static void bench_init(struct kunit *test, struct bench *b)
{
	mag_kunit_pin(test, cpumask_first(cpu_online_mask));
	b->cache = mag_kunit_cache(test, OBJECT_SIZE, 0, NULL);
	b->rounds = b->cache->magazine_rounds;
	b->nr = 4 * b->rounds;
	b->objs = mag_kunit_array(test, b->nr);
	mag_kunit_alloc_many(test, b->cache, b->objs, b->nr);
	mag_cpu_drain(b->cache);
	bench_mark(b);
}

static void bench_free(struct bench *b, u32 from, u32 nr)
{
	while (nr--)
		mag_cache_free(b->cache, b->objs[from++]);
}

/* Expects the objects from @from up to @from + @nr - 1, last first. */
static void bench_expect_lifo(struct kunit *test, struct bench *b, u32 from,
			      u32 nr)
{
	while (nr--)
		KUNIT_EXPECT_PTR_EQ(test, mag_cache_alloc(b->cache, GFP_KERNEL),
				    b->objs[from + nr]);
}

static u64 bench_counted(struct bench *b, size_t counter)
{
	struct mag_cache_stats after = mag_kunit_stats(b->cache);

	return *(u64 *)((void *)&after + counter) -
	       *(u64 *)((void *)&b->before + counter);
}

/* What one counter has counted since the last bench_mark(). */
#define bench_delta(b, counter) \
	bench_counted(b, offsetof(struct mag_cache_stats, counter))

static void last_freed_is_first_allocated(struct kunit *test)
{
	struct bench b;

	bench_init(test, &b);
	bench_free(&b, 0, b.rounds);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(b.cache).rounds_cached, b.rounds);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(b.cache).magazines, 1);

	bench_expect_lifo(test, &b, 0, b.rounds);
	KUNIT_EXPECT_EQ(test, bench_delta(&b, alloc_loaded), b.rounds);
	KUNIT_EXPECT_EQ(test, bench_delta(&b, allocs), b.rounds);
	bench_free(&b, 0, b.nr);
}

static void empty_loaded_swaps_with_previous(struct kunit *test)
{
	struct bench b;

	bench_init(test, &b);
	bench_free(&b, 0, 2 * b.rounds);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(b.cache).magazines, 2);

	bench_expect_lifo(test, &b, b.rounds, b.rounds);
	KUNIT_EXPECT_EQ(test, bench_delta(&b, alloc_previous), 0);
	bench_expect_lifo(test, &b, 0, b.rounds);
	KUNIT_EXPECT_EQ(test, bench_delta(&b, alloc_previous), 1);
	KUNIT_EXPECT_EQ(test, bench_delta(&b, alloc_loaded), 2 * b.rounds - 1);
	bench_free(&b, 0, b.nr);
}

static void full_loaded_swaps_with_previous(struct kunit *test)
{
	struct bench b;

	bench_init(test, &b);
	bench_free(&b, 0, 2 * b.rounds);
	/* Loaded is now one short of full, previous empty. */
	bench_expect_lifo(test, &b, b.rounds - 1, b.rounds + 1);
	bench_mark(&b);

	bench_free(&b, b.rounds - 1, 2);
	KUNIT_EXPECT_EQ(test, bench_delta(&b, free_loaded), 1);
	KUNIT_EXPECT_EQ(test, bench_delta(&b, free_previous), 1);
	KUNIT_EXPECT_EQ(test, bench_delta(&b, free_depot), 0);
	bench_expect_lifo(test, &b, b.rounds - 1, 2);

	bench_free(&b, b.rounds - 1, b.nr - b.rounds + 1);
}

/* The reason for two magazines: section 3.1 of the paper, last paragraphs. */
static void swaps_at_the_brim_spare_the_depot(struct kunit *test)
{
	const u32 turns = 100;
	struct bench b;
	u32 i;

	bench_init(test, &b);
	bench_free(&b, 0, 2 * b.rounds);
	bench_expect_lifo(test, &b, b.rounds, b.rounds);
	bench_mark(&b);

	/* Loaded is empty and previous full, again after each turn. */
	for (i = 0; i < turns; i++) {
		bench_expect_lifo(test, &b, b.rounds - 1, 1);
		bench_free(&b, b.rounds - 1, 2);
		bench_expect_lifo(test, &b, b.rounds, 1);
	}
	KUNIT_EXPECT_EQ(test, bench_delta(&b, alloc_previous), turns);
	KUNIT_EXPECT_EQ(test, bench_delta(&b, free_previous), turns);
	KUNIT_EXPECT_EQ(test, bench_delta(&b, alloc_depot), 0);
	KUNIT_EXPECT_EQ(test, bench_delta(&b, free_depot), 0);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(b.cache).magazines, 2);
	bench_free(&b, b.rounds, b.nr - b.rounds);
}

static void both_full_draws_an_empty_one(struct kunit *test)
{
	struct bench b;

	bench_init(test, &b);
	bench_free(&b, 0, 2 * b.rounds);
	bench_mark(&b);

	bench_free(&b, 2 * b.rounds, 1);
	KUNIT_EXPECT_EQ(test, bench_delta(&b, free_depot), 1);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(b.cache).magazines, 3);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(b.cache).rounds_cached,
			2 * b.rounds + 1);
	bench_free(&b, 2 * b.rounds + 1, b.nr - 2 * b.rounds - 1);
}

static void both_empty_draws_a_full_one(struct kunit *test)
{
	struct bench b;

	bench_init(test, &b);
	bench_free(&b, 0, 3 * b.rounds);
	bench_expect_lifo(test, &b, b.rounds, 2 * b.rounds);
	KUNIT_EXPECT_EQ(test, bench_delta(&b, alloc_depot), 0);

	bench_expect_lifo(test, &b, 0, b.rounds);
	KUNIT_EXPECT_EQ(test, bench_delta(&b, alloc_depot), 1);
	KUNIT_EXPECT_EQ(test, bench_delta(&b, alloc_slab), 0);
	bench_free(&b, 0, b.nr);
}

static void nothing_cached_refills_a_magazine(struct kunit *test)
{
	struct bench b;

	bench_init(test, &b);
	bench_free(&b, 0, b.nr);
	mag_cpu_drain(b.cache);
	mag_depot_drain(b.cache);
	bench_mark(&b);

	mag_kunit_alloc_many(test, b.cache, b.objs, 1);
	KUNIT_EXPECT_EQ(test, bench_delta(&b, alloc_slab), 1);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(b.cache).rounds_cached,
			b.rounds - 1);

	mag_kunit_alloc_many(test, b.cache, b.objs + 1, b.rounds - 1);
	KUNIT_EXPECT_EQ(test, bench_delta(&b, alloc_slab), 1);
	KUNIT_EXPECT_EQ(test, bench_delta(&b, alloc_loaded), b.rounds - 1);
	bench_free(&b, 0, b.rounds);
}

static struct kunit_case magazine_cases[] = {
	KUNIT_CASE_PARAM(magazine_fills_kmalloc_bucket, rounds_gen_params),
	KUNIT_CASE(magazine_created_empty),
	KUNIT_CASE(magazines_are_counted),
	KUNIT_CASE(last_freed_is_first_allocated),
	KUNIT_CASE(empty_loaded_swaps_with_previous),
	KUNIT_CASE(full_loaded_swaps_with_previous),
	KUNIT_CASE(swaps_at_the_brim_spare_the_depot),
	KUNIT_CASE(both_full_draws_an_empty_one),
	KUNIT_CASE(both_empty_draws_a_full_one),
	KUNIT_CASE(nothing_cached_refills_a_magazine),
	{}
};

static struct kunit_suite magazine_suite = {
	.name = "magslab_magazine",
	.suite_init = mag_kunit_suite_init,
	.suite_exit = mag_kunit_suite_exit,
	.test_cases = magazine_cases,
};

kunit_test_suite(magazine_suite);
