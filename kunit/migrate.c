// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit: tasks that move from CPU to CPU, of themselves between the calls on a
 * cache and by another's hand in the middle of them.
 */
#include <kunit/test.h>
#include <linux/cpumask.h>
#include <linux/minmax.h>
#include <linux/sched.h>
#include <linux/smp.h>

#include "helpers.h"

#define OBJECT_SIZE 256
#define HELD	    50 /* objects held at a time: more than a magazine's rounds */
#define MOVES	    200U

static void skip_without_smp(struct kunit *test)
{
	if (num_online_cpus() < 2)
		kunit_skip(test, "needs two CPUs");
}

static void expect_exact(struct kunit *test, struct mag_cache *cache, u64 calls)
{
	struct mag_cache_stats stats = mag_kunit_stats(cache);

	KUNIT_EXPECT_EQ(test, stats.allocs, calls);
	KUNIT_EXPECT_EQ(test, stats.frees, calls);
	KUNIT_EXPECT_EQ(test, stats.alloc_failed, 0);
}

static void cpus_do_not_share_magazines(struct kunit *test)
{
	unsigned int here = cpumask_first(cpu_online_mask);
	struct mag_cache *cache;
	void *freed_here, *there;

	skip_without_smp(test);
	mag_kunit_pin(test, here);
	cache = mag_kunit_cache(test, OBJECT_SIZE, 0, NULL);
	mag_kunit_alloc_many(test, cache, &freed_here, 1);
	mag_cache_free(cache, freed_here);

	mag_kunit_pin(test, mag_kunit_next_cpu(here));
	mag_kunit_alloc_many(test, cache, &there, 1);
	KUNIT_EXPECT_PTR_NE(test, there, freed_here);
	mag_cache_free(cache, there);

	mag_kunit_pin(test, here);
	KUNIT_EXPECT_PTR_EQ(test, mag_cache_alloc(cache, GFP_KERNEL),
			    freed_here);
	mag_cache_free(cache, freed_here);
}

/* Each object is freed on another CPU than it came from. */
static void task_moves_between_calls(struct kunit *test)
{
	unsigned int cpu = cpumask_first(cpu_online_mask);
	u32 move, broken = 0;
	struct mag_cache *cache;
	void *obj;

	skip_without_smp(test);
	cache = mag_kunit_cache(test, OBJECT_SIZE, 0, mag_kunit_owner_ctor);
	for (move = 0; move < MOVES; move++) {
		obj = mag_cache_alloc(cache, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, obj);
		broken += !mag_kunit_claim(obj, OBJECT_SIZE, move + 1);

		cpu = mag_kunit_next_cpu(cpu);
		mag_kunit_pin(test, cpu);
		broken += !mag_kunit_disclaim(obj, OBJECT_SIZE, move + 1);
		mag_cache_free(cache, obj);
	}
	KUNIT_EXPECT_EQ(test, broken, 0);
	expect_exact(test, cache, MOVES);
}

/* Producer and consumer are one task, on two CPUs: magazines cross the depot. */
static void objects_move_by_the_magazine(struct kunit *test)
{
	unsigned int cpu = cpumask_first(cpu_online_mask);
	struct mag_cache *cache;
	u32 nr, move;
	void **objs;

	skip_without_smp(test);
	cache = mag_kunit_cache(test, OBJECT_SIZE, 0, NULL);
	nr = 5 * cache->magazine_rounds + 1;
	objs = mag_kunit_array(test, nr);
	for (move = 0; move < MOVES; move++) {
		mag_kunit_pin(test, cpu);
		mag_kunit_alloc_many(test, cache, objs, nr);
		cpu = mag_kunit_next_cpu(cpu);
		mag_kunit_pin(test, cpu);
		mag_cache_free_bulk(cache, nr, objs);
	}
	KUNIT_EXPECT_GT(test, mag_kunit_stats(cache).alloc_depot, 0);
	expect_exact(test, cache, MOVES * (u64)nr);
}

/**
 * struct nomad - a task that allocates and frees wherever it is
 * @cache: from there
 * @objs: what it holds
 * @seen: CPUs it has been on
 * @turns: of allocating and freeing all
 * @broken: objects that were not its own alone
 * @missed: objects not got
 * @stop: told to end
 */
struct nomad {
	struct mag_cache *cache;
	void *objs[HELD];
	cpumask_t seen;
	u64 turns;
	u64 broken;
	u64 missed;
	bool stop;
};

static void nomad_turn(struct nomad *n)
{
	u32 i;

	for (i = 0; i < HELD; i++) {
		n->objs[i] = mag_cache_alloc(n->cache, GFP_KERNEL);
		if (!n->objs[i])
			n->missed++;
		else if (!mag_kunit_claim(n->objs[i], OBJECT_SIZE, i + 1))
			n->broken++;
	}
	for (i = 0; i < HELD; i++) {
		if (!n->objs[i])
			continue;
		n->broken +=
			!mag_kunit_disclaim(n->objs[i], OBJECT_SIZE, i + 1);
		mag_cache_free(n->cache, n->objs[i]);
	}
}

static void nomad_wander(void *arg)
{
	struct nomad *n = arg;

	while (!READ_ONCE(n->stop)) {
		cpumask_set_cpu(raw_smp_processor_id(), &n->seen);
		nomad_turn(n);
		WRITE_ONCE(n->turns, n->turns + 1);
		cond_resched();
	}
}

/* Each move waits for a turn, so that no CPU is passed over. */
static int drive(struct nomad *n, struct task_struct *task)
{
	unsigned int cpu = cpumask_first(cpu_online_mask);
	unsigned int move;
	int err;
	u64 turns;

	for (move = 0; move < MOVES; move++) {
		turns = READ_ONCE(n->turns);
		cpu = mag_kunit_next_cpu(cpu);
		err = set_cpus_allowed_ptr(task, cpumask_of(cpu));
		if (err)
			return err;
		while (READ_ONCE(n->turns) < turns + 2)
			cond_resched();
	}
	return 0;
}

static void task_is_moved_during_calls(struct kunit *test)
{
	struct mag_kunit_crew *crew;
	struct task_struct *task;
	struct nomad *n;

	skip_without_smp(test);
	n = kunit_kzalloc(test, sizeof(*n), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, n);
	n->cache = mag_kunit_cache(test, OBJECT_SIZE, 0, mag_kunit_owner_ctor);
	crew = mag_kunit_crew(test);
	task = mag_kunit_crew_add(crew, -1, nomad_wander, n);

	mag_kunit_crew_start(crew);
	KUNIT_EXPECT_EQ(test, drive(n, task), 0);
	WRITE_ONCE(n->stop, true);
	mag_kunit_crew_wait(crew);

	KUNIT_EXPECT_EQ(test, n->broken, 0);
	KUNIT_EXPECT_EQ(test, n->missed, 0);
	KUNIT_EXPECT_GE(test, cpumask_weight(&n->seen),
			min(num_online_cpus(), MOVES));
	expect_exact(test, n->cache, n->turns * HELD);
}

static struct kunit_case migrate_cases[] = {
	KUNIT_CASE(cpus_do_not_share_magazines),
	KUNIT_CASE(task_moves_between_calls),
	KUNIT_CASE(objects_move_by_the_magazine),
	KUNIT_CASE(task_is_moved_during_calls),
	{}
};

static struct kunit_suite migrate_suite = {
	.name = "magslab_migrate",
	.suite_init = mag_kunit_suite_init,
	.suite_exit = mag_kunit_suite_exit,
	.test_cases = migrate_cases,
};

kunit_test_suite(migrate_suite);
