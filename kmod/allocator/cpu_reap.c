// SPDX-License-Identifier: GPL-2.0-only
/*
 * Taking the magazines from CPUs: those that are idle, that have gone, or all.
 */
#include <linux/atomic.h>
#include <linux/nodemask.h>
#include <linux/percpu.h>
#include <linux/sched.h>

#include "cpu.h"
#include "mag_trace.h"

static void chain_add(struct mag_magazine **chain, struct mag_magazine *mag)
{
	if (!mag)
		return;
	mag->next = *chain;
	*chain = mag;
}

/* Adds to @chain the magazines in which @cpu gathers objects of other nodes. */
static void cpu_unload_away(struct mag_cpu *cpu, struct mag_magazine **chain)
{
	int node;

	for_each_node(node) {
		chain_add(chain, cpu->away[node]);
		cpu->away[node] = NULL;
	}
}

/*
 * Leaves @cpu without magazines, but for one that waits for RCU, and returns them
 * as a chain; the caller has its flag, or it is at rest.
 */
static struct mag_magazine *cpu_unload(struct mag_cpu *cpu)
{
	struct mag_magazine *chain = NULL;

	if (cpu->loaded)
		cpu->loaded->rounds = cpu->rounds;
	chain_add(&chain, cpu->loaded);
	chain_add(&chain, cpu->previous);
	cpu_unload_away(cpu, &chain);
	cpu->loaded = NULL;
	cpu->previous = NULL;
	cpu->rounds = 0;
	cpu->capacity = 0;
	return chain;
}

/* What was taken from CPU @id, as a chain, goes to its slabs. */
static void cpu_reap_chain(struct mag_cache *cache, unsigned int id,
			   struct mag_magazine *chain)
{
	u32 objects, magazines = 0;
	struct mag_magazine *mag;

	for (mag = chain; mag; mag = mag->next)
		magazines++;
	objects = mag_magazine_discard_chain(cache, chain);
	atomic_long_add(objects, &cache->reaped);
	if (magazines)
		trace_mag_reap(cache, MAG_REAPED_CPU, id, magazines, objects);
}

void mag_cpu_drain(struct mag_cache *cache)
{
	unsigned int id;

	for_each_possible_cpu(id)
		mag_magazine_discard_chain(
			cache, cpu_unload(per_cpu_ptr(cache->cpu, id)));
}

void mag_cpu_claim(struct mag_cpu *cpu)
{
	while (!mag_cpu_take_flag(cpu, MAG_CPU_INSIDE))
		schedule_timeout_uninterruptible(1);
}

void mag_cpu_drain_dead(struct mag_cache *cache, unsigned int id)
{
	struct mag_cpu *cpu = per_cpu_ptr(cache->cpu, id);
	struct mag_magazine *mags;

	mag_cpu_claim(cpu);
	mag_cpu_rcu_drain_dead(cache, id);
	mags = cpu_unload(cpu);
	mag_cpu_release(cpu);
	cpu_reap_chain(cache, id, mags);
}

/**
 * struct cpu_surrender - a CPU asked for its magazines
 * @cache: the cache
 * @id: the CPU
 * @away_only: those of other nodes' objects alone
 * @mags: filled in; none from a CPU that is in the middle of a call
 */
struct cpu_surrender {
	struct mag_cache *cache;
	unsigned int id;
	bool away_only;
	struct mag_magazine *mags;
};

static void cpu_surrender(void *arg)
{
	struct cpu_surrender *surrender = arg;
	struct mag_cpu *cpu;

	if (!mag_cpu_enter_of(surrender->cache, surrender->id, &cpu)) {
		mag_cpu_unpin();
		return;
	}
	if (surrender->away_only)
		cpu_unload_away(cpu, &surrender->mags);
	else
		surrender->mags = cpu_unload(cpu);
	mag_cpu_leave(cpu);
}

/* The CPU's magazines go to their slabs; of a busy one, those of other nodes alone. */
static void cpu_take(struct mag_cache *cache, unsigned int id, bool away_only)
{
	struct cpu_surrender surrender = {
		.cache = cache,
		.id = id,
		.away_only = away_only,
	};

	mag_cpu_ask(id, cpu_surrender, &surrender);
	cpu_reap_chain(cache, id, surrender.mags);
}

/* Calls that it made so far, of every kind. */
static u64 cpu_calls(const struct mag_cpu *cpu)
{
	u64 calls = mag_peek(cpu->allocs) + mag_peek(cpu->frees) +
		    mag_peek(cpu->free_remote) + mag_peek(cpu->free_rcu);
	u32 i;

	for (i = 0; i < MAG_NR_CPU_EVENTS; i++)
		calls += mag_peek(cpu->event[i]);
	return calls;
}

/* Calls that it made since the last time that it was asked. */
static u64 cpu_new_calls(struct mag_cpu *cpu)
{
	u64 calls = cpu_calls(cpu), fresh = calls - cpu->calls_seen;

	cpu->calls_seen = calls;
	return fresh;
}

/*
 * Fewer calls than two magazines have room for cannot have needed what is in both.  A
 * CPU that makes one now and then would keep them for ever.
 */
static bool cpu_needs_magazines(const struct mag_cpu *cpu, u64 calls)
{
	return calls && calls >= 2 * (u64)mag_peek(cpu->capacity);
}

static bool cpu_has_away(const struct mag_cpu *cpu)
{
	int node;

	for_each_node(node)
		if (mag_peek(cpu->away[node]))
			return true;
	return false;
}

bool mag_cpu_reap(struct mag_cache *cache, bool idle)
{
	bool at_rest = true, needed;
	struct mag_cpu *cpu;
	unsigned int id;
	u64 calls;

	for_each_online_cpu(id) {
		cpu = per_cpu_ptr(cache->cpu, id);
		needed = false;
		if (idle) {
			calls = cpu_new_calls(cpu);
			at_rest &= !calls;
			needed = cpu_needs_magazines(cpu, calls);
		}
		/* A CPU that has none of them is not woken. */
		if (cpu_has_away(cpu) || (!needed && mag_peek(cpu->loaded)))
			cpu_take(cache, id, needed);
	}
	return at_rest;
}

void mag_cpu_reap_node(struct mag_cache *cache, int node)
{
	struct mag_cpu *cpu;
	unsigned int id;

	for_each_online_cpu(id) {
		cpu = per_cpu_ptr(cache->cpu, id);
		if (mag_home_of_cpu(id) == node &&
		    (cpu_has_away(cpu) || mag_peek(cpu->loaded)))
			cpu_take(cache, id, false);
	}
}
