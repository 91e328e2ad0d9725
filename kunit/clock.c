// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suite magslab_clock: the scale from ticks to nanoseconds, the choice of a
 * clock, and its readings.  No run is under way, so the clock is the suite's.
 */
#include <kunit/test.h>

#include <linux/delay.h>
#include <linux/errno.h>
#include <linux/ktime.h>
#include <linux/limits.h>
#include <linux/math64.h>
#include <linux/string.h>

#include "../kmod/stress/clock.h"

/* What a duration may be off by: 2^-29 of it, and the last nanosecond. */
#define CLOCK_ERROR_SHIFT 29

/* Two clocks of one machine, for so long; by a part of so many, and a step. */
#define CLOCK_WATCH_MS	  50
#define CLOCK_RATE_ERROR  1000
#define CLOCK_STEP_NS	  1000

static void clock_exit(struct kunit *test)
{
	mag_clock_select(MAG_CLOCK_KTIME);
}

/* The scale. */

static const struct clock_khz {
	const char *name;
	u64 khz;
} clock_khzs[] = {
	{ "1_MHz", 1000 },	{ "10_MHz", 10000 },
	{ "19_2_MHz", 19200 },	{ "just_below_1_GHz", 999999 },
	{ "1_GHz", 1000000 },	{ "just_above_1_GHz", 1000001 },
	{ "2_4_GHz", 2400000 }, { "odd", 3192747 },
	{ "10_GHz", 10000000 },
};

static void clock_khz_name(const struct clock_khz *entry, char *desc)
{
	strscpy(desc, entry->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(clock_khz, clock_khzs, clock_khz_name);

static const u64 clock_durations_ns[] = {
	1,	 10,	    999,	1000,		999983,
	1000000, 999999937, 1000000000, 59999999999ULL, 60000000000ULL,
};

static void clock_scale_is_exact(struct kunit *test)
{
	const struct clock_khz *entry = test->param_value;
	u32 i;

	mag_clock_scale = mag_clock_scale_from_khz(entry->khz);
	for (i = 0; i < ARRAY_SIZE(clock_durations_ns); i++) {
		u64 ticks = mul_u64_u64_div_u64(clock_durations_ns[i],
						entry->khz, NSEC_PER_MSEC);
		u64 exact =
			mul_u64_u64_div_u64(ticks, NSEC_PER_MSEC, entry->khz);
		u64 got = mag_clock_delta(ticks);
		u64 room = (exact >> CLOCK_ERROR_SHIFT) + 1;

		KUNIT_EXPECT_LE_MSG(test, got, exact + room, "%llu ticks",
				    ticks);
		KUNIT_EXPECT_GE_MSG(test, got + room, exact, "%llu ticks",
				    ticks);
	}
}

static void clock_scale_never_runs_backwards(struct kunit *test)
{
	const struct clock_khz *entry = test->param_value;
	u64 last = 0;
	u64 ticks;

	mag_clock_scale = mag_clock_scale_from_khz(entry->khz);
	for (ticks = 0; ticks < 100000; ticks++) {
		u64 now = mag_clock_delta(ticks);

		KUNIT_ASSERT_GE_MSG(test, now, last, "%llu ticks", ticks);
		last = now;
	}
}

static void clock_scale_of_a_gigahertz_changes_nothing(struct kunit *test)
{
	u32 i;

	mag_clock_scale = mag_clock_scale_from_khz(1000000);
	for (i = 0; i < ARRAY_SIZE(clock_durations_ns); i++)
		KUNIT_EXPECT_EQ(test, mag_clock_delta(clock_durations_ns[i]),
				clock_durations_ns[i]);
}

static void clock_that_went_backwards_gives_zero(struct kunit *test)
{
	mag_clock_scale = mag_clock_scale_from_khz(2400000);

	KUNIT_EXPECT_EQ(test, mag_clock_delta(-1ULL), 0ULL);
	KUNIT_EXPECT_EQ(test, mag_clock_delta((u64)S64_MIN), 0ULL);
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
	KUNIT_EXPECT_EQ(test, mag_clock_delta(123456789), 123456789ULL);
}

static void clock_auto_is_one_that_exists(struct kunit *test)
{
	enum mag_clock clock = mag_clock_auto();

	KUNIT_EXPECT_TRUE(test,
			  clock == MAG_CLOCK_TSC || clock == MAG_CLOCK_KTIME);
	KUNIT_EXPECT_EQ(test, mag_clock_select(clock), 0);
}

static void clock_ticks_are_not_scaled(struct kunit *test)
{
	if (!mag_clock_tsc_khz())
		kunit_skip(test, "no time-stamp counter here");

	KUNIT_ASSERT_EQ(test, mag_clock_select(MAG_CLOCK_TICKS), 0);
	KUNIT_EXPECT_EQ(test, mag_clock_delta(123456789), 123456789ULL);
}

static void clock_tsc_is_scaled_by_its_frequency(struct kunit *test)
{
	struct mag_clock_scale scale;

	if (mag_clock_auto() != MAG_CLOCK_TSC)
		kunit_skip(test, "no stable time-stamp counter here");

	KUNIT_ASSERT_EQ(test, mag_clock_select(MAG_CLOCK_TSC), 0);
	scale = mag_clock_scale_from_khz(mag_clock_tsc_khz());
	KUNIT_EXPECT_EQ(test, mag_clock_scale.mult, scale.mult);
	KUNIT_EXPECT_EQ(test, mag_clock_scale.shift, scale.shift);
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

	end = mag_clock_delta(end - start);
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
	mag_clock_scale = mag_clock_scale_from_khz(2400000);

	KUNIT_EXPECT_EQ(test, mag_clock_select(MAG_CLOCK_AUTO), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, mag_clock_select(MAG_NR_CLOCKS), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, mag_clock_delta(2400000), NSEC_PER_MSEC);
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
	KUNIT_CASE_PARAM(clock_scale_is_exact, clock_khz_gen_params),
	KUNIT_CASE_PARAM(clock_scale_never_runs_backwards,
			 clock_khz_gen_params),
	KUNIT_CASE(clock_scale_of_a_gigahertz_changes_nothing),
	KUNIT_CASE(clock_that_went_backwards_gives_zero),
	KUNIT_CASE(clock_ktime_is_nanoseconds),
	KUNIT_CASE(clock_auto_is_one_that_exists),
	KUNIT_CASE(clock_ticks_are_not_scaled),
	KUNIT_CASE(clock_tsc_is_scaled_by_its_frequency),
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
