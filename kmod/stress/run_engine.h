/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the run engine share: setup and teardown (run_setup.c),
 * results (run_report.c), the phases (run_phase.c), and the life of a run on
 * top of them (run.c).
 */
#ifndef MAGSLAB_STRESS_RUN_ENGINE_H
#define MAGSLAB_STRESS_RUN_ENGINE_H

#include <linux/atomic.h>
#include <linux/cpumask.h>
#include <linux/list.h>
#include <linux/sched.h>
#include <linux/wait.h>

#include "run.h"

/**
 * struct mag_run_engine - the engine's own part of a run
 * @run: the run
 * @cpus: those of the workers
 * @state: enum mag_state; written by the control thread alone, with release,
 *	so that who reads it with acquire sees all that led there
 * @error: 0, or the errno of the first worker that failed
 * @failed_cpu: that worker's CPU, valid once the run has settled
 * @stop_asked: the measured part is to end early
 * @finish_asked: the hold is to end
 * @flags: MAG_RUN_*; written by the control thread before HOLD
 * @clock: in use
 * @step: how fine it is; measured by the first worker, before its first phase
 * @control: leads the phases, tears down
 * @gate: workers and control thread wait for each other here
 * @arrived: workers that came to the gate, all rounds together
 * @round: number of times the gate has opened
 * @unsynced: workers still to come to the common start of a phase
 * @released: the phase has started
 * @start_ns: when, ktime; valid once @released
 * @leaders: workers with steps of their own that have not ended the phase
 * @elapsed_ns: length of the measured part, valid from HOLD on
 * @elapsed_ticks: the same in ticks of the run's clock
 * @live_objects: objects out at the end of the measured part
 * @live_bytes: their sizes summed
 * @held_bytes: memory drawn for them
 * @held_exact: whether every pool could tell
 * @deferred: lanes by CPU number for deferred ops, of every CPU that was online at
 *	some time of the run; NULL if there are none
 * @hotplug: has a lane made for each CPU that comes
 */
struct mag_run_engine {
	struct mag_run *run;
	cpumask_var_t cpus;
	u32 state;
	int error;
	u32 failed_cpu;
	bool stop_asked;
	bool finish_asked;
	u32 flags;
	enum mag_clock clock;
	struct mag_clock_step step;
	struct task_struct *control;

	wait_queue_head_t gate;
	atomic_t arrived;
	u32 round;
	atomic_t unsynced;
	bool released;
	u64 start_ns;
	atomic_t leaders;

	u64 elapsed_ns;
	u64 elapsed_ticks;
	u64 live_objects;
	u64 live_bytes;
	u64 held_bytes;
	bool held_exact;

	struct mag_lane **deferred;
	struct hlist_node hotplug;
};

/**
 * struct mag_lane_sums - what all lanes of a run counted
 * @allocs: objects allocated
 * @frees: objects freed
 * @alloc_bytes: bytes allocated
 * @free_bytes: bytes freed
 * @failures: allocations that returned NULL
 */
struct mag_lane_sums {
	u64 allocs;
	u64 frees;
	u64 alloc_bytes;
	u64 free_bytes;
	u64 failures;
};

static inline enum mag_state mag_run_state(const struct mag_run *run)
{
	/* Pairs with the control thread's releases of the state. */
	return smp_load_acquire(&run->engine->state);
}

/* run_setup.c */
struct mag_run *mag_run_create(const struct mag_run_config *config,
			       const u32 *cpus);
void mag_run_free(struct mag_run *run);
int mag_run_setup(struct mag_run *run);
void mag_run_teardown(struct mag_run *run);

/* run_report.c */
void mag_run_sum_lanes(const struct mag_run *run, struct mag_lane_sums *sums);
void mag_run_snapshot(struct mag_run *run);

/* run_phase.c */
int mag_run_spawn_workers(struct mag_run *run);
void mag_run_wake_workers(struct mag_run *run);
void mag_run_lead(struct mag_run *run);
void mag_run_join_workers(struct mag_run *run);

#endif /* MAGSLAB_STRESS_RUN_ENGINE_H */
