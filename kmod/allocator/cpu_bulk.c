// SPDX-License-Identifier: GPL-2.0-only
/*
 * Alloc and free of many objects: runs of rounds, a magazine's at a time.
 */
#include <linux/export.h>
#include <linux/jump_label.h>
#include <linux/minmax.h>

#include "cpu.h"
#include "mag_trace.h"

/* Moves as many of @nr objects as the loaded magazine has. */
static u32 cpu_pop_run(struct mag_cpu *cpu, size_t nr, void **objs)
{
	u32 run = min_t(size_t, nr, cpu->rounds);

	cpu->rounds -= run;
	cpu->allocs += run;
	mag_copy_rounds(objs, cpu->loaded->round + cpu->rounds, run);
	return run;
}

static void trace_alloc_run(struct mag_cache *cache, gfp_t gfp, u32 run,
			    void **objs, enum mag_rung rung,
			    unsigned long caller)
{
	for (; run--; rung = MAG_RUNG_LOADED)
		trace_mag_alloc(cache, *objs++, cache->object_size, gfp, rung,
				caller);
}

/* Objects that cost no new page; 0 when there are none. */
static u32 alloc_run(struct mag_cache *cache, gfp_t gfp, size_t nr, void **objs,
		     unsigned long caller)
{
	enum mag_rung rung = MAG_RUNG_NONE;
	struct mag_cpu *cpu;
	u32 run = 0;

	if (likely(mag_cpu_enter(cache, &cpu))) {
		rung = mag_cpu_rounds_from(cache, cpu);
		if (rung)
			run = cpu_pop_run(cpu, nr, objs);
		mag_cpu_leave(cpu);
	} else {
		mag_cpu_unpin();
	}
	if (trace_mag_alloc_enabled())
		trace_alloc_run(cache, gfp, run, objs, rung, caller);
	return run;
}

static bool alloc_one(struct mag_cache *cache, gfp_t gfp, void **obj,
		      unsigned long caller)
{
	*obj = mag_cache_alloc_slow(cache, gfp, caller);
	return *obj;
}

/**
 * mag_cache_alloc_bulk() - allocate many objects
 * @cache: the cache
 * @gfp: as for mag_cache_alloc()
 * @nr: how many; 0 is allowed
 * @objs: filled in
 *
 * Moves them by runs, a magazine's rounds at a time.
 *
 * Context: any but NMI.  May sleep if @gfp allows blocking.  Preemption is off
 *	for one magazine at a time.
 * Return: @nr; or less, which is 0, when @gfp yields no page, and then nothing is
 *	allocated.
 */
size_t mag_cache_alloc_bulk(struct mag_cache *cache, gfp_t gfp, size_t nr,
			    void **objs)
{
	size_t got, i, run;

	might_alloc(gfp);
	mag_cpu_check_gfp(cache, gfp, _RET_IP_);
	for (got = 0; got < nr; got += run) {
		run = 0;
		if (!unlikely(cache->debug))
			run = alloc_run(cache, gfp, nr - got, objs + got,
					_RET_IP_);
		if (want_init_on_alloc(gfp))
			for (i = 0; i < run; i++)
				mag_object_zero(cache, objs[got + i], gfp);
		if (unlikely(!run)) {
			run = alloc_one(cache, gfp, objs + got, _RET_IP_);
			if (!run)
				goto undo;
		}
	}
	return nr;

undo:
	mag_cache_free_bulk(cache, got, objs);
	return 0;
}
EXPORT_SYMBOL_GPL(mag_cache_alloc_bulk);

static void trace_free_run(struct mag_cache *cache, u32 run, void **objs,
			   enum mag_rung rung, unsigned long caller)
{
	for (; run--; rung = MAG_RUNG_LOADED)
		trace_mag_free(cache, *objs++, cache->object_size, rung,
			       caller);
}

/* As many of @nr objects as the loaded magazine has room for. */
static u32 cpu_run_for(const struct mag_cpu *cpu, size_t nr)
{
	return min_t(size_t, nr, cpu->capacity - cpu->rounds);
}

static void cpu_push_run(struct mag_cpu *cpu, u32 run, void **objs)
{
	mag_copy_rounds(cpu->loaded->round + cpu->rounds, objs, run);
	cpu->rounds += run;
	cpu->frees += run;
}

/* How many found room in magazines; 0 when it must be sought one by one. */
static u32 free_run(struct mag_cache *cache, size_t nr, void **objs,
		    unsigned long caller)
{
	struct mag_cpu *cpu;
	enum mag_rung rung;
	u32 run = 0;

	if (likely(mag_cpu_enter(cache, &cpu))) {
		rung = mag_cpu_room_from(cache, cpu);
		run = cpu_run_for(cpu, nr);
		if (trace_mag_free_enabled())
			trace_free_run(cache, run, objs, rung, caller);
		cpu_push_run(cpu, run, objs);
		mag_cpu_leave(cpu);
	} else {
		mag_cpu_unpin();
	}
	return run;
}

static void free_bulk_here(struct mag_cache *cache, size_t nr, void **objs,
			   unsigned long caller)
{
	u32 run;

	for (; nr; nr -= run, objs += run) {
		run = free_run(cache, nr, objs, caller);
		if (unlikely(!run)) {
			mag_cache_free_slow(cache, *objs, caller);
			run = 1;
		}
	}
}

/* Runs of this node's objects go together, those of others to their homes. */
static void free_bulk_of_many_nodes(struct mag_cache *cache, size_t nr,
				    void **objs, unsigned long caller)
{
	size_t run;

	while (nr) {
		run = 0;
		while (run < nr &&
		       !mag_cpu_free_if_remote(cache, objs[run], caller))
			run++;
		free_bulk_here(cache, run, objs, caller);
		/* The one that ended the run has been seen to. */
		run = min(run + 1, nr);
		objs += run;
		nr -= run;
	}
}

static void free_bulk_debug(struct mag_cache *cache, size_t nr, void **objs,
			    unsigned long caller)
{
	while (nr--)
		mag_cache_free_slow(cache, *objs++, caller);
}

/**
 * mag_cache_free_bulk() - give back many objects
 * @cache: the cache they were allocated from
 * @nr: how many; 0 is allowed
 * @objs: the objects, as for mag_cache_free()
 *
 * Moves them by runs, a magazine's room at a time.
 *
 * Context: any but NMI, on any CPU.  Never sleeps, never fails.  Preemption is
 * off for one magazine at a time.
 */
void mag_cache_free_bulk(struct mag_cache *cache, size_t nr, void **objs)
{
	size_t i;

	if (unlikely(cache->debug)) {
		free_bulk_debug(cache, nr, objs, _RET_IP_);
		return;
	}

	if (want_init_on_free())
		for (i = 0; i < nr; i++)
			mag_object_zero(cache, objs[i], 0);

	if (static_branch_unlikely(&mag_many_nodes)) {
		free_bulk_of_many_nodes(cache, nr, objs, _RET_IP_);
		return;
	}
	free_bulk_here(cache, nr, objs, _RET_IP_);
}
EXPORT_SYMBOL_GPL(mag_cache_free_bulk);
