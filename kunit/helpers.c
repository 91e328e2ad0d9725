// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the suites share; see helpers.h.
 */
#include "helpers.h"

#include <kunit/resource.h>
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/nodemask.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/sched/task.h>
#include <linux/slab.h>

#define OWNER_WORDS 64 /* of an object, filled by who claims it */

static unsigned long long kunit_seed;
module_param(kunit_seed, ullong, 0444);
MODULE_PARM_DESC(kunit_seed,
		 "seed of the random KUnit sequences, 0 for a new one each");

int mag_kunit_suite_init(struct kunit_suite *suite)
{
	mag_registry_hush(true);
	return 0;
}

void mag_kunit_suite_exit(struct kunit_suite *suite)
{
	mag_registry_hush(false);
}

/**
 * struct kunit_cache - a cache and the test it belongs to
 * @test: the test
 * @cache: the cache
 */
struct kunit_cache {
	struct kunit *test;
	struct mag_cache *cache;
};

static void expect_sums(struct kunit *test, const struct mag_cache_stats *stats)
{
	KUNIT_EXPECT_EQ(test, stats->live, 0);
	KUNIT_EXPECT_EQ(test, stats->allocs, stats->frees);
	KUNIT_EXPECT_EQ(test, stats->live_bytes, 0);
	KUNIT_EXPECT_EQ(test, stats->allocs,
			stats->alloc_loaded + stats->alloc_previous +
				stats->alloc_depot + stats->alloc_slab);
	KUNIT_EXPECT_EQ(test, stats->frees,
			stats->free_loaded + stats->free_previous +
				stats->free_depot + stats->free_slab +
				stats->free_remote + stats->free_rcu);
	KUNIT_EXPECT_EQ(test, stats->rcu_waiting, 0);
	KUNIT_EXPECT_EQ(test, stats->quarantined, 0);
	KUNIT_EXPECT_EQ(test, stats->bugs, 0);
}

static void expect_empty(struct kunit *test, struct mag_cache *cache)
{
	struct mag_cache_stats stats;
	int node;

	if (cache->rcu_used)
		mag_cache_rcu_barrier(cache);
	stats = mag_kunit_stats(cache);
	expect_sums(test, &stats);

	mag_cpu_drain(cache);
	mag_depot_drain(cache);
	for_each_node(node)
		mag_slab_reap(cache, node, true);

	stats = mag_kunit_stats(cache);
	KUNIT_EXPECT_EQ(test, stats.magazines, 0);
	KUNIT_EXPECT_EQ(test, stats.rounds_cached, 0);
	KUNIT_EXPECT_EQ(test, stats.slabs, 0);
	KUNIT_EXPECT_EQ(test, stats.pages, 0);
	KUNIT_EXPECT_EQ(test, stats.held_bytes, 0);
}

static int resource_init(struct kunit_resource *res, void *context)
{
	res->data = context;
	return 0;
}

static void cache_resource_free(struct kunit_resource *res)
{
	struct kunit_cache *own = res->data;

	expect_empty(own->test, own->cache);
	KUNIT_EXPECT_EQ(own->test, mag_cache_destroy(own->cache), 0);
}

struct mag_cache *mag_kunit_cache(struct kunit *test, size_t size, size_t align,
				  void (*ctor)(void *obj))
{
	const struct mag_cache_args args = { .align = align, .ctor = ctor };

	return mag_kunit_cache_args(test, size, &args);
}

struct mag_cache *mag_kunit_cache_args(struct kunit *test, size_t size,
				       const struct mag_cache_args *args)
{
	struct kunit_cache *own;

	/* Freed after the resource that points to it. */
	own = kunit_kzalloc(test, sizeof(*own), GFP_KERNEL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, own);

	own->test = test;
	own->cache = mag_cache_create_args(test->name, size, args);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, own->cache);
	/* What a test counts must not change behind its back. */
	WRITE_ONCE(own->cache->policy.reap_rule, MAG_REAP_NEVER);
	KUNIT_ASSERT_PTR_EQ(test,
			    kunit_alloc_resource(test, resource_init,
						 cache_resource_free,
						 GFP_KERNEL, own),
			    (void *)own);
	return own->cache;
}

struct mag_cache_stats mag_kunit_stats(struct mag_cache *cache)
{
	struct mag_cache_stats stats;

	mag_cache_stats(cache, &stats);
	return stats;
}

void **mag_kunit_array(struct kunit *test, size_t nr)
{
	void **objs = kunit_kcalloc(test, nr, sizeof(*objs), GFP_KERNEL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, objs);
	return objs;
}

void mag_kunit_alloc_many(struct kunit *test, struct mag_cache *cache,
			  void **objs, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++) {
		objs[i] = mag_cache_alloc(cache, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, objs[i]);
	}
}

void mag_kunit_pin(struct kunit *test, unsigned int cpu)
{
	KUNIT_ASSERT_EQ(test, set_cpus_allowed_ptr(current, cpumask_of(cpu)),
			0);
}

unsigned int mag_kunit_next_cpu(unsigned int cpu)
{
	cpu = cpumask_next(cpu, cpu_online_mask);
	return cpu < nr_cpu_ids ? cpu : cpumask_first(cpu_online_mask);
}

void mag_kunit_seed(struct kunit *test, struct rnd_state *rnd)
{
	u64 seed = kunit_seed ?: get_random_u64();

	kunit_info(test, "seed %llu; magslab.kunit_seed=%llu repeats it", seed,
		   seed);
	prandom_seed_state(rnd, seed);
}

u32 mag_kunit_random(struct rnd_state *rnd, u32 below)
{
	return prandom_u32_state(rnd) % below;
}

void mag_kunit_owner_ctor(void *obj)
{
	*(unsigned long *)obj = 0;
}

/* The words that are filled: few enough to be quick, and spread over all. */
static size_t owner_stride(size_t size)
{
	return size / (OWNER_WORDS * sizeof(unsigned long)) + 1;
}

bool mag_kunit_claim(void *obj, size_t size, unsigned long owner)
{
	unsigned long *word = obj;
	size_t i;

	if (cmpxchg(word, 0, owner))
		return false;
	for (i = 1; i < size / sizeof(*word); i += owner_stride(size))
		WRITE_ONCE(word[i], owner + i);
	return true;
}

bool mag_kunit_disclaim(void *obj, size_t size, unsigned long owner)
{
	unsigned long *word = obj;
	bool intact = true;
	size_t i;

	for (i = 1; i < size / sizeof(*word); i += owner_stride(size))
		if (READ_ONCE(word[i]) != owner + i)
			intact = false;
	return cmpxchg(word, owner, 0) == owner && intact;
}

/**
 * struct kunit_worker - a thread of a crew
 * @list: in mag_kunit_crew.workers
 * @crew: its crew
 * @fn: what it runs
 * @arg: the argument of @fn
 * @task: the thread, with a reference
 * @done: it has left @fn, and the module
 */
struct kunit_worker {
	struct list_head list;
	struct mag_kunit_crew *crew;
	void (*fn)(void *arg);
	void *arg;
	struct task_struct *task;
	struct completion done;
};

/**
 * struct mag_kunit_crew - threads that start together
 * @test: the test they belong to
 * @workers: the threads
 * @go: completed when they may start
 * @cancelled: they start only to stop
 * @awaited: all have stopped
 */
struct mag_kunit_crew {
	struct kunit *test;
	struct list_head workers;
	struct completion go;
	bool cancelled;
	bool awaited;
};

static int worker_thread(void *data)
{
	struct kunit_worker *worker = data;

	wait_for_completion(&worker->crew->go);
	if (!worker->crew->cancelled)
		worker->fn(worker->arg);
	kthread_complete_and_exit(&worker->done, 0);
}

static void crew_resource_free(struct kunit_resource *res)
{
	struct mag_kunit_crew *crew = res->data;
	struct kunit_worker *worker, *next;

	/* Those that are running already do not look. */
	crew->cancelled = true;
	mag_kunit_crew_start(crew);
	mag_kunit_crew_wait(crew);
	list_for_each_entry_safe(worker, next, &crew->workers, list) {
		put_task_struct(worker->task);
		kfree(worker);
	}
}

struct mag_kunit_crew *mag_kunit_crew(struct kunit *test)
{
	struct mag_kunit_crew *crew;

	crew = kunit_kzalloc(test, sizeof(*crew), GFP_KERNEL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, crew);

	crew->test = test;
	INIT_LIST_HEAD(&crew->workers);
	init_completion(&crew->go);
	KUNIT_ASSERT_PTR_EQ(test,
			    kunit_alloc_resource(test, resource_init,
						 crew_resource_free, GFP_KERNEL,
						 crew),
			    (void *)crew);
	return crew;
}

struct task_struct *mag_kunit_crew_add(struct mag_kunit_crew *crew, int cpu,
				       void (*fn)(void *arg), void *arg)
{
	struct kunit_worker *worker = kzalloc(sizeof(*worker), GFP_KERNEL);
	struct task_struct *task;

	KUNIT_ASSERT_NOT_NULL(crew->test, worker);
	worker->crew = crew;
	worker->fn = fn;
	worker->arg = arg;
	init_completion(&worker->done);

	task = kthread_create(worker_thread, worker, "magslab_kunit");
	if (IS_ERR(task))
		kfree(worker);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(crew->test, task);

	worker->task = get_task_struct(task);
	if (cpu >= 0)
		kthread_bind(task, cpu);
	list_add_tail(&worker->list, &crew->workers);
	wake_up_process(task);
	return task;
}

void mag_kunit_crew_start(struct mag_kunit_crew *crew)
{
	complete_all(&crew->go);
}

void mag_kunit_crew_wait(struct mag_kunit_crew *crew)
{
	struct kunit_worker *worker;

	if (crew->awaited)
		return;
	list_for_each_entry(worker, &crew->workers, list)
		wait_for_completion(&worker->done);
	crew->awaited = true;
}
