/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interrupts from one CPU to another: a test that none is lost.  main.c has
 * the parameters, storm.c calls of all kinds, siege.c as many as a CPU can take,
 * idle.c calls to idle CPUs, wake.c wake-ups of threads.
 */
#ifndef IPISTORM_H
#define IPISTORM_H

#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/kthread.h>
#include <linux/prandom.h>
#include <linux/sched.h>
#include <linux/types.h>

/* What a CPU sends to another in the storm. */
enum storm_kind {
	STORM_ASYNC, /* smp_call_function_single_async() */
	STORM_SOFTIRQ, /* a call, and one more into the softirq that it raises */
	STORM_SYNC, /* smp_call_function_single(), which waits */
	STORM_MANY, /* smp_call_function(), to all CPUs at once */
	STORM_KINDS,
};

/* What a run is told, and what it finds. */
struct storm_run {
	unsigned long steps; /* of each CPU */
	u32 seed;
	unsigned int patience_s; /* a wait that takes longer is stuck */
	bool spin; /* wait without sleep */
	unsigned long sent[STORM_KINDS];
	unsigned long handled[STORM_KINDS];
	unsigned long kicks; /* reschedule interrupts; they may merge */
	unsigned long through; /* calls that ran in a softirq of their CPU's */
	unsigned long stuck;
};

struct siege_run {
	unsigned long sieges; /* of each CPU */
	unsigned int patience_s;
	unsigned long laid;
	unsigned long fired; /* those in which the timer did */
	unsigned long calls;
};

struct idle_run {
	unsigned long calls; /* of each CPU to each of the others */
	u32 seed;
	unsigned long done;
	unsigned long stuck;
	struct rnd_state random;
	struct completion over;
};

struct wake_run {
	unsigned long wakes; /* in all, round and round the CPUs */
	u32 seed;
	unsigned int patience_s;
	unsigned long done;
	unsigned long stuck;
	/* From the call to the woken thread; those of a millisecond or more. */
	unsigned int p50_ns, p99_ns, max_ns;
	unsigned long late;
};

int storm_run(struct storm_run *run);
int siege_run(struct siege_run *run);
int idle_run(struct idle_run *run);
int wake_run(struct wake_run *run);

/* A flag that one CPU raises for another, which then sees all that came before. */
static inline void flag_raise(bool *flag)
{
	/* Pairs with flag_raised(). */
	smp_store_release(flag, true);
}

static inline bool flag_raised(const bool *flag)
{
	/* Pairs with flag_raise(). */
	return smp_load_acquire(flag);
}

/* spend_time: up to MOST turns of a loop that does nothing. */
static inline void spend_time(struct rnd_state *random, u32 most)
{
	u32 turns = prandom_u32_state(random) % most;

	while (turns--)
		barrier();
}

/* await_stop: a thread that is done waits for kthread_stop(). */
static inline int await_stop(void)
{
	for (;;) {
		set_current_state(TASK_IDLE);
		if (kthread_should_stop())
			break;
		schedule();
	}
	__set_current_state(TASK_RUNNING);
	return 0;
}

#endif
