// SPDX-License-Identifier: GPL-2.0-only
/*
 * A thread calls a function on another CPU that is idle, and again as soon as
 * that one goes back to sleep.  The call itself wakes no thread, so the CPU
 * stays in its idle loop with its tick off: if it sleeps with a call pending, it
 * sleeps on.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/printk.h>
#include <linux/smp.h>
#include <linux/timer.h>

#include "ipistorm.h"

/* Turns of an empty loop, up to 1 << this: no less than going to sleep takes. */
#define SPELL_SHIFT 14
/*
 * Seconds after which an idle CPU has no timer that is near: its tick is off, and
 * the scheduler's servers have stopped.  There is no event to wait for.
 */
#define SETTLE_S    3

/*
 * Seconds after which a call has failed.  Less than 4.29, for which User-Mode
 * Linux sets its clock at most: then the CPU wakes, and the call runs.
 */
#define PATIENCE_S  3
/* Ticks to the next timer of an idle CPU, at least: it is not to fire. */
#define FAR	    (60 * HZ)

static call_single_data_t csd;
static bool handled;

/*
 * The next timer of the CPU that is called.  It moves with each call, and so the
 * CPU sets its clock on its way to sleep.  Under User-Mode Linux that is a system
 * call, after which signals come that were sent meanwhile.
 */
static struct timer_list next_timer;

static void handle(void *info)
{
	struct idle_run *run = info;

	flag_raise(&handled);
	mod_timer(&next_timer, jiffies + FAR + (run->done & 1) * FAR);
}

static void timer_fires(struct timer_list *timer)
{
}

/* call: false if the call does not run.  This CPU does not sleep meanwhile. */
static bool call(int cpu)
{
	u64 end = ktime_get_ns() + PATIENCE_S * (u64)NSEC_PER_SEC;

	handled = false;
	if (smp_call_function_single_async(cpu, &csd))
		return false;
	while (!flag_raised(&handled)) {
		if (ktime_get_ns() > end)
			return false;
		cpu_relax();
	}
	return true;
}

/* A time of any magnitude: how far it is to the moment that matters varies. */
static void await_moment(struct idle_run *run)
{
	u32 shift = prandom_u32_state(&run->random) % (SPELL_SHIFT + 1);

	spend_time(&run->random, 1 << shift);
}

static void call_idle(struct idle_run *run, int cpu)
{
	unsigned long i;

	for (i = 0; i < run->calls; i++) {
		if (!call(cpu)) {
			pr_info("CPU %d waits in vain for CPU %d, which is idle\n",
				raw_smp_processor_id(), cpu);
			run->stuck++;
			break;
		}
		run->done++;
		await_moment(run);
		cond_resched();
	}
}

static int caller_thread(void *data)
{
	struct idle_run *run = data;
	int cpu;

	schedule_timeout_idle(SETTLE_S * HZ);
	for_each_online_cpu(cpu) {
		if (cpu != raw_smp_processor_id() && !run->stuck)
			call_idle(run, cpu);
	}
	complete(&run->over);
	return await_stop();
}

/*
 * idle_run: have each CPU in its turn call each of the others @run->calls times.
 * There must be two CPUs or more, and none may come or go.
 *
 * Context: sleeps.
 * Return: 0, or an errno of kthread_create().
 */
int idle_run(struct idle_run *run)
{
	struct task_struct *task;
	int cpu;

	INIT_CSD(&csd, handle, run);
	timer_setup(&next_timer, timer_fires, TIMER_PINNED);
	prandom_seed_state(&run->random, run->seed);
	for_each_online_cpu(cpu) {
		init_completion(&run->over);
		task = kthread_create_on_cpu(caller_thread, run, cpu,
					     "idle/%u");
		if (IS_ERR(task))
			return PTR_ERR(task);
		wake_up_process(task);
		wait_for_completion(&run->over);
		kthread_stop(task);
		timer_delete_sync(&next_timer);
		if (run->stuck)
			break;
	}
	return 0;
}
