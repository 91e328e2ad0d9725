// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit: memory of any size: what a request gets, that no two get the same,
 * what realloc keeps, and that nothing is left.
 */
#include <kunit/test.h>
#include <linux/align.h>
#include <linux/cpumask.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/nodemask.h>
#include <linux/overflow.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "../kmod/allocator/mag_kmalloc.h"
#include "../kmod/stress/context.h"
#include "helpers.h"

#define EVERY_SIZE_MAX SZ_64K

/* In classes of both kinds of spacing, in the last one, and in none. */
static const size_t some_sizes[] = {
	1,	8,     24,     100,	   128,	   129,	      200,
	256,	1000,  SZ_4K,  SZ_4K + 1,  9000,   SZ_16K,    20000,
	SZ_32K, 40000, SZ_64K, SZ_64K + 1, 300000, SZ_1M / 2,
};

static void shrink_class(struct mag_cache *cache, void *arg)
{
	if (mag_kmalloc_owns(cache))
		mag_cache_shrink(cache);
}

/* After every case. */
static void expect_nothing_left(struct kunit *test)
{
	struct mag_kmalloc_class class;
	u32 index;

	mag_cache_for_each(shrink_class, NULL);
	for (index = 0; mag_kmalloc_class(index, &class); index++) {
		KUNIT_EXPECT_EQ_MSG(test, class.live, 0, "%s", class.name);
		KUNIT_EXPECT_EQ_MSG(test, class.pages, 0, "%s", class.name);
		KUNIT_EXPECT_EQ_MSG(test, class.magazines, 0, "%s", class.name);
		KUNIT_EXPECT_EQ_MSG(test, class.held_bytes, 0, "%s",
				    class.name);
	}
}

static struct mag_kmalloc_class class_of(struct kunit *test, size_t size)
{
	struct mag_kmalloc_class class;
	u32 index;

	for (index = 0; mag_kmalloc_class(index, &class); index++)
		if (class.size >= size)
			return class;
	KUNIT_ASSERT_TRUE(test, mag_kmalloc_class(index - 1, &class));
	return class;
}

/* What is wrong with an object for a request of @size bytes, or NULL. */
static const char *object_fault(const void *obj, size_t size)
{
	size_t room = mag_ksize(obj);

	if (room < size)
		return "it is too small";
	if (size <= 128 ? room - size >= 8 : (room - size) * 8 > size)
		return "it wastes too much";
	if (!IS_ALIGNED((unsigned long)obj, size & -size) ||
	    !IS_ALIGNED((unsigned long)obj, sizeof(void *)))
		return "it is not aligned as its size is";
	return NULL;
}

/* All bytes of all sizes would be gigabytes, of which the ends tell the most. */
static void write_ends(u8 *obj, size_t size)
{
	size_t end = min_t(size_t, size, 64);

	memset(obj, 0xa5, end);
	memset(obj + size - end, 0xa5, end);
}

static void every_size_fits_and_wastes_little(struct kunit *test)
{
	const char *fault;
	size_t size;
	void *obj;

	for (size = 1; size <= EVERY_SIZE_MAX; size++) {
		obj = mag_kmalloc(size, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, obj);
		fault = object_fault(obj, size);
		write_ends(obj, size);
		mag_kfree(obj);
		KUNIT_ASSERT_TRUE_MSG(test, !fault, "%zu bytes: %s", size,
				      fault);
	}
}

/* Neighbours in a slab, not its first object alone. */
static void every_object_is_aligned(struct kunit *test)
{
	void *objs[64];
	const char *fault;
	u32 i, j;

	for (i = 0; i < ARRAY_SIZE(some_sizes); i++) {
		fault = NULL;
		for (j = 0; j < ARRAY_SIZE(objs); j++) {
			objs[j] = mag_kmalloc(some_sizes[i], GFP_KERNEL);
			if (!objs[j])
				break;
			fault = fault ?: object_fault(objs[j], some_sizes[i]);
		}
		KUNIT_EXPECT_EQ(test, j, ARRAY_SIZE(objs));
		KUNIT_EXPECT_TRUE_MSG(test, !fault, "%zu bytes: %s",
				      some_sizes[i], fault);
		while (j--)
			mag_kfree(objs[j]);
	}
}

/* In the second slab as well, whose first object is elsewhere (colours). */
static void every_class_is_aligned(struct kunit *test)
{
	struct mag_kmalloc_class class;
	u32 index, i, nr, askew;
	void **objs;

	for (index = 0; mag_kmalloc_class(index, &class); index++) {
		nr = 2 * class.objects_per_slab + 1;
		objs = mag_kunit_array(test, nr);
		askew = 0;
		for (i = 0; i < nr; i++) {
			objs[i] = mag_kmalloc(class.size, GFP_KERNEL);
			if (!objs[i])
				break;
			askew += !IS_ALIGNED((unsigned long)objs[i],
					     class.size & -class.size);
		}
		KUNIT_EXPECT_EQ_MSG(test, i, nr, "%s", class.name);
		KUNIT_EXPECT_EQ_MSG(test, askew, 0, "%s", class.name);
		while (i--)
			mag_kfree(objs[i]);
	}
}

static void none_and_nothing(struct kunit *test)
{
	KUNIT_EXPECT_PTR_EQ(test, mag_kmalloc(0, GFP_KERNEL), ZERO_SIZE_PTR);
	KUNIT_EXPECT_PTR_EQ(test, mag_kmalloc_node(0, GFP_KERNEL, 0),
			    ZERO_SIZE_PTR);
	KUNIT_EXPECT_EQ(test, mag_ksize(NULL), 0);
	KUNIT_EXPECT_EQ(test, mag_ksize(ZERO_SIZE_PTR), 0);
	mag_kfree(NULL);
	mag_kfree(ZERO_SIZE_PTR);
}

static void too_much_is_refused(struct kunit *test)
{
	gfp_t gfp = GFP_KERNEL | __GFP_NOWARN | __GFP_NORETRY;
	void *obj = mag_kmalloc(100, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, obj);
	KUNIT_EXPECT_NULL(test, mag_kmalloc(SIZE_MAX, gfp));
	KUNIT_EXPECT_NULL(test, mag_kmalloc(SIZE_MAX / 2 + 2, gfp));
	KUNIT_EXPECT_NULL(test, mag_kmalloc(1UL << 32, gfp));
	KUNIT_EXPECT_NULL(test, mag_kmalloc_node(SIZE_MAX, gfp, 0));
	KUNIT_EXPECT_NULL(test, mag_krealloc(obj, SIZE_MAX, gfp));
	mag_kfree(obj);
}

/* Products that are no size_t, and as large ones that are. */
static void arrays_are_of_their_size(struct kunit *test)
{
	gfp_t gfp = GFP_KERNEL | __GFP_NOWARN | __GFP_NORETRY;
	u8 *objs;

	KUNIT_EXPECT_NULL(test, mag_kmalloc_array(SIZE_MAX / 8 + 2, 8, gfp));
	KUNIT_EXPECT_NULL(test, mag_kcalloc(8, SIZE_MAX / 8 + 2, gfp));
	KUNIT_EXPECT_PTR_EQ(test, mag_kmalloc_array(0, 8, gfp), ZERO_SIZE_PTR);

	objs = mag_kcalloc(13, 77, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, objs);
	KUNIT_EXPECT_GE(test, mag_ksize(objs), 13 * 77);
	KUNIT_EXPECT_NULL(test, memchr_inv(objs, 0, 13 * 77));
	mag_kfree(objs);
}

/* Classes by what they do: each holds what the one below it does not. */
static void classes_are_what_they_say(struct kunit *test)
{
	struct mag_kmalloc_class class, now;
	u32 index, below = 0;
	void *least, *most;

	for (index = 0; mag_kmalloc_class(index, &class); index++) {
		least = mag_kmalloc(class.size - class.waste, GFP_KERNEL);
		most = mag_kmalloc(class.size, GFP_KERNEL);
		mag_kmalloc_class(index, &now);
		KUNIT_EXPECT_EQ(test, mag_ksize(least), class.size);
		KUNIT_EXPECT_EQ(test, mag_ksize(most), class.size);
		KUNIT_EXPECT_EQ(test, class.size - class.waste, below + 1);
		KUNIT_EXPECT_EQ(test, now.live, class.live + 2);
		KUNIT_EXPECT_GE(test, now.held_bytes, 2 * class.size);
		KUNIT_EXPECT_EQ(test, class.slab_pages * PAGE_SIZE,
				class.objects_per_slab * class.size +
					class.slab_waste);
		KUNIT_EXPECT_LE(test, class.slab_waste * 8,
				class.slab_pages * PAGE_SIZE);
		below = class.size;
		mag_kfree(least);
		mag_kfree(most);
	}
	KUNIT_EXPECT_STREQ(test, class.name, "large");
	KUNIT_EXPECT_EQ(test, class.size, MAG_KMALLOC_CLASS_MAX + PAGE_SIZE);
	KUNIT_EXPECT_FALSE(test, mag_kmalloc_class(index + 1, &class));
}

/**
 * struct holding - an object, and what was written to all of it
 * @obj: the object or NULL
 * @mark: in each byte
 */
struct holding {
	u8 *obj;
	u8 mark;
};

static bool holding_intact(const struct holding *h)
{
	return !memchr_inv(h->obj, h->mark, mag_ksize(h->obj));
}

/* As many small ones as large ones. */
static size_t random_size(struct rnd_state *rnd)
{
	return 1 + mag_kunit_random(rnd, 1U << mag_kunit_random(rnd, 18));
}

#define HOLDINGS       500
#define HOLDINGS_TURNS 40000

static void no_two_share_a_byte(struct kunit *test)
{
	struct holding *hs =
		kunit_kcalloc(test, HOLDINGS, sizeof(*hs), GFP_KERNEL);
	u32 i, torn = 0, missed = 0;
	struct rnd_state rnd;
	struct holding *h;

	KUNIT_ASSERT_NOT_NULL(test, hs);
	mag_kunit_seed(test, &rnd);
	for (i = 0; i < HOLDINGS_TURNS; i++) {
		h = &hs[mag_kunit_random(&rnd, HOLDINGS)];
		if (h->obj) {
			torn += !holding_intact(h);
			mag_kfree(h->obj);
			h->obj = NULL;
			continue;
		}
		h->obj = mag_kmalloc(random_size(&rnd), GFP_KERNEL);
		missed += !h->obj;
		/* A mark is met again only long after. */
		h->mark = i;
		if (h->obj)
			memset(h->obj, h->mark, mag_ksize(h->obj));
	}
	for (h = hs; h < hs + HOLDINGS; h++) {
		torn += h->obj && !holding_intact(h);
		mag_kfree(h->obj);
	}
	KUNIT_EXPECT_EQ(test, torn, 0);
	KUNIT_EXPECT_EQ(test, missed, 0);
}

static void freed_memory_comes_back_zeroed(struct kunit *test)
{
	size_t size, room;
	void *obj;
	u32 i;

	mag_kunit_pin(test, cpumask_first(cpu_online_mask));
	for (i = 0; i < ARRAY_SIZE(some_sizes); i++) {
		size = some_sizes[i];
		obj = mag_kmalloc(size, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, obj);
		room = mag_ksize(obj);
		memset(obj, 0xff, room);
		mag_kfree(obj);

		obj = mag_kzalloc(size, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, obj);
		KUNIT_EXPECT_EQ(test, mag_ksize(obj), room);
		KUNIT_EXPECT_NULL(test, memchr_inv(obj, 0, room));
		mag_kfree(obj);
	}
}

/* Realloc. */

static void realloc_of_nothing_allocates(struct kunit *test)
{
	void *obj = mag_krealloc(NULL, 100, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, obj);
	KUNIT_EXPECT_EQ(test, mag_ksize(obj), 104);
	mag_kfree(obj);

	obj = mag_krealloc(ZERO_SIZE_PTR, 100, GFP_KERNEL | __GFP_ZERO);
	KUNIT_ASSERT_NOT_NULL(test, obj);
	KUNIT_EXPECT_NULL(test, memchr_inv(obj, 0, 104));
	mag_kfree(obj);
}

/* That it is freed is for the check that nothing is left. */
static void realloc_to_nothing_frees(struct kunit *test)
{
	void *small = mag_kmalloc(100, GFP_KERNEL);
	void *big = mag_kmalloc(SZ_64K, GFP_KERNEL);

	KUNIT_EXPECT_PTR_EQ(test, mag_krealloc(small, 0, GFP_KERNEL),
			    ZERO_SIZE_PTR);
	KUNIT_EXPECT_PTR_EQ(test, mag_krealloc(big, 0, GFP_KERNEL),
			    ZERO_SIZE_PTR);
	KUNIT_EXPECT_PTR_EQ(test, mag_krealloc(NULL, 0, GFP_KERNEL),
			    ZERO_SIZE_PTR);
}

static void realloc_stays_where_there_is_room(struct kunit *test)
{
	void *obj, *same;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(some_sizes); i++) {
		obj = mag_kmalloc(some_sizes[i], GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, obj);
		same = mag_krealloc(obj, 1, GFP_KERNEL);
		KUNIT_EXPECT_PTR_EQ(test, same, obj);
		same = mag_krealloc(obj, mag_ksize(obj), GFP_KERNEL);
		KUNIT_EXPECT_PTR_EQ(test, same, obj);
		mag_kfree(obj);
	}
}

/* Each byte says where it is, by a step that no power of two divides. */
static void number(u8 *obj, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++)
		obj[i] = i % 251;
}

static bool numbered(const u8 *obj, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++)
		if (obj[i] != i % 251)
			return false;
	return true;
}

static void realloc_keeps_the_content(struct kunit *test)
{
	size_t size, last = 1, moves = 0;
	struct rnd_state rnd;
	void *obj, *was;
	u32 i;

	mag_kunit_seed(test, &rnd);
	obj = mag_kmalloc(last, GFP_KERNEL);
	for (i = 0; i < 2000; i++, last = size) {
		KUNIT_ASSERT_NOT_NULL(test, obj);
		number(obj, last);
		size = random_size(&rnd);
		was = obj;
		/* So that there are small ones again. */
		if (i % 16 == 0)
			obj = mag_krealloc(mag_krealloc(obj, 0, GFP_KERNEL),
					   size, GFP_KERNEL);
		else
			obj = mag_krealloc(obj, size, GFP_KERNEL);
		KUNIT_ASSERT_GE(test, mag_ksize(obj), size);
		moves += obj != was;
		if (i % 16)
			KUNIT_ASSERT_TRUE(test, numbered(obj, min(size, last)));
	}
	mag_kfree(obj);
	KUNIT_EXPECT_GT(test, moves, 100);
}

/* As long as every call says __GFP_ZERO; in place, and when it moves. */
static void realloc_zeroes_what_is_new(struct kunit *test)
{
	static const size_t steps[][4] = {
		{ 100, 50, 104, 1000 },
		{ 20000, 1, 20000, 30000 },
		{ 40000, 10, 40000, 70000 },
	};
	gfp_t gfp = GFP_KERNEL | __GFP_ZERO;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		const size_t *step = steps[i];
		u8 *obj = mag_krealloc(NULL, step[0], gfp);

		KUNIT_ASSERT_NOT_NULL(test, obj);
		memset(obj, 0xff, step[0]);
		obj = mag_krealloc(obj, step[1], gfp);
		obj = mag_krealloc(obj, step[2], gfp);
		KUNIT_EXPECT_NULL(test, memchr_inv(obj, 0xff, step[1]));
		KUNIT_EXPECT_NULL(test, memchr_inv(obj + step[1], 0,
						   step[2] - step[1]));

		memset(obj, 0xff, step[2]);
		obj = mag_krealloc(obj, step[3], gfp);
		KUNIT_ASSERT_NOT_NULL(test, obj);
		KUNIT_EXPECT_NULL(test, memchr_inv(obj, 0xff, step[2]));
		KUNIT_EXPECT_NULL(test, memchr_inv(obj + step[2], 0,
						   step[3] - step[2]));
		mag_kfree(obj);
	}
}

/* Whole pages. */

static void large_objects_hold_the_pages_they_need(struct kunit *test)
{
	size_t size = 5 * SZ_16K + 1;
	struct mag_kmalloc_class before = class_of(test, SIZE_MAX), now;
	void *obj = mag_kmalloc(size, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, obj);
	now = class_of(test, SIZE_MAX);
	KUNIT_EXPECT_EQ(test, mag_ksize(obj), PAGE_ALIGN(size));
	KUNIT_EXPECT_EQ(test, now.live, before.live + 1);
	KUNIT_EXPECT_EQ(test, now.pages,
			before.pages + PAGE_ALIGN(size) / PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, now.held_bytes,
			before.held_bytes + PAGE_ALIGN(size));
	mag_kfree(obj);
}

#define LARGE_OBJECTS 100

/* The @nr-th page from the start of each of @objs, freed or not: in use. */
static u32 pages_in_use(void **objs, u32 nr)
{
	u32 i, in_use = 0;

	for (i = 0; i < LARGE_OBJECTS; i++)
		in_use += page_ref_count(virt_to_page(objs[i]) + nr) > 0;
	return in_use;
}

/* Others may have some of what was given back by then, but not most. */
static void large_objects_leave_no_page(struct kunit *test)
{
	size_t size = MAG_KMALLOC_CLASS_MAX + 1;
	void **objs = mag_kunit_array(test, LARGE_OBJECTS);
	u32 i;

	for (i = 0; i < LARGE_OBJECTS; i++) {
		objs[i] = mag_kmalloc(size, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, objs[i]);
	}
	KUNIT_EXPECT_EQ(test, pages_in_use(objs, 0), LARGE_OBJECTS);
	KUNIT_EXPECT_EQ(test, pages_in_use(objs, 8), LARGE_OBJECTS);
	KUNIT_EXPECT_LT(test, pages_in_use(objs, 9), LARGE_OBJECTS / 2);
	KUNIT_EXPECT_LT(test, pages_in_use(objs, 15), LARGE_OBJECTS / 2);

	for (i = 0; i < LARGE_OBJECTS; i++)
		mag_kfree(objs[i]);
	KUNIT_EXPECT_LT(test, pages_in_use(objs, 0), LARGE_OBJECTS / 2);
	KUNIT_EXPECT_LT(test, pages_in_use(objs, 8), LARGE_OBJECTS / 2);
}

static void memory_is_of_the_node(struct kunit *test)
{
	void *obj;
	int node;
	u32 i;

	for_each_node_state(node, N_NORMAL_MEMORY) {
		for (i = 0; i < ARRAY_SIZE(some_sizes); i++) {
			obj = mag_kmalloc_node(some_sizes[i], GFP_KERNEL, node);
			KUNIT_ASSERT_NOT_NULL(test, obj);
			KUNIT_EXPECT_EQ(test, page_to_nid(virt_to_page(obj)),
					node);
			KUNIT_EXPECT_NULL(test,
					  object_fault(obj, some_sizes[i]));
			mag_kfree(obj);
		}
	}
}

/* Debugging. */

/* Each of some sizes, twice: the second time from what the first one freed. */
static void use_debugged_classes(struct kunit *test)
{
	size_t size;
	u32 i, turn;
	void *obj;

	for (i = 0; i < ARRAY_SIZE(some_sizes); i++) {
		size = some_sizes[i];
		for (turn = 0; turn < 2; turn++) {
			obj = mag_kzalloc(size, GFP_KERNEL);
			KUNIT_EXPECT_NOT_NULL(test, obj);
			if (!obj)
				return;
			KUNIT_EXPECT_NULL(test, object_fault(obj, size));
			KUNIT_EXPECT_NULL(test, memchr_inv(obj, 0, size));
			memset(obj, 0xa5, mag_ksize(obj));
			mag_kfree(obj);
		}
	}
}

static void sum_up_class(struct mag_cache *cache, void *arg)
{
	struct mag_cache_stats stats = mag_kunit_stats(cache);
	u64 *sum = arg;

	if (!mag_kmalloc_owns(cache))
		return;
	sum[0] += mag_cache_debug_flags(cache) == MAG_CACHE_DEBUG;
	sum[1] += stats.allocs;
	sum[2] += stats.bugs + stats.magazines;
}

/* As by the module's parameter, which is set when they are made. */
static void classes_may_be_debugged(struct kunit *test)
{
	u64 sum[3] = {};
	int err;

	mag_kmalloc_exit();
	KUNIT_EXPECT_EQ(test, mag_debug_default_set("CRPT,kmalloc-*"), 0);
	err = mag_kmalloc_init();
	mag_debug_default_set("-");
	KUNIT_ASSERT_EQ(test, err, 0);

	use_debugged_classes(test);
	mag_cache_for_each(sum_up_class, sum);
	KUNIT_EXPECT_GT(test, sum[0], 50);
	KUNIT_EXPECT_GT(test, sum[1], 20);
	KUNIT_EXPECT_EQ(test, sum[2], 0);

	mag_kmalloc_exit();
	KUNIT_EXPECT_EQ(test, mag_kmalloc_init(), 0);
}

/* Contexts. */

/**
 * struct guest - calls made in another context
 * @objs: of which each context frees what the one before it allocated
 * @missed: objects not got
 */
struct guest {
	void *objs[ARRAY_SIZE(some_sizes)];
	u32 missed;
};

static void guest_visit(void *arg)
{
	struct guest *guest = arg;
	void *moved;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(some_sizes); i++) {
		/* Nobody may rely on many pages together at once. */
		if (some_sizes[i] > SZ_64K + 1)
			continue;
		mag_kfree(guest->objs[i]);
		guest->objs[i] = mag_kmalloc(some_sizes[i], GFP_ATOMIC);
		if (!guest->objs[i]) {
			guest->missed++;
			continue;
		}
		moved = mag_krealloc(guest->objs[i], some_sizes[i] * 2,
				     GFP_ATOMIC);
		if (moved)
			guest->objs[i] = moved;
		else
			guest->missed++;
	}
}

static void interrupts_may_call(struct kunit *test)
{
	struct guest *guest = kunit_kzalloc(test, sizeof(*guest), GFP_KERNEL);
	struct mag_context ctx;
	u32 i;

	KUNIT_ASSERT_NOT_NULL(test, guest);
	mag_kunit_pin(test, cpumask_first(cpu_online_mask));
	mag_context_init(&ctx);
	for (i = 0; i < 30; i++)
		mag_context_call(&ctx, i % MAG_NR_CONTEXTS, guest_visit, guest);
	mag_context_exit(&ctx);

	for (i = 0; i < ARRAY_SIZE(some_sizes); i++)
		mag_kfree(guest->objs[i]);
	KUNIT_EXPECT_EQ(test, guest->missed, 0);
}

static struct kunit_case kmalloc_cases[] = {
	KUNIT_CASE(every_size_fits_and_wastes_little),
	KUNIT_CASE(every_object_is_aligned),
	KUNIT_CASE(every_class_is_aligned),
	KUNIT_CASE(none_and_nothing),
	KUNIT_CASE(too_much_is_refused),
	KUNIT_CASE(arrays_are_of_their_size),
	KUNIT_CASE(classes_are_what_they_say),
	KUNIT_CASE(no_two_share_a_byte),
	KUNIT_CASE(freed_memory_comes_back_zeroed),
	KUNIT_CASE(realloc_of_nothing_allocates),
	KUNIT_CASE(realloc_to_nothing_frees),
	KUNIT_CASE(realloc_stays_where_there_is_room),
	KUNIT_CASE(realloc_keeps_the_content),
	KUNIT_CASE(realloc_zeroes_what_is_new),
	KUNIT_CASE(large_objects_hold_the_pages_they_need),
	KUNIT_CASE(large_objects_leave_no_page),
	KUNIT_CASE(memory_is_of_the_node),
	KUNIT_CASE(classes_may_be_debugged),
	KUNIT_CASE(interrupts_may_call),
	{}
};

/* Where suites run before the module is initialised, classes are theirs. */
static bool own_classes;

static int kmalloc_suite_init(struct kunit_suite *suite)
{
	int err = 0;

	mag_kunit_suite_init(suite);
	own_classes = !mag_kunit_kmalloc_ready();
	if (own_classes)
		err = mag_kmalloc_init();
	/* Of a suite that fails here, the exit is not called. */
	if (err)
		mag_kunit_suite_exit(suite);
	return err;
}

static void kmalloc_suite_exit(struct kunit_suite *suite)
{
	if (own_classes)
		mag_kmalloc_exit();
	mag_kunit_suite_exit(suite);
}

static struct kunit_suite kmalloc_suite = {
	.name = "magslab_kmalloc",
	.suite_init = kmalloc_suite_init,
	.suite_exit = kmalloc_suite_exit,
	.exit = expect_nothing_left,
	.test_cases = kmalloc_cases,
};

kunit_test_suite(kmalloc_suite);
