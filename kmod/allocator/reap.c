// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a cache gives back while nobody asks: at each interval the magazines and
 * empty slabs that were never needed in it (the working set of Bonwick & Adams
 * 2001, section 3.6), and what CPUs hold that made no call in it.  And the size
 * of magazines, which follows the contention of the depot (section 3.4).
 */
#include <linux/nodemask.h>
#include <linux/workqueue.h>

#include "../compat.h"
#include "internal.h"

/* Up when a depot is contended; down when the cache is not in use. */
static void reap_resize(struct mag_cache *cache)
{
	struct mag_depot_news news = mag_depot_take_news(cache);
	u32 rule = READ_ONCE(cache->policy.resize_rule);

	if (rule == MAG_RESIZE_NEVER)
		return;
	if (!news.exchanges && !news.contended)
		mag_policy_shrink(cache);
	else if (rule == MAG_RESIZE_INTERVAL &&
		 news.contended > READ_ONCE(cache->policy.resize_threshold))
		mag_policy_grow(cache);
}

/* From the CPUs down: each layer's excess is seen by the one below. */
static void reap_layers(struct mag_cache *cache, bool idle, bool all)
{
	int node;

	/* What waits for a grace period now is there for the next reaping. */
	mag_cpu_rcu_flush(cache);
	/*
	 * Without a call since the last reaping nothing was needed, whatever
	 * came back meanwhile from its grace period.
	 */
	all |= mag_cpu_reap(cache, idle);
	for_each_node(node)
		mag_depot_reap(cache, node, all);
	/* Where no CPU has a magazine left, no empty slab is needed soon. */
	all |= !atomic_long_read(&cache->nr_magazines);
	for_each_node(node)
		mag_slab_reap(cache, node, all);
}

void mag_reap(struct mag_cache *cache)
{
	u32 rule = READ_ONCE(cache->policy.reap_rule);

	reap_resize(cache);
	if (rule == MAG_REAP_NEVER)
		return;
	reap_layers(cache, true, rule == MAG_REAP_ALL);
	/* Nothing is left of the load that they grew for; nor a next reaping. */
	if (!mag_slab_any(cache) &&
	    READ_ONCE(cache->policy.resize_rule) != MAG_RESIZE_NEVER)
		mag_policy_restart(cache);
}

void mag_reap_everything(struct mag_cache *cache)
{
	reap_layers(cache, false, true);
}

/* Goes on for as long as there is memory that may be reaped one day. */
static void reap_work(struct work_struct *work)
{
	struct mag_cache *cache = container_of(to_delayed_work(work),
					       struct mag_cache, reap_work);

	if (READ_ONCE(cache->policy.reap_rule) != MAG_REAP_NEVER)
		mag_reap(cache);
	else
		/* What was freed is to be free some day by any rule. */
		mag_cpu_rcu_flush(cache);
	if (mag_slab_any(cache))
		mag_reap_arm(cache);
}

void mag_reap_rearm(struct mag_cache *cache)
{
	if (!mag_reap_wanted(cache) || !mag_slab_any(cache))
		return;
	/* Who read the old interval, and arms it in between, makes it late once. */
	cancel_delayed_work(&cache->reap_work);
	mag_reap_arm(cache);
}

void mag_reap_init(struct mag_cache *cache)
{
	INIT_DELAYED_WORK(&cache->reap_work, reap_work);
}

void mag_reap_exit(struct mag_cache *cache)
{
	cancel_delayed_work_sync(&cache->reap_work);
}
