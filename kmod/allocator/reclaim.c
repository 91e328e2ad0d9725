// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the kernel tells all caches: that it is short of memory, that a CPU comes
 * or has gone, that a node's memory has come or gone.
 */
#include <linux/atomic.h>
#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
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

/* What goes first, second and third: each up to as many pages as are wanted yet. */
enum reclaim_stage {
	RECLAIM_EXCESS,
	RECLAIM_DEPOT,
	RECLAIM_CPUS,
	RECLAIM_NR_STAGES
};

/**
 * struct reclaim_scan - a shrinker's request on its way through the caches
 * @node: the node that is short
 * @pages: counted or freed so far
 * @wanted: pages to free
 * @cursor: @serial of the cache at which the last scan ended
 * @behind: this walk is for the caches behind it, the next one for the others
 * @stage: what is taken from a cache in this walk
 */
struct reclaim_scan {
	int node;
	unsigned long pages;
	unsigned long wanted;
	u64 cursor;
	bool behind;
	enum reclaim_stage stage;
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

/*
 * Empty slabs, then magazines of the depot, until as many pages have gone as are @wanted
 * since there were @before.
 */
static void take_at_hand(struct mag_cache *cache, int node,
			 unsigned long wanted, u64 before, bool excess)
{
	unsigned long bytes;
	u64 got;

	do {
		got = mag_slab_pages_let_go(cache, node) - before;
		if (got < wanted)
			mag_slab_trim(cache, node, wanted - got, excess);
		got = mag_slab_pages_let_go(cache, node) - before;
		if (got >= wanted)
			break;
		bytes = (unsigned long)READ_ONCE(cache->magazine_rounds) *
			cache->size;
	} while (mag_depot_trim(cache, node,
				DIV_ROUND_UP((wanted - got) * PAGE_SIZE, bytes),
				excess));
}

static void reclaim_take(struct mag_cache *cache,
			 const struct reclaim_scan *scan, u64 before)
{
	/* Direct reclaim has interrupts on, and holds nothing that others spin for. */
	if (scan->stage == RECLAIM_CPUS)
		mag_cpu_reap_node(cache, scan->node);
	take_at_hand(cache, scan->node, scan->wanted - scan->pages, before,
		     scan->stage == RECLAIM_EXCESS);
}

static void reclaim_scan_cache(struct mag_cache *cache, void *arg)
{
	struct reclaim_scan *scan = arg;
	bool behind = cache->serial > scan->cursor;
	u64 before, pages;

	if (scan->pages >= scan->wanted || behind != scan->behind)
		return;
	before = mag_slab_pages_let_go(cache, scan->node);
	reclaim_take(cache, scan, before);
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
	struct reclaim_scan scan = {
		.node = sc->nid,
		.wanted = sc->nr_to_scan,
		.cursor = READ_ONCE(reclaim_cursor),
	};
	u32 walk;

	for (walk = 0; walk < 2 * RECLAIM_NR_STAGES; walk++) {
		if (scan.pages >= scan.wanted)
			break;
		scan.stage = walk / 2;
		scan.behind = !(walk % 2);
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
