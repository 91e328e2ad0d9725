// SPDX-License-Identifier: GPL-2.0-only
/*
 * The events of every alloc and free, at no cost where nobody listens: not one
 * instruction of the fast path is for them.  While somebody listens, the flag
 * of each CPU and cache has MAG_CPU_TRACED, so that the fast path finds it not
 * to be zero, as in an interrupt inside the CPU layer, and leaves all to the slow
 * one.  There the event is, and each call goes down the same ladder as without.
 *
 * When it begins, the bit is set everywhere, before the first listener is told
 * that it listens: from then on no call is missed.  When it ends, each CPU
 * drops the bit by itself, with the first call that comes to the slow path.
 */
#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/jump_label.h>
#include <linux/percpu.h>
#include <linux/smp.h>

#include "cpu.h"

#define CREATE_TRACE_POINTS
#include "mag_trace.h"

DEFINE_STATIC_KEY_FALSE(mag_calls_traced);

/**
 * struct cpu_diversion - a CPU told to leave the fast path of a cache
 * @cache: the cache
 * @done: the CPU was not in the middle of a call
 */
struct cpu_diversion {
	struct mag_cache *cache;
	bool done;
};

/* By interrupt on the CPU itself: who is inside would write over the bit. */
static void cpu_divert(void *arg)
{
	struct cpu_diversion *diversion = arg;
	struct mag_cpu *cpu = this_cpu_ptr(diversion->cache->cpu);

	if (READ_ONCE(cpu->busy) & MAG_CPU_INSIDE)
		return;
	WRITE_ONCE(cpu->busy, MAG_CPU_TRACED);
	diversion->done = true;
}

/* Caller holds CPUs where they are.  No call is longer than a ladder. */
static void divert_cpus(struct mag_cache *cache, void *arg)
{
	struct cpu_diversion diversion;
	unsigned int id;

	for_each_possible_cpu(id) {
		if (!cpu_online(id)) {
			per_cpu_ptr(cache->cpu, id)->busy = MAG_CPU_TRACED;
			continue;
		}
		diversion = (struct cpu_diversion){ .cache = cache };
		while (!diversion.done) {
			smp_call_function_single(id, cpu_divert, &diversion,
						 true);
			cpu_relax();
		}
	}
}

int mag_trace_calls_begin(void)
{
	/* A cache that is created meanwhile sees the key, or is in the list. */
	static_branch_inc(&mag_calls_traced);
	cpus_read_lock();
	mag_cache_for_each(divert_cpus, NULL);
	cpus_read_unlock();
	return 0;
}

void mag_trace_calls_end(void)
{
	static_branch_dec(&mag_calls_traced);
}

void mag_cpu_trace_new(struct mag_cache *cache)
{
	if (!static_branch_unlikely(&mag_calls_traced))
		return;
	cpus_read_lock();
	divert_cpus(cache, NULL);
	cpus_read_unlock();
}
