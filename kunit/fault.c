// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suite magslab_fault: each allocation that a call makes fails in its turn.
 * The call then says -ENOMEM, or does without, and leaves nothing behind; what
 * the allocator does not account for itself is for kmemleak to find.
 */
#include <kunit/test.h>

#include <linux/atomic.h>
#include <linux/cpumask.h>
#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/limits.h>
#include <linux/nodemask.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "../kmod/allocator/mag_cache.h"
#include "../kmod/allocator/mag_kmalloc.h"
#include "../kmod/stress/backend.h"
#include "../kmod/stress/primitive.h"
#include "../kmod/stress/run.h"
#include "helpers.h"
#include "runs.h"

#define FAULT_NEEDS \
	"needs CONFIG_FAULT_INJECTION_DEBUG_FS, CONFIG_FAILSLAB and CONFIG_FAIL_PAGE_ALLOC"

#ifdef CONFIG_FAULT_INJECTION_DEBUG_FS

#define FAULT_NO_MAX UINT_MAX

/*
 * What the kernel lets fail and says of it, as its files in debugfs have it: by
 * default neither an allocation that may sleep nor a single page fails, and
 * each failure shows a stack.  Here every allocation may, of a task that asked
 * for it (task_struct.make_it_fail), and of no other.
 */
static struct fault_knob {
	const char *dir;
	const char *file;
	size_t bytes;
	unsigned long value;
	unsigned long was;
} fault_knobs[] = {
	{ "failslab", "ignore-gfp-wait", sizeof(bool), false },
	{ "failslab", "verbose", sizeof(unsigned long), 0 },
	{ "failslab", "task-filter", sizeof(bool), true },
	{ "failslab", "times", sizeof(atomic_t), -1 },
	{ "failslab", "probability", sizeof(unsigned long), 100 },
	{ "fail_page_alloc", "ignore-gfp-wait", sizeof(bool), false },
	{ "fail_page_alloc", "ignore-gfp-highmem", sizeof(bool), false },
	{ "fail_page_alloc", "min-order", sizeof(u32), 0 },
	{ "fail_page_alloc", "verbose", sizeof(unsigned long), 0 },
	{ "fail_page_alloc", "task-filter", sizeof(bool), true },
	{ "fail_page_alloc", "times", sizeof(atomic_t), -1 },
	{ "fail_page_alloc", "probability", sizeof(unsigned long), 100 },
};

/* The kernel's variable behind a file; they are never removed.  Or NULL. */
static void *fault_knob_find(const struct fault_knob *knob)
{
	struct dentry *dir = debugfs_lookup(knob->dir, NULL);
	struct dentry *file;
	void *variable = NULL;

	if (!dir)
		return NULL;
	file = debugfs_lookup(knob->file, dir);
	if (file)
		variable = d_inode(file)->i_private;
	dput(file);
	dput(dir);
	return variable;
}

/* Sets the variable; returns what it was. */
static unsigned long fault_knob_set(const struct fault_knob *knob,
				    void *variable, unsigned long value)
{
	switch (knob->bytes) {
	case sizeof(bool):
		return xchg((u8 *)variable, value);
	case sizeof(u32):
		return xchg((u32 *)variable, value);
	default:
		return xchg((unsigned long *)variable, value);
	}
}

static int fault_init(struct kunit *test)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(fault_knobs); i++)
		if (!fault_knob_find(&fault_knobs[i]))
			kunit_skip(test, FAULT_NEEDS);

	for (i = 0; i < ARRAY_SIZE(fault_knobs); i++) {
		struct fault_knob *knob = &fault_knobs[i];

		knob->was = fault_knob_set(knob, fault_knob_find(knob),
					   knob->value);
	}
	test->priv = fault_knobs;
	return 0;
}

static void fault_exit(struct kunit *test)
{
	u32 i;

	if (!test->priv)
		return;
	/* The last first: while it is restored, no other task may fail. */
	for (i = ARRAY_SIZE(fault_knobs); i--;) {
		struct fault_knob *knob = &fault_knobs[i];

		fault_knob_set(knob, fault_knob_find(knob), knob->was);
	}
}

/**
 * fault_some() - call once for each of some of its allocations, which fails
 * @test: the test
 * @call: what is called; undoes what it did and returns 0, or returns -errno.
 *	Expects that a call that fails leaves nothing.
 * @arg: its argument
 * @max: failures of the call after which to leave it
 * @step: from one allocation that fails to the next
 *
 * Return: how often the call failed.
 */
static u32 fault_some(struct kunit *test,
		      int (*call)(struct kunit *test, void *arg), void *arg,
		      u32 max, u32 step)
{
	u32 nth, turns = 0, failed = 0;
	bool injected = true;
	int err;

	for (nth = 1; injected && failed < max; nth += step) {
		current->fail_nth = nth;
		err = call(test, arg);
		injected = !current->fail_nth;
		current->fail_nth = 0;

		turns += injected;
		failed += !!err;
		KUNIT_EXPECT_TRUE_MSG(test, !err || err == -ENOMEM,
				      "allocation %u failed: %d", nth, err);
		KUNIT_EXPECT_TRUE_MSG(test, injected || !err,
				      "nothing failed, and yet: %d", err);
	}
	kunit_info(test, "%u allocations failed in turn, %u of them mattered",
		   turns, failed);
	return failed;
}

/* The same, of all its allocations. */
static u32 fault_each(struct kunit *test,
		      int (*call)(struct kunit *test, void *arg), void *arg,
		      u32 max)
{
	return fault_some(test, call, arg, max, 1);
}

/* What is undone must not count as the call's, nor fail. */
static void fault_pause(u32 *nth)
{
	*nth = current->fail_nth;
	current->fail_nth = 0;
}

static void fault_resume(u32 nth)
{
	current->fail_nth = nth;
}

/* Caches. */

static int fault_call_cache_create(struct kunit *test, void *arg)
{
	struct mag_cache *cache;
	u32 nth;

	cache = mag_cache_create("kunit", 256, 64, mag_kunit_owner_ctor);
	fault_pause(&nth);
	if (!IS_ERR(cache))
		KUNIT_EXPECT_EQ(test, mag_cache_destroy(cache), 0);
	mag_kunit_expect_no_caches(test);
	fault_resume(nth);
	return PTR_ERR_OR_ZERO(cache);
}

static void fault_cache_create(struct kunit *test)
{
	u32 failed =
		fault_each(test, fault_call_cache_create, NULL, FAULT_NO_MAX);

	KUNIT_EXPECT_GT(test, failed, 0);
}

/* What debugfs shows of a cache is many files: some of them. */
#define FAULT_FILE_STEP 13

/* Nor does it matter to the cache that debugfs cannot show it. */
static void fault_cache_create_shown(struct kunit *test)
{
	u32 failed;

	mag_registry_hush(false);
	failed = fault_some(test, fault_call_cache_create, NULL, FAULT_NO_MAX,
			    FAULT_FILE_STEP);
	mag_registry_hush(true);
	KUNIT_EXPECT_GT(test, failed, 0);
}

#define FAULT_OBJECTS 200

/**
 * struct fault_use - a cache in use
 * @size: of an object
 * @args: of the cache
 * @least: slabs are of the least order, with none to fall back on
 * @nr: objects, up to FAULT_OBJECTS
 * @objs: room for them
 */
struct fault_use {
	size_t size;
	struct mag_cache_args args;
	bool least;
	u32 nr;
	void **objs;
};

/* From an empty cache through slabs, magazines and depot, and back. */
static int fault_call_cache_use(struct kunit *test, void *arg)
{
	const struct fault_use *use = arg;
	struct mag_cache_stats stats;
	struct mag_cache *cache;
	u32 i, nr = 0, nth;

	fault_pause(&nth);
	cache = mag_cache_create_args("kunit", use->size, &use->args);
	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(cache), 0);
	if (use->least)
		cache->layout[MAG_LAYOUT_BEST] =
			cache->layout[MAG_LAYOUT_LEAST];
	fault_resume(nth);

	for (i = 0; i < use->nr; i++) {
		use->objs[nr] =
			mag_cache_alloc(cache, i & 1 ? GFP_KERNEL : GFP_ATOMIC);
		if (use->objs[nr])
			nr++;
	}
	for (i = 0; i < nr; i++)
		mag_cache_free(cache, use->objs[i]);

	fault_pause(&nth);
	mag_cache_stats(cache, &stats);
	KUNIT_EXPECT_EQ(test, stats.alloc_failed, use->nr - nr);
	KUNIT_EXPECT_EQ(test, stats.allocs, nr);
	KUNIT_EXPECT_EQ(test, stats.frees, nr);
	KUNIT_EXPECT_EQ(test, stats.bugs, 0);
	KUNIT_EXPECT_EQ(test, mag_cache_destroy(cache), 0);
	fault_resume(nth);
	return nr == use->nr ? 0 : -ENOMEM;
}

/* Where one node has no page, another has. */
static void fault_expect_pages_mattered(struct kunit *test, u32 failed)
{
	if (num_node_state(N_NORMAL_MEMORY) == 1)
		KUNIT_EXPECT_GT(test, failed, 0);
	else
		KUNIT_EXPECT_EQ(test, failed, 0);
}

static void fault_cache_of_single_pages(struct kunit *test)
{
	struct fault_use use = {
		.size = 64,
		.least = true,
		.nr = FAULT_OBJECTS,
		.objs = mag_kunit_array(test, FAULT_OBJECTS),
	};

	fault_expect_pages_mattered(test, fault_each(test, fault_call_cache_use,
						     &use, FAULT_NO_MAX));
}

/* Where there is kmemleak, it allocates for each, which may fail as well. */
#define FAULT_DEBUGGED 30

/* Nothing but pages is the cache's own, and their failure is no damage. */
static void fault_debugged_cache(struct kunit *test)
{
	struct fault_use use = {
		.size = 64,
		.args = { .flags = MAG_CACHE_DEBUG },
		.least = true,
		.nr = FAULT_DEBUGGED,
		.objs = mag_kunit_array(test, FAULT_OBJECTS),
	};

	fault_expect_pages_mattered(test, fault_each(test, fault_call_cache_use,
						     &use, FAULT_NO_MAX));
}

/* Pages fail at the order of choice, and are found at the least. */
static void fault_cache_of_large_slabs_does_without(struct kunit *test)
{
	struct fault_use use = {
		.size = 2048,
		.args = { .ctor = mag_kunit_owner_ctor },
		.nr = FAULT_OBJECTS,
		.objs = mag_kunit_array(test, FAULT_OBJECTS),
	};
	u32 failed;

	failed = fault_each(test, fault_call_cache_use, &use, FAULT_NO_MAX);
	KUNIT_EXPECT_EQ(test, failed, 0);
}

/* While on, every allocation of this task fails. */
static void fault_all(bool on)
{
	current->make_it_fail = on;
}

static void fault_cache_without_any_memory(struct kunit *test)
{
	static const gfp_t gfps[] = { GFP_KERNEL, GFP_NOWAIT, GFP_ATOMIC };
	struct mag_cache *cache = mag_kunit_cache(test, 256, 0, NULL);
	void *obj;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(gfps); i++) {
		fault_all(true);
		obj = mag_cache_alloc(cache, gfps[i]);
		fault_all(false);
		KUNIT_EXPECT_NULL(test, obj);
	}
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(cache).alloc_failed,
			ARRAY_SIZE(gfps));

	obj = mag_cache_alloc(cache, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, obj);
	mag_cache_free(cache, obj);
}

/* Without magazines, objects go to their slabs. */
static void fault_free_needs_no_memory(struct kunit *test)
{
	struct mag_cache *cache = mag_kunit_cache(test, 256, 0, NULL);
	void **objs = mag_kunit_array(test, FAULT_OBJECTS);
	struct mag_cache_stats before, after;
	u32 half = FAULT_OBJECTS / 2;
	u32 i;

	mag_kunit_alloc_many(test, cache, objs, FAULT_OBJECTS);
	before = mag_kunit_stats(cache);

	fault_all(true);
	for (i = 0; i < half; i++)
		mag_cache_free(cache, objs[i]);
	mag_cache_free_bulk(cache, FAULT_OBJECTS - half, objs + half);
	fault_all(false);

	after = mag_kunit_stats(cache);
	KUNIT_EXPECT_EQ(test, after.frees, FAULT_OBJECTS);
	KUNIT_EXPECT_EQ(test, after.live, 0);
	/* What no magazine has taken went to its slab, and is counted so. */
	KUNIT_EXPECT_EQ(test, after.magazines, before.magazines);
	KUNIT_EXPECT_EQ(test, after.free_slab + after.rounds_cached,
			FAULT_OBJECTS + before.rounds_cached);
}

/* Which objects they are cannot be told then, but how many. */
static void fault_leaks_are_counted(struct kunit *test)
{
	struct mag_cache *cache = mag_cache_create("kunit_leak", 256, 0, NULL);
	unsigned long leaked;
	void *objs[3];

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, cache);
	mag_kunit_alloc_many(test, cache, objs, ARRAY_SIZE(objs));
	fault_all(true);
	leaked = mag_cache_destroy(cache);
	fault_all(false);
	KUNIT_EXPECT_EQ(test, leaked, ARRAY_SIZE(objs));
}

/* Frees that wait for a grace period. */

static int fault_call_free_rcu(struct kunit *test, void *arg)
{
	const struct fault_use *use = arg;
	struct mag_cache_stats stats;
	struct mag_cache *cache;
	u32 i, nth;

	fault_pause(&nth);
	cache = mag_cache_create("kunit", use->size, 0, NULL);
	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(cache), 0);
	mag_kunit_alloc_many(test, cache, use->objs, use->nr);
	fault_resume(nth);

	/* An rcu_head fits in any object here. */
	for (i = 0; i < use->nr; i++)
		mag_cache_free_rcu(cache, use->objs[i], use->objs[i]);

	fault_pause(&nth);
	mag_cache_rcu_barrier(cache);
	mag_cache_stats(cache, &stats);
	KUNIT_EXPECT_EQ(test, stats.frees, use->nr);
	KUNIT_EXPECT_EQ(test, stats.rcu_waiting, 0);
	KUNIT_EXPECT_EQ(test, mag_cache_destroy(cache), 0);
	fault_resume(nth);
	return 0;
}

/* Where a magazine fails, an object waits by itself; the next one tries again. */
static void fault_free_rcu_does_without(struct kunit *test)
{
	struct fault_use use = {
		.size = 256,
		.nr = FAULT_OBJECTS,
		.objs = mag_kunit_array(test, FAULT_OBJECTS),
	};
	u32 failed;

	failed = fault_each(test, fault_call_free_rcu, &use, FAULT_NO_MAX);
	KUNIT_EXPECT_EQ(test, failed, 0);
}

static void fault_free_rcu_needs_no_memory(struct kunit *test)
{
	struct mag_cache *cache = mag_kunit_cache(test, 256, 0, NULL);
	void **objs = mag_kunit_array(test, FAULT_OBJECTS);
	struct mag_cache_stats stats;
	u32 i;

	mag_kunit_alloc_many(test, cache, objs, FAULT_OBJECTS);
	fault_all(true);
	for (i = 0; i < FAULT_OBJECTS; i++)
		mag_cache_free_rcu(cache, objs[i], objs[i]);
	fault_all(false);

	mag_cache_rcu_barrier(cache);
	stats = mag_kunit_stats(cache);
	KUNIT_EXPECT_EQ(test, stats.frees, FAULT_OBJECTS);
	/* None found a magazine: each waited by itself. */
	KUNIT_EXPECT_EQ(test, stats.free_rcu, 0);
}

/* Reserves. */

#define FAULT_RESERVE 100
#define FAULT_TAKEN   60

static int fault_call_reserve_create(struct kunit *test, void *arg)
{
	struct mag_cache *cache = arg;
	struct mag_reserve *reserve;
	u32 nth;

	reserve = mag_reserve_create(cache, GFP_KERNEL, FAULT_RESERVE);
	fault_pause(&nth);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(cache).live,
			reserve ? FAULT_RESERVE : 0);
	mag_reserve_destroy(reserve);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(cache).live, 0);
	/* The next one is to need pages as well. */
	mag_cache_shrink(cache);
	fault_resume(nth);
	return reserve ? 0 : -ENOMEM;
}

static void fault_reserve_create(struct kunit *test)
{
	struct mag_cache *cache = mag_kunit_cache(test, 256, 0, NULL);
	u32 failed = fault_each(test, fault_call_reserve_create, cache,
				FAULT_NO_MAX);

	/* The reserve itself, and where nodes cannot help each other, pages. */
	KUNIT_EXPECT_GT(test, failed, num_node_state(N_NORMAL_MEMORY) == 1);
}

static int fault_call_reserve_fill(struct kunit *test, void *arg)
{
	struct mag_cache *cache = arg;
	struct mag_reserve *reserve;
	void *objs[FAULT_TAKEN];
	u32 nth, i;
	int err;

	fault_pause(&nth);
	reserve = mag_reserve_create(cache, GFP_KERNEL, FAULT_RESERVE);
	KUNIT_ASSERT_NOT_NULL(test, reserve);
	for (i = 0; i < FAULT_TAKEN; i++)
		objs[i] = mag_reserve_alloc(reserve);
	mag_cache_shrink(cache);
	fault_resume(nth);

	err = mag_reserve_fill(reserve, GFP_KERNEL);

	fault_pause(&nth);
	KUNIT_EXPECT_EQ(test, mag_reserve_left(reserve),
			err ? FAULT_RESERVE - FAULT_TAKEN : FAULT_RESERVE);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(cache).live,
			FAULT_TAKEN + mag_reserve_left(reserve));
	mag_cache_free_bulk(cache, FAULT_TAKEN, objs);
	mag_reserve_destroy(reserve);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(cache).live, 0);
	fault_resume(nth);
	return err;
}

/* One that cannot be filled is as it was. */
static void fault_reserve_fill(struct kunit *test)
{
	struct mag_cache *cache = mag_kunit_cache(test, 256, 0, NULL);

	fault_expect_pages_mattered(test,
				    fault_each(test, fault_call_reserve_fill,
					       cache, FAULT_NO_MAX));
}

/* What it is for: where nothing can be allocated, in a section without sleep. */
static void fault_reserve_serves_all_the_same(struct kunit *test)
{
	struct mag_cache *cache = mag_kunit_cache(test, 256, 0, NULL);
	void **objs = mag_kunit_array(test, FAULT_RESERVE);
	struct mag_reserve *reserve;
	u32 i, missed = 0;

	reserve = mag_reserve_create(cache, GFP_KERNEL, FAULT_RESERVE);
	KUNIT_ASSERT_NOT_NULL(test, reserve);
	mag_cache_shrink(cache);
	preempt_disable();
	fault_all(true);
	for (i = 0; i < FAULT_RESERVE; i++) {
		objs[i] = mag_reserve_alloc(reserve);
		missed += !objs[i];
	}
	fault_all(false);
	preempt_enable();
	KUNIT_EXPECT_EQ(test, missed, 0);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(cache).live, FAULT_RESERVE);
	mag_cache_free_bulk(cache, FAULT_RESERVE, objs);
	mag_reserve_destroy(reserve);
}

/* Size classes. */

/* Classes are many: some of them, and of what each allocates now this, now that. */
#define FAULT_CLASS_STEP 101

static void fault_count_class(struct mag_cache *cache, void *arg)
{
	u32 *nr = arg;

	*nr += mag_kmalloc_owns(cache);
}

static int fault_call_kmalloc_init(struct kunit *test, void *arg)
{
	int err = mag_kmalloc_init();
	u32 nth, nr = 0;

	fault_pause(&nth);
	if (!err)
		mag_kmalloc_exit();
	mag_cache_for_each(fault_count_class, &nr);
	KUNIT_EXPECT_EQ(test, nr, 0);
	fault_resume(nth);
	return err;
}

/* All classes or none, whichever of them it is that has no memory. */
static void fault_kmalloc_init(struct kunit *test)
{
	bool ready = mag_kunit_kmalloc_ready();
	u32 failed;

	if (ready)
		mag_kmalloc_exit();
	failed = fault_some(test, fault_call_kmalloc_init, NULL, FAULT_NO_MAX,
			    FAULT_CLASS_STEP);
	/* The first one does; of the others some are not the classes' own. */
	KUNIT_EXPECT_GT(test, failed, 0);
	if (ready)
		KUNIT_EXPECT_EQ(test, mag_kmalloc_init(), 0);
}

static int fault_call_reclaim_init(struct kunit *test, void *arg)
{
	int err = mag_reclaim_init();
	u32 nth;

	fault_pause(&nth);
	if (!err)
		mag_reclaim_exit();
	fault_resume(nth);
	return err;
}

/* More than the kernel has states of CPUs to give away: none may stay taken. */
#define FAULT_STATES 50

static void fault_reclaim_init(struct kunit *test)
{
	bool ready = mag_kunit_kmalloc_ready();
	u32 failed, i;
	int err;

	if (ready)
		mag_reclaim_exit();
	failed = fault_each(test, fault_call_reclaim_init, NULL, FAULT_NO_MAX);
	KUNIT_EXPECT_GT(test, failed, 0);
	for (i = 0; i < FAULT_STATES; i++) {
		fault_all(true);
		err = mag_reclaim_init();
		fault_all(false);
		KUNIT_EXPECT_EQ(test, err, -ENOMEM);
	}
	if (ready)
		KUNIT_EXPECT_EQ(test, mag_reclaim_init(), 0);
}

/* What has no room to grow stays as it is, with its content. */
static void fault_krealloc_keeps_the_old(struct kunit *test)
{
	static const size_t sizes[] = { 100, 9000, SZ_64K };
	bool ready = mag_kunit_kmalloc_ready();
	u8 *obj, *moved;
	u32 i;

	if (!ready)
		KUNIT_ASSERT_EQ(test, mag_kmalloc_init(), 0);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		obj = mag_kmalloc(sizes[i], GFP_KERNEL);
		KUNIT_EXPECT_NOT_NULL(test, obj);
		if (!obj)
			continue;
		memset(obj, 0xa5, sizes[i]);
		fault_all(true);
		moved = mag_krealloc(obj, sizes[i] * 2, GFP_KERNEL);
		fault_all(false);
		KUNIT_EXPECT_NULL(test, moved);
		KUNIT_EXPECT_NULL(test, memchr_inv(obj, 0xa5, sizes[i]));
		mag_kfree(moved ?: obj);
	}
	if (!ready)
		mag_kmalloc_exit();
}

/* Pools. */

/*
 * kmem_cache_create() shows a stack for every failure of its, which would drown
 * real reports: there, only what comes before it fails.
 */
static const struct fault_backend {
	const struct mag_backend_ops *ops;
	u32 max;
} fault_backends[] = {
	{ &mag_backend_magazine, FAULT_NO_MAX },
	{ &mag_backend_kmem_cache, 1 },
	{ &mag_backend_kmalloc, FAULT_NO_MAX },
	{ &mag_backend_noop, FAULT_NO_MAX },
};

static void fault_backend_name(const struct fault_backend *backend, char *desc)
{
	strscpy(desc, backend->ops->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(fault_backend, fault_backends, fault_backend_name);

static int fault_call_pool_create(struct kunit *test, void *arg)
{
	static const struct mag_pool_spec spec = {
		.name = "kunit",
		.size = 256,
		.max_live = 100,
	};
	const struct fault_backend *backend = arg;
	struct mag_pool *pool = mag_pool_create(backend->ops, &spec);
	u32 nth;

	fault_pause(&nth);
	mag_pool_destroy(pool);
	mag_kunit_expect_no_caches(test);
	fault_resume(nth);
	return PTR_ERR_OR_ZERO(pool);
}

static void fault_pool_create(struct kunit *test)
{
	const struct fault_backend *backend = test->param_value;
	u32 failed;

	failed = fault_each(test, fault_call_pool_create, (void *)backend,
			    backend->max);
	KUNIT_EXPECT_GT(test, failed, 0);
}

/* Before kmem_cache_create() can, the name that it is to have fails. */
static void fault_name_of_kmem_cache(struct kunit *test)
{
	struct mag_pool pool = {
		.ops = &mag_backend_kmem_cache,
		.spec = { .name = "kunit", .size = 256, .max_live = 100 },
	};
	int err;

	fault_all(true);
	err = pool.ops->init(&pool);
	fault_all(false);
	KUNIT_EXPECT_EQ(test, err, -ENOMEM);
}

/* Runs. */

static const char *const fault_workloads[] = { "skb", "dentry", "pair" };

static void fault_workload_name(const char *const *name, char *desc)
{
	strscpy(desc, *name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(fault_workload, fault_workloads, fault_workload_name);

static int fault_call_run(struct kunit *test, void *arg)
{
	const struct mag_run_config *config = arg;
	struct mag_run *run = mag_run_start(config, NULL);
	u32 nth;

	fault_pause(&nth);
	if (!IS_ERR(run))
		mag_run_destroy(run);
	mag_kunit_expect_no_caches(test);
	fault_resume(nth);
	return PTR_ERR_OR_ZERO(run);
}

/* -EBUSY here would mean that a failure kept the claim to run. */
static void fault_run_start(struct kunit *test)
{
	const char *const *name = test->param_value;
	struct mag_run_config config;
	u32 failed;

	config = mag_kunit_config(mag_kunit_workload(test, *name),
				  mag_kunit_backend(test, "magazine"));
	failed = fault_each(test, fault_call_run, &config, FAULT_NO_MAX);
	KUNIT_EXPECT_GT(test, failed, 0);
}

static int fault_call_measure(struct kunit *test, void *arg)
{
	struct mag_machine machine = *(const struct mag_machine *)arg;

	return mag_primitive_measure(&machine);
}

/* The same of the claim to measure; the loops themselves allocate nothing. */
static void fault_machine_measure(struct kunit *test)
{
	struct mag_machine machine = {
		.abi_version = MAG_ABI_VERSION,
		.cpu = cpumask_first(cpu_online_mask),
		.peer = MAG_CPU_NONE,
		.clock = MAG_CLOCK_KTIME,
	};
	u32 failed;

	if (num_online_cpus() > 1)
		machine.peer = mag_kunit_next_cpu(machine.cpu);
	failed = fault_each(test, fault_call_measure, &machine, FAULT_NO_MAX);
	KUNIT_EXPECT_GT(test, failed, 0);
}

static struct kunit_case fault_cases[] = {
	KUNIT_CASE(fault_cache_create),
	KUNIT_CASE(fault_cache_create_shown),
	KUNIT_CASE(fault_cache_of_single_pages),
	KUNIT_CASE(fault_debugged_cache),
	KUNIT_CASE(fault_cache_of_large_slabs_does_without),
	KUNIT_CASE(fault_cache_without_any_memory),
	KUNIT_CASE(fault_free_needs_no_memory),
	KUNIT_CASE(fault_leaks_are_counted),
	KUNIT_CASE(fault_free_rcu_does_without),
	KUNIT_CASE(fault_free_rcu_needs_no_memory),
	KUNIT_CASE(fault_reserve_create),
	KUNIT_CASE(fault_reserve_fill),
	KUNIT_CASE(fault_reserve_serves_all_the_same),
	KUNIT_CASE(fault_kmalloc_init),
	KUNIT_CASE(fault_reclaim_init),
	KUNIT_CASE(fault_krealloc_keeps_the_old),
	KUNIT_CASE_PARAM(fault_pool_create, fault_backend_gen_params),
	KUNIT_CASE(fault_name_of_kmem_cache),
	KUNIT_CASE_PARAM(fault_run_start, fault_workload_gen_params),
	KUNIT_CASE(fault_machine_measure),
	{}
};

static struct kunit_suite fault_suite = {
	.name = "magslab_fault",
	.suite_init = mag_kunit_suite_init,
	.suite_exit = mag_kunit_suite_exit,
	.init = fault_init,
	.exit = fault_exit,
	.test_cases = fault_cases,
};

#else /* !CONFIG_FAULT_INJECTION_DEBUG_FS */

static void fault_injection(struct kunit *test)
{
	kunit_skip(test, FAULT_NEEDS);
}

static struct kunit_case fault_cases[] = { KUNIT_CASE(fault_injection), {} };

static struct kunit_suite fault_suite = {
	.name = "magslab_fault",
	.test_cases = fault_cases,
};

#endif /* CONFIG_FAULT_INJECTION_DEBUG_FS */

kunit_test_suite(fault_suite);
