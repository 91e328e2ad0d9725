/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the layers of the allocator show each other, and nobody else.
 *
 * Layers, each calling only those below it:
 *	cache.c		birth, death and statistics of a cache
 *	cpu.c		loaded and previous magazines of each CPU
 *	depot.c		full and empty magazines of each node
 *	slab.c		objects of each node, in slabs over pages
 *	magazine.c	the memory of a magazine
 *
 * Order of locks, outermost first:
 *	1. mag_caches_lock (mutex): the list of caches.  Task context.
 *	2. The CPU layer's flag: preemption off, this CPU's magazines owned.
 *	   Not a lock: whoever finds it taken is an interrupt on the same CPU
 *	   and goes round, through the slab layer.  Under it nothing may sleep.
 *	3. mag_depot.lock (spin, interrupts off): one node's magazines.  Under it
 *	   no memory is allocated or freed, and no slab lock is taken.
 *	4. mag_slab_node.lock (spin, interrupts off): one node's slabs.  Under
 *	   it no memory is allocated or freed, and no constructor is called.
 * 3 and 4 are never held together, nor two of a kind.  mag_graveyard_lock
 * (mutex, slab.c) is taken alone.
 */
#ifndef MAGSLAB_ALLOCATOR_INTERNAL_H
#define MAGSLAB_ALLOCATOR_INTERNAL_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/reciprocal_div.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include "mag_cache.h"

struct mag_cpu;
struct mag_depot;
struct mag_slab_node;

/**
 * struct mag_magazine - a LIFO array of rounds
 * @next: the magazine below it in its depot stack
 * @rounds: objects in @round; stale while the magazine is a CPU's loaded one
 * @capacity: room in @round
 * @round: the objects
 */
struct mag_magazine {
	struct mag_magazine *next;
	u32 rounds;
	u32 capacity;
	void *round[];
};

/**
 * struct mag_slab_layout - how slabs of one page order are cut
 * @order: page order
 * @objects: objects in a slab
 * @link_offset: offset of the first object's free link, bytes
 */
struct mag_slab_layout {
	u32 order;
	u32 objects;
	u32 link_offset;
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
 * @ctor: constructor or NULL; a constructed object is never zeroed
 * @magazine_rounds: capacity of a magazine
 * @size: bytes from one object to the next
 * @inverse_size: for dividing by @size
 * @link_stride: bytes from one free link to the next
 * @layout: how slabs are cut
 * @empty_max: empty slabs a node keeps
 * @depot_max: full magazines a node's depot keeps, and as many empty ones
 * @nr_magazines: magazines that exist
 * @list: in the list of caches, under mag_caches_lock
 * @name: owned
 * @depot: by node
 * @slab_node: by node
 *
 * All but @nr_magazines and @list is constant from creation to destruction.
 */
struct mag_cache {
	/* Fast path. */
	struct mag_cpu __percpu *cpu;
	u32 object_size;
	void (*ctor)(void *obj);

	/* Slow paths. */
	u32 magazine_rounds;
	u32 size;
	struct reciprocal_value inverse_size;
	u32 link_stride;
	struct mag_slab_layout layout[MAG_NR_LAYOUTS];
	u32 empty_max;
	u32 depot_max;
	atomic_long_t nr_magazines;

	/* Birth and death. */
	struct list_head list;
	const char *name;
	struct mag_depot **depot;
	struct mag_slab_node **slab_node;
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
u64 mag_magazine_bytes(const struct mag_cache *cache);

/* slab.c: any context but NMI, unless it says otherwise. */

/* Cuts the slabs of @cache, from its size and constructor.  0 or -EINVAL. */
int mag_slab_layout_init(struct mag_cache *cache, u32 align);
/* Task context.  0 or -ENOMEM; exit also undoes half of an init. */
int mag_slab_init(struct mag_cache *cache);
void mag_slab_exit(struct mag_cache *cache);
/* Up to @nr objects of @node into @objs, without drawing pages. */
u32 mag_slab_take(struct mag_cache *cache, int node, void **objs, u32 nr);
/* One object, from new pages if need be; NULL when there are none. As @gfp allows. */
void *mag_slab_grow(struct mag_cache *cache, int node, gfp_t gfp);
/* Gives back @nr objects, each to its own slab and node. */
void mag_slab_give(struct mag_cache *cache, void **objs, u32 nr);
/*
 * Frees all slabs.  Those with objects out are reported, set aside until the
 * module goes, and their objects counted.  Task context.
 */
unsigned long mag_slab_drain(struct mag_cache *cache);
/* Adds slabs and pages; returns the objects that are out of their slabs. */
u64 mag_slab_stats(struct mag_cache *cache, struct mag_cache_stats *stats);
/* Frees the slabs set aside by mag_slab_drain().  Task context. */
void mag_slab_bury(void);

/* depot.c: any context but NMI, unless it says otherwise. */

/* Task context.  0 or -ENOMEM; exit also undoes half of an init. */
int mag_depot_init(struct mag_cache *cache);
void mag_depot_exit(struct mag_cache *cache);
/*
 * A full magazine for an empty one (or for NULL).  NULL if there is none, and
 * then @empty stays the caller's.
 */
struct mag_magazine *mag_depot_get_full(struct mag_cache *cache, int node,
					struct mag_magazine *empty);
/*
 * An empty magazine for a full one (or for NULL).  NULL if there is none or the
 * depot has enough full ones, and then @full stays the caller's.
 */
struct mag_magazine *mag_depot_get_empty(struct mag_cache *cache, int node,
					 struct mag_magazine *full);
/* A hint, taken without the lock: whether it would refuse a full magazine. */
bool mag_depot_has_enough(const struct mag_cache *cache, int node);
/* Takes @full; false if the depot has enough, and then it stays the caller's. */
bool mag_depot_put_full(struct mag_cache *cache, int node,
			struct mag_magazine *full);
/* Empties every depot into the slab layer.  Task context, no other user. */
void mag_depot_drain(struct mag_cache *cache);
void mag_depot_stats(struct mag_cache *cache, struct mag_cache_stats *stats);

/* cpu.c */

/* Task context.  0 or -ENOMEM; exit also undoes half of an init. */
int mag_cpu_init(struct mag_cache *cache);
void mag_cpu_exit(struct mag_cache *cache);
/* Empties every CPU's magazines into the slab layer.  Task context, no other user. */
void mag_cpu_drain(struct mag_cache *cache);
void mag_cpu_stats(struct mag_cache *cache, struct mag_cache_stats *stats);

#if IS_ENABLED(CONFIG_KUNIT)
/* For tests: the lock of a depot, and the flag of the CPU they are on. */
spinlock_t *mag_kunit_depot_lock(struct mag_cache *cache, int node);
bool mag_kunit_cpu_enter(struct mag_cache *cache);
void mag_kunit_cpu_leave(struct mag_cache *cache);
#endif

#endif /* MAGSLAB_ALLOCATOR_INTERNAL_H */
