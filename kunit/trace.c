// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit: tracepoints.  What is told is held against what the statistics count,
 * rung by rung: an event that is missed or told twice fails.
 */
#include <kunit/test.h>
#include <linux/atomic.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/tracepoint.h>

#include "../kmod/allocator/mag_kmalloc.h"
#include "../kmod/allocator/mag_trace.h"
#include "helpers.h"

#define OBJECT_SIZE 256
#define OBJECTS	    1000
#define PAIRS	    20000
#define TURNS	    50 /* of tracing on and off, under loads */
#define HEARD_CALLS 100 /* that are waited for in a turn */
#define REAP_SLABS  100 /* far more than reaping takes under one lock */

/*
 * struct heard: what listeners heard of one cache
 * @cache: of this; NULL is mag_kmalloc()'s objects of whole pages
 * @listening: they are registered
 * @site: of the last mag_alloc or mag_free
 * @from: of the last mag_resize
 * @to: likewise
 * @reason: likewise
 * @bug: of the last mag_corruption
 */
static struct heard {
	const struct mag_cache *cache;
	bool listening;
	unsigned long site;
	u32 from;
	u32 to;
	u32 reason;
	u32 bug;
	atomic64_t alloc[MAG_NR_RUNGS];
	atomic64_t free[MAG_NR_RUNGS];
	atomic64_t failed;
	atomic64_t swaps;
	atomic64_t handed_out;
	atomic64_t refills;
	atomic64_t new_pages;
	atomic64_t freed_pages;
	atomic64_t resizes;
	atomic64_t reaped;
	atomic64_t shrunk_pages;
	atomic64_t corruptions;
} heard;

static void on_alloc(void *data, const struct mag_cache *cache, const void *obj,
		     size_t size, gfp_t gfp, u32 rung, unsigned long site)
{
	if (cache != heard.cache)
		return;
	WRITE_ONCE(heard.site, site);
	atomic64_inc(&heard.alloc[rung]);
}

static void on_free(void *data, const struct mag_cache *cache, const void *obj,
		    size_t size, u32 rung, unsigned long site)
{
	if (cache != heard.cache)
		return;
	WRITE_ONCE(heard.site, site);
	atomic64_inc(&heard.free[rung]);
}

static void on_failed(void *data, const struct mag_cache *cache, size_t size,
		      gfp_t gfp, int node, unsigned long site)
{
	if (cache == heard.cache)
		atomic64_inc(&heard.failed);
}

static void on_swap(void *data, const struct mag_cache *cache, bool freeing,
		    u32 rounds)
{
	if (cache == heard.cache)
		atomic64_inc(&heard.swaps);
}

static void on_exchange(void *data, const struct mag_cache *cache, int node,
			u32 got, u32 gave, bool contended)
{
	if (cache == heard.cache && got != MAG_MAGAZINE_NONE)
		atomic64_inc(&heard.handed_out);
}

static void on_refill(void *data, const struct mag_cache *cache, int node,
		      u32 asked, u32 got)
{
	if (cache == heard.cache && got)
		atomic64_inc(&heard.refills);
}

static void on_slab_new(void *data, const struct mag_cache *cache, int node,
			u32 order, u32 pages, u32 objects)
{
	if (cache == heard.cache)
		atomic64_add(pages, &heard.new_pages);
}

static void on_slab_free(void *data, const struct mag_cache *cache, int node,
			 u32 order, u32 pages, u32 objects)
{
	if (cache == heard.cache)
		atomic64_add(pages, &heard.freed_pages);
}

static void on_resize(void *data, const struct mag_cache *cache, u32 from,
		      u32 to, u32 reason)
{
	if (cache != heard.cache)
		return;
	heard.from = from;
	heard.to = to;
	heard.reason = reason;
	atomic64_inc(&heard.resizes);
}

static void on_reap(void *data, const struct mag_cache *cache, u32 layer,
		    int place, u64 units, u64 objects)
{
	if (cache == heard.cache)
		atomic64_add(objects, &heard.reaped);
}

static void on_shrink(void *data, const struct mag_cache *cache, int node,
		      u64 wanted, u64 pages)
{
	if (cache == heard.cache)
		atomic64_add(pages, &heard.shrunk_pages);
}

static void on_corruption(void *data, const struct mag_cache *cache, u32 bug,
			  const void *where)
{
	if (cache != heard.cache)
		return;
	heard.bug = bug;
	atomic64_inc(&heard.corruptions);
}

/* All of them, in one way or the other. */
#define for_all_events(what) \
	(what##_trace_mag_alloc(on_alloc, NULL) ?: \
	 what##_trace_mag_free(on_free, NULL) ?: \
	 what##_trace_mag_alloc_failed(on_failed, NULL) ?: \
	 what##_trace_mag_magazine_swap(on_swap, NULL) ?: \
	 what##_trace_mag_depot_exchange(on_exchange, NULL) ?: \
	 what##_trace_mag_refill(on_refill, NULL) ?: \
	 what##_trace_mag_slab_new(on_slab_new, NULL) ?: \
	 what##_trace_mag_slab_free(on_slab_free, NULL) ?: \
	 what##_trace_mag_resize(on_resize, NULL) ?: \
	 what##_trace_mag_reap(on_reap, NULL) ?: \
	 what##_trace_mag_shrink(on_shrink, NULL) ?: \
	 what##_trace_mag_corruption(on_corruption, NULL))

/* From here on, of @cache. */
static void listen(struct kunit *test, const struct mag_cache *cache)
{
	heard = (struct heard){ .cache = cache };
	heard.listening = true;
	KUNIT_EXPECT_EQ(test, for_all_events(register), 0);
}

static void hush(struct kunit *test)
{
	heard.listening = false;
	KUNIT_EXPECT_EQ(test, for_all_events(unregister), 0);
	tracepoint_synchronize_unregister();
}

/* Also of a test that came to no end. */
static void trace_exit(struct kunit *test)
{
	if (heard.listening)
		hush(test);
}

static int trace_init(struct kunit *test)
{
	if (!IS_ENABLED(CONFIG_TRACEPOINTS))
		kunit_skip(test, "needs CONFIG_TRACEPOINTS");
	return 0;
}

static u64 heard_of(const atomic64_t *rungs)
{
	u64 calls = 0;
	u32 rung;

	for (rung = 0; rung < MAG_NR_RUNGS; rung++)
		calls += atomic64_read(&rungs[rung]);
	return calls;
}

#define EXPECT_HEARD(test, counter, value) \
	KUNIT_EXPECT_EQ(test, (u64)atomic64_read(&heard.counter), (u64)(value))

/* All that was counted of the cache, and nothing else: it was new. */
static void expect_all_heard(struct kunit *test, struct mag_cache *cache)
{
	struct mag_cache_stats stats = mag_kunit_stats(cache);

	KUNIT_EXPECT_EQ(test, heard_of(heard.alloc), stats.allocs);
	EXPECT_HEARD(test, alloc[MAG_RUNG_LOADED], stats.alloc_loaded);
	EXPECT_HEARD(test, alloc[MAG_RUNG_PREVIOUS], stats.alloc_previous);
	EXPECT_HEARD(test, alloc[MAG_RUNG_DEPOT], stats.alloc_depot);
	KUNIT_EXPECT_EQ(test,
			(u64)atomic64_read(&heard.alloc[MAG_RUNG_SLAB]) +
				atomic64_read(&heard.alloc[MAG_RUNG_PAGES]),
			stats.alloc_slab);

	KUNIT_EXPECT_EQ(test, heard_of(heard.free), stats.frees);
	EXPECT_HEARD(test, free[MAG_RUNG_LOADED], stats.free_loaded);
	EXPECT_HEARD(test, free[MAG_RUNG_PREVIOUS], stats.free_previous);
	EXPECT_HEARD(test, free[MAG_RUNG_DEPOT], stats.free_depot);
	EXPECT_HEARD(test, free[MAG_RUNG_SLAB], stats.free_slab);
	EXPECT_HEARD(test, free[MAG_RUNG_AWAY], stats.free_remote);
	EXPECT_HEARD(test, free[MAG_RUNG_RCU], stats.free_rcu);

	EXPECT_HEARD(test, failed, stats.alloc_failed);
	EXPECT_HEARD(test, swaps, stats.alloc_previous + stats.free_previous);
	EXPECT_HEARD(test, freed_pages, stats.pages_returned);
	EXPECT_HEARD(test, new_pages, stats.pages + stats.pages_returned);
	EXPECT_HEARD(test, resizes, stats.resizes);
	EXPECT_HEARD(test, reaped, stats.reaped);
	EXPECT_HEARD(test, corruptions, stats.bugs);
}

/* Magazines that the depots handed out. */
static u64 exchanges(struct mag_cache *cache)
{
	struct mag_node_reading reading;
	u64 sum = 0;
	int node;

	for_each_node(node) {
		mag_cache_read_node(cache, node, &reading);
		sum += reading.exchanges;
	}
	return sum;
}

/* Out and back twice, so that each rung has its turn. */
static void singles(struct kunit *test, struct mag_cache *cache)
{
	void **objs = mag_kunit_array(test, OBJECTS);
	u32 turn, i;

	for (turn = 0; turn < 2; turn++) {
		mag_kunit_alloc_many(test, cache, objs, OBJECTS);
		for (i = 0; i < OBJECTS; i++)
			mag_cache_free(cache, objs[i]);
	}
}

static void bulks(struct kunit *test, struct mag_cache *cache)
{
	void **objs = mag_kunit_array(test, OBJECTS);
	u32 turn;

	for (turn = 0; turn < 2; turn++) {
		KUNIT_ASSERT_EQ(test,
				mag_cache_alloc_bulk(cache, GFP_KERNEL, OBJECTS,
						     objs),
				OBJECTS);
		mag_cache_free_bulk(cache, OBJECTS, objs);
	}
}

/* An rcu_head fits in any object here. */
static void rcus(struct kunit *test, struct mag_cache *cache)
{
	void **objs = mag_kunit_array(test, OBJECTS);
	u32 i;

	mag_kunit_alloc_many(test, cache, objs, OBJECTS);
	for (i = 0; i < OBJECTS; i++)
		mag_cache_free_rcu(cache, objs[i], objs[i]);
	mag_cache_rcu_barrier(cache);
}

struct load_case {
	const char *name;
	void (*run)(struct kunit *test, struct mag_cache *cache);
};

static const struct load_case load_cases[] = {
	{ "one by one", singles },
	{ "in bulk", bulks },
	{ "after a grace period", rcus },
};

static void load_desc(const struct load_case *lc, char *desc)
{
	strscpy(desc, lc->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(load, load_cases, load_desc);

static void each_call_is_told_once(struct kunit *test)
{
	const struct load_case *lc = test->param_value;
	struct mag_cache *cache = mag_kunit_cache(test, OBJECT_SIZE, 0, NULL);

	listen(test, cache);
	lc->run(test, cache);
	mag_cache_shrink(cache);
	hush(test);
	KUNIT_EXPECT_GE(test, heard_of(heard.alloc), OBJECTS);
	expect_all_heard(test, cache);
	EXPECT_HEARD(test, handed_out, exchanges(cache));
	EXPECT_HEARD(test, shrunk_pages, mag_kunit_stats(cache).pages_returned);
}

/* Each that brought something served the alloc that needed it. */
static void refills_are_told(struct kunit *test)
{
	struct mag_cache *cache = mag_kunit_cache(test, OBJECT_SIZE, 0, NULL);
	u64 served;

	listen(test, cache);
	singles(test, cache);
	hush(test);
	served = atomic64_read(&heard.alloc[MAG_RUNG_SLAB]);
	KUNIT_EXPECT_GT(test, served, 0);
	EXPECT_HEARD(test, refills, served);
}

/* Debugged caches have a ladder of their own. */
static void calls_of_a_debugged_cache_are_told(struct kunit *test)
{
	const struct mag_cache_args args = { .flags = MAG_CACHE_DEBUG };
	struct mag_cache *cache =
		mag_kunit_cache_args(test, OBJECT_SIZE, &args);

	listen(test, cache);
	singles(test, cache);
	hush(test);
	KUNIT_EXPECT_EQ(test, heard_of(heard.alloc), 2 * OBJECTS);
	expect_all_heard(test, cache);
}

/* A cache that is born while calls are traced takes the same way. */
static void new_cache_is_told_of(struct kunit *test)
{
	struct mag_cache *cache;

	listen(test, NULL);
	cache = mag_kunit_cache(test, OBJECT_SIZE, 0, NULL);
	heard.cache = cache;
	singles(test, cache);
	hush(test);
	KUNIT_EXPECT_EQ(test, heard_of(heard.alloc), 2 * OBJECTS);
	expect_all_heard(test, cache);
}

static void nobody_is_told_afterwards(struct kunit *test)
{
	struct mag_cache *cache = mag_kunit_cache(test, OBJECT_SIZE, 0, NULL);
	void *obj = mag_cache_alloc(cache, GFP_KERNEL);

	listen(test, cache);
	hush(test);
	mag_cache_free(cache, obj);
	singles(test, cache);
	KUNIT_EXPECT_EQ(test, heard_of(heard.alloc), 0);
	KUNIT_EXPECT_EQ(test, heard_of(heard.free), 0);
}

/* Not the allocator's own functions, but who called them. */
static void caller_is_told(struct kunit *test)
{
	struct mag_cache *cache = mag_kunit_cache(test, OBJECT_SIZE, 0, NULL);
	unsigned long begin = (unsigned long)caller_is_told;
	void *obj;

	listen(test, cache);
	obj = mag_cache_alloc(cache, GFP_KERNEL);
	KUNIT_EXPECT_GT(test, heard.site, begin);
	KUNIT_EXPECT_LT(test, heard.site - begin, SZ_4K);
	heard.site = 0;
	mag_cache_free(cache, obj);
	KUNIT_EXPECT_GT(test, heard.site, begin);
	KUNIT_EXPECT_LT(test, heard.site - begin, SZ_4K);
	hush(test);
}

static void large_objects_are_told(struct kunit *test)
{
	void *obj;

	if (!mag_kunit_kmalloc_ready())
		kunit_skip(test, "the module is not initialised yet");
	listen(test, NULL);
	obj = mag_kmalloc(SZ_128K, GFP_KERNEL);
	mag_kfree(obj);
	hush(test);
	EXPECT_HEARD(test, alloc[MAG_RUNG_PAGES], 1);
	EXPECT_HEARD(test, free[MAG_RUNG_PAGES], 1);
	KUNIT_EXPECT_EQ(test, heard_of(heard.alloc), 1);
	KUNIT_EXPECT_EQ(test, heard_of(heard.free), 1);
}

/* No page allocator has that much. */
static void failure_is_told(struct kunit *test)
{
	listen(test, NULL);
	KUNIT_EXPECT_NULL(test,
			  mag_kmalloc(SIZE_MAX / 4, GFP_KERNEL | __GFP_NOWARN));
	hush(test);
	EXPECT_HEARD(test, failed, 1);
	KUNIT_EXPECT_EQ(test, heard_of(heard.alloc), 0);
}

static void resize_is_told_with_its_reason(struct kunit *test)
{
	struct mag_cache *cache = mag_kunit_cache(test, OBJECT_SIZE, 0, NULL);
	u32 first = cache->magazine_rounds;

	listen(test, cache);
	mag_policy_grow(cache);
	EXPECT_HEARD(test, resizes, 1);
	KUNIT_EXPECT_EQ(test, heard.from, first);
	KUNIT_EXPECT_EQ(test, heard.to, cache->magazine_rounds);
	KUNIT_EXPECT_EQ(test, heard.reason, MAG_RESIZED_BY_INTERVAL);
	mag_policy_shrink(cache);
	EXPECT_HEARD(test, resizes, 2);
	KUNIT_EXPECT_EQ(test, heard.to, first);
	KUNIT_EXPECT_EQ(test, heard.reason, MAG_RESIZED_BY_DISUSE);
	/* At its least already: nothing happens. */
	mag_policy_shrink(cache);
	EXPECT_HEARD(test, resizes, 2);
	hush(test);
}

/* The name is one whose bugs the log may hold. */
static void corruption_is_told_once(struct kunit *test)
{
	const struct mag_cache_args args = { .flags = MAG_CACHE_CHECK };
	struct mag_cache *cache;
	void *obj;

	cache = mag_cache_create_args("kunit_bug", OBJECT_SIZE, &args);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, cache);
	listen(test, cache);
	obj = mag_cache_alloc(cache, GFP_KERNEL);
	if (obj) {
		mag_cache_free(cache, obj);
		mag_cache_free(cache, obj);
	}
	hush(test);
	EXPECT_HEARD(test, corruptions, 1);
	KUNIT_EXPECT_EQ(test, heard.bug, MAG_BUG_DOUBLE_FREE);
	/* A free that is refused is none. */
	KUNIT_EXPECT_EQ(test, heard_of(heard.free), 1);
	mag_cache_destroy(cache);
}

static void run_pairs(void *arg)
{
	struct mag_cache *cache = arg;
	void *obj;
	u32 i;

	for (i = 0; i < PAIRS; i++) {
		obj = mag_cache_alloc(cache, GFP_KERNEL);
		if (obj)
			mag_cache_free(cache, obj);
	}
}

static struct mag_kunit_crew *start_pairs(struct kunit *test,
					  struct mag_cache *cache)
{
	struct mag_kunit_crew *crew = mag_kunit_crew(test);
	unsigned int cpu;

	for_each_online_cpu(cpu)
		mag_kunit_crew_add(crew, cpu, run_pairs, cache);
	mag_kunit_crew_start(crew);
	return crew;
}

static void calls_of_all_cpus_are_told(struct kunit *test)
{
	struct mag_cache *cache = mag_kunit_cache(test, OBJECT_SIZE, 0, NULL);

	listen(test, cache);
	mag_kunit_crew_wait(start_pairs(test, cache));
	hush(test);
	KUNIT_EXPECT_EQ(test, heard_of(heard.alloc),
			(u64)PAIRS * num_online_cpus());
	expect_all_heard(test, cache);
}

/* Whatever a load is in the middle of: nothing is lost, and it goes on. */
static void tracing_comes_and_goes_under_loads(struct kunit *test)
{
	struct mag_cache *cache = mag_kunit_cache(test, OBJECT_SIZE, 0, NULL);
	struct mag_kunit_crew *crew = start_pairs(test, cache);
	u64 told = 0;
	int turn;

	for (turn = 0; turn < TURNS; turn++) {
		listen(test, cache);
		hush(test);
		told += heard_of(heard.alloc);
	}
	mag_kunit_crew_wait(crew);
	KUNIT_EXPECT_LE(test, told, mag_kunit_stats(cache).allocs);

	/* And at the end it is as it was. */
	told = mag_kunit_stats(cache).allocs;
	listen(test, cache);
	singles(test, cache);
	hush(test);
	KUNIT_EXPECT_EQ(test, heard_of(heard.alloc), 2 * OBJECTS);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(cache).allocs,
			told + 2 * OBJECTS);
}

/**
 * struct endless - pairs of calls until told to stop
 * @cache: the cache
 * @stop: told
 */
struct endless {
	struct mag_cache *cache;
	bool stop;
};

static void run_endless(void *arg)
{
	struct endless *endless = arg;
	void *obj;
	u32 i;

	while (!READ_ONCE(endless->stop)) {
		for (i = 0; i < HEARD_CALLS; i++) {
			obj = mag_cache_alloc(endless->cache, GFP_KERNEL);
			if (obj)
				mag_cache_free(endless->cache, obj);
		}
		cond_resched();
	}
}

/* Of the allocs since it listens, how many it has not been told of. */
static u64 listen_for_a_while(struct kunit *test, struct mag_cache *cache)
{
	u64 told, before, calls;

	heard = (struct heard){ .cache = cache };
	KUNIT_EXPECT_EQ(test, register_trace_mag_alloc(on_alloc, NULL), 0);
	told = heard_of(heard.alloc);
	before = mag_kunit_stats(cache).allocs;
	do {
		cond_resched();
		calls = mag_kunit_stats(cache).allocs - before;
	} while (calls < HEARD_CALLS);
	told = heard_of(heard.alloc) - told;
	KUNIT_EXPECT_EQ(test, unregister_trace_mag_alloc(on_alloc, NULL), 0);
	tracepoint_synchronize_unregister();
	return calls > told ? calls - told : 0;
}

/*
 * Tracing begins at whatever instruction of a pair.  The one call that is
 * counted and about to be told is not missed.
 */
static void no_call_is_missed_once_it_listens(struct kunit *test)
{
	unsigned int cpu = cpumask_first(cpu_online_mask);
	struct mag_kunit_crew *crew;
	struct endless *endless;
	u32 turn, deaf = 0;

	if (num_online_cpus() < 2)
		kunit_skip(test, "needs two CPUs");

	endless = kunit_kzalloc(test, sizeof(*endless), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, endless);
	endless->cache = mag_kunit_cache(test, OBJECT_SIZE, 0, NULL);
	mag_kunit_pin(test, cpu);
	crew = mag_kunit_crew(test);
	mag_kunit_crew_add(crew, mag_kunit_next_cpu(cpu), run_endless, endless);
	mag_kunit_crew_start(crew);
	for (turn = 0; turn < TURNS; turn++)
		deaf += listen_for_a_while(test, endless->cache) > 1;
	WRITE_ONCE(endless->stop, true);
	mag_kunit_crew_wait(crew);
	KUNIT_EXPECT_EQ(test, deaf, 0);
}

/**
 * struct look - at what is left when the first of many slabs goes
 * @cache: the cache
 * @slabs: that went
 * @left: empty slabs then
 */
struct look {
	struct mag_cache *cache;
	u32 slabs;
	u64 left;
};

static void look_at_the_rest(void *data, const struct mag_cache *cache,
			     int node, u32 order, u32 pages, u32 objects)
{
	struct mag_node_reading reading;
	struct look *look = data;

	if (cache != look->cache || look->slabs++)
		return;
	mag_cache_read_node(look->cache, node, &reading);
	look->left = reading.empty_slabs;
}

/* The lock, with interrupts off, is not held for as long as all take. */
static void slabs_are_reaped_in_runs(struct kunit *test)
{
	struct mag_cache *cache = mag_kunit_cache(test, PAGE_SIZE, 0, NULL);
	u32 nr = REAP_SLABS * cache->layout[MAG_LAYOUT_BEST].objects;
	void **objs = mag_kunit_array(test, nr);
	struct look look = { .cache = cache };
	int node;

	mag_kunit_pin(test, cpumask_first(cpu_online_mask));
	node = mag_home_node();
	cache->policy.empty_max = U32_MAX;
	mag_kunit_alloc_many(test, cache, objs, nr);
	mag_cache_free_bulk(cache, nr, objs);
	mag_cpu_drain(cache);
	mag_depot_drain(cache);

	KUNIT_EXPECT_EQ(
		test, register_trace_mag_slab_free(look_at_the_rest, &look), 0);
	mag_slab_reap(cache, node, true);
	KUNIT_EXPECT_EQ(test,
			unregister_trace_mag_slab_free(look_at_the_rest, &look),
			0);
	tracepoint_synchronize_unregister();
	KUNIT_EXPECT_GE(test, look.slabs, REAP_SLABS);
	KUNIT_EXPECT_GT(test, look.left, REAP_SLABS / 2);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(cache).slabs, 0);
}

static struct kunit_case trace_cases[] = {
	KUNIT_CASE_PARAM(each_call_is_told_once, load_gen_params),
	KUNIT_CASE(refills_are_told),
	KUNIT_CASE(calls_of_a_debugged_cache_are_told),
	KUNIT_CASE(new_cache_is_told_of),
	KUNIT_CASE(nobody_is_told_afterwards),
	KUNIT_CASE(caller_is_told),
	KUNIT_CASE(large_objects_are_told),
	KUNIT_CASE(failure_is_told),
	KUNIT_CASE(resize_is_told_with_its_reason),
	KUNIT_CASE(corruption_is_told_once),
	KUNIT_CASE(calls_of_all_cpus_are_told),
	KUNIT_CASE(tracing_comes_and_goes_under_loads),
	KUNIT_CASE(no_call_is_missed_once_it_listens),
	KUNIT_CASE(slabs_are_reaped_in_runs),
	{}
};

static struct kunit_suite trace_suite = {
	.name = "magslab_trace",
	.suite_init = mag_kunit_suite_init,
	.suite_exit = mag_kunit_suite_exit,
	.init = trace_init,
	.exit = trace_exit,
	.test_cases = trace_cases,
};

kunit_test_suite(trace_suite);
