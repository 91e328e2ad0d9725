/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the layers of the allocator show each other, and nobody else.
 *
 * Layers, each calling only those below it:
 *	kmalloc.c	size classes: caches of ours, and whole pages
 *	reclaim.c	the shrinker, CPUs that come and go, memory that is
 *			plugged in or out: of all caches
 *	reserve.c	objects set aside, by mag_cache.h alone
 *	cache.c		birth, death and statistics of a cache
 *	knob_turn.c	turning the knobs of a cache
 *	reap.c		what goes back to the kernel, and when
 *	cpu*.c		loaded and previous magazines of each CPU; see cpu.h.  The
 *			tracepoints of all layers are in mag_trace.h.
 *	debug.c		alloc and free of debugged caches
 *	depot.c		full and empty magazines of each node
 *	magazine.c	the memory of a magazine
 *	slab*.c		objects of each node, in slabs over pages; see slab.h
 *	slab_layout.c	how slabs are cut
 *	debug_object.c	what surrounds objects of debugged caches
 *	policy.c	the sizes of magazines
 *	defaults.c	the policies that caches begin with
 *	debug_default.c	the caches that are debugged without having asked for it
 *	preset.c	the policies that others made
 *	knob.c		the table of knobs
 *	registry.c	the list of caches, and who is told of it
 *	home.c		which node's slabs serve which nodes and CPUs
 *
 * Order of locks, outermost first:
 *	0. mag_listener_lock (mutex, registry.c): births and deaths of caches, one
 *	   at a time.  Task context.
 *	1. cpu_hotplug_lock (the kernel's): CPUs stay where they are, for tracing to
 *	   begin on all, for mag_cache_rcu_barrier() and for a reading; it is held,
 *	   for writing, by who tells that a CPU has gone.  Task context.
 *	2. mag_caches_lock (mutex, registry.c): the list of caches.  Task context.
 *	3. The CPU layer's flag: preemption off, this CPU's magazines owned.
 *	   Not a lock: whoever finds it taken is an interrupt on the same CPU
 *	   and goes round, through the slab layer.  Under it nothing may sleep.
 *	   On PREEMPT_RT it is one that is only tried (cpu.h), and there locks 4
 *	   and 5 may sleep under it.
 *	4. mag_depot.lock (spin): one node's magazines.  Under it no memory is
 *	   allocated or freed, and no slab lock is taken.  Interrupts are on, so
 *	   it is waited for in task context alone, by who holds no other
 *	   spinlock; a CPU that comes for a magazine tries, and does without.
 *	5. mag_slab_node.lock (spin, interrupts off): one node's slabs.  Under
 *	   it no memory is allocated or freed, and no constructor is called.
 * 4 and 5 are never held together, nor two of a kind.  mag_home_lock (mutex,
 * home.c) is taken under 1; only static keys are set under it.  mag_graveyard_lock
 * (mutex, slab_check.c) is taken alone; so are the mutexes of knob_turn.c,
 * defaults.c and debug_default.c, under which no cache is born and none dies.
 */
#ifndef MAGSLAB_ALLOCATOR_INTERNAL_H
#define MAGSLAB_ALLOCATOR_INTERNAL_H

#include <linux/atomic.h>
#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/rcupdate.h>
#include <linux/reciprocal_div.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "knob.h"
#include "mag_cache.h"

/**
 * enum mag_rung - the rung of the ladder that served a call
 * @MAG_RUNG_NONE: none did, so far
 * @MAG_RUNG_LOADED: the loaded magazine
 * @MAG_RUNG_PREVIOUS: the previous one, which was swapped for it
 * @MAG_RUNG_DEPOT: a magazine that was exchanged for the previous one, or made
 *	to be
 * @MAG_RUNG_SLAB: the slab layer: of an alloc, slabs at hand, by a refill or for
 *	this object alone; of a free likewise, or for a full magazine
 * @MAG_RUNG_PAGES: new pages, or, where the node has none, another node's slabs
 * @MAG_RUNG_AWAY: of a free on another node than the object's: what the policy
 *	has for that
 * @MAG_RUNG_RCU: a magazine of objects that wait for a grace period
 *
 * Of many objects that one call moves by a run, the first has the rung that the
 * run was had from, and the others have MAG_RUNG_LOADED.
 */
enum mag_rung {
	MAG_RUNG_NONE,
	MAG_RUNG_LOADED,
	MAG_RUNG_PREVIOUS,
	MAG_RUNG_DEPOT,
	MAG_RUNG_SLAB,
	MAG_RUNG_PAGES,
	MAG_RUNG_AWAY,
	MAG_RUNG_RCU,
	MAG_NR_RUNGS
};

/* What an exchange with the depot moves in a direction, for its tracepoint. */
enum mag_magazine_kind {
	MAG_MAGAZINE_NONE,
	MAG_MAGAZINE_EMPTY,
	MAG_MAGAZINE_FULL,
};

/**
 * enum mag_resize_reason - why the size of magazines changed
 * @MAG_RESIZED_BY_INTERVAL: a depot was contended more than the threshold
 * @MAG_RESIZED_BY_EVENT: a depot was contended once
 * @MAG_RESIZED_BY_DISUSE: an interval saw no exchange
 * @MAG_RESIZED_BY_KNOB: the policy was changed
 */
enum mag_resize_reason {
	MAG_RESIZED_BY_INTERVAL,
	MAG_RESIZED_BY_EVENT,
	MAG_RESIZED_BY_DISUSE,
	MAG_RESIZED_BY_KNOB,
};

/* The layer that reaping took something from. */
enum mag_reaped_layer {
	MAG_REAPED_CPU,
	MAG_REAPED_DEPOT,
	MAG_REAPED_SLABS,
};

struct mag_cpu;
struct mag_depot;
struct mag_slab_node;

/**
 * struct mag_magazine - a LIFO array of rounds
 * @next: the magazine below it in its stack
 * @rcu: for the objects in @round to be free after a grace period
 * @rounds: objects in @round; stale while the magazine is a CPU's loaded one
 * @capacity: room in @round
 * @round: the objects
 *
 * Magazines of several capacities exist side by side after a change of size.
 */
struct mag_magazine {
	union {
		struct mag_magazine *next;
		struct rcu_head rcu;
	};
	u32 rounds;
	u32 capacity;
	void *round[];
};

/**
 * struct mag_slab_layout - how slabs of one page order are cut
 * @order: page order that is asked for
 * @pages: of those, how many are kept
 * @objects: objects in a slab
 * @link_offset: of the table of free links, bytes; 0 if they are in the objects
 * @colours: how many places the first object may be at
 */
struct mag_slab_layout {
	u32 order;
	u32 pages;
	u32 objects;
	u32 link_offset;
	u32 colours;
};

/* The order of choice, and the least one, for when memory is in fragments. */
enum {
	MAG_LAYOUT_BEST,
	MAG_LAYOUT_LEAST,
	MAG_NR_LAYOUTS
};

/**
 * struct mag_cache - a cache of objects of one size
 * @cpu: the CPU layer
 * @object_size: bytes asked for
 * @flags: enum mag_cache_flags
 * @debug: those of @flags that make a debugged cache
 * @ctor: constructor or NULL; a constructed object is never zeroed
 * @dtor: destructor or NULL
 * @policy: the knobs
 * @magazine_rounds: capacity of a magazine that is made now; within @policy
 * @size: bytes from one object to the next
 * @inverse_size: for dividing by @size
 * @left: bytes of redzone before an object, which count in @size
 * @state_bytes: bytes of a debugged object's state and tracks, at the end of @size
 * @colour_unit: bytes by which the first objects of slabs differ
 * @layout: how slabs are cut
 * @nr_magazines: magazines that exist
 * @magazine_bytes: in them, as kmalloc rounds them up
 * @reap_work: the next reaping, while there is memory to reap
 * @resizes: times that @magazine_rounds was changed
 * @reaped: objects that went from magazines to their slabs by reaping
 * @rcu_waiting: objects in magazines that wait for a grace period
 * @rcu_used: mag_cache_free_rcu() was called
 * @gfp_told: it was said that a caller's GFP flags are ignored
 * @quarantined: objects out of their slabs for good, see debug.c
 * @bugs: reports, by enum mag_bug
 * @list: in the list of caches, see registry.c
 * @serial: later ones in that list have greater numbers
 * @heard_of: the listener was told of it
 * @rcu: for who looks at that list without its lock
 * @depot: by node
 * @slab_node: by node
 * @name: for reports
 *
 * Constant from creation to destruction: @cpu, @object_size, @flags, @debug,
 * @ctor, @dtor, @size, @inverse_size, @left, @state_bytes, @colour_unit,
 * @layout, @depot, @slab_node, @name.  The knobs are written with WRITE_ONCE()
 * and read with READ_ONCE().
 */
struct mag_cache {
	/* Fast path. */
	struct mag_cpu __percpu *cpu;
	u32 object_size;
	u32 flags;
	void (*ctor)(void *obj);

	/* Read by each mag_cache_free_rcu(): not beside what others write to. */
	bool rcu_used;

	/* Slow paths. */
	u32 debug;
	u32 magazine_rounds;
	u32 size;
	struct reciprocal_value inverse_size;
	u32 left;
	u32 state_bytes;
	u32 colour_unit;
	struct mag_slab_layout layout[MAG_NR_LAYOUTS];
	struct mag_policy policy;
	atomic_long_t nr_magazines;
	atomic_long_t magazine_bytes;
	struct delayed_work reap_work;
	atomic_t resizes;
	atomic_long_t reaped;
	atomic_long_t rcu_waiting;
	bool gfp_told;
	atomic_long_t quarantined;
	atomic_t bugs[MAG_NR_BUGS];

	/* Birth and death. */
	void (*dtor)(void *obj);
	struct list_head list;
	u64 serial;
	bool heard_of;
	struct rcu_head rcu;
	struct mag_depot **depot;
	struct mag_slab_node **slab_node;
	char name[];
};

/* magazine.c */

/* Room for rounds such that magazine and header fill @bytes, a power of two. */
static inline u32 mag_magazine_rounds_in(u32 bytes)
{
	return (bytes - sizeof(struct mag_magazine)) / sizeof(void *);
}

/* An empty magazine, or NULL.  Any context but NMI; never sleeps. */
struct mag_magazine *mag_magazine_create(struct mag_cache *cache, int node);
/* @mag holds no rounds, or is NULL.  Any context but NMI. */
void mag_magazine_destroy(struct mag_cache *cache, struct mag_magazine *mag);
/* Empties @mag into the slab layer and destroys it.  Returns its rounds. */
u32 mag_magazine_discard(struct mag_cache *cache, struct mag_magazine *mag);

/* The same of all magazines that are linked by @next; NULL is none. */
u32 mag_magazine_discard_chain(struct mag_cache *cache,
			       struct mag_magazine *chain);

/* slab_layout.c */

/* Cuts the slabs of @cache, from its size and flags.  0 or -EINVAL. */
int mag_slab_layout_init(struct mag_cache *cache, u32 align);

/* slab*.c: any context but NMI, unless it says otherwise. */

/* What a slab's page says its cache is; of another's page, anything. */
struct mag_cache *mag_slab_cache(const void *addr);
/* The object of @cache at or around @addr, which is in a slab of it; or NULL. */
void *mag_slab_object_at(const struct mag_cache *cache, const void *addr);
/* Task context.  0 or -ENOMEM; exit also undoes half of an init. */
int mag_slab_init(struct mag_cache *cache);
void mag_slab_exit(struct mag_cache *cache);
/*
 * Up to @nr objects of @node into @objs, without drawing pages.  Here and below,
 * @node is its own home (home.h), or has no slabs.
 */
u32 mag_slab_take(struct mag_cache *cache, int node, void **objs, u32 nr);
/* One object, from new pages if need be; NULL when there are none. As @gfp allows. */
void *mag_slab_grow(struct mag_cache *cache, int node, gfp_t gfp);
/* Gives back @nr objects, each to its own slab and node. */
void mag_slab_give(struct mag_cache *cache, void **objs, u32 nr);
/*
 * Empty slabs at hand that were not needed since the last call, or all: freed.
 * Task context; may sleep where they are many.
 */
void mag_slab_reap(struct mag_cache *cache, int node, bool all);
/*
 * Frees empty slabs at hand, of @pages or a slab more; if @excess, those alone that were
 * not needed since the last reaping.  Task context; may sleep where they are many.
 */
void mag_slab_trim(struct mag_cache *cache, int node, unsigned long pages,
		   bool excess);
/* A hint, taken without the lock: pages in empty slabs. */
unsigned long mag_slab_empty_pages(const struct mag_cache *cache, int node);
/* A hint, taken without the lock: the cache has slabs. */
bool mag_slab_any(const struct mag_cache *cache);
/* Pages given back so far. */
u64 mag_slab_pages_returned(const struct mag_cache *cache);
/* The same of @node, with those that only wait for a grace period yet. */
u64 mag_slab_pages_let_go(const struct mag_cache *cache, int node);
/*
 * Frees all slabs.  Those with objects out are reported, set aside until the
 * module goes, and their objects counted.  Task context.
 */
unsigned long mag_slab_drain(struct mag_cache *cache);
/*
 * Follows the free lists of @node's slabs, gives up those that are damaged, and
 * returns how many.  Calls @fn, unless NULL, on every object, under the lock.
 */
unsigned long mag_slab_validate(struct mag_cache *cache, int node,
				void (*fn)(void *obj, void *arg), void *arg);
/* Adds slabs and pages; returns the objects that are out of their slabs. */
u64 mag_slab_stats(struct mag_cache *cache, struct mag_cache_stats *stats);
/* The slabs' part; counts those that are not full, under the node's lock. */
void mag_slab_read(struct mag_cache *cache, int node,
		   struct mag_node_reading *reading);
/* Frees the slabs set aside by mag_slab_drain().  Task context. */
void mag_slab_bury(void);
/*
 * A slab of @pages joins the cache @name, or goes.  A function, with all that
 * there is to know in its arguments, for scripts that run without this module
 * as well: bpftrace takes a probe of a function that is not there, but not a
 * tracepoint.
 */
void mag_slab_traffic(struct mag_cache *cache, struct page *page,
		      const char *name, u32 pages, bool new);

/* depot.c: any context but NMI, unless it says otherwise. */

/* Task context.  0 or -ENOMEM; exit also undoes half of an init. */
int mag_depot_init(struct mag_cache *cache);
void mag_depot_exit(struct mag_cache *cache);
/*
 * A full magazine for an empty one (or for NULL).  NULL if there is none; -EBUSY if
 * the depot's lock was not to be had in time.  Then @empty stays the caller's.
 */
struct mag_magazine *mag_depot_get_full(struct mag_cache *cache, int node,
					struct mag_magazine *empty);
/*
 * An empty magazine for a full one (or for NULL).  NULL if there is none; -ENOSPC if
 * the depot has enough full ones; -EBUSY if its lock was not to be had in time.
 * Then @full stays the caller's.
 */
struct mag_magazine *mag_depot_get_empty(struct mag_cache *cache, int node,
					 struct mag_magazine *full);
/*
 * Takes @full; false if the depot has enough or its lock was not to be had, and
 * then it stays the caller's.
 */
bool mag_depot_put_full(struct mag_cache *cache, int node,
			struct mag_magazine *full);
/*
 * Empties every depot into the slab layer.  This, what reaps, takes news or reads
 * is for task context, without a spinlock.
 */
void mag_depot_drain(struct mag_cache *cache);
/* Magazines that were not needed since the last call, or all: discarded. */
void mag_depot_reap(struct mag_cache *cache, int node, bool all);
/*
 * Discards up to @nr full magazines and as many empty ones; if @excess, those alone that
 * were not needed since the last reaping.  Returns the objects.
 */
u32 mag_depot_trim(struct mag_cache *cache, int node, u32 nr, bool excess);
/* A hint, taken without the lock: magazines of both kinds, on all nodes. */
unsigned long mag_depot_magazines(const struct mag_cache *cache);
/* A hint, taken without the lock: objects in full magazines. */
unsigned long mag_depot_objects(const struct mag_cache *cache, int node);
/* What the depots saw since the last call. */
struct mag_depot_news {
	u64 exchanges; /* on all nodes */
	u64 contended; /* on the node that had most of it */
};

struct mag_depot_news mag_depot_take_news(struct mag_cache *cache);
void mag_depot_stats(struct mag_cache *cache, struct mag_cache_stats *stats);
/* The depot's part. */
void mag_depot_read(struct mag_cache *cache, int node,
		    struct mag_node_reading *reading);

/* cpu.c */

/* Before there is a cache; only the first call does something.  Task context. */
void mag_cpu_setup(void);
/* When a node's memory comes or goes.  Task context, under cpus_read_lock(). */
void mag_cpu_see_nodes(void);

/* Task context.  0 or -ENOMEM; exit also undoes half of an init. */
int mag_cpu_init(struct mag_cache *cache);
void mag_cpu_exit(struct mag_cache *cache);
/* Calls are traced, of a cache that is new in the list as well.  Task context. */
void mag_cpu_trace_new(struct mag_cache *cache);
/* Empties every CPU's magazines into the slab layer.  Task context, no other user. */
void mag_cpu_drain(struct mag_cache *cache);
/* The same for @id, which is offline.  Task context. */
void mag_cpu_drain_dead(struct mag_cache *cache, unsigned int id);
/*
 * The same for the CPUs that are online.  If @idle, a CPU that since the last time made
 * calls enough to need its magazines keeps them, but for those of other nodes' objects.
 * One in the middle of a call is left alone.  Returns false if @idle, and a CPU made a
 * call.  Task context, interrupts on.
 */
bool mag_cpu_reap(struct mag_cache *cache, bool idle);
/* The same for CPUs whose home is @node, whatever they need. */
void mag_cpu_reap_node(struct mag_cache *cache, int node);
void mag_cpu_stats(struct mag_cache *cache, struct mag_cache_stats *stats);

/*
 * Begins the grace period of objects that wait on CPUs that are online.  False
 * if a CPU was in the middle of a call.  Task context, interrupts on.
 */
bool mag_cpu_rcu_flush(struct mag_cache *cache);
/* The same for @id, which is offline.  Task context. */
void mag_cpu_rcu_drain_dead(struct mag_cache *cache, unsigned int id);
/* Nothing waits afterwards.  Task context, no other user. */
void mag_cpu_rcu_drain(struct mag_cache *cache);

/* debug.c: any context but NMI, unless it says otherwise. */

/* An object of a debugged cache, or NULL; @rung: that it came from. */
void *mag_debug_alloc(struct mag_cache *cache, gfp_t gfp, int node,
		      enum mag_rung *rung);
/* Gives @obj back, for @caller; false if it is not the user's to give. */
bool mag_debug_free(struct mag_cache *cache, void *obj, unsigned long caller);
/*
 * The same in two steps: before a grace period, and after it.  The first is false,
 * without a word, if the object is not the user's to give.
 */
bool mag_debug_free_later(struct mag_cache *cache, void *obj);
bool mag_debug_free_waited(struct mag_cache *cache, void *obj,
			   unsigned long caller);
/* Before mag_slab_drain(). */
void mag_debug_exit(struct mag_cache *cache);

/* knob.c */

static inline u32 *mag_knob_value(struct mag_policy *policy,
				  const struct mag_knob *knob)
{
	return (void *)policy + knob->offset;
}

static inline bool mag_knob_allows(const struct mag_knob *knob, u32 value)
{
	return value >= knob->least && value <= knob->most;
}

/* defaults.c */

/* The policy of a new cache, of @size bytes an object and @slab_bytes a slab. */
struct mag_policy mag_policy_default(u32 size, u32 slab_bytes);

/* debug_default.c */

/* enum mag_cache_flags that a new cache of this name has beside its own. */
u32 mag_policy_debug_flags(const char *name);

/* policy.c */

/*
 * The policy changed: magazines made from now on are of a size that it allows,
 * or of the one to begin with if @restart.
 */
void mag_policy_settle(struct mag_cache *cache, bool restart);
/* Magazines made from now on are a step larger, or smaller, within bounds. */
void mag_policy_grow(struct mag_cache *cache);
void mag_policy_shrink(struct mag_cache *cache);
/* Magazines made from now on begin anew. */
void mag_policy_restart(struct mag_cache *cache);
/* A depot was contended.  For MAG_RESIZE_EVENT; cheap otherwise. */
void mag_policy_contended(struct mag_cache *cache);

/* By the policy; and objects that wait for a grace period do not wait for ever. */
static inline bool mag_reap_wanted(const struct mag_cache *cache)
{
	return READ_ONCE(cache->policy.reap_rule) != MAG_REAP_NEVER ||
	       READ_ONCE(cache->rcu_used);
}

/*
 * There may be something to reap in an interval from now.  Any context but
 * NMI; nothing happens if the next reaping is due already.
 */
static inline void mag_reap_arm(struct mag_cache *cache)
{
	u32 interval_ms = READ_ONCE(cache->policy.reap_interval_ms);

	if (mag_reap_wanted(cache))
		schedule_delayed_work(&cache->reap_work,
				      msecs_to_jiffies(interval_ms));
}

/* reap.c */

/* The next reaping is an interval from now, if there is anything to reap. */
void mag_reap_rearm(struct mag_cache *cache);
void mag_reap_init(struct mag_cache *cache);
/* No reaping is under way afterwards, nor will be.  Task context. */
void mag_reap_exit(struct mag_cache *cache);
/* One interval's work.  Task context. */
void mag_reap(struct mag_cache *cache);
/* Whatever is not live.  Task context. */
void mag_reap_everything(struct mag_cache *cache);

/* cache.c */

/*
 * mag_cache_create_args() and mag_cache_destroy() of a cache in the caller's
 * memory, which ends in room for the name, and of arguments that are right.  The
 * memory is not zeroed before, and is in use for a grace period after.  Task
 * context.  0, -ENOMEM or -EINVAL.
 */
int mag_cache_init(struct mag_cache *cache, const char *name, size_t size,
		   const struct mag_cache_args *args);
unsigned long mag_cache_exit(struct mag_cache *cache);

/* registry.c */

/* Task context. */
void mag_registry_add(struct mag_cache *cache);
/* Who looks under rcu_read_lock() may see it for a grace period yet. */
void mag_registry_remove(struct mag_cache *cache);
/*
 * While hushed, the listener is not told of caches that come, nor of their end:
 * for tests, whose caches come by the thousand.  Pairs nest.  Task context.
 */
void mag_registry_hush(bool on);
/* Task context. */
bool mag_registry_empty(void);
/* Whether @pointer, which need not point anywhere, is a cache; its name, if so. */
bool mag_registry_name(const void *pointer, char *name, size_t size);

/* mag_cache_for_each() that does not wait for the list, but returns false. */
bool mag_cache_try_for_each(void (*fn)(struct mag_cache *cache, void *arg),
			    void *arg);

/* reclaim.c */

/* Task context.  0, -ENOMEM, or -ENOSPC: no dynamic state of CPU hotplug is free. */
int mag_reclaim_init(void);
void mag_reclaim_exit(void);

#if IS_ENABLED(CONFIG_KUNIT)
/* For tests: the lock of a depot, and the flag of the CPU they are on. */
spinlock_t *mag_kunit_depot_lock(struct mag_cache *cache, int node);
bool mag_kunit_cpu_enter(struct mag_cache *cache);
void mag_kunit_cpu_leave(struct mag_cache *cache);
/* The first page of the slab that @obj is in. */
struct page *mag_kunit_slab_page(const void *obj);
/* What the shrinker answers for @node. */
unsigned long mag_kunit_reclaim_count(int node);
unsigned long mag_kunit_reclaim_scan(int node, unsigned long nr);
/* Size classes are there; suites may run before the module is initialised. */
bool mag_kunit_kmalloc_ready(void);
#endif

#endif /* MAGSLAB_ALLOCATOR_INTERNAL_H */
