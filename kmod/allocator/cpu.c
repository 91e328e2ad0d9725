// SPDX-License-Identifier: GPL-2.0-only
/*
 * The CPU layer: each CPU's loaded and previous magazine, and the ladders that
 * alloc and free descend from them (Bonwick & Adams 2001, section 3.1, with
 * the swap of 3.3).  No atomic instruction, no masking of interrupts, no lock.
 */
#include <linux/cpu.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/jump_label.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/nodemask.h>
#include <linux/overflow.h>
#include <linux/percpu.h>
#include <linux/printk.h>
#include <linux/sched/mm.h>
#include <linux/string.h>
#include <linux/topology.h>

#include "cpu.h"
#include "mag_trace.h"

/* A free has more to do than to push: many nodes, or init_on_free. */
static DEFINE_STATIC_KEY_FALSE(mag_free_checks);

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
 * Where the policy is to have one magazine, it takes the part of the previous
 * one on the ladders below.  A second one, from before the policy, goes.
 */
static void cpu_stow(struct mag_cache *cache, struct mag_cpu *cpu)
{
	struct mag_magazine *second = cpu->previous;

	if (READ_ONCE(cache->policy.magazines) != 1 || !cpu->loaded)
		return;
	cpu->loaded->rounds = cpu->rounds;
	cpu->previous = cpu->loaded;
	cpu->loaded = NULL;
	cpu->rounds = 0;
	cpu->capacity = 0;
	mag_magazine_discard(cache, second);
}

struct mag_magazine *mag_cpu_new_magazine(struct mag_cache *cache, int node)
{
	struct mag_magazine *mag = mag_depot_get_empty(cache, node, NULL);

	return IS_ERR_OR_NULL(mag) ? mag_magazine_create(cache, node) : mag;
}

/*
 * Fills the loaded magazine, which is empty, from slabs at hand: a lock for many
 * objects.  Leaves it empty if there are none.  A depot that is @busy is not
 * asked again.
 */
static bool cpu_refill(struct mag_cache *cache, struct mag_cpu *cpu, int node,
		       bool busy)
{
	struct mag_magazine *mag = cpu->loaded;

	if (!mag) {
		mag = cpu->previous;
		if (!mag)
			mag = busy ? mag_magazine_create(cache, node)
				   : mag_cpu_new_magazine(cache, node);
		if (!mag)
			return false;
		cpu_load(cpu, mag);
	}
	cpu->rounds = mag_slab_take(cache, node, mag->round, mag->capacity);
	trace_mag_refill(cache, node, mag->capacity, cpu->rounds);
	return cpu->rounds;
}

/* The alloc ladder below the loaded magazine. */
enum mag_rung mag_cpu_fill(struct mag_cache *cache, struct mag_cpu *cpu)
{
	int node = mag_home_node();
	struct mag_magazine *mag;

	cpu_stow(cache, cpu);
	if (cpu->previous && cpu->previous->rounds) {
		cpu_load(cpu, cpu->previous);
		cpu->alloc_previous++;
		trace_mag_magazine_swap(cache, false, cpu->rounds);
		return MAG_RUNG_PREVIOUS;
	}

	mag = mag_depot_get_full(cache, node, cpu->previous);
	if (!IS_ERR_OR_NULL(mag)) {
		cpu_load(cpu, mag);
		cpu->alloc_depot++;
		return MAG_RUNG_DEPOT;
	}

	if (!cpu_refill(cache, cpu, node, IS_ERR(mag)))
		return MAG_RUNG_NONE;
	cpu->alloc_slab++;
	return MAG_RUNG_SLAB;
}

/*
 * The depot has taken the full magazine, and had no empty one: a new one, or, if there
 * is no memory, a full one that is emptied.
 */
static struct mag_magazine *cpu_make_empty(struct mag_cache *cache, int node)
{
	struct mag_magazine *mag = mag_magazine_create(cache, node);

	if (mag)
		return mag;
	mag = mag_depot_get_full(cache, node, NULL);
	if (IS_ERR_OR_NULL(mag))
		return NULL;
	mag_slab_give(cache, mag->round, mag->rounds);
	mag->rounds = 0;
	return mag;
}

/* An empty magazine for the previous one, which is full or NULL; and its rung. */
static struct mag_magazine *cpu_get_empty(struct mag_cache *cache,
					  struct mag_cpu *cpu, int node,
					  enum mag_rung *rung)
{
	struct mag_magazine *mag, *full = cpu->previous;

	mag = mag_depot_get_empty(cache, node, full);
	if (!mag && full && mag_depot_put_full(cache, node, full)) {
		cpu->previous = NULL;
		mag = cpu_make_empty(cache, node);
		full = NULL;
	} else if (!full && IS_ERR_OR_NULL(mag)) {
		mag = mag_magazine_create(cache, node);
	}
	*rung = MAG_RUNG_DEPOT;
	if (!IS_ERR_OR_NULL(mag)) {
		cpu->free_depot++;
		return mag;
	}
	if (!full)
		return NULL;

	/* The depot has enough, or is busy: empty the full one into its slabs. */
	mag_slab_give(cache, full->round, full->rounds);
	full->rounds = 0;
	cpu->free_slab++;
	*rung = MAG_RUNG_SLAB;
	return full;
}

/* The free ladder below the loaded magazine. */
enum mag_rung mag_cpu_make_room(struct mag_cache *cache, struct mag_cpu *cpu)
{
	struct mag_magazine *mag;
	enum mag_rung rung;

	cpu_stow(cache, cpu);
	mag = cpu->previous;
	if (mag && mag->rounds < mag->capacity) {
		cpu_load(cpu, mag);
		cpu->free_previous++;
		trace_mag_magazine_swap(cache, true, cpu->rounds);
		return MAG_RUNG_PREVIOUS;
	}

	mag = cpu_get_empty(cache, cpu, mag_home_node(), &rung);
	if (!mag)
		return MAG_RUNG_NONE;
	cpu_load(cpu, mag);
	return rung;
}

/*
 * An object from slabs at hand or new ones, and so from any node's if @node has
 * none; counted as @event or as MAG_ALLOC_FAILED.
 */
static void *alloc_from_slab(struct mag_cache *cache, gfp_t gfp, int node,
			     enum mag_cpu_event event, unsigned long caller)
{
	enum mag_rung rung = MAG_RUNG_SLAB;
	void *obj;

	if (unlikely(cache->debug)) {
		obj = mag_debug_alloc(cache, gfp, node, &rung);
	} else if (!mag_slab_take(cache, node, &obj, 1)) {
		obj = mag_slab_grow(cache, node, gfp);
		rung = MAG_RUNG_PAGES;
	}
	this_cpu_inc(cache->cpu->event[obj ? event : MAG_ALLOC_FAILED]);
	if (obj)
		trace_mag_alloc(cache, obj, cache->object_size, gfp, rung,
				caller);
	else
		trace_mag_alloc_failed(cache, cache->object_size, gfp, node,
				       caller);
	return obj;
}

/* What is at hand: in magazines, or for a nested call in this node's slabs. */
static void *alloc_at_hand(struct mag_cache *cache, gfp_t gfp,
			   unsigned long caller)
{
	enum mag_rung rung = MAG_RUNG_SLAB;
	struct mag_cpu *cpu;
	void *obj = NULL;

	if (likely(mag_cpu_enter(cache, &cpu))) {
		/* An interrupt may have filled it by now. */
		rung = mag_cpu_rounds_from(cache, cpu);
		if (rung)
			obj = mag_cpu_pop(cpu);
		mag_cpu_leave(cpu);
	} else {
		if (mag_slab_take(cache, mag_home_node(), &obj, 1))
			this_cpu_inc(cache->cpu->event[MAG_ALLOC_NESTED]);
		mag_cpu_unpin();
	}
	if (obj)
		trace_mag_alloc(cache, obj, cache->object_size, gfp, rung,
				caller);
	return obj;
}

noinline void mag_cpu_tell_gfp(struct mag_cache *cache, gfp_t gfp,
			       unsigned long caller)
{
	if (READ_ONCE(cache->gfp_told) || xchg(&cache->gfp_told, true))
		return;
	pr_warn("magslab: cache %s: %pS asks for %pGg: zones, and zeroes in a cache with a constructor, are ignored\n",
		cache->name, (void *)caller, &gfp);
}

noinline void *mag_cache_alloc_slow(struct mag_cache *cache, gfp_t gfp,
				    unsigned long caller)
{
	void *obj = NULL;

	mag_cpu_check_gfp(cache, gfp, caller);
	if (likely(!cache->debug))
		obj = alloc_at_hand(cache, gfp, caller);
	/* What others freed to a slab meanwhile is as good as a new one. */
	if (!obj)
		obj = alloc_from_slab(cache, gfp, mag_home_node(),
				      MAG_ALLOC_GROWN, caller);
	if (obj && want_init_on_alloc(gfp))
		return mag_object_zero(cache, obj, gfp);
	return obj;
}

/**
 * mag_cache_alloc() - allocate an object
 * @cache: the cache
 * @gfp: how to get pages if there is no object at hand; __GFP_ZERO zeroes the
 *	object.  __GFP_THISNODE and __GFP_ACCOUNT cannot be honoured by objects
 *	that are cached, and are ignored.  So are zone modifiers, and __GFP_ZERO
 *	in a cache with a constructor, which the log says once a cache.
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

	/*
	 * SLUB's point of rescheduling is here as well, ours in the slow paths: the
	 * hook might_resched tells where that makes a difference.
	 */
	if (IS_ENABLED(CONFIG_DEBUG_ATOMIC_SLEEP) || IS_ENABLED(CONFIG_LOCKDEP))
		might_alloc(gfp);

	if (unlikely(!mag_cpu_enter_fast(cache, &cpu))) {
		mag_cpu_unpin();
		return mag_cache_alloc_slow(cache, gfp, _RET_IP_);
	}
	if (unlikely(!cpu->rounds)) {
		mag_cpu_leave_fast(cpu);
		return mag_cache_alloc_slow(cache, gfp, _RET_IP_);
	}
	obj = mag_cpu_pop(cpu);
	mag_cpu_leave_fast(cpu);

	if (want_init_on_alloc(gfp))
		return mag_object_zero(cache, obj, gfp);
	return obj;
}
EXPORT_SYMBOL_GPL(mag_cache_alloc);

/* The magazine for @node's objects, with room in it; or NULL. */
static struct mag_magazine *cpu_get_away(struct mag_cache *cache,
					 struct mag_cpu *cpu, int node)
{
	struct mag_magazine *mag = cpu->away[node];

	if (!mag) {
		mag = mag_cpu_new_magazine(cache, mag_home_node());
		cpu->away[node] = mag;
	}
	return mag;
}

/* A full magazine goes home, if need be into its slabs. */
static void cpu_send_home(struct mag_cache *cache, struct mag_cpu *cpu,
			  int node)
{
	struct mag_magazine *mag = cpu->away[node], *empty;
	u32 rounds = mag->rounds;
	bool to_depot;

	empty = mag_depot_get_empty(cache, node, mag);
	cpu->away[node] = IS_ERR(empty) ? NULL : empty;
	to_depot = empty ? !IS_ERR(empty)
			 : mag_depot_put_full(cache, node, mag);
	if (!to_depot)
		mag_magazine_discard(cache, mag);
	trace_mag_remote_batch(cache, node, rounds, to_depot);
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

noinline bool mag_cache_free_remote(struct mag_cache *cache, int node,
				    void *obj, unsigned long caller)
{
	u32 rule = READ_ONCE(cache->policy.remote_rule);
	struct mag_cpu *cpu;
	bool pushed = false;

	if (rule == MAG_REMOTE_IGNORE)
		return false;
	trace_mag_free(cache, obj, cache->object_size, MAG_RUNG_AWAY, caller);
	if (rule == MAG_REMOTE_AWAY) {
		if (likely(mag_cpu_enter(cache, &cpu))) {
			pushed = cpu_push_away(cache, cpu, node, obj);
			mag_cpu_leave(cpu);
		} else {
			mag_cpu_unpin();
		}
	}
	if (!pushed) {
		mag_slab_give(cache, &obj, 1);
		this_cpu_inc(cache->cpu->event[MAG_FREE_REMOTE_SLAB]);
	}
	return true;
}

/* Its own stack trace is the tracks' business. */
static void free_debug(struct mag_cache *cache, void *obj, unsigned long caller)
{
	if (mag_debug_free(cache, obj, caller))
		this_cpu_inc(cache->cpu->event[MAG_FREE_SLAB]);
}

noinline void mag_cache_free_slow(struct mag_cache *cache, void *obj,
				  unsigned long caller)
{
	struct mag_cpu *cpu;
	enum mag_rung rung;

	if (unlikely(cache->debug)) {
		free_debug(cache, obj, caller);
		return;
	}
	if (unlikely(!mag_cpu_enter(cache, &cpu))) {
		trace_mag_free(cache, obj, cache->object_size, MAG_RUNG_SLAB,
			       caller);
		mag_slab_give(cache, &obj, 1);
		this_cpu_inc(cache->cpu->event[MAG_FREE_NESTED]);
		mag_cpu_unpin();
		return;
	}
	rung = mag_cpu_room_from(cache, cpu);
	trace_mag_free(cache, obj, cache->object_size, rung ?: MAG_RUNG_SLAB,
		       caller);
	if (rung) {
		mag_cpu_push(cpu, obj);
	} else {
		mag_slab_give(cache, &obj, 1);
		cpu->frees++;
		cpu->free_slab++;
	}
	mag_cpu_leave(cpu);
}

/**
 * mag_cache_alloc_node() - allocate an object of a node
 * @cache: the cache
 * @gfp: as for mag_cache_alloc()
 * @node: the node whose memory is wanted, or NUMA_NO_NODE for the CPU's.  Where
 *	no slab can be made of its memory, the nearest node where one can takes
 *	its place; where it has none left, any other.
 *
 * Context: any but NMI.  May sleep if @gfp allows blocking.
 * Return: the object, or NULL when @gfp yields no page.
 */
void *mag_cache_alloc_node(struct mag_cache *cache, gfp_t gfp, int node)
{
	void *obj;

	if (node != NUMA_NO_NODE)
		node = mag_home_of(node);
	if (node == NUMA_NO_NODE || node == mag_home_node())
		return mag_cache_alloc(cache, gfp);

	might_alloc(gfp);
	mag_cpu_check_gfp(cache, gfp, _RET_IP_);
	/* None of its objects is in a magazine of this CPU's. */
	obj = alloc_from_slab(cache, gfp, node, MAG_ALLOC_REMOTE, _RET_IP_);
	if (obj && want_init_on_alloc(gfp))
		return mag_object_zero(cache, obj, gfp);
	return obj;
}
EXPORT_SYMBOL_GPL(mag_cache_alloc_node);

/*
 * The free ladder's first rung; the rest is mag_cache_free_slow(), if false.
 * Who called is asked there alone, lest it cost the others an instruction.
 */
static __always_inline bool cpu_free(struct mag_cache *cache, void *obj)
{
	struct mag_cpu *cpu;

	if (unlikely(!mag_cpu_enter_fast(cache, &cpu))) {
		mag_cpu_unpin();
		return false;
	}
	if (unlikely(cpu->rounds == cpu->capacity)) {
		mag_cpu_leave_fast(cpu);
		return false;
	}
	mag_cpu_push(cpu, obj);
	mag_cpu_leave_fast(cpu);
	return true;
}

/* Apart, so that the common path needs no stack. */
static noinline void mag_cache_free_checked(struct mag_cache *cache, void *obj,
					    unsigned long caller)
{
	if (unlikely(cache->debug)) {
		free_debug(cache, obj, caller);
		return;
	}
	if (want_init_on_free())
		mag_object_zero(cache, obj, 0);
	if (mag_cpu_free_if_remote(cache, obj, caller))
		return;
	if (unlikely(!cpu_free(cache, obj)))
		mag_cache_free_slow(cache, obj, caller);
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
		mag_cache_free_checked(cache, obj, _RET_IP_);
		return;
	}
	if (unlikely(!cpu_free(cache, obj)))
		mag_cache_free_slow(cache, obj, _RET_IP_);
}
EXPORT_SYMBOL_GPL(mag_cache_free);

void mag_cpu_see_nodes(void)
{
	mag_home_find();
	if (static_key_enabled(&mag_many_nodes) || want_init_on_free())
		static_branch_enable_cpuslocked(&mag_free_checks);
}

void mag_cpu_setup(void)
{
	static bool done;

	if (READ_ONCE(done))
		return;
	cpus_read_lock();
	mag_cpu_see_nodes();
	cpus_read_unlock();
	/* Two callers at once both do it, and neither goes on before it is done. */
	WRITE_ONCE(done, true);
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

	if (mag_cpu_enter(cache, &cpu))
		return true;
	mag_cpu_unpin();
	return false;
}

void mag_kunit_cpu_leave(struct mag_cache *cache)
{
	mag_cpu_leave(this_cpu_ptr(cache->cpu));
}
#endif
