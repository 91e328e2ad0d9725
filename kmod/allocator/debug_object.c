// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an object of a debugged cache looks like, and what is found wrong with
 * it.  The reports follow those of mm/slub.c: what, where, the bytes, who
 * allocated and who freed.
 *
 *	| left redzone | object | right redzone | state | tracks |
 *
 * Poison, and the values of redzones, are those of linux/poison.h.
 */
#include <linux/align.h>
#include <linux/atomic.h>
#include <linux/cpumask.h>
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/poison.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/sched/clock.h>
#include <linux/smp.h>
#include <linux/stacktrace.h>
#include <linux/string.h>

#include "debug.h"
#include "mag_trace.h"

#define MAG_TRACK_DEPTH	  12 /* return addresses kept of a stack */
#define MAG_REPORT_BYTES  128U /* shown of an object */
#define MAG_REPORT_BESIDE 32U /* shown of a redzone */

/**
 * struct mag_track - who did it, and when
 * @when_ns: local_clock(), never 0
 * @pid: of the task, or of the one that was interrupted
 * @cpu: where
 * @depth: in @addr; 0 where the machine cannot walk its stack
 * @addr: return addresses, innermost first
 */
struct mag_track {
	u64 when_ns;
	pid_t pid;
	u32 cpu;
	u32 depth;
	unsigned long addr[MAG_TRACK_DEPTH];
};

/**
 * struct mag_debug_state - what is known of an object
 * @state: enum mag_object_state
 * @track: with MAG_CACHE_TRACK
 */
struct mag_debug_state {
	u32 state;
	struct mag_track track[];
};

static const char *const bug_names[MAG_NR_BUGS] = {
	[MAG_BUG_LEFT_REDZONE] = "Left redzone overwritten",
	[MAG_BUG_RIGHT_REDZONE] = "Right redzone overwritten",
	[MAG_BUG_POISON] = "Poison overwritten (use after free)",
	[MAG_BUG_DOUBLE_FREE] = "Object already free",
	[MAG_BUG_WRONG_CACHE] = "Object freed to the wrong cache",
	[MAG_BUG_FOREIGN] = "Freed pointer is of no cache",
	[MAG_BUG_MISALIGNED] = "Freed pointer is not the start of an object",
	[MAG_BUG_STATE] = "Object's state overwritten",
	[MAG_BUG_WAITING] =
		"Object already freed, waiting for its grace period",
	[MAG_BUG_FREE_LIST] = "Free list damaged",
};

const char *mag_bug_name(enum mag_bug bug)
{
	return bug_names[bug];
}

static struct mag_debug_state *object_state(const struct mag_cache *cache,
					    void *obj)
{
	return obj - cache->left + cache->size - cache->state_bytes;
}

static void *object_right(const struct mag_cache *cache, void *obj)
{
	return obj + cache->object_size;
}

static size_t object_right_bytes(const struct mag_cache *cache, void *obj)
{
	return (void *)object_state(cache, obj) - object_right(cache, obj);
}

void mag_debug_layout(struct mag_cache *cache, u32 align)
{
	struct mag_debug_state *state;
	u32 right = 0, tracks = 0;

	if (cache->debug & MAG_CACHE_REDZONE) {
		cache->left = max_t(u32, align, sizeof(void *));
		right = sizeof(void *);
	}
	if (cache->debug & MAG_CACHE_TRACK)
		tracks = MAG_NR_TRACKS;
	cache->state_bytes =
		ALIGN(struct_size(state, track, tracks), sizeof(u64));
	cache->size = ALIGN(
		cache->left + ALIGN(cache->object_size + right, sizeof(u64)) +
			cache->state_bytes,
		align);
}

enum mag_object_state mag_object_get_state(const struct mag_cache *cache,
					   void *obj)
{
	/* Pairs with mag_object_set_state(): the bytes are as the state says. */
	return smp_load_acquire(&object_state(cache, obj)->state);
}

void mag_object_set_state(const struct mag_cache *cache, void *obj,
			  enum mag_object_state state)
{
	/* Pairs with mag_object_get_state(): the bytes were changed before. */
	smp_store_release(&object_state(cache, obj)->state, state);
}

enum mag_object_state mag_object_change_state(const struct mag_cache *cache,
					      void *obj,
					      enum mag_object_state old,
					      enum mag_object_state new)
{
	return cmpxchg(&object_state(cache, obj)->state, old, new);
}

void mag_object_paint(const struct mag_cache *cache, void *obj, u8 redzone)
{
	if (!(cache->debug & MAG_CACHE_REDZONE))
		return;
	memset(obj - cache->left, redzone, cache->left);
	memset(object_right(cache, obj), redzone,
	       object_right_bytes(cache, obj));
}

/* Who may read an object that is free, or wants it constructed, rules it out. */
static bool poisoned(const struct mag_cache *cache)
{
	return (cache->debug & MAG_CACHE_POISON) && !cache->ctor &&
	       !(cache->flags & MAG_CACHE_TYPESAFE_BY_RCU);
}

void mag_object_poison(const struct mag_cache *cache, void *obj)
{
	if (!poisoned(cache))
		return;
	memset(obj, POISON_FREE, cache->object_size - 1);
	*(u8 *)(obj + cache->object_size - 1) = POISON_END;
}

void mag_object_init(const struct mag_cache *cache, void *obj)
{
	mag_object_paint(cache, obj, SLUB_RED_INACTIVE);
	mag_object_poison(cache, obj);
	memset(object_state(cache, obj), 0, cache->state_bytes);
	mag_object_set_state(cache, obj, MAG_OBJECT_FREE);
}

/* @addr has room for MAG_TRACK_DEPTH.  No frame of its own, which would count. */
static __always_inline u32 save_stack(unsigned long *addr, u32 skip)
{
#ifdef CONFIG_STACKTRACE
	return stack_trace_save(addr, MAG_TRACK_DEPTH, skip);
#else
	return 0;
#endif
}

static void print_stack(const unsigned long *addr, u32 depth)
{
#ifdef CONFIG_STACKTRACE
	stack_trace_print(addr, depth, 1);
#endif
}

void mag_object_track(const struct mag_cache *cache, void *obj,
		      enum mag_track_kind kind)
{
	struct mag_track *track;

	if (!(cache->debug & MAG_CACHE_TRACK))
		return;
	track = &object_state(cache, obj)->track[kind];
	track->when_ns = local_clock() ?: 1;
	track->pid = current->pid;
	track->cpu = raw_smp_processor_id();
	/* Without this function and its caller. */
	track->depth = save_stack(track->addr, 2);
}

static bool whole(const void *from, u8 value, size_t bytes)
{
	return !memchr_inv(from, value, bytes);
}

bool mag_object_find_bug(const struct mag_cache *cache, void *obj, bool live,
			 enum mag_bug *bug)
{
	u8 red = live ? SLUB_RED_ACTIVE : SLUB_RED_INACTIVE;
	u32 last = cache->object_size - 1;

	if (cache->debug & MAG_CACHE_REDZONE) {
		*bug = MAG_BUG_LEFT_REDZONE;
		if (!whole(obj - cache->left, red, cache->left))
			return true;
		*bug = MAG_BUG_RIGHT_REDZONE;
		if (!whole(object_right(cache, obj), red,
			   object_right_bytes(cache, obj)))
			return true;
	}
	*bug = MAG_BUG_POISON;
	return !live && poisoned(cache) &&
	       !(whole(obj, POISON_FREE, last) &&
		 whole(obj + last, POISON_END, 1));
}

static void report_track(const struct mag_track *track, const char *verb)
{
	/* Nobody did so far. */
	if (!track->when_ns)
		return;
	pr_err("magslab: %s %llu ms ago, cpu %u, pid %d:\n", verb,
	       div_u64(local_clock() - track->when_ns, NSEC_PER_MSEC),
	       track->cpu, track->pid);
	print_stack(track->addr, track->depth);
}

void mag_object_report_tracks(const struct mag_cache *cache, void *obj)
{
	const struct mag_track *track = object_state(cache, obj)->track;

	if (!(cache->debug & MAG_CACHE_TRACK))
		return;
	report_track(&track[MAG_TRACK_ALLOC], "allocated");
	report_track(&track[MAG_TRACK_FREE], "freed");
}

static void report_bytes(const char *what, const void *from, size_t bytes)
{
	char prefix[32];

	snprintf(prefix, sizeof(prefix), "magslab: %-8s ", what);
	print_hex_dump(KERN_ERR, prefix, DUMP_PREFIX_ADDRESS, 16, 1, from,
		       bytes, true);
}

/* The end of the left redzone and the beginning of the right are the likely places. */
void mag_object_report_bytes(const struct mag_cache *cache, void *obj)
{
	size_t left = min_t(size_t, cache->left, MAG_REPORT_BESIDE);
	size_t right = min_t(size_t, object_right_bytes(cache, obj),
			     MAG_REPORT_BESIDE);

	if (cache->debug & MAG_CACHE_REDZONE)
		report_bytes("redzone", obj - left, left);
	report_bytes("object", obj, min(cache->object_size, MAG_REPORT_BYTES));
	if (cache->debug & MAG_CACHE_REDZONE)
		report_bytes("redzone", object_right(cache, obj), right);
}

void mag_bug_report_head(struct mag_cache *cache, enum mag_bug bug, void *where)
{
	unsigned long addr[MAG_TRACK_DEPTH];
	unsigned int depth;

	atomic_inc(&cache->bugs[bug]);
	trace_mag_corruption(cache, bug, where);
	pr_err("magslab: BUG in cache %s: %s, object %p\n", cache->name,
	       mag_bug_name(bug), where);
	pr_err("magslab: seen on cpu %u by pid %d (%s):\n",
	       raw_smp_processor_id(), current->pid, current->comm);
	depth = save_stack(addr, 1);
	print_stack(addr, depth);
}

/* A caller that mixes up caches does so with each object; interrupts are off here. */
#define MAG_POINTERS_REPORTED 16

void mag_bug_report_pointer(struct mag_cache *cache, void *obj,
			    const void *owner)
{
	bool ours;
	char name[64];
	enum mag_bug bug;

	ours = owner && mag_registry_name(owner, name, sizeof(name));
	bug = ours ? MAG_BUG_WRONG_CACHE : MAG_BUG_FOREIGN;
	if (atomic_read(&cache->bugs[bug]) >= MAG_POINTERS_REPORTED) {
		atomic_inc(&cache->bugs[bug]);
		return;
	}
	mag_bug_report_head(cache, bug, obj);
	if (ours)
		pr_err("magslab: it is of cache %s\n", name);
}

void mag_object_report(struct mag_cache *cache, enum mag_bug bug, void *obj)
{
	mag_bug_report_head(cache, bug, obj);
	mag_object_report_tracks(cache, obj);
	mag_object_report_bytes(cache, obj);
}
