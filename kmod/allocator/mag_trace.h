/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tracepoints of the allocator: events/magslab/ of tracefs.  What each
 * means, field by field and in which unit, is in Documentation/tracing.rst.
 *
 * An event is told at most once, by the function that did what it tells.  All
 * but mag_alloc and mag_free are of slow paths, where a tracepoint that is off
 * is one instruction that does nothing.  Those two are of every call, and the
 * fast path knows nothing of them: see cpu_trace.c.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM magslab

#if !defined(MAGSLAB_ALLOCATOR_MAG_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define MAGSLAB_ALLOCATOR_MAG_TRACE_H

#include <linux/mm.h>
#include <linux/tracepoint.h>

#include "../compat.h"
#include "internal.h"

/* cpu_trace.c: tracing of calls begins and ends. */
int mag_trace_calls_begin(void);
void mag_trace_calls_end(void);

/* These macros are tables, not code. */
/* clang-format off */

/* Perf and trace-cmd do not know the enums by which formats name numbers. */
TRACE_DEFINE_ENUM(MAG_RUNG_LOADED);
TRACE_DEFINE_ENUM(MAG_RUNG_PREVIOUS);
TRACE_DEFINE_ENUM(MAG_RUNG_DEPOT);
TRACE_DEFINE_ENUM(MAG_RUNG_SLAB);
TRACE_DEFINE_ENUM(MAG_RUNG_PAGES);
TRACE_DEFINE_ENUM(MAG_RUNG_AWAY);
TRACE_DEFINE_ENUM(MAG_RUNG_RCU);
TRACE_DEFINE_ENUM(MAG_MAGAZINE_NONE);
TRACE_DEFINE_ENUM(MAG_MAGAZINE_EMPTY);
TRACE_DEFINE_ENUM(MAG_MAGAZINE_FULL);
TRACE_DEFINE_ENUM(MAG_RESIZED_BY_INTERVAL);
TRACE_DEFINE_ENUM(MAG_RESIZED_BY_EVENT);
TRACE_DEFINE_ENUM(MAG_RESIZED_BY_DISUSE);
TRACE_DEFINE_ENUM(MAG_RESIZED_BY_KNOB);
TRACE_DEFINE_ENUM(MAG_REAPED_CPU);
TRACE_DEFINE_ENUM(MAG_REAPED_DEPOT);
TRACE_DEFINE_ENUM(MAG_REAPED_SLABS);

#define mag_show_rung(rung) __print_symbolic(rung,	\
	{ MAG_RUNG_LOADED,	"loaded" },		\
	{ MAG_RUNG_PREVIOUS,	"previous" },		\
	{ MAG_RUNG_DEPOT,	"depot" },		\
	{ MAG_RUNG_SLAB,	"slab" },		\
	{ MAG_RUNG_PAGES,	"pages" },		\
	{ MAG_RUNG_AWAY,	"away" },		\
	{ MAG_RUNG_RCU,		"rcu" })

#define mag_show_magazine(list) __print_symbolic(list,	\
	{ MAG_MAGAZINE_NONE,	"none" },		\
	{ MAG_MAGAZINE_EMPTY,	"empty" },		\
	{ MAG_MAGAZINE_FULL,	"full" })

#define mag_show_reason(reason) __print_symbolic(reason,	\
	{ MAG_RESIZED_BY_INTERVAL,	"interval" },	\
	{ MAG_RESIZED_BY_EVENT,		"event" },	\
	{ MAG_RESIZED_BY_DISUSE,	"disuse" },	\
	{ MAG_RESIZED_BY_KNOB,		"knob" })

#define mag_show_reaped(layer) __print_symbolic(layer,	\
	{ MAG_REAPED_CPU,	"cpu" },		\
	{ MAG_REAPED_DEPOT,	"depot" },		\
	{ MAG_REAPED_SLABS,	"slabs" })

/*
 * Bytes of a name and of a bug's, with the closing NUL; what is longer is cut.
 * Fixed, for bpftrace 0.23 looks for strings of no fixed length at four times
 * their offset (its pull request 4238); and aligned, for 0.17 reads them in words.
 */
#define MAG_TRACE_NAME_LEN 32
#define MAG_TRACE_BUG_LEN 64

/* Padded: an event must not show what was in its place before. */
#define mag_trace_copy(to, name) strscpy_pad(to, name, sizeof(to))

/* Objects of mag_kmalloc() that are whole pages are of no cache. */
#define mag_trace_name(cache) ((cache) ? (cache)->name : "kmalloc-large")

/* An object was allocated: after the fact, before the caller has it. */
TRACE_EVENT_FN(mag_alloc,
	TP_PROTO(const struct mag_cache *cache, const void *obj, size_t size,
		 gfp_t gfp, u32 rung, unsigned long call_site),
	TP_ARGS(cache, obj, size, gfp, rung, call_site),
	TP_STRUCT__entry(
		__field(unsigned long, call_site)
		__field(const void *, cache)
		__array(char, name, MAG_TRACE_NAME_LEN)
		__field(const void *, ptr)
		__field(size_t, size)
		__field(u32, gfp_flags)
		__field(u32, rung)
		__field(int, node)
	),
	TP_fast_assign(
		__entry->call_site = call_site;
		__entry->cache = cache;
		__entry->ptr = obj;
		__entry->size = size;
		__entry->gfp_flags = (__force u32)gfp;
		__entry->rung = rung;
		__entry->node = page_to_nid(virt_to_page(obj));
		mag_trace_copy(__entry->name, mag_trace_name(cache));
	),
	TP_printk("name=%s ptr=%p size=%zu gfp_flags=0x%x rung=%s node=%d call_site=%pS",
		  __entry->name, __entry->ptr, __entry->size,
		  __entry->gfp_flags, mag_show_rung(__entry->rung),
		  __entry->node, (void *)__entry->call_site),
	mag_trace_calls_begin, mag_trace_calls_end
);

/* An object is freed: before anyone else can have it. */
TRACE_EVENT_FN(mag_free,
	TP_PROTO(const struct mag_cache *cache, const void *obj, size_t size,
		 u32 rung, unsigned long call_site),
	TP_ARGS(cache, obj, size, rung, call_site),
	TP_STRUCT__entry(
		__field(unsigned long, call_site)
		__field(const void *, cache)
		__array(char, name, MAG_TRACE_NAME_LEN)
		__field(const void *, ptr)
		__field(size_t, size)
		__field(u32, rung)
		__field(int, node)
	),
	TP_fast_assign(
		__entry->call_site = call_site;
		__entry->cache = cache;
		__entry->ptr = obj;
		__entry->size = size;
		__entry->rung = rung;
		__entry->node = page_to_nid(virt_to_page(obj));
		mag_trace_copy(__entry->name, mag_trace_name(cache));
	),
	TP_printk("name=%s ptr=%p size=%zu rung=%s node=%d call_site=%pS",
		  __entry->name, __entry->ptr, __entry->size,
		  mag_show_rung(__entry->rung), __entry->node,
		  (void *)__entry->call_site),
	mag_trace_calls_begin, mag_trace_calls_end
);

/* A call returned NULL. */
TRACE_EVENT(mag_alloc_failed,
	TP_PROTO(const struct mag_cache *cache, size_t size, gfp_t gfp,
		 int node, unsigned long call_site),
	TP_ARGS(cache, size, gfp, node, call_site),
	TP_STRUCT__entry(
		__field(unsigned long, call_site)
		__field(const void *, cache)
		__array(char, name, MAG_TRACE_NAME_LEN)
		__field(size_t, size)
		__field(u32, gfp_flags)
		__field(int, node)
	),
	TP_fast_assign(
		__entry->call_site = call_site;
		__entry->cache = cache;
		__entry->size = size;
		__entry->gfp_flags = (__force u32)gfp;
		__entry->node = node;
		mag_trace_copy(__entry->name, mag_trace_name(cache));
	),
	TP_printk("name=%s size=%zu gfp_flags=0x%x node=%d call_site=%pS",
		  __entry->name, __entry->size, __entry->gfp_flags,
		  __entry->node, (void *)__entry->call_site)
);

/* A CPU's previous magazine became its loaded one. */
TRACE_EVENT(mag_magazine_swap,
	TP_PROTO(const struct mag_cache *cache, bool freeing, u32 rounds),
	TP_ARGS(cache, freeing, rounds),
	TP_STRUCT__entry(
		__field(const void *, cache)
		__array(char, name, MAG_TRACE_NAME_LEN)
		__field(bool, freeing)
		__field(u32, rounds)
	),
	TP_fast_assign(
		__entry->cache = cache;
		__entry->freeing = freeing;
		__entry->rounds = rounds;
		mag_trace_copy(__entry->name, cache->name);
	),
	TP_printk("name=%s freeing=%d rounds=%u", __entry->name,
		  __entry->freeing, __entry->rounds)
);

/* A depot handed out a magazine, took one, or both at once. */
TRACE_EVENT(mag_depot_exchange,
	TP_PROTO(const struct mag_cache *cache, int node, u32 got, u32 gave,
		 bool contended),
	TP_ARGS(cache, node, got, gave, contended),
	TP_STRUCT__entry(
		__field(const void *, cache)
		__array(char, name, MAG_TRACE_NAME_LEN)
		__field(int, node)
		__field(u32, got)
		__field(u32, gave)
		__field(bool, contended)
	),
	TP_fast_assign(
		__entry->cache = cache;
		__entry->node = node;
		__entry->got = got;
		__entry->gave = gave;
		__entry->contended = contended;
		mag_trace_copy(__entry->name, cache->name);
	),
	TP_printk("name=%s node=%d got=%s gave=%s contended=%d",
		  __entry->name, __entry->node,
		  mag_show_magazine(__entry->got),
		  mag_show_magazine(__entry->gave), __entry->contended)
);

/* A depot's lock was found taken; told when it was let go again or given up. */
TRACE_EVENT(mag_depot_contended,
	TP_PROTO(const struct mag_cache *cache, int node, u64 wait_ns),
	TP_ARGS(cache, node, wait_ns),
	TP_STRUCT__entry(
		__field(const void *, cache)
		__array(char, name, MAG_TRACE_NAME_LEN)
		__field(u64, wait_ns)
		__field(int, node)
	),
	TP_fast_assign(
		__entry->cache = cache;
		__entry->wait_ns = wait_ns;
		__entry->node = node;
		mag_trace_copy(__entry->name, cache->name);
	),
	TP_printk("name=%s node=%d wait_ns=%llu", __entry->name,
		  __entry->node, __entry->wait_ns)
);

/* A CPU asked a node's slabs for a magazine of objects. */
TRACE_EVENT(mag_refill,
	TP_PROTO(const struct mag_cache *cache, int node, u32 asked, u32 got),
	TP_ARGS(cache, node, asked, got),
	TP_STRUCT__entry(
		__field(const void *, cache)
		__array(char, name, MAG_TRACE_NAME_LEN)
		__field(int, node)
		__field(u32, asked)
		__field(u32, got)
	),
	TP_fast_assign(
		__entry->cache = cache;
		__entry->node = node;
		__entry->asked = asked;
		__entry->got = got;
		mag_trace_copy(__entry->name, cache->name);
	),
	TP_printk("name=%s node=%d asked=%u got=%u", __entry->name,
		  __entry->node, __entry->asked, __entry->got)
);

DECLARE_EVENT_CLASS(mag_slab,
	TP_PROTO(const struct mag_cache *cache, int node, u32 order, u32 pages,
		 u32 objects),
	TP_ARGS(cache, node, order, pages, objects),
	TP_STRUCT__entry(
		__field(const void *, cache)
		__array(char, name, MAG_TRACE_NAME_LEN)
		__field(int, node)
		__field(u32, order)
		__field(u32, pages)
		__field(u32, objects)
	),
	TP_fast_assign(
		__entry->cache = cache;
		__entry->node = node;
		__entry->order = order;
		__entry->pages = pages;
		__entry->objects = objects;
		mag_trace_copy(__entry->name, cache->name);
	),
	TP_printk("name=%s node=%d order=%u pages=%u objects=%u",
		  __entry->name, __entry->node, __entry->order,
		  __entry->pages, __entry->objects)
);

/* A slab joined its cache. */
DEFINE_EVENT(mag_slab, mag_slab_new,
	TP_PROTO(const struct mag_cache *cache, int node, u32 order, u32 pages,
		 u32 objects),
	TP_ARGS(cache, node, order, pages, objects)
);

/* The pages of a slab go back to the kernel. */
DEFINE_EVENT(mag_slab, mag_slab_free,
	TP_PROTO(const struct mag_cache *cache, int node, u32 order, u32 pages,
		 u32 objects),
	TP_ARGS(cache, node, order, pages, objects)
);

/* Magazines made from now on are of another size. */
TRACE_EVENT(mag_resize,
	TP_PROTO(const struct mag_cache *cache, u32 from, u32 to, u32 reason),
	TP_ARGS(cache, from, to, reason),
	TP_STRUCT__entry(
		__field(const void *, cache)
		__array(char, name, MAG_TRACE_NAME_LEN)
		__field(u32, from)
		__field(u32, to)
		__field(u32, reason)
	),
	TP_fast_assign(
		__entry->cache = cache;
		__entry->from = from;
		__entry->to = to;
		__entry->reason = reason;
		mag_trace_copy(__entry->name, cache->name);
	),
	TP_printk("name=%s from=%u to=%u reason=%s", __entry->name,
		  __entry->from, __entry->to,
		  mag_show_reason(__entry->reason))
);

/* A layer gave something up, because it was not needed or all was asked for. */
TRACE_EVENT(mag_reap,
	TP_PROTO(const struct mag_cache *cache, u32 layer, int place, u64 units,
		 u64 objects),
	TP_ARGS(cache, layer, place, units, objects),
	TP_STRUCT__entry(
		__field(const void *, cache)
		__array(char, name, MAG_TRACE_NAME_LEN)
		__field(u64, units)
		__field(u64, objects)
		__field(u32, layer)
		__field(int, place)
	),
	TP_fast_assign(
		__entry->cache = cache;
		__entry->units = units;
		__entry->objects = objects;
		__entry->layer = layer;
		__entry->place = place;
		mag_trace_copy(__entry->name, cache->name);
	),
	TP_printk("name=%s layer=%s place=%d units=%llu objects=%llu",
		  __entry->name, mag_show_reaped(__entry->layer),
		  __entry->place, __entry->units, __entry->objects)
);

/* The kernel's shrinker, or mag_cache_shrink(), went through a cache. */
TRACE_EVENT(mag_shrink,
	TP_PROTO(const struct mag_cache *cache, int node, u64 wanted,
		 u64 pages),
	TP_ARGS(cache, node, wanted, pages),
	TP_STRUCT__entry(
		__field(const void *, cache)
		__array(char, name, MAG_TRACE_NAME_LEN)
		__field(u64, wanted)
		__field(u64, pages)
		__field(int, node)
	),
	TP_fast_assign(
		__entry->cache = cache;
		__entry->wanted = wanted;
		__entry->pages = pages;
		__entry->node = node;
		mag_trace_copy(__entry->name, cache->name);
	),
	TP_printk("name=%s node=%d wanted=%llu pages=%llu", __entry->name,
		  __entry->node, __entry->wanted, __entry->pages)
);

/* A full magazine of another node's objects went home. */
TRACE_EVENT(mag_remote_batch,
	TP_PROTO(const struct mag_cache *cache, int node, u32 rounds,
		 bool to_depot),
	TP_ARGS(cache, node, rounds, to_depot),
	TP_STRUCT__entry(
		__field(const void *, cache)
		__array(char, name, MAG_TRACE_NAME_LEN)
		__field(int, node)
		__field(u32, rounds)
		__field(bool, to_depot)
	),
	TP_fast_assign(
		__entry->cache = cache;
		__entry->node = node;
		__entry->rounds = rounds;
		__entry->to_depot = to_depot;
		mag_trace_copy(__entry->name, cache->name);
	),
	TP_printk("name=%s node=%d rounds=%u to_depot=%d", __entry->name,
		  __entry->node, __entry->rounds, __entry->to_depot)
);

/* Damage was found, and reported in the log. */
TRACE_EVENT(mag_corruption,
	TP_PROTO(const struct mag_cache *cache, u32 bug, const void *where),
	TP_ARGS(cache, bug, where),
	TP_STRUCT__entry(
		__field(const void *, cache)
		__array(char, name, MAG_TRACE_NAME_LEN)
		__array(char, bug_name, MAG_TRACE_BUG_LEN)
		__field(const void *, where)
		__field(u32, bug)
	),
	TP_fast_assign(
		__entry->cache = cache;
		__entry->where = where;
		__entry->bug = bug;
		mag_trace_copy(__entry->bug_name, mag_bug_name(bug));
		mag_trace_copy(__entry->name, cache->name);
	),
	TP_printk("name=%s bug=%s where=%p", __entry->name,
		  __entry->bug_name, __entry->where)
);

/* clang-format on */

#endif /* MAGSLAB_ALLOCATOR_MAG_TRACE_H */

/* Kbuild has this folder among those that headers are looked for in. */
#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE mag_trace
#include <trace/define_trace.h>
