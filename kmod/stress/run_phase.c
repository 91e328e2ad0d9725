// SPDX-License-Identifier: GPL-2.0-only
/*
 * The phases of a run.  As in kernel/rcu/refscale.c, workers meet at the
 * start, after warm-up and at the end: none begins a phase before all have
 * ended the one before.  They sleep at a gate that the control thread opens,
 * then spin until the last is awake, so that a phase starts for all at once.
 */
#include <linux/kthread.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/sched/task.h>
#include <linux/string.h>

#include "run_engine.h"

/*
 * Ends the phase: nobody begins another step.  Called by the control thread,
 * by the last leader and by a worker that fails, at once if it so happens.
 */
static void phase_end(struct mag_run *run)
{
	u32 id;

	WRITE_ONCE(run->stopping, true);
	for (id = 0; id < run->nr_workers; id++)
		wake_up(&run->workers[id].wait);
	wake_up_all(&run->engine->gate);
}

/* The first error is the one reported. */
static void worker_fail(struct mag_worker *worker, int error)
{
	struct mag_run_engine *e = worker->run->engine;

	/* Who reads the CPU does so after the run has settled. */
	if (!cmpxchg(&e->error, 0, error))
		e->failed_cpu = worker->cpu;
	phase_end(worker->run);
}

static bool worker_can_go_on(struct mag_worker *worker)
{
	struct mag_run *run = worker->run;

	return READ_ONCE(run->stopping) || run->workload->ready(worker);
}

static void worker_wait(struct mag_worker *worker)
{
	if (WARN_ON_ONCE(!worker->run->workload->ready)) {
		worker_fail(worker, -EINVAL);
		return;
	}
	wait_event_idle(worker->wait, worker_can_go_on(worker));
}

static void worker_step(struct mag_worker *worker)
{
	int ret;

	/* Its CPU went offline: what it measures would mean another one. */
	if (unlikely(raw_smp_processor_id() != worker->cpu)) {
		worker_fail(worker, -ENODEV);
		return;
	}

	ret = worker->run->workload->step(worker);
	if (likely(ret >= 0))
		WRITE_ONCE(worker->steps, worker->steps + ret);
	else if (ret == -EAGAIN)
		worker_wait(worker);
	else
		worker_fail(worker, ret);
}

/* Steps until told to stop, or, unless it follows, until it has done @bound. */
static void worker_steps(struct mag_worker *worker, u64 bound)
{
	struct mag_run *run = worker->run;

	while (!READ_ONCE(run->stopping)) {
		if (worker->steps >= bound && !worker->follows)
			break;
		worker_step(worker);
		cond_resched_tasks_rcu_qs();
	}

	if (!worker->follows && atomic_dec_and_test(&run->engine->leaders))
		phase_end(run);
}

/* Comes to the gate for the @round-th time. */
static void worker_arrive(struct mag_worker *worker, u32 round)
{
	struct mag_run *run = worker->run;
	int all = run->nr_workers * round;

	if (atomic_inc_return(&run->engine->arrived) == all)
		wake_up_all(&run->engine->gate);
}

/* Waits until the gate has opened @round times. */
static void worker_meet(struct mag_worker *worker, u32 round)
{
	struct mag_run_engine *e = worker->run->engine;

	worker_arrive(worker, round);
	/* Pairs with lead_open(): what it set up comes before the round. */
	wait_event_idle(e->gate, smp_load_acquire(&e->round) >= round);
}

/* Starts together with all other workers; the last to come says when. */
static void worker_sync(struct mag_worker *worker)
{
	struct mag_run_engine *e = worker->run->engine;

	if (atomic_dec_and_test(&e->unsynced)) {
		e->start_ns = ktime_get_ns();
		/* Who sees it sees the start, and every worker's counts at 0. */
		smp_store_release(&e->released, true);
		wake_up_all(&e->gate);
		return;
	}
	/* Pairs with the release above. */
	while (!smp_load_acquire(&e->released)) {
		cpu_relax();
		cond_resched();
	}
}

static void worker_phase(struct mag_worker *worker, u64 bound)
{
	u64 start;

	worker->steps = 0;
	WRITE_ONCE(worker->end_ns, 0);
	worker->lane.failures = 0;
	memset(worker->counters, 0, sizeof(worker->counters));

	worker_sync(worker);
	start = mag_clock_read();
	worker_steps(worker, bound);
	/* Start and end on one CPU: counters of two need not agree. */
	worker->elapsed_ticks = mag_clock_delta(mag_clock_read() - start);

	/* Soon: there may be somebody who waits for it, worker_end_ns(). */
	preempt_disable();
	WRITE_ONCE(worker->end_ns, MAG_WORKER_ENDS);
	/* Pairs with status_elapsed(): who does not see it, read the clock before. */
	smp_mb();
	WRITE_ONCE(worker->end_ns, ktime_get_ns());
	preempt_enable();
}

static bool has_warmup(const struct mag_run_config *config)
{
	return config->warmup_ns || config->warmup_steps;
}

/* By one for all: the clock is the same on every CPU. */
static void worker_measure_clock(struct mag_worker *worker)
{
	int err;

	if (worker->id)
		return;
	err = mag_clock_measure_step(&worker->run->engine->step);
	if (err)
		worker_fail(worker, err);
}

static int worker_main(void *arg)
{
	struct mag_worker *worker = arg;
	const struct mag_run_config *config = &worker->run->config;
	u32 round = 0;

	worker_measure_clock(worker);
	if (has_warmup(config)) {
		worker_meet(worker, ++round);
		worker_phase(worker, config->warmup_steps ?: U64_MAX);
	}
	worker_meet(worker, ++round);
	worker_phase(worker, config->steps ?: U64_MAX);
	worker_arrive(worker, ++round);
	return 0;
}

/* Each is kept by a reference, so that it can be joined after it has ended. */
static int worker_spawn(struct mag_worker *worker)
{
	struct task_struct *task;

	task = kthread_create_on_cpu(worker_main, worker, worker->cpu,
				     "magslab/%u");
	if (IS_ERR(task))
		return PTR_ERR(task);
	worker->task = get_task_struct(task);
	return 0;
}

/**
 * mag_run_spawn_workers() - create the threads of the workers, asleep
 * @run: the run, set up
 *
 * Context: task, may sleep.
 * Return: 0, or the errno of kthread_create_on_cpu(), and none is left.
 */
int mag_run_spawn_workers(struct mag_run *run)
{
	u32 id;
	int err;

	for (id = 0; id < run->nr_workers; id++) {
		err = worker_spawn(&run->workers[id]);
		if (err) {
			mag_run_join_workers(run);
			return err;
		}
	}
	return 0;
}

/**
 * mag_run_wake_workers() - let the threads of the workers begin
 * @run: the run
 *
 * Context: any.
 */
void mag_run_wake_workers(struct mag_run *run)
{
	u32 id;

	for (id = 0; id < run->nr_workers; id++)
		wake_up_process(run->workers[id].task);
}

/**
 * mag_run_join_workers() - wait until no worker is left
 * @run: the run; its workers have ended, or were never woken
 *
 * Context: task, may sleep.
 */
void mag_run_join_workers(struct mag_run *run)
{
	u32 id;

	for (id = 0; id < run->nr_workers; id++) {
		struct mag_worker *worker = &run->workers[id];

		if (!worker->task)
			continue;
		kthread_stop(worker->task);
		put_task_struct(worker->task);
		worker->task = NULL;
	}
}

static u32 nr_leaders(const struct mag_run *run)
{
	u32 id, nr = 0;

	for (id = 0; id < run->nr_workers; id++)
		nr += !run->workers[id].follows;
	return nr;
}

/* Waits until every worker has come to the gate for the @round-th time. */
static void lead_gather(struct mag_run *run, u32 round)
{
	struct mag_run_engine *e = run->engine;
	int all = run->nr_workers * round;

	wait_event_idle(e->gate, atomic_read_acquire(&e->arrived) == all);
}

/* Every worker waits at the gate, so that nobody else writes here. */
static void lead_open(struct mag_run *run, u32 round)
{
	struct mag_run_engine *e = run->engine;
	bool stop = READ_ONCE(e->stop_asked);

	if (stop)
		e->flags |= MAG_RUN_STOPPED;
	WRITE_ONCE(run->stopping, stop || READ_ONCE(e->error));
	atomic_set(&e->leaders, nr_leaders(run));
	atomic_set(&e->unsynced, run->nr_workers);
	WRITE_ONCE(e->released, false);

	/* Pairs with worker_meet(). */
	smp_store_release(&e->round, round);
	wake_up_all(&e->gate);
	/* Pairs with worker_sync(). */
	wait_event_idle(e->gate, smp_load_acquire(&e->released));
}

static bool phase_over(struct mag_run_engine *e)
{
	return !atomic_read(&e->leaders) || READ_ONCE(e->stop_asked) ||
	       READ_ONCE(e->error);
}

/* Kernel threads take no signals: only the condition or the time wakes it. */
static void lead_wait(struct mag_run_engine *e, u64 limit_ns)
{
	u64 passed_ns;

	if (!limit_ns) {
		wait_event_idle(e->gate, phase_over(e));
		return;
	}
	passed_ns = ktime_get_ns() - e->start_ns;
	if (passed_ns < limit_ns)
		wait_event_interruptible_hrtimeout(e->gate, phase_over(e),
						   limit_ns - passed_ns);
}

/* From the start of a phase to its end, by step, time, error or request. */
static void lead_phase(struct mag_run *run, u64 limit_ns)
{
	struct mag_run_engine *e = run->engine;

	lead_wait(e, limit_ns);
	if (atomic_read(&e->leaders) && READ_ONCE(e->stop_asked))
		e->flags |= MAG_RUN_STOPPED;
	phase_end(run);
}

/**
 * mag_run_lead() - lead the workers through warm-up and measurement
 * @run: the run, its workers woken
 *
 * On return every worker has ended its last step, by its bounds, on request
 * or after an error, and no sample is recorded any more.
 *
 * Context: the control thread, may sleep.
 */
void mag_run_lead(struct mag_run *run)
{
	const struct mag_run_config *config = &run->config;
	struct mag_run_engine *e = run->engine;
	u32 round = 0;

	if (has_warmup(config)) {
		lead_gather(run, ++round);
		lead_open(run, round);
		lead_phase(run, config->warmup_ns);
	}

	lead_gather(run, ++round);
	WRITE_ONCE(run->recording, true);
	lead_open(run, round);
	/* Pairs with mag_run_state(): the start comes before the state. */
	smp_store_release(&e->state, MAG_STATE_MEASURE);
	lead_phase(run, config->duration_ns);

	lead_gather(run, ++round);
	WRITE_ONCE(run->recording, false);
}

/**
 * mag_worker_wake() - let a worker go on whose step returned -EAGAIN
 * @worker: the worker, waiting or not
 *
 * The caller has made the workload's ready() true before.  The barrier in
 * wq_has_sleeper() pairs with that of the waiter, which queues itself and only
 * then asks ready(): one of the two sees the other.
 *
 * Context: any but NMI.
 */
void mag_worker_wake(struct mag_worker *worker)
{
	if (wq_has_sleeper(&worker->wait))
		wake_up(&worker->wait);
}
