// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit: random sequences of operations on a cache, held against a model that
 * is a list of live objects and two counters.
 */
#include <kunit/test.h>
#include <linux/cpumask.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "helpers.h"

#define STEPS	   10000
#define TIDE_STEPS 1000 /* between growing and shrinking */
#define MAX_LIVE   600U
#define MAX_BULK   100U

struct model_case {
	u32 size;
	void (*ctor)(void *obj);
};

static const struct model_case model_cases[] = {
	{ 8, NULL },	 { 8, mag_kunit_owner_ctor },
	{ 100, NULL },	 { 192, mag_kunit_owner_ctor },
	{ 1024, NULL },	 { 4096, mag_kunit_owner_ctor },
	{ 65536, NULL },
};

static void model_desc(const struct model_case *c, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%u bytes, %s constructor",
		 c->size, c->ctor ? "with" : "without");
}

KUNIT_ARRAY_PARAM(model, model_cases, model_desc);

struct model_object {
	void *obj;
	unsigned long owner;
};

/**
 * struct model - what a cache should be
 * @test: the test
 * @cache: the cache itself
 * @rnd: source of the sequence
 * @size: of an object
 * @zeroed: objects must be asked for zeroed: no constructor
 * @live: how many objects are live
 * @max_live: how many may be
 * @allocs: so far
 * @frees: so far
 * @step: so far
 * @failed: they differ; what follows would mean nothing
 * @object: the live ones
 */
struct model {
	struct kunit *test;
	struct mag_cache *cache;
	struct rnd_state rnd;
	u32 size;
	bool zeroed;
	u32 live;
	u32 max_live;
	u64 allocs;
	u64 frees;
	u32 step;
	bool failed;
	struct model_object object[MAX_LIVE];
};

static void model_fail(struct model *m, const char *what)
{
	KUNIT_FAIL(m->test, "step %u: %s", m->step, what);
	m->failed = true;
}

static void model_alloc(struct model *m)
{
	struct model_object *o = &m->object[m->live];
	gfp_t gfp = m->zeroed ? GFP_KERNEL | __GFP_ZERO : GFP_KERNEL;

	if (m->live == m->max_live)
		return;
	o->obj = mag_cache_alloc(m->cache, gfp);
	if (!o->obj) {
		model_fail(m, "no object");
		return;
	}
	o->owner = ++m->allocs;
	if (m->zeroed && memchr_inv(o->obj, 0, m->size))
		model_fail(m, "object is not zeroed");
	if (mag_kunit_claim(o->obj, m->size, o->owner))
		m->live++;
	else
		model_fail(m, "object is somebody else's");
}

/*
 * Strikes a random object off the list, and checks that it is whole.  NULL if
 * it is not: it may be somebody else's too.
 */
static void *model_pick(struct model *m)
{
	struct model_object *o = &m->object[mag_kunit_random(&m->rnd, m->live)];
	struct model_object picked = *o;

	*o = m->object[--m->live];
	if (!mag_kunit_disclaim(picked.obj, m->size, picked.owner)) {
		model_fail(m, "object was written to");
		return NULL;
	}
	m->frees++;
	return picked.obj;
}

static void model_free(struct model *m)
{
	void *obj = m->live ? model_pick(m) : NULL;

	if (obj)
		mag_cache_free(m->cache, obj);
}

static void model_free_bulk(struct model *m)
{
	u32 nr = min(m->live, mag_kunit_random(&m->rnd, MAX_BULK));
	void *objs[MAX_BULK];
	u32 got = 0;

	while (nr--) {
		objs[got] = model_pick(m);
		if (objs[got])
			got++;
	}
	mag_cache_free_bulk(m->cache, got, objs);
}

static void model_move(struct model *m)
{
	mag_kunit_pin(m->test, mag_kunit_next_cpu(raw_smp_processor_id()));
}

static void model_compare(struct model *m)
{
	struct mag_cache_stats stats = mag_kunit_stats(m->cache);

	if (stats.allocs != m->allocs || stats.frees != m->frees)
		model_fail(m, "calls are miscounted");
	if (stats.live != m->live)
		model_fail(m, "live objects are miscounted");
	if (stats.live_bytes != (u64)m->live * max(m->size, 8U))
		model_fail(m, "live bytes are miscounted");
	if (stats.rounds_cached > stats.magazines * stats.magazine_rounds)
		model_fail(m, "more is cached than magazines hold");
	if (stats.live + stats.rounds_cached >
	    stats.slabs * stats.objects_per_slab)
		model_fail(m, "more is out than slabs hold");
}

/* In tides, so that both ends of every ladder are reached. */
static void model_step(struct model *m)
{
	bool rising = m->step / TIDE_STEPS % 2 == 0;
	u32 dice = mag_kunit_random(&m->rnd, 100);

	if (dice < 1)
		model_move(m);
	else if (dice < 5)
		model_compare(m);
	else if (dice < (rising ? 6 : 10))
		model_free_bulk(m);
	else if (dice < (rising ? 80 : 45))
		model_alloc(m);
	else
		model_free(m);
}

static void random_sequence_obeys_the_model(struct kunit *test)
{
	const struct model_case *c = test->param_value;
	struct model *m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, m);
	m->test = test;
	m->size = c->size;
	m->zeroed = !c->ctor;
	m->max_live = min(MAX_LIVE, (u32)(SZ_8M / c->size));
	m->cache = mag_kunit_cache(test, c->size, 0, c->ctor);
	/* Small, so that frees reach the slabs. */
	m->cache->policy.depot_max = 2;
	mag_kunit_seed(test, &m->rnd);
	model_move(m);

	for (m->step = 0; m->step < STEPS && !m->failed; m->step++) {
		model_step(m);
		cond_resched();
	}
	while (m->live && !m->failed)
		model_free(m);
	model_compare(m);
}

static struct kunit_case model_suite_cases[] = {
	KUNIT_CASE_PARAM(random_sequence_obeys_the_model, model_gen_params), {}
};

static struct kunit_suite model_suite = {
	.name = "magslab_model",
	.suite_init = mag_kunit_suite_init,
	.suite_exit = mag_kunit_suite_exit,
	.test_cases = model_suite_cases,
};

kunit_test_suite(model_suite);
