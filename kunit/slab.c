// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit: the slab layer: how slabs are cut, that objects neither overlap nor
 * leave their slab, constructed state, the return of pages, and leaks.
 */
#include <kunit/test.h>
#include <linux/align.h>
#include <linux/cpumask.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "helpers.h"

#define BEYOND_ANY_ORDER 60 /* no allocator of pages has that */

struct size_case {
	u32 size;
	u32 align;
};

/* Powers of two, a byte to either side of them, and alignments. */
static const struct size_case size_cases[] = {
	{ 1, 0 },	  { 8, 0 },
	{ 9, 0 },	  { 15, 0 },
	{ 16, 0 },	  { 17, 0 },
	{ 31, 0 },	  { 32, 0 },
	{ 33, 0 },	  { 63, 0 },
	{ 64, 0 },	  { 65, 0 },
	{ 127, 0 },	  { 128, 0 },
	{ 129, 0 },	  { 255, 0 },
	{ 256, 0 },	  { 257, 0 },
	{ 511, 0 },	  { 512, 0 },
	{ 513, 0 },	  { 1023, 0 },
	{ 1024, 0 },	  { 1025, 0 },
	{ 2047, 0 },	  { 2048, 0 },
	{ 2049, 0 },	  { 4095, 0 },
	{ 4096, 0 },	  { 4097, 0 },
	{ 8191, 0 },	  { 8192, 0 },
	{ 5000, 0 },	  { 12288, 0 },
	{ 8193, 0 },	  { 16383, 0 },
	{ 16384, 0 },	  { 16385, 0 },
	{ 32767, 0 },	  { 32768, 0 },
	{ 32769, 0 },	  { 65535, 0 },
	{ 65536, 0 },	  { 1, 1 },
	{ 8, 16 },	  { 33, 32 },
	{ 40, 64 },	  { 192, 128 },
	{ 129, 512 },	  { 700, 1024 },
	{ 1, PAGE_SIZE }, { 4097, PAGE_SIZE },
	{ 65535, 2048 },  { 65536, PAGE_SIZE },
};

static void size_desc(const struct size_case *c, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%u bytes, align %u", c->size,
		 c->align);
}

KUNIT_ARRAY_PARAM(size, size_cases, size_desc);

static void any_ctor(void *obj)
{
}

static u64 slab_bytes(const struct mag_slab_layout *layout)
{
	return (u64)PAGE_SIZE * layout->pages;
}

static u64 layout_waste(const struct mag_cache *cache,
			const struct mag_slab_layout *layout)
{
	return slab_bytes(layout) - (u64)layout->objects * cache->size;
}

/* What is wrong with one layout of @cache, or NULL. */
static const char *layout_fault(const struct mag_cache *cache,
				const struct mag_slab_layout *layout)
{
	u32 last = layout->objects - 1;
	u64 objects_end, links_end;

	if (!layout->objects)
		return "no object fits";
	if (!layout->pages || layout->pages > 1U << layout->order)
		return "it keeps other pages than it draws";
	if (!layout->colours)
		return "no place for the first object";

	objects_end = (u64)layout->objects * cache->size +
		      (u64)(layout->colours - 1) * cache->colour_unit;
	links_end = layout->link_offset + layout->objects * sizeof(u16);
	if (objects_end > slab_bytes(layout))
		return "objects leave the slab";
	if (!!layout->link_offset != !!cache->ctor)
		return "links are in the wrong place";
	if (cache->ctor && links_end > slab_bytes(layout))
		return "links leave the slab";
	if (cache->ctor && layout->link_offset < objects_end)
		return "links lie in constructed objects";
	if (!IS_ALIGNED(layout->link_offset, sizeof(u16)))
		return "links are not aligned";
	if (layout->colours <= U8_MAX &&
	    (cache->ctor ? layout->link_offset : slab_bytes(layout)) -
			    objects_end >=
		    cache->colour_unit)
		return "room for another colour";
	if (reciprocal_divide(last * cache->size, cache->inverse_size) != last)
		return "the last object is taken for another";
	return NULL;
}

static const char *cache_fault(const struct mag_cache *cache, u32 align)
{
	const struct mag_slab_layout *best = &cache->layout[MAG_LAYOUT_BEST];
	const struct mag_slab_layout *least = &cache->layout[MAG_LAYOUT_LEAST];
	const char *fault;

	if (!IS_ALIGNED(cache->size, align))
		return "size is not aligned";
	if (cache->size < cache->object_size ||
	    cache->size - cache->object_size >= align)
		return "size is not the next aligned one";
	fault = layout_fault(cache, best) ?: layout_fault(cache, least);
	if (fault)
		return fault;
	if (best->order < least->order)
		return "best order is below the least";
	if (best->objects * cache->size <= (best->pages - 1) * PAGE_SIZE &&
	    !cache->ctor)
		return "a page is kept for nothing";
	if (least->order && cache->size + (cache->ctor ? sizeof(u16) : 0) <=
				    slab_bytes(least) / 2)
		return "the least order is not the least";
	if (layout_waste(cache, best) * slab_bytes(least) >
	    layout_waste(cache, least) * slab_bytes(best))
		return "best order wastes more than the least";
	return NULL;
}

struct layout_case {
	u32 align;
	void (*ctor)(void *obj);
};

static const struct layout_case layout_cases[] = {
	{ sizeof(void *), NULL },
	{ sizeof(void *), any_ctor },
	{ 64, NULL },
	{ 64, any_ctor },
	{ PAGE_SIZE, NULL },
	{ PAGE_SIZE, any_ctor },
};

static void layout_desc(const struct layout_case *c, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "align %u, %s constructor",
		 c->align, c->ctor ? "with" : "without");
}

KUNIT_ARRAY_PARAM(layout, layout_cases, layout_desc);

/* Arithmetic alone, for each size there is. */
static void layout_is_sound_for_every_size(struct kunit *test)
{
	const struct layout_case *c = test->param_value;
	struct mag_cache *cache;
	const char *fault;
	u32 size;

	cache = kunit_kzalloc(test, sizeof(*cache), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, cache);
	cache->ctor = c->ctor;

	for (size = MAG_CACHE_MIN_SIZE; size <= MAG_CACHE_MAX_SIZE; size++) {
		cache->object_size = size;
		KUNIT_ASSERT_EQ(test, mag_slab_layout_init(cache, c->align), 0);
		fault = cache_fault(cache, c->align);
		if (fault)
			KUNIT_FAIL(test, "%u bytes: %s", size, fault);
		if (fault)
			return;
		cond_resched();
	}
}

struct packing_case {
	u32 size;
	void (*ctor)(void *obj);
	u32 order;
	u32 pages;
	u32 objects;
};

/* By hand, from the rule in mag_slab_layout_init(), for pages of 4 KiB. */
static const struct packing_case packing_cases[] = {
	{ 8, NULL, 0, 1, 512 },	       { 8, any_ctor, 3, 8, 3276 },
	{ 64, NULL, 0, 1, 64 },	       { 192, NULL, 0, 1, 21 },
	{ 192, any_ctor, 0, 1, 21 },   { 232, NULL, 1, 2, 35 },
	{ 256, NULL, 0, 1, 16 },       { 512, NULL, 0, 1, 8 },
	{ 1024, NULL, 1, 2, 8 },       { 2048, NULL, 2, 4, 8 },
	{ 4096, NULL, 3, 8, 8 },       { 8192, NULL, 3, 8, 4 },
	{ 5000, NULL, 3, 5, 4 },       { 12288, NULL, 3, 6, 2 },
	{ 18432, NULL, 3, 5, 1 },      { 32768, NULL, 3, 8, 1 },
	{ 40000, NULL, 4, 10, 1 },     { 65536, NULL, 4, 16, 1 },
	{ 65536, any_ctor, 5, 17, 1 },
};

static void packing_desc(const struct packing_case *c, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%u bytes, %s constructor",
		 c->size, c->ctor ? "with" : "without");
}

KUNIT_ARRAY_PARAM(packing, packing_cases, packing_desc);

static void slabs_are_packed(struct kunit *test)
{
	const struct packing_case *c = test->param_value;
	struct mag_cache *cache = mag_kunit_cache(test, c->size, 0, c->ctor);
	struct mag_cache_stats stats = mag_kunit_stats(cache);

	if (PAGE_SIZE != SZ_4K)
		kunit_skip(test, "the figures are for pages of 4 KiB");

	KUNIT_EXPECT_EQ(test, stats.order, c->order);
	KUNIT_EXPECT_EQ(test, cache->layout[MAG_LAYOUT_BEST].pages, c->pages);
	KUNIT_EXPECT_EQ(test, stats.objects_per_slab, c->objects);
}

/**
 * struct slab_test - objects taken from the slab layer, and nothing above it
 * @cache: the cache
 * @node: the node of the pinned thread
 * @nr: objects taken
 * @objs: the objects
 */
struct slab_test {
	struct mag_cache *cache;
	int node;
	u32 nr;
	void **objs;
};

static u32 per_slab(const struct slab_test *st)
{
	return st->cache->layout[MAG_LAYOUT_BEST].objects;
}

static u64 pages_per_slab(const struct slab_test *st)
{
	return st->cache->layout[MAG_LAYOUT_BEST].pages;
}

/* All the objects of @slabs new slabs. */
static void slab_test_init(struct kunit *test, struct slab_test *st,
			   struct mag_cache *cache, u32 slabs)
{
	u32 i;

	mag_kunit_pin(test, cpumask_first(cpu_online_mask));
	st->cache = cache;
	st->node = mag_home_node();
	st->nr = slabs * per_slab(st);
	st->objs = mag_kunit_array(test, st->nr);
	for (i = 0; i < st->nr; i += per_slab(st)) {
		st->objs[i] = mag_slab_grow(cache, st->node, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, st->objs[i]);
		KUNIT_ASSERT_EQ(test,
				mag_slab_take(cache, st->node, &st->objs[i + 1],
					      per_slab(st) - 1),
				per_slab(st) - 1);
	}
}

static void slab_test_give(struct slab_test *st, u32 from, u32 nr)
{
	mag_slab_give(st->cache, st->objs + from, nr);
}

static void objects_are_aligned(struct kunit *test)
{
	const struct size_case *c = test->param_value;
	u32 align = max_t(u32, c->align, sizeof(void *));
	struct slab_test st;
	u32 i;

	slab_test_init(test, &st,
		       mag_kunit_cache(test, c->size, c->align, NULL), 2);
	for (i = 0; i < st.nr; i++)
		KUNIT_EXPECT_TRUE(test,
				  IS_ALIGNED((unsigned long)st.objs[i], align));
	slab_test_give(&st, 0, st.nr);
}

/* Every byte written of every object, and every object still whole then. */
static void objects_do_not_overlap(struct kunit *test)
{
	const struct size_case *c = test->param_value;
	struct slab_test st;
	u32 i, broken = 0;

	slab_test_init(test, &st,
		       mag_kunit_cache(test, c->size, c->align, NULL), 2);
	for (i = 0; i < st.nr; i++)
		memset(st.objs[i], i % 251, c->size);
	for (i = 0; i < st.nr; i++)
		broken += !!memchr_inv(st.objs[i], i % 251, c->size);
	KUNIT_EXPECT_EQ(test, broken, 0);
	slab_test_give(&st, 0, st.nr);
}

static void objects_stay_in_their_slab(struct kunit *test)
{
	const struct size_case *c = test->param_value;
	u32 i, outside = 0;
	struct slab_test st;
	void *start, *end;

	slab_test_init(test, &st,
		       mag_kunit_cache(test, c->size, c->align, any_ctor), 2);
	for (i = 0; i < st.nr; i++) {
		start = page_address(mag_kunit_slab_page(st.objs[i]));
		end = start + (PAGE_SIZE * pages_per_slab(&st));
		if (st.objs[i] < start || st.objs[i] + c->size > end)
			outside++;
	}
	KUNIT_EXPECT_EQ(test, outside, 0);
	slab_test_give(&st, 0, st.nr);
}

static void objects_come_back_once_each(struct kunit *test)
{
	const struct size_case *c = test->param_value;
	u32 i, got, twice = 0;
	struct slab_test st;
	void *extra;

	slab_test_init(test, &st,
		       mag_kunit_cache(test, c->size, c->align,
				       mag_kunit_owner_ctor),
		       2);
	/* One keeps each slab from going; the rest go and come. */
	slab_test_give(&st, 1, per_slab(&st) - 1);
	slab_test_give(&st, per_slab(&st) + 1, per_slab(&st) - 1);
	st.objs[1] = st.objs[per_slab(&st)];
	got = mag_slab_take(st.cache, st.node, st.objs + 2, st.nr - 2);
	KUNIT_EXPECT_EQ(test, got, st.nr - 2);
	KUNIT_EXPECT_EQ(test, mag_slab_take(st.cache, st.node, &extra, 1), 0);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(st.cache).slabs, 2);

	for (i = 0; i < got + 2; i++)
		twice += !mag_kunit_claim(st.objs[i], sizeof(long), 1);
	KUNIT_EXPECT_EQ(test, twice, 0);
	for (i = 0; i < got + 2; i++)
		mag_kunit_disclaim(st.objs[i], sizeof(long), 1);
	slab_test_give(&st, 0, got + 2);
}

static u32 nr_constructed;

/* Constructors of caches used by one pinned thread. */
static void counting_ctor(void *obj)
{
	nr_constructed++;
}

static void constructor_runs_once_an_object(struct kunit *test)
{
	struct slab_test st;
	u32 turn, got;

	nr_constructed = 0;
	slab_test_init(test, &st, mag_kunit_cache(test, 192, 0, counting_ctor),
		       2);
	KUNIT_EXPECT_EQ(test, nr_constructed, st.nr);

	for (turn = 0; turn < 3; turn++) {
		slab_test_give(&st, 0, st.nr);
		got = mag_slab_take(st.cache, st.node, st.objs, st.nr);
		KUNIT_EXPECT_EQ(test, got, st.nr);
	}
	KUNIT_EXPECT_EQ(test, nr_constructed, st.nr);
	slab_test_give(&st, 0, st.nr);
}

static void constructed_state_is_kept(struct kunit *test)
{
	const struct size_case *c = test->param_value;
	u32 i, changed = 0;
	struct slab_test st;

	slab_test_init(test, &st,
		       mag_kunit_cache(test, c->size, c->align, any_ctor), 2);
	for (i = 0; i < st.nr; i++)
		memset(st.objs[i], 0xa5, c->size);
	slab_test_give(&st, 0, st.nr);
	KUNIT_ASSERT_EQ(test, mag_slab_take(st.cache, st.node, st.objs, st.nr),
			st.nr);
	for (i = 0; i < st.nr; i++)
		changed += !!memchr_inv(st.objs[i], 0xa5, c->size);
	KUNIT_EXPECT_EQ(test, changed, 0);
	slab_test_give(&st, 0, st.nr);
}

/* The free link lay in the object, which init_on_free had zeroed. */
static void zeroed_objects_come_back_zeroed(struct kunit *test)
{
	struct slab_test st;
	u32 i, dirty = 0;

	slab_test_init(test, &st, mag_kunit_cache(test, 64, 0, NULL), 2);
	for (i = 0; i < st.nr; i++)
		memset(st.objs[i], 0, 64);
	slab_test_give(&st, 0, st.nr);
	KUNIT_ASSERT_EQ(test, mag_slab_take(st.cache, st.node, st.objs, st.nr),
			st.nr);
	for (i = 0; i < st.nr; i++)
		dirty += !!memchr_inv(st.objs[i], 0, 64);
	KUNIT_EXPECT_EQ(test, dirty, 0);
	slab_test_give(&st, 0, st.nr);
}

static void last_given_is_first_taken(struct kunit *test)
{
	struct slab_test st;
	void *obj;

	slab_test_init(test, &st, mag_kunit_cache(test, 64, 0, NULL), 1);
	slab_test_give(&st, 3, 1);
	slab_test_give(&st, 7, 1);
	KUNIT_EXPECT_EQ(test, mag_slab_take(st.cache, st.node, &obj, 1), 1);
	KUNIT_EXPECT_PTR_EQ(test, obj, st.objs[7]);
	KUNIT_EXPECT_EQ(test, mag_slab_take(st.cache, st.node, &obj, 1), 1);
	KUNIT_EXPECT_PTR_EQ(test, obj, st.objs[3]);
	KUNIT_EXPECT_EQ(test, mag_slab_take(st.cache, st.node, &obj, 1), 0);
	slab_test_give(&st, 0, st.nr);
}

/* So that empty slabs stay empty, and their pages can go. */
static void partial_slabs_come_before_empty(struct kunit *test)
{
	struct slab_test st;
	void *obj;

	slab_test_init(test, &st, mag_kunit_cache(test, 64, 0, NULL), 2);
	slab_test_give(&st, 0, 1);
	slab_test_give(&st, per_slab(&st), per_slab(&st));

	KUNIT_EXPECT_EQ(test, mag_slab_take(st.cache, st.node, &obj, 1), 1);
	KUNIT_EXPECT_PTR_EQ(test, obj, st.objs[0]);
	slab_test_give(&st, 0, per_slab(&st));
}

static void pages_are_counted(struct kunit *test)
{
	const struct size_case *c = test->param_value;
	struct mag_cache_stats stats;
	struct slab_test st;

	slab_test_init(test, &st,
		       mag_kunit_cache(test, c->size, c->align, NULL), 3);
	stats = mag_kunit_stats(st.cache);
	KUNIT_EXPECT_EQ(test, stats.slabs, 3);
	KUNIT_EXPECT_EQ(test, stats.pages, 3 * pages_per_slab(&st));
	KUNIT_EXPECT_EQ(test, stats.held_bytes,
			3 * pages_per_slab(&st) * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, stats.rounds_cached, st.nr);
	slab_test_give(&st, 0, st.nr);
}

/* A node keeps a few empty slabs; the pages of others return at once. */
static void pages_return_beyond_the_limit(struct kunit *test)
{
	const u32 kept = 2, slabs = 5;
	struct mag_cache *cache;
	struct slab_test st;
	u32 i;

	cache = mag_kunit_cache(test, 512, 0, NULL);
	cache->policy.empty_max = kept;
	slab_test_init(test, &st, cache, slabs);
	for (i = 0; i < slabs; i++) {
		slab_test_give(&st, i * per_slab(&st), per_slab(&st) - 1);
		KUNIT_EXPECT_EQ(test, mag_kunit_stats(cache).slabs,
				slabs - (i > kept ? i - kept : 0));
		slab_test_give(&st, (i + 1) * per_slab(&st) - 1, 1);
	}
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(cache).slabs, kept);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(cache).pages,
			kept * pages_per_slab(&st));
}

static const u32 colour_sizes[] = { 192, 700, 1000, 3000 };

static void colour_desc(const u32 *size, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%u bytes", *size);
}

KUNIT_ARRAY_PARAM(colour, colour_sizes, colour_desc);

/* How far the first object of the @nr-th slab is from the slab's start. */
static size_t first_offset(const struct slab_test *st, u32 nr)
{
	void *first = st->objs[nr * per_slab(st)];

	return first - page_address(mag_kunit_slab_page(first));
}

/* Each place in its turn, so that lines of the CPU's caches are used alike. */
static void slabs_take_colours_in_turn(struct kunit *test)
{
	struct mag_cache *cache =
		mag_kunit_cache(test, *(const u32 *)test->param_value, 0, NULL);
	u32 colours = cache->layout[MAG_LAYOUT_BEST].colours, i;
	struct slab_test st;

	KUNIT_ASSERT_GT(test, colours, 1);
	slab_test_init(test, &st, cache, 2 * colours);
	for (i = 0; i < 2 * colours; i++)
		KUNIT_EXPECT_EQ(test, first_offset(&st, i),
				i % colours * cache->colour_unit);
	slab_test_give(&st, 0, st.nr);
}

static void slabs_may_be_without_colours(struct kunit *test)
{
	const struct mag_cache_args args = { .flags = MAG_CACHE_NO_COLOUR };
	struct slab_test st;
	u32 i;

	slab_test_init(test, &st,
		       mag_kunit_cache_args(
			       test, *(const u32 *)test->param_value, &args),
		       4);
	for (i = 0; i < 4; i++)
		KUNIT_EXPECT_EQ(test, first_offset(&st, i), 0);
	slab_test_give(&st, 0, st.nr);
}

/* Slabs by both layouts live side by side. */
static void least_order_serves_without_the_best(struct kunit *test)
{
	struct mag_cache *cache = mag_kunit_cache(test, PAGE_SIZE / 4, 0, NULL);
	struct mag_slab_layout *best = &cache->layout[MAG_LAYOUT_BEST];
	struct mag_slab_layout *least = &cache->layout[MAG_LAYOUT_LEAST];
	u32 order = best->order, nr;
	struct slab_test st;
	void **objs;

	KUNIT_ASSERT_GT(test, best->order, least->order);
	best->order = BEYOND_ANY_ORDER;
	objs = mag_kunit_array(test, least->objects);
	objs[0] = mag_slab_grow(cache, mag_home_node(), GFP_KERNEL);
	best->order = order;
	KUNIT_ASSERT_NOT_NULL(test, objs[0]);

	nr = mag_slab_take(cache, page_to_nid(virt_to_page(objs[0])), objs + 1,
			   least->objects - 1);
	KUNIT_EXPECT_EQ(test, nr, least->objects - 1);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(cache).pages, 1U << least->order);
	KUNIT_EXPECT_EQ(test, compound_order(virt_to_head_page(objs[0])),
			least->order);

	slab_test_init(test, &st, cache, 1);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(cache).pages,
			(1U << least->order) + (1U << order));
	mag_slab_give(cache, objs, nr + 1);
	slab_test_give(&st, 0, st.nr);
}

#define TRIMMED_SLABS 100

/* Pages of the block at each of @blocks, from @from to before @to, in use. */
static u32 pages_in_use(struct page **blocks, u32 from, u32 to)
{
	u32 i, page, in_use = 0;

	for (i = 0; i < TRIMMED_SLABS; i++)
		for (page = from; page < to; page++)
			in_use += page_ref_count(blocks[i] + page) > 0;
	return in_use;
}

/*
 * What a slab does without goes back when it is drawn, the rest when it goes.
 * Others may have some of it by then, but not most.
 */
static void trimmed_slabs_leave_no_page(struct kunit *test)
{
	struct mag_cache *cache = mag_kunit_cache(test, 5 * PAGE_SIZE, 0, NULL);
	struct page **blocks = (void *)mag_kunit_array(test, TRIMMED_SLABS);
	struct slab_test st;
	u32 i;

	KUNIT_ASSERT_EQ(test, cache->layout[MAG_LAYOUT_BEST].pages, 5);
	KUNIT_ASSERT_EQ(test, cache->layout[MAG_LAYOUT_BEST].order, 3);
	slab_test_init(test, &st, cache, TRIMMED_SLABS);
	for (i = 0; i < TRIMMED_SLABS; i++)
		blocks[i] = mag_kunit_slab_page(st.objs[i]);
	KUNIT_EXPECT_EQ(test, pages_in_use(blocks, 0, 5), 5 * TRIMMED_SLABS);
	KUNIT_EXPECT_LT(test, pages_in_use(blocks, 5, 6), TRIMMED_SLABS / 2);
	KUNIT_EXPECT_LT(test, pages_in_use(blocks, 7, 8), TRIMMED_SLABS / 2);

	slab_test_give(&st, 0, st.nr);
	mag_slab_reap(cache, st.node, true);
	KUNIT_EXPECT_LT(test, pages_in_use(blocks, 0, 1), TRIMMED_SLABS / 2);
	KUNIT_EXPECT_LT(test, pages_in_use(blocks, 4, 5), TRIMMED_SLABS / 2);
}

static void no_pages_no_object(struct kunit *test)
{
	struct mag_cache *cache = mag_kunit_cache(test, 64, 0, NULL);

	cache->layout[MAG_LAYOUT_BEST].order = BEYOND_ANY_ORDER;
	cache->layout[MAG_LAYOUT_LEAST].order = BEYOND_ANY_ORDER;
	KUNIT_EXPECT_NULL(test, mag_slab_grow(cache, mag_home_node(),
					      GFP_KERNEL | __GFP_NOWARN));
	KUNIT_EXPECT_NULL(test,
			  mag_cache_alloc(cache, GFP_KERNEL | __GFP_NOWARN));
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(cache).alloc_failed, 1);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(cache).allocs, 0);
}

struct leak_case {
	const char *name;
	u32 slabs;
	u32 leaked;
};

/* Some of a slab, more than a report names, all of a slab, several slabs. */
static const struct leak_case leak_cases[] = {
	{ "one object", 1, 1 },	   { "nine objects", 1, 9 },
	{ "a whole slab", 1, 64 }, { "a slab and one object", 2, 65 },
	{ "three slabs", 3, 192 },
};

static void leak_desc(const struct leak_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(leak, leak_cases, leak_desc);

static void leaks_are_counted(struct kunit *test)
{
	const struct leak_case *c = test->param_value;
	struct mag_cache *cache;
	struct slab_test st;

	cache = mag_cache_create("kunit_leak", PAGE_SIZE / 64, 0, NULL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, cache);
	slab_test_init(test, &st, cache, c->slabs);
	KUNIT_EXPECT_EQ(test, st.nr, c->slabs * 64);
	slab_test_give(&st, c->leaked, st.nr - c->leaked);

	KUNIT_EXPECT_EQ(test, mag_cache_destroy(cache), c->leaked);
	/* A stray user must not hit a page that has a new owner. */
	memset(st.objs[0], 0x5a, PAGE_SIZE / 64);
	KUNIT_EXPECT_GT(test, page_ref_count(virt_to_head_page(st.objs[0])), 0);
}

static struct kunit_case slab_cases[] = {
	KUNIT_CASE_PARAM(layout_is_sound_for_every_size, layout_gen_params),
	KUNIT_CASE_PARAM(slabs_are_packed, packing_gen_params),
	KUNIT_CASE_PARAM(objects_are_aligned, size_gen_params),
	KUNIT_CASE_PARAM(objects_do_not_overlap, size_gen_params),
	KUNIT_CASE_PARAM(objects_stay_in_their_slab, size_gen_params),
	KUNIT_CASE_PARAM(objects_come_back_once_each, size_gen_params),
	KUNIT_CASE(constructor_runs_once_an_object),
	KUNIT_CASE_PARAM(constructed_state_is_kept, size_gen_params),
	KUNIT_CASE(zeroed_objects_come_back_zeroed),
	KUNIT_CASE(last_given_is_first_taken),
	KUNIT_CASE(partial_slabs_come_before_empty),
	KUNIT_CASE_PARAM(pages_are_counted, size_gen_params),
	KUNIT_CASE(pages_return_beyond_the_limit),
	KUNIT_CASE_PARAM(slabs_take_colours_in_turn, colour_gen_params),
	KUNIT_CASE_PARAM(slabs_may_be_without_colours, colour_gen_params),
	KUNIT_CASE(least_order_serves_without_the_best),
	KUNIT_CASE(trimmed_slabs_leave_no_page),
	KUNIT_CASE(no_pages_no_object),
	KUNIT_CASE_PARAM(leaks_are_counted, leak_gen_params),
	{}
};

static struct kunit_suite slab_suite = {
	.name = "magslab_slab",
	.suite_init = mag_kunit_suite_init,
	.suite_exit = mag_kunit_suite_exit,
	.test_cases = slab_cases,
};

kunit_test_suite(slab_suite);
