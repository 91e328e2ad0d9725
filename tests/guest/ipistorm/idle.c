// SPDX-License-Identifier: GPL-2.0-only
/*
 * A thread calls a function on another CPU that is idle, and again as soon as
 * that one goes back to sleep.  The call itself wakes no thread, so the CPU
 * stays in its idle loop with its tick off: if it sleeps with a call pending,
 * nothing else wakes it, and the wait has no end.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/printk.h>
#include <linux/smp.h>

#include "ipistorm.h"

/* Turns of an empty loop: as long as it takes a CPU to go back to sleep. */
#define SPELL  10000
/* Ticks after which an idle CPU has turned its tick off. */
#define SETTLE 5

static call_single_data_t csd;
static bool handled;

static void handle(void *info)
{
	flag_raise(&handled);
}

/* call: false if the call does not run.  This CPU does not sleep meanwhile. */
static bool call(int cpu, unsigned int patience_s)
{
	u64 end = ktime_get_ns() + patience_s * (u64)NSEC_PER_SEC;

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

static void call_idle(struct idle_run *run, int cpu)
{
	unsigned long i;

	schedule_timeout_idle(SETTLE);
	for (i = 0; i < run->calls; i++) {
		if (!call(cpu, run->patience_s)) {
			pr_info("CPU %d waits in vain for CPU %d, which is idle\n",
				raw_smp_processor_id(), cpu);
			run->stuck++;
			break;
		}
		run->done++;
		spend_time(&run->random, SPELL);
		cond_resched();
	}
}

static int caller_thread(void *data)
{
	struct idle_run *run = data;
	int cpu;

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

	INIT_CSD(&csd, handle, NULL);
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
		if (run->stuck)
			break;
	}
	return 0;
}
