// SPDX-License-Identifier: GPL-2.0-only
/*
 * The counters of the CPU layer.
 */
#include <linux/minmax.h>
#include <linux/percpu.h>

#include "cpu.h"

/*
 * Of what is counted while it is read, the part comes before the whole: each
 * rung before the total it is of, and frees, on all CPUs, before allocs.
 */
static void cpu_stats_free(const struct mag_cpu *cpu,
			   struct mag_cache_stats *stats)
{
	u64 nested = mag_peek(cpu->event[MAG_FREE_NESTED]);
	u64 previous = mag_peek(cpu->free_previous);
	u64 depot = mag_peek(cpu->free_depot);
	u64 slab = mag_peek(cpu->free_slab);
	u64 frees = mag_peek(cpu->frees);
	u64 remote = mag_peek(cpu->free_remote) +
		     mag_peek(cpu->event[MAG_FREE_REMOTE_SLAB]);
	u64 direct = mag_peek(cpu->event[MAG_FREE_SLAB]);
	u64 rcu = mag_peek(cpu->free_rcu);

	stats->frees += frees + nested + direct + remote + rcu;
	stats->free_rcu += rcu;
	stats->rcu_waiting += mag_peek(cpu->rcu_rounds);
	stats->free_remote += remote;
	stats->free_loaded += frees - min(frees, previous + depot + slab);
	stats->free_previous += previous;
	stats->free_depot += depot;
	stats->free_slab += slab + nested + direct;
	stats->free_nested += nested;
}

static void cpu_stats_alloc(const struct mag_cpu *cpu,
			    struct mag_cache_stats *stats)
{
	u64 nested = mag_peek(cpu->event[MAG_ALLOC_NESTED]);
	u64 grown = mag_peek(cpu->event[MAG_ALLOC_GROWN]);
	u64 remote = mag_peek(cpu->event[MAG_ALLOC_REMOTE]);
	u64 previous = mag_peek(cpu->alloc_previous);
	u64 depot = mag_peek(cpu->alloc_depot);
	u64 slab = mag_peek(cpu->alloc_slab);
	u64 allocs = mag_peek(cpu->allocs);

	stats->allocs += allocs + nested + grown + remote;
	stats->alloc_remote += remote;
	stats->alloc_loaded += allocs - min(allocs, previous + depot + slab);
	stats->alloc_previous += previous;
	stats->alloc_depot += depot;
	stats->alloc_slab += slab + nested + grown + remote;
	stats->alloc_nested += nested;
	stats->alloc_failed += mag_peek(cpu->event[MAG_ALLOC_FAILED]);
}

void mag_cpu_add_stats(const struct mag_cpu *cpu, struct mag_cache_stats *stats)
{
	cpu_stats_free(cpu, stats);
	cpu_stats_alloc(cpu, stats);
}

void mag_cpu_stats(struct mag_cache *cache, struct mag_cache_stats *stats)
{
	int id;

	for_each_possible_cpu(id)
		cpu_stats_free(per_cpu_ptr(cache->cpu, id), stats);
	for_each_possible_cpu(id)
		cpu_stats_alloc(per_cpu_ptr(cache->cpu, id), stats);
}
