/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Batches of a loop's, on one CPU or several at once, and a percentile of them,
 * net of the same loop's over empty functions.
 */
#ifndef MAGSLAB_BENCH_MEASURE_H
#define MAGSLAB_BENCH_MEASURE_H

#include <linux/seq_file.h>
#include <linux/types.h>

#include "pool.h"

/**
 * struct bench_task - what a thread has for itself
 * @pool: the caches, which all threads share
 * @out: room for the objects that a loop has out at once
 */
struct bench_task {
	const struct bench_pool *pool;
	void **out;
};

/**
 * struct bench_loop - a loop, over each of the subjects
 * @name: of the case
 * @per_batch: objects that are allocated and freed in one call
 * @most_out: objects that are out at once
 * @batch: times one batch; returns ticks, or 0 if an allocation failed, and then
 *	no object is out.  NULL where the subject cannot do that
 */
struct bench_loop {
	const char *name;
	u32 per_batch;
	u32 most_out;
	u64 (*batch[BENCH_NR_SUBJECTS])(const struct bench_task *task);
};

/**
 * struct bench_samples - what was timed of a subject
 * @ticks: one value a batch
 * @nr: how many; 0 where a loop has no such subject
 */
struct bench_samples {
	u64 *ticks;
	u32 nr;
};

/*
 * A line of JSON for each subject that has samples, but the empty one: a
 * percentile of @cpus CPUs' batches of @per_batch objects each, and what it is
 * net of the empty one's.  Sorts the samples.
 */
void bench_report(struct seq_file *m, const char *name, unsigned int cpus,
		  u32 per_batch, struct bench_samples *samples,
		  const struct bench_pool *pool);

/* Runs @loop on @cpus CPUs and reports.  Task context, sleeps.  0 or -errno. */
int bench_measure(struct seq_file *m, const struct bench_loop *loop,
		  unsigned int cpus);

#endif /* MAGSLAB_BENCH_MEASURE_H */
