// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit: nodes: memory of the node that is asked for, objects that are freed on
 * another node than theirs, by each rule, and nodes that no slab can be made of.
 */
#include <kunit/test.h>
#include <linux/cpumask.h>
#include <linux/jump_label.h>
#include <linux/mm.h>
#include <linux/nodemask.h>
#include <linux/topology.h>
#include <linux/tracepoint.h>

#include "../kmod/allocator/mag_trace.h"
#include "helpers.h"

#define OBJECT_SIZE 4096

/**
 * struct numa_test - a cache, its user on one node, its objects of another
 * @cache: the cache
 * @here: node of the thread, which is pinned
 * @there: another node with memory
 * @rounds: in a magazine
 * @objs: room for four magazines of objects
 */
struct numa_test {
	struct mag_cache *cache;
	int here;
	int there;
	u32 rounds;
	void **objs;
};

static int another_node(int here)
{
	int node;

	for_each_node_state(node, N_NORMAL_MEMORY)
		if (node != here)
			return node;
	return NUMA_NO_NODE;
}

static void numa_test_init(struct kunit *test, struct numa_test *nt, u32 rule)
{
	mag_kunit_pin(test, cpumask_first(cpu_online_mask));
	nt->here = mag_home_node();
	nt->there = another_node(nt->here);
	if (nt->there == NUMA_NO_NODE)
		kunit_skip(test, "needs two nodes with memory");

	nt->cache = mag_kunit_cache(test, OBJECT_SIZE, 0, NULL);
	nt->cache->policy.remote_rule = rule;
	nt->rounds = nt->cache->magazine_rounds;
	nt->objs = mag_kunit_array(test, 4 * nt->rounds);
}

static void alloc_there(struct kunit *test, struct numa_test *nt, u32 nr)
{
	u32 i;

	for (i = 0; i < nr; i++) {
		nt->objs[i] =
			mag_cache_alloc_node(nt->cache, GFP_KERNEL, nt->there);
		KUNIT_ASSERT_NOT_NULL(test, nt->objs[i]);
	}
}

static void free_here(struct numa_test *nt, u32 nr)
{
	u32 i;

	for (i = 0; i < nr; i++)
		mag_cache_free(nt->cache, nt->objs[i]);
}

static void objects_are_of_the_node_asked_for(struct kunit *test)
{
	struct mag_cache_stats stats;
	struct numa_test nt;
	u32 i;

	numa_test_init(test, &nt, MAG_REMOTE_AWAY);
	alloc_there(test, &nt, nt.rounds);
	for (i = 0; i < nt.rounds; i++)
		KUNIT_EXPECT_EQ(test, page_to_nid(virt_to_page(nt.objs[i])),
				nt.there);
	stats = mag_kunit_stats(nt.cache);
	KUNIT_EXPECT_EQ(test, stats.alloc_remote, nt.rounds);
	free_here(&nt, nt.rounds);
}

static void no_node_is_this_node(struct kunit *test)
{
	struct numa_test nt;
	void *obj;

	numa_test_init(test, &nt, MAG_REMOTE_AWAY);
	obj = mag_cache_alloc_node(nt.cache, GFP_KERNEL, NUMA_NO_NODE);
	KUNIT_ASSERT_NOT_NULL(test, obj);
	KUNIT_EXPECT_EQ(test, page_to_nid(virt_to_page(obj)), nt.here);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(nt.cache).alloc_remote, 0);
	mag_cache_free(nt.cache, obj);
}

/* Objects of the other node that are in no slab of its. */
static u64 objects_out_there(const struct numa_test *nt)
{
	struct mag_node_reading reading;

	mag_cache_read_node(nt->cache, nt->there, &reading);
	return reading.objects_out;
}

/* Until the magazine is full nothing leaves the CPU. */
static void away_magazine_goes_home_whole(struct kunit *test)
{
	struct mag_magazine *mag;
	struct numa_test nt;

	numa_test_init(test, &nt, MAG_REMOTE_AWAY);
	alloc_there(test, &nt, nt.rounds);
	free_here(&nt, nt.rounds - 1);
	KUNIT_EXPECT_NULL(test, mag_depot_get_full(nt.cache, nt.there, NULL));
	mag_cache_free(nt.cache, nt.objs[nt.rounds - 1]);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(nt.cache).free_remote, nt.rounds);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(nt.cache).free_slab, 0);
	KUNIT_EXPECT_NULL(test, mag_depot_get_full(nt.cache, nt.here, NULL));

	mag = mag_depot_get_full(nt.cache, nt.there, NULL);
	KUNIT_ASSERT_NOT_NULL(test, mag);
	KUNIT_EXPECT_EQ(test, mag->rounds, nt.rounds);
	mag_magazine_discard(nt.cache, mag);
}

/* A depot at home that has enough: its slabs take them. */
static void away_magazine_finds_a_full_depot(struct kunit *test)
{
	struct numa_test nt;

	numa_test_init(test, &nt, MAG_REMOTE_AWAY);
	nt.cache->policy.depot_max = 1;
	alloc_there(test, &nt, 3 * nt.rounds);
	free_here(&nt, 3 * nt.rounds);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(nt.cache).rounds_cached,
			nt.rounds);
}

/* A CPU that is busy with its own node's objects does not keep others' for ever. */
static void half_full_away_magazine_goes_with_the_reaping(struct kunit *test)
{
	struct numa_test nt;
	void *obj;
	u32 i;

	numa_test_init(test, &nt, MAG_REMOTE_AWAY);
	nt.cache->policy.reap_rule = MAG_REAP_WORKING_SET;
	alloc_there(test, &nt, nt.rounds / 2);
	free_here(&nt, nt.rounds / 2);
	mag_reap(nt.cache);
	for (i = 0; i < 2 * nt.rounds; i++) {
		obj = mag_cache_alloc(nt.cache, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, obj);
		mag_cache_free(nt.cache, obj);
	}
	mag_reap(nt.cache);
	/* Its own objects stay: it needs those. */
	KUNIT_EXPECT_GT(test, mag_kunit_stats(nt.cache).rounds_cached, 0);
	KUNIT_EXPECT_EQ(test, objects_out_there(&nt), 0);
}

/**
 * struct batch_look - how magazines that went home were told
 * @nt: their cache and their node
 * @batches: of them
 * @to_depot: of these, to the depot
 * @rounds: in all
 */
struct batch_look {
	struct numa_test *nt;
	u32 batches;
	u32 to_depot;
	u32 rounds;
};

static void look_at_batch(void *data, const struct mag_cache *cache, int node,
			  u32 rounds, bool to_depot)
{
	struct batch_look *look = data;

	if (cache != look->nt->cache || node != look->nt->there)
		return;
	look->batches++;
	look->to_depot += to_depot;
	look->rounds += rounds;
}

/* A depot at home for one magazine; the others' objects go to slabs. */
static void batches_home_are_told(struct kunit *test)
{
	struct numa_test nt;
	struct batch_look look = { .nt = &nt };

	if (!IS_ENABLED(CONFIG_TRACEPOINTS))
		kunit_skip(test, "needs CONFIG_TRACEPOINTS");

	numa_test_init(test, &nt, MAG_REMOTE_AWAY);
	nt.cache->policy.depot_max = 1;
	alloc_there(test, &nt, 3 * nt.rounds);
	KUNIT_EXPECT_EQ(
		test, register_trace_mag_remote_batch(look_at_batch, &look), 0);
	free_here(&nt, 3 * nt.rounds);
	KUNIT_EXPECT_EQ(test,
			unregister_trace_mag_remote_batch(look_at_batch, &look),
			0);
	tracepoint_synchronize_unregister();
	KUNIT_EXPECT_EQ(test, look.batches, 3);
	KUNIT_EXPECT_EQ(test, look.to_depot, 1);
	KUNIT_EXPECT_EQ(test, look.rounds, 3 * nt.rounds);
}

static void remote_object_is_not_handed_out_here(struct kunit *test)
{
	struct numa_test nt;
	void *obj;

	numa_test_init(test, &nt, MAG_REMOTE_AWAY);
	alloc_there(test, &nt, 1);
	free_here(&nt, 1);
	obj = mag_cache_alloc(nt.cache, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, obj);
	KUNIT_EXPECT_EQ(test, page_to_nid(virt_to_page(obj)), nt.here);
	mag_cache_free(nt.cache, obj);
}

static void rule_slab_sends_each_home(struct kunit *test)
{
	struct numa_test nt;

	numa_test_init(test, &nt, MAG_REMOTE_SLAB);
	alloc_there(test, &nt, nt.rounds);
	free_here(&nt, nt.rounds);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(nt.cache).free_remote, nt.rounds);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(nt.cache).rounds_cached, 0);
}

static void rule_ignore_keeps_them_here(struct kunit *test)
{
	struct numa_test nt;
	void *obj;

	numa_test_init(test, &nt, MAG_REMOTE_IGNORE);
	alloc_there(test, &nt, 1);
	free_here(&nt, 1);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(nt.cache).free_remote, 0);
	obj = mag_cache_alloc(nt.cache, GFP_KERNEL);
	KUNIT_EXPECT_PTR_EQ(test, obj, nt.objs[0]);
	mag_cache_free(nt.cache, obj);
}

/* Objects of both nodes by turns, each to be where it belongs afterwards. */
static void bulk_tells_nodes_apart(struct kunit *test)
{
	struct numa_test nt;
	u32 i, nr;

	numa_test_init(test, &nt, MAG_REMOTE_AWAY);
	nr = nt.rounds;
	for (i = 0; i < nr; i++) {
		nt.objs[i] = mag_cache_alloc_node(nt.cache, GFP_KERNEL,
						  i % 3 ? nt.there : nt.here);
		KUNIT_ASSERT_NOT_NULL(test, nt.objs[i]);
	}
	mag_cache_free_bulk(nt.cache, nr, nt.objs);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(nt.cache).frees, nr);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(nt.cache).free_remote,
			nr - DIV_ROUND_UP(nr, 3));
}

static void away_magazines_are_reaped(struct kunit *test)
{
	struct numa_test nt;

	numa_test_init(test, &nt, MAG_REMOTE_AWAY);
	alloc_there(test, &nt, 1);
	free_here(&nt, 1);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(nt.cache).rounds_cached, 1);
	mag_cache_shrink(nt.cache);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(nt.cache).magazines, 0);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(nt.cache).pages, 0);
}

/* An interrupt on top of a call finds the flag taken, and goes round. */
static void nested_remote_free_goes_to_the_slab(struct kunit *test)
{
	struct numa_test nt;

	numa_test_init(test, &nt, MAG_REMOTE_AWAY);
	alloc_there(test, &nt, 1);
	KUNIT_ASSERT_TRUE(test, mag_kunit_cpu_enter(nt.cache));
	free_here(&nt, 1);
	mag_kunit_cpu_leave(nt.cache);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(nt.cache).free_remote, 1);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(nt.cache).rounds_cached, 0);
}

#define BARE_SLABS 4

/* Binds the thread to a CPU of a node that no slab can be made of, if there is. */
static void pin_to_bare_cpu(struct kunit *test)
{
	unsigned int cpu;

	for_each_online_cpu(cpu)
		if (!node_state(cpu_to_node(cpu), N_NORMAL_MEMORY))
			break;
	if (cpu >= nr_cpu_ids)
		kunit_skip(test, "needs a CPU on a node without memory");
	mag_kunit_pin(test, cpu);
}

/* What one alloc there leaves of a slab serves the next. */
static void cpu_without_memory_fills_slabs(struct kunit *test)
{
	struct mag_cache *cache;
	void **objs;
	u32 nr;

	pin_to_bare_cpu(test);
	cache = mag_kunit_cache(test, OBJECT_SIZE, 0, NULL);
	nr = BARE_SLABS * cache->layout[MAG_LAYOUT_BEST].objects;
	objs = mag_kunit_array(test, nr);
	mag_kunit_alloc_many(test, cache, objs, nr);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(cache).slabs, BARE_SLABS);
	mag_cache_free_bulk(cache, nr, objs);
}

/* Frees fill magazines, as at home, and the next allocs come from these. */
static void cpu_without_memory_uses_magazines(struct kunit *test)
{
	struct mag_cache_stats before, after;
	struct mag_cache *cache;
	void **objs;
	u32 nr;

	pin_to_bare_cpu(test);
	cache = mag_kunit_cache(test, OBJECT_SIZE, 0, NULL);
	nr = 4 * cache->magazine_rounds;
	objs = mag_kunit_array(test, nr);
	mag_kunit_alloc_many(test, cache, objs, nr);
	mag_cache_free_bulk(cache, nr, objs);
	before = mag_kunit_stats(cache);
	KUNIT_EXPECT_EQ(test, before.free_remote, 0);
	KUNIT_EXPECT_EQ(test, before.free_slab, 0);
	KUNIT_EXPECT_GE(test, before.rounds_cached, nr);

	mag_kunit_alloc_many(test, cache, objs, nr);
	after = mag_kunit_stats(cache);
	KUNIT_EXPECT_EQ(test, after.alloc_slab, before.alloc_slab);
	mag_cache_free_bulk(cache, nr, objs);
}

/* One refill serves a magazine of allocs: the slabs are not asked each time. */
static void cpu_without_memory_refills_magazines(struct kunit *test)
{
	struct mag_cache_stats before, after;
	struct mag_cache *cache;
	void **objs;
	u32 nr;

	pin_to_bare_cpu(test);
	cache = mag_kunit_cache(test, OBJECT_SIZE, 0, NULL);
	nr = 4 * cache->magazine_rounds;
	objs = mag_kunit_array(test, nr);
	WRITE_ONCE(cache->policy.empty_max, nr);
	mag_kunit_alloc_many(test, cache, objs, nr);
	mag_cache_free_bulk(cache, nr, objs);
	mag_cpu_drain(cache);
	mag_depot_drain(cache);

	before = mag_kunit_stats(cache);
	mag_kunit_alloc_many(test, cache, objs, nr);
	after = mag_kunit_stats(cache);
	KUNIT_EXPECT_EQ(test, after.alloc_slab - before.alloc_slab, 4);
	mag_cache_free_bulk(cache, nr, objs);
}

/* A node's home is itself, or else no node with memory is nearer. */
static void home_is_the_nearest_with_memory(struct kunit *test)
{
	int node, other, home;

	/* The first cache looks at the nodes. */
	mag_kunit_cache(test, OBJECT_SIZE, 0, NULL);
	for_each_online_node(node) {
		home = mag_home_of(node);
		KUNIT_EXPECT_TRUE(test, node_state(home, N_NORMAL_MEMORY));
		if (node_state(node, N_NORMAL_MEMORY))
			KUNIT_EXPECT_EQ(test, home, node);
		for_each_node_state(other, N_NORMAL_MEMORY)
			KUNIT_EXPECT_LE(test, node_distance(node, home),
					node_distance(node, other));
	}
}

static void home_of_a_cpu_is_that_of_its_node(struct kunit *test)
{
	unsigned int cpu;

	mag_kunit_cache(test, OBJECT_SIZE, 0, NULL);
	for_each_online_cpu(cpu) {
		mag_kunit_pin(test, cpu);
		KUNIT_EXPECT_EQ(test, mag_home_node(),
				mag_home_of(cpu_to_node(cpu)));
	}
}

/* Nodes that no slab can be made of do not make many. */
static void one_home_needs_no_checks(struct kunit *test)
{
	mag_kunit_cache(test, OBJECT_SIZE, 0, NULL);
	KUNIT_EXPECT_EQ(test, static_key_enabled(&mag_many_nodes),
			num_node_state(N_NORMAL_MEMORY) > 1);
}

/* An rcu_head fits in any object here. */
static void defer_here(struct numa_test *nt, u32 nr)
{
	u32 i;

	for (i = 0; i < nr; i++)
		mag_cache_free_rcu(nt->cache, nt->objs[i], nt->objs[i]);
	mag_cache_rcu_barrier(nt->cache);
}

/* Its last round is not for an object. */
static void deferred_magazine_goes_home_whole(struct kunit *test)
{
	struct mag_magazine *mag;
	struct numa_test nt;

	numa_test_init(test, &nt, MAG_REMOTE_AWAY);
	alloc_there(test, &nt, nt.rounds - 1);
	defer_here(&nt, nt.rounds - 1);
	KUNIT_EXPECT_NULL(test, mag_depot_get_full(nt.cache, nt.here, NULL));
	mag = mag_depot_get_full(nt.cache, nt.there, NULL);
	KUNIT_ASSERT_NOT_NULL(test, mag);
	KUNIT_EXPECT_EQ(test, mag->rounds, nt.rounds - 1);
	mag_magazine_discard(nt.cache, mag);
}

/* No depot may have a magazine of objects that are not all its node's. */
static void deferred_magazine_of_both_nodes_goes_to_slabs(struct kunit *test)
{
	struct numa_test nt;
	u32 i;

	numa_test_init(test, &nt, MAG_REMOTE_AWAY);
	for (i = 0; i < nt.rounds; i++) {
		nt.objs[i] = mag_cache_alloc_node(nt.cache, GFP_KERNEL,
						  i % 2 ? nt.there : nt.here);
		KUNIT_ASSERT_NOT_NULL(test, nt.objs[i]);
	}
	mag_cache_shrink(nt.cache);
	defer_here(&nt, nt.rounds);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(nt.cache).magazines, 0);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(nt.cache).rounds_cached, 0);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(nt.cache).live, 0);
}

/* What is short on one node is not to be had from another. */
static void memory_pressure_is_of_a_node(struct kunit *test)
{
	struct numa_test nt;
	u64 cached;
	u32 nr;

	numa_test_init(test, &nt, MAG_REMOTE_AWAY);
	nr = 4 * nt.rounds;
	mag_kunit_alloc_many(test, nt.cache, nt.objs, nr);
	free_here(&nt, nr);
	cached = mag_kunit_stats(nt.cache).rounds_cached;
	mag_kunit_reclaim_scan(nt.there, nr);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(nt.cache).rounds_cached, cached);
	KUNIT_EXPECT_GT(test, mag_kunit_reclaim_count(nt.here), 0);
	KUNIT_EXPECT_GT(test, mag_kunit_reclaim_scan(nt.here, nr), 0);
	KUNIT_EXPECT_LT(test, mag_kunit_stats(nt.cache).rounds_cached, cached);
}

static struct kunit_case numa_cases[] = {
	KUNIT_CASE(objects_are_of_the_node_asked_for),
	KUNIT_CASE(no_node_is_this_node),
	KUNIT_CASE(away_magazine_goes_home_whole),
	KUNIT_CASE(away_magazine_finds_a_full_depot),
	KUNIT_CASE(half_full_away_magazine_goes_with_the_reaping),
	KUNIT_CASE(batches_home_are_told),
	KUNIT_CASE(remote_object_is_not_handed_out_here),
	KUNIT_CASE(rule_slab_sends_each_home),
	KUNIT_CASE(rule_ignore_keeps_them_here),
	KUNIT_CASE(bulk_tells_nodes_apart),
	KUNIT_CASE(away_magazines_are_reaped),
	KUNIT_CASE(nested_remote_free_goes_to_the_slab),
	KUNIT_CASE(cpu_without_memory_fills_slabs),
	KUNIT_CASE(cpu_without_memory_uses_magazines),
	KUNIT_CASE(cpu_without_memory_refills_magazines),
	KUNIT_CASE(home_is_the_nearest_with_memory),
	KUNIT_CASE(home_of_a_cpu_is_that_of_its_node),
	KUNIT_CASE(one_home_needs_no_checks),
	KUNIT_CASE(deferred_magazine_goes_home_whole),
	KUNIT_CASE(deferred_magazine_of_both_nodes_goes_to_slabs),
	KUNIT_CASE(memory_pressure_is_of_a_node),
	{}
};

static struct kunit_suite numa_suite = {
	.name = "magslab_numa",
	.suite_init = mag_kunit_suite_init,
	.suite_exit = mag_kunit_suite_exit,
	.test_cases = numa_cases,
};

kunit_test_suite(numa_suite);
