// SPDX-License-Identifier: GPL-2.0-only
/*
 * Buckets against an independent statement of their layout, percentiles
 * against the sorted raw samples.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "histogram.h"
#include "samples.h"
#include "unit.h"

#define NR_SAMPLES 50000

/* Thousandths of a percent. */
static const __u32 ranks[] = { 1,     1000,  10000, 25000, 50000, 75000,
			       90000, 99000, 99900, 99990, 99999, 100000 };

/* Width of the bucket of @value, from the definition: 2^11 units, then 2^10 parts. */
static __u64 reference_width(__u64 value)
{
	__u64 width = 1;

	while (value / width >= 2048)
		width *= 2;
	return width;
}

static void test_every_bucket(void)
{
	__u64 low = 0;

	unit_test("histogram: bounds of every bucket are exact and adjoin");
	for (__u32 i = 0; i < MAG_HIST_BUCKETS; i++) {
		__u64 width = reference_width(low);
		__u64 high = low + width - 1;

		CHECK_MSG(mag_hist_low(i) == low,
			  "bucket %u: low %llu, not %llu", i, mag_hist_low(i),
			  low);
		CHECK_MSG(mag_hist_high(i) == high,
			  "bucket %u: high %llu, not %llu", i, mag_hist_high(i),
			  high);
		CHECK_MSG(mag_hist_bucket(low) == i, "low %llu of bucket %u",
			  low, i);
		CHECK_MSG(mag_hist_bucket(high) == i, "high %llu of bucket %u",
			  high, i);
		CHECK_MSG(mag_hist_bucket(low + width / 2) == i,
			  "middle of bucket %u", i);
		CHECK_MSG((width - 1) * 1000 <= low,
			  "bucket %u wider than 0.1 %%", i);
		low = high + 1;
	}
	CHECK_MSG(low == 1ULL << MAG_HIST_MAX_BITS, "buckets end at %llu", low);
	CHECK(mag_hist_bucket(MAG_HIST_MAX) < MAG_HIST_BUCKETS);
}

static void check_value(__u64 value)
{
	__u64 width = reference_width(value);
	__u64 low = value / width * width;
	__u32 i = mag_hist_bucket(value);

	CHECK_MSG(i < MAG_HIST_BUCKETS, "%llu: bucket %u", value, i);
	CHECK_MSG(mag_hist_low(i) == low && mag_hist_high(i) == low + width - 1,
		  "%llu is in %llu to %llu", value, mag_hist_low(i),
		  mag_hist_high(i));
}

static void test_limits(void)
{
	unit_test("histogram: values at the limits fall in their buckets");
	check_value(0);
	check_value(1);
	check_value(2047);
	check_value(2048);
	check_value(MAG_HIST_MAX - 1);
	check_value(MAG_HIST_MAX);
	for (unsigned int k = 1; k < MAG_HIST_MAX_BITS; k++) {
		check_value((1ULL << k) - 1);
		check_value(1ULL << k);
		if ((1ULL << k) + 1 <= MAG_HIST_MAX)
			check_value((1ULL << k) + 1);
	}
}

static int order(const void *a, const void *b)
{
	__u64 x = *(const __u64 *)a, y = *(const __u64 *)b;

	return (x > y) - (x < y);
}

/*
 * Nearest rank from its words, not by a formula: the smallest value with at
 * least the asked share of samples at or below it.
 */
static __u64 reference_at(const __u64 *sorted, size_t nr, __u32 rank)
{
	size_t i = 0;

	while ((__u64)(i + 1) * 100000 < (__u64)nr * rank)
		i++;
	return sorted[i];
}

static void check_percentiles(const char *what, __u64 *values, size_t nr)
{
	struct mag_histogram *hist = mag_histogram_create();

	for (size_t i = 0; i < nr; i++)
		sample_record(hist, values[i]);
	qsort(values, nr, sizeof(*values), order);
	for (size_t i = 0; i < MAG_ARRAY_SIZE(ranks); i++) {
		__u64 exact = reference_at(values, nr, ranks[i]);
		__u64 got = mag_histogram_at(hist, ranks[i]);
		__u64 top = exact;

		if (exact > MAG_HIST_MAX) {
			top = values[nr - 1];
		} else if (exact) {
			top = exact + reference_width(exact) - 1 -
			      exact % reference_width(exact);
			CHECK_MSG((got - exact) * 1000 <= exact,
				  "%s p%g: %llu is more than 0.1 %% over %llu",
				  what, ranks[i] / 1000.0, got, exact);
		}
		if (top > values[nr - 1])
			top = values[nr - 1];
		CHECK_MSG(got == top, "%s p%g: %llu, not %llu (sample %llu)",
			  what, ranks[i] / 1000.0, got, top, exact);
		CHECK_MSG(got >= exact, "%s p%g: %llu under the sample %llu",
			  what, ranks[i] / 1000.0, got, exact);
	}
	CHECK_MSG(mag_histogram_at(hist, 100000) == values[nr - 1],
		  "%s: p100 is not the greatest sample", what);
	free(hist);
}

static void test_distributions(void)
{
	static const size_t sizes[] = { 1,   2,	  3,	99,   100,
					101, 999, 1000, 1001, NR_SAMPLES };
	__u64 *values = malloc(NR_SAMPLES * sizeof(*values));

	unit_test("histogram: percentiles against sorted samples");
	for (int kind = 0; kind < SAMPLE_NR_KINDS; kind++) {
		for (size_t s = 0; s < MAG_ARRAY_SIZE(sizes); s++) {
			sample_fill(kind, 42 + s, values, sizes[s]);
			check_percentiles(sample_kind_name(kind), values,
					  sizes[s]);
		}
	}
	free(values);
}

static void check_single(__u64 value)
{
	check_percentiles("single sample", &value, 1);
}

static void test_single(void)
{
	unit_test("histogram: a single sample is every percentile");
	check_single(1);
	check_single(2047);
	check_single(2048);
	check_single(2049);
	check_single(MAG_HIST_MAX);
	for (unsigned int k = 1; k < MAG_HIST_MAX_BITS; k++) {
		check_single((1ULL << k) - 1);
		check_single(1ULL << k);
		if ((1ULL << k) + 1 <= MAG_HIST_MAX)
			check_single((1ULL << k) + 1);
	}
}

static void test_great_counts(void)
{
	struct mag_histogram *hist = mag_histogram_create();

	unit_test("histogram: ranks of very many samples do not overflow");
	hist->bucket[10] = 1ULL << 62;
	hist->bucket[20] = 1ULL << 62;
	hist->count = 1ULL << 63;
	hist->min = 10;
	hist->max = 20;
	CHECK(mag_histogram_at(hist, 49999) == 10);
	CHECK(mag_histogram_at(hist, 50000) == 10);
	CHECK(mag_histogram_at(hist, 50001) == 20);
	free(hist);
}

static void test_empty(void)
{
	struct mag_histogram *hist = mag_histogram_create();
	struct mag_span span;
	__u32 cursor = 0;

	unit_test("histogram: an empty one has no sample, mean or span");
	CHECK(mag_histogram_at(hist, 50000) == 0);
	CHECK(mag_histogram_mean(hist) == 0);
	CHECK(!mag_histogram_next(hist, &cursor, &span));
	free(hist);
}

static void test_merge(void)
{
	enum {
		nr = 20000,
		parts = 4
	};
	static __u64 values[nr];
	struct mag_histogram *whole = mag_histogram_create();
	struct mag_histogram *sum = mag_histogram_create();

	unit_test("histogram: merged parts equal the whole");
	sample_fill(SAMPLE_OUTSIDE, 7, values, nr);
	for (int part = 0; part < parts; part++) {
		struct mag_histogram *piece = mag_histogram_create();

		for (int i = part; i < nr; i += parts) {
			sample_record(piece, values[i]);
			sample_record(whole, values[i]);
		}
		CHECK(!mag_histogram_merge(sum, piece));
		free(piece);
	}
	CHECK(!memcmp(sum, whole, sizeof(*sum)));
	free(sum);
	free(whole);
}

static void test_merge_empty(void)
{
	struct mag_histogram *some = mag_histogram_create();
	struct mag_histogram *none = mag_histogram_create();

	unit_test("histogram: merging an empty one changes nothing");
	some->per_sample = 8;
	sample_record(some, 5);
	CHECK(!mag_histogram_merge(some, none));
	CHECK(some->count == 1 && some->min == 5 && some->per_sample == 8);
	CHECK(!mag_histogram_merge(none, some));
	CHECK(none->count == 1 && none->min == 5 && none->per_sample == 8);
	some->per_sample = 4;
	CHECK(mag_histogram_merge(none, some) == -EINVAL);
	CHECK(none->count == 1);
	free(some);
	free(none);
}

static void test_fill(void)
{
	struct mag_histogram *hist = mag_histogram_create();
	struct mag_op_result op = {
		.count = 5,
		.sum = 600,
		.min = 0,
		.max = 300,
		.below = 1,
		.above = 1,
		.per_sample = 2,
	};

	unit_test("histogram: figures that contradict the buckets are refused");
	hist->bucket[100] = 3;
	CHECK(mag_histogram_fill(hist, &op, 0.5) == 0);
	CHECK(mag_histogram_mean(hist) == 30);
	CHECK(mag_histogram_per_op(hist, 300) == 75);
	op.count = 6;
	CHECK(mag_histogram_fill(hist, &op, 0.5) == -EPROTO);
	op.count = 5;
	op.below = 0;
	CHECK(mag_histogram_fill(hist, &op, 0.5) == -EPROTO);
	op.below = 1;
	op.per_sample = 0;
	CHECK(mag_histogram_fill(hist, &op, 0.5) == -EPROTO);
	op.per_sample = 1;
	CHECK(mag_histogram_fill(hist, &op, 0) == -EPROTO);
	CHECK(mag_histogram_fill(hist, &op, 0.5) == 0);
	op.min = 301;
	CHECK(mag_histogram_fill(hist, &op, 0.5) == -EPROTO);
	free(hist);
}

static bool near(double a, double b)
{
	return fabs(a - b) <= fabs(b) * 0.000000001;
}

/* 2.5 GHz, batches of 8: a tick is 0.4 ns, and 0.05 ns of an operation. */
static void test_scale(void)
{
	struct mag_histogram *hist = mag_histogram_create();

	unit_test("histogram: ticks are scaled when they are reported");
	CHECK(hist->unit_per_tick == 1);
	CHECK(mag_histogram_per_op(hist, 1000) == 1000);
	hist->unit_per_tick = 0.4;
	hist->per_sample = 8;
	sample_record(hist, 1000);
	sample_record(hist, 3000);
	CHECK(mag_histogram_at(hist, 50000) == 1000);
	CHECK(near(mag_histogram_per_sample(hist, 1000), 400));
	CHECK(near(mag_histogram_per_op(hist, 1000), 50));
	CHECK(near(mag_histogram_mean(hist), 100));

	/* Buckets of one tick, of two from 2048 on, of 2^28 at the end. */
	CHECK(near(mag_histogram_width(hist, 50), 0.05));
	CHECK(near(mag_histogram_width(hist, 2100 * 0.05), 0.1));
	CHECK(near(mag_histogram_width(hist, 299000000000.0 * 0.05),
		   268435456 * 0.05));
	CHECK(mag_histogram_width(hist, 0) == 0);
	CHECK(mag_histogram_width(hist, 301000000000.0 * 0.05) == 0);
	CHECK(mag_histogram_width(hist, NAN) == 0);
	free(hist);
}

static void test_merge_scales(void)
{
	struct mag_histogram *one = mag_histogram_create();
	struct mag_histogram *other = mag_histogram_create();

	unit_test("histogram: a rate may be refined, not changed");
	sample_record(one, 5);
	sample_record(other, 5);
	other->unit_per_tick = 1.0001;
	CHECK(!mag_histogram_merge(one, other));
	CHECK(one->count == 2 && one->unit_per_tick == 1);
	other->unit_per_tick = 1.01;
	CHECK(mag_histogram_merge(one, other) == -EINVAL);
	CHECK(one->count == 2);
	free(one);
	free(other);
}

static void test_walk(void)
{
	enum {
		nr = 5000
	};
	static __u64 values[nr];
	struct mag_histogram *hist = mag_histogram_create();
	struct mag_span span;
	__u64 total = 0, next = 0;
	__u32 cursor = 0;

	unit_test("histogram: the walk meets every sample once, in order");
	sample_fill(SAMPLE_OUTSIDE, 11, values, nr);
	for (int i = 0; i < nr; i++)
		sample_record(hist, values[i]);
	while (mag_histogram_next(hist, &cursor, &span)) {
		CHECK_MSG(span.low >= next && span.high >= span.low,
			  "span %llu to %llu after %llu", span.low, span.high,
			  next);
		CHECK(span.count > 0);
		total += span.count;
		next = span.high + 1;
	}
	CHECK(total == nr);
	CHECK(span.high == hist->max);
	free(hist);
}

void unit_histogram(void)
{
	test_every_bucket();
	test_limits();
	test_distributions();
	test_single();
	test_great_counts();
	test_empty();
	test_merge();
	test_merge_empty();
	test_fill();
	test_scale();
	test_merge_scales();
	test_walk();
}
