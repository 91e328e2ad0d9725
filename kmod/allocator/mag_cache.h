/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Public interface of the magazine allocator: object caches with per-CPU
 * magazines over pages, after Bonwick & Adams, "Magazines and Vmem" (USENIX
 * 2001).  kernel-doc stands with the definitions.
 */
#ifndef MAGSLAB_ALLOCATOR_MAG_CACHE_H
#define MAGSLAB_ALLOCATOR_MAG_CACHE_H

#include <linux/gfp.h>
#include <linux/types.h>

#define MAG_CACHE_MIN_SIZE 8UL /* bytes; smaller ones are rounded up */
#define MAG_CACHE_MAX_SIZE 65536UL /* bytes */
#define MAG_RESERVE_MAX	   1048576U /* objects */

struct mag_cache;
struct mag_reserve;
struct rcu_head;

/**
 * enum mag_cache_flags - properties of a cache, for struct mag_cache_args
 * @MAG_CACHE_TYPESAFE_BY_RCU: pages of objects go back to the kernel after a
 *	grace period alone: who finds an object under rcu_read_lock() may look
 *	at it, free or not, and find it of this type (SLAB_TYPESAFE_BY_RCU)
 * @MAG_CACHE_NO_COLOUR: the first object of each slab is at its start
 * @MAG_CACHE_CHECK: pointers that are freed are checked, and that the object
 *	was live: double free, wrong cache, foreign or misaligned pointer
 * @MAG_CACHE_REDZONE: and the bytes beside objects
 * @MAG_CACHE_POISON: and that a free object is not written to; not in a cache
 *	with a constructor, or MAG_CACHE_TYPESAFE_BY_RCU
 * @MAG_CACHE_TRACK: and reports tell who allocated and who freed
 *
 * Any of the last four makes a debugged cache: it has no magazines, each object
 * comes from its slab and goes there, and costs memory beside its own.  A bug is
 * reported in the log once, what is damaged is not handed out again, and the
 * kernel goes on.
 */
enum mag_cache_flags {
	MAG_CACHE_TYPESAFE_BY_RCU = 1 << 0,
	MAG_CACHE_NO_COLOUR = 1 << 1,
	MAG_CACHE_CHECK = 1 << 2,
	MAG_CACHE_REDZONE = 1 << 3,
	MAG_CACHE_POISON = 1 << 4,
	MAG_CACHE_TRACK = 1 << 5,

	MAG_CACHE_DEBUG = MAG_CACHE_CHECK | MAG_CACHE_REDZONE |
			  MAG_CACHE_POISON | MAG_CACHE_TRACK,
	MAG_CACHE_FLAGS = MAG_CACHE_TYPESAFE_BY_RCU | MAG_CACHE_NO_COLOUR |
			  MAG_CACHE_DEBUG,
};

/**
 * enum mag_bug - what a debugged cache finds, and some of it any cache
 * @MAG_BUG_LEFT_REDZONE: bytes before an object were written to
 * @MAG_BUG_RIGHT_REDZONE: bytes behind it
 * @MAG_BUG_POISON: a free object was
 * @MAG_BUG_DOUBLE_FREE: an object was freed that was free
 * @MAG_BUG_WRONG_CACHE: an object was freed to another cache than its own
 * @MAG_BUG_FOREIGN: what was freed is of no cache
 * @MAG_BUG_MISALIGNED: what was freed points into an object, or beside one
 * @MAG_BUG_STATE: what the allocator notes beside an object was written to
 * @MAG_BUG_WAITING: an object was freed that waits for the grace period of
 *	mag_cache_free_rcu()
 * @MAG_BUG_FREE_LIST: the links of a slab's free objects were, or an object was
 *	freed twice
 *
 * A cache that is not debugged reports what its slabs can tell when objects come
 * back to them from magazines: %MAG_BUG_WRONG_CACHE, %MAG_BUG_FOREIGN, and once a
 * slab %MAG_BUG_DOUBLE_FREE, %MAG_BUG_MISALIGNED or %MAG_BUG_FREE_LIST.  Such a slab
 * is not used any more, and its pages are kept until the module goes.
 */
enum mag_bug {
	MAG_BUG_LEFT_REDZONE,
	MAG_BUG_RIGHT_REDZONE,
	MAG_BUG_POISON,
	MAG_BUG_DOUBLE_FREE,
	MAG_BUG_WRONG_CACHE,
	MAG_BUG_FOREIGN,
	MAG_BUG_MISALIGNED,
	MAG_BUG_STATE,
	MAG_BUG_WAITING,
	MAG_BUG_FREE_LIST,
	MAG_NR_BUGS
};

/**
 * enum mag_resize_rule - when magazines grow
 * @MAG_RESIZE_NEVER: they keep the size they begin with
 * @MAG_RESIZE_INTERVAL: by a step, when a depot was contended more than
 *	threshold times in a reap interval (illumos os/kmem.c,
 *	kmem_depot_contention); back by a step when an interval saw no exchange
 * @MAG_RESIZE_EVENT: by a round, each time that a depot is contended (FreeBSD
 *	vm/uma_core.c); back as above
 */
enum mag_resize_rule {
	MAG_RESIZE_NEVER,
	MAG_RESIZE_INTERVAL,
	MAG_RESIZE_EVENT,
	MAG_NR_RESIZE_RULES
};

/**
 * enum mag_reap_rule - what goes back to the kernel each reap interval
 * @MAG_REAP_NEVER: nothing
 * @MAG_REAP_WORKING_SET: the magazines and empty slabs that were never needed
 *	in it (Bonwick & Adams 2001, section 3.6), and what idle CPUs hold
 * @MAG_REAP_ALL: whatever no CPU holds, and what idle CPUs hold
 */
enum mag_reap_rule {
	MAG_REAP_NEVER,
	MAG_REAP_WORKING_SET,
	MAG_REAP_ALL,
	MAG_NR_REAP_RULES
};

/**
 * enum mag_remote_rule - where an object goes that is freed on another node
 * @MAG_REMOTE_AWAY: to a magazine of its node's, which goes home when it is
 *	full: one lock of the other node's for many objects
 * @MAG_REMOTE_SLAB: home at once, one by one (SLUB)
 * @MAG_REMOTE_IGNORE: to the magazine of the CPU that frees it (illumos)
 */
enum mag_remote_rule {
	MAG_REMOTE_AWAY,
	MAG_REMOTE_SLAB,
	MAG_REMOTE_IGNORE,
	MAG_NR_REMOTE_RULES
};

/**
 * struct mag_policy - the knobs of a cache
 * @magazines: of a CPU: 2, or 1, which is exchanged each time it is full or
 *	empty
 * @magazine_rounds: capacity of a magazine to begin with
 * @magazine_max: what it may grow to
 * @depot_max: full magazines that a node's depot keeps, and as many empty ones
 * @depot_window: after so many full magazines that came to a depot, it takes one less
 *	if it had one that was not needed meanwhile; and so with empty ones.  0: it
 *	takes all
 * @empty_max: empty slabs that a node keeps
 * @resize_rule: enum mag_resize_rule
 * @resize_threshold: times that CPUs found a depot's lock taken in an interval
 * @remote_rule: enum mag_remote_rule
 * @reap_rule: enum mag_reap_rule
 * @reap_interval_ms: milliseconds from one reaping to the next
 *
 * Read on slow paths alone, so that a change takes effect while loads run.
 */
struct mag_policy {
	u32 magazines;
	u32 magazine_rounds;
	u32 magazine_max;
	u32 depot_max;
	u32 depot_window;
	u32 empty_max;
	u32 resize_rule;
	u32 resize_threshold;
	u32 remote_rule;
	u32 reap_rule;
	u32 reap_interval_ms;
};

/**
 * struct mag_cache_stats - counters of a cache, summed over CPUs and nodes
 * @object_size: bytes asked for
 * @size: bytes an object takes in its slab
 * @order: page order that slabs are drawn at; the last pages may go back at once
 * @objects_per_slab: at that order
 * @magazine_rounds: capacity of a magazine that is made now
 * @allocs: objects handed out since creation
 * @frees: objects taken back since creation
 * @live: @allocs - @frees
 * @alloc_loaded: allocs served by the loaded magazine at once
 * @alloc_previous: allocs served after a swap with the previous magazine
 * @alloc_depot: allocs served after an exchange with the depot
 * @alloc_slab: allocs served from the slab layer, refills included
 * @alloc_nested: of @alloc_slab, those of an interrupt inside the CPU layer,
 *	served by a slab at hand
 * @alloc_remote: of @alloc_slab, those of mag_cache_alloc_node() for another
 *	node than the CPU's
 * @alloc_failed: allocs that returned NULL
 * @free_loaded: frees taken by the loaded magazine at once
 * @free_previous: frees taken after a swap with the previous magazine
 * @free_depot: frees taken after an exchange with the depot
 * @free_slab: frees that went to the slab layer, or for which a full magazine
 *	was emptied into it
 * @free_nested: of @free_slab, those of an interrupt inside the CPU layer
 * @free_rcu: frees by mag_cache_free_rcu() that wait, or waited, in a magazine;
 *	in none of the others
 * @free_remote: frees of another node's object that went into a magazine for
 *	that node, or to its slab, as the policy says; in none of the above
 * @rcu_waiting: objects that wait for a grace period, begun or not
 * @quarantined: objects out of use since a bug was found with them
 * @bugs: reports of enum mag_bug
 * @depot_contended: times that a CPU found a depot's lock taken, be it by who
 *	reaps or reads
 * @resizes: times that the capacity of magazines was changed
 * @reaped: objects that were reaped from magazines into their slabs
 * @pages_returned: pages given back to the kernel since creation; those of a
 *	MAG_CACHE_TYPESAFE_BY_RCU cache count from the end of their grace period
 * @magazines: magazines that exist, in CPUs and depots
 * @rounds_cached: objects in magazines
 * @slabs: slabs that exist
 * @pages: pages in them
 * @held_bytes: @pages and @magazines in bytes
 * @live_bytes: @live times @object_size
 *
 * Exact when no call is under way; otherwise each is near its value.
 */
struct mag_cache_stats {
	u32 object_size;
	u32 size;
	u32 order;
	u32 objects_per_slab;
	u32 magazine_rounds;
	u64 allocs;
	u64 frees;
	u64 live;
	u64 alloc_loaded;
	u64 alloc_previous;
	u64 alloc_depot;
	u64 alloc_slab;
	u64 alloc_nested;
	u64 alloc_remote;
	u64 alloc_failed;
	u64 free_loaded;
	u64 free_previous;
	u64 free_depot;
	u64 free_slab;
	u64 free_nested;
	u64 free_remote;
	u64 free_rcu;
	u64 rcu_waiting;
	u64 quarantined;
	u64 bugs;
	u64 depot_contended;
	u64 resizes;
	u64 reaped;
	u64 pages_returned;
	u64 magazines;
	u64 rounds_cached;
	u64 slabs;
	u64 pages;
	u64 held_bytes;
	u64 live_bytes;
};

/**
 * struct mag_cache_args - what mag_cache_create_args() can be told
 * @align: of an object, a power of two up to PAGE_SIZE, or 0 for the machine
 *	word's
 * @ctor: constructor or NULL.  It runs once for each object, when its slab is
 *	made, and not again: objects are freed in constructed state.  Called in
 *	the context of the allocation that needs the slab.
 * @dtor: destructor or NULL, of a cache with a constructor.  It runs once for
 *	each object, before the pages of its slab go back to the kernel: in the
 *	context of a free, of reclaim, or of an RCU callback.  Never of a slab
 *	with objects that leaked.
 * @flags: enum mag_cache_flags
 */
struct mag_cache_args {
	size_t align;
	void (*ctor)(void *obj);
	void (*dtor)(void *obj);
	u32 flags;
};

#define MAG_NR_FILLS 11

/**
 * struct mag_node_reading - what a node holds of a cache
 * @slabs: slabs
 * @empty_slabs: of @slabs, those with all objects in
 * @pages: pages in @slabs
 * @pages_returned: pages given back to the kernel since creation
 * @objects_out: objects out of their slabs: live, or in a magazine
 * @full: magazines in the depot with rounds
 * @empty: magazines in the depot without
 * @exchanges: magazines that the depot handed out
 * @contended: times that a CPU found the depot's lock taken
 * @fill: slabs by the share of their objects that is out: below 10 %, below
 *	20 %, and so on; the last is of those with all out
 *
 * Of one moment each: the slabs', and the depot's but for @contended.
 */
struct mag_node_reading {
	u64 slabs;
	u64 empty_slabs;
	u64 pages;
	u64 pages_returned;
	u64 objects_out;
	u64 full;
	u64 empty;
	u64 exchanges;
	u64 contended;
	u64 fill[MAG_NR_FILLS];
};

/**
 * struct mag_cpu_reading - what a CPU holds of a cache, and did
 * @online: the CPU is
 * @settled: it was found outside the allocator; otherwise the magazines'
 *	fields are zero
 * @rounds: objects in the loaded magazine
 * @capacity: of the loaded magazine
 * @previous_rounds: objects in the previous one
 * @previous_capacity: of the previous one
 * @away_rounds: objects of other nodes in magazines for these
 * @rcu_rounds: objects in a magazine whose grace period has not begun
 * @allocs: objects that this CPU handed out; with all below as in struct
 *	mag_cache_stats
 * @frees: objects that it took back
 * @alloc_previous: of @allocs
 * @alloc_depot: of @allocs
 * @alloc_slab: of @allocs
 * @free_previous: of @frees
 * @free_depot: of @frees
 * @free_slab: of @frees
 * @free_remote: of @frees
 */
struct mag_cpu_reading {
	bool online;
	bool settled;
	u32 rounds;
	u32 capacity;
	u32 previous_rounds;
	u32 previous_capacity;
	u32 away_rounds;
	u32 rcu_rounds;
	u64 allocs;
	u64 frees;
	u64 alloc_previous;
	u64 alloc_depot;
	u64 alloc_slab;
	u64 free_previous;
	u64 free_depot;
	u64 free_slab;
	u64 free_remote;
};

/**
 * struct mag_cache_listener - who is told of caches
 * @created: a cache was created, or was there when listening began
 * @destroyed: it is about to be destroyed, or listening ends; @cache is whole
 *	until this returns
 *
 * Both in task context, may sleep, one call at a time, for each cache once.
 * They neither create nor destroy caches, nor wait for who does.
 */
struct mag_cache_listener {
	void (*created)(struct mag_cache *cache);
	void (*destroyed)(struct mag_cache *cache);
};

struct mag_cache *mag_cache_create_args(const char *name, size_t size,
					const struct mag_cache_args *args);
struct mag_cache *mag_cache_create(const char *name, size_t size, size_t align,
				   void (*ctor)(void *obj));
unsigned long mag_cache_destroy(struct mag_cache *cache);

void *mag_cache_alloc(struct mag_cache *cache, gfp_t gfp);
void *mag_cache_alloc_node(struct mag_cache *cache, gfp_t gfp, int node);
void mag_cache_free(struct mag_cache *cache, void *obj);
size_t mag_cache_alloc_bulk(struct mag_cache *cache, gfp_t gfp, size_t nr,
			    void **objs);
void mag_cache_free_bulk(struct mag_cache *cache, size_t nr, void **objs);
void mag_cache_free_rcu(struct mag_cache *cache, void *obj,
			struct rcu_head *head);
void mag_cache_rcu_barrier(struct mag_cache *cache);

struct mag_reserve *mag_reserve_create(struct mag_cache *cache, gfp_t gfp,
				       u32 nr);
int mag_reserve_fill(struct mag_reserve *reserve, gfp_t gfp);
void *mag_reserve_alloc(struct mag_reserve *reserve);
u32 mag_reserve_left(const struct mag_reserve *reserve);
void mag_reserve_destroy(struct mag_reserve *reserve);

unsigned long mag_cache_validate(struct mag_cache *cache);
unsigned long mag_cache_bugs(const struct mag_cache *cache, enum mag_bug bug);
const char *mag_bug_name(enum mag_bug bug);

unsigned long mag_cache_shrink(struct mag_cache *cache);

const char *mag_cache_name(const struct mag_cache *cache);
void mag_cache_stats(struct mag_cache *cache, struct mag_cache_stats *stats);
void mag_cache_read_node(struct mag_cache *cache, int node,
			 struct mag_node_reading *reading);
void mag_cache_read_cpu(struct mag_cache *cache, unsigned int id,
			struct mag_cpu_reading *reading);
void mag_cache_listen(const struct mag_cache_listener *listener);
/*
 * Calls @fn on every cache, in order of creation; none is destroyed meanwhile.  @fn
 * may sleep, but not wait for CPUs to stay where they are, as by cpus_read_lock().
 */
void mag_cache_for_each(void (*fn)(struct mag_cache *cache, void *arg),
			void *arg);

/*
 * Task context.  0, -ENOMEM, or -ENOSPC: no dynamic state of CPU hotplug is free.
 * On an error nothing needs to be undone.
 */
int mag_allocator_init(void);
/* The module is going: every user of a cache, and so every cache, has gone. */
void mag_allocator_exit(void);

#endif /* MAGSLAB_ALLOCATOR_MAG_CACHE_H */
