/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A whole histogram in user space: merging, percentiles, and the scale from
 * ticks to the unit of the report.  The layout of its buckets is in
 * uapi/magslab_hist.h.
 */
#ifndef MAGCTL_HISTOGRAM_H
#define MAGCTL_HISTOGRAM_H

#include <linux/types.h>
#include <stdio.h>

#include "uapi/magslab.h"
#include "uapi/magslab_hist.h"

/* Percentiles are counted in thousandths of a percent: 99990 is p99.99. */
#define MAG_PERCENT 1000U

/* The percentiles of every report. */
enum mag_percentile {
	MAG_P50,
	MAG_P90,
	MAG_P99,
	MAG_P99_9,
	MAG_P99_99,
	MAG_NR_PERCENTILES,
};

/**
 * struct mag_histogram - samples of one operation kind, in ticks
 * @count: samples, in range or not
 * @sum: of all samples
 * @min: least sample, exact; 0 while @count is 0
 * @max: greatest sample, exact; 0 while @count is 0
 * @below: samples below MAG_HIST_MIN, in no bucket
 * @above: samples above MAG_HIST_MAX, in no bucket
 * @per_sample: operations timed in one sample
 * @unit_per_tick: the unit of the report, e.g. ns, that one tick is
 * @bucket: samples in range
 */
struct mag_histogram {
	__u64 count;
	__u64 sum;
	__u64 min;
	__u64 max;
	__u64 below;
	__u64 above;
	__u32 per_sample;
	double unit_per_tick;
	__u64 bucket[MAG_HIST_BUCKETS];
};

/* "p99.9" and 99900 of a percentile of the report. */
const char *mag_percentile_name(enum mag_percentile percentile);
__u32 mag_percentile_rank(enum mag_percentile percentile);

/* Empty, one tick a unit; free with free(). */
struct mag_histogram *mag_histogram_create(void);

/**
 * mag_histogram_fill() - take over what the device says beside the buckets
 * @hist: with its buckets already read
 * @op: the device's figures of the same operation kind
 * @unit_per_tick: scale of the report
 *
 * Return: 0, or -EPROTO if buckets and figures contradict each other.
 */
int mag_histogram_fill(struct mag_histogram *hist,
		       const struct mag_op_result *op, double unit_per_tick);

/**
 * mag_histogram_merge() - add all samples of @from to @into
 * @into: histogram that grows
 * @from: histogram that stays
 *
 * The kernel may refine the rate of its time-stamp counter, by parts in a
 * million, so scales need not agree to the digit: that of @into stays.
 *
 * Return: 0, or -EINVAL if both have samples and differ in per_sample, or by
 * more than 1/1024 in their scale.
 */
int mag_histogram_merge(struct mag_histogram *into,
			const struct mag_histogram *from);

/**
 * mag_histogram_at() - value at a percentile
 * @hist: histogram
 * @percentile: thousandths of a percent, at most 100 * MAG_PERCENT
 *
 * The nearest rank: the smallest recorded value such that at least
 * @percentile of all samples, those out of range included, are at or below it.
 * A sample is known to its bucket, so the bucket's highest value is reported
 * (as HdrHistogram does), yet never more than the greatest sample: the answer
 * is not below the true one, and above it by less than 1/1024.  A rank among
 * the samples below the range gives MAG_HIST_MIN - 1, one above the range
 * gives the greatest sample.
 *
 * Return: the value, in ticks, of a whole sample; 0 if empty.
 */
__u64 mag_histogram_at(const struct mag_histogram *hist, __u32 percentile);

/* Ticks of a sample in the unit of the report: whole, or as one operation's. */
double mag_histogram_per_sample(const struct mag_histogram *hist, __u64 ticks);
double mag_histogram_per_op(const struct mag_histogram *hist, __u64 ticks);

/* Mean of one operation, in the unit of the report; 0 if empty. */
double mag_histogram_mean(const struct mag_histogram *hist);

/* Width of the bucket of a value; both of one operation, in the unit of the report. */
double mag_histogram_width(const struct mag_histogram *hist, double value);

/**
 * struct mag_span - a run of values, in ticks, that share a count
 * @low: least value
 * @high: greatest value
 * @count: samples
 */
struct mag_span {
	__u64 low;
	__u64 high;
	__u64 count;
};

/**
 * mag_histogram_next() - walk over all samples in ascending order
 * @hist: histogram
 * @cursor: 0 at first; kept by the walk
 * @span: next non-empty bucket; samples out of range are a span of their own
 *
 * Return: 1 and @span, or 0 at the end.
 */
int mag_histogram_next(const struct mag_histogram *hist, __u32 *cursor,
		       struct mag_span *span);

#endif /* MAGCTL_HISTOGRAM_H */
