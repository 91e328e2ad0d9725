/* SPDX-License-Identifier: GPL-2.0-only */
/* One run from start to finish, and what it left. */
#ifndef MAGCTL_ROUND_H
#define MAGCTL_ROUND_H

#include <stdbool.h>

#include "complain.h"
#include "cpuload.h"
#include "histogram.h"
#include "progress.h"
#include "request.h"
#include "slabstate.h"

enum mag_round_state {
	MAG_ROUND_WHOLE, /* ran to its bounds */
	MAG_ROUND_STOPPED, /* by a signal; its samples are good, its length is not */
	MAG_ROUND_FAILED, /* nothing of it counts */
};

/* Who counted the memory held. */
enum mag_held_source {
	MAG_HELD_UNKNOWN,
	MAG_HELD_BACKEND, /* the backend itself: exact */
	MAG_HELD_SLABINFO, /* growth of the caches of its prefix */
};

/**
 * struct mag_round - one run
 * @state: how it ended
 * @call: MAG_ROUND_FAILED: what failed
 * @error: MAG_ROUND_FAILED: with which -errno
 * @lost_cpu: MAG_ROUND_FAILED: the worker's CPU that was offline at the start, or
 *	went later; MAG_CPU_NONE if it failed otherwise, or nobody knows which
 * @seed: of its random sequences
 * @status: as read while its live objects were held
 * @held_source: who counted @held_bytes
 * @held_bytes: memory drawn for the live objects; means nothing if
 *	MAG_HELD_UNKNOWN
 * @load: what else went on, from the start to the end of the measured part
 * @leaked: objects never freed, once all should be
 * @unit_per_tick: the unit of the report that one tick of its clock is
 * @at: percentiles by operation kind, of a sample, in the unit of the report
 */
struct mag_round {
	enum mag_round_state state;
	enum mag_call call;
	int error;
	__u32 lost_cpu;
	__u64 seed;
	struct mag_run_status status;
	enum mag_held_source held_source;
	__u64 held_bytes;
	struct mag_load load;
	__u64 leaked;
	double unit_per_tick;
	double at[MAG_MAX_OPS][MAG_NR_PERCENTILES];
};

/**
 * struct mag_stage - what all rounds share
 * @session: the device
 * @request: what to run
 * @progress: how to tell of it
 * @signal_fd: of mag_signals_open()
 * @cpus: of the workers
 * @slabs: out: the caches of the backend whose turn it is, from the first round
 *	that has reached its end
 * @interrupted: out: a signal has come; no further round is to be begun
 */
struct mag_stage {
	const struct mag_session *session;
	const struct mag_request *request;
	struct mag_progress progress;
	int signal_fd;
	const struct mag_cpulist *cpus;
	struct mag_slab_state *slabs;
	bool interrupted;
};

/**
 * mag_round_run() - run once
 * @stage: what all rounds share
 * @backend: index of the backend
 * @number: of the round, from 0; is added to the seed
 * @round: out: all but what a failed run does not have
 * @hist: in: by operation kind, empty; out: the samples
 */
void mag_round_run(struct mag_stage *stage, __u32 backend, unsigned int number,
		   struct mag_round *round, struct mag_histogram **hist);

/* Whether it failed for want of a worker's CPU, which is no fault of the backend. */
bool mag_round_lost_cpu(const struct mag_round *round);

/**
 * mag_round_throughput() - how fast a round went
 * @round: the round
 * @unit: of the report
 *
 * Return: steps a second, or a million instructions if @unit is those; 0 if
 * it had no length.
 */
double mag_round_throughput(const struct mag_round *round, enum mag_unit unit);

/* Of one operation, in the unit of the report; NAN without a sample. */
double mag_round_at(const struct mag_round *round, __u32 op,
		    enum mag_percentile percentile);
double mag_round_mean(const struct mag_round *round, __u32 op);

#endif /* MAGCTL_ROUND_H */
