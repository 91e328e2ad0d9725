// SPDX-License-Identifier: GPL-2.0-only
/*
 * The actors: threads, and for each CPU a timer's interrupt, a tasklet that it
 * raises, and an RCU callback.
 */
#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/sched.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/smp.h>

#include "torture.h"

#define THREADS_PER_CPU 2 /* so that one is preempted by the other */
#define TASKLET_BURST	24 /* objects, at most */
#define TIMER_BURST	12
#define RCU_BURST	64
#define TIMER_NS	150000 /* between two interrupts, at least */

struct thread {
	struct torture_actor actor;
	struct task_struct *task;
};

/**
 * struct cpu_actors - a CPU's, though hotplug may move them
 * @timer: fires for @timer_actor
 * @tasklet: for @tasklet_actor
 * @rcu: for @rcu_actor
 */
struct cpu_actors {
	struct torture_actor timer_actor;
	struct torture_actor tasklet_actor;
	struct torture_actor rcu_actor;
	struct hrtimer timer;
	struct tasklet_struct tasklet;
	struct rcu_head rcu;
};

static struct thread *threads;
static struct cpu_actors *cpus;
static u32 nr_threads, nr_cpus;
/* Actors that call again by themselves do not, from then on. */
static bool stopping;

/* The kernel lets allocations of this task fail, where it is told to. */
static void ask_for_faults(void)
{
#ifdef CONFIG_FAULT_INJECTION
	current->make_it_fail = 1;
#endif
}

/* To any CPU, or to all: objects are freed elsewhere than they were allocated. */
static void move(struct torture_actor *actor)
{
	u32 cpu = torture_random(actor, nr_cpu_ids);

	if (torture_random(actor, 2) && cpu_online(cpu))
		set_cpus_allowed_ptr(current, cpumask_of(cpu));
	else
		set_cpus_allowed_ptr(current, cpu_possible_mask);
}

static int run_thread(void *data)
{
	struct torture_actor *actor = data;

	ask_for_faults();
	while (!kthread_should_stop()) {
		torture_act_as_task(actor);
		if (!torture_random(actor, 512))
			move(actor);
		/* An idle CPU is one that is reaped. */
		if (!torture_random(actor, 2048))
			schedule_timeout_interruptible(
				torture_random(actor, HZ / 20 + 1));
		cond_resched();
	}
	return 0;
}

static void run_tasklet(struct tasklet_struct *tasklet)
{
	struct cpu_actors *cpu =
		container_of(tasklet, struct cpu_actors, tasklet);
	struct torture_actor *actor = &cpu->tasklet_actor;

	torture_act(torture_pick(actor), actor,
		    1 + torture_random(actor, TASKLET_BURST));
}

/* Takes a quarter of the CPU's time at most, however slow the machine is. */
static enum hrtimer_restart run_timer(struct hrtimer *timer)
{
	struct cpu_actors *cpu = container_of(timer, struct cpu_actors, timer);
	struct torture_actor *actor = &cpu->timer_actor;
	ktime_t begun = ktime_get();
	s64 rest;

	if (READ_ONCE(stopping))
		return HRTIMER_NORESTART;
	torture_act(torture_pick(actor), actor,
		    1 + torture_random(actor, TIMER_BURST));
	if (!torture_random(actor, 2))
		tasklet_schedule(&cpu->tasklet);
	rest = TIMER_NS + torture_random(actor, 4 * TIMER_NS) +
	       3 * ktime_to_ns(ktime_sub(ktime_get(), begun));
	hrtimer_set_expires(timer, ktime_add_ns(ktime_get(), rest));
	return HRTIMER_RESTART;
}

static void run_rcu(struct rcu_head *head)
{
	struct cpu_actors *cpu = container_of(head, struct cpu_actors, rcu);
	struct torture_actor *actor = &cpu->rcu_actor;

	if (READ_ONCE(stopping))
		return;
	torture_caches_refill();
	torture_act(torture_pick(actor), actor,
		    1 + torture_random(actor, RCU_BURST));
	call_rcu(&cpu->rcu, run_rcu);
}

static void actor_init(struct torture_actor *actor, u32 id,
		       enum torture_place place)
{
	prandom_seed_state(&actor->rnd, (u64)torture_seed << 20 | id);
	actor->id = id;
	actor->place = place;
	actor->may_sleep = place == PLACE_TASK;
}

static int start_actor_thread(struct thread *thread, u32 id)
{
	struct task_struct *task;

	actor_init(&thread->actor, id, PLACE_TASK);
	task = kthread_create(run_thread, &thread->actor, KBUILD_MODNAME "/%u",
			      id);
	if (IS_ERR(task))
		return PTR_ERR(task);
	thread->task = get_task_struct(task);
	set_user_nice(task, 10);
	wake_up_process(task);
	return 0;
}

static void start_timer(void *timer)
{
	hrtimer_start(timer, ns_to_ktime(TIMER_NS), HRTIMER_MODE_REL_PINNED);
}

static void start_cpu(struct cpu_actors *cpu, u32 id, u32 number)
{
	actor_init(&cpu->timer_actor, id, PLACE_HARDIRQ);
	actor_init(&cpu->tasklet_actor, id + 1, PLACE_SOFTIRQ);
	actor_init(&cpu->rcu_actor, id + 2, PLACE_RCU);
	tasklet_setup(&cpu->tasklet, run_tasklet);
	mag_hrtimer_setup(&cpu->timer, run_timer, CLOCK_MONOTONIC,
			  HRTIMER_MODE_REL_PINNED);
	smp_call_function_single(number, start_timer, &cpu->timer, 1);
	call_rcu(&cpu->rcu, run_rcu);
}

/**
 * torture_actors_start() - let them call
 *
 * Context: task, may sleep.
 * Return: 0 or an errno, and then some may be calling.
 */
int torture_actors_start(void)
{
	u32 i, id = 1;
	int err, cpu;

	threads = kvcalloc(THREADS_PER_CPU * num_online_cpus(),
			   sizeof(*threads), GFP_KERNEL);
	cpus = kvcalloc(nr_cpu_ids, sizeof(*cpus), GFP_KERNEL);
	if (!threads || !cpus)
		return -ENOMEM;
	cpus_read_lock();
	for_each_online_cpu(cpu) {
		start_cpu(&cpus[nr_cpus++], id, cpu);
		id += 3;
	}
	cpus_read_unlock();
	for (i = 0; i < THREADS_PER_CPU * nr_cpus; i++) {
		err = start_actor_thread(&threads[i], id++);
		if (err)
			return err;
		nr_threads++;
	}
	return 0;
}

/**
 * torture_actors_stop() - wait until none calls any more
 *
 * Context: task, may sleep.
 */
void torture_actors_stop(void)
{
	u32 i;

	WRITE_ONCE(stopping, true);
	for (i = 0; i < nr_threads; i++) {
		kthread_stop(threads[i].task);
		put_task_struct(threads[i].task);
	}
	for (i = 0; i < nr_cpus; i++) {
		hrtimer_cancel(&cpus[i].timer);
		tasklet_kill(&cpus[i].tasklet);
	}
	/* Twice: a callback may have called again before it saw that we stop. */
	rcu_barrier();
	rcu_barrier();
	nr_threads = 0;
}

static void sum_actor(const struct torture_actor *actor, u64 ops[NR_PLACES],
		      u64 *faulty, u64 *calls)
{
	ops[actor->place] += READ_ONCE(actor->ops);
	*faulty += READ_ONCE(actor->faulty);
	*calls += READ_ONCE(actor->calls);
}

/**
 * torture_actors_sum() - what all actors have done
 * @ops: operations by place
 * @faulty: of these, while allocations were made to fail
 * @calls: bursts
 *
 * Context: task.
 */
void torture_actors_sum(u64 ops[NR_PLACES], u64 *faulty, u64 *calls)
{
	u32 i;

	for (i = 0; i < THREADS_PER_CPU * nr_cpus; i++)
		sum_actor(&threads[i].actor, ops, faulty, calls);
	for (i = 0; i < nr_cpus; i++) {
		sum_actor(&cpus[i].timer_actor, ops, faulty, calls);
		sum_actor(&cpus[i].tasklet_actor, ops, faulty, calls);
		sum_actor(&cpus[i].rcu_actor, ops, faulty, calls);
	}
}

/**
 * torture_actors_free() - forget them, and their counts
 *
 * Context: task; they have stopped.
 */
void torture_actors_free(void)
{
	kvfree(threads);
	kvfree(cpus);
}
