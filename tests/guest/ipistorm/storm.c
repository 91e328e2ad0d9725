// SPDX-License-Identifier: GPL-2.0-only
/*
 * A thread a CPU calls functions on the other CPUs.  It masks its own
 * interrupts in between for spells of random length, so that interrupts find a
 * CPU in every state.  Each call is counted where it is sent and where it runs.
 *
 * While a thread waits for its call, it spins or sleeps.  A CPU that wakes up
 * looks for calls without an interrupt, which hides one that was lost.  If all
 * threads spin, nothing hides it: the call never runs.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/interrupt.h>
#include <linux/irqflags.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/smp.h>

#include "ipistorm.h"

/* Turns of an empty loop: some microseconds. */
#define SPELL	20000
/* Looks at a flag before one sleeps. */
#define GLANCES 200
/* Calls of a CPU that may be under way at once. */
#define DEPTH	16

/* A call that is under way, and what its handler says. */
struct call {
	call_single_data_t csd;
	struct task_struct *sender;
	bool handled;
};

/* What a CPU receives. */
struct receiver {
	unsigned long handled[STORM_KINDS];
	unsigned long through; /* calls into a softirq that ran */
	struct tasklet_struct tasklet;
	struct task_struct *sender; /* of the call that raised the softirq */
	bool in_softirq; /* the tasklet runs */
	bool answered; /* the next call has run */
	bool left_softirq; /* the tasklet is done */
};

struct sender {
	struct storm_run *run;
	struct task_struct *task;
	struct rnd_state random;
	unsigned long sent[STORM_KINDS];
	unsigned long kicks;
	bool stuck;
	unsigned int next;
	struct call calls[DEPTH];
	call_single_data_t raise, answer; /* of STORM_SOFTIRQ */
	struct completion done;
};

static DEFINE_PER_CPU(struct receiver, receivers);
static DEFINE_PER_CPU(struct sender, senders);
/* One at a time sends STORM_SOFTIRQ, for a CPU has one tasklet. */
static unsigned long softirq_busy;
static unsigned int patience_s;

static void count(enum storm_kind kind)
{
	this_cpu_inc(receivers.handled[kind]);
}

/* spin: until a handler sets the flag; false after patience. */
static bool spin(const bool *flag)
{
	u64 end = ktime_get_ns() + patience_s * (u64)NSEC_PER_SEC;

	while (!flag_raised(flag)) {
		if (ktime_get_ns() > end)
			return false;
		cpu_relax();
		cond_resched();
	}
	return true;
}

/* doze: glance at the flag, then sleep until a handler sets it and wakes us. */
static bool doze(const bool *flag)
{
	long left = patience_s * HZ;
	int i;

	for (i = 0; i < GLANCES; i++) {
		if (flag_raised(flag))
			return true;
		cpu_relax();
	}
	for (;;) {
		set_current_state(TASK_IDLE);
		if (flag_raised(flag) || !left)
			break;
		left = schedule_timeout(left);
	}
	__set_current_state(TASK_RUNNING);
	return flag_raised(flag);
}

static bool await(struct sender *me, const bool *flag)
{
	return me->run->spin ? spin(flag) : doze(flag);
}

static void handle_async(void *info)
{
	struct call *call = info;
	struct task_struct *sender = call->sender;

	count(STORM_ASYNC);
	flag_raise(&call->handled);
	wake_up_process(sender);
}

static bool send_async(struct sender *me, int cpu)
{
	struct call *call = &me->calls[me->next++ % DEPTH];

	if (!await(me, &call->handled))
		return false;
	call->handled = false;
	INIT_CSD(&call->csd, handle_async, call);
	return !smp_call_function_single_async(cpu, &call->csd);
}

static void handle_raise(void *info)
{
	count(STORM_SOFTIRQ);
	tasklet_schedule(&this_cpu_ptr(&receivers)->tasklet);
}

static void handle_answer(void *info)
{
	struct receiver *me = this_cpu_ptr(&receivers);

	flag_raise(&me->answered);
	wake_up_process(me->sender);
}

/*
 * Interrupts are on here, so the answer may come.  Do not insist on it: the
 * sender may wait for what this CPU was doing when the softirq came.
 */
static void run_tasklet(struct tasklet_struct *tasklet)
{
	struct receiver *me = container_of(tasklet, struct receiver, tasklet);
	struct task_struct *sender = me->sender;
	int i;

	flag_raise(&me->in_softirq);
	wake_up_process(sender);
	for (i = 0; i < SPELL && !flag_raised(&me->answered); i++)
		cpu_relax();
	me->through += me->answered;
	flag_raise(&me->left_softirq);
	wake_up_process(sender);
}

static bool send_softirq(struct sender *me, int cpu)
{
	struct receiver *to = per_cpu_ptr(&receivers, cpu);

	to->sender = me->task;
	to->in_softirq = false;
	to->answered = false;
	to->left_softirq = false;
	INIT_CSD(&me->raise, handle_raise, NULL);
	INIT_CSD(&me->answer, handle_answer, NULL);
	return !smp_call_function_single_async(cpu, &me->raise) &&
	       await(me, &to->in_softirq) &&
	       !smp_call_function_single_async(cpu, &me->answer) &&
	       await(me, &to->answered) && await(me, &to->left_softirq);
}

static void handle_sync(void *info)
{
	count(STORM_SYNC);
}

static void handle_many(void *info)
{
	count(STORM_MANY);
}

/* send: one call; false if it came to no end. */
static bool send(struct sender *me, enum storm_kind kind, int cpu)
{
	switch (kind) {
	case STORM_SOFTIRQ:
		return send_softirq(me, cpu);
	case STORM_SYNC:
		return !smp_call_function_single(cpu, handle_sync, NULL, 1);
	case STORM_MANY:
		smp_call_function(handle_many, NULL, 0);
		return true;
	default:
		return send_async(me, cpu);
	}
}

/*
 * choose_kind: most calls need no answer: CPUs that wait for each other send
 * little.  If threads spin, there is no STORM_SYNC and no STORM_MANY: after a
 * lost interrupt, those would wait forever, and the test could not say so.
 */
static enum storm_kind choose_kind(struct sender *me)
{
	u32 n = prandom_u32_state(&me->random) % 64;

	if (n == 0 && !test_and_set_bit_lock(0, &softirq_busy))
		return STORM_SOFTIRQ;
	if (me->run->spin)
		return STORM_ASYNC;
	if (n == 1)
		return STORM_SYNC;
	if (n < 10)
		return STORM_MANY;
	return STORM_ASYNC;
}

static int choose_cpu(struct sender *me)
{
	unsigned int n =
		prandom_u32_state(&me->random) % (num_online_cpus() - 1);
	int cpu;

	for_each_online_cpu(cpu) {
		if (cpu != raw_smp_processor_id() && !n--)
			break;
	}
	return cpu;
}

static void mask_interrupts(struct sender *me)
{
	unsigned long flags;

	local_irq_save(flags);
	spend_time(&me->random, SPELL);
	local_irq_restore(flags);
}

static void step(struct sender *me)
{
	int cpu = choose_cpu(me);
	enum storm_kind kind = choose_kind(me);

	if (prandom_u32_state(&me->random) & 1)
		mask_interrupts(me);
	if (prandom_u32_state(&me->random) & 1) {
		kick_process(per_cpu(senders, cpu).task);
		me->kicks++;
	}
	me->sent[kind] += kind == STORM_MANY ? num_online_cpus() - 1 : 1;
	if (!send(me, kind, cpu)) {
		pr_info("CPU %d waits in vain for CPU %d, call of kind %d\n",
			raw_smp_processor_id(), cpu, kind);
		me->stuck = true;
	}
	if (kind == STORM_SOFTIRQ)
		clear_bit_unlock(0, &softirq_busy);
}

/* Calls that nobody waited for yet. */
static void await_calls(struct sender *me)
{
	int i;

	for (i = 0; i < DEPTH && !me->stuck; i++)
		me->stuck = !await(me, &me->calls[i].handled);
}

static int sender_thread(void *data)
{
	struct sender *me = data;
	unsigned long i;

	for (i = 0; i < me->run->steps && !me->stuck; i++) {
		step(me);
		cond_resched();
	}
	await_calls(me);
	complete(&me->done);
	return await_stop();
}

static int create_sender(struct storm_run *run, int cpu)
{
	struct sender *sender = per_cpu_ptr(&senders, cpu);
	struct receiver *receiver = per_cpu_ptr(&receivers, cpu);
	struct task_struct *task;
	int i;

	sender->run = run;
	init_completion(&sender->done);
	prandom_seed_state(&sender->random, run->seed + cpu);
	tasklet_setup(&receiver->tasklet, run_tasklet);
	task = kthread_create_on_cpu(sender_thread, sender, cpu, "storm/%u");
	if (IS_ERR(task))
		return PTR_ERR(task);
	sender->task = task;
	for (i = 0; i < DEPTH; i++) {
		sender->calls[i].sender = task;
		sender->calls[i].handled = true;
	}
	return 0;
}

static void stop_senders(void)
{
	int cpu;

	for_each_online_cpu(cpu) {
		struct sender *sender = per_cpu_ptr(&senders, cpu);

		if (sender->task)
			kthread_stop(sender->task);
		sender->task = NULL;
	}
}

static int create_senders(struct storm_run *run)
{
	int cpu, err;

	for_each_online_cpu(cpu) {
		err = create_sender(run, cpu);
		if (err) {
			stop_senders();
			return err;
		}
	}
	return 0;
}

static void sum_up(struct storm_run *run)
{
	int cpu, kind;

	memset(run->sent, 0, sizeof(run->sent));
	memset(run->handled, 0, sizeof(run->handled));
	run->kicks = 0;
	run->through = 0;
	run->stuck = 0;
	for_each_online_cpu(cpu) {
		struct sender *sender = per_cpu_ptr(&senders, cpu);
		struct receiver *receiver = per_cpu_ptr(&receivers, cpu);

		run->kicks += sender->kicks;
		run->stuck += sender->stuck;
		run->through += receiver->through;
		for (kind = 0; kind < STORM_KINDS; kind++) {
			run->sent[kind] += sender->sent[kind];
			run->handled[kind] +=
				READ_ONCE(receiver->handled[kind]);
		}
	}
}

/* settle: the last calls to all, which nobody awaits, may be under way yet. */
static void settle(struct storm_run *run)
{
	unsigned long end = jiffies + patience_s * HZ;

	do {
		sum_up(run);
		if (!memcmp(run->sent, run->handled, sizeof(run->sent)))
			break;
		schedule_timeout_idle(1);
	} while (time_before(jiffies, end));
}

/*
 * storm_run: have each CPU send @run->steps calls to others, and count, in
 * addition to earlier runs.  There must be two CPUs or more, and none may come or
 * go.
 *
 * Context: sleeps.
 * Return: 0, or an errno of kthread_create().
 */
int storm_run(struct storm_run *run)
{
	int cpu, err;

	patience_s = run->patience_s;
	err = create_senders(run);
	if (err)
		return err;
	for_each_online_cpu(cpu)
		wake_up_process(per_cpu(senders, cpu).task);
	for_each_online_cpu(cpu)
		wait_for_completion(&per_cpu(senders, cpu).done);
	settle(run);
	/* A call may still come, and wake one of those that are stuck. */
	if (run->stuck)
		return 0;
	/* A handler wakes the sender after it has raised the flag. */
	synchronize_rcu();
	stop_senders();
	return 0;
}
