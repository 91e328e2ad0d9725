// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of a run: checked, claimed, started, stopped, finished.  One run or
 * measurement of the machine at a time in the whole system, lest two disturb each
 * other's figures; and the clock is set up for it alone.
 */
#include <linux/bitops.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/rcupdate.h>
#include <linux/sched/task.h>
#include <linux/string.h>

#include "run_engine.h"

/* Bit 0: from mag_run_claim_get() to mag_run_claim_put(). */
static unsigned long run_claim;

static DECLARE_WAIT_QUEUE_HEAD(settled_wait);

/**
 * mag_run_claim_get() - make the clock and the CPUs the caller's own
 *
 * A run has the claim from its start to the end of its teardown.
 *
 * Context: any.
 * Return: false while a run or another measurement has it.
 */
bool mag_run_claim_get(void)
{
	return !test_and_set_bit_lock(0, &run_claim);
}

/**
 * mag_run_claim_put() - let others run and measure
 *
 * Context: any; the caller has the claim.
 */
void mag_run_claim_put(void)
{
	clear_bit_unlock(0, &run_claim);
}

static bool check_indexes(const struct mag_run_config *config)
{
	return config->clock < MAG_NR_CLOCKS &&
	       config->workload < mag_workload_count() &&
	       config->backend < mag_backend_count();
}

static bool check_bounds(const struct mag_run_config *config)
{
	return config->nr_workers <= MAG_MAX_WORKERS &&
	       config->duration_ns <= MAG_MAX_DURATION_NS &&
	       config->steps <= MAG_MAX_STEPS &&
	       config->warmup_ns <= MAG_MAX_WARMUP_NS &&
	       config->warmup_steps <= MAG_MAX_STEPS &&
	       (config->duration_ns || config->steps);
}

static bool check_params(const struct mag_run_config *config,
			 const struct mag_workload_ops *wl)
{
	u64 value;
	u32 i;

	if (config->param_mask >> wl->nr_params)
		return false;
	for (i = 0; i < wl->nr_params; i++) {
		if (!(config->param_mask & BIT_ULL(i)))
			continue;
		value = config->params[i];
		if (value < wl->params[i].min || value > wl->params[i].max)
			return false;
	}
	return true;
}

/* Everything that needs neither memory nor the claim. */
static int check_config(const struct mag_run_config *config)
{
	if (config->abi_version != MAG_ABI_VERSION)
		return -EPROTO;
	if (config->reserved0 ||
	    memchr_inv(config->reserved, 0, sizeof(config->reserved)))
		return -EINVAL;
	if (!check_indexes(config) || !check_bounds(config) ||
	    !check_params(config, mag_workload_get(config->workload)))
		return -EINVAL;
	return 0;
}

/* Whether those named are online is asked when they cannot change: see run_setup.c. */
static int check_cpus(const u32 *cpus, u32 nr)
{
	cpumask_var_t seen;
	int err = 0;
	u32 i;

	if (!cpus)
		return nr <= num_online_cpus() ? 0 : -EINVAL;
	if (!nr)
		return -EINVAL;
	if (!zalloc_cpumask_var(&seen, GFP_KERNEL))
		return -ENOMEM;
	for (i = 0; i < nr && !err; i++)
		if (cpus[i] >= nr_cpu_ids ||
		    cpumask_test_and_set_cpu(cpus[i], seen))
			err = -EINVAL;
	free_cpumask_var(seen);
	return err;
}

static void settle(struct mag_run *run, enum mag_state state)
{
	/* Pairs with mag_run_state(): the results come before the state. */
	smp_store_release(&run->engine->state, state);
	wake_up_all(&settled_wait);
}

/*
 * Lets every callback that the workers left to RCU end: it may be recording,
 * and what it frees must be gone, in all backends alike, before memory is
 * looked at.
 */
static void quiesce_deferred(struct mag_run *run)
{
	if (run->engine->deferred)
		rcu_barrier();
}

static int control_main(void *arg)
{
	struct mag_run *run = arg;
	struct mag_run_engine *e = run->engine;

	mag_run_lead(run);
	mag_run_join_workers(run);
	quiesce_deferred(run);
	mag_run_snapshot(run);

	if (!e->error) {
		settle(run, MAG_STATE_HOLD);
		wait_event_idle(e->gate, READ_ONCE(e->finish_asked));
	}

	mag_run_teardown(run);
	/* First, so that whoever sees the end can start the next. */
	mag_run_claim_put();
	settle(run, e->error ? MAG_STATE_FAILED : MAG_STATE_DONE);
	return 0;
}

static int spawn_threads(struct mag_run *run)
{
	struct task_struct *control;
	int err;

	err = mag_run_spawn_workers(run);
	if (err)
		return err;

	control = kthread_create(control_main, run, "magslab/control");
	if (IS_ERR(control)) {
		mag_run_join_workers(run);
		return PTR_ERR(control);
	}
	run->engine->control = get_task_struct(control);
	return 0;
}

static int select_clock(struct mag_run *run)
{
	run->engine->clock = mag_clock_resolve(run->config.clock);
	return mag_clock_select(run->engine->clock);
}

static int check_workload(const struct mag_run *run)
{
	if (!run->workload->check)
		return 0;
	return run->workload->check(run->params, run->nr_workers);
}

/* The caller has the claim. */
static struct mag_run *run_launch(const struct mag_run_config *config,
				  const u32 *cpus)
{
	struct mag_run *run = mag_run_create(config, cpus);
	int err;

	if (IS_ERR(run))
		return run;
	err = check_workload(run);
	if (err)
		goto free_run;
	err = select_clock(run);
	if (err)
		goto free_run;
	err = mag_run_setup(run);
	if (err)
		goto free_run;
	err = spawn_threads(run);
	if (err)
		goto teardown;

	mag_run_wake_workers(run);
	wake_up_process(run->engine->control);
	return run;

teardown:
	mag_run_teardown(run);
free_run:
	mag_run_free(run);
	return ERR_PTR(err);
}

/**
 * mag_run_start() - check a configuration and start a run of it
 * @config: from user space, unchecked
 * @cpus: config->nr_workers CPUs, one a worker, unchecked; or NULL for the first
 *	that are online
 *
 * Context: task, may sleep.
 * Return: the run, to be destroyed with mag_run_destroy(), or ERR_PTR():
 * -EPROTO for another ABI version; -EINVAL for a field out of its bounds;
 * -EBUSY while another run is not over, or the machine is being measured;
 * -ENODEV for a CPU that is not online; -EOPNOTSUPP for a clock that does not
 * exist here; -ENOMEM; -ENOSPC if no dynamic state of CPU hotplug is free; -EINTR
 * when killed meanwhile; else what the workload's setup returned.
 */
struct mag_run *mag_run_start(const struct mag_run_config *config,
			      const u32 *cpus)
{
	struct mag_run *run;
	int err = check_config(config);

	if (!err)
		err = check_cpus(cpus, config->nr_workers);
	if (err)
		return ERR_PTR(err);
	if (!mag_run_claim_get())
		return ERR_PTR(-EBUSY);
	run = run_launch(config, cpus);
	if (IS_ERR(run))
		mag_run_claim_put();
	return run;
}

static void ask_stop(struct mag_run *run)
{
	WRITE_ONCE(run->engine->stop_asked, true);
	wake_up_all(&run->engine->gate);
}

static void ask_finish(struct mag_run *run)
{
	WRITE_ONCE(run->engine->finish_asked, true);
	wake_up_all(&run->engine->gate);
}

/**
 * mag_run_stop() - end warm-up or measurement early
 * @run: the run, in any state
 *
 * Context: task, may sleep.
 * Return: 0 once the run has settled; -ERESTARTSYS on a signal, and then the
 * request stands.
 */
int mag_run_stop(struct mag_run *run)
{
	ask_stop(run);
	return wait_event_interruptible(settled_wait, mag_run_settled(run));
}

static bool run_over(const struct mag_run *run)
{
	return mag_run_state(run) >= MAG_STATE_DONE;
}

/**
 * mag_run_finish() - free every object of a run that holds
 * @run: the run
 *
 * Context: task, may sleep.
 * Return: 0 once the run is over; -EAGAIN if it is not measured yet;
 * -ERESTARTSYS on a signal, and then the request stands.
 */
int mag_run_finish(struct mag_run *run)
{
	if (!mag_run_settled(run))
		return -EAGAIN;
	ask_finish(run);
	return wait_event_interruptible(settled_wait, run_over(run));
}

/**
 * mag_run_settled() - whether a run is measured, over or failed
 * @run: the run
 *
 * Context: any.
 * Return: true in HOLD, DONE and FAILED.
 */
bool mag_run_settled(const struct mag_run *run)
{
	return mag_run_state(run) >= MAG_STATE_HOLD;
}

/**
 * mag_run_waitqueue() - woken when any run enters HOLD, DONE or FAILED
 *
 * Context: any.
 * Return: a queue that lasts as long as the module.
 */
wait_queue_head_t *mag_run_waitqueue(void)
{
	return &settled_wait;
}

/**
 * mag_run_destroy() - end a run, whatever its state, and free it
 * @run: of mag_run_start(); nobody else uses it any more
 *
 * Context: task, may sleep, not interruptible; as long as the teardown takes.
 */
void mag_run_destroy(struct mag_run *run)
{
	struct task_struct *control = run->engine->control;

	ask_stop(run);
	ask_finish(run);
	/* kthread_stop() alone would keep a thread from ever beginning. */
	wait_event(settled_wait, run_over(run));
	kthread_stop(control);
	put_task_struct(control);
	mag_run_free(run);
}
