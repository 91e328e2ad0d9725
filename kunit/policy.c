// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit: knobs, their bounds and texts; presets; the defaults of new caches;
 * and knobs that are turned while loads run.
 */
#include <kunit/test.h>
#include <linux/cpumask.h>
#include <linux/limits.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "helpers.h"

#define OBJECT_SIZE 256
#define TURNS	    300 /* of a knob, while loads run */
#define BATCH	    200 /* objects, more than two magazines */

static void knob_desc(const struct mag_knob *knob, char *desc)
{
	strscpy(desc, knob->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(knob, mag_knobs, knob_desc);

static const struct mag_knob *knob_named(struct kunit *test, const char *name)
{
	const struct mag_knob *knob = mag_knob_find(name);

	KUNIT_ASSERT_NOT_NULL(test, knob);
	return knob;
}

static void knob_is_found_by_its_name(struct kunit *test)
{
	const struct mag_knob *knob = test->param_value;

	KUNIT_EXPECT_PTR_EQ(test, mag_knob_find(knob->name), knob);
	KUNIT_EXPECT_NULL(test, mag_knob_find("magazine"));
}

/* No two knobs are one value of the policy. */
static void knob_is_a_value_of_its_own(struct kunit *test)
{
	const struct mag_knob *knob = test->param_value;
	struct mag_policy policy = {}, none = {};
	u32 i;

	*mag_knob_value(&policy, knob) = 1;
	KUNIT_EXPECT_NE(test, memcmp(&policy, &none, sizeof(policy)), 0);
	for (i = 0; i < MAG_NR_KNOBS; i++)
		KUNIT_EXPECT_EQ(test, *mag_knob_value(&policy, &mag_knobs[i]),
				knob == &mag_knobs[i]);
}

static void knob_takes_what_is_within_bounds(struct kunit *test)
{
	struct mag_cache *cache = mag_kunit_cache(test, OBJECT_SIZE, 0, NULL);
	const struct mag_knob *knob = test->param_value;

	KUNIT_EXPECT_EQ(test, mag_cache_set_knob(cache, knob, knob->least), 0);
	KUNIT_EXPECT_EQ(test, mag_cache_get_knob(cache, knob), knob->least);
	KUNIT_EXPECT_EQ(test, mag_cache_set_knob(cache, knob, knob->most), 0);
	KUNIT_EXPECT_EQ(test, mag_cache_get_knob(cache, knob), knob->most);
}

static void knob_refuses_what_is_out_of_bounds(struct kunit *test)
{
	struct mag_cache *cache = mag_kunit_cache(test, OBJECT_SIZE, 0, NULL);
	const struct mag_knob *knob = test->param_value;
	u32 before = mag_cache_get_knob(cache, knob);

	if (knob->least)
		KUNIT_EXPECT_EQ(
			test, mag_cache_set_knob(cache, knob, knob->least - 1),
			-ERANGE);
	KUNIT_EXPECT_EQ(test, mag_cache_set_knob(cache, knob, knob->most + 1),
			-ERANGE);
	KUNIT_EXPECT_EQ(test, mag_cache_set_knob(cache, knob, U32_MAX),
			-ERANGE);
	KUNIT_EXPECT_EQ(test, mag_cache_get_knob(cache, knob), before);
}

/* A policy is taken whole or not at all. */
static void policy_refuses_what_a_knob_refuses(struct kunit *test)
{
	struct mag_cache *cache = mag_kunit_cache(test, OBJECT_SIZE, 0, NULL);
	const struct mag_knob *knob = test->param_value;
	struct mag_policy before, wanted, after;

	mag_cache_get_policy(cache, &before);
	wanted = mag_preset_policy(MAG_PRESET_DPDK, cache->size, PAGE_SIZE);
	*mag_knob_value(&wanted, knob) = knob->most + 1;
	KUNIT_EXPECT_EQ(test, mag_cache_set_policy(cache, &wanted), -ERANGE);
	mag_cache_get_policy(cache, &after);
	KUNIT_EXPECT_EQ(test, memcmp(&before, &after, sizeof(before)), 0);
}

static void knob_reads_what_it_writes(struct kunit *test)
{
	const struct mag_knob *knob = test->param_value;
	char text[MAG_KNOB_TEXT + 1];
	u32 value, ends[] = { knob->least, knob->most };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(ends); i++) {
		value = ~ends[i];
		KUNIT_EXPECT_GT(test, mag_knob_format(knob, ends[i], text), 0);
		KUNIT_EXPECT_EQ(test, mag_knob_parse(knob, text, &value), 0);
		KUNIT_EXPECT_EQ(test, value, ends[i]);
		/* As echo writes it. */
		strcat(text, "\n");
		KUNIT_EXPECT_EQ(test, mag_knob_parse(knob, text, &value), 0);
		KUNIT_EXPECT_EQ(test, value, ends[i]);
	}
}

static void knob_refuses_what_it_cannot_read(struct kunit *test)
{
	static const char *const texts[] = {
		"", "\n", "some", "-1", "1x", "0x10", "1 2", "4294967296"
	};
	const struct mag_knob *knob = test->param_value;
	u32 i, value = 77;

	for (i = 0; i < ARRAY_SIZE(texts); i++)
		KUNIT_EXPECT_LT_MSG(test,
				    mag_knob_parse(knob, texts[i], &value), 0,
				    "text \"%s\"", texts[i]);
	KUNIT_EXPECT_EQ(test, value, 77);
}

/* What a refusal says is what there is to choose from. */
static void knob_range_names_its_ends(struct kunit *test)
{
	const struct mag_knob *knob = test->param_value;
	char range[MAG_KNOB_TEXT], end[MAG_KNOB_TEXT];

	KUNIT_EXPECT_LT(test, mag_knob_range(knob, range), MAG_KNOB_TEXT - 1);
	mag_knob_format(knob, knob->least, end);
	KUNIT_EXPECT_PTR_EQ(test, strstr(range, end), (char *)range);
	mag_knob_format(knob, knob->most, end);
	KUNIT_EXPECT_NOT_NULL(test, strstr(range, end));
}

/* The last two are of machines with pages of 64 KiB. */
static const u32 sizes[] = {
	8,    64,   65,	   128,	  129,	 255,	256,   257,    512,	513,
	1023, 1024, 2048,  3072,  3200,	 3201,	4096,  4097,   8191,	8192,
	8193, 9216, 12288, 16384, 32768, 65535, 65536, 524288, 1048577,
};

static void preset_desc(const u32 *size, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%u bytes", *size);
}

KUNIT_ARRAY_PARAM(size, sizes, preset_desc);

static void preset_is_within_bounds(struct kunit *test)
{
	const u32 *size = test->param_value;
	struct mag_policy policy;
	int preset;
	u32 i;

	for (preset = 0; preset < MAG_NR_PRESETS; preset++) {
		policy = mag_preset_policy(preset, *size,
					   max_t(u32, *size, PAGE_SIZE));
		for (i = 0; i < MAG_NR_KNOBS; i++)
			KUNIT_EXPECT_TRUE_MSG(
				test,
				mag_knob_allows(&mag_knobs[i],
						*mag_knob_value(&policy,
								&mag_knobs[i])),
				"%s: %s", mag_preset_name(preset),
				mag_knobs[i].name);
		KUNIT_EXPECT_GE(test, policy.magazine_max,
				policy.magazine_rounds);
	}
}

struct preset_case {
	enum mag_preset preset;
	u32 size;
	u32 rounds;
	u32 max;
};

/* By hand from the tables that they are taken from. */
static const struct preset_case preset_cases[] = {
	{ MAG_PRESET_MAGSLAB, 64, 61, 509 },
	{ MAG_PRESET_MAGSLAB, 256, 61, 509 },
	{ MAG_PRESET_MAGSLAB, 257, 29, 509 },
	{ MAG_PRESET_MAGSLAB, 4096, 5, 64 },
	{ MAG_PRESET_BONWICK, 64, 15, 143 },
	{ MAG_PRESET_BONWICK, 256, 7, 143 },
	{ MAG_PRESET_BONWICK, 257, 3, 143 },
	{ MAG_PRESET_BONWICK, 511, 3, 143 },
	{ MAG_PRESET_BONWICK, 512, 3, 95 },
	{ MAG_PRESET_BONWICK, 4096, 1, 31 },
	{ MAG_PRESET_BONWICK, 65536, 1, 1 },
	{ MAG_PRESET_UMA, 64, 254, 254 },
	{ MAG_PRESET_UMA, 65, 126, 254 },
	{ MAG_PRESET_UMA, 256, 62, 254 },
	{ MAG_PRESET_UMA, 1024, 16, 254 },
	{ MAG_PRESET_UMA, 4096, 2, 254 },
	{ MAG_PRESET_UMA, 8192, 1, 254 },
	{ MAG_PRESET_SHEAVES, 255, 60, 60 },
	{ MAG_PRESET_SHEAVES, 256, 28, 28 },
	{ MAG_PRESET_SHEAVES, 1024, 12, 12 },
	{ MAG_PRESET_SHEAVES, PAGE_SIZE, 4, 4 },
	{ MAG_PRESET_DPDK, 2048, 512, 512 },
	{ MAG_PRESET_DPDK, 65536, 16, 16 },
	{ MAG_PRESET_DPDK, 1048577, 1, 1 },
};

static void preset_case_desc(const struct preset_case *c, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s, %u bytes",
		 mag_preset_name(c->preset), c->size);
}

KUNIT_ARRAY_PARAM(preset_case, preset_cases, preset_case_desc);

static void preset_has_the_sizes_of_its_source(struct kunit *test)
{
	const struct preset_case *c = test->param_value;
	struct mag_policy policy =
		mag_preset_policy(c->preset, c->size, PAGE_SIZE);

	KUNIT_EXPECT_EQ(test, policy.magazine_rounds, c->rounds);
	KUNIT_EXPECT_EQ(test, policy.magazine_max, c->max);
}

/* Likewise, of objects of 256 bytes in slabs of 4 KiB. */
static const struct mag_policy whole_presets[MAG_NR_PRESETS] = {
	[MAG_PRESET_MAGSLAB] = { 2, 61, 509, 67, 16, 8, MAG_RESIZE_INTERVAL, 3,
				 MAG_REMOTE_AWAY, MAG_REAP_WORKING_SET, 5000 },
	[MAG_PRESET_BONWICK] = { 2, 7, 143, MAG_KNOB_NO_LIMIT, 0, 0,
				 MAG_RESIZE_INTERVAL, 3, MAG_REMOTE_IGNORE,
				 MAG_REAP_WORKING_SET, 15000 },
	[MAG_PRESET_UMA] = { 2, 62, 254, MAG_KNOB_NO_LIMIT, 0,
			     MAG_KNOB_NO_LIMIT, MAG_RESIZE_EVENT, 0,
			     MAG_REMOTE_AWAY, MAG_REAP_WORKING_SET, 20000 },
	[MAG_PRESET_SHEAVES] = { 2, 28, 28, 10, 0, 5, MAG_RESIZE_NEVER, 0,
				 MAG_REMOTE_SLAB, MAG_REAP_NEVER, 5000 },
	[MAG_PRESET_DPDK] = { 1, 512, 512, MAG_KNOB_NO_LIMIT, 0,
			      MAG_KNOB_NO_LIMIT, MAG_RESIZE_NEVER, 0,
			      MAG_REMOTE_IGNORE, MAG_REAP_NEVER, 5000 },
};

static void preset_has_all_its_rules(struct kunit *test)
{
	const struct mag_knob *knob = test->param_value;
	struct mag_policy wanted, policy;
	int preset;

	for (preset = 0; preset < MAG_NR_PRESETS; preset++) {
		wanted = whole_presets[preset];
		policy = mag_preset_policy(preset, 256, SZ_4K);
		KUNIT_EXPECT_EQ_MSG(test, *mag_knob_value(&policy, knob),
				    *mag_knob_value(&wanted, knob), "%s: %s",
				    mag_preset_name(preset), knob->name);
	}
}

static void preset_is_found_by_its_name(struct kunit *test)
{
	int preset;

	for (preset = 0; preset < MAG_NR_PRESETS; preset++)
		KUNIT_EXPECT_EQ(test, mag_preset_find(mag_preset_name(preset)),
				preset);
	KUNIT_EXPECT_EQ(test, mag_preset_find("uma\n"), MAG_PRESET_UMA);
	KUNIT_EXPECT_EQ(test, mag_preset_find("slab"), -EINVAL);
	KUNIT_EXPECT_EQ(test, mag_preset_find(""), -EINVAL);
}

static void preset_is_recognised(struct kunit *test)
{
	struct mag_cache *cache = mag_kunit_cache(test, OBJECT_SIZE, 0, NULL);
	int preset;

	for (preset = 0; preset < MAG_NR_PRESETS; preset++) {
		mag_cache_set_preset(cache, preset);
		KUNIT_EXPECT_EQ(test, mag_cache_get_preset(cache), preset);
		KUNIT_EXPECT_EQ(test, cache->magazine_rounds,
				cache->policy.magazine_rounds);
	}
	KUNIT_EXPECT_EQ(
		test,
		mag_cache_set_knob(cache, knob_named(test, "depot_max"), 7), 0);
	KUNIT_EXPECT_EQ(test, mag_cache_get_preset(cache), -ENOENT);
}

static void new_size_is_that_of_the_next_magazine(struct kunit *test)
{
	struct mag_cache *cache = mag_kunit_cache(test, OBJECT_SIZE, 0, NULL);
	const struct mag_knob *rounds = knob_named(test, "magazine_rounds");
	struct mag_magazine *mag;

	/* Below and above the size that it has, and grown past its own. */
	KUNIT_ASSERT_EQ(test, mag_cache_set_knob(cache, rounds, 9), 0);
	mag = mag_magazine_create(cache, mag_home_node());
	KUNIT_ASSERT_NOT_NULL(test, mag);
	KUNIT_EXPECT_EQ(test, mag->capacity, 9);
	mag_magazine_destroy(cache, mag);

	mag_policy_grow(cache);
	KUNIT_EXPECT_GT(test, cache->magazine_rounds, 9);
	KUNIT_ASSERT_EQ(test, mag_cache_set_knob(cache, rounds, 9), 0);
	KUNIT_EXPECT_EQ(test, cache->magazine_rounds, 9);
	KUNIT_ASSERT_EQ(test, mag_cache_set_knob(cache, rounds, 100), 0);
	KUNIT_EXPECT_EQ(test, cache->magazine_rounds, 100);
}

static void new_bound_is_that_of_grown_magazines(struct kunit *test)
{
	struct mag_cache *cache = mag_kunit_cache(test, OBJECT_SIZE, 0, NULL);
	const struct mag_knob *most = knob_named(test, "magazine_max");
	u32 least = cache->policy.magazine_rounds;

	mag_policy_grow(cache);
	mag_policy_grow(cache);
	KUNIT_ASSERT_GT(test, cache->magazine_rounds, least + 3);
	KUNIT_ASSERT_EQ(test, mag_cache_set_knob(cache, most, least + 3), 0);
	KUNIT_EXPECT_EQ(test, cache->magazine_rounds, least + 3);
	/* It bounds growth alone, not what they begin with. */
	KUNIT_ASSERT_EQ(test, mag_cache_set_knob(cache, most, 1), 0);
	KUNIT_EXPECT_EQ(test, cache->magazine_rounds, least);
	mag_policy_grow(cache);
	KUNIT_EXPECT_EQ(test, cache->magazine_rounds, least);
}

static unsigned long reaping_is_due_ms(struct mag_cache *cache)
{
	return jiffies_to_msecs(cache->reap_work.timer.expires - jiffies);
}

/* A cache that was never reaped, or late, is from now on as the knob says. */
static void new_reaping_begins_at_once(struct kunit *test)
{
	struct mag_cache *cache = mag_kunit_cache(test, OBJECT_SIZE, 0, NULL);
	const struct mag_knob *interval = knob_named(test, "reap_interval_ms");
	const struct mag_knob *rule = knob_named(test, "reap_rule");
	void *obj = mag_cache_alloc(cache, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, obj);
	KUNIT_EXPECT_FALSE(test, delayed_work_pending(&cache->reap_work));
	KUNIT_ASSERT_EQ(test, mag_cache_set_knob(cache, interval, 3600000), 0);
	KUNIT_EXPECT_FALSE(test, delayed_work_pending(&cache->reap_work));

	KUNIT_ASSERT_EQ(test, mag_cache_set_knob(cache, rule, MAG_REAP_ALL), 0);
	KUNIT_EXPECT_TRUE(test, delayed_work_pending(&cache->reap_work));
	KUNIT_EXPECT_GT(test, reaping_is_due_ms(cache), 3000000);
	KUNIT_ASSERT_EQ(test, mag_cache_set_knob(cache, interval, 1000000), 0);
	KUNIT_EXPECT_LE(test, reaping_is_due_ms(cache), 1000100);
	mag_cache_free(cache, obj);
}

static struct mag_cache *plain_cache(struct kunit *test, const char *name,
				     size_t size)
{
	struct mag_cache *cache = mag_cache_create(name, size, 0, NULL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, cache);
	return cache;
}

/* The defaults are the module's: put back whatever becomes of the test. */
static void policy_exit(struct kunit *test)
{
	mag_default_set_preset(MAG_PRESET_MAGSLAB);
	mag_debug_default_set("-");
}

static void defaults_are_of_caches_to_come(struct kunit *test)
{
	const struct mag_knob *depot_max = knob_named(test, "depot_max");
	struct mag_cache *old = plain_cache(test, "old", OBJECT_SIZE);
	struct mag_cache *new;
	u32 value;

	mag_default_set_preset(MAG_PRESET_SHEAVES);
	KUNIT_EXPECT_FALSE(test, mag_default_get_knob(depot_max, &value));
	KUNIT_EXPECT_EQ(test, mag_default_set_knob(depot_max, 3), 0);
	KUNIT_EXPECT_TRUE(test, mag_default_get_knob(depot_max, &value));
	KUNIT_EXPECT_EQ(test, value, 3);
	new = plain_cache(test, "new", OBJECT_SIZE);
	KUNIT_EXPECT_EQ(test, new->policy.depot_max, 3);
	KUNIT_EXPECT_EQ(test, new->policy.magazine_rounds, 28);
	KUNIT_EXPECT_EQ(test, new->magazine_rounds, 28);
	KUNIT_EXPECT_EQ(test, mag_cache_get_preset(old), MAG_PRESET_MAGSLAB);
	KUNIT_EXPECT_EQ(test, mag_cache_destroy(old), 0);
	KUNIT_EXPECT_EQ(test, mag_cache_destroy(new), 0);

	mag_default_clear_knob(depot_max);
	new = plain_cache(test, "new", OBJECT_SIZE);
	KUNIT_EXPECT_EQ(test, mag_cache_get_preset(new), MAG_PRESET_SHEAVES);
	KUNIT_EXPECT_EQ(test, mag_cache_destroy(new), 0);
}

static void default_preset_takes_all_knobs(struct kunit *test)
{
	const struct mag_knob *magazines = knob_named(test, "magazines");
	u32 value;

	KUNIT_EXPECT_EQ(test, mag_default_set_knob(magazines, 1), 0);
	mag_default_set_preset(MAG_PRESET_UMA);
	KUNIT_EXPECT_EQ(test, mag_default_get_preset(), MAG_PRESET_UMA);
	KUNIT_EXPECT_FALSE(test, mag_default_get_knob(magazines, &value));
	KUNIT_EXPECT_EQ(test, mag_default_set_knob(magazines, 3), -ERANGE);
	KUNIT_EXPECT_FALSE(test, mag_default_get_knob(magazines, &value));
}

struct debug_case {
	const char *text;
	const char *name;
	u32 flags;
};

static const struct debug_case debug_cases[] = {
	{ "-", "dentry", 0 },
	{ "C", "dentry", MAG_CACHE_CHECK },
	{ "CRPT", "dentry", MAG_CACHE_DEBUG },
	{ "FZPU\n", "dentry", MAG_CACHE_DEBUG },
	{ "rt", "dentry", MAG_CACHE_REDZONE | MAG_CACHE_TRACK },
	{ "P,dentry", "dentry", MAG_CACHE_POISON },
	{ "P,dentry", "dentry2", 0 },
	{ "P,dentry", "dent", 0 },
	{ "P,dent*\n", "dentry", MAG_CACHE_POISON },
	{ "P,dent*", "den", 0 },
	{ "P,*", "dentry", MAG_CACHE_POISON },
	{ "P,skb*,dentry", "dentry", MAG_CACHE_POISON },
	{ "P,skb*,dentry", "skb_head", MAG_CACHE_POISON },
	{ "P,skb*,dentry", "inode", 0 },
};

static void debug_desc(const struct debug_case *c, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%.*s for %s",
		 (int)strcspn(c->text, "\n"), c->text, c->name);
}

KUNIT_ARRAY_PARAM(debug, debug_cases, debug_desc);

static void debug_default_is_by_name(struct kunit *test)
{
	const struct debug_case *c = test->param_value;
	struct mag_cache *cache;

	KUNIT_ASSERT_EQ(test, mag_debug_default_set(c->text), 0);
	cache = plain_cache(test, c->name, OBJECT_SIZE);
	KUNIT_EXPECT_EQ(test, mag_cache_debug_flags(cache), c->flags);
	KUNIT_EXPECT_EQ(test, mag_cache_destroy(cache), 0);
}

static void debug_default_refuses_nonsense(struct kunit *test)
{
	char text[2 * MAG_DEBUG_GLOBS] = "C,";

	KUNIT_ASSERT_EQ(test, mag_debug_default_set("RT,a*,b"), 0);
	KUNIT_EXPECT_EQ(test, mag_debug_default_set(""), -EINVAL);
	KUNIT_EXPECT_EQ(test, mag_debug_default_set("CX"), -EINVAL);
	KUNIT_EXPECT_EQ(test, mag_debug_default_set("-C"), -EINVAL);
	KUNIT_EXPECT_EQ(test, mag_debug_default_set(",name"), -EINVAL);
	memset(text + 2, 'n', MAG_DEBUG_GLOBS);
	KUNIT_EXPECT_EQ(test, mag_debug_default_set(text), -E2BIG);
	mag_debug_default_get(text, sizeof(text));
	KUNIT_EXPECT_STREQ(test, (char *)text, "RT,a*,b");
}

/* Whatever a cache's creator asked for, debugging adds to it, and it works. */
static void debug_default_suits_every_cache(struct kunit *test)
{
	static const struct mag_cache_args args[] = {
		{},
		{ .ctor = mag_kunit_owner_ctor },
		{ .flags = MAG_CACHE_TYPESAFE_BY_RCU },
		{ .align = PAGE_SIZE },
	};
	static const size_t bytes[] = { 8, OBJECT_SIZE, MAG_CACHE_MAX_SIZE };
	struct mag_cache *cache;
	u32 i, k;
	void *obj;

	KUNIT_ASSERT_EQ(test, mag_debug_default_set("CRPT"), 0);
	for (i = 0; i < ARRAY_SIZE(args); i++) {
		for (k = 0; k < ARRAY_SIZE(bytes); k++) {
			cache = mag_cache_create_args("any", bytes[k],
						      &args[i]);
			KUNIT_ASSERT_NOT_ERR_OR_NULL(test, cache);
			obj = mag_cache_alloc(cache, GFP_KERNEL);
			KUNIT_EXPECT_NOT_NULL(test, obj);
			if (obj)
				mag_cache_free(cache, obj);
			KUNIT_EXPECT_EQ(test, mag_cache_destroy(cache), 0);
		}
	}
}

/**
 * struct turning - a cache under load while a knob is turned
 * @cache: the cache, of objects that know their owner
 * @turned: the last turn was made
 */
struct turning {
	struct mag_cache *cache;
	bool turned;
};

/**
 * struct turning_load - a thread that allocates and frees meanwhile
 * @turning: what is turned
 * @id: the owner of its objects
 * @objs: BATCH of them
 * @broken: objects that had two owners, or none
 * @rounds: batches done
 */
struct turning_load {
	struct turning *turning;
	unsigned long id;
	void **objs;
	u64 broken;
	u64 rounds;
};

static void turning_batch(struct turning_load *load)
{
	struct mag_cache *cache = load->turning->cache;
	u32 i, nr = 0;
	void *obj;

	for (i = 0; i < BATCH; i++) {
		obj = mag_cache_alloc(cache, GFP_KERNEL);
		if (!obj)
			continue;
		if (mag_kunit_claim(obj, OBJECT_SIZE, load->id))
			load->objs[nr++] = obj;
		else
			load->broken++;
	}
	for (i = 0; i < nr; i++) {
		if (mag_kunit_disclaim(load->objs[i], OBJECT_SIZE, load->id))
			mag_cache_free(cache, load->objs[i]);
		else
			load->broken++;
	}
	load->rounds++;
}

static void turning_run(void *arg)
{
	struct turning_load *load = arg;

	do {
		turning_batch(load);
		cond_resched();
	} while (!READ_ONCE(load->turning->turned));
}

static struct turning_load *turning_add(struct kunit *test,
					struct mag_kunit_crew *crew,
					struct turning *turning, int cpu)
{
	struct turning_load *load =
		kunit_kzalloc(test, sizeof(*load), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, load);
	load->turning = turning;
	load->id = cpu + 1;
	load->objs = mag_kunit_array(test, BATCH);
	mag_kunit_crew_add(crew, cpu, turning_run, load);
	return load;
}

/* One load a CPU; @turn is called TURNS times.  The cache must end empty. */
static void turn_under_load(struct kunit *test,
			    void (*turn)(struct kunit *test,
					 struct mag_cache *cache, u32 nth))
{
	struct turning *turning;
	struct turning_load **loads;
	struct mag_kunit_crew *crew;
	u32 nth, nr = 0, i;
	int cpu;

	turning = kunit_kzalloc(test, sizeof(*turning), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, turning);
	turning->cache =
		mag_kunit_cache(test, OBJECT_SIZE, 0, mag_kunit_owner_ctor);
	loads = (struct turning_load **)mag_kunit_array(test, nr_cpu_ids);
	/* Memory for the loads is there before the crew, and after it. */
	crew = mag_kunit_crew(test);
	for_each_online_cpu(cpu)
		loads[nr++] = turning_add(test, crew, turning, cpu);

	mag_kunit_crew_start(crew);
	for (nth = 0; nth < TURNS; nth++) {
		turn(test, turning->cache, nth);
		/* So that loads go on between two turns, if on one CPU alone. */
		if (nth % 10 == 0)
			schedule_timeout_uninterruptible(1);
	}
	WRITE_ONCE(turning->turned, true);
	mag_kunit_crew_wait(crew);
	for (i = 0; i < nr; i++) {
		KUNIT_EXPECT_EQ(test, loads[i]->broken, 0);
		KUNIT_EXPECT_GT(test, loads[i]->rounds, 1);
	}
	KUNIT_ASSERT_EQ(test,
			mag_cache_set_knob(turning->cache,
					   knob_named(test, "reap_rule"),
					   MAG_REAP_NEVER),
			0);
	cancel_delayed_work_sync(&turning->cache->reap_work);
}

static void turn_magazines(struct kunit *test, struct mag_cache *cache, u32 nth)
{
	const struct mag_knob *knob = knob_named(test, "magazines");

	KUNIT_EXPECT_EQ(test, mag_cache_set_knob(cache, knob, 1 + nth % 2), 0);
}

static void one_and_two_magazines_under_load(struct kunit *test)
{
	turn_under_load(test, turn_magazines);
}

/* Each knob in its turn, to one of its ends; not so many slabs and magazines. */
static void turn_any(struct kunit *test, struct mag_cache *cache, u32 nth)
{
	const struct mag_knob *knob = &mag_knobs[nth % MAG_NR_KNOBS];
	bool high = nth / MAG_NR_KNOBS % 2;

	KUNIT_EXPECT_EQ(test,
			mag_cache_set_knob(cache, knob,
					   high ? knob->most : knob->least),
			0);
}

static void every_knob_under_load(struct kunit *test)
{
	turn_under_load(test, turn_any);
}

static void turn_preset(struct kunit *test, struct mag_cache *cache, u32 nth)
{
	mag_cache_set_preset(cache, nth % MAG_NR_PRESETS);
}

static void presets_under_load(struct kunit *test)
{
	turn_under_load(test, turn_preset);
}

/* With one magazine a CPU has one, whatever it had before. */
static void second_magazine_goes(struct kunit *test)
{
	const struct mag_knob *knob = knob_named(test, "magazines");
	struct mag_cache *cache;
	u32 i, nr;
	void **objs;

	mag_kunit_pin(test, cpumask_first(cpu_online_mask));
	cache = mag_kunit_cache(test, OBJECT_SIZE, 0, NULL);
	cache->policy.depot_max = 0;
	nr = 4 * cache->magazine_rounds;
	objs = mag_kunit_array(test, nr);
	mag_kunit_alloc_many(test, cache, objs, nr);
	for (i = 0; i < nr; i++)
		mag_cache_free(cache, objs[i]);
	KUNIT_ASSERT_EQ(test, mag_kunit_stats(cache).magazines, 2);

	KUNIT_ASSERT_EQ(test, mag_cache_set_knob(cache, knob, 1), 0);
	mag_kunit_alloc_many(test, cache, objs, nr);
	for (i = 0; i < nr; i++)
		mag_cache_free(cache, objs[i]);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(cache).magazines, 1);
}

static struct kunit_case policy_cases[] = {
	KUNIT_CASE_PARAM(knob_is_found_by_its_name, knob_gen_params),
	KUNIT_CASE_PARAM(knob_is_a_value_of_its_own, knob_gen_params),
	KUNIT_CASE_PARAM(knob_takes_what_is_within_bounds, knob_gen_params),
	KUNIT_CASE_PARAM(knob_refuses_what_is_out_of_bounds, knob_gen_params),
	KUNIT_CASE_PARAM(policy_refuses_what_a_knob_refuses, knob_gen_params),
	KUNIT_CASE_PARAM(knob_reads_what_it_writes, knob_gen_params),
	KUNIT_CASE_PARAM(knob_refuses_what_it_cannot_read, knob_gen_params),
	KUNIT_CASE_PARAM(knob_range_names_its_ends, knob_gen_params),
	KUNIT_CASE_PARAM(preset_is_within_bounds, size_gen_params),
	KUNIT_CASE_PARAM(preset_has_the_sizes_of_its_source,
			 preset_case_gen_params),
	KUNIT_CASE_PARAM(preset_has_all_its_rules, knob_gen_params),
	KUNIT_CASE(preset_is_found_by_its_name),
	KUNIT_CASE(preset_is_recognised),
	KUNIT_CASE(new_size_is_that_of_the_next_magazine),
	KUNIT_CASE(new_bound_is_that_of_grown_magazines),
	KUNIT_CASE(new_reaping_begins_at_once),
	KUNIT_CASE(defaults_are_of_caches_to_come),
	KUNIT_CASE(default_preset_takes_all_knobs),
	KUNIT_CASE_PARAM(debug_default_is_by_name, debug_gen_params),
	KUNIT_CASE(debug_default_refuses_nonsense),
	KUNIT_CASE(debug_default_suits_every_cache),
	KUNIT_CASE(one_and_two_magazines_under_load),
	KUNIT_CASE(every_knob_under_load),
	KUNIT_CASE(presets_under_load),
	KUNIT_CASE(second_magazine_goes),
	{}
};

static struct kunit_suite policy_suite = {
	.name = "magslab_policy",
	.suite_init = mag_kunit_suite_init,
	.suite_exit = mag_kunit_suite_exit,
	.exit = policy_exit,
	.test_cases = policy_cases,
};

kunit_test_suite(policy_suite);
