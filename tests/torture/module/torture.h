/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A torture of the allocator's exported functions: what the files of the module
 * share.  kernel-doc stands with the definitions.
 *
 * An actor is a thread, an interrupt, a tasklet or an RCU callback that calls the
 * allocator at random.  Objects belong to no actor: they lie in the slots of their
 * cache, and any actor may take one out of its slot, check it, and free it.
 */
#ifndef TORTURE_H
#define TORTURE_H

#include <linux/atomic.h>
#include <linux/hrtimer.h>
#include <linux/interrupt.h>
#include <linux/prandom.h>
#include <linux/rcupdate.h>
#include <linux/types.h>

#include "allocator/knob.h"
#include "allocator/mag_cache.h"
#include "allocator/mag_kmalloc.h"
#include "compat.h"

#define TORTURE_BATCH	      128 /* objects of a bulk call, at most */
#define TORTURE_RESERVE_BYTES (256 << 10) /* in a reserve, at most */

/* What the module breaks on purpose, to see that it is found. */
enum torture_break {
	BREAK_NOTHING,
	BREAK_TWICE, /* an object is handed out that has an owner */
	BREAK_STAMP, /* a live object is written to */
	BREAK_WRITE, /* a free object is written to */
	BREAK_ZERO, /* an object that should be zero is not */
	BREAK_LEAK, /* an object is not freed */
	BREAK_EARLY, /* an object is changed within its grace period */
	BREAK_REUSE, /* one has a new owner within its grace period */
	BREAK_TYPE, /* one is of another type within its grace period */
	NR_BREAKS
};

/* Where an actor calls the allocator from. */
enum torture_place {
	PLACE_TASK,
	PLACE_SOFTIRQ, /* a tasklet */
	PLACE_RCU, /* an RCU callback */
	PLACE_HARDIRQ, /* an hrtimer; PREEMPT_RT runs it in a task */
	NR_PLACES
};

/**
 * struct torture_spec - a kind of cache
 * @name: of the cache
 * @size: of an object; 0: mag_kmalloc()'s, of all sizes
 * @align: of an object, or 0
 * @flags: enum mag_cache_flags
 * @ctor: constructor or NULL; with it goes @dtor
 * @dtor: destructor or NULL
 * @rcu_only: objects are freed after a grace period alone, so that readers may look
 *	at them
 * @one_node: all objects are asked of one node
 */
struct torture_spec {
	const char *name;
	u32 size;
	u32 align;
	u32 flags;
	void (*ctor)(void *obj);
	void (*dtor)(void *obj);
	bool rcu_only;
	bool one_node;
};

/**
 * struct torture_item - an object that is out
 * @obj: the object
 * @key: what it is stamped with
 * @size: bytes that are stamped
 * @copy: another slot has the same object, by %BREAK_TWICE: it is not freed
 */
struct torture_item {
	void *obj;
	u64 key;
	u32 size;
	bool copy;
};

enum torture_slot_state {
	SLOT_EMPTY,
	SLOT_TAKEN, /* an actor has it */
	SLOT_FULL,
};

/**
 * struct torture_slot - room for an object
 * @state: enum torture_slot_state.  An actor takes a slot by a cmpxchg that it
 *	does not repeat, so that no actor waits for another, in any context.
 * @item: the object, where @state is %SLOT_FULL
 */
struct torture_slot {
	atomic_t state;
	struct torture_item item;
};

/**
 * struct torture_counts - what was counted of a cache, on one CPU
 * @allocs: objects got
 * @frees: objects given back
 * @failed: calls that gave none
 * @failed_bulk: calls of which the allocator counts objects that we do not see: it
 *	gave them back, for there were not as many as were asked for
 */
struct torture_counts {
	unsigned long allocs;
	unsigned long frees;
	unsigned long failed;
	unsigned long failed_bulk;
};

/**
 * struct torture_cache - a cache that is tortured
 * @spec: its kind
 * @cache: the cache; NULL for mag_kmalloc()
 * @id: of stamps
 * @node: that objects are asked of, or NUMA_NO_NODE
 * @rcu_budget: bytes that may still be left to RCU before the next grace period,
 *	so that what waits for it does not take the memory
 * @lost: an object that was not freed, by %BREAK_LEAK
 * @counts: by CPU
 * @nr_slots: in @slot
 * @slot: the objects that are out
 */
struct torture_cache {
	const struct torture_spec *spec;
	struct mag_cache *cache;
	u32 id;
	int node;
	atomic_t rcu_budget;
	void *lost;
	struct torture_counts __percpu *counts;
	u32 nr_slots;
	struct torture_slot slot[];
};

/**
 * struct torture_actor - who calls the allocator
 * @rnd: its random sequence, of the seed and of @id
 * @id: from 1
 * @place: where from
 * @may_sleep: now
 * @serial: of the last object that it stamped
 * @ops: operations: each of an object, or a call that is of no object
 * @faulty: of @ops, those while allocations were made to fail
 * @calls: made
 * @slots: of a bulk call, or where a reader found objects
 * @objs: of a bulk call, or the objects that a reader found
 * @keys: of these, as it found them
 */
struct torture_actor {
	struct rnd_state rnd;
	u32 id;
	enum torture_place place;
	bool may_sleep;
	u64 serial;
	u64 ops;
	u64 faulty;
	u64 calls;
	struct torture_slot *slots[TORTURE_BATCH];
	void *objs[TORTURE_BATCH];
	u64 keys[TORTURE_BATCH];
};

/* Of the module's parameters. */
extern unsigned long torture_seed;
extern bool torture_faulty;
extern enum torture_break torture_broken;

/* report.c */
extern atomic_long_t torture_failures;
__printf(2, 3) void torture_fail(const struct torture_cache *tc,
				 const char *format, ...);
bool torture_breaks(enum torture_break what, struct torture_actor *actor);

/* stamp.c */
u64 torture_key(struct torture_actor *actor, const struct torture_cache *tc);
void torture_construct(void *obj, u32 size);
bool torture_constructed(const void *obj, u32 size);
void torture_stamp(const struct torture_cache *tc,
		   const struct torture_item *item);
bool torture_check(const struct torture_cache *tc,
		   const struct torture_item *item, u32 size);
void torture_check_new(const struct torture_cache *tc, void *obj, u32 size,
		       gfp_t gfp);
void torture_retire(const struct torture_cache *tc,
		    const struct torture_item *item);
void torture_revive(const struct torture_item *item, u32 size);
u64 torture_find(const struct torture_cache *tc, const void *obj);
void torture_look(const struct torture_cache *tc, const void *obj, u64 key);
u32 torture_rcu_offset(u32 size);
bool torture_has_rcu(const struct torture_cache *tc);

/* spec.c */
#define NR_SPECS 21
extern const struct torture_spec torture_specs[NR_SPECS];
extern atomic_long_t torture_made;

/* cache.c */
extern struct torture_cache *torture_caches[NR_SPECS];
struct torture_cache *torture_cache_open(const struct torture_spec *spec,
					 u32 id, u32 nr_slots,
					 struct torture_actor *actor);
void torture_cache_close(struct torture_cache *tc, struct torture_actor *actor);
int torture_caches_open(struct torture_actor *actor);
void torture_caches_close(struct torture_actor *actor);
void torture_caches_refill(void);

/* object.c */
u32 torture_random(struct torture_actor *actor, u32 below);
struct torture_slot *torture_take(struct torture_cache *tc,
				  struct torture_actor *actor,
				  enum torture_slot_state state);
void torture_leave(struct torture_slot *slot, enum torture_slot_state state);
void torture_accept(struct torture_cache *tc, struct torture_actor *actor,
		    struct torture_slot *slot, void *obj, u32 size, gfp_t gfp);
void *torture_release(struct torture_cache *tc, struct torture_actor *actor,
		      struct torture_slot *slot);
void torture_free(struct torture_cache *tc, struct torture_actor *actor,
		  void *obj);
void torture_free_rcu(struct torture_cache *tc, void *obj);
bool torture_pay_rcu(struct torture_cache *tc);
bool torture_empty(struct torture_cache *tc, struct torture_actor *actor,
		   struct torture_slot *slot);
bool torture_has_readers(const struct torture_spec *spec);
gfp_t torture_gfp(struct torture_actor *actor, const struct torture_cache *tc);
int torture_node(struct torture_actor *actor, const struct torture_cache *tc);
void torture_count(struct torture_actor *actor, u32 nr);

/* read.c */
u32 torture_read(struct torture_cache *tc, struct torture_actor *actor,
		 u32 burst);

/* ops.c */
struct torture_cache *torture_pick(struct torture_actor *actor);
void torture_act(struct torture_cache *tc, struct torture_actor *actor,
		 u32 burst);

/* task.c */
void torture_act_as_task(struct torture_actor *actor);

/* actors.c */
int torture_actors_start(void);
void torture_actors_stop(void);
void torture_actors_sum(u64 ops[NR_PLACES], u64 *faulty, u64 *calls);
void torture_actors_free(void);

#endif /* TORTURE_H */
