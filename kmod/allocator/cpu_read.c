// SPDX-License-Identifier: GPL-2.0-only
/*
 * What one CPU holds of a cache, and did.  A magazine is its CPU's alone, and
 * may be gone while another looks at it; so the CPU itself is asked.
 */
#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/export.h>
#include <linux/nodemask.h>
#include <linux/percpu.h>

#include "cpu.h"

/* Times that a CPU is asked until it is found outside the allocator. */
#define MAG_READ_TRIES 10

struct cpu_question {
	struct mag_cache *cache;
	unsigned int id;
	struct mag_cpu_reading *reading;
};

static void read_magazines(const struct mag_cpu *cpu,
			   struct mag_cpu_reading *reading)
{
	int node;

	reading->settled = true;
	reading->rounds = cpu->rounds;
	reading->capacity = cpu->capacity;
	if (cpu->previous) {
		reading->previous_rounds = cpu->previous->rounds;
		reading->previous_capacity = cpu->previous->capacity;
	}
	for_each_node(node)
		if (cpu->away[node])
			reading->away_rounds += cpu->away[node]->rounds;
	reading->rcu_rounds = cpu->rcu_rounds;
}

static void cpu_answer(void *arg)
{
	struct cpu_question *question = arg;
	struct mag_cpu *cpu;

	if (mag_cpu_enter_of(question->cache, question->id, &cpu)) {
		read_magazines(cpu, question->reading);
		mag_cpu_leave(cpu);
	} else {
		mag_cpu_unpin();
	}
}

/* The part before the whole, as in cpu_stats.c. */
static void read_counters(const struct mag_cpu *cpu,
			  struct mag_cpu_reading *reading)
{
	struct mag_cache_stats stats = {};

	mag_cpu_add_stats(cpu, &stats);
	reading->allocs = stats.allocs;
	reading->frees = stats.frees;
	reading->alloc_previous = stats.alloc_previous;
	reading->alloc_depot = stats.alloc_depot;
	reading->alloc_slab = stats.alloc_slab;
	reading->free_previous = stats.free_previous;
	reading->free_depot = stats.free_depot;
	reading->free_slab = stats.free_slab;
	reading->free_remote = stats.free_remote;
}

/**
 * mag_cache_read_cpu() - read what a CPU holds of a cache, and did
 * @cache: the cache
 * @id: a possible CPU
 * @reading: filled in; see struct mag_cpu_reading
 *
 * Context: task, interrupts on, may sleep; not from a mag_cache_for_each().
 *	Interrupts the CPU.
 */
void mag_cache_read_cpu(struct mag_cache *cache, unsigned int id,
			struct mag_cpu_reading *reading)
{
	struct cpu_question question = { cache, id, reading };
	int tries;

	*reading = (struct mag_cpu_reading){};
	cpus_read_lock();
	reading->online = cpu_online(id);
	/* One that is offline has no magazines. */
	reading->settled = !reading->online;
	for (tries = 0; !reading->settled && tries < MAG_READ_TRIES; tries++) {
		/* There the one in the middle of a call may be preempted by us. */
		if (tries && IS_ENABLED(CONFIG_PREEMPT_RT))
			schedule_timeout_uninterruptible(1);
		mag_cpu_ask(id, cpu_answer, &question);
	}
	cpus_read_unlock();
	read_counters(per_cpu_ptr(cache->cpu, id), reading);
}
EXPORT_SYMBOL_GPL(mag_cache_read_cpu);
