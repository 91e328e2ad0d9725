// SPDX-License-Identifier: GPL-2.0-only
/*
 * The events of every alloc and free, at no cost where nobody listens: not one
 * instruction of the fast path is for them.  While somebody listens, the flag
 * of each CPU and cache has MAG_CPU_TRACED, so that the fast path finds it not
 * to be zero, as in an interrupt inside the CPU layer, and leaves all to the slow
 * one.  There the event is, and each call goes down the same ladder as without.
 *
 * When it begins, the bit is set everywhere, before the first listener is told
 * that it listens: from then on no call is missed.  It is set by a task on the CPU
 * itself: while that runs, nobody is in the middle of a call there, but on PREEMPT_RT,
 * where that task takes the flag as callers do (mag_cpu_claim()).  An interrupt
 * might find one that has seen the flag at zero and is about to take it, and
 * with it the bit.  When it ends, each CPU
 * drops the bit by itself, with the first call that comes to the slow path.
 */
#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/jump_label.h>
#include <linux/percpu.h>
#include <linux/workqueue.h>

#include "cpu.h"

#define CREATE_TRACE_POINTS
#include "mag_trace.h"

DEFINE_STATIC_KEY_FALSE(mag_calls_traced);

/**
 * struct cpu_diversion - a CPU told to leave the fast path
 * @cache: of this cache; NULL is all
 * @id: the CPU
 */
struct cpu_diversion {
	struct mag_cache *cache;
	unsigned int id;
};

static void divert_cache(struct mag_cache *cache, void *arg)
{
	struct cpu_diversion *diversion = arg;
	struct mag_cpu *cpu = per_cpu_ptr(cache->cpu, diversion->id);

	/* Who was inside when the key was set may have seen it as it was. */
	mag_cpu_claim(cpu);
	mag_cpu_release(cpu);
}

/* In a task on the CPU, or the CPU is offline. */
static long divert_cpu(void *arg)
{
	struct cpu_diversion *diversion = arg;

	if (diversion->cache)
		divert_cache(diversion->cache, arg);
	else
		mag_cache_for_each(divert_cache, arg);
	return 0;
}

static void divert_cpus(struct mag_cache *cache)
{
	struct cpu_diversion diversion = { .cache = cache };
	unsigned int id;

	cpus_read_lock();
	for_each_possible_cpu(id) {
		diversion.id = id;
		if (cpu_online(id))
			work_on_cpu(id, divert_cpu, &diversion);
		else
			divert_cpu(&diversion);
	}
	cpus_read_unlock();
}

int mag_trace_calls_begin(void)
{
	/* A cache that is created meanwhile sees the key, or is in the list. */
	static_branch_inc(&mag_calls_traced);
	/* By the kernel's command line it begins before there are workers. */
	if (!mag_registry_empty())
		divert_cpus(NULL);
	return 0;
}

void mag_trace_calls_end(void)
{
	static_branch_dec(&mag_calls_traced);
}

void mag_cpu_trace_new(struct mag_cache *cache)
{
	if (static_branch_unlikely(&mag_calls_traced))
		divert_cpus(cache);
}
