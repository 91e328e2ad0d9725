/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the CPU layer share, and nobody else includes: one CPU's
 * magazines, and the flag under which they are touched.
 *	cpu.c		alloc and free, one object at a time
 *	cpu_bulk.c	the same for many
 *	cpu_rcu.c	frees that wait for a grace period
 *	cpu_reap.c	taking the magazines from CPUs
 *	cpu_stats.c	counters
 *	cpu_read.c	what one CPU holds and did
 *	cpu_trace.c	the events of every call
 */
#ifndef MAGSLAB_ALLOCATOR_CPU_H
#define MAGSLAB_ALLOCATOR_CPU_H

#include <linux/atomic.h>
#include <linux/jump_label.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <linux/topology.h>

#include "home.h"
#include "internal.h"

/* Counted off the flag, from any context: this_cpu_inc() only. */
enum mag_cpu_event {
	MAG_ALLOC_NESTED,
	MAG_ALLOC_GROWN,
	MAG_ALLOC_REMOTE,
	MAG_ALLOC_FAILED,
	MAG_FREE_NESTED,
	MAG_FREE_SLAB,
	MAG_FREE_REMOTE_SLAB,
	MAG_NR_CPU_EVENTS,
};

/*
 * Bits of the flag.  Who is inside owns it, and it is MAG_CPU_INSIDE alone;
 * otherwise it is MAG_CPU_TRACED while calls are traced, and the fast path,
 * which needs it zero, leaves them to the slow one.
 */
enum {
	MAG_CPU_INSIDE = 1 << 0,
	MAG_CPU_TRACED = 1 << 1,
};

/**
 * struct mag_cpu - one CPU's share of a cache
 * @busy: the flag, with MAG_CPU_INSIDE between mag_cpu_enter() and
 *	mag_cpu_leave().  An interrupt that finds that must not touch the rest.
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
 * @rcu: a magazine of objects that are free after a grace period, not full; or
 *	NULL
 * @rcu_rounds: objects in @rcu, for statistics
 * @free_rcu: objects that went into @rcu
 * @calls_seen: the calls until the last mag_cpu_reap(), which owns it
 * @away: by node, a magazine for objects of that node, not full; or NULL
 *
 * All but @event and @calls_seen are written under the flag, and read by others
 * for statistics.
 */
struct mag_cpu {
	u8 busy;
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
	struct mag_magazine *rcu;
	u32 rcu_rounds;
	u64 free_rcu;
	u64 event[MAG_NR_CPU_EVENTS];
	u64 calls_seen;
	struct mag_magazine *away[];
} ____cacheline_aligned_in_smp;

/* Somebody listens to the events of every call. */
DECLARE_STATIC_KEY_FALSE(mag_calls_traced);

/*
 * Takes the flag of @cpu, or says no if it has one of @obstacles.  On PREEMPT_RT
 * whoever is inside may be preempted, and others may come from any CPU: so that
 * it is a lock there that is tried, never waited for.  Elsewhere only interrupts
 * on this CPU look, and program order is order enough.
 */
static __always_inline bool mag_cpu_take_flag(struct mag_cpu *cpu, u8 obstacles)
{
	u8 busy = READ_ONCE(cpu->busy);

	if (unlikely(busy & obstacles))
		return false;
	if (IS_ENABLED(CONFIG_PREEMPT_RT))
		return try_cmpxchg_acquire(&cpu->busy, &busy, MAG_CPU_INSIDE);
	WRITE_ONCE(cpu->busy, MAG_CPU_INSIDE);
	/* Against interrupts on this CPU. */
	barrier();
	return true;
}

static __always_inline void mag_cpu_drop_flag(struct mag_cpu *cpu, u8 busy)
{
	if (IS_ENABLED(CONFIG_PREEMPT_RT)) {
		/* Pairs with mag_cpu_take_flag(). */
		smp_store_release(&cpu->busy, busy);
		return;
	}
	/* Against interrupts on this CPU. */
	barrier();
	WRITE_ONCE(cpu->busy, busy);
}

/* Until unpinned this CPU stays the task's, and stays online. */
static __always_inline void mag_cpu_pin(void)
{
	if (IS_ENABLED(CONFIG_PREEMPT_RT))
		migrate_disable();
	else
		preempt_disable();
}

/* Also for who was told no. */
static __always_inline void mag_cpu_unpin(void)
{
	if (IS_ENABLED(CONFIG_PREEMPT_RT))
		migrate_enable();
	else
		preempt_enable();
}

/* This CPU is pinned afterwards in either case. */
static __always_inline bool mag_cpu_enter_unless(struct mag_cache *cache,
						 struct mag_cpu **cpu,
						 u8 obstacles)
{
	mag_cpu_pin();
	*cpu = this_cpu_ptr(cache->cpu);
	return mag_cpu_take_flag(*cpu, obstacles);
}

/* Not if this is an interrupt on top of the flag's holder. */
static __always_inline bool mag_cpu_enter(struct mag_cache *cache,
					  struct mag_cpu **cpu)
{
	return mag_cpu_enter_unless(cache, cpu, MAG_CPU_INSIDE);
}

/* Drops the flag, with the right bit at once: an interrupt may come in between. */
static __always_inline void mag_cpu_release(struct mag_cpu *cpu)
{
	if (static_branch_unlikely(&mag_calls_traced))
		mag_cpu_drop_flag(cpu, MAG_CPU_TRACED);
	else
		mag_cpu_drop_flag(cpu, 0);
}

static __always_inline void mag_cpu_leave(struct mag_cpu *cpu)
{
	mag_cpu_release(cpu);
	mag_cpu_unpin();
}

/* For the fast path: not if the call is traced either. */
static __always_inline bool mag_cpu_enter_fast(struct mag_cache *cache,
					       struct mag_cpu **cpu)
{
	return mag_cpu_enter_unless(cache, cpu, U8_MAX);
}

/* No tracing begins while this CPU is inside: see cpu_trace.c. */
static __always_inline void mag_cpu_leave_fast(struct mag_cpu *cpu)
{
	mag_cpu_drop_flag(cpu, 0);
	mag_cpu_unpin();
}

/*
 * Has @fn called for CPU @id, where mag_cpu_enter_of() takes that one's flag: by
 * interrupt on the CPU itself, so that no lock is needed against its calls.  On
 * PREEMPT_RT, where an interrupt could take none of the locks below the flag, the
 * flag is a lock, and may be taken from here.  Task context, interrupts on.
 */
static inline void mag_cpu_ask(unsigned int id, smp_call_func_t fn, void *arg)
{
	if (IS_ENABLED(CONFIG_PREEMPT_RT))
		fn(arg);
	else
		smp_call_function_single(id, fn, arg, true);
}

static inline bool mag_cpu_enter_of(struct mag_cache *cache, unsigned int id,
				    struct mag_cpu **cpu)
{
	mag_cpu_pin();
	*cpu = per_cpu_ptr(cache->cpu, id);
	return mag_cpu_take_flag(*cpu, MAG_CPU_INSIDE);
}

/*
 * Takes the flag of a CPU that makes no calls: on PREEMPT_RT another task may have
 * it still.  Task context; may sleep.
 */
void mag_cpu_claim(struct mag_cpu *cpu);

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

/* A field that its CPU may be writing. */
#define mag_peek(field) data_race(READ_ONCE(field))

/* cpu.c, all under the flag */

/* An empty magazine, the depot's or a new one; or NULL. */
struct mag_magazine *mag_cpu_new_magazine(struct mag_cache *cache, int node);

/*
 * Rounds into the loaded magazine, which has none.  The rung that they are from,
 * or MAG_RUNG_NONE: new pages must help, even if the depot was but busy.
 */
enum mag_rung mag_cpu_fill(struct mag_cache *cache, struct mag_cpu *cpu);
/*
 * Room in the loaded magazine, which has none.  The rung that it is from, or
 * MAG_RUNG_NONE: no memory for a magazine, and nothing to empty.
 */
enum mag_rung mag_cpu_make_room(struct mag_cache *cache, struct mag_cpu *cpu);

static inline enum mag_rung mag_cpu_rounds_from(struct mag_cache *cache,
						struct mag_cpu *cpu)
{
	return cpu->rounds ? MAG_RUNG_LOADED : mag_cpu_fill(cache, cpu);
}

static inline enum mag_rung mag_cpu_room_from(struct mag_cache *cache,
					      struct mag_cpu *cpu)
{
	return cpu->rounds < cpu->capacity ? MAG_RUNG_LOADED
					   : mag_cpu_make_room(cache, cpu);
}

/* Says once that @cache ignores flags of @gfp.  cpu.c */
void mag_cpu_tell_gfp(struct mag_cache *cache, gfp_t gfp, unsigned long caller);

/*
 * Slow paths look at what a caller asks for in vain: memory of a zone, from which
 * later callers would be served as well, and an object both zeroed and constructed.
 */
static inline void mag_cpu_check_gfp(struct mag_cache *cache, gfp_t gfp,
				     unsigned long caller)
{
	if (unlikely((gfp & GFP_ZONEMASK & ~__GFP_MOVABLE) ||
		     ((gfp & __GFP_ZERO) && cache->ctor)))
		mag_cpu_tell_gfp(cache, gfp, caller);
}

/* The whole ladder, from outside the flag; @caller is told to tracepoints. */
void *mag_cache_alloc_slow(struct mag_cache *cache, gfp_t gfp,
			   unsigned long caller);
void mag_cache_free_slow(struct mag_cache *cache, void *obj,
			 unsigned long caller);
/*
 * Sees to an object of @node, which is not this CPU's, unless the policy is to
 * make no difference.
 */
bool mag_cache_free_remote(struct mag_cache *cache, int node, void *obj,
			   unsigned long caller);

/* Sees to @obj, if it is another node's and that matters. */
static __always_inline bool
mag_cpu_free_if_remote(struct mag_cache *cache, void *obj, unsigned long caller)
{
	int node;

	if (!static_branch_unlikely(&mag_many_nodes))
		return false;
	node = page_to_nid(virt_to_page(obj));
	/* The CPU may change meanwhile: then the object is a guest for once. */
	return unlikely(node != mag_home_node()) &&
	       mag_cache_free_remote(cache, node, obj, caller);
}

/*
 * Constructed objects keep their state; those of MAG_CACHE_TYPESAFE_BY_RCU may
 * have readers, and are zeroed for who asks alone; others where it is the rule.
 */
static inline void *mag_object_zero(const struct mag_cache *cache, void *obj,
				    gfp_t gfp)
{
	if (!cache->ctor &&
	    (!(cache->flags & MAG_CACHE_TYPESAFE_BY_RCU) || (gfp & __GFP_ZERO)))
		memset(obj, 0, cache->object_size);
	return obj;
}

/* @nr is a constant, up to 8. */
static __always_inline void mag_copy_block(void **to, void **from, u32 nr)
{
	u32 i;

#pragma GCC unroll 8
	for (i = 0; i < nr; i++)
		to[i] = READ_ONCE(from[i]);
}

/*
 * Pointers are few at a time, and moves are done before a string instruction
 * has begun; READ_ONCE() keeps the compiler from making it one.  Blocks, because
 * an object costs two moves, and what counts them should not cost as much; and
 * no loop for what remains, since most runs in small magazines are just that.
 */
static __always_inline void mag_copy_rounds(void **to, void **from, u32 nr)
{
	for (; nr >= 8; nr -= 8, to += 8, from += 8)
		mag_copy_block(to, from, 8);
	if (nr & 4) {
		mag_copy_block(to, from, 4);
		to += 4;
		from += 4;
	}
	if (nr & 2) {
		mag_copy_block(to, from, 2);
		to += 2;
		from += 2;
	}
	if (nr & 1)
		mag_copy_block(to, from, 1);
}

/* cpu_stats.c */

/* Adds what one CPU counted. */
void mag_cpu_add_stats(const struct mag_cpu *cpu,
		       struct mag_cache_stats *stats);

#endif /* MAGSLAB_ALLOCATOR_CPU_H */
