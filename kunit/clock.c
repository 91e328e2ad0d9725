// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suite magslab_clock: what is recorded of a clock's readings, its step, the
 * choice of a clock, and its rate.  No run is under way, so the clock is the
 * suite's.
 */
#include <kunit/test.h>

#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/errno.h>
#include <linux/ktime.h>
#include <linux/limits.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "../kmod/stress/clock.h"
#include "helpers.h"

/* Two clocks of one machine, for so long; by a part of so many, and a step. */
#define CLOCK_WATCH_MS	 50
#define CLOCK_RATE_ERROR 1000
#define CLOCK_STEP_NS	 1000

static void clock_exit(struct kunit *test)
{
	mag_clock_select(MAG_CLOCK_KTIME);
}

/* What is recorded. */

static void clock_delta_is_the_difference_in_ticks(struct kunit *test)
{
	static const u64 deltas[] = { 0, 1, 999, 123456789, S64_MAX };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(deltas); i++)
		KUNIT_EXPECT_EQ(test, mag_clock_delta(deltas[i]), deltas[i]);
}

static void clock_that_went_backwards_gives_zero(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, mag_clock_delta(-1ULL), 0ULL);
	KUNIT_EXPECT_EQ(test, mag_clock_delta((u64)S64_MIN), 0ULL);
}

/* The step, of readings made up. */

#define CLOCK_MADE_UP 512

/**
 * struct clock_model - a clock, and who reads it
 * @name: of the case
 * @step: femtoseconds between two steps of the counter
 * @tick: femtoseconds that a tick of the reading is
 * @read: femtoseconds that the cheapest reading takes
 * @vary: and that each further distance adds
 * @interrupt: readings from one interrupt to the next; 0: none
 * @want: the step to be found, in ticks
 *
 * Readings of a counter that was scaled are off the multiples of its step by a
 * tick.
 */
static const struct clock_model {
	const char *name;
	u64 step;
	u64 tick;
	u64 read;
	u64 vary;
	u32 interrupt;
	u64 want;
} clock_models[] = {
	{ "every_tick", 400000, 400000, 9000000, 310000, 0, 1 },
	{ "every_tick_interrupted", 400000, 400000, 9000000, 310000, 40, 1 },
	{ "every_other_tick", 800000, 400000, 9000000, 310000, 0, 2 },
	{ "26_ticks", 10000000, 384615, 14000000, 310000, 0, 26 },
	{ "26_ticks_interrupted", 10000000, 384615, 14000000, 310000, 9, 26 },
	{ "scaled_to_ns", 10015000, 1000000, 14000000, 310000, 0, 10 },
	{ "finer_than_a_ns", 700000, 1000000, 14000000, 310000, 0, 1 },
	{ "coarser_than_a_reading", 256000000, 1000000, 40000000, 310000, 0,
	  256 },
	{ "coarse_and_interrupted", 256000000, 1000000, 40000000, 310000, 50,
	  256 },
	{ "one_step_in_all", 4000000000000, 1000000, 40000000, 310000, 0,
	  4000000 },
};

static void clock_model_name(const struct clock_model *model, char *desc)
{
	strscpy(desc, model->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(clock_model, clock_models, clock_model_name);

/* The last reading is one that differs from that before it. */
static u64 *clock_readings(struct kunit *test, const struct clock_model *model)
{
	u64 *readings, now = 123456789012;
	u32 i;

	readings = kunit_kcalloc(test, CLOCK_MADE_UP, sizeof(*readings),
				 GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, readings);
	for (i = 0; i < CLOCK_MADE_UP; i++) {
		now += model->read + i % 64 * model->vary;
		if (model->interrupt && i % model->interrupt == 3)
			now += 3333333333ULL + 1234567 * i;
		if (i == CLOCK_MADE_UP - 1)
			now = max(now,
				  model->step *
					  (div64_u64(now, model->step) + 1));
		readings[i] = div64_u64(
			div64_u64(now, model->step) * model->step, model->tick);
	}
	return readings;
}

static void clock_step_is_found(struct kunit *test)
{
	const struct clock_model *model = test->param_value;
	u64 *readings = clock_readings(test, model);

	KUNIT_EXPECT_EQ(test, mag_clock_find_step(readings, CLOCK_MADE_UP),
			model->want);
}

static void clock_that_stands_still_has_no_step(struct kunit *test)
{
	u64 readings[] = { 7, 7, 7, 7 };

	KUNIT_EXPECT_EQ(test, mag_clock_find_step(readings, 4), 0ULL);
}

static void clock_that_moved_once_has_that_step(struct kunit *test)
{
	u64 readings[] = { 7, 7, 7, 12 };

	KUNIT_EXPECT_EQ(test, mag_clock_find_step(readings, 4), 5ULL);
}

/**
 * struct clock_seen - differences of a clock that moves by 10.015 ticks
 * @name: of the case
 * @differences: ascending; of each number of steps not all were seen
 */
static const struct clock_seen {
	const char *name;
	u64 differences[3];
} clock_seen[] = {
	{ "more_then_both", { 11, 20, 21 } },
	{ "both_then_less", { 10, 11, 20 } },
	{ "more_and_more", { 11, 21, 31 } },
	{ "less_and_less", { 10, 20, 30 } },
};

static void clock_seen_name(const struct clock_seen *seen, char *desc)
{
	strscpy(desc, seen->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(clock_seen, clock_seen, clock_seen_name);

/* Groups of differences look no closer than a step. */
static void clock_step_is_not_too_small(struct kunit *test)
{
	const struct clock_seen *seen = test->param_value;
	u64 readings[ARRAY_SIZE(seen->differences) + 1] = { 7 };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(seen->differences); i++)
		readings[i + 1] = readings[i] + seen->differences[i];
	KUNIT_EXPECT_EQ(test,
			mag_clock_find_step(readings, ARRAY_SIZE(readings)),
			10ULL);
}

static void clock_of_single_ticks_seen_once_has_that_step(struct kunit *test)
{
	u64 readings[] = { 7, 7, 8, 8 };

	KUNIT_EXPECT_EQ(test, mag_clock_find_step(readings, 4), 1ULL);
}

/* A reading of 40 ns by a clock of each step, and some interrupts. */
static void clock_cost_is_that_of_most_readings(struct kunit *test)
{
	static const u64 steps[] = { 1, 10, 256 };
	u64 *readings;
	u32 i, j;

	readings = kunit_kcalloc(test, MAG_CLOCK_READINGS, sizeof(*readings),
				 GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, readings);
	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		u64 now = 123456, cost;

		for (j = 0; j < MAG_CLOCK_READINGS; j++) {
			now += j % 300 == 10 ? 50000 : 40;
			readings[j] = now - now % steps[i];
		}
		cost = mag_clock_find_cost(readings, MAG_CLOCK_READINGS /
							     MAG_CLOCK_BLOCK);
		KUNIT_EXPECT_GE_MSG(test, cost, 35ULL, "step %llu", steps[i]);
		KUNIT_EXPECT_LE_MSG(test, cost, 45ULL, "step %llu", steps[i]);
	}
}

/*
 * Of each clock here: no two readings lie closer together than its step.  A clock
 * that is scaled from another is off by one tick, also where it did not move.
 */
static void clock_step_is_that_of_its_readings(struct kunit *test)
{
	struct mag_clock_step step;
	enum mag_clock clock;
	u64 was, now;
	u32 i;

	mag_kunit_pin(test, cpumask_first(cpu_online_mask));
	for (clock = MAG_CLOCK_TSC; clock < MAG_NR_CLOCKS; clock++) {
		if (mag_clock_select(clock))
			continue;
		KUNIT_ASSERT_EQ(test, mag_clock_measure_step(&step), 0);
		kunit_info(test, "clock %s: step %llu, a reading costs %llu",
			   mag_clock_name(clock), step.step, step.read);
		KUNIT_EXPECT_GT(test, step.step, 0ULL);
		was = mag_clock_read();
		for (i = 0; i < CLOCK_MADE_UP; i++) {
			now = mag_clock_read();
			if (now - was > 1)
				KUNIT_EXPECT_GE_MSG(test, now - was + 1,
						    step.step, "clock %s",
						    mag_clock_name(clock));
			was = now;
		}
	}
}

/* The choice. */

static void clock_ktime_is_nanoseconds(struct kunit *test)
{
	u64 before, now, after;

	KUNIT_ASSERT_EQ(test, mag_clock_select(MAG_CLOCK_KTIME), 0);

	before = ktime_get_ns();
	now = mag_clock_read();
	after = ktime_get_ns();
	KUNIT_EXPECT_GE(test, now, before);
	KUNIT_EXPECT_LE(test, now, after);
	KUNIT_EXPECT_EQ(test, mag_clock_khz(MAG_CLOCK_KTIME), NSEC_PER_MSEC);
}

static void clock_auto_is_one_that_exists(struct kunit *test)
{
	enum mag_clock clock = mag_clock_auto();

	KUNIT_EXPECT_TRUE(test,
			  clock == MAG_CLOCK_TSC || clock == MAG_CLOCK_KTIME);
	KUNIT_EXPECT_EQ(test, mag_clock_select(clock), 0);
}

static void clock_rate_is_told_where_there_is_one(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, mag_clock_khz(MAG_CLOCK_TSC),
			mag_clock_tsc_khz());
	KUNIT_EXPECT_EQ(test, mag_clock_khz(MAG_CLOCK_TICKS), 0ULL);
}

/* By the kernel's own time, read just before and just after. */
static void clock_tsc_tells_the_time(struct kunit *test)
{
	u64 outer, inner, start, end;

	if (mag_clock_select(MAG_CLOCK_TSC))
		kunit_skip(test, "no stable time-stamp counter here");

	outer = ktime_get_ns();
	start = mag_clock_read();
	inner = ktime_get_ns();
	msleep(CLOCK_WATCH_MS);
	inner = ktime_get_ns() - inner;
	end = mag_clock_read();
	outer = ktime_get_ns() - outer;

	end = mul_u64_u64_div_u64(end - start, NSEC_PER_MSEC,
				  mag_clock_khz(MAG_CLOCK_TSC));
	KUNIT_EXPECT_GE(test, end + end / CLOCK_RATE_ERROR + CLOCK_STEP_NS,
			inner);
	KUNIT_EXPECT_LE(test, end,
			outer + outer / CLOCK_RATE_ERROR + CLOCK_STEP_NS);
}

static void clock_readings_grow(struct kunit *test)
{
	enum mag_clock clock;
	u64 first;

	for (clock = MAG_CLOCK_TSC; clock < MAG_NR_CLOCKS; clock++) {
		if (mag_clock_select(clock))
			continue;
		/* Ends at all only if the clock goes on. */
		first = mag_clock_read();
		while (mag_clock_read() == first)
			cpu_relax();
		KUNIT_EXPECT_GT_MSG(test, mag_clock_read(), first, "clock %s",
				    mag_clock_name(clock));
	}
}

/* Clocks that need a time-stamp counter are refused where there is none. */
static void clock_that_does_not_exist_is_refused(struct kunit *test)
{
	static const enum mag_clock clocks[] = { MAG_CLOCK_TSC,
						 MAG_CLOCK_TICKS };
	u32 i;

	if (mag_clock_tsc_khz())
		kunit_skip(test, "every clock exists here");

	for (i = 0; i < ARRAY_SIZE(clocks); i++)
		KUNIT_EXPECT_EQ_MSG(test, mag_clock_select(clocks[i]),
				    -EOPNOTSUPP, "clock %s",
				    mag_clock_name(clocks[i]));
}

static void clock_refusal_leaves_the_clock_as_it_was(struct kunit *test)
{
	u64 before;

	KUNIT_ASSERT_EQ(test, mag_clock_select(MAG_CLOCK_KTIME), 0);
	KUNIT_EXPECT_EQ(test, mag_clock_select(MAG_CLOCK_AUTO), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, mag_clock_select(MAG_NR_CLOCKS), -EOPNOTSUPP);
	before = ktime_get_ns();
	KUNIT_EXPECT_GE(test, mag_clock_read(), before);
	KUNIT_EXPECT_LE(test, mag_clock_read(), ktime_get_ns());
}

static void clock_names_are_all_there(struct kunit *test)
{
	enum mag_clock clock;

	for (clock = MAG_CLOCK_AUTO; clock < MAG_NR_CLOCKS; clock++) {
		KUNIT_ASSERT_NOT_NULL(test, mag_clock_name(clock));
		KUNIT_ASSERT_NOT_NULL(test, mag_clock_help(clock));
		KUNIT_EXPECT_LT(test, strlen(mag_clock_name(clock)),
				(size_t)MAG_NAME_LEN);
		KUNIT_EXPECT_LT(test, strlen(mag_clock_help(clock)),
				(size_t)MAG_HELP_LEN);
	}
}

static struct kunit_case clock_cases[] = {
	KUNIT_CASE(clock_delta_is_the_difference_in_ticks),
	KUNIT_CASE(clock_that_went_backwards_gives_zero),
	KUNIT_CASE_PARAM(clock_step_is_found, clock_model_gen_params),
	KUNIT_CASE(clock_that_stands_still_has_no_step),
	KUNIT_CASE(clock_that_moved_once_has_that_step),
	KUNIT_CASE(clock_of_single_ticks_seen_once_has_that_step),
	KUNIT_CASE_PARAM(clock_step_is_not_too_small, clock_seen_gen_params),
	KUNIT_CASE(clock_cost_is_that_of_most_readings),
	KUNIT_CASE(clock_step_is_that_of_its_readings),
	KUNIT_CASE(clock_ktime_is_nanoseconds),
	KUNIT_CASE(clock_auto_is_one_that_exists),
	KUNIT_CASE(clock_rate_is_told_where_there_is_one),
	KUNIT_CASE(clock_tsc_tells_the_time),
	KUNIT_CASE(clock_readings_grow),
	KUNIT_CASE(clock_that_does_not_exist_is_refused),
	KUNIT_CASE(clock_refusal_leaves_the_clock_as_it_was),
	KUNIT_CASE(clock_names_are_all_there),
	{}
};

static struct kunit_suite clock_suite = {
	.name = "magslab_clock",
	.exit = clock_exit,
	.test_cases = clock_cases,
};

kunit_test_suite(clock_suite);
