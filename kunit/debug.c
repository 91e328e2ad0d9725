// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit: debugged caches.  Each damage gives exactly its report, once; what is
 * damaged is not handed out again; and what is whole gives none.
 */
#include <kunit/test.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/stacktrace.h>
#include <linux/string.h>

#include "helpers.h"
#include "log.h"

#define OBJECT_SIZE 200

/* Its reports do not fail a run, see scripts/vm/lib-judge.sh. */
static struct mag_cache *bug_cache(struct kunit *test, u32 flags)
{
	const struct mag_cache_args args = { .flags = flags };
	struct mag_cache *cache;

	/* Free objects are met again on the node that they were freed on. */
	mag_kunit_pin(test, cpumask_first(cpu_online_mask));
	cache = mag_cache_create_args("kunit_bug", OBJECT_SIZE, &args);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, cache);
	return cache;
}

static void expect_bugs(struct kunit *test, struct mag_cache *cache,
			enum mag_bug bug, unsigned long nr)
{
	KUNIT_EXPECT_EQ(test, mag_cache_bugs(cache, bug), nr);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(cache).bugs, nr);
}

static void write_before(void *obj)
{
	((u8 *)obj)[-1] ^= 1;
}

static void write_behind(void *obj)
{
	((u8 *)obj)[OBJECT_SIZE] ^= 1;
}

static void write_first(void *obj)
{
	((u8 *)obj)[0] ^= 1;
}

static void write_last(void *obj)
{
	((u8 *)obj)[OBJECT_SIZE - 1] ^= 1;
}

struct damage_case {
	const char *what;
	void (*damage)(void *obj);
	enum mag_bug bug;
};

static const struct damage_case live_cases[] = {
	{ "byte before", write_before, MAG_BUG_LEFT_REDZONE },
	{ "byte behind", write_behind, MAG_BUG_RIGHT_REDZONE },
};

static const struct damage_case free_cases[] = {
	{ "byte before", write_before, MAG_BUG_LEFT_REDZONE },
	{ "byte behind", write_behind, MAG_BUG_RIGHT_REDZONE },
	{ "first byte", write_first, MAG_BUG_POISON },
	{ "last byte", write_last, MAG_BUG_POISON },
};

static void damage_desc(const struct damage_case *c, char *desc)
{
	strscpy(desc, c->what, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(live, live_cases, damage_desc);
KUNIT_ARRAY_PARAM(free, free_cases, damage_desc);

/* All objects of the first slab and more: none is the one that is unfit. */
static void expect_not_handed_out(struct kunit *test, struct mag_cache *cache,
				  void *unfit)
{
	u32 nr = 2 * cache->layout[MAG_LAYOUT_BEST].objects, i;
	void **objs = mag_kunit_array(test, nr);

	for (i = 0; i < nr; i++) {
		objs[i] = mag_cache_alloc(cache, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, objs[i]);
		KUNIT_EXPECT_PTR_NE(test, objs[i], unfit);
	}
	mag_cache_free_bulk(cache, nr, objs);
}

static void damage_to_live_is_found_by_free(struct kunit *test)
{
	const struct damage_case *c = test->param_value;
	struct mag_cache *cache = bug_cache(test, MAG_CACHE_DEBUG);
	void *obj = mag_cache_alloc(cache, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, obj);
	c->damage(obj);
	expect_bugs(test, cache, c->bug, 0);
	mag_cache_free(cache, obj);
	expect_bugs(test, cache, c->bug, 1);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(cache).quarantined, 1);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(cache).live, 0);

	expect_not_handed_out(test, cache, obj);
	/* It was reported: a second free of it is not news. */
	mag_cache_free(cache, obj);
	expect_bugs(test, cache, c->bug, 1);
	KUNIT_EXPECT_EQ(test, mag_cache_destroy(cache), 0);
}

static void damage_to_free_is_found_by_alloc(struct kunit *test)
{
	const struct damage_case *c = test->param_value;
	struct mag_cache *cache = bug_cache(test, MAG_CACHE_DEBUG);
	void *obj = mag_cache_alloc(cache, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, obj);
	mag_cache_free(cache, obj);
	c->damage(obj);
	expect_bugs(test, cache, c->bug, 0);
	expect_not_handed_out(test, cache, obj);
	expect_bugs(test, cache, c->bug, 1);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(cache).quarantined, 1);
	KUNIT_EXPECT_EQ(test, mag_cache_destroy(cache), 0);
}

static void validation_finds_damage(struct kunit *test, bool live)
{
	const struct damage_case *c = test->param_value;
	struct mag_cache *cache = bug_cache(test, MAG_CACHE_DEBUG);
	void *obj = mag_cache_alloc(cache, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, obj);
	if (!live)
		mag_cache_free(cache, obj);
	KUNIT_EXPECT_EQ(test, mag_cache_validate(cache), 0);
	c->damage(obj);
	KUNIT_EXPECT_EQ(test, mag_cache_validate(cache), 1);
	KUNIT_EXPECT_EQ(test, mag_cache_validate(cache), 0);
	if (live)
		mag_cache_free(cache, obj);
	expect_not_handed_out(test, cache, obj);
	expect_bugs(test, cache, c->bug, 1);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(cache).quarantined, 1);
	KUNIT_EXPECT_EQ(test, mag_cache_destroy(cache), 0);
}

static void damage_to_live_is_found_by_validation(struct kunit *test)
{
	validation_finds_damage(test, true);
}

static void damage_to_free_is_found_by_validation(struct kunit *test)
{
	validation_finds_damage(test, false);
}

static void double_free_is_found(struct kunit *test)
{
	struct mag_cache *cache = bug_cache(test, MAG_CACHE_CHECK);
	void *obj = mag_cache_alloc(cache, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, obj);
	mag_cache_free(cache, obj);
	mag_cache_free(cache, obj);
	expect_bugs(test, cache, MAG_BUG_DOUBLE_FREE, 1);
	mag_cache_free(cache, obj);
	expect_bugs(test, cache, MAG_BUG_DOUBLE_FREE, 1);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(cache).frees, 1);

	expect_not_handed_out(test, cache, obj);
	expect_bugs(test, cache, MAG_BUG_DOUBLE_FREE, 1);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(cache).quarantined, 1);
	KUNIT_EXPECT_EQ(test, mag_cache_destroy(cache), 0);
}

static void free_now(struct mag_cache *cache, void *obj)
{
	mag_cache_free(cache, obj);
}

static void free_later(struct mag_cache *cache, void *obj)
{
	mag_cache_free_rcu(cache, obj, obj);
}

struct again_case {
	const char *name;
	void (*fn)(struct mag_cache *cache, void *obj);
};

static const struct again_case again_cases[] = {
	{ "mag_cache_free", free_now },
	{ "mag_cache_free_rcu", free_later },
};

static void again_desc(const struct again_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(again, again_cases, again_desc);

/*
 * The kernel has the rcu_head in the object until the grace period has ended: what
 * is freed again meanwhile must stay as it is, and is free once.
 */
static void free_of_a_waiting_object_is_found(struct kunit *test)
{
	struct mag_cache *cache = bug_cache(test, MAG_CACHE_DEBUG);
	const struct again_case *c = test->param_value;
	void *obj = mag_cache_alloc(cache, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, obj);
	rcu_read_lock();
	mag_cache_free_rcu(cache, obj, obj);
	c->fn(cache, obj);
	rcu_read_unlock();
	expect_bugs(test, cache, MAG_BUG_WAITING, 1);

	mag_cache_rcu_barrier(cache);
	expect_bugs(test, cache, MAG_BUG_WAITING, 1);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(cache).frees, 1);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(cache).live, 0);
	KUNIT_EXPECT_EQ(test, mag_cache_destroy(cache), 0);
}

static void free_later_of_a_free_object_is_found(struct kunit *test)
{
	struct mag_cache *cache = bug_cache(test, MAG_CACHE_DEBUG);
	void *obj = mag_cache_alloc(cache, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, obj);
	mag_cache_free(cache, obj);
	mag_cache_free_rcu(cache, obj, obj);
	mag_cache_rcu_barrier(cache);
	expect_bugs(test, cache, MAG_BUG_DOUBLE_FREE, 1);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(cache).frees, 1);
	KUNIT_EXPECT_EQ(test, mag_cache_destroy(cache), 0);
}

/* Until then it is looked at as a live one is; damage is found, and it is not reused. */
static void waiting_objects_are_validated(struct kunit *test)
{
	struct mag_cache *cache = bug_cache(test, MAG_CACHE_DEBUG);
	u8 *obj = mag_cache_alloc(cache, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, obj);
	rcu_read_lock();
	mag_cache_free_rcu(cache, obj, (void *)obj);
	KUNIT_EXPECT_EQ(test, mag_cache_validate(cache), 0);
	obj[OBJECT_SIZE] ^= 1;
	KUNIT_EXPECT_EQ(test, mag_cache_validate(cache), 1);
	rcu_read_unlock();
	expect_bugs(test, cache, MAG_BUG_RIGHT_REDZONE, 1);

	mag_cache_rcu_barrier(cache);
	expect_not_handed_out(test, cache, obj);
	expect_bugs(test, cache, MAG_BUG_RIGHT_REDZONE, 1);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(cache).quarantined, 1);
	KUNIT_EXPECT_EQ(test, mag_cache_destroy(cache), 0);
}

static void wrong_cache_is_found(struct kunit *test)
{
	struct mag_cache *other = mag_kunit_cache(test, OBJECT_SIZE, 0, NULL);
	struct mag_cache *cache = bug_cache(test, MAG_CACHE_CHECK);
	void *obj = mag_cache_alloc(other, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, obj);
	mag_cache_free(cache, obj);
	expect_bugs(test, cache, MAG_BUG_WRONG_CACHE, 1);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(cache).frees, 0);
	mag_cache_free(other, obj);
	KUNIT_EXPECT_EQ(test, mag_cache_destroy(cache), 0);
}

static char of_the_image;

/* What memory the cache had may be another one's by the time. */
static void leaked_objects_are_of_no_cache(struct kunit *test)
{
	struct mag_cache *cache = bug_cache(test, MAG_CACHE_CHECK), *gone;
	void *obj;

	gone = mag_cache_create("kunit_leak", OBJECT_SIZE, 0, NULL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, gone);
	obj = mag_cache_alloc(gone, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, obj);
	KUNIT_EXPECT_EQ(test, mag_cache_destroy(gone), 1);

	KUNIT_EXPECT_NULL(test, mag_slab_cache(obj));
	mag_cache_free(cache, obj);
	expect_bugs(test, cache, MAG_BUG_FOREIGN, 1);
	KUNIT_EXPECT_EQ(test, mag_cache_destroy(cache), 0);
}

/* Memory of others: none of it is touched. */
static void foreign_pointers_are_found(struct kunit *test)
{
	struct mag_cache *cache = bug_cache(test, MAG_CACHE_CHECK);
	void *of_slub = kunit_kzalloc(test, OBJECT_SIZE, GFP_KERNEL);
	void *pages = (void *)__get_free_page(GFP_KERNEL | __GFP_ZERO);

	KUNIT_ASSERT_NOT_NULL(test, of_slub);
	KUNIT_ASSERT_NOT_NULL(test, pages);
	mag_cache_free(cache, of_slub);
	expect_bugs(test, cache, MAG_BUG_FOREIGN, 1);
	mag_cache_free(cache, pages);
	expect_bugs(test, cache, MAG_BUG_FOREIGN, 2);
	mag_cache_free(cache, &of_the_image);
	expect_bugs(test, cache, MAG_BUG_FOREIGN, 3);
	mag_cache_free(cache, NULL);
	expect_bugs(test, cache, MAG_BUG_FOREIGN, 4);

	KUNIT_EXPECT_NULL(test, memchr_inv(of_slub, 0, OBJECT_SIZE));
	KUNIT_EXPECT_NULL(test, memchr_inv(pages, 0, PAGE_SIZE));
	free_page((unsigned long)pages);
	KUNIT_EXPECT_EQ(test, mag_cache_destroy(cache), 0);
}

static void misaligned_pointers_are_found(struct kunit *test)
{
	struct mag_cache *cache = bug_cache(test, MAG_CACHE_CHECK);
	void *obj = mag_cache_alloc(cache, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, obj);
	mag_cache_free(cache, obj + 8);
	expect_bugs(test, cache, MAG_BUG_MISALIGNED, 1);
	mag_cache_free(cache, obj + 1);
	expect_bugs(test, cache, MAG_BUG_MISALIGNED, 2);
	/* The links are behind the last object. */
	mag_cache_free(cache, page_address(virt_to_head_page(obj)) +
				      page_size(virt_to_head_page(obj)) - 1);
	expect_bugs(test, cache, MAG_BUG_MISALIGNED, 3);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(cache).live, 1);
	mag_cache_free(cache, obj);
	expect_bugs(test, cache, MAG_BUG_MISALIGNED, 3);
	KUNIT_EXPECT_EQ(test, mag_cache_destroy(cache), 0);
}

/* As an overrun does that goes beyond the redzone. */
static void damage_state(struct mag_cache *cache, void *obj)
{
	memset(obj + OBJECT_SIZE, 0, cache->size - cache->left - OBJECT_SIZE);
}

static void expect_quarantined(struct kunit *test, struct mag_cache *cache,
			       void *obj)
{
	expect_not_handed_out(test, cache, obj);
	expect_bugs(test, cache, MAG_BUG_STATE, 1);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(cache).quarantined, 1);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(cache).live, 0);
	KUNIT_EXPECT_EQ(test, mag_cache_destroy(cache), 0);
}

static void damaged_state_is_found_by_free(struct kunit *test)
{
	struct mag_cache *cache = bug_cache(test, MAG_CACHE_CHECK);
	void *obj = mag_cache_alloc(cache, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, obj);
	damage_state(cache, obj);
	mag_cache_free(cache, obj);
	expect_bugs(test, cache, MAG_BUG_STATE, 1);
	expect_quarantined(test, cache, obj);
}

static void damaged_state_is_found_by_alloc(struct kunit *test)
{
	struct mag_cache *cache = bug_cache(test, MAG_CACHE_CHECK);
	void *obj = mag_cache_alloc(cache, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, obj);
	mag_cache_free(cache, obj);
	damage_state(cache, obj);
	expect_quarantined(test, cache, obj);
}

/* Live, and reported once: the free that follows is not news. */
static void damaged_state_of_live_is_found_by_validation(struct kunit *test)
{
	struct mag_cache *cache = bug_cache(test, MAG_CACHE_CHECK);
	void *obj = mag_cache_alloc(cache, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, obj);
	damage_state(cache, obj);
	KUNIT_EXPECT_EQ(test, mag_cache_validate(cache), 1);
	KUNIT_EXPECT_EQ(test, mag_cache_validate(cache), 0);
	mag_cache_free(cache, obj);
	expect_quarantined(test, cache, obj);
}

static void damaged_state_of_free_is_found_by_validation(struct kunit *test)
{
	struct mag_cache *cache = bug_cache(test, MAG_CACHE_CHECK);
	void *obj = mag_cache_alloc(cache, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, obj);
	mag_cache_free(cache, obj);
	damage_state(cache, obj);
	KUNIT_EXPECT_EQ(test, mag_cache_validate(cache), 1);
	KUNIT_EXPECT_EQ(test, mag_cache_validate(cache), 0);
	expect_quarantined(test, cache, obj);
}

static const u16 link_cases[] = { 0x7fff, 0, U16_MAX };

static void link_desc(const u16 *link, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "link %#x", *link);
}

KUNIT_ARRAY_PARAM(link, link_cases, link_desc);

/* From slabs, so that they are in no magazine when they are back. */
static void take_past_magazines(struct kunit *test, struct mag_cache *cache,
				void **objs, u32 nr)
{
	int node = mag_home_node();

	objs[0] = mag_slab_grow(cache, node, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, objs[0]);
	KUNIT_ASSERT_EQ(test, mag_slab_take(cache, node, objs + 1, nr - 1),
			nr - 1);
}

/* In any cache: out of bounds, round in a circle, and too short. */
static void damaged_list_is_found_by_validation(struct kunit *test)
{
	struct mag_cache *cache = bug_cache(test, 0);
	void *objs[4];
	u32 i;

	take_past_magazines(test, cache, objs, ARRAY_SIZE(objs));
	/* Last in, first in the list: 0 leads to 1. */
	for (i = ARRAY_SIZE(objs); i--;)
		mag_slab_give(cache, &objs[i], 1);
	KUNIT_EXPECT_EQ(test, mag_cache_validate(cache), 0);
	*(u16 *)objs[1] = *(const u16 *)test->param_value;
	KUNIT_EXPECT_EQ(test, mag_cache_validate(cache), 1);
	expect_bugs(test, cache, MAG_BUG_FREE_LIST, 1);
	KUNIT_EXPECT_EQ(test, mag_cache_validate(cache), 0);
	for (i = 0; i < ARRAY_SIZE(objs); i++)
		expect_not_handed_out(test, cache, objs[i]);
	expect_bugs(test, cache, MAG_BUG_FREE_LIST, 1);
	KUNIT_EXPECT_EQ(test, mag_cache_destroy(cache), 0);
}

static void damaged_list_is_found_by_alloc(struct kunit *test)
{
	struct mag_cache *cache = bug_cache(test, 0);
	void *objs[2], *obj;

	take_past_magazines(test, cache, objs, ARRAY_SIZE(objs));
	mag_slab_give(cache, objs, ARRAY_SIZE(objs));
	*(u16 *)objs[1] = 0x7fff;
	obj = mag_cache_alloc(cache, GFP_KERNEL);
	KUNIT_EXPECT_NOT_NULL(test, obj);
	mag_cache_free(cache, obj);
	expect_bugs(test, cache, MAG_BUG_FREE_LIST, 1);
	KUNIT_EXPECT_EQ(test, mag_cache_destroy(cache), 0);
}

/* Reports. */

static void overrun_left(struct kunit *test, struct mag_cache *cache, void *obj)
{
	write_before(obj);
	mag_cache_free(cache, obj);
}

static void overrun_right(struct kunit *test, struct mag_cache *cache,
			  void *obj)
{
	write_behind(obj);
	mag_cache_free(cache, obj);
}

static void use_after_free(struct kunit *test, struct mag_cache *cache,
			   void *obj)
{
	mag_cache_free(cache, obj);
	write_first(obj);
	expect_not_handed_out(test, cache, obj);
}

static void free_twice(struct kunit *test, struct mag_cache *cache, void *obj)
{
	mag_cache_free(cache, obj);
	mag_cache_free(cache, obj);
}

static void free_to_another(struct kunit *test, struct mag_cache *cache,
			    void *obj)
{
	struct mag_cache *other = mag_kunit_cache(test, OBJECT_SIZE, 0, NULL);
	void *others = mag_cache_alloc(other, GFP_KERNEL);

	KUNIT_EXPECT_NOT_NULL(test, others);
	if (others) {
		mag_cache_free(cache, others);
		mag_cache_free(other, others);
	}
	mag_cache_free(cache, obj);
}

static void free_foreign(struct kunit *test, struct mag_cache *cache, void *obj)
{
	mag_cache_free(cache, &of_the_image);
	mag_cache_free(cache, obj);
}

static void free_misaligned(struct kunit *test, struct mag_cache *cache,
			    void *obj)
{
	mag_cache_free(cache, obj + 8);
	mag_cache_free(cache, obj);
}

/* The redzone is damaged as well, but what is told is what is sure. */
static void overrun_far(struct kunit *test, struct mag_cache *cache, void *obj)
{
	damage_state(cache, obj);
	mag_cache_free(cache, obj);
}

/* Of a debugged cache, the links are behind the last object. */
static void damage_links(struct kunit *test, struct mag_cache *cache, void *obj)
{
	const struct mag_slab_layout *layout = &cache->layout[MAG_LAYOUT_BEST];
	void *slab = page_address(mag_kunit_slab_page(obj));

	mag_cache_free(cache, obj);
	memset(slab + layout->link_offset, 0x5a, layout->objects * sizeof(u16));
	KUNIT_EXPECT_EQ(test, mag_cache_validate(cache), 1);
}

struct report_case {
	enum mag_bug bug;
	void (*provoke)(struct kunit *test, struct mag_cache *cache, void *obj);
};

static const struct report_case report_cases[] = {
	{ MAG_BUG_LEFT_REDZONE, overrun_left },
	{ MAG_BUG_RIGHT_REDZONE, overrun_right },
	{ MAG_BUG_POISON, use_after_free },
	{ MAG_BUG_DOUBLE_FREE, free_twice },
	{ MAG_BUG_WRONG_CACHE, free_to_another },
	{ MAG_BUG_FOREIGN, free_foreign },
	{ MAG_BUG_MISALIGNED, free_misaligned },
	{ MAG_BUG_STATE, overrun_far },
	{ MAG_BUG_FREE_LIST, damage_links },
};

static void report_desc(const struct report_case *c, char *desc)
{
	strscpy(desc, mag_bug_name(c->bug), KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(report, report_cases, report_desc);

/* One report in the log, which names the bug; and nothing is a second one. */
static void bug_is_told_once(struct kunit *test)
{
	const struct report_case *c = test->param_value;
	struct mag_cache *cache;
	void *obj;
	char head[80];

	mag_kunit_log(test);
	cache = bug_cache(test, MAG_CACHE_DEBUG);
	obj = mag_cache_alloc(cache, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, obj);
	snprintf(head, sizeof(head),
		 "magslab: BUG in cache kunit_bug: %s, object ",
		 mag_bug_name(c->bug));
	c->provoke(test, cache, obj);
	expect_bugs(test, cache, c->bug, 1);
	mag_cache_validate(cache);
	KUNIT_EXPECT_EQ(test, mag_kunit_log_count(head), 1);
	KUNIT_EXPECT_EQ(test, mag_kunit_log_count("BUG in cache"), 1);
	KUNIT_EXPECT_EQ(test, mag_kunit_log_count("magslab: seen on cpu "), 1);
	KUNIT_EXPECT_EQ(test, mag_cache_destroy(cache), 0);
}

/* User-Mode Linux without frame pointers does not know how. */
static bool stacks_are_walked(void)
{
#ifdef CONFIG_STACKTRACE
	unsigned long addr[4];

	return stack_trace_save(addr, ARRAY_SIZE(addr), 0);
#else
	return false;
#endif
}

/* As many stacks, in each of them the function of the test. */
static void expect_stacks(struct kunit *test, const char *name, u32 nr)
{
	if (IS_ENABLED(CONFIG_KALLSYMS) && stacks_are_walked())
		KUNIT_EXPECT_EQ(test, mag_kunit_log_count(name), nr);
}

static void expect_track(struct kunit *test, const char *verb, u32 nr)
{
	char where[40];

	KUNIT_EXPECT_EQ(test, mag_kunit_log_count(verb), nr);
	snprintf(where, sizeof(where),
		 " ms ago, cpu %u, pid %d:", raw_smp_processor_id(),
		 current->pid);
	KUNIT_EXPECT_GE(test, mag_kunit_log_count(where), nr);
}

/* What, where, the bytes, who allocated and who freed. */
static void report_is_complete(struct kunit *test)
{
	struct mag_cache *cache;
	void *obj;

	mag_kunit_log(test);
	cache = bug_cache(test, MAG_CACHE_DEBUG);
	obj = mag_cache_alloc(cache, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, obj);
	memset(obj, 0xa5, OBJECT_SIZE);
	write_behind(obj);
	mag_cache_free(cache, obj);

	expect_track(test, "magslab: allocated ", 1);
	expect_track(test, "magslab: freed ", 0);
	expect_stacks(test, __func__, 2);
	/* SLUB_RED_ACTIVE before, and with a bit turned behind. */
	KUNIT_EXPECT_EQ(test, mag_kunit_log_count("magslab: redzone "), 2);
	KUNIT_EXPECT_EQ(test, mag_kunit_log_count(": cc cc cc cc "), 1);
	KUNIT_EXPECT_EQ(test, mag_kunit_log_count(": cd cc cc cc "), 1);
	KUNIT_EXPECT_EQ(test, mag_kunit_log_count("magslab: object "), 8);
	KUNIT_EXPECT_EQ(test, mag_kunit_log_count(": a5 a5 a5 a5 "), 8);
	KUNIT_EXPECT_EQ(test, mag_kunit_log_count("is not handed out any more"),
			1);
	KUNIT_EXPECT_EQ(test, mag_cache_destroy(cache), 0);
}

/* One object of it was freed twice, and what the log says of that is kept. */
static struct mag_cache *double_free_cache(struct kunit *test, u32 flags)
{
	struct mag_cache *cache;
	void *obj;

	mag_kunit_log(test);
	cache = bug_cache(test, flags);
	obj = mag_cache_alloc(cache, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, obj);
	mag_cache_free(cache, obj);
	mag_cache_free(cache, obj);
	return cache;
}

static void report_tells_who_freed(struct kunit *test)
{
	struct mag_cache *cache = double_free_cache(test, MAG_CACHE_DEBUG);

	expect_track(test, "magslab: allocated ", 1);
	expect_track(test, "magslab: freed ", 1);
	expect_stacks(test, __func__, 3);
	KUNIT_EXPECT_EQ(test, mag_cache_destroy(cache), 0);
}

/* Without tracks, redzones and poison there is less to say, and no more is. */
static void report_of_a_check_is_short(struct kunit *test)
{
	struct mag_cache *cache = double_free_cache(test, MAG_CACHE_CHECK);

	KUNIT_EXPECT_EQ(test, mag_kunit_log_count("BUG in cache"), 1);
	KUNIT_EXPECT_EQ(test, mag_kunit_log_count(" ms ago"), 0);
	KUNIT_EXPECT_EQ(test, mag_kunit_log_count("redzone"), 0);
	KUNIT_EXPECT_EQ(test, mag_kunit_log_count("magslab: object "), 8);
	KUNIT_EXPECT_EQ(test, mag_cache_destroy(cache), 0);
}

/* Each with who allocated it, up to eight of them; the number is of all. */
static void leaks_are_told_with_stacks(struct kunit *test)
{
	const struct mag_cache_args args = { .flags = MAG_CACHE_DEBUG };
	struct mag_cache *cache;
	void *objs[10];
	u32 i;

	mag_kunit_log(test);
	cache = mag_cache_create_args("kunit_leak", OBJECT_SIZE, &args);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, cache);
	mag_kunit_pin(test, cpumask_first(cpu_online_mask));
	for (i = 0; i < ARRAY_SIZE(objs); i++)
		objs[i] = mag_cache_alloc(cache, GFP_KERNEL);
	mag_cache_free(cache, objs[0]);
	KUNIT_EXPECT_EQ(test, mag_cache_destroy(cache), 9);
	KUNIT_EXPECT_EQ(test, mag_kunit_log_count(" leaked, offset "), 8);
	expect_track(test, "magslab: allocated ", 8);
	expect_stacks(test, __func__, 8);
	KUNIT_EXPECT_EQ(
		test,
		mag_kunit_log_count(
			"cache kunit_leak: destroyed with 9 objects of 200 bytes not freed"),
		1);
}

static const u32 flags_cases[] = {
	MAG_CACHE_CHECK,
	MAG_CACHE_REDZONE,
	MAG_CACHE_POISON,
	MAG_CACHE_TRACK,
	MAG_CACHE_DEBUG,
	MAG_CACHE_DEBUG | MAG_CACHE_TYPESAFE_BY_RCU,
	MAG_CACHE_DEBUG | MAG_CACHE_NO_COLOUR,
};

static const size_t size_cases[] = { 1, 8, 17, 64, 200, 256, 4096, 65536 };

static void flags_desc(const u32 *flags, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "flags %#x", *flags);
}

KUNIT_ARRAY_PARAM(flags, flags_cases, flags_desc);

static void expect_whole(struct kunit *test, size_t size,
			 const struct mag_cache_args *args)
{
	struct mag_cache *cache = mag_kunit_cache_args(test, size, args);
	u32 nr = 20, round, i;
	void **objs = mag_kunit_array(test, nr);

	for (round = 0; round < 3; round++) {
		mag_kunit_alloc_many(test, cache, objs, nr);
		for (i = 0; i < nr; i++) {
			KUNIT_EXPECT_TRUE(test,
					  IS_ALIGNED((unsigned long)objs[i],
						     args->align ?: 8));
			memset(objs[i], i, size);
		}
		for (i = 0; i < nr; i++)
			KUNIT_EXPECT_NULL(test, memchr_inv(objs[i], i, size));
		KUNIT_EXPECT_EQ(test, mag_cache_validate(cache), 0);
		mag_cache_free_bulk(cache, nr, objs);
		KUNIT_EXPECT_EQ(test, mag_cache_validate(cache), 0);
	}
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(cache).magazines, 0);
}

/* All of an object is the user's, and nothing of it is another's. */
static void whole_objects_give_no_report(struct kunit *test)
{
	struct mag_cache_args args = {
		.flags = *(const u32 *)test->param_value,
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(size_cases); i++) {
		args.align = i % 3 ? 0 : 64;
		expect_whole(test, size_cases[i], &args);
	}
}

static void debugged_objects_are_zeroed(struct kunit *test)
{
	const struct mag_cache_args args = { .flags = MAG_CACHE_DEBUG };
	struct mag_cache *cache =
		mag_kunit_cache_args(test, OBJECT_SIZE, &args);
	void *obj;
	int i;

	for (i = 0; i < 3; i++) {
		obj = mag_cache_alloc(cache, GFP_KERNEL | __GFP_ZERO);
		KUNIT_ASSERT_NOT_NULL(test, obj);
		KUNIT_EXPECT_NULL(test, memchr_inv(obj, 0, OBJECT_SIZE));
		memset(obj, 0xff, OBJECT_SIZE);
		mag_cache_free(cache, obj);
	}
}

/* Leaks are told with who allocated them; what is in quarantine is none. */
static void leaks_are_counted_beside_quarantine(struct kunit *test)
{
	const struct mag_cache_args args = { .flags = MAG_CACHE_DEBUG };
	struct mag_cache *cache =
		mag_cache_create_args("kunit_leak", OBJECT_SIZE, &args);
	void *objs[5];

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, cache);
	mag_kunit_alloc_many(test, cache, objs, ARRAY_SIZE(objs));
	mag_cache_free_bulk(cache, 2, objs);
	KUNIT_EXPECT_EQ(test, mag_cache_destroy(cache), 3);
}

struct race {
	struct mag_cache *cache;
	atomic_t failed;
};

static void race_thread(void *arg)
{
	struct race *race = arg;
	void *objs[8];
	u32 i, j;

	for (i = 0; i < 500; i++) {
		for (j = 0; j < ARRAY_SIZE(objs); j++) {
			objs[j] = mag_cache_alloc(race->cache, GFP_KERNEL);
			if (!objs[j])
				atomic_inc(&race->failed);
			else
				memset(objs[j], j, OBJECT_SIZE);
		}
		for (j = 0; j < ARRAY_SIZE(objs); j++)
			if (objs[j])
				mag_cache_free(race->cache, objs[j]);
		cond_resched();
	}
}

static void validating_thread(void *arg)
{
	struct race *race = arg;
	u32 i;

	for (i = 0; i < 200; i++) {
		if (mag_cache_validate(race->cache))
			atomic_inc(&race->failed);
		cond_resched();
	}
}

/* What a user is in the middle of is no damage. */
static void validation_under_load_finds_nothing(struct kunit *test)
{
	const struct mag_cache_args args = { .flags = MAG_CACHE_DEBUG };
	struct race race = {
		.cache = mag_kunit_cache_args(test, OBJECT_SIZE, &args),
	};
	struct mag_kunit_crew *crew = mag_kunit_crew(test);
	unsigned int cpu;

	for_each_online_cpu(cpu)
		mag_kunit_crew_add(crew, cpu, race_thread, &race);
	mag_kunit_crew_add(crew, -1, validating_thread, &race);
	mag_kunit_crew_start(crew);
	mag_kunit_crew_wait(crew);
	KUNIT_EXPECT_EQ(test, atomic_read(&race.failed), 0);
}

/* What it has is given up, so that it is neither empty nor a page to give back. */
static void damaged_slab_is_not_empty(struct kunit *test)
{
	struct mag_cache *cache = bug_cache(test, 0);
	struct mag_node_reading reading;
	void *objs[2], *obj;

	take_past_magazines(test, cache, objs, ARRAY_SIZE(objs));
	mag_cache_read_node(cache, page_to_nid(virt_to_page(objs[0])),
			    &reading);
	KUNIT_EXPECT_EQ(test, reading.empty_slabs, 0);
	mag_slab_give(cache, objs, ARRAY_SIZE(objs));
	/* The last one given leads on. */
	*(u16 *)objs[1] = 0x7fff;
	KUNIT_EXPECT_EQ(test, mag_cache_validate(cache), 1);
	mag_cache_read_node(cache, page_to_nid(virt_to_page(objs[0])),
			    &reading);
	KUNIT_EXPECT_EQ(test, reading.empty_slabs, 0);

	obj = mag_cache_alloc(cache, GFP_KERNEL);
	KUNIT_EXPECT_NOT_NULL(test, obj);
	mag_cache_free(cache, obj);
	mag_cache_shrink(cache);
	/* With its objects, which are quarantined. */
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(cache).slabs, 1);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(cache).quarantined,
			cache->layout[MAG_LAYOUT_BEST].objects);
	expect_bugs(test, cache, MAG_BUG_FREE_LIST, 1);
	KUNIT_EXPECT_EQ(test, mag_cache_destroy(cache), 0);
}

static const u32 unpoisoned_cases[] = {
	MAG_CACHE_CHECK,
	MAG_CACHE_CHECK | MAG_CACHE_REDZONE | MAG_CACHE_TRACK,
};

static void unpoisoned_desc(const u32 *flags, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "flags %#x", *flags);
}

KUNIT_ARRAY_PARAM(unpoisoned, unpoisoned_cases, unpoisoned_desc);

static void init_on_free_zeroes_debugged_objects(struct kunit *test)
{
	const struct mag_cache_args args = {
		.flags = *(const u32 *)test->param_value,
	};
	struct mag_cache *cache;
	u32 dirty = 0, i;
	void *objs[4];

	if (!want_init_on_free())
		kunit_skip(test, "booted without init_on_free=1");

	cache = mag_kunit_cache_args(test, OBJECT_SIZE, &args);
	mag_kunit_alloc_many(test, cache, objs, ARRAY_SIZE(objs));
	for (i = 0; i < ARRAY_SIZE(objs); i++)
		memset(objs[i], 0xff, OBJECT_SIZE);
	mag_cache_free(cache, objs[0]);
	mag_cache_free_bulk(cache, ARRAY_SIZE(objs) - 1, objs + 1);
	/* A free object may not be read: but this one knows the allocator. */
	for (i = 0; i < ARRAY_SIZE(objs); i++)
		dirty += !!memchr_inv(objs[i], 0, OBJECT_SIZE);
	KUNIT_EXPECT_EQ(test, dirty, 0);
}

static struct kunit_case debug_cases[] = {
	KUNIT_CASE_PARAM(damage_to_live_is_found_by_free, live_gen_params),
	KUNIT_CASE_PARAM(damage_to_free_is_found_by_alloc, free_gen_params),
	KUNIT_CASE_PARAM(damage_to_live_is_found_by_validation,
			 live_gen_params),
	KUNIT_CASE_PARAM(damage_to_free_is_found_by_validation,
			 free_gen_params),
	KUNIT_CASE(double_free_is_found),
	KUNIT_CASE_PARAM(free_of_a_waiting_object_is_found, again_gen_params),
	KUNIT_CASE(free_later_of_a_free_object_is_found),
	KUNIT_CASE(waiting_objects_are_validated),
	KUNIT_CASE(wrong_cache_is_found),
	KUNIT_CASE(leaked_objects_are_of_no_cache),
	KUNIT_CASE(foreign_pointers_are_found),
	KUNIT_CASE(misaligned_pointers_are_found),
	KUNIT_CASE(damaged_state_is_found_by_free),
	KUNIT_CASE(damaged_state_is_found_by_alloc),
	KUNIT_CASE(damaged_state_of_live_is_found_by_validation),
	KUNIT_CASE(damaged_state_of_free_is_found_by_validation),
	KUNIT_CASE_PARAM(damaged_list_is_found_by_validation, link_gen_params),
	KUNIT_CASE(damaged_list_is_found_by_alloc),
	KUNIT_CASE_PARAM(bug_is_told_once, report_gen_params),
	KUNIT_CASE(report_is_complete),
	KUNIT_CASE(report_tells_who_freed),
	KUNIT_CASE(report_of_a_check_is_short),
	KUNIT_CASE(leaks_are_told_with_stacks),
	KUNIT_CASE_PARAM(whole_objects_give_no_report, flags_gen_params),
	KUNIT_CASE(debugged_objects_are_zeroed),
	KUNIT_CASE(leaks_are_counted_beside_quarantine),
	KUNIT_CASE(validation_under_load_finds_nothing),
	KUNIT_CASE(damaged_slab_is_not_empty),
	KUNIT_CASE_PARAM(init_on_free_zeroes_debugged_objects,
			 unpoisoned_gen_params),
	{}
};

static struct kunit_suite debug_suite = {
	.name = "magslab_debug",
	.suite_init = mag_kunit_suite_init,
	.suite_exit = mag_kunit_suite_exit,
	.test_cases = debug_cases,
};

kunit_test_suite(debug_suite);
