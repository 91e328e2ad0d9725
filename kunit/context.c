// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit: interrupts that call on a cache while the task beneath them is inside
 * its CPU layer: once by appointment, and often by chance.
 */
#include <kunit/test.h>
#include <linux/bottom_half.h>
#include <linux/cpumask.h>
#include <linux/hrtimer.h>
#include <linux/interrupt.h>
#include <linux/ktime.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "../kmod/compat.h"
#include "helpers.h"

#define VISIT_OBJECTS 4
#define VISIT_TRIES   1000

/**
 * struct visitor - a call on a cache whose CPU layer is taken
 * @cache: the cache
 * @timer: brings a visit in hardirq context
 * @tasklet: brings a visit in softirq context
 * @inside: the CPU layer is taken
 * @visits: visits that have ended
 * @nested: of @visits, those made when it was taken
 * @missed: objects not got
 */
struct visitor {
	struct mag_cache *cache;
	struct hrtimer timer;
	struct tasklet_struct tasklet;
	bool inside;
	u32 visits;
	u32 nested;
	u32 missed;
};

static void visit(struct visitor *v)
{
	void *objs[VISIT_OBJECTS];
	u32 i, got = 0;

	for (i = 0; i < VISIT_OBJECTS; i++) {
		objs[got] = mag_cache_alloc(v->cache, GFP_ATOMIC);
		if (objs[got])
			got++;
	}
	v->missed += VISIT_OBJECTS - got;
	if (got)
		mag_cache_free(v->cache, objs[--got]);
	mag_cache_free_bulk(v->cache, got, objs);

	v->nested += READ_ONCE(v->inside);
	WRITE_ONCE(v->visits, v->visits + 1);
}

static enum hrtimer_restart visit_hardirq(struct hrtimer *timer)
{
	visit(container_of(timer, struct visitor, timer));
	return HRTIMER_NORESTART;
}

static void visit_softirq(struct tasklet_struct *tasklet)
{
	visit(container_of(tasklet, struct visitor, tasklet));
}

/*
 * A timer's function runs in hardirq context unless its mode says SOFT, or on
 * PREEMPT_RT does not say HARD: there it is a task's, and no spinlock may be taken
 * in hardirq context.
 */
static void await_hardirq(struct visitor *v)
{
	hrtimer_start(&v->timer, 0, HRTIMER_MODE_REL_PINNED);
	while (!READ_ONCE(v->visits))
		cpu_relax();
}

/* Enabling runs the tasklet at once, unless it is left to ksoftirqd. */
static void invite_softirq(struct visitor *v)
{
	local_bh_disable();
	tasklet_schedule(&v->tasklet);
	local_bh_enable();
}

struct visit_case {
	const char *name;
	void (*call)(struct visitor *v);
};

static const struct visit_case visit_cases[] = {
	{ "from the task itself", visit },
	{ "from a softirq", invite_softirq },
	{ "from a hardirq", await_hardirq },
};

static void visit_desc(const struct visit_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(visit, visit_cases, visit_desc);

static void visitor_init(struct kunit *test, struct visitor *v)
{
	mag_kunit_pin(test, cpumask_first(cpu_online_mask));
	v->cache = mag_kunit_cache(test, 64, 0, NULL);
	mag_hrtimer_setup(&v->timer, visit_hardirq, CLOCK_MONOTONIC,
			  HRTIMER_MODE_REL_PINNED);
	tasklet_setup(&v->tasklet, visit_softirq);
}

/* Makes visits until one has found the CPU layer taken.  False if none has. */
static bool visit_inside(struct visitor *v, void (*call)(struct visitor *v))
{
	int tries;

	for (tries = 0; !v->nested && tries < VISIT_TRIES; tries++) {
		if (!mag_kunit_cpu_enter(v->cache))
			return false;
		WRITE_ONCE(v->inside, true);
		call(v);
		WRITE_ONCE(v->inside, false);
		mag_kunit_cpu_leave(v->cache);
		tasklet_kill(&v->tasklet);
	}
	hrtimer_cancel(&v->timer);
	return v->nested;
}

static void visit_goes_round_the_magazines(struct kunit *test)
{
	const struct visit_case *c = test->param_value;
	struct mag_cache_stats before, after;
	struct visitor *v;
	void *obj[2];

	v = kunit_kzalloc(test, sizeof(*v), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, v);
	visitor_init(test, v);
	/* Rounds in the loaded magazine, and objects in the slab, at hand. */
	mag_kunit_alloc_many(test, v->cache, obj, 2);
	mag_cpu_drain(v->cache);
	mag_cache_free(v->cache, obj[0]);

	before = mag_kunit_stats(v->cache);
	KUNIT_ASSERT_EQ(test, before.rounds_cached, 1);
	KUNIT_ASSERT_TRUE(test, visit_inside(v, c->call));
	after = mag_kunit_stats(v->cache);

	KUNIT_EXPECT_EQ(test, v->missed, 0);
	KUNIT_EXPECT_EQ(test, after.alloc_nested, v->nested * VISIT_OBJECTS);
	KUNIT_EXPECT_EQ(test, after.free_nested, v->nested * VISIT_OBJECTS);
	KUNIT_EXPECT_EQ(test, after.allocs - before.allocs,
			v->visits * VISIT_OBJECTS);
	KUNIT_EXPECT_EQ(test, after.frees - before.frees,
			v->visits * VISIT_OBJECTS);
	if (v->visits == v->nested) {
		KUNIT_EXPECT_EQ(test, after.rounds_cached, 1);
		KUNIT_EXPECT_EQ(test, after.free_loaded, before.free_loaded);
	}
	mag_cache_free(v->cache, obj[1]);
}

/* The slabs have nothing either: the visit draws pages, and is served. */
static void visit_grows_the_cache(struct kunit *test)
{
	const struct visit_case *c = test->param_value;
	struct mag_cache_stats stats;
	struct visitor *v;

	v = kunit_kzalloc(test, sizeof(*v), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, v);
	visitor_init(test, v);
	KUNIT_ASSERT_TRUE(test, visit_inside(v, c->call));

	stats = mag_kunit_stats(v->cache);
	KUNIT_EXPECT_EQ(test, v->missed, 0);
	KUNIT_EXPECT_EQ(test, stats.allocs, v->visits * VISIT_OBJECTS);
	KUNIT_EXPECT_EQ(test, stats.alloc_slab, stats.allocs);
	KUNIT_EXPECT_EQ(test, stats.slabs, 1);
	KUNIT_EXPECT_EQ(test, stats.magazines, 0);
}

/*
 * Rounds of a storm, but no more than what fits in the time: where timers are
 * as coarse as the tick, a round takes one.
 */
#define STORM_ROUNDS 2000
#define STORM_LEAST  50
#define STORM_NS     NSEC_PER_SEC
#define STORM_BATCH  16 /* more than a magazine's rounds: all the ladder */
#define STORM_SLOTS  8
#define STORM_SIZE   4096
#define STORM_MAX_NS 20000

enum {
	STORM_TASK,
	STORM_SOFTIRQ,
	STORM_HARDIRQ,
	STORM_CONTEXTS
};

/**
 * struct storm_side - what one context counts
 * @timer: fires in it
 * @storm: what it is a side of
 * @allocs: objects got
 * @frees: objects given back
 * @broken: objects that were not the holder's alone
 * @turns: ended
 */
struct storm_side {
	struct hrtimer timer;
	struct storm *storm;
	u64 allocs;
	u64 frees;
	u64 broken;
	u32 turns;
};

/**
 * struct storm - contexts of one CPU on one cache
 * @cache: the cache
 * @slot: objects on their way from one context to another
 * @side: by context
 */
struct storm {
	struct mag_cache *cache;
	void *slot[STORM_SLOTS];
	struct storm_side side[STORM_CONTEXTS];
};

/* Frees the objects that are whole; one that is not may be another's too. */
static void storm_drop(struct storm_side *side, void **objs, u32 nr)
{
	u32 i, whole = 0;

	for (i = 0; i < nr; i++) {
		if (mag_kunit_disclaim(objs[i], STORM_SIZE,
				       (unsigned long)objs[i]))
			objs[whole++] = objs[i];
		else
			side->broken++;
	}
	side->frees += whole;
	if (whole & 1)
		mag_cache_free(side->storm->cache, objs[--whole]);
	mag_cache_free_bulk(side->storm->cache, whole, objs);
}

/* Each object is claimed, passed on through a slot, and what was there freed. */
static void storm_turn(struct storm_side *side, u32 nr)
{
	void *objs[STORM_BATCH], *obj;
	u32 i, got = 0;

	for (i = 0; i < nr; i++) {
		obj = mag_cache_alloc(side->storm->cache,
				      GFP_ATOMIC | __GFP_NOWARN);
		if (!obj)
			continue;
		side->allocs++;
		if (!mag_kunit_claim(obj, STORM_SIZE, (unsigned long)obj)) {
			side->broken++;
			continue;
		}
		obj = xchg(&side->storm->slot[i % STORM_SLOTS], obj);
		if (obj)
			objs[got++] = obj;
	}
	storm_drop(side, objs, got);
	WRITE_ONCE(side->turns, side->turns + 1);
}

static enum hrtimer_restart storm_fires(struct hrtimer *timer)
{
	struct storm_side *side = container_of(timer, struct storm_side, timer);

	storm_turn(side, 1 + side->turns % STORM_BATCH);
	return HRTIMER_NORESTART;
}

static const enum hrtimer_mode storm_mode[] = {
	[STORM_SOFTIRQ] = HRTIMER_MODE_REL_PINNED_SOFT,
	[STORM_HARDIRQ] = HRTIMER_MODE_REL_PINNED,
};

struct storm_case {
	const char *name;
	u32 first;
	u32 last;
};

static const struct storm_case storm_cases[] = {
	{ "softirq over task", STORM_SOFTIRQ, STORM_SOFTIRQ },
	{ "hardirq over task", STORM_HARDIRQ, STORM_HARDIRQ },
	{ "hardirq over softirq over task", STORM_SOFTIRQ, STORM_HARDIRQ },
};

static void storm_desc(const struct storm_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(storm, storm_cases, storm_desc);

static struct storm *storm_create(struct kunit *test)
{
	struct storm *s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);
	u32 i;

	KUNIT_ASSERT_NOT_NULL(test, s);
	mag_kunit_pin(test, cpumask_first(cpu_online_mask));
	s->cache = mag_kunit_cache(test, STORM_SIZE, 0, mag_kunit_owner_ctor);
	for (i = 0; i < STORM_CONTEXTS; i++) {
		s->side[i].storm = s;
		if (i != STORM_TASK)
			mag_hrtimer_setup(&s->side[i].timer, storm_fires,
					  CLOCK_MONOTONIC, storm_mode[i]);
	}
	return s;
}

/* Works on in task context until @side has had its turn @turn. */
static void storm_until(struct storm *s, struct storm_side *side, u32 turn)
{
	while (READ_ONCE(side->turns) != turn) {
		storm_turn(&s->side[STORM_TASK],
			   1 + s->side[STORM_TASK].turns % STORM_BATCH);
		cond_resched();
	}
}

static bool storm_goes_on(u32 round, u64 end_ns)
{
	if (round > STORM_ROUNDS)
		return false;
	return round <= STORM_LEAST || ktime_get_ns() < end_ns;
}

static void storm_run(struct storm *s, const struct storm_case *c,
		      struct rnd_state *rnd)
{
	u64 end_ns = ktime_get_ns() + STORM_NS;
	u32 round, i;

	for (round = 1; storm_goes_on(round, end_ns); round++) {
		for (i = c->first; i <= c->last; i++)
			hrtimer_start(&s->side[i].timer,
				      mag_kunit_random(rnd, STORM_MAX_NS),
				      storm_mode[i]);
		for (i = c->first; i <= c->last; i++)
			storm_until(s, &s->side[i], round);
	}
	for (i = c->first; i <= c->last; i++)
		hrtimer_cancel(&s->side[i].timer);
}

static void storm_empty_slots(struct storm *s)
{
	u32 i;

	for (i = 0; i < STORM_SLOTS; i++)
		if (s->slot[i])
			storm_drop(&s->side[STORM_TASK], &s->slot[i], 1);
}

static void interrupts_share_the_cache(struct kunit *test)
{
	struct storm *s = storm_create(test);
	struct mag_cache_stats stats;
	u64 allocs = 0, frees = 0;
	struct rnd_state rnd;
	u32 i;

	mag_kunit_seed(test, &rnd);
	storm_run(s, test->param_value, &rnd);
	storm_empty_slots(s);

	for (i = 0; i < STORM_CONTEXTS; i++) {
		KUNIT_EXPECT_EQ(test, s->side[i].broken, 0);
		allocs += s->side[i].allocs;
		frees += s->side[i].frees;
	}
	stats = mag_kunit_stats(s->cache);
	KUNIT_EXPECT_EQ(test, allocs, frees);
	KUNIT_EXPECT_EQ(test, stats.allocs, allocs);
	KUNIT_EXPECT_EQ(test, stats.frees, frees);
	kunit_info(test, "%llu allocs, %llu of them nested; %llu frees, %llu\n",
		   stats.allocs, stats.alloc_nested, stats.frees,
		   stats.free_nested);
}

static struct kunit_case context_cases[] = {
	KUNIT_CASE_PARAM(visit_goes_round_the_magazines, visit_gen_params),
	KUNIT_CASE_PARAM(visit_grows_the_cache, visit_gen_params),
	KUNIT_CASE_PARAM(interrupts_share_the_cache, storm_gen_params),
	{}
};

static struct kunit_suite context_suite = {
	.name = "magslab_context",
	.suite_init = mag_kunit_suite_init,
	.suite_exit = mag_kunit_suite_exit,
	.test_cases = context_cases,
};

kunit_test_suite(context_suite);
