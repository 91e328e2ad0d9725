// SPDX-License-Identifier: GPL-2.0-only
/*
 * Birth, death and statistics of a cache; the policies that its layers follow.
 */
#include <linux/export.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "internal.h"
#include "mag_kmalloc.h"
#include "mag_trace.h"

/* Also undoes half of an init. */
static void cache_exit_layers(struct mag_cache *cache)
{
	mag_cpu_exit(cache);
	mag_depot_exit(cache);
	mag_slab_exit(cache);
}

static int cache_init_layers(struct mag_cache *cache, size_t align)
{
	u32 slab_bytes;
	int err;

	err = mag_slab_layout_init(cache, max(align, sizeof(void *)));
	if (err)
		return err;
	slab_bytes = PAGE_SIZE * cache->layout[MAG_LAYOUT_BEST].pages;
	cache->policy = mag_policy_default(cache->size, slab_bytes);
	cache->magazine_rounds = cache->policy.magazine_rounds;
	mag_reap_init(cache);

	err = mag_slab_init(cache);
	if (!err)
		err = mag_depot_init(cache);
	if (!err)
		err = mag_cpu_init(cache);
	return err;
}

static bool cache_args_valid(const char *name, size_t size,
			     const struct mag_cache_args *args)
{
	return name && size && size <= MAG_CACHE_MAX_SIZE &&
	       args->align <= PAGE_SIZE &&
	       (!args->align || is_power_of_2(args->align)) &&
	       !(args->flags & ~MAG_CACHE_FLAGS) && (args->ctor || !args->dtor);
}

int mag_cache_init(struct mag_cache *cache, const char *name, size_t size,
		   const struct mag_cache_args *args)
{
	u32 flags = args->flags | mag_policy_debug_flags(name);
	int err;

	mag_cpu_setup();
	*cache = (struct mag_cache){
		.object_size = max(size, MAG_CACHE_MIN_SIZE),
		.flags = flags,
		.debug = flags & MAG_CACHE_DEBUG,
		.ctor = args->ctor,
		.dtor = args->dtor,
	};
	memcpy(cache->name, name, strlen(name) + 1);
	err = cache_init_layers(cache, args->align);
	if (err) {
		cache_exit_layers(cache);
		return err;
	}
	mag_registry_add(cache);
	mag_cpu_trace_new(cache);
	return 0;
}

/**
 * mag_cache_create_args() - create a cache of objects of one size
 * @name: for reports; copied; need not be unique
 * @size: of an object, 1 … MAG_CACHE_MAX_SIZE bytes
 * @args: what else there is to say, or NULL
 *
 * Context: task, may sleep.
 * Return: the cache, or ERR_PTR(-EINVAL) for a bad argument or
 *	ERR_PTR(-ENOMEM).
 */
struct mag_cache *mag_cache_create_args(const char *name, size_t size,
					const struct mag_cache_args *args)
{
	static const struct mag_cache_args none;
	struct mag_cache *cache;
	int err;

	if (!args)
		args = &none;
	if (!cache_args_valid(name, size, args))
		return ERR_PTR(-EINVAL);

	cache = kmalloc(struct_size(cache, name, strlen(name) + 1), GFP_KERNEL);
	if (!cache)
		return ERR_PTR(-ENOMEM);
	err = mag_cache_init(cache, name, size, args);
	if (err) {
		kfree(cache);
		return ERR_PTR(err);
	}
	return cache;
}
EXPORT_SYMBOL_GPL(mag_cache_create_args);

/**
 * mag_cache_create() - create a cache without flags
 * @name: as for mag_cache_create_args()
 * @size: likewise
 * @align: as struct mag_cache_args says
 * @ctor: likewise
 *
 * Context: task, may sleep.
 * Return: as mag_cache_create_args().
 */
struct mag_cache *mag_cache_create(const char *name, size_t size, size_t align,
				   void (*ctor)(void *obj))
{
	const struct mag_cache_args args = { .align = align, .ctor = ctor };

	return mag_cache_create_args(name, size, &args);
}
EXPORT_SYMBOL_GPL(mag_cache_create);

unsigned long mag_cache_exit(struct mag_cache *cache)
{
	unsigned long leaked;

	mag_registry_remove(cache);
	mag_reap_exit(cache);
	mag_cpu_rcu_drain(cache);
	mag_cpu_drain(cache);
	mag_depot_drain(cache);
	mag_debug_exit(cache);
	leaked = mag_slab_drain(cache);
	if (leaked)
		pr_err("magslab: cache %s: destroyed with %lu objects of %u bytes not freed\n",
		       cache->name, leaked, cache->object_size);
	WARN_ON_ONCE(atomic_long_read(&cache->nr_magazines));
	/* The callbacks that free its pages look at it. */
	if (cache->flags & MAG_CACHE_TYPESAFE_BY_RCU)
		rcu_barrier();

	cache_exit_layers(cache);
	return leaked;
}

/**
 * mag_cache_destroy() - destroy a cache
 * @cache: the cache, or NULL.  No call on it is under way or will follow; what
 *	mag_cache_free_rcu() was given may wait yet, and is waited for.
 *
 * Objects that were not freed are reported in the kernel log by cache, number
 * and place.  Their pages stay valid until the module is removed, lest a
 * stray user write to a page that has a new owner.
 *
 * Context: task, may sleep.
 * Return: how many objects leaked.
 */
unsigned long mag_cache_destroy(struct mag_cache *cache)
{
	unsigned long leaked;

	if (!cache)
		return 0;

	leaked = mag_cache_exit(cache);
	/* It was in the list. */
	kfree_rcu(cache, rcu);
	return leaked;
}
EXPORT_SYMBOL_GPL(mag_cache_destroy);

/**
 * mag_cache_name() - the name of a cache
 * @cache: the cache
 *
 * Context: any.
 * Return: as given to mag_cache_create(); valid while the cache is.
 */
const char *mag_cache_name(const struct mag_cache *cache)
{
	return cache->name;
}
EXPORT_SYMBOL_GPL(mag_cache_name);

static u64 cache_bugs(const struct mag_cache *cache)
{
	enum mag_bug bug;
	u64 bugs = 0;

	for (bug = 0; bug < MAG_NR_BUGS; bug++)
		bugs += mag_cache_bugs(cache, bug);
	return bugs;
}

/**
 * mag_cache_stats() - read the counters of a cache
 * @cache: the cache
 * @stats: filled in; see struct mag_cache_stats
 *
 * Context: task or softirq; takes each node's slab lock in turn.
 */
void mag_cache_stats(struct mag_cache *cache, struct mag_cache_stats *stats)
{
	const struct mag_slab_layout *layout = &cache->layout[MAG_LAYOUT_BEST];
	u64 out;

	*stats = (struct mag_cache_stats){
		.object_size = cache->object_size,
		.size = cache->size,
		.order = layout->order,
		.objects_per_slab = layout->objects,
		.magazine_rounds = READ_ONCE(cache->magazine_rounds),
		.magazines = atomic_long_read(&cache->nr_magazines),
		.resizes = atomic_read(&cache->resizes),
		.reaped = atomic_long_read(&cache->reaped),
		.pages_returned = mag_slab_pages_returned(cache),
		.rcu_waiting = atomic_long_read(&cache->rcu_waiting),
		.quarantined = atomic_long_read(&cache->quarantined),
		.bugs = cache_bugs(cache),
	};
	mag_cpu_stats(cache, stats);
	mag_depot_stats(cache, stats);
	out = mag_slab_stats(cache, stats);

	/* A call under way may have counted on one side only. */
	stats->live = stats->allocs - min(stats->allocs, stats->frees);
	stats->rounds_cached = out - min(out, stats->live);
	stats->held_bytes = stats->pages * PAGE_SIZE +
			    atomic_long_read(&cache->magazine_bytes);
	stats->live_bytes = stats->live * cache->object_size;
}
EXPORT_SYMBOL_GPL(mag_cache_stats);

/**
 * mag_cache_read_node() - read what a node holds of a cache
 * @cache: the cache
 * @node: a possible node
 * @reading: filled in; see struct mag_node_reading
 *
 * Context: task, without a spinlock.  Takes the node's slab lock, interrupts off, for
 *	32 slabs at a time that have objects both in and out.
 */
void mag_cache_read_node(struct mag_cache *cache, int node,
			 struct mag_node_reading *reading)
{
	*reading = (struct mag_node_reading){};
	mag_slab_read(cache, node, reading);
	mag_depot_read(cache, node, reading);
}
EXPORT_SYMBOL_GPL(mag_cache_read_node);

/**
 * mag_cache_shrink() - give back all memory that holds no live object
 * @cache: the cache
 *
 * Empties the magazines of every online CPU but those in the middle of a call,
 * and the depots, and frees empty slabs.  Loads may run meanwhile.
 *
 * Context: task, interrupts on, may sleep.
 * Return: pages given back.  Those of a MAG_CACHE_TYPESAFE_BY_RCU cache go later, at
 *	the end of a grace period, and are not in it.
 */
unsigned long mag_cache_shrink(struct mag_cache *cache)
{
	u64 before = mag_slab_pages_returned(cache), pages;

	mag_reap_everything(cache);
	pages = mag_slab_pages_returned(cache) - before;
	trace_mag_shrink(cache, NUMA_NO_NODE, 0, pages);
	return pages;
}
EXPORT_SYMBOL_GPL(mag_cache_shrink);

int mag_allocator_init(void)
{
	int err = mag_reclaim_init();

	if (err)
		return err;
	err = mag_kmalloc_init();
	if (err)
		mag_reclaim_exit();
	return err;
}

void mag_allocator_exit(void)
{
	mag_kmalloc_exit();
	mag_reclaim_exit();
	WARN_ON_ONCE(!mag_registry_empty());
	mag_slab_bury();
}
