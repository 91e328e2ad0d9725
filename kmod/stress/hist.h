/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The histogram that one writer records into, without a lock.  The layout of
 * its buckets is in uapi/magslab_hist.h.
 */
#ifndef MAGSLAB_STRESS_HIST_H
#define MAGSLAB_STRESS_HIST_H

#include <linux/types.h>

#include "../uapi/magslab_hist.h"

/**
 * struct mag_hist - histogram of durations in ticks, with a single writer
 * @count: samples recorded, in range or not
 * @sum: of all samples
 * @min: least sample, U64_MAX while @count is 0
 * @max: greatest sample
 * @below: samples below MAG_HIST_MIN, in no bucket
 * @above: samples above MAG_HIST_MAX, in no bucket
 * @bucket: samples in range
 */
struct mag_hist {
	u64 count;
	u64 sum;
	u64 min;
	u64 max;
	u64 below;
	u64 above;
	u64 bucket[MAG_HIST_BUCKETS];
};

struct mag_hist *mag_hist_create(int node);
void mag_hist_destroy(struct mag_hist *hist);
void mag_hist_reset(struct mag_hist *hist);
void mag_hist_merge(struct mag_hist *into, const struct mag_hist *from);

/**
 * mag_hist_record() - count one sample
 * @hist: histogram that nobody else writes at this moment
 * @value: in ticks of the run's clock
 *
 * Context: any.
 */
static inline void mag_hist_record(struct mag_hist *hist, u64 value)
{
	hist->count++;
	hist->sum += value;
	if (value < hist->min)
		hist->min = value;
	if (value > hist->max)
		hist->max = value;

	if (unlikely(value < MAG_HIST_MIN))
		hist->below++;
	else if (unlikely(value > MAG_HIST_MAX))
		hist->above++;
	else
		hist->bucket[mag_hist_bucket(value)]++;
}

#endif /* MAGSLAB_STRESS_HIST_H */
