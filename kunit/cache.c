// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit: a cache as its users see it: arguments, destruction, counters,
 * zeroing, bulk free.
 */
#include <kunit/test.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "helpers.h"
#include "log.h"

#define OBJECT_SIZE 256

struct create_case {
	const char *what;
	const char *name;
	size_t size;
	size_t align;
};

static const struct create_case refused_cases[] = {
	{ "no name", NULL, 64, 0 },
	{ "no size", "kunit", 0, 0 },
	{ "size above the limit", "kunit", MAG_CACHE_MAX_SIZE + 1, 0 },
	{ "size of 4 GiB and 64 bytes", "kunit", (1ULL << 32) + 64, 0 },
	{ "size of -1", "kunit", SIZE_MAX, 0 },
	{ "align of 3", "kunit", 64, 3 },
	{ "align of 24", "kunit", 64, 24 },
	{ "align above a page", "kunit", 64, 2 * PAGE_SIZE },
	{ "align of 4 GiB", "kunit", 64, 1ULL << 32 },
};

static const struct create_case accepted_cases[] = {
	{ "least size", "kunit", 1, 0 },
	{ "greatest size", "kunit", MAG_CACHE_MAX_SIZE, 0 },
	{ "align of 1", "kunit", 64, 1 },
	{ "align of a page", "kunit", 64, PAGE_SIZE },
	{ "both greatest", "kunit", MAG_CACHE_MAX_SIZE, PAGE_SIZE },
	{ "empty name", "", 64, 0 },
};

static void create_desc(const struct create_case *c, char *desc)
{
	strscpy(desc, c->what, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(refused, refused_cases, create_desc);
KUNIT_ARRAY_PARAM(accepted, accepted_cases, create_desc);

static void create_refuses(struct kunit *test)
{
	const struct create_case *c = test->param_value;
	struct mag_cache *cache;

	cache = mag_cache_create(c->name, c->size, c->align, NULL);
	KUNIT_EXPECT_PTR_EQ(test, cache, (struct mag_cache *)ERR_PTR(-EINVAL));
	if (!IS_ERR(cache))
		mag_cache_destroy(cache);
}

static void create_accepts(struct kunit *test)
{
	const struct create_case *c = test->param_value;
	struct mag_cache *cache;

	cache = mag_cache_create(c->name, c->size, c->align, NULL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, cache);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(cache).object_size,
			max(c->size, MAG_CACHE_MIN_SIZE));
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(cache).held_bytes, 0);
	KUNIT_EXPECT_EQ(test, mag_cache_destroy(cache), 0);
}

static void create_takes_no_arguments(struct kunit *test)
{
	struct mag_cache *cache = mag_kunit_cache_args(test, 64, NULL);

	KUNIT_EXPECT_EQ(test, cache->flags & ~MAG_CACHE_DEBUG, 0);
	KUNIT_EXPECT_NULL(test, cache->ctor);
}

static void name_is_copied(struct kunit *test)
{
	struct mag_cache *cache;
	char name[] = "kunit";

	cache = mag_cache_create(name, OBJECT_SIZE, 0, NULL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, cache);
	memset(name, 'x', strlen(name));
	KUNIT_EXPECT_STREQ(test, mag_cache_name(cache), "kunit");
	KUNIT_EXPECT_EQ(test, mag_cache_destroy(cache), 0);
}

struct sightings {
	struct mag_cache *cache[2];
	int seen;
	int in_order;
};

static void see_cache(struct mag_cache *cache, void *arg)
{
	struct sightings *s = arg;

	if (cache != s->cache[0] && cache != s->cache[1])
		return;
	s->in_order += cache == s->cache[s->seen];
	s->seen++;
}

static void caches_are_listed_in_order(struct kunit *test)
{
	struct sightings s = {};
	int i;

	for (i = 0; i < ARRAY_SIZE(s.cache); i++)
		s.cache[i] = mag_kunit_cache(test, OBJECT_SIZE, 0, NULL);
	mag_cache_for_each(see_cache, &s);
	KUNIT_EXPECT_EQ(test, s.seen, 2);
	KUNIT_EXPECT_EQ(test, s.in_order, 2);
}

static void destroyed_caches_are_not_listed(struct kunit *test)
{
	struct sightings s = {};

	s.cache[0] = mag_cache_create("kunit", OBJECT_SIZE, 0, NULL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, s.cache[0]);
	KUNIT_EXPECT_EQ(test, mag_cache_destroy(s.cache[0]), 0);
	mag_cache_for_each(see_cache, &s);
	KUNIT_EXPECT_EQ(test, s.seen, 0);
}

static void destroy_takes_null(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, mag_cache_destroy(NULL), 0);
}

struct out_case {
	const char *name;
	u32 nr;
	u32 out;
};

static const struct out_case out_cases[] = {
	{ "none of none", 0, 0 },   { "none of 100", 100, 0 },
	{ "one of 100", 100, 1 },   { "50 of 100", 100, 50 },
	{ "all of 100", 100, 100 },
};

static void out_desc(const struct out_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(out, out_cases, out_desc);

/* Freed objects are in magazines by then, and no leak. */
static void destroy_counts_objects_out(struct kunit *test)
{
	const struct out_case *c = test->param_value;
	void **objs = mag_kunit_array(test, c->nr + 1);
	struct mag_cache *cache;

	cache = mag_cache_create("kunit_leak", OBJECT_SIZE, 0, NULL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, cache);
	mag_kunit_alloc_many(test, cache, objs, c->nr);
	mag_cache_free_bulk(cache, c->nr - c->out, objs);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(cache).live, c->out);
	KUNIT_EXPECT_EQ(test, mag_cache_destroy(cache), c->out);
}

/* Each CPU's share differs, so that none can stand in for another. */
static void counters_sum_over_cpus(struct kunit *test)
{
	struct mag_cache *cache = mag_kunit_cache(test, OBJECT_SIZE, 0, NULL);
	u32 nr = 0, expected_allocs = 0, share = 100;
	struct mag_cache_stats stats;
	unsigned int cpu;
	void **objs;

	for_each_online_cpu(cpu)
		expected_allocs += share + cpu;
	objs = mag_kunit_array(test, expected_allocs);
	for_each_online_cpu(cpu) {
		mag_kunit_pin(test, cpu);
		mag_kunit_alloc_many(test, cache, objs + nr, share + cpu);
		nr += share + cpu;
	}
	stats = mag_kunit_stats(cache);
	KUNIT_EXPECT_EQ(test, stats.allocs, expected_allocs);
	KUNIT_EXPECT_EQ(test, stats.frees, 0);
	KUNIT_EXPECT_EQ(test, stats.live, expected_allocs);
	KUNIT_EXPECT_EQ(test, stats.live_bytes,
			(u64)expected_allocs * OBJECT_SIZE);

	for_each_online_cpu(cpu) {
		mag_kunit_pin(test, cpu);
		nr -= share;
		mag_cache_free_bulk(cache, share, objs + nr);
	}
	stats = mag_kunit_stats(cache);
	KUNIT_EXPECT_EQ(test, stats.frees, share * num_online_cpus());
	KUNIT_EXPECT_EQ(test, stats.live, nr);
	mag_cache_free_bulk(cache, nr, objs);
}

/* What is held is what is live, what is cached, and what slabs have over. */
static void held_covers_live(struct kunit *test)
{
	struct mag_cache *cache = mag_kunit_cache(test, OBJECT_SIZE, 0, NULL);
	void **objs = mag_kunit_array(test, 1000);
	struct mag_cache_stats stats;
	struct mag_magazine *mag;
	size_t bytes;

	mag_kunit_alloc_many(test, cache, objs, 1000);
	stats = mag_kunit_stats(cache);
	bytes = struct_size(mag, round, cache->magazine_rounds);
	KUNIT_EXPECT_EQ(test, stats.held_bytes,
			stats.pages * PAGE_SIZE +
				stats.magazines * kmalloc_size_roundup(bytes));
	KUNIT_EXPECT_EQ(test, stats.pages, stats.slabs << stats.order);
	KUNIT_EXPECT_GE(test, stats.slabs * stats.objects_per_slab,
			stats.live + stats.rounds_cached);
	KUNIT_EXPECT_LE(test, stats.rounds_cached,
			stats.magazines * stats.magazine_rounds);
	mag_cache_free_bulk(cache, 1000, objs);
}

/* Counts the objects that are not zero, and leaves all of them so. */
static void count_dirty(struct kunit *test, struct mag_cache *cache, u32 size,
			gfp_t gfp, u32 nr, u32 *dirty)
{
	void **objs = mag_kunit_array(test, nr);
	u32 i;

	*dirty = 0;
	for (i = 0; i < nr; i++) {
		objs[i] = mag_cache_alloc(cache, gfp);
		KUNIT_ASSERT_NOT_NULL(test, objs[i]);
		*dirty += !!memchr_inv(objs[i], 0, size);
		memset(objs[i], 0xff, size);
	}
	mag_cache_free_bulk(cache, nr, objs);
}

static const u32 zero_sizes[] = { 1, 8, 9, 64, 255, 256, 4096, 4097, 65536 };

static void zero_desc(const u32 *size, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%u bytes", *size);
}

KUNIT_ARRAY_PARAM(zero, zero_sizes, zero_desc);

/* Fresh from pages, from magazines, from slabs, and from pages once more. */
static void zero_flag_zeroes(struct kunit *test)
{
	u32 dirty, size = *(const u32 *)test->param_value;
	struct mag_cache *cache = mag_kunit_cache(test, size, 0, NULL);

	count_dirty(test, cache, size, GFP_KERNEL | __GFP_ZERO, 20, &dirty);
	KUNIT_EXPECT_EQ(test, dirty, 0);
	count_dirty(test, cache, size, GFP_KERNEL | __GFP_ZERO, 20, &dirty);
	KUNIT_EXPECT_EQ(test, dirty, 0);
	mag_cpu_drain(cache);
	mag_depot_drain(cache);
	count_dirty(test, cache, size, GFP_KERNEL | __GFP_ZERO, 40, &dirty);
	KUNIT_EXPECT_EQ(test, dirty, 0);
}

static void init_on_alloc_zeroes(struct kunit *test)
{
	struct mag_cache *cache;
	u32 dirty;

	if (!want_init_on_alloc(0))
		kunit_skip(test, "booted without init_on_alloc=1");

	cache = mag_kunit_cache(test, OBJECT_SIZE, 0, NULL);
	count_dirty(test, cache, OBJECT_SIZE, GFP_KERNEL, 20, &dirty);
	count_dirty(test, cache, OBJECT_SIZE, GFP_KERNEL, 40, &dirty);
	KUNIT_EXPECT_EQ(test, dirty, 0);
}

static void init_on_free_zeroes(struct kunit *test)
{
	struct mag_cache *cache;
	void **objs;
	u32 dirty = 0;
	int i;

	if (!want_init_on_free())
		kunit_skip(test, "booted without init_on_free=1");

	cache = mag_kunit_cache(test, OBJECT_SIZE, 0, NULL);
	objs = mag_kunit_array(test, 40);
	mag_kunit_alloc_many(test, cache, objs, 40);
	for (i = 0; i < 40; i++)
		memset(objs[i], 0xff, OBJECT_SIZE);
	for (i = 0; i < 20; i++)
		mag_cache_free(cache, objs[i]);
	mag_cache_free_bulk(cache, 20, objs + 20);
	/* A free object may not be read: but this one knows the allocator. */
	for (i = 0; i < 40; i++)
		dirty += !!memchr_inv(objs[i], 0, OBJECT_SIZE);
	KUNIT_EXPECT_EQ(test, dirty, 0);
}

static u32 nr_constructed;

static void pattern_ctor(void *obj)
{
	memset(obj, 0xa5, OBJECT_SIZE);
	nr_constructed++;
}

/* Not even __GFP_ZERO may undo it. */
static void constructed_state_is_kept(struct kunit *test)
{
	struct mag_cache *cache =
		mag_kunit_cache(test, OBJECT_SIZE, 0, pattern_ctor);
	void **objs = mag_kunit_array(test, 100);
	struct mag_cache_stats stats;
	u32 i, changed = 0;

	/* Elsewhere there would be none of them, and another slab. */
	mag_kunit_pin(test, cpumask_first(cpu_online_mask));
	nr_constructed = 0;
	mag_kunit_alloc_many(test, cache, objs, 100);
	for (i = 0; i < 100; i++)
		changed += !!memchr_inv(objs[i], 0xa5, OBJECT_SIZE);
	KUNIT_EXPECT_EQ(test, changed, 0);
	stats = mag_kunit_stats(cache);
	KUNIT_EXPECT_EQ(test, nr_constructed,
			stats.slabs * stats.objects_per_slab);

	for (i = 0; i < 100; i++)
		mag_cache_free(cache, objs[i]);
	for (i = 0; i < 100; i++) {
		objs[i] = mag_cache_alloc(cache, GFP_KERNEL | __GFP_ZERO);
		KUNIT_ASSERT_NOT_NULL(test, objs[i]);
		changed += !!memchr_inv(objs[i], 0xa5, OBJECT_SIZE);
	}
	KUNIT_EXPECT_EQ(test, changed, 0);
	KUNIT_EXPECT_EQ(test, nr_constructed,
			stats.slabs * stats.objects_per_slab);
	mag_cache_free_bulk(cache, 100, objs);
}

struct bulk_case {
	const char *name;
	u32 magazines;
	int more;
};

static const struct bulk_case bulk_cases[] = {
	{ "none", 0, 0 },
	{ "one", 0, 1 },
	{ "a magazine less one", 1, -1 },
	{ "a magazine", 1, 0 },
	{ "a magazine and one", 1, 1 },
	{ "two magazines", 2, 0 },
	{ "five magazines and three", 5, 3 },
};

static void bulk_desc(const struct bulk_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(bulk, bulk_cases, bulk_desc);

/* As if each were freed by itself: counted, and the last is the first again. */
static void bulk_free_keeps_order(struct kunit *test)
{
	const struct bulk_case *c = test->param_value;
	struct mag_cache *cache;
	u32 nr, i, other = 0;
	void **objs;

	mag_kunit_pin(test, cpumask_first(cpu_online_mask));
	cache = mag_kunit_cache(test, OBJECT_SIZE, 0, NULL);
	nr = c->magazines * cache->magazine_rounds + c->more;
	objs = mag_kunit_array(test, nr + 1);
	mag_kunit_alloc_many(test, cache, objs, nr);
	mag_cpu_drain(cache);

	mag_cache_free_bulk(cache, nr, objs);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(cache).frees, nr);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(cache).live, 0);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(cache).rounds_cached, nr);

	for (i = nr; i--;)
		other += mag_cache_alloc(cache, GFP_KERNEL) != objs[i];
	KUNIT_EXPECT_EQ(test, other, 0);
	mag_cache_free_bulk(cache, nr, objs);
}

static void bulk_free_goes_to_slabs_when_all_is_full(struct kunit *test)
{
	struct mag_cache *cache;
	u32 nr, kept;
	void **objs;

	mag_kunit_pin(test, cpumask_first(cpu_online_mask));
	cache = mag_kunit_cache(test, OBJECT_SIZE, 0, NULL);
	cache->policy.depot_max = 1;
	kept = 3 * cache->magazine_rounds;
	nr = kept + 2 * cache->magazine_rounds;
	objs = mag_kunit_array(test, nr);
	mag_kunit_alloc_many(test, cache, objs, nr);
	mag_cpu_drain(cache);

	mag_cache_free_bulk(cache, nr, objs);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(cache).live, 0);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(cache).rounds_cached, kept);
}

static const u32 limit_sizes[] = { 8, 64, 255, 256, 1024, 4096, 65536 };

static void limit_desc(const u32 *size, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%u bytes", *size);
}

KUNIT_ARRAY_PARAM(limit, limit_sizes, limit_desc);

/* As many of @each bytes as fit in @room, but @least of them at the least. */
static void expect_limit(struct kunit *test, u32 limit, u32 each, u32 room,
			 u32 least)
{
	KUNIT_EXPECT_GE(test, limit, least);
	KUNIT_EXPECT_GT(test, (u64)(limit + 1) * each, room);
	if (limit > least)
		KUNIT_EXPECT_LE(test, (u64)limit * each, room);
}

/* A node keeps 1 MiB of objects in full magazines, and 32 KiB of empty slabs. */
static void limits_are_in_bytes(struct kunit *test)
{
	const u32 *size = test->param_value;
	struct mag_cache *cache = mag_kunit_cache(test, *size, 0, NULL);
	struct mag_cache_stats stats = mag_kunit_stats(cache);

	expect_limit(test, cache->policy.depot_max,
		     stats.magazine_rounds * stats.size, SZ_1M, 10);
	expect_limit(test, cache->policy.empty_max,
		     PAGE_SIZE * cache->layout[MAG_LAYOUT_BEST].pages, SZ_32K,
		     2);
}

/* The ways to a slow path that take GFP flags. */
static void *alloc_plain(struct mag_cache *cache, gfp_t gfp)
{
	return mag_cache_alloc(cache, gfp);
}

static void *alloc_bulk_of_one(struct mag_cache *cache, gfp_t gfp)
{
	void *obj;

	return mag_cache_alloc_bulk(cache, gfp, 1, &obj) ? obj : NULL;
}

static void told_ctor(void *obj)
{
}

struct told_case {
	const char *what;
	void *(*alloc)(struct mag_cache *cache, gfp_t gfp);
	gfp_t gfp;
	void (*ctor)(void *obj);
	u32 told;
};

static const struct told_case told_cases[] = {
	{ "a zone", alloc_plain, GFP_KERNEL | __GFP_DMA32, NULL, 1 },
	{ "a zone, in bulk", alloc_bulk_of_one, GFP_KERNEL | __GFP_DMA32, NULL,
	  1 },
	{ "zeroes and a constructor", alloc_plain, GFP_KERNEL | __GFP_ZERO,
	  told_ctor, 1 },
	{ "zeroes", alloc_plain, GFP_KERNEL | __GFP_ZERO, NULL, 0 },
	{ "movable", alloc_plain, GFP_KERNEL | __GFP_MOVABLE, NULL, 0 },
};

static void told_desc(const struct told_case *c, char *desc)
{
	strscpy(desc, c->what, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(told, told_cases, told_desc);

/* By slabs at hand as well, and in each cache. */
static void ignored_flags_are_told_once_a_cache(struct kunit *test)
{
	const struct told_case *c = test->param_value;
	struct mag_cache *cache;
	void *obj;
	u32 i, j;

	mag_kunit_log(test);
	for (i = 1; i <= 2; i++) {
		cache = mag_kunit_cache(test, OBJECT_SIZE, 0, c->ctor);
		obj = mag_cache_alloc(cache, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, obj);
		mag_cache_free(cache, obj);
		for (j = 0; j < 2; j++) {
			mag_cpu_drain(cache);
			obj = c->alloc(cache, c->gfp);
			KUNIT_ASSERT_NOT_NULL(test, obj);
			mag_cache_free(cache, obj);
		}
		KUNIT_EXPECT_EQ(test, mag_kunit_log_count("asks for"),
				i * c->told);
	}
}

static struct kunit_case cache_cases[] = {
	KUNIT_CASE_PARAM(create_refuses, refused_gen_params),
	KUNIT_CASE_PARAM(create_accepts, accepted_gen_params),
	KUNIT_CASE(create_takes_no_arguments),
	KUNIT_CASE(name_is_copied),
	KUNIT_CASE(caches_are_listed_in_order),
	KUNIT_CASE(destroyed_caches_are_not_listed),
	KUNIT_CASE(destroy_takes_null),
	KUNIT_CASE_PARAM(destroy_counts_objects_out, out_gen_params),
	KUNIT_CASE(counters_sum_over_cpus),
	KUNIT_CASE(held_covers_live),
	KUNIT_CASE_PARAM(zero_flag_zeroes, zero_gen_params),
	KUNIT_CASE(init_on_alloc_zeroes),
	KUNIT_CASE(init_on_free_zeroes),
	KUNIT_CASE(constructed_state_is_kept),
	KUNIT_CASE_PARAM(ignored_flags_are_told_once_a_cache, told_gen_params),
	KUNIT_CASE_PARAM(limits_are_in_bytes, limit_gen_params),
	KUNIT_CASE_PARAM(bulk_free_keeps_order, bulk_gen_params),
	KUNIT_CASE(bulk_free_goes_to_slabs_when_all_is_full),
	{}
};

static struct kunit_suite cache_suite = {
	.name = "magslab_cache",
	.suite_init = mag_kunit_suite_init,
	.suite_exit = mag_kunit_suite_exit,
	.test_cases = cache_cases,
};

kunit_test_suite(cache_suite);
