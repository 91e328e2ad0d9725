/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A kernel thread on each of the first CPUs, and the points at which they meet.
 */
#ifndef MAGSLAB_BENCH_THREADS_H
#define MAGSLAB_BENCH_THREADS_H

#include <linux/atomic.h>
#include <linux/types.h>

/**
 * struct bench_meeting - where all threads of a run wait for each other
 * @nr: how many they are
 * @arrived: how often one has come, over all meetings
 */
struct bench_meeting {
	unsigned int nr;
	atomic_t arrived;
};

/*
 * Calls @fn(@arg, id) in @nr threads, each bound to a CPU that is online, and
 * returns when all are done: 0, -ENXIO if there are not so many CPUs, or
 * another -errno if no thread ran at all.  Task context, sleeps.
 */
int bench_threads_run(unsigned int nr, void (*fn)(void *arg, unsigned int id),
		      void *arg);

/* Returns once each thread has called it as often.  In a thread of a run. */
void bench_meet(struct bench_meeting *meeting);

#endif /* MAGSLAB_BENCH_THREADS_H */
