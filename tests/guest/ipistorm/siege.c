// SPDX-License-Identifier: GPL-2.0-only
/*
 * A CPU is sent interrupts without a pause: the handler of each waits until the
 * next one was sent, so that one is always pending when it returns.  They must
 * not keep out the timer's: an hrtimer, which the first handler arms, must
 * fire all the same.
 *
 * It need not in each siege.  One that begins in a softirq of the timer's
 * interrupt finds, under User-Mode Linux, the timer's signal blocked.
 */
#include <linux/cpumask.h>
#include <linux/ktime.h>
#include <linux/smp.h>

#include "compat.h"
#include "ipistorm.h"

/* Calls of a siege, at most: some times as long as it takes the timer. */
#define CALLS  2000
#define DUE_NS NSEC_PER_MSEC

static struct {
	struct siege_run *run;
	int cpu;
	call_single_data_t csd;
	unsigned long sent; /* calls; the besieger's */
	unsigned long begun; /* those whose handler runs or ran */
	struct hrtimer hrtimer;
	bool ready; /* the besieged thread runs */
	bool fired;
	bool over;
	struct completion done;
} siege;

static enum hrtimer_restart fire(struct hrtimer *timer)
{
	flag_raise(&siege.fired);
	return HRTIMER_NORESTART;
}

/* The csd is free as soon as we run, so the next call may come. */
static void handle(void *info)
{
	unsigned long call = siege.begun + 1;

	if (call == 1)
		hrtimer_start(&siege.hrtimer, ns_to_ktime(DUE_NS),
			      HRTIMER_MODE_REL_PINNED);
	/* Pairs with await_handler(). */
	smp_store_release(&siege.begun, call);
	/* Pairs with send_call(). */
	while (smp_load_acquire(&siege.sent) == call &&
	       !flag_raised(&siege.over))
		cpu_relax();
}

static bool send_call(void)
{
	if (smp_call_function_single_async(siege.cpu, &siege.csd))
		return false;
	/* Pairs with handle(). */
	smp_store_release(&siege.sent, siege.sent + 1);
	return true;
}

/* await_handler: of the last call; false once it is too late. */
static bool await_handler(u64 end)
{
	/* Pairs with handle(). */
	while (smp_load_acquire(&siege.begun) != siege.sent) {
		if (ktime_get_ns() > end)
			return false;
		cpu_relax();
		cond_resched();
	}
	return true;
}

static void besiege(struct siege_run *run)
{
	u64 end = ktime_get_ns() + run->patience_s * (u64)NSEC_PER_SEC;
	unsigned long left = CALLS;

	while (!flag_raised(&siege.ready))
		cond_resched();
	while (left-- && !flag_raised(&siege.fired)) {
		if (!send_call() || !await_handler(end))
			break;
		cond_resched();
	}
	run->laid++;
	run->calls += siege.sent;
	run->fired += flag_raised(&siege.fired);
}

static int besieger_thread(void *data)
{
	besiege(siege.run);
	flag_raise(&siege.over);
	complete(&siege.done);
	return await_stop();
}

/* Never asleep: a CPU that is idle looks for its timer itself. */
static int besieged_thread(void *data)
{
	flag_raise(&siege.ready);
	while (!flag_raised(&siege.over)) {
		cpu_relax();
		cond_resched();
	}
	return await_stop();
}

static void prepare(struct siege_run *run, int cpu)
{
	memset(&siege, 0, sizeof(siege));
	siege.run = run;
	siege.cpu = cpu;
	INIT_CSD(&siege.csd, handle, NULL);
	mag_hrtimer_setup(&siege.hrtimer, fire, CLOCK_MONOTONIC,
			  HRTIMER_MODE_REL_PINNED);
	init_completion(&siege.done);
}

static int lay_siege(struct siege_run *run, int cpu, int from)
{
	struct task_struct *besieged, *besieger;

	prepare(run, cpu);
	besieged = kthread_create_on_cpu(besieged_thread, NULL, cpu,
					 "besieged/%u");
	if (IS_ERR(besieged))
		return PTR_ERR(besieged);
	besieger = kthread_create_on_cpu(besieger_thread, NULL, from,
					 "besieger/%u");
	if (IS_ERR(besieger)) {
		kthread_stop(besieged);
		return PTR_ERR(besieger);
	}
	wake_up_process(besieged);
	wake_up_process(besieger);
	wait_for_completion(&siege.done);
	kthread_stop(besieger);
	/* The besieged CPU runs its thread again: no handler is left. */
	kthread_stop(besieged);
	hrtimer_cancel(&siege.hrtimer);
	return 0;
}

static int other_cpu(int cpu)
{
	int other = cpumask_next(cpu, cpu_online_mask);

	return other < nr_cpu_ids ? other : cpumask_first(cpu_online_mask);
}

/*
 * siege_run: lay @run->sieges to each CPU, one after the other.  There must be
 * two CPUs or more, and none may come or go.
 *
 * Context: sleeps.
 * Return: 0, or an errno of kthread_create().
 */
int siege_run(struct siege_run *run)
{
	unsigned long i;
	int cpu, err = 0;

	for_each_online_cpu(cpu) {
		for (i = 0; i < run->sieges && !err; i++)
			err = lay_siege(run, cpu, other_cpu(cpu));
	}
	return err;
}
