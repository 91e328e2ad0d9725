// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit: every CPU on one cache at once, objects freed by others than those who
 * allocated them, each watched for having one owner at a time.
 */
#include <kunit/test.h>
#include <linux/cpumask.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "helpers.h"

#define WORKERS_PER_CPU 2 /* so that one may be preempted by the other */
#define ROUNDS		2000
#define SLAB_ROUNDS	10000
#define BATCH		40
#define SLOTS		256

struct stress_case {
	const char *name;
	u32 size;
	void (*ctor)(void *obj);
	u32 depot_max; /* 0 for the cache's own */
};

static const struct stress_case stress_cases[] = {
	{ "64 bytes, constructed", 64, mag_kunit_owner_ctor, 0 },
	{ "256 bytes, zeroed", 256, NULL, 0 },
	{ "256 bytes, constructed, a depot of one", 256, mag_kunit_owner_ctor,
	  1 },
	{ "4096 bytes, constructed", 4096, mag_kunit_owner_ctor, 0 },
	{ "4096 bytes, zeroed, a depot of one", 4096, NULL, 1 },
};

static void stress_desc(const struct stress_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(stress, stress_cases, stress_desc);

/* Objects that keep their state, and with it their owner, in the slab. */
static const struct stress_case stress_slab_cases[] = {
	{ "64 bytes", 64, mag_kunit_owner_ctor, 0 },
	{ "256 bytes", 256, mag_kunit_owner_ctor, 0 },
	{ "4096 bytes", 4096, mag_kunit_owner_ctor, 0 },
};

KUNIT_ARRAY_PARAM(stress_slab, stress_slab_cases, stress_desc);

/**
 * struct stress - what the workers share
 * @cache: the cache
 * @node: whose slabs they are, where those are used
 * @size: of an object
 * @gfp: how to allocate: a cache without constructor must zero
 * @slot: objects on their way from one worker to another
 */
struct stress {
	struct mag_cache *cache;
	int node;
	u32 size;
	gfp_t gfp;
	void *slot[SLOTS];
};

/**
 * struct stress_worker - one of many
 * @stress: shared by all
 * @rnd: its own sequence
 * @id: from 1
 * @allocs: objects got
 * @frees: objects given back
 * @broken: objects that had two owners, or none
 * @missed: objects not got
 */
struct stress_worker {
	struct stress *stress;
	struct rnd_state rnd;
	unsigned long id;
	u64 allocs;
	u64 frees;
	u64 broken;
	u64 missed;
};

/* Frees the objects that are whole; one that is not may be another's too. */
static void worker_drop(struct stress_worker *w, void **objs, u32 nr)
{
	struct stress *s = w->stress;
	u32 i, whole = 0;

	for (i = 0; i < nr; i++) {
		if (mag_kunit_disclaim(objs[i], s->size,
				       *(unsigned long *)objs[i]))
			objs[whole++] = objs[i];
		else
			w->broken++;
	}
	w->frees += whole;
	if (mag_kunit_random(&w->rnd, 2)) {
		mag_cache_free_bulk(s->cache, whole, objs);
		return;
	}
	for (i = 0; i < whole; i++)
		mag_cache_free(s->cache, objs[i]);
}

static u32 worker_gather(struct stress_worker *w, void **objs, u32 nr)
{
	struct stress *s = w->stress;
	u32 got = 0;
	void *obj;

	while (nr--) {
		obj = mag_cache_alloc(s->cache, s->gfp);
		if (!obj) {
			w->missed++;
			continue;
		}
		w->allocs++;
		if (mag_kunit_claim(obj, s->size, (w->id << 32) + w->allocs))
			objs[got++] = obj;
		else
			w->broken++;
	}
	return got;
}

/* Leaves some of @objs for others to free, and takes theirs. */
static u32 worker_swap(struct stress_worker *w, void **objs, u32 nr)
{
	u32 i, left = 0;
	void *obj;

	for (i = 0; i < nr; i++) {
		obj = objs[i];
		if (mag_kunit_random(&w->rnd, 2))
			obj = xchg(&w->stress->slot[mag_kunit_random(&w->rnd,
								     SLOTS)],
				   obj);
		if (obj)
			objs[left++] = obj;
	}
	return left;
}

static void worker_run(void *arg)
{
	struct stress_worker *w = arg;
	void *objs[BATCH];
	u32 round, nr;

	/* Once something is broken, what follows means nothing. */
	for (round = 0; round < ROUNDS && !w->broken; round++) {
		nr = 1 + mag_kunit_random(&w->rnd, BATCH);
		nr = worker_gather(w, objs, nr);
		nr = worker_swap(w, objs, nr);
		worker_drop(w, objs, nr);
		cond_resched();
	}
}

static struct stress *stress_create(struct kunit *test)
{
	const struct stress_case *c = test->param_value;
	struct stress *s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, s);
	s->size = c->size;
	s->gfp = c->ctor ? GFP_KERNEL : GFP_KERNEL | __GFP_ZERO;
	s->cache = mag_kunit_cache(test, c->size, 0, c->ctor);
	if (c->depot_max)
		s->cache->policy.depot_max = c->depot_max;
	return s;
}

static struct stress_worker *stress_run(struct kunit *test, struct stress *s,
					void (*fn)(void *arg), u32 nr)
{
	struct mag_kunit_crew *crew;
	struct stress_worker *w;
	struct rnd_state rnd;
	unsigned int cpu = -1;
	u32 i;

	w = kunit_kcalloc(test, nr, sizeof(*w), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, w);
	mag_kunit_seed(test, &rnd);
	crew = mag_kunit_crew(test);
	for (i = 0; i < nr; i++) {
		w[i].stress = s;
		w[i].id = i + 1;
		prandom_seed_state(&w[i].rnd, prandom_u32_state(&rnd));
		cpu = mag_kunit_next_cpu(cpu);
		mag_kunit_crew_add(crew, cpu, fn, &w[i]);
	}
	mag_kunit_crew_start(crew);
	mag_kunit_crew_wait(crew);
	return w;
}

static void stress_empty_slots(struct stress *s, struct stress_worker *w)
{
	u32 i;

	for (i = 0; i < SLOTS; i++)
		if (s->slot[i])
			worker_drop(w, &s->slot[i], 1);
}

static void every_object_has_one_owner(struct kunit *test)
{
	u32 i, nr = WORKERS_PER_CPU * num_online_cpus();
	struct stress *s = stress_create(test);
	struct mag_cache_stats stats;
	u64 allocs = 0, frees = 0;
	struct stress_worker *w;

	w = stress_run(test, s, worker_run, nr);
	stress_empty_slots(s, w);
	for (i = 0; i < nr; i++) {
		KUNIT_EXPECT_EQ(test, w[i].broken, 0);
		KUNIT_EXPECT_EQ(test, w[i].missed, 0);
		allocs += w[i].allocs;
		frees += w[i].frees;
	}

	stats = mag_kunit_stats(s->cache);
	KUNIT_EXPECT_EQ(test, allocs, frees);
	KUNIT_EXPECT_EQ(test, stats.allocs, allocs);
	KUNIT_EXPECT_EQ(test, stats.frees, frees);
	kunit_info(test, "%llu allocs on %u CPUs, depot contended %llu times\n",
		   allocs, num_online_cpus(), stats.depot_contended);
}

/* Nothing but takes and gives, so that the node's lock is always wanted. */
static void worker_run_slabs(void *arg)
{
	struct stress_worker *w = arg;
	struct stress *s = w->stress;
	u32 round, i, got, whole;
	void *objs[BATCH];

	for (round = 0; round < SLAB_ROUNDS && !w->broken; round++) {
		got = mag_slab_take(s->cache, s->node, objs,
				    1 + mag_kunit_random(&w->rnd, BATCH));
		w->allocs += got;
		for (i = 0, whole = 0; i < got; i++) {
			if (mag_kunit_claim(objs[i], s->size, w->id) &&
			    mag_kunit_disclaim(objs[i], s->size, w->id))
				objs[whole++] = objs[i];
			else
				w->broken++;
		}
		mag_slab_give(s->cache, objs, whole);
		cond_resched();
	}
}

/* A slab's worth of objects in slabs, for all workers together. */
static void stress_fill_slabs(struct kunit *test, struct stress *s)
{
	void *obj;

	s->node = mag_home_node();
	obj = mag_slab_grow(s->cache, s->node, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, obj);
	mag_slab_give(s->cache, &obj, 1);
}

static void every_object_of_a_slab_has_one_owner(struct kunit *test)
{
	u32 i, nr = WORKERS_PER_CPU * num_online_cpus();
	struct stress *s = stress_create(test);
	struct stress_worker *w;
	u64 allocs = 0;

	stress_fill_slabs(test, s);
	w = stress_run(test, s, worker_run_slabs, nr);
	for (i = 0; i < nr; i++) {
		KUNIT_EXPECT_EQ(test, w[i].broken, 0);
		allocs += w[i].allocs;
	}
	KUNIT_EXPECT_GT(test, allocs, 0);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(s->cache).slabs, 1);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(s->cache).rounds_cached, 0);
}

static struct kunit_case stress_suite_cases[] = {
	KUNIT_CASE_PARAM(every_object_has_one_owner, stress_gen_params),
	KUNIT_CASE_PARAM(every_object_of_a_slab_has_one_owner,
			 stress_slab_gen_params),
	{}
};

static struct kunit_suite stress_suite = {
	.name = "magslab_stress",
	.suite_init = mag_kunit_suite_init,
	.suite_exit = mag_kunit_suite_exit,
	.test_cases = stress_suite_cases,
};

kunit_test_suite(stress_suite);
