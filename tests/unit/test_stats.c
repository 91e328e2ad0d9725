// SPDX-License-Identifier: GPL-2.0-only
/* Medians, ratios and differences with their intervals, and verdicts. */
#include <math.h>

#include "samples.h"
#include "stats.h"
#include "unit.h"

/* Rounding of doubles, of the short table of t, of the published tables. */
#define TINY	    0.000000001
#define SMALL	    0.000001
#define TABLE_ERROR 0.00006

static bool near(double a, double b, double error)
{
	return fabs(a - b) <= error;
}

static void test_median(void)
{
	const double values[] = { 9, 1, 5, 3 };

	unit_test("stats: median of odd, even, one and no value");
	CHECK(mag_stats_median(values, 3) == 5);
	CHECK(mag_stats_median(values, 4) == 4);
	CHECK(mag_stats_median(values, 1) == 9);
	CHECK(isnan(mag_stats_median(values, 0)));
	CHECK(values[0] == 9 && values[1] == 1);
}

/* Published tables, four decimals. */
static void test_t95(void)
{
	static const struct {
		size_t df;
		double t;
	} known[] = {
		{ 1, 12.7062 },	 { 2, 4.3027 },	   { 4, 2.7764 },
		{ 9, 2.2622 },	 { 30, 2.0423 },   { 31, 2.0395 },
		{ 40, 2.0211 },	 { 60, 2.0003 },   { 100, 1.9840 },
		{ 120, 1.9799 }, { 1000, 1.9623 },
	};

	unit_test("stats: Student's t against published tables");
	for (size_t i = 0; i < MAG_ARRAY_SIZE(known); i++)
		CHECK_MSG(near(mag_stats_t95(known[i].df), known[i].t,
			       TABLE_ERROR),
			  "t(%zu) is %.5f, not %.4f", known[i].df,
			  mag_stats_t95(known[i].df), known[i].t);
	for (size_t df = 2; df < 200; df++)
		CHECK_MSG(mag_stats_t95(df) < mag_stats_t95(df - 1),
			  "t(%zu) does not fall", df);
}

/*
 * By hand: logs of the ratios are ln 2 + {-d, 0, d} with d = 0.01; mean ln 2,
 * deviation d, half width 4.3027 * d / sqrt(3).
 */
static void test_ratio(void)
{
	const double d = 0.01;
	const double base[] = { 10, 20, 40 };
	const double value[] = { 20 * exp(-d), 40, 80 * exp(d) };
	const double half = 4.3026527 * d / sqrt(3);
	struct mag_ratio ratio = mag_stats_ratio(value, base, 3);

	unit_test("stats: ratio and interval of a case worked by hand");
	CHECK(ratio.pairs == 3);
	CHECK(near(ratio.base, 20, SMALL));
	CHECK(near(ratio.ratio, 2, TINY));
	CHECK(near(ratio.low, 2 * exp(-half), SMALL));
	CHECK(near(ratio.high, 2 * exp(half), SMALL));

	ratio = mag_stats_ratio(base, value, 3);
	CHECK(near(ratio.ratio, 0.5, TINY));
	CHECK(near(ratio.low * 2 * exp(half), 1, SMALL));
}

static void test_ratio_few(void)
{
	const double base[] = { 10, 10, 0, 10 };
	const double value[] = { 20, 20, 20, 0 };
	struct mag_ratio ratio = mag_stats_ratio(value, base, 4);

	unit_test("stats: fewer than three pairs give no interval");
	CHECK(ratio.pairs == 2);
	CHECK(near(ratio.ratio, 2, TINY));
	CHECK(isnan(ratio.low) && isnan(ratio.high));
	CHECK(mag_stats_verdict(&ratio, true) == MAG_VERDICT_NONE);

	ratio = mag_stats_ratio(value, base, 0);
	CHECK(ratio.pairs == 0 && isnan(ratio.ratio));
	CHECK(mag_stats_verdict(&ratio, true) == MAG_VERDICT_NONE);
}

static void test_ratio_exact(void)
{
	const double base[] = { 100, 100, 100 };
	const double value[] = { 150, 150, 150 };
	struct mag_ratio ratio = mag_stats_ratio(value, base, 3);

	unit_test("stats: rounds that repeat to the digit give a point");
	CHECK(near(ratio.low, 1.5, TINY) && near(ratio.high, 1.5, TINY));
	CHECK(mag_stats_verdict(&ratio, true) == MAG_VERDICT_FASTER);
	ratio = mag_stats_ratio(base, base, 3);
	CHECK(ratio.low == 1 && ratio.high == 1);
	CHECK(mag_stats_verdict(&ratio, true) == MAG_VERDICT_SAME);
}

/* Rounds that all gave 20 and 40: known to half a step each, and no better. */
static void test_ratio_widen(void)
{
	const double base[] = { 20, 20, 20 };
	const double value[] = { 40, 40, 40 };
	struct mag_ratio ratio = mag_stats_ratio(value, base, 3);

	unit_test("stats: figures known to a step give no interval of a point");
	mag_stats_ratio_widen(&ratio, &(struct mag_slack){ 1, 1 },
			      &(struct mag_slack){ 1, 1 });
	CHECK(near(ratio.ratio, 2, TINY));
	CHECK(near(ratio.low, 39.0 / 21, TINY));
	CHECK(near(ratio.high, 41.0 / 19, TINY));
	CHECK(mag_stats_verdict(&ratio, false) == MAG_VERDICT_SLOWER);

	ratio = mag_stats_ratio(value, base, 3);
	mag_stats_ratio_widen(&ratio, &(struct mag_slack){ 10, 10 },
			      &(struct mag_slack){ 10, 10 });
	CHECK(near(ratio.low, 1, TINY) && near(ratio.high, 5, TINY));
	CHECK(mag_stats_verdict(&ratio, false) == MAG_VERDICT_UNSTABLE);

	ratio = mag_stats_ratio(value, base, 3);
	mag_stats_ratio_widen(&ratio, &(struct mag_slack){ 4, 1 },
			      &(struct mag_slack){ 10, 4 });
	CHECK(near(ratio.low, 36.0 / 24, TINY));
	CHECK(near(ratio.high, 41.0 / 10, TINY));

	ratio = mag_stats_ratio(value, base, 3);
	mag_stats_ratio_widen(&ratio, &(struct mag_slack){ 50, 50 },
			      &(struct mag_slack){ 20, 20 });
	CHECK(ratio.low == 0 && isinf(ratio.high));
	CHECK(mag_stats_verdict(&ratio, false) == MAG_VERDICT_UNSTABLE);
}

/* What the rounds' own spread covers, a step does not widen. */
static void test_ratio_widen_noise(void)
{
	const double base[] = { 100, 100, 100 };
	const double value[] = { 100, 120, 140 };
	struct mag_ratio ratio = mag_stats_ratio(value, base, 3);
	struct mag_ratio wide = ratio;

	unit_test("stats: a step is in the noise, not on top of it");
	mag_stats_ratio_widen(&wide, &(struct mag_slack){ 0.5, 0.5 },
			      &(struct mag_slack){ 0.5, 0.5 });
	CHECK(wide.low == ratio.low && wide.high == ratio.high);

	ratio = mag_stats_ratio(value, base, 2);
	mag_stats_ratio_widen(&ratio, &(struct mag_slack){ 0.5, 0.5 },
			      &(struct mag_slack){ 0.5, 0.5 });
	CHECK(isnan(ratio.low) && isnan(ratio.high));
}

static void test_ratio_within(void)
{
	static const struct {
		double value, base, step;
		bool within;
	} cases[] = {
		{ 40, 20, 20, true },	    { 40, 20, 25, true },
		{ 40, 20, 19, false },	    { 20, 40, 20, true },
		{ 20, 40, 19.9, false },    { 20, 20, 0.4, true },
		{ 0.49, 0.25, 0.24, true }, { 0.49, 0.25, 0.23, false },
	};

	unit_test("stats: two figures one step apart are told from two");
	for (size_t i = 0; i < MAG_ARRAY_SIZE(cases); i++) {
		const double value[] = { cases[i].value, cases[i].value };
		const double base[] = { cases[i].base, cases[i].base };
		struct mag_ratio ratio = mag_stats_ratio(value, base, 2);

		CHECK_MSG(mag_stats_ratio_within(&ratio, cases[i].step) ==
				  cases[i].within,
			  "%g and %g by a step of %g", cases[i].value,
			  cases[i].base, cases[i].step);
	}
}

/*
 * The sleep gained by two drugs on ten patients (Student 1908, The probable error
 * of a mean): a paired difference of 1.58 h, 0.7001 to 2.4599.
 */
static void test_difference(void)
{
	const double first[] = { 0.7, -1.6, -0.2, -1.2, -0.1,
				 3.4, 3.7,  0.8,  0.0,	2.0 };
	const double second[] = { 1.9, 0.8, 1.1, 0.1, -0.1,
				  4.4, 5.5, 1.6, 4.6, 3.4 };
	struct mag_difference gain = mag_stats_difference(second, first, 10);

	unit_test("stats: difference and interval of a published case");
	CHECK(gain.pairs == 10);
	CHECK(near(gain.mean, 1.58, TINY));
	CHECK(near(gain.low, 0.7001142, SMALL));
	CHECK(near(gain.high, 2.4598858, SMALL));

	gain = mag_stats_difference(first, second, 10);
	CHECK(near(gain.mean, -1.58, TINY));
	CHECK(near(gain.high, -0.7001142, SMALL));
}

static void test_difference_few(void)
{
	const double value[] = { 5, NAN, 7, 0 };
	const double base[] = { 2, 2, NAN, 3 };
	struct mag_difference difference = mag_stats_difference(value, base, 4);

	unit_test(
		"stats: a difference of fewer than three pairs has no interval");
	CHECK(difference.pairs == 2);
	CHECK(difference.mean == 0);
	CHECK(isnan(difference.low) && isnan(difference.high));
	mag_stats_difference_widen(&difference, &(struct mag_slack){ 0.5, 0.5 },
				   &(struct mag_slack){ 0.5, 0.5 });
	CHECK(isnan(difference.low) && isnan(difference.high));

	difference = mag_stats_difference(value, base, 0);
	CHECK(difference.pairs == 0 && isnan(difference.mean));
}

static void test_difference_widen(void)
{
	const double value[] = { 40, 40, 40, 40 };
	const double base[] = { 20, 20, 20, 20 };
	const double noisy[] = { 0, 10, 20, 30 };
	struct mag_difference difference = mag_stats_difference(value, base, 4);
	struct mag_difference wide;

	unit_test("stats: a difference is known to half of both steps");
	CHECK(difference.low == 20 && difference.high == 20);
	mag_stats_difference_widen(&difference, &(struct mag_slack){ 1, 1 },
				   &(struct mag_slack){ 3, 3 });
	CHECK(difference.mean == 20);
	CHECK(difference.low == 16 && difference.high == 24);

	difference = mag_stats_difference(value, noisy, 4);
	wide = difference;
	mag_stats_difference_widen(&wide, &(struct mag_slack){ 1, 1 },
				   &(struct mag_slack){ 3, 3 });
	CHECK(wide.low == difference.low && wide.high == difference.high);
}

static void test_verdicts(void)
{
	static const struct {
		double low, high;
		enum mag_verdict more, less;
	} cases[] = {
		{ 1.01, 1.20, MAG_VERDICT_FASTER, MAG_VERDICT_SLOWER },
		{ 0.80, 0.99, MAG_VERDICT_SLOWER, MAG_VERDICT_FASTER },
		{ 0.90, 1.10, MAG_VERDICT_SAME, MAG_VERDICT_SAME },
		{ 1.00, 1.20, MAG_VERDICT_SAME, MAG_VERDICT_SAME },
		{ 0.90, 1.00, MAG_VERDICT_SAME, MAG_VERDICT_SAME },
		{ 2.00, 3.00, MAG_VERDICT_FASTER, MAG_VERDICT_SLOWER },
		{ 2.00, 3.01, MAG_VERDICT_UNSTABLE, MAG_VERDICT_UNSTABLE },
		{ 0.50, 1.90, MAG_VERDICT_UNSTABLE, MAG_VERDICT_UNSTABLE },
	};

	unit_test("stats: a verdict only outside the noise");
	for (size_t i = 0; i < MAG_ARRAY_SIZE(cases); i++) {
		struct mag_ratio ratio = { 5, 1, 1, cases[i].low,
					   cases[i].high };
		enum mag_verdict more = mag_stats_verdict(&ratio, true);
		enum mag_verdict less = mag_stats_verdict(&ratio, false);

		CHECK_MSG(more == cases[i].more && less == cases[i].less,
			  "%g to %g: %s and %s", cases[i].low, cases[i].high,
			  mag_stats_verdict_name(more),
			  mag_stats_verdict_name(less));
	}
}

/* What "95 %" promises: seeded, so the count is the same each time. */
static void test_coverage(void)
{
	struct sample_random random = { 20 };
	int covered = 0, trials = 4000;

	unit_test("stats: the interval covers the true ratio in 95 % of cases");
	for (int trial = 0; trial < trials; trial++) {
		double value[5], base[5];
		struct mag_ratio ratio;

		for (int i = 0; i < 5; i++) {
			double drift = exp(sample_normal(&random));

			base[i] = drift * exp(0.05 * sample_normal(&random));
			value[i] = 1.3 * drift *
				   exp(0.05 * sample_normal(&random));
		}
		ratio = mag_stats_ratio(value, base, 5);
		covered += ratio.low <= 1.3 && ratio.high >= 1.3;
	}
	CHECK_MSG(covered > trials * 0.94 && covered < trials * 0.96,
		  "%d of %d", covered, trials);
}

void unit_stats(void)
{
	test_median();
	test_t95();
	test_ratio();
	test_ratio_few();
	test_ratio_exact();
	test_ratio_widen();
	test_ratio_widen_noise();
	test_ratio_within();
	test_difference();
	test_difference_few();
	test_difference_widen();
	test_verdicts();
	test_coverage();
}
