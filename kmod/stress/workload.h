/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the run engine sees of a workload: names, bounds, and what to call when.
 */
#ifndef MAGSLAB_STRESS_WORKLOAD_H
#define MAGSLAB_STRESS_WORKLOAD_H

#include <linux/types.h>

struct mag_run;
struct mag_worker;

/**
 * struct mag_param - a parameter of a workload
 * @name: as user space names it, e.g. "queue_depth"
 * @unit: e.g. "packets", "bytes", "percent", "" for a bare number
 * @help: one line
 * @min: least value
 * @max: greatest value
 * @def: default
 */
struct mag_param {
	const char *name;
	const char *unit;
	const char *help;
	u64 min;
	u64 max;
	u64 def;
};

/**
 * struct mag_op - a kind of operation that is timed
 * @name: e.g. "alloc"
 * @help: one line
 * @deferred: recorded from RCU callbacks, through mag_run_deferred_lane(),
 *	and not by the workers
 */
struct mag_op {
	const char *name;
	const char *help;
	bool deferred;
};

/**
 * struct mag_counter - an event that a workload counts
 * @name: e.g. "lookup_hits"
 * @unit: e.g. "lookups"
 * @help: one line
 */
struct mag_counter {
	const char *name;
	const char *unit;
	const char *help;
};

/**
 * struct mag_workload_ops - one workload
 * @name: as user space names it
 * @help: one line
 * @unit: what one step is, in the plural: "packets", "operations", "pairs"
 * @params: its parameters; their order is the ABI's
 * @nr_params: at most MAG_MAX_PARAMS
 * @ops: what it times; their order is the ABI's
 * @nr_ops: at most MAG_MAX_OPS
 * @counters: what it counts; their order is the ABI's
 * @nr_counters: at most MAG_MAX_COUNTERS
 * @check: refuses values that are each in range but make no sense together;
 *	0 or -EINVAL; may be NULL.  Pure, task context.
 * @setup: creates pools (mag_run_pool_create()) and what workers share; sets
 *	mag_worker.priv, .follows and .per_sample as needed.  Task context, may
 *	sleep.  0 or -errno, and then has undone all but the pools.
 * @step: does a bounded piece of work and returns how many steps it was, 0
 *	included, or -EAGAIN when it must wait for a peer, or another -errno,
 *	which fails the run.  Called over and over by the worker's own thread,
 *	bound to worker->cpu, task context, preemptible.
 * @ready: whether a @step that returned -EAGAIN could go on now; called as the
 *	condition of a wait queue (mag_worker_wake()).  NULL if @step never waits.
 * @teardown: frees every object that is out, waits for RCU callbacks.  No
 *	worker runs any more.  Pools are destroyed by the engine afterwards.
 */
struct mag_workload_ops {
	const char *name;
	const char *help;
	const char *unit;
	const struct mag_param *params;
	u32 nr_params;
	const struct mag_op *ops;
	u32 nr_ops;
	const struct mag_counter *counters;
	u32 nr_counters;
	int (*check)(const u64 *params, u32 nr_workers);
	int (*setup)(struct mag_run *run);
	int (*step)(struct mag_worker *worker);
	bool (*ready)(struct mag_worker *worker);
	void (*teardown)(struct mag_run *run);
};

extern const struct mag_workload_ops mag_workload_skb;
extern const struct mag_workload_ops mag_workload_dentry;
extern const struct mag_workload_ops mag_workload_pair;

/* The @index-th workload, or NULL past the last. */
const struct mag_workload_ops *mag_workload_get(u32 index);
u32 mag_workload_count(void);

#endif /* MAGSLAB_STRESS_WORKLOAD_H */
