/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The run engine: one workload on one backend by one thread a CPU, through
 * warm-up, measurement, a hold (for memory to be looked at) and teardown.
 * ioctl.c drives it from above; workloads see the upper half of this file.
 */
#ifndef MAGSLAB_STRESS_RUN_H
#define MAGSLAB_STRESS_RUN_H

#include <linux/cache.h>
#include <linux/prandom.h>
#include <linux/wait.h>

#include "../uapi/magslab.h"
#include "backend.h"
#include "clock.h"
#include "context.h"
#include "hist.h"
#include "workload.h"

#define MAG_MAX_POOLS 8

/**
 * struct mag_lane - where one writer records
 * @run: the run
 * @hist: by operation kind; NULL for those this lane does not record
 * @allocs: objects allocated, warm-up included
 * @frees: objects freed, warm-up included
 * @alloc_bytes: their sizes summed, by the same rule
 * @free_bytes: their sizes summed, by the same rule
 * @failures: allocations that returned NULL in the measured part
 *
 * Single writer: a worker's own lane is written by its thread and by the
 * interrupts that mag_context_call() waits for; a deferred lane is written by
 * RCU callbacks of its CPU, with bottom halves off.
 */
struct mag_lane {
	struct mag_run *run;
	struct mag_hist *hist[MAG_MAX_OPS];
	u64 allocs;
	u64 frees;
	u64 alloc_bytes;
	u64 free_bytes;
	u64 failures;
} ____cacheline_aligned_in_smp;

/**
 * struct mag_worker - one thread of a run
 * @run: the run
 * @id: 0 … run->nr_workers - 1
 * @cpu: the CPU it is bound to; no other worker is
 * @follows: set by setup: has no steps of its own to do (a consumer), and ends
 *	when the workers that do not follow have ended
 * @lane: where it records
 * @rnd: its own random sequence, seeded from the run's seed and @id
 * @context: for mag_context_call()
 * @counters: the workload's events, counted by this worker; the engine zeroes
 *	them when warm-up ends
 * @priv: the workload's own
 *
 * The rest is the engine's.
 */
struct mag_worker {
	struct mag_run *run;
	u32 id;
	int cpu;
	bool follows;
	struct mag_lane lane;
	struct rnd_state rnd;
	struct mag_context context;
	u64 counters[MAG_MAX_COUNTERS];
	void *priv;

	/* engine */
	struct task_struct *task;
	u64 steps;
	u64 end_ns;
	u64 elapsed_ticks;
	/* Apart from what the worker writes: its peers look here to wake it. */
	wait_queue_head_t wait ____cacheline_aligned_in_smp;
} ____cacheline_aligned_in_smp;

/* In a worker's end_ns, from before it reads the clock until it is there. */
#define MAG_WORKER_ENDS 1

/**
 * struct mag_run - one run
 * @workload: what runs
 * @backend: on what
 * @config: as asked for
 * @params: the workload's parameters, defaults filled in, all within bounds
 * @nr_workers: threads
 * @workers: one each
 * @pools: created by the workload's setup
 * @nr_pools: used in @pools
 * @per_sample: set by setup where an operation kind times batches; else 1
 * @priv: the workload's own
 * @recording: whether samples count now
 * @stopping: no further step is to be begun
 *
 * The rest is the engine's, see run_engine.h.
 */
struct mag_run {
	const struct mag_workload_ops *workload;
	const struct mag_backend_ops *backend;
	struct mag_run_config config;
	u64 params[MAG_MAX_PARAMS];
	u32 nr_workers;
	struct mag_worker *workers;
	struct mag_pool *pools[MAG_MAX_POOLS];
	u32 nr_pools;
	u32 per_sample[MAG_MAX_OPS];
	void *priv;
	bool recording;
	bool stopping;

	/* engine */
	struct mag_run_engine *engine;
};

/* For workloads. */

/* As mag_pool_create() on the run's backend; destroyed by the engine. */
struct mag_pool *mag_run_pool_create(struct mag_run *run,
				     const struct mag_pool_spec *spec);
/* The lane of this CPU for deferred ops.  Caller has bottom halves off. */
struct mag_lane *mag_run_deferred_lane(struct mag_run *run);
/* Wakes a worker whose step returned -EAGAIN.  Any context; cheap when it does not wait. */
void mag_worker_wake(struct mag_worker *worker);

static inline u32 mag_worker_random(struct mag_worker *worker)
{
	return prandom_u32_state(&worker->rnd);
}

/* Uniform in 0 … @below - 1, without a division. */
static inline u32 mag_worker_random_below(struct mag_worker *worker, u32 below)
{
	return ((u64)mag_worker_random(worker) * below) >> 32;
}

/* True in @percent of 100 draws. */
static inline bool mag_worker_chance(struct mag_worker *worker, u32 percent)
{
	return mag_worker_random_below(worker, 100) < percent;
}

/* Counts an event of the workload; @counter is its index in the ops table. */
static inline void mag_worker_count(struct mag_worker *worker, u32 counter,
				    u64 add)
{
	worker->counters[counter] += add;
}

/**
 * mag_lane_record() - record a duration
 * @lane: the writer's lane
 * @op: operation kind
 * @delta: difference of two mag_clock_read()
 */
static __always_inline void mag_lane_record(struct mag_lane *lane, u32 op,
					    u64 delta)
{
	if (READ_ONCE(lane->run->recording))
		mag_hist_record(lane->hist[op], mag_clock_delta(delta));
}

/* Counts allocations that returned NULL. */
static inline void mag_lane_failed(struct mag_lane *lane, u64 failures)
{
	if (READ_ONCE(lane->run->recording))
		lane->failures += failures;
}

/**
 * mag_lane_alloc() - allocate an object, timed and counted
 * @lane: the writer's lane
 * @op: operation kind to record it as
 * @pool: where from
 * @gfp: as the context demands
 *
 * Return: a constructed object or NULL, which is counted as a failure; its
 * time is recorded as any other.
 */
static __always_inline void *mag_lane_alloc(struct mag_lane *lane, u32 op,
					    struct mag_pool *pool, gfp_t gfp)
{
	u64 start = mag_clock_read();
	void *obj = mag_pool_alloc(pool, gfp);

	mag_lane_record(lane, op, mag_clock_read() - start);
	if (likely(obj)) {
		lane->allocs++;
		lane->alloc_bytes += pool->spec.size;
	} else {
		mag_lane_failed(lane, 1);
	}
	return obj;
}

/* Frees one object, timed and counted; not NULL. */
static __always_inline void mag_lane_free(struct mag_lane *lane, u32 op,
					  struct mag_pool *pool, void *obj)
{
	u64 start = mag_clock_read();

	mag_pool_free(pool, obj);
	mag_lane_record(lane, op, mag_clock_read() - start);
	lane->frees++;
	lane->free_bytes += pool->spec.size;
}

/* Frees @nr objects in one call, timed as one sample, counted as @nr. */
static __always_inline void mag_lane_free_bulk(struct mag_lane *lane, u32 op,
					       struct mag_pool *pool, size_t nr,
					       void **objs)
{
	u64 start = mag_clock_read();

	mag_pool_free_bulk(pool, nr, objs);
	mag_lane_record(lane, op, mag_clock_read() - start);
	lane->frees += nr;
	lane->free_bytes += nr * pool->spec.size;
}

/* For teardown, where nothing is timed any more. */
static inline void mag_lane_free_untimed(struct mag_lane *lane,
					 struct mag_pool *pool, void *obj)
{
	mag_pool_free(pool, obj);
	lane->frees++;
	lane->free_bytes += pool->spec.size;
}

/* Batches that time themselves (pair) count through here. */
static inline void mag_lane_count(struct mag_lane *lane, struct mag_pool *pool,
				  u64 allocs, u64 frees)
{
	lane->allocs += allocs;
	lane->frees += frees;
	lane->alloc_bytes += allocs * pool->spec.size;
	lane->free_bytes += frees * pool->spec.size;
}

/* For ioctl.c and primitive.c. */

/*
 * One run or measurement at a time, in the whole system: false while another
 * has the claim.
 */
bool mag_run_claim_get(void);
void mag_run_claim_put(void);
/*
 * A run of @config, set up and started, on @cpus, one a worker, or NULL for the
 * first that are online; or ERR_PTR(-errno of MAG_IOC_START).
 */
struct mag_run *mag_run_start(const struct mag_run_config *config,
			      const u32 *cpus);
/* Asks for an early end and waits until it holds (or failed).  0 or -ERESTARTSYS. */
int mag_run_stop(struct mag_run *run);
/* From HOLD: frees everything, waits.  0, -EAGAIN or -ERESTARTSYS. */
int mag_run_finish(struct mag_run *run);
void mag_run_status(struct mag_run *run, struct mag_run_status *status);
/*
 * Merges the histogram of @op of @worker (MAG_WORKER_ALL: of all and of the
 * deferred lanes) into @into, which the caller has reset.
 * 0, -EINVAL, -EAGAIN, -ENODATA.
 */
int mag_run_hist(struct mag_run *run, u32 op, u32 worker,
		 struct mag_hist *into);
/* Whether poll() would say POLLIN. */
bool mag_run_settled(const struct mag_run *run);
/* Woken when a run settles; one for all runs, so that a poller may outlive one. */
wait_queue_head_t *mag_run_waitqueue(void);
/* Stops if need be, tears down, frees.  Not interruptible. */
void mag_run_destroy(struct mag_run *run);
/* The module is going, and no run is left.  Task context. */
void mag_run_exit(void);

#endif /* MAGSLAB_STRESS_RUN_H */
