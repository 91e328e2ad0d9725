// SPDX-License-Identifier: GPL-2.0-only
/*
 * Results of a run: sums over its lanes, the snapshot at the end of the
 * measured part, status and histograms for user space.
 */
#include <linux/cpumask.h>
#include <linux/ktime.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/processor.h>
#include <linux/string.h>

#include "run_engine.h"

/*
 * A figure that its writer, who marks nothing lest it cost, may be counting just
 * now: near its value, and exact once the writer has ended.
 */
#define peek(figure) data_race(READ_ONCE(figure))

/* Calls @fn for the lane of every worker and every deferred lane. */
static void visit_lanes(const struct mag_run *run,
			void (*fn)(const struct mag_lane *lane, void *arg),
			void *arg)
{
	const struct mag_lane *lane;
	int cpu;
	u32 id;

	for (id = 0; id < run->nr_workers; id++)
		fn(&run->workers[id].lane, arg);
	if (!run->engine->deferred)
		return;
	for_each_possible_cpu(cpu) {
		/* Pairs with deferred_lane_create(): a CPU may come any time. */
		lane = smp_load_acquire(&run->engine->deferred[cpu]);
		if (lane)
			fn(lane, arg);
	}
}

static void sum_lane(const struct mag_lane *lane, void *arg)
{
	struct mag_lane_sums *sums = arg;

	sums->allocs += peek(lane->allocs);
	sums->frees += peek(lane->frees);
	sums->alloc_bytes += peek(lane->alloc_bytes);
	sums->free_bytes += peek(lane->free_bytes);
	sums->failures += peek(lane->failures);
}

/**
 * mag_run_sum_lanes() - what all lanes counted so far
 * @run: the run
 * @sums: out
 *
 * Context: any.
 */
void mag_run_sum_lanes(const struct mag_run *run, struct mag_lane_sums *sums)
{
	memset(sums, 0, sizeof(*sums));
	visit_lanes(run, sum_lane, sums);
}

static void snapshot_elapsed(struct mag_run *run)
{
	struct mag_run_engine *e = run->engine;
	u64 end_ns = e->start_ns;
	u32 id;

	for (id = 0; id < run->nr_workers; id++) {
		struct mag_worker *worker = &run->workers[id];

		end_ns = max(end_ns, worker->end_ns);
		e->elapsed_ticks = max(e->elapsed_ticks, worker->elapsed_ticks);
	}
	e->elapsed_ns = end_ns - e->start_ns;
}

static void snapshot_held(struct mag_run *run)
{
	struct mag_run_engine *e = run->engine;
	u64 held = 0;
	u32 i;

	for (i = 0; i < run->nr_pools; i++) {
		struct mag_pool *pool = run->pools[i];

		if (!pool->ops->held_bytes)
			return;
		held += pool->ops->held_bytes(pool);
	}
	e->held_bytes = held;
	e->held_exact = true;
}

/**
 * mag_run_snapshot() - note what holds at the end of the measured part
 * @run: the run; its workers have gone and RCU has freed what it was given
 *
 * Context: task, may sleep.
 */
void mag_run_snapshot(struct mag_run *run)
{
	struct mag_run_engine *e = run->engine;
	struct mag_lane_sums sums;

	mag_run_sum_lanes(run, &sums);
	e->live_objects = sums.allocs - sums.frees;
	e->live_bytes = sums.alloc_bytes - sums.free_bytes;
	snapshot_held(run);
	snapshot_elapsed(run);
}

struct op_arg {
	u32 op;
	struct mag_op_result *result;
};

static void add_op_result(const struct mag_lane *lane, void *arg)
{
	struct op_arg *a = arg;
	struct mag_op_result *result = a->result;
	const struct mag_hist *hist = lane->hist[a->op];

	if (!hist)
		return;
	result->count += peek(hist->count);
	result->sum += peek(hist->sum);
	result->min = min(result->min, peek(hist->min));
	result->max = max(result->max, peek(hist->max));
	result->below += peek(hist->below);
	result->above += peek(hist->above);
}

static void status_ops(const struct mag_run *run, struct mag_run_status *status)
{
	u32 op;

	for (op = 0; op < run->workload->nr_ops; op++) {
		struct mag_op_result *result = &status->ops[op];
		struct op_arg arg = { .op = op, .result = result };

		result->per_sample = run->per_sample[op];
		result->min = U64_MAX;
		visit_lanes(run, add_op_result, &arg);
		if (!result->count)
			result->min = 0;
	}
}

static void status_workers(const struct mag_run *run,
			   struct mag_run_status *status)
{
	u32 id, i;

	for (id = 0; id < run->nr_workers; id++) {
		const struct mag_worker *worker = &run->workers[id];

		status->steps += READ_ONCE(worker->steps);
		for (i = 0; i < run->workload->nr_counters; i++)
			status->counters[i] += peek(worker->counters[i]);
	}
}

/* 0 if it has not ended. */
static u64 worker_end_ns(const struct mag_worker *worker)
{
	u64 end_ns;

	while ((end_ns = READ_ONCE(worker->end_ns)) == MAG_WORKER_ENDS)
		cpu_relax();
	return end_ns;
}

/* When the last worker ended, or U64_MAX while one has not. */
static u64 last_end_ns(const struct mag_run *run)
{
	u64 end_ns, last_ns = 0;
	u32 id;

	for (id = 0; id < run->nr_workers; id++) {
		end_ns = worker_end_ns(&run->workers[id]);
		if (!end_ns)
			return U64_MAX;
		last_ns = max(last_ns, end_ns);
	}
	return last_ns;
}

static void status_elapsed(const struct mag_run *run, enum mag_state state,
			   struct mag_run_status *status)
{
	const struct mag_run_engine *e = run->engine;
	u64 now_ns;

	status->elapsed_ns = e->elapsed_ns;
	status->elapsed_ticks = e->elapsed_ticks;
	if (state != MAG_STATE_MEASURE)
		return;

	/* The time first: a worker that ends in between ends later. */
	now_ns = ktime_get_ns();
	/* Pairs with worker_phase(). */
	smp_mb();
	status->elapsed_ns = min(now_ns, last_end_ns(run)) - e->start_ns;
	/* No reading of this CPU's counter can stand for the workers'. */
	if (e->clock == MAG_CLOCK_KTIME)
		status->elapsed_ticks = status->elapsed_ns;
}

/* What only holds once the workers have begun to be measured. */
static void status_measured(const struct mag_run *run, enum mag_state state,
			    struct mag_run_status *status)
{
	const struct mag_run_engine *e = run->engine;

	status->clock_step = e->step.step;
	status->clock_read = e->step.read;
	status_elapsed(run, state, status);
	status_workers(run, status);
	status_ops(run, status);
	if (state == MAG_STATE_MEASURE)
		return;

	status->flags = e->flags;
	status->live_objects = e->live_objects;
	status->live_bytes = e->live_bytes;
	status->held_bytes = e->held_bytes;
	status->held_exact = e->held_exact;
}

/**
 * mag_run_status() - state of a run, and its results so far
 * @run: the run
 * @status: out, every byte
 *
 * Context: task.
 */
void mag_run_status(struct mag_run *run, struct mag_run_status *status)
{
	enum mag_state state = mag_run_state(run);
	struct mag_lane_sums sums;

	memset(status, 0, sizeof(*status));
	status->state = state;
	if (state == MAG_STATE_FAILED) {
		status->error = run->engine->error;
		if (status->error == -ENODEV)
			status->lost_cpu = run->engine->failed_cpu;
	}
	status->clock = run->engine->clock;
	status->clock_khz = mag_clock_khz(run->engine->clock);
	status->nr_workers = run->nr_workers;
	status->nr_ops = run->workload->nr_ops;
	status->nr_counters = run->workload->nr_counters;
	memcpy(status->params, run->params, sizeof(status->params));

	mag_run_sum_lanes(run, &sums);
	status->allocs = sums.allocs;
	status->frees = sums.frees;
	if (state == MAG_STATE_WARMUP || state == MAG_STATE_FAILED)
		return;
	status->alloc_failures = sums.failures;
	status_measured(run, state, status);
}

struct merge_arg {
	u32 op;
	struct mag_hist *into;
};

static void merge_lane(const struct mag_lane *lane, void *arg)
{
	struct merge_arg *a = arg;

	if (lane->hist[a->op])
		mag_hist_merge(a->into, lane->hist[a->op]);
}

/**
 * mag_run_hist() - histogram of one operation kind
 * @run: the run
 * @op: operation kind
 * @worker: number of a worker, or MAG_WORKER_ALL for all of them and the
 *	deferred lanes
 * @into: grows by the samples
 *
 * Context: task.
 * Return: 0; -EINVAL for an @op or @worker that does not exist; -EAGAIN before
 * HOLD; -ENODATA if the run failed.
 */
int mag_run_hist(struct mag_run *run, u32 op, u32 worker, struct mag_hist *into)
{
	struct merge_arg arg = { .op = op, .into = into };

	if (op >= run->workload->nr_ops)
		return -EINVAL;
	if (worker != MAG_WORKER_ALL && worker >= run->nr_workers)
		return -EINVAL;

	switch (mag_run_state(run)) {
	case MAG_STATE_HOLD:
	case MAG_STATE_DONE:
		break;
	case MAG_STATE_FAILED:
		return -ENODATA;
	default:
		return -EAGAIN;
	}

	if (worker == MAG_WORKER_ALL)
		visit_lanes(run, merge_lane, &arg);
	else
		merge_lane(&run->workers[worker].lane, &arg);
	return 0;
}
