// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit: how long a node's lock is held with interrupts off.  An interrupt that comes
 * in the middle of a call tells how far the call is: to have come there at all, it
 * must have been let in between two holds.
 */
#include <kunit/test.h>
#include <linux/cpumask.h>
#include <linux/hrtimer.h>
#include <linux/ktime.h>
#include <linux/string.h>

#include "../kmod/allocator/slab.h"
#include "../kmod/compat.h"
#include "helpers.h"

#define HOLD_OBJECTS 1000
#define HOLD_TRIES   20000
/* Interrupts in the middle that are enough to go by. */
#define HOLD_HITS    5
/* What a timer may take to be set, and to come. */
#define HOLD_LATE_NS 100000
/* A step through the delays that meets all of them, for it is prime. */
#define HOLD_STEP_NS 7919

struct hold_case;

/**
 * struct hold_test - a call that is watched
 * @c: which
 * @cache: of which all slabs are on the node of this CPU
 * @node: that
 * @objs: HOLD_OBJECTS objects, or room for them
 * @reading: what a reading has found so far
 * @timer: brings the interrupt
 * @seen: how far the call was then
 */
struct hold_test {
	const struct hold_case *c;
	struct mag_cache *cache;
	int node;
	void **objs;
	struct mag_node_reading reading;
	struct hrtimer timer;
	u32 seen;
};

/**
 * struct hold_case - what is watched
 * @name: of the case
 * @prepare: makes ready for a call, or NULL
 * @call: the call
 * @undo: what it did, or NULL
 * @progress: objects or slabs that it has seen to, in interrupt context
 */
struct hold_case {
	const char *name;
	void (*prepare)(struct hold_test *ht);
	void (*call)(struct hold_test *ht);
	void (*undo)(struct hold_test *ht);
	u32 (*progress)(const struct hold_test *ht);
};

static void hold_take(struct hold_test *ht)
{
	mag_slab_take(ht->cache, ht->node, ht->objs, HOLD_OBJECTS);
}

static void hold_give(struct hold_test *ht)
{
	mag_slab_give(ht->cache, ht->objs, HOLD_OBJECTS);
}

static void hold_clear(struct hold_test *ht)
{
	memset(ht->objs, 0, HOLD_OBJECTS * sizeof(*ht->objs));
}

static u32 hold_taken(const struct hold_test *ht)
{
	u32 i;

	for (i = 0; i < HOLD_OBJECTS && READ_ONCE(ht->objs[i]); i++)
		;
	return i;
}

static u32 hold_given(const struct hold_test *ht)
{
	struct mag_cache_stats stats = {};

	return HOLD_OBJECTS - mag_slab_stats(ht->cache, &stats);
}

/* As many partial slabs as there are slabs: an object of each is in. */
static void hold_make_partial(struct hold_test *ht)
{
	struct page *page, *last = NULL;
	u32 i;

	for (i = 0; i < HOLD_OBJECTS; i++) {
		page = mag_kunit_slab_page(ht->objs[i]);
		if (page == last)
			continue;
		last = page;
		mag_slab_give(ht->cache, ht->objs + i, 1);
		ht->objs[i] = NULL;
	}
}

static void hold_give_rest(struct hold_test *ht)
{
	u32 i;

	for (i = 0; i < HOLD_OBJECTS; i++)
		if (ht->objs[i])
			mag_slab_give(ht->cache, ht->objs + i, 1);
}

static void hold_read(struct hold_test *ht)
{
	mag_slab_read(ht->cache, ht->node, &ht->reading);
}

static void hold_forget(struct hold_test *ht)
{
	memset(&ht->reading, 0, sizeof(ht->reading));
}

/* The other slabs are added at the end. */
static u32 hold_slabs_read(const struct hold_test *ht)
{
	u32 i, sum = 0;

	for (i = 0; i < MAG_NR_FILLS; i++)
		sum += READ_ONCE(ht->reading.fill[i]);
	return sum;
}

static const struct hold_case hold_cases[] = {
	{ "objects that are taken", hold_clear, hold_take, hold_give,
	  hold_taken },
	{ "objects that are given", hold_take, hold_give, NULL, hold_given },
	{ "slabs that are read", hold_forget, hold_read, NULL,
	  hold_slabs_read },
};

static void hold_desc(const struct hold_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(hold, hold_cases, hold_desc);

static enum hrtimer_restart hold_look(struct hrtimer *timer)
{
	struct hold_test *ht = container_of(timer, struct hold_test, timer);

	ht->seen = ht->c->progress(ht);
	return HRTIMER_NORESTART;
}

/* All objects are in their slabs afterwards. */
static void hold_fill(struct kunit *test, struct hold_test *ht)
{
	u32 i;

	for (i = 0; i < HOLD_OBJECTS; i++) {
		ht->objs[i] = mag_slab_grow(ht->cache, ht->node, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, ht->objs[i]);
		while (i + 1 < HOLD_OBJECTS &&
		       mag_slab_take(ht->cache, ht->node, ht->objs + i + 1, 1))
			i++;
	}
	hold_give(ht);
}

/* How far a call was when an interrupt came after @delay_ns; 0 if it had not begun. */
static u32 hold_try(struct hold_test *ht, u64 delay_ns)
{
	if (ht->c->prepare)
		ht->c->prepare(ht);
	ht->seen = 0;
	hrtimer_start(&ht->timer, ns_to_ktime(delay_ns),
		      HRTIMER_MODE_REL_PINNED);
	ht->c->call(ht);
	hrtimer_cancel(&ht->timer);
	if (ht->c->undo)
		ht->c->undo(ht);
	return ht->seen;
}

/* What a whole call takes here, in ns, to know when to look. */
static u64 hold_duration(struct hold_test *ht)
{
	u64 start;

	if (ht->c->prepare)
		ht->c->prepare(ht);
	start = ktime_get_ns();
	ht->c->call(ht);
	start = ktime_get_ns() - start;
	if (ht->c->undo)
		ht->c->undo(ht);
	return max(start, 1000ULL);
}

static void hold_init(struct kunit *test, struct hold_test *ht)
{
	ht->c = test->param_value;
	mag_kunit_pin(test, cpumask_first(cpu_online_mask));
	ht->node = mag_home_node();
	/* Some 100 slabs of ten objects. */
	ht->cache = mag_kunit_cache(test, PAGE_SIZE / 4, 0, NULL);
	ht->cache->policy.empty_max = U32_MAX;
	ht->objs = mag_kunit_array(test, HOLD_OBJECTS);
	mag_hrtimer_setup(&ht->timer, hold_look, CLOCK_MONOTONIC,
			  HRTIMER_MODE_REL_PINNED);
	hold_fill(test, ht);
	if (ht->c->call == hold_read) {
		hold_take(ht);
		hold_make_partial(ht);
	}
}

static void hold_is_of_32_at_most(struct kunit *test)
{
	u32 whole, seen, tries, hits = 0;
	struct hold_test *ht;
	u64 duration;

	if (IS_ENABLED(CONFIG_PREEMPT_RT))
		kunit_skip(test, "the lock sleeps, and interrupts stay on");
	ht = kunit_kzalloc(test, sizeof(*ht), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ht);
	hold_init(test, ht);
	duration = hold_duration(ht);
	whole = ht->c->call == hold_read ? hold_slabs_read(ht) : HOLD_OBJECTS;
	KUNIT_ASSERT_GT(test, whole, 2 * MAG_SLAB_HOLD);

	for (tries = 0; tries < HOLD_TRIES && hits < HOLD_HITS; tries++) {
		seen = hold_try(ht, (u64)tries * HOLD_STEP_NS %
					    (duration + HOLD_LATE_NS));
		if (!seen || seen >= whole)
			continue;
		hits++;
		KUNIT_EXPECT_EQ_MSG(test, seen % MAG_SLAB_HOLD, 0, "%u of %u",
				    seen, whole);
	}
	KUNIT_EXPECT_EQ_MSG(test, hits, HOLD_HITS,
			    "%u times in the middle of %llu ns", hits,
			    duration);
	if (ht->c->call == hold_read)
		hold_give_rest(ht);
}

static struct kunit_case hold_suite_cases[] = {
	KUNIT_CASE_PARAM(hold_is_of_32_at_most, hold_gen_params), {}
};

static struct kunit_suite hold_suite = {
	.name = "magslab_hold",
	.suite_init = mag_kunit_suite_init,
	.suite_exit = mag_kunit_suite_exit,
	.test_cases = hold_suite_cases,
};

kunit_test_suite(hold_suite);
