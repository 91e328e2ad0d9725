// SPDX-License-Identifier: GPL-2.0-only
/* Merging histograms, reading percentiles from them, and scaling these. */
#include <errno.h>
#include <math.h>
#include <stdbool.h>

#include "histogram.h"
#include "util.h"

static const struct {
	const char *name;
	__u32 rank;
} mag_percentiles[MAG_NR_PERCENTILES] = {
	[MAG_P50] = { "p50", 50000 },	    [MAG_P90] = { "p90", 90000 },
	[MAG_P99] = { "p99", 99000 },	    [MAG_P99_9] = { "p99.9", 99900 },
	[MAG_P99_99] = { "p99.99", 99990 },
};

const char *mag_percentile_name(enum mag_percentile percentile)
{
	return mag_percentiles[percentile].name;
}

__u32 mag_percentile_rank(enum mag_percentile percentile)
{
	return mag_percentiles[percentile].rank;
}

struct mag_histogram *mag_histogram_create(void)
{
	struct mag_histogram *hist = mag_xcalloc(1, sizeof(*hist));

	hist->per_sample = 1;
	hist->unit_per_tick = 1;
	return hist;
}

/* Nothing that was recorded may be lost, and nothing invented. */
static int mag_histogram_check(const struct mag_histogram *hist)
{
	__u64 total = hist->below + hist->above;

	for (__u32 i = 0; i < MAG_HIST_BUCKETS; i++)
		total += hist->bucket[i];
	if (total != hist->count || !hist->per_sample ||
	    hist->unit_per_tick <= 0)
		return -EPROTO;
	return hist->count && hist->min > hist->max ? -EPROTO : 0;
}

int mag_histogram_fill(struct mag_histogram *hist,
		       const struct mag_op_result *op, double unit_per_tick)
{
	hist->count = op->count;
	hist->sum = op->sum;
	hist->min = op->count ? op->min : 0;
	hist->max = op->count ? op->max : 0;
	hist->below = op->below;
	hist->above = op->above;
	hist->per_sample = op->per_sample;
	hist->unit_per_tick = unit_per_tick;
	return mag_histogram_check(hist);
}

static bool mag_histogram_alike(const struct mag_histogram *a,
				const struct mag_histogram *b)
{
	double off = fabs(a->unit_per_tick - b->unit_per_tick);

	return a->per_sample == b->per_sample && off * 1024 < a->unit_per_tick;
}

int mag_histogram_merge(struct mag_histogram *into,
			const struct mag_histogram *from)
{
	if (!into->count) {
		*into = *from;
		return 0;
	}
	if (!from->count)
		return 0;
	if (!mag_histogram_alike(into, from))
		return -EINVAL;
	into->count += from->count;
	into->sum += from->sum;
	into->below += from->below;
	into->above += from->above;
	if (from->min < into->min)
		into->min = from->min;
	if (from->max > into->max)
		into->max = from->max;
	for (__u32 i = 0; i < MAG_HIST_BUCKETS; i++)
		into->bucket[i] += from->bucket[i];
	return 0;
}

/* ceil(count * percentile / 100 %) without overflow, and at least 1. */
static __u64 mag_histogram_rank(__u64 count, __u32 percentile)
{
	const __u64 all = 100ULL * MAG_PERCENT;
	__u64 rank = count / all * percentile +
		     (count % all * percentile + all - 1) / all;

	return rank ? rank : 1;
}

__u64 mag_histogram_at(const struct mag_histogram *hist, __u32 percentile)
{
	__u64 rank = mag_histogram_rank(hist->count, percentile);
	struct mag_span span = { 0 };
	__u64 seen = 0;
	__u32 cursor = 0;

	if (!hist->count)
		return 0;
	while (seen < rank && mag_histogram_next(hist, &cursor, &span))
		seen += span.count;
	return span.high < hist->max ? span.high : hist->max;
}

double mag_histogram_per_sample(const struct mag_histogram *hist, __u64 ticks)
{
	return (double)ticks * hist->unit_per_tick;
}

double mag_histogram_per_op(const struct mag_histogram *hist, __u64 ticks)
{
	return mag_histogram_per_sample(hist, ticks) / hist->per_sample;
}

double mag_histogram_mean(const struct mag_histogram *hist)
{
	if (!hist->count)
		return 0.0;
	return mag_histogram_per_op(hist, hist->sum) / (double)hist->count;
}

double mag_histogram_width(const struct mag_histogram *hist, double value)
{
	double ticks = value * hist->per_sample / hist->unit_per_tick;
	__u32 bucket;

	if (!(ticks > 0 && ticks <= MAG_HIST_MAX))
		return 0;
	bucket = mag_hist_bucket((__u64)ticks);
	return mag_histogram_per_op(hist, mag_hist_high(bucket) -
						  mag_hist_low(bucket) + 1);
}

/* Cursor: 0 below the range, 1 + i bucket i, then above the range, then end. */
static struct mag_span mag_histogram_span(const struct mag_histogram *hist,
					  __u32 cursor)
{
	struct mag_span span;

	if (!cursor) {
		span.low = 0;
		span.high = MAG_HIST_MIN - 1;
		span.count = hist->below;
	} else if (cursor <= MAG_HIST_BUCKETS) {
		span.low = mag_hist_low(cursor - 1);
		span.high = mag_hist_high(cursor - 1);
		span.count = hist->bucket[cursor - 1];
	} else {
		span.low = MAG_HIST_MAX + 1;
		span.high = hist->max;
		span.count = hist->above;
	}
	return span;
}

int mag_histogram_next(const struct mag_histogram *hist, __u32 *cursor,
		       struct mag_span *span)
{
	while (*cursor <= MAG_HIST_BUCKETS + 1) {
		struct mag_span next = mag_histogram_span(hist, (*cursor)++);

		if (next.count) {
			*span = next;
			return 1;
		}
	}
	return 0;
}
