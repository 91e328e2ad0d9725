// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suite magslab_hist: the layout of the buckets, recording, merging, and
 * ranks against the sorted samples themselves.
 */
#include <kunit/test.h>

#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/numa.h>
#include <linux/prandom.h>
#include <linux/string.h>

#include "../kmod/stress/hist.h"
#include "../kmod/stress/sort_u64.h"
#include "helpers.h"

#define HIST_SAMPLES 10000

/**
 * struct hist_test - what each case starts from, all of it empty
 * @a: one histogram
 * @b: another
 * @both: a third, for what @a and @b should amount to
 */
struct hist_test {
	struct mag_hist *a;
	struct mag_hist *b;
	struct mag_hist *both;
};

static int hist_init(struct kunit *test)
{
	struct hist_test *ht = kunit_kzalloc(test, sizeof(*ht), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, ht);
	test->priv = ht;
	ht->a = mag_hist_create(NUMA_NO_NODE);
	ht->b = mag_hist_create(NUMA_NO_NODE);
	ht->both = mag_hist_create(NUMA_NO_NODE);
	KUNIT_ASSERT_NOT_NULL(test, ht->a);
	KUNIT_ASSERT_NOT_NULL(test, ht->b);
	KUNIT_ASSERT_NOT_NULL(test, ht->both);
	return 0;
}

static void hist_exit(struct kunit *test)
{
	struct hist_test *ht = test->priv;

	if (!ht)
		return;
	mag_hist_destroy(ht->a);
	mag_hist_destroy(ht->b);
	mag_hist_destroy(ht->both);
}

static u64 hist_in_buckets(const struct mag_hist *hist)
{
	u64 sum = 0;
	u32 i;

	for (i = 0; i < MAG_HIST_BUCKETS; i++)
		sum += hist->bucket[i];
	return sum;
}

/* Layout. */

static const struct hist_place {
	const char *name;
	u64 value;
	u32 bucket;
} hist_places[] = {
	{ "zero", 0, 0 },
	{ "one", 1, 1 },
	{ "last_of_the_unit_buckets", 2047, 2047 },
	{ "first_of_two_values", 2048, 2048 },
	{ "second_of_two_values", 2049, 2048 },
	{ "next_two_values", 2050, 2049 },
	{ "last_of_two_values", 4095, 3071 },
	{ "first_of_four_values", 4096, 3072 },
	{ "fourth_of_four_values", 4099, 3072 },
	{ "next_four_values", 4100, 3073 },
	{ "one_million", 1000000, 2048 + 8 * 1024 + 929 },
	{ "one_second", 1000000000, 2048 + 18 * 1024 + 883 },
	{ "greatest", MAG_HIST_MAX, 2048 + 27 * 1024 + 93 },
};

static void hist_place_name(const struct hist_place *place, char *desc)
{
	strscpy(desc, place->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(hist_place, hist_places, hist_place_name);

static void hist_value_has_its_bucket(struct kunit *test)
{
	const struct hist_place *place = test->param_value;

	KUNIT_EXPECT_EQ(test, mag_hist_bucket(place->value), place->bucket);
}

static void hist_buckets_follow_each_other_without_a_gap(struct kunit *test)
{
	u64 next = 0;
	u32 i;

	for (i = 0; i < MAG_HIST_BUCKETS; i++) {
		KUNIT_ASSERT_EQ_MSG(test, mag_hist_low(i), next, "bucket %u",
				    i);
		KUNIT_ASSERT_GE_MSG(test, mag_hist_high(i), next, "bucket %u",
				    i);
		next = mag_hist_high(i) + 1;
	}
	KUNIT_EXPECT_GT(test, next, MAG_HIST_MAX);
}

static void hist_bounds_of_a_bucket_fall_into_it(struct kunit *test)
{
	u32 i;

	for (i = 0; i < MAG_HIST_BUCKETS; i++) {
		u64 low = mag_hist_low(i);
		u64 high = mag_hist_high(i);

		KUNIT_ASSERT_EQ_MSG(test, mag_hist_bucket(low), i, "low %llu",
				    low);
		KUNIT_ASSERT_EQ_MSG(test, mag_hist_bucket(high), i, "high %llu",
				    high);
	}
}

static void hist_error_is_at_most_a_thousandth(struct kunit *test)
{
	u32 i;

	for (i = 0; i < MAG_HIST_BUCKETS; i++) {
		u64 low = mag_hist_low(i);

		KUNIT_ASSERT_LE_MSG(test, (mag_hist_high(i) - low) * 1000, low,
				    "bucket %u", i);
	}
}

/* Recording. */

static void hist_new_one_is_empty(struct kunit *test)
{
	struct hist_test *ht = test->priv;

	KUNIT_EXPECT_EQ(test, ht->a->count, 0ULL);
	KUNIT_EXPECT_EQ(test, ht->a->sum, 0ULL);
	KUNIT_EXPECT_EQ(test, ht->a->min, U64_MAX);
	KUNIT_EXPECT_EQ(test, ht->a->max, 0ULL);
	KUNIT_EXPECT_EQ(test, ht->a->below, 0ULL);
	KUNIT_EXPECT_EQ(test, ht->a->above, 0ULL);
	KUNIT_EXPECT_EQ(test, hist_in_buckets(ht->a), 0ULL);
}

static void hist_record_counts_sum_and_extremes(struct kunit *test)
{
	struct hist_test *ht = test->priv;

	mag_hist_record(ht->a, 700);
	mag_hist_record(ht->a, 30);
	mag_hist_record(ht->a, 5000);
	mag_hist_record(ht->a, 30);

	KUNIT_EXPECT_EQ(test, ht->a->count, 4ULL);
	KUNIT_EXPECT_EQ(test, ht->a->sum, 5760ULL);
	KUNIT_EXPECT_EQ(test, ht->a->min, 30ULL);
	KUNIT_EXPECT_EQ(test, ht->a->max, 5000ULL);
	KUNIT_EXPECT_EQ(test, ht->a->bucket[30], 2ULL);
	KUNIT_EXPECT_EQ(test, ht->a->bucket[700], 1ULL);
	KUNIT_EXPECT_EQ(test, ht->a->bucket[mag_hist_bucket(5000)], 1ULL);
	KUNIT_EXPECT_EQ(test, hist_in_buckets(ht->a), 4ULL);
}

static const struct hist_range {
	const char *name;
	u64 value;
	u64 below;
	u64 above;
} hist_ranges[] = {
	{ "zero", 0, 1, 0 },
	{ "least", MAG_HIST_MIN, 0, 0 },
	{ "greatest", MAG_HIST_MAX, 0, 0 },
	{ "one_above", MAG_HIST_MAX + 1, 0, 1 },
	{ "past_the_last_bucket", 1ULL << MAG_HIST_MAX_BITS, 0, 1 },
	{ "all_ones", U64_MAX, 0, 1 },
};

static void hist_range_name(const struct hist_range *range, char *desc)
{
	strscpy(desc, range->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(hist_range, hist_ranges, hist_range_name);

static void hist_out_of_range_is_counted_in_no_bucket(struct kunit *test)
{
	const struct hist_range *range = test->param_value;
	struct hist_test *ht = test->priv;

	mag_hist_record(ht->a, range->value);

	KUNIT_EXPECT_EQ(test, ht->a->count, 1ULL);
	KUNIT_EXPECT_EQ(test, ht->a->sum, range->value);
	KUNIT_EXPECT_EQ(test, ht->a->min, range->value);
	KUNIT_EXPECT_EQ(test, ht->a->max, range->value);
	KUNIT_EXPECT_EQ(test, ht->a->below, range->below);
	KUNIT_EXPECT_EQ(test, ht->a->above, range->above);
	KUNIT_EXPECT_EQ(test, hist_in_buckets(ht->a),
			1 - range->below - range->above);
}

static void hist_reset_forgets_everything(struct kunit *test)
{
	struct hist_test *ht = test->priv;

	mag_hist_record(ht->a, 0);
	mag_hist_record(ht->a, 12345);
	mag_hist_record(ht->a, U64_MAX);
	mag_hist_reset(ht->a);

	KUNIT_EXPECT_TRUE(test, !memcmp(ht->a, ht->b, sizeof(*ht->a)));
}

/* Merging, and ranks. */

/* Of every magnitude alike, some of them out of range. */
static u64 hist_draw(struct rnd_state *rnd)
{
	u64 value = (u64)prandom_u32_state(rnd) << 32 | prandom_u32_state(rnd);

	return value >> (prandom_u32_state(rnd) % 40 + 24);
}

static void hist_merge_is_as_if_recorded_in_one(struct kunit *test)
{
	static const u64 ends[] = { MAG_HIST_MIN, MAG_HIST_MAX };
	struct hist_test *ht = test->priv;
	struct rnd_state rnd;
	u32 i;

	mag_kunit_seed(test, &rnd);
	for (i = 0; i < HIST_SAMPLES; i++) {
		u64 value = hist_draw(&rnd);

		mag_hist_record(i % 3 ? ht->a : ht->b, value);
		mag_hist_record(ht->both, value);
	}
	for (i = 0; i < ARRAY_SIZE(ends); i++) {
		mag_hist_record(ht->b, ends[i]);
		mag_hist_record(ht->both, ends[i]);
	}
	mag_hist_merge(ht->a, ht->b);

	KUNIT_EXPECT_GT(test, ht->both->below, 0ULL);
	KUNIT_EXPECT_GT(test, ht->both->above, 0ULL);
	KUNIT_EXPECT_TRUE(test, !memcmp(ht->a, ht->both, sizeof(*ht->a)));
}

static void hist_merge_of_an_empty_one_changes_nothing(struct kunit *test)
{
	struct hist_test *ht = test->priv;

	mag_hist_record(ht->a, 4711);
	mag_hist_record(ht->both, 4711);
	mag_hist_merge(ht->a, ht->b);

	KUNIT_EXPECT_TRUE(test, !memcmp(ht->a, ht->both, sizeof(*ht->a)));
}

static void hist_merge_into_an_empty_one_is_a_copy(struct kunit *test)
{
	struct hist_test *ht = test->priv;

	mag_hist_record(ht->a, 4711);
	mag_hist_merge(ht->b, ht->a);

	KUNIT_EXPECT_TRUE(test, !memcmp(ht->b, ht->a, sizeof(*ht->b)));
}

static void hist_every_rank_is_that_of_the_sorted_samples(struct kunit *test)
{
	struct hist_test *ht = test->priv;
	struct rnd_state rnd;
	u32 bucket = 0, i;
	u64 *samples;
	u64 seen = 0;

	samples =
		kunit_kcalloc(test, HIST_SAMPLES, sizeof(*samples), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, samples);
	mag_kunit_seed(test, &rnd);
	for (i = 0; i < HIST_SAMPLES; i++) {
		samples[i] = clamp(hist_draw(&rnd), MAG_HIST_MIN, MAG_HIST_MAX);
		mag_hist_record(ht->a, samples[i]);
	}
	mag_sort_u64(samples, HIST_SAMPLES);
	KUNIT_ASSERT_EQ(test, hist_in_buckets(ht->a), HIST_SAMPLES);

	/* From the least sample up: the bucket that a percentile would name. */
	for (i = 0; i < HIST_SAMPLES; i++) {
		while (seen <= i)
			seen += ht->a->bucket[bucket++];
		KUNIT_ASSERT_EQ_MSG(test, mag_hist_bucket(samples[i]),
				    bucket - 1, "sample %u of %u", i,
				    HIST_SAMPLES);
	}
}

static struct kunit_case hist_cases[] = {
	KUNIT_CASE_PARAM(hist_value_has_its_bucket, hist_place_gen_params),
	KUNIT_CASE(hist_buckets_follow_each_other_without_a_gap),
	KUNIT_CASE(hist_bounds_of_a_bucket_fall_into_it),
	KUNIT_CASE(hist_error_is_at_most_a_thousandth),
	KUNIT_CASE(hist_new_one_is_empty),
	KUNIT_CASE(hist_record_counts_sum_and_extremes),
	KUNIT_CASE_PARAM(hist_out_of_range_is_counted_in_no_bucket,
			 hist_range_gen_params),
	KUNIT_CASE(hist_reset_forgets_everything),
	KUNIT_CASE(hist_merge_is_as_if_recorded_in_one),
	KUNIT_CASE(hist_merge_of_an_empty_one_changes_nothing),
	KUNIT_CASE(hist_merge_into_an_empty_one_is_a_copy),
	KUNIT_CASE(hist_every_rank_is_that_of_the_sorted_samples),
	{}
};

static struct kunit_suite hist_suite = {
	.name = "magslab_hist",
	.init = hist_init,
	.exit = hist_exit,
	.test_cases = hist_cases,
};

kunit_test_suite(hist_suite);
