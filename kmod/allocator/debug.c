// SPDX-License-Identifier: GPL-2.0-only
/*
 * Alloc and free of debugged caches.  They have no magazines, so that every
 * call comes here from the slow path, and the fast path knows nothing of it.
 */
#include <linux/export.h>
#include <linux/kmemleak.h>
#include <linux/mm.h>
#include <linux/nodemask.h>
#include <linux/poison.h>
#include <linux/printk.h>
#include <linux/string.h>

#include "debug.h"
#include "mag_trace.h"

/* Out of its slab, for good. */
static void debug_quarantine(struct mag_cache *cache, void *obj)
{
	mag_object_set_state(cache, obj, MAG_OBJECT_CONDEMNED);
	atomic_long_inc(&cache->quarantined);
	pr_err("magslab: cache %s: object %p is not handed out any more\n",
	       cache->name, obj);
}

/* Claims an object that was free for its next user; false if it is unfit. */
static bool debug_claim_free(struct mag_cache *cache, void *obj)
{
	enum mag_object_state was;
	enum mag_bug bug = MAG_BUG_STATE;

	was = mag_object_change_state(cache, obj, MAG_OBJECT_FREE,
				      MAG_OBJECT_BUSY);
	if (was == MAG_OBJECT_CONDEMNED) {
		/* It was reported when that was found. */
		atomic_long_inc(&cache->quarantined);
		return false;
	}
	if (was == MAG_OBJECT_SUSPECT) {
		debug_quarantine(cache, obj);
		return false;
	}
	if (was == MAG_OBJECT_FREE &&
	    !mag_object_find_bug(cache, obj, false, &bug))
		return true;
	mag_object_report(cache, bug, obj);
	debug_quarantine(cache, obj);
	return false;
}

void *mag_debug_alloc(struct mag_cache *cache, gfp_t gfp, int node,
		      enum mag_rung *rung)
{
	void *obj;

	do {
		*rung = MAG_RUNG_SLAB;
		if (!mag_slab_take(cache, node, &obj, 1)) {
			obj = mag_slab_grow(cache, node, gfp);
			*rung = MAG_RUNG_PAGES;
		}
		if (!obj)
			return NULL;
	} while (!debug_claim_free(cache, obj));

	mag_object_paint(cache, obj, SLUB_RED_ACTIVE);
	mag_object_track(cache, obj, MAG_TRACK_ALLOC);
	mag_object_set_state(cache, obj, MAG_OBJECT_LIVE);
	kmemleak_alloc(obj, cache->object_size, 1, gfp);
	return obj;
}

/* Whether @obj is an object of the cache: looked at without touching it. */
static bool debug_is_object(const struct mag_cache *cache, const void *obj)
{
	return virt_addr_valid(obj) && mag_slab_cache(obj) == cache &&
	       mag_slab_object_at(cache, obj) == obj;
}

/* The same, and what is wrong with it is reported. */
static bool debug_check_pointer(struct mag_cache *cache, void *obj)
{
	const void *owner = NULL;
	void *start;

	if (likely(debug_is_object(cache, obj)))
		return true;
	if (virt_addr_valid(obj))
		owner = mag_slab_cache(obj);
	if (owner != cache) {
		mag_bug_report_pointer(cache, obj, owner);
		return false;
	}

	start = mag_slab_object_at(cache, obj);
	mag_bug_report_head(cache, MAG_BUG_MISALIGNED, obj);
	if (start) {
		pr_err("magslab: it is %td bytes from object %p\n", obj - start,
		       start);
		mag_object_report_tracks(cache, start);
	}
	return false;
}

/*
 * Damage to the state does not tell whether the object was live.  It counts as
 * such, since its user thought so.
 */
static bool debug_free_suspect(struct mag_cache *cache, void *obj,
			       enum mag_object_state was)
{
	if (was != MAG_OBJECT_SUSPECT)
		mag_object_report(cache, MAG_BUG_STATE, obj);
	kmemleak_free(obj);
	debug_quarantine(cache, obj);
	return true;
}

/* Frees an object that was not live; returns whether that was one free. */
static bool debug_free_again(struct mag_cache *cache, void *obj,
			     enum mag_object_state was)
{
	switch (was) {
	case MAG_OBJECT_CONDEMNED:
		return false;
	case MAG_OBJECT_WAITING:
		/* It is not touched: the kernel has its rcu_head. */
		mag_object_report(cache, MAG_BUG_WAITING, obj);
		return false;
	case MAG_OBJECT_FREE:
	case MAG_OBJECT_BUSY:
		/* Who takes it from its slab will find it condemned. */
		mag_object_change_state(cache, obj, MAG_OBJECT_FREE,
					MAG_OBJECT_CONDEMNED);
		mag_object_report(cache, MAG_BUG_DOUBLE_FREE, obj);
		return false;
	default:
		return debug_free_suspect(cache, obj, was);
	}
}

/* Poison is as good as zeroes; otherwise as mag_cache_free() does. */
static void debug_wipe(struct mag_cache *cache, void *obj)
{
	if (want_init_on_free() && !cache->ctor &&
	    !(cache->flags & MAG_CACHE_TYPESAFE_BY_RCU) &&
	    !(cache->debug & MAG_CACHE_POISON))
		memset(obj, 0, cache->object_size);
	mag_object_poison(cache, obj);
}

/*
 * Back into its slab, or out of it for good.  Who frees it is noted, but not of
 * one that waited: that was noted when it began to.
 */
static void debug_free_live(struct mag_cache *cache, void *obj, bool waited)
{
	enum mag_bug bug;
	bool whole = !mag_object_find_bug(cache, obj, true, &bug);

	kmemleak_free(obj);
	if (!whole)
		mag_object_report(cache, bug, obj);
	if (!waited)
		mag_object_track(cache, obj, MAG_TRACK_FREE);
	if (!whole) {
		debug_quarantine(cache, obj);
		return;
	}
	mag_object_paint(cache, obj, SLUB_RED_INACTIVE);
	debug_wipe(cache, obj);
	mag_object_set_state(cache, obj, MAG_OBJECT_FREE);
	mag_slab_give(cache, &obj, 1);
}

/*
 * Frees @obj, which should be @old: false if it is not the user's to give.  It is
 * traced where it is about to count: before others can have the object.
 */
static bool debug_free(struct mag_cache *cache, void *obj,
		       enum mag_object_state old, unsigned long caller)
{
	enum mag_object_state was;
	bool freed = true;

	was = mag_object_change_state(cache, obj, old, MAG_OBJECT_BUSY);
	if (was != old)
		freed = debug_free_again(cache, obj, was);
	if (freed)
		trace_mag_free(cache, obj, cache->object_size, MAG_RUNG_SLAB,
			       caller);
	if (was == old)
		debug_free_live(cache, obj, old == MAG_OBJECT_WAITING);
	return freed;
}

bool mag_debug_free(struct mag_cache *cache, void *obj, unsigned long caller)
{
	return debug_check_pointer(cache, obj) &&
	       debug_free(cache, obj, MAG_OBJECT_LIVE, caller);
}

bool mag_debug_free_waited(struct mag_cache *cache, void *obj,
			   unsigned long caller)
{
	return debug_free(cache, obj, MAG_OBJECT_WAITING, caller);
}

bool mag_debug_free_later(struct mag_cache *cache, void *obj)
{
	if (!debug_is_object(cache, obj) ||
	    mag_object_change_state(cache, obj, MAG_OBJECT_LIVE,
				    MAG_OBJECT_WAITING) != MAG_OBJECT_LIVE)
		return false;
	mag_object_track(cache, obj, MAG_TRACK_FREE);
	return true;
}

/**
 * struct debug_walk - a validation under way
 * @cache: the cache
 * @bugs: found so far
 */
struct debug_walk {
	struct mag_cache *cache;
	unsigned long bugs;
};

/* Looks twice: once is not enough where its user is in the middle of a call. */
static bool debug_find_byte_bug(struct mag_cache *cache, void *obj,
				enum mag_object_state state, enum mag_bug *bug)
{
	bool live = state != MAG_OBJECT_FREE;
	int i;

	for (i = 0; i < 2; i++)
		if (mag_object_get_state(cache, obj) != state ||
		    !mag_object_find_bug(cache, obj, live, bug))
			return false;
	return true;
}

static bool debug_find_bug(struct mag_cache *cache, void *obj,
			   enum mag_object_state state, enum mag_bug *bug)
{
	switch (state) {
	case MAG_OBJECT_FREE:
	case MAG_OBJECT_LIVE:
	case MAG_OBJECT_WAITING:
		return debug_find_byte_bug(cache, obj, state, bug);
	case MAG_OBJECT_BUSY:
	case MAG_OBJECT_SUSPECT:
	case MAG_OBJECT_CONDEMNED:
		return false;
	default:
		*bug = MAG_BUG_STATE;
		return true;
	}
}

/* It is reported: whoever meets it next need not do so. */
static void debug_set_aside(struct mag_cache *cache, void *obj,
			    enum mag_object_state was)
{
	/* Who takes a free one from its slab quarantines it. */
	if (was != MAG_OBJECT_LIVE && was != MAG_OBJECT_WAITING)
		return;
	kmemleak_free(obj);
	atomic_long_inc(&cache->quarantined);
}

/*
 * Under the lock of the node, so that no object that is being freed becomes
 * live again: a state that is found twice did not change meanwhile, but for
 * one that went out and came back, and that has its bytes settled.
 */
static void debug_validate_object(void *obj, void *arg)
{
	struct debug_walk *walk = arg;
	struct mag_cache *cache = walk->cache;
	enum mag_object_state state = mag_object_get_state(cache, obj);
	enum mag_object_state aside = MAG_OBJECT_CONDEMNED;
	enum mag_bug bug;

	if (!debug_find_bug(cache, obj, state, &bug))
		return;
	if (bug == MAG_BUG_STATE)
		aside = MAG_OBJECT_SUSPECT;
	if (mag_object_change_state(cache, obj, state, aside) != state)
		return;

	walk->bugs++;
	mag_object_report(cache, bug, obj);
	debug_set_aside(cache, obj, state);
}

/**
 * mag_cache_validate() - look for damage now
 * @cache: the cache
 *
 * Follows the free list of every slab; in a debugged cache also checks redzones
 * and poison of every object that is not in the middle of a call.  What is
 * found is reported and set aside, as if it had been found by alloc or free.
 *
 * Context: task or softirq.  Holds each node's slab lock, interrupts off, while
 *	it looks at all slabs of the node.
 * Return: how many bugs were found.
 */
unsigned long mag_cache_validate(struct mag_cache *cache)
{
	struct debug_walk walk = { .cache = cache };
	int node;

	for_each_node(node)
		walk.bugs += mag_slab_validate(
			cache, node,
			cache->debug ? debug_validate_object : NULL, &walk);
	return walk.bugs;
}
EXPORT_SYMBOL_GPL(mag_cache_validate);

/* kmemleak must not look for who refers to memory that is about to go. */
static void debug_forget_object(void *obj, void *arg)
{
	struct mag_cache *cache = arg;

	/* It knows nothing of objects that are not live, and says nothing. */
	if (mag_object_get_state(cache, obj) != MAG_OBJECT_FREE)
		kmemleak_free(obj);
}

void mag_debug_exit(struct mag_cache *cache)
{
	int node;

	if (!cache->debug)
		return;
	for_each_node(node)
		mag_slab_validate(cache, node, debug_forget_object, cache);
}

/**
 * mag_cache_bugs() - how many bugs of a kind were reported of a cache
 * @cache: the cache
 * @bug: the kind
 *
 * Context: any.
 * Return: reports since creation.
 */
unsigned long mag_cache_bugs(const struct mag_cache *cache, enum mag_bug bug)
{
	return atomic_read(&cache->bugs[bug]);
}
EXPORT_SYMBOL_GPL(mag_cache_bugs);
