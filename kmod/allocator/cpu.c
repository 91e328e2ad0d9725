// SPDX-License-Identifier: GPL-2.0-only
/*
 * The CPU layer: each CPU's loaded and previous magazine, and the ladders that
 * alloc and free descend from them (Bonwick & Adams 2001, section 3.1, with
 * the swap of 3.3).  No atomic instruction, no masking of interrupts, no lock.
 */
#include <linux/export.h>
#include <linux/jump_label.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/nodemask.h>
#include <linux/overflow.h>
#include <linux/percpu.h>
#include <linux/sched/mm.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <linux/topology.h>

#include "internal.h"

/* Counted off the flag, from any context: this_cpu_inc() only. */
enum mag_cpu_event {
	MAG_ALLOC_NESTED,
	MAG_ALLOC_GROWN,
	MAG_ALLOC_REMOTE,
	MAG_ALLOC_FAILED,
	MAG_FREE_NESTED,
	MAG_FREE_REMOTE_SLAB,
	MAG_NR_CPU_EVENTS,
};

/**
 * struct mag_cpu - one CPU's share of a cache
 * @busy: the flag: this CPU is between mag_cpu_enter() and mag_cpu_leave().
 *	An interrupt that finds it set must not touch the rest.
 * @rounds: in @loaded, whose own count is stale meanwhile
 * @capacity: of @loaded
 * @loaded: allocated from and freed to; NULL with no rounds and no capacity
 * @previous: full, empty, or in between after a refill; may be NULL
 * @allocs: objects handed out through the magazines
 * @frees: objects taken back through the ladder
 * @alloc_previous: of @allocs, those that swapped
 * @alloc_depot: of @allocs, those that exchanged a magazine
 * @alloc_slab: of @allocs, those that refilled from the slab layer
 * @free_previous: of @frees, those that swapped
 * @free_depot: of @frees, those that exchanged a magazine
 * @free_slab: of @frees, those that went to the slab layer, or for which a
 *	full magazine did
 * @free_remote: objects that went into @away
 * @event: the counters that need no flag
 * @calls_seen: @allocs + @frees + @free_remote at the last mag_cpu_reap(), which owns it
 * @away: by node, a magazine for objects of that node, not full; or NULL
 *
 * All but @event and @calls_seen are written under the flag, and read by others for
 * statistics.
 */
struct mag_cpu {
	bool busy;
	u32 rounds;
	u32 capacity;
	struct mag_magazine *loaded;
	u64 allocs;
	u64 frees;

	struct mag_magazine *previous;
	u64 alloc_previous;
	u64 alloc_depot;
	u64 alloc_slab;
	u64 free_previous;
	u64 free_depot;
	u64 free_slab;
	u64 free_remote;
	u64 event[MAG_NR_CPU_EVENTS];
	u64 calls_seen;
	struct mag_magazine *away[];
} ____cacheline_aligned_in_smp;

/* There is more than one node with memory. */
static DEFINE_STATIC_KEY_FALSE(mag_many_nodes);
/* A free has more to do than to push: many nodes, or init_on_free. */
static DEFINE_STATIC_KEY_FALSE(mag_free_checks);

/*
 * Takes the flag of this CPU, or says no if this is an interrupt on top of its
 * holder.  Preemption is off afterwards in either case.
 */
static __always_inline bool mag_cpu_enter(struct mag_cache *cache,
					  struct mag_cpu **cpu)
{
	preempt_disable();
	*cpu = this_cpu_ptr(cache->cpu);
	if (unlikely(READ_ONCE((*cpu)->busy)))
		return false;
	WRITE_ONCE((*cpu)->busy, true);
	/* Only interrupts on this CPU look: program order is order enough. */
	barrier();
	return true;
}

static __always_inline void mag_cpu_leave(struct mag_cpu *cpu)
{
	barrier();
	WRITE_ONCE(cpu->busy, false);
	preempt_enable();
}

static __always_inline void *mag_cpu_pop(struct mag_cpu *cpu)
{
	u32 rounds = cpu->rounds - 1;

	cpu->rounds = rounds;
	cpu->allocs++;
	return cpu->loaded->round[rounds];
}

static __always_inline void mag_cpu_push(struct mag_cpu *cpu, void *obj)
{
	u32 rounds = cpu->rounds;

	cpu->loaded->round[rounds] = obj;
	cpu->rounds = rounds + 1;
	cpu->frees++;
}

/* Makes @mag the loaded magazine; the old one becomes the previous. */
static void cpu_load(struct mag_cpu *cpu, struct mag_magazine *mag)
{
	if (cpu->loaded)
		cpu->loaded->rounds = cpu->rounds;
	cpu->previous = cpu->loaded;
	cpu->loaded = mag;
	cpu->rounds = mag->rounds;
	cpu->capacity = mag->capacity;
}

/*
 * Fills the loaded magazine, which is empty, from slabs at hand: one lock for
 * many objects.  Leaves it empty if there are none.
 */
static bool cpu_refill(struct mag_cache *cache, struct mag_cpu *cpu, int node)
{
	struct mag_magazine *mag = cpu->loaded;

	if (!mag) {
		mag = mag_depot_get_empty(cache, node, NULL);
		if (!mag)
			mag = mag_magazine_create(cache, node);
		if (!mag)
			return false;
		cpu_load(cpu, mag);
	}
	cpu->rounds = mag_slab_take(cache, node, mag->round, mag->capacity);
	return cpu->rounds;
}

/* The alloc ladder, under the flag: NULL when only new pages can help. */
static void *cpu_alloc(struct mag_cache *cache, struct mag_cpu *cpu)
{
	int node = numa_mem_id();
	struct mag_magazine *mag;

	/* An interrupt, or another CPU, may have something for us by now. */
	if (cpu->rounds)
		return mag_cpu_pop(cpu);

	if (cpu->previous && cpu->previous->rounds) {
		cpu_load(cpu, cpu->previous);
		cpu->alloc_previous++;
		return mag_cpu_pop(cpu);
	}

	mag = mag_depot_get_full(cache, node, cpu->previous);
	if (mag) {
		cpu_load(cpu, mag);
		cpu->alloc_depot++;
		return mag_cpu_pop(cpu);
	}

	if (cpu_refill(cache, cpu, node)) {
		cpu->alloc_slab++;
		return mag_cpu_pop(cpu);
	}
	return NULL;
}

/* An empty magazine for the previous one, which is full or NULL. */
static struct mag_magazine *cpu_get_empty(struct mag_cache *cache,
					  struct mag_cpu *cpu, int node)
{
	struct mag_magazine *mag, *full = cpu->previous;

	mag = mag_depot_get_empty(cache, node, full);
	if (!mag && !(full && mag_depot_has_enough(cache, node))) {
		mag = mag_magazine_create(cache, node);
		if (mag && full && !mag_depot_put_full(cache, node, full)) {
			mag_magazine_destroy(cache, mag);
			mag = NULL;
		}
	}
	if (mag)
		cpu->free_depot++;
	if (mag || !full)
		return mag;

	/* The depot has enough: empty the full one into its slabs. */
	mag_slab_give(cache, full->round, full->rounds);
	full->rounds = 0;
	cpu->free_slab++;
	return full;
}

/*
 * The free ladder below the loaded magazine, under the flag: makes room in it.
 * False if there is no memory for a magazine.
 */
static bool cpu_make_room(struct mag_cache *cache, struct mag_cpu *cpu)
{
	struct mag_magazine *mag = cpu->previous;

	if (mag && mag->rounds < mag->capacity) {
		cpu_load(cpu, mag);
		cpu->free_previous++;
		return true;
	}

	mag = cpu_get_empty(cache, cpu, numa_mem_id());
	if (!mag)
		return false;
	cpu_load(cpu, mag);
	return true;
}

/* Constructed objects keep their state; others are zeroed where asked for. */
static void *mag_object_zero(struct mag_cache *cache, void *obj)
{
	if (!cache->ctor)
		memset(obj, 0, cache->object_size);
	return obj;
}

static noinline void *mag_cache_alloc_slow(struct mag_cache *cache, gfp_t gfp)
{
	struct mag_cpu *cpu;
	void *obj = NULL;

	if (likely(mag_cpu_enter(cache, &cpu))) {
		obj = cpu_alloc(cache, cpu);
		mag_cpu_leave(cpu);
	} else {
		if (mag_slab_take(cache, numa_mem_id(), &obj, 1))
			this_cpu_inc(cache->cpu->event[MAG_ALLOC_NESTED]);
		preempt_enable();
	}

	if (!obj) {
		obj = mag_slab_grow(cache, numa_mem_id(), gfp);
		if (!obj) {
			this_cpu_inc(cache->cpu->event[MAG_ALLOC_FAILED]);
			return NULL;
		}
		this_cpu_inc(cache->cpu->event[MAG_ALLOC_GROWN]);
	}

	if (want_init_on_alloc(gfp))
		return mag_object_zero(cache, obj);
	return obj;
}

/**
 * mag_cache_alloc() - allocate an object
 * @cache: the cache
 * @gfp: how to get pages if there is no object at hand; __GFP_ZERO zeroes the
 *	object.  __GFP_THISNODE and __GFP_ACCOUNT cannot be honoured by objects
 *	that are cached, and are ignored; so are, with a warning, zone modifiers,
 *	and __GFP_ZERO in a cache with a constructor.
 *
 * The object is in constructed state if the cache has a constructor, zeroed if
 * @gfp or init_on_alloc demands it, and of any content otherwise.
 *
 * Context: any but NMI.  May sleep if @gfp allows blocking.
 * Return: the object, or NULL when @gfp yields no page.
 */
void *mag_cache_alloc(struct mag_cache *cache, gfp_t gfp)
{
	struct mag_cpu *cpu;
	void *obj;

	/* Costs a branch and a call where it could not complain either. */
	if (IS_ENABLED(CONFIG_DEBUG_ATOMIC_SLEEP) || IS_ENABLED(CONFIG_LOCKDEP))
		might_alloc(gfp);

	if (unlikely(!mag_cpu_enter(cache, &cpu))) {
		preempt_enable();
		return mag_cache_alloc_slow(cache, gfp);
	}
	if (unlikely(!cpu->rounds)) {
		mag_cpu_leave(cpu);
		return mag_cache_alloc_slow(cache, gfp);
	}
	obj = mag_cpu_pop(cpu);
	mag_cpu_leave(cpu);

	if (want_init_on_alloc(gfp))
		return mag_object_zero(cache, obj);
	return obj;
}
EXPORT_SYMBOL_GPL(mag_cache_alloc);

/* The magazine for @node's objects, with room in it; or NULL. */
static struct mag_magazine *cpu_get_away(struct mag_cache *cache,
					 struct mag_cpu *cpu, int node)
{
	struct mag_magazine *mag = cpu->away[node];

	if (!mag) {
		mag = mag_depot_get_empty(cache, numa_mem_id(), NULL);
		if (!mag)
			mag = mag_magazine_create(cache, numa_mem_id());
		cpu->away[node] = mag;
	}
	return mag;
}

/* A full magazine goes home, if need be into its slabs. */
static void cpu_send_home(struct mag_cache *cache, struct mag_cpu *cpu,
			  int node)
{
	struct mag_magazine *mag = cpu->away[node];

	cpu->away[node] = mag_depot_get_empty(cache, node, mag);
	if (!cpu->away[node] && !mag_depot_put_full(cache, node, mag))
		mag_magazine_discard(cache, mag);
}

/* False if there is no magazine to be had. Under the flag. */
static bool cpu_push_away(struct mag_cache *cache, struct mag_cpu *cpu,
			  int node, void *obj)
{
	struct mag_magazine *mag = cpu_get_away(cache, cpu, node);

	if (!mag)
		return false;
	mag->round[mag->rounds++] = obj;
	cpu->free_remote++;
	if (mag->rounds == mag->capacity)
		cpu_send_home(cache, cpu, node);
	return true;
}

/*
 * Takes care of an object of @node, which is not this CPU's, unless the policy
 * is to make no difference.
 */
static noinline bool mag_cache_free_remote(struct mag_cache *cache, int node,
					   void *obj)
{
	u32 rule = READ_ONCE(cache->policy.remote_rule);
	struct mag_cpu *cpu;
	bool pushed = false;

	if (rule == MAG_REMOTE_IGNORE)
		return false;
	if (rule == MAG_REMOTE_AWAY) {
		if (likely(mag_cpu_enter(cache, &cpu))) {
			pushed = cpu_push_away(cache, cpu, node, obj);
			mag_cpu_leave(cpu);
		} else {
			preempt_enable();
		}
	}
	if (!pushed) {
		mag_slab_give(cache, &obj, 1);
		this_cpu_inc(cache->cpu->event[MAG_FREE_REMOTE_SLAB]);
	}
	return true;
}

/* Sees to @obj if it is another node's and that matters. */
static __always_inline bool free_if_remote(struct mag_cache *cache, void *obj)
{
	int node;

	if (!static_branch_unlikely(&mag_many_nodes))
		return false;
	node = page_to_nid(virt_to_page(obj));
	/* The CPU may change meanwhile: then the object is a guest for once. */
	return unlikely(node != numa_mem_id()) &&
	       mag_cache_free_remote(cache, node, obj);
}

static noinline void mag_cache_free_slow(struct mag_cache *cache, void *obj)
{
	struct mag_cpu *cpu;

	if (unlikely(!mag_cpu_enter(cache, &cpu))) {
		mag_slab_give(cache, &obj, 1);
		this_cpu_inc(cache->cpu->event[MAG_FREE_NESTED]);
		preempt_enable();
		return;
	}
	if (cpu->rounds < cpu->capacity || cpu_make_room(cache, cpu)) {
		mag_cpu_push(cpu, obj);
	} else {
		mag_slab_give(cache, &obj, 1);
		cpu->frees++;
		cpu->free_slab++;
	}
	mag_cpu_leave(cpu);
}

/* For another node: none of its objects is in a magazine of this CPU's. */
static noinline void *alloc_remote(struct mag_cache *cache, gfp_t gfp, int node)
{
	void *obj;

	if (!mag_slab_take(cache, node, &obj, 1))
		obj = mag_slab_grow(cache, node, gfp);
	if (!obj) {
		this_cpu_inc(cache->cpu->event[MAG_ALLOC_FAILED]);
		return NULL;
	}
	this_cpu_inc(cache->cpu->event[MAG_ALLOC_REMOTE]);
	if (want_init_on_alloc(gfp))
		return mag_object_zero(cache, obj);
	return obj;
}

/**
 * mag_cache_alloc_node() - allocate an object of a node
 * @cache: the cache
 * @gfp: as for mag_cache_alloc()
 * @node: the node whose memory is wanted, or NUMA_NO_NODE for the CPU's.  One
 *	that has none left, or never had any, is made up for by others.
 *
 * Context: any but NMI.  May sleep if @gfp allows blocking.
 * Return: the object, or NULL when @gfp yields no page.
 */
void *mag_cache_alloc_node(struct mag_cache *cache, gfp_t gfp, int node)
{
	if (node == NUMA_NO_NODE || node == numa_mem_id() ||
	    !node_state(node, N_MEMORY))
		return mag_cache_alloc(cache, gfp);
	return alloc_remote(cache, gfp, node);
}
EXPORT_SYMBOL_GPL(mag_cache_alloc_node);

/* The free ladder's first rung; the rest is mag_cache_free_slow(). */
static __always_inline void cpu_free(struct mag_cache *cache, void *obj)
{
	struct mag_cpu *cpu;

	if (unlikely(!mag_cpu_enter(cache, &cpu))) {
		preempt_enable();
		mag_cache_free_slow(cache, obj);
		return;
	}
	if (unlikely(cpu->rounds == cpu->capacity)) {
		mag_cpu_leave(cpu);
		mag_cache_free_slow(cache, obj);
		return;
	}
	mag_cpu_push(cpu, obj);
	mag_cpu_leave(cpu);
}

/* Apart, so that the common path needs no stack. */
static noinline void mag_cache_free_checked(struct mag_cache *cache, void *obj)
{
	if (want_init_on_free())
		mag_object_zero(cache, obj);
	if (!free_if_remote(cache, obj))
		cpu_free(cache, obj);
}

/**
 * mag_cache_free() - give back an object
 * @cache: the cache it was allocated from
 * @obj: the object, in constructed state if the cache has a constructor
 *
 * Context: any but NMI, on any CPU.  Never sleeps, never fails.
 */
void mag_cache_free(struct mag_cache *cache, void *obj)
{
	if (static_branch_unlikely(&mag_free_checks)) {
		mag_cache_free_checked(cache, obj);
		return;
	}
	cpu_free(cache, obj);
}
EXPORT_SYMBOL_GPL(mag_cache_free);

/* Moves as many of @nr objects as the loaded magazine has room for. */
static u32 cpu_push_run(struct mag_cpu *cpu, size_t nr, void **objs)
{
	u32 run = min_t(size_t, nr, cpu->capacity - cpu->rounds);

	memcpy(cpu->loaded->round + cpu->rounds, objs, run * sizeof(*objs));
	cpu->rounds += run;
	cpu->frees += run;
	return run;
}

static void free_bulk_here(struct mag_cache *cache, size_t nr, void **objs)
{
	struct mag_cpu *cpu;
	u32 run;

	for (; nr; nr -= run, objs += run) {
		run = 0;
		if (likely(mag_cpu_enter(cache, &cpu))) {
			if (cpu->rounds < cpu->capacity ||
			    cpu_make_room(cache, cpu))
				run = cpu_push_run(cpu, nr, objs);
			mag_cpu_leave(cpu);
		} else {
			preempt_enable();
		}
		if (unlikely(!run)) {
			mag_cache_free_slow(cache, *objs);
			run = 1;
		}
	}
}

/* Runs of this node's objects go together, those of others to their homes. */
static void free_bulk_of_many_nodes(struct mag_cache *cache, size_t nr,
				    void **objs)
{
	size_t run;

	while (nr) {
		for (run = 0; run < nr && !free_if_remote(cache, objs[run]);
		     run++)
			;
		free_bulk_here(cache, run, objs);
		/* The one that ended the run has been seen to. */
		run = min(run + 1, nr);
		objs += run;
		nr -= run;
	}
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

	if (want_init_on_free())
		for (i = 0; i < nr; i++)
			mag_object_zero(cache, objs[i]);

	if (static_branch_unlikely(&mag_many_nodes)) {
		free_bulk_of_many_nodes(cache, nr, objs);
		return;
	}
	free_bulk_here(cache, nr, objs);
}
EXPORT_SYMBOL_GPL(mag_cache_free_bulk);

/* A field that its CPU may be writing. */
#define mag_peek(field) data_race(READ_ONCE(field))

static void chain_add(struct mag_magazine **chain, struct mag_magazine *mag)
{
	if (!mag)
		return;
	mag->next = *chain;
	*chain = mag;
}

/*
 * Leaves @cpu without magazines, and returns them as a chain; the caller has
 * its flag, or it is at rest.
 */
static struct mag_magazine *cpu_unload(struct mag_cpu *cpu)
{
	struct mag_magazine *chain = NULL;
	int node;

	if (cpu->loaded)
		cpu->loaded->rounds = cpu->rounds;
	chain_add(&chain, cpu->loaded);
	chain_add(&chain, cpu->previous);
	for_each_node(node) {
		chain_add(&chain, cpu->away[node]);
		cpu->away[node] = NULL;
	}
	cpu->loaded = NULL;
	cpu->previous = NULL;
	cpu->rounds = 0;
	cpu->capacity = 0;
	return chain;
}

/* Returns the objects that went to their slabs. */
static u32 cpu_drain(struct mag_cache *cache, unsigned int id)
{
	return mag_magazine_discard_chain(
		cache, cpu_unload(per_cpu_ptr(cache->cpu, id)));
}

void mag_cpu_drain(struct mag_cache *cache)
{
	unsigned int id;

	for_each_possible_cpu(id)
		cpu_drain(cache, id);
}

void mag_cpu_drain_dead(struct mag_cache *cache, unsigned int id)
{
	atomic_long_add(cpu_drain(cache, id), &cache->reaped);
}

/**
 * struct cpu_surrender - a CPU asked for its magazines
 * @cache: the cache
 * @mags: filled in; none from a CPU that is in the middle of a call
 */
struct cpu_surrender {
	struct mag_cache *cache;
	struct mag_magazine *mags;
};

/* By interrupt on the CPU itself: so that no lock is needed against its calls. */
static void cpu_surrender(void *arg)
{
	struct cpu_surrender *surrender = arg;
	struct mag_cpu *cpu;

	if (!mag_cpu_enter(surrender->cache, &cpu)) {
		preempt_enable();
		return;
	}
	surrender->mags = cpu_unload(cpu);
	mag_cpu_leave(cpu);
}

/* It made no call since the last time that it was asked. */
static bool cpu_is_idle(struct mag_cpu *cpu)
{
	u64 calls = mag_peek(cpu->allocs) + mag_peek(cpu->frees) +
		    mag_peek(cpu->free_remote);
	bool idle = calls == cpu->calls_seen;

	cpu->calls_seen = calls;
	return idle;
}

static bool cpu_has_magazines(struct mag_cpu *cpu)
{
	int node;

	for_each_node(node)
		if (mag_peek(cpu->away[node]))
			return true;
	return mag_peek(cpu->loaded);
}

void mag_cpu_reap(struct mag_cache *cache, bool idle)
{
	struct cpu_surrender surrender;
	struct mag_cpu *cpu;
	unsigned int id;
	u32 objects;

	for_each_online_cpu(id) {
		cpu = per_cpu_ptr(cache->cpu, id);
		if (idle && !cpu_is_idle(cpu))
			continue;
		/* A CPU without magazines is not woken. */
		if (!cpu_has_magazines(cpu))
			continue;
		surrender = (struct cpu_surrender){ .cache = cache };
		smp_call_function_single(id, cpu_surrender, &surrender, true);
		objects = mag_magazine_discard_chain(cache, surrender.mags);
		atomic_long_add(objects, &cache->reaped);
	}
}

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

	stats->frees += frees + nested + remote;
	stats->free_remote += remote;
	stats->free_loaded += frees - min(frees, previous + depot + slab);
	stats->free_previous += previous;
	stats->free_depot += depot;
	stats->free_slab += slab + nested;
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

void mag_cpu_stats(struct mag_cache *cache, struct mag_cache_stats *stats)
{
	int id;

	for_each_possible_cpu(id)
		cpu_stats_free(per_cpu_ptr(cache->cpu, id), stats);
	for_each_possible_cpu(id)
		cpu_stats_alloc(per_cpu_ptr(cache->cpu, id), stats);
}

void mag_cpu_setup(void)
{
	bool many_nodes = num_node_state(N_MEMORY) > 1;

	/* Both are known since boot; that a branch is set already is no harm. */
	if (many_nodes)
		static_branch_enable(&mag_many_nodes);
	if (many_nodes || want_init_on_free())
		static_branch_enable(&mag_free_checks);
}

int mag_cpu_init(struct mag_cache *cache)
{
	struct mag_cpu *cpu;

	cache->cpu = __alloc_percpu(struct_size(cpu, away, nr_node_ids),
				    __alignof__(*cpu));
	return cache->cpu ? 0 : -ENOMEM;
}

void mag_cpu_exit(struct mag_cache *cache)
{
	free_percpu(cache->cpu);
	cache->cpu = NULL;
}

#if IS_ENABLED(CONFIG_KUNIT)
bool mag_kunit_cpu_enter(struct mag_cache *cache)
{
	struct mag_cpu *cpu;

	return mag_cpu_enter(cache, &cpu);
}

void mag_kunit_cpu_leave(struct mag_cache *cache)
{
	mag_cpu_leave(this_cpu_ptr(cache->cpu));
}
#endif
