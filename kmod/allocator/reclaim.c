// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the kernel tells all caches: that it is short of memory, that a CPU comes
 * or has gone, that a node's memory has come or gone.
 */
#include <linux/atomic.h>
#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/kernel.h>
#include <linux/math.h>
#include <linux/memory.h>
#include <linux/minmax.h>
#include <linux/nodemask.h>
#include <linux/notifier.h>
#include <linux/shrinker.h>

#include "../compat.h"
#include "home.h"
#include "internal.h"
#include "mag_trace.h"

/* Cache at which the last scan ended; the next one begins behind it.  A hint. */
static u64 reclaim_cursor;

/**
 * struct reclaim_scan - a shrinker's request on its way through the caches
 * @node: the node that is short
 * @pages: counted or freed so far
 * @wanted: pages to free
 * @cursor: @serial of the cache at which the last scan ended
 * @behind: this walk is for the caches behind it, the next one for the others
 * @take: takes from a cache in this walk, up to as many pages as are wanted yet
 */
struct reclaim_scan {
	int node;
	unsigned long pages;
	unsigned long wanted;
	u64 cursor;
	bool behind;
	void (*take)(struct mag_cache *cache, int node, unsigned long wanted);
};

/*
 * What CPUs have on @node in their magazines, which only they may look at: those that
 * are in no depot, half full, and a node has as many as another.
 */
static unsigned long cpu_objects(const struct mag_cache *cache, int node)
{
	unsigned long all = atomic_long_read(&cache->nr_magazines);
	unsigned long mags = all - min(all, mag_depot_magazines(cache));

	if (!node_state(node, N_CPU))
		return 0;
	return mags * READ_ONCE(cache->magazine_rounds) /
	       (2 * num_node_state(N_CPU));
}

static void reclaim_count_cache(struct mag_cache *cache, void *arg)
{
	struct reclaim_scan *scan = arg;
	unsigned long objects = mag_depot_objects(cache, scan->node) +
				cpu_objects(cache, scan->node);

	scan->pages += mag_slab_empty_pages(cache, scan->node) +
		       objects * cache->size / PAGE_SIZE;
}

/* Empty slabs, then magazines of the depot: no more than are asked for. */
static void take_at_hand(struct mag_cache *cache, int node,
			 unsigned long wanted, bool excess)
{
	u64 before = mag_slab_pages_let_go(cache, node), got = 0;
	unsigned long bytes;

	do {
		mag_slab_trim(cache, node, wanted - got, excess);
		got = mag_slab_pages_let_go(cache, node) - before;
		if (got >= wanted)
			break;
		bytes = (unsigned long)READ_ONCE(cache->magazine_rounds) *
			cache->size;
	} while (mag_depot_trim(cache, node,
				DIV_ROUND_UP((wanted - got) * PAGE_SIZE, bytes),
				excess));
	/* The last ones made slabs empty that nobody needs. */
	mag_slab_trim(cache, node, wanted - min(got, wanted), false);
}

static void take_excess(struct mag_cache *cache, int node, unsigned long wanted)
{
	take_at_hand(cache, node, wanted, true);
}

static void take_depot(struct mag_cache *cache, int node, unsigned long wanted)
{
	take_at_hand(cache, node, wanted, false);
}

/* Direct reclaim has interrupts on, and holds nothing that another CPU spins for. */
static void take_cpus(struct mag_cache *cache, int node, unsigned long wanted)
{
	mag_cpu_reap_node(cache, node);
	take_depot(cache, node, wanted);
}

static void reclaim_scan_cache(struct mag_cache *cache, void *arg)
{
	struct reclaim_scan *scan = arg;
	u64 before, pages;

	if (scan->pages >= scan->wanted ||
	    scan->behind != (cache->serial > scan->cursor))
		return;
	before = mag_slab_pages_let_go(cache, scan->node);
	scan->take(cache, scan->node, scan->wanted - scan->pages);
	pages = mag_slab_pages_let_go(cache, scan->node) - before;
	trace_mag_shrink(cache, scan->node, scan->wanted - scan->pages, pages);
	scan->pages += pages;
	if (scan->pages >= scan->wanted)
		WRITE_ONCE(reclaim_cursor, cache->serial);
}

static unsigned long reclaim_count(struct shrinker *shrinker,
				   struct shrink_control *sc)
{
	struct reclaim_scan scan = { .node = sc->nid };

	/* Who holds the list may be waiting for the memory that we free. */
	if (!mag_cache_try_for_each(reclaim_count_cache, &scan))
		return 0;
	return scan.pages ?: SHRINK_EMPTY;
}

/*
 * First what no cache needs, then depots, and what CPUs have at hand last; from the
 * cache behind the one where the last scan ended, so that no cache always pays first.
 */
static unsigned long reclaim_scan(struct shrinker *shrinker,
				  struct shrink_control *sc)
{
	static void (*const takes[])(struct mag_cache * cache, int node,
				     unsigned long wanted) = {
		take_excess,
		take_depot,
		take_cpus,
	};
	struct reclaim_scan scan = {
		.node = sc->nid,
		.wanted = sc->nr_to_scan,
		.cursor = READ_ONCE(reclaim_cursor),
	};
	u32 i;

	for (i = 0; i < 2 * ARRAY_SIZE(takes); i++) {
		if (scan.pages >= scan.wanted)
			break;
		scan.take = takes[i / 2];
		scan.behind = !(i % 2);
		if (!mag_cache_try_for_each(reclaim_scan_cache, &scan))
			return scan.pages ?: SHRINK_STOP;
	}
	return scan.pages;
}

static void reclaim_drain_cpu(struct mag_cache *cache, void *arg)
{
	mag_cpu_drain_dead(cache, *(unsigned int *)arg);
}

/* Its node may have been unknown so far. */
static int reclaim_cpu_coming(unsigned int cpu)
{
	mag_home_find_cpu(cpu);
	return 0;
}

static int reclaim_cpu_dead(unsigned int cpu)
{
	mag_cache_for_each(reclaim_drain_cpu, &cpu);
	return 0;
}

/* Called under cpus_read_lock(): mem_hotplug_begin() takes it. */
static int reclaim_nodes_changed(struct notifier_block *block,
				 unsigned long action, void *data)
{
	if (action == MEM_ONLINE || action == MEM_OFFLINE)
		mag_cpu_see_nodes();
	return NOTIFY_OK;
}

static struct notifier_block reclaim_memory = {
	.notifier_call = reclaim_nodes_changed,
};

static enum cpuhp_state reclaim_cpuhp;
static struct shrinker *reclaim_shrinker;

int mag_reclaim_init(void)
{
	int state, err;

	state = cpuhp_setup_state_nocalls(CPUHP_BP_PREPARE_DYN, "magslab:dead",
					  reclaim_cpu_coming, reclaim_cpu_dead);
	if (state < 0)
		return state;
	reclaim_cpuhp = state;

	reclaim_shrinker =
		mag_shrinker_create("magslab", reclaim_count, reclaim_scan);
	err = -ENOMEM;
	if (!reclaim_shrinker)
		goto remove_state;
	err = register_memory_notifier(&reclaim_memory);
	if (err)
		goto destroy_shrinker;
	/* What changed before is seen now, what changes from now on is told. */
	cpus_read_lock();
	mag_cpu_see_nodes();
	cpus_read_unlock();
	return 0;

destroy_shrinker:
	mag_shrinker_destroy(reclaim_shrinker);
remove_state:
	cpuhp_remove_state_nocalls(reclaim_cpuhp);
	return err;
}

void mag_reclaim_exit(void)
{
	unregister_memory_notifier(&reclaim_memory);
	mag_shrinker_destroy(reclaim_shrinker);
	cpuhp_remove_state_nocalls(reclaim_cpuhp);
}

#if IS_ENABLED(CONFIG_KUNIT)
unsigned long mag_kunit_reclaim_count(int node)
{
	struct shrink_control sc = { .nid = node };

	return reclaim_count(reclaim_shrinker, &sc);
}

unsigned long mag_kunit_reclaim_scan(int node, unsigned long nr)
{
	struct shrink_control sc = { .nid = node, .nr_to_scan = nr };

	return reclaim_scan(reclaim_shrinker, &sc);
}
#endif
