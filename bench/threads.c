// SPDX-License-Identifier: GPL-2.0-only
/*
 * See threads.h.
 */
#include <linux/completion.h>
#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "threads.h"

struct bench_thread {
	struct task_struct *task;
	void (*fn)(void *arg, unsigned int id);
	void *arg;
	unsigned int id;
	struct completion *done;
};

static int thread_main(void *data)
{
	struct bench_thread *thread = data;

	thread->fn(thread->arg, thread->id);
	/* The module may go right after: not a step in it any more. */
	kthread_complete_and_exit(thread->done, 0);
}

/* Created, but not one of them started: else they could not be taken back. */
static int threads_create(struct bench_thread *threads, unsigned int nr)
{
	unsigned int id = 0, cpu;

	for_each_online_cpu(cpu) {
		struct bench_thread *thread = &threads[id];

		if (id == nr)
			break;
		thread->id = id;
		thread->task =
			kthread_create(thread_main, thread, "bench/%u", id);
		if (IS_ERR(thread->task))
			goto stop;
		kthread_bind(thread->task, cpu);
		id++;
	}
	return id == nr ? 0 : -ENXIO;

stop:
	nr = id;
	while (id--)
		kthread_stop(threads[id].task);
	return PTR_ERR(threads[nr].task);
}

static void threads_await(struct bench_thread *threads, unsigned int nr,
			  struct completion *done)
{
	unsigned int id;

	for (id = 0; id < nr; id++)
		wake_up_process(threads[id].task);
	for (id = 0; id < nr; id++)
		wait_for_completion(done);
}

int bench_threads_run(unsigned int nr, void (*fn)(void *arg, unsigned int id),
		      void *arg)
{
	DECLARE_COMPLETION_ONSTACK(done);
	struct bench_thread *threads;
	unsigned int id;
	int err = -ENXIO;

	threads = kcalloc(nr, sizeof(*threads), GFP_KERNEL);
	if (!threads)
		return -ENOMEM;
	for (id = 0; id < nr; id++)
		threads[id] = (struct bench_thread){ .fn = fn,
						     .arg = arg,
						     .done = &done };
	cpus_read_lock();
	if (nr <= num_online_cpus())
		err = threads_create(threads, nr);
	if (!err)
		threads_await(threads, nr, &done);
	cpus_read_unlock();
	kfree(threads);
	return err;
}

void bench_meet(struct bench_meeting *meeting)
{
	int nr = meeting->nr;
	int mine = atomic_inc_return(&meeting->arrived);
	int target = DIV_ROUND_UP(mine, nr) * nr;

	while (atomic_read(&meeting->arrived) < target)
		cpu_relax();
	/* What others wrote before they came is seen from here on. */
	smp_mb();
}
