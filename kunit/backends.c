// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suite magslab_backends: every backend of the registry obeys the contract of
 * stress/backend.h, and the registry and the pools theirs.
 */
#include <kunit/test.h>

#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/hrtimer.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "../kmod/compat.h"
#include "../kmod/stress/backend.h"
#include "../kmod/stress/backend_noop.h"
#include "../kmod/stress/context.h"
#include "../kmod/uapi/magslab.h"
#include "helpers.h"
#include "runs.h"

#define BACKEND_LIVE   200UL
#define BACKEND_ROUNDS 4
/* Of the concurrent case: exchanged through, operations of a CPU. */
#define BACKEND_SHARED 64U
#define BACKEND_OPS    4000

/* By number; the registry's case sees to it that none is left out. */
static const u32 backend_indexes[] = { 0, 1, 2, 3 };

static void backend_desc(const u32 *index, char *desc)
{
	const struct mag_backend_ops *ops = mag_backend_get(*index);

	strscpy(desc, ops ? ops->name : "none", KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(backend, backend_indexes, backend_desc);

/* Of all sizes and alignments that could matter. */
static const struct mag_pool_spec backend_specs[] = {
	{ .size = 8 },
	{ .size = 24 },
	{ .size = 192 },
	{ .size = 232, .align = 64 },
	{ .size = 8, .align = 256 },
	{ .size = 1500, .align = 128 },
	{ .size = 2048 },
	{ .size = 4096, .align = PAGE_SIZE },
	{ .size = 4104 },
	{ .size = 20000, .align = PAGE_SIZE },
	{ .size = 65536 },
};

static const struct mag_backend_ops *backend_ops(struct kunit *test)
{
	const u32 *index = test->param_value;

	return mag_backend_get(*index);
}

/* Few of the large ones, lest the memory of a small machine not do. */
static unsigned long backend_live(size_t size)
{
	return clamp(SZ_1M / size, 16UL, BACKEND_LIVE);
}

static struct mag_pool *backend_pool(struct kunit *test, size_t size,
				     size_t align, void (*ctor)(void *obj))
{
	const struct mag_pool_spec spec = {
		.name = "kunit",
		.size = size,
		.align = align,
		.ctor = ctor,
		.max_live = backend_live(size),
	};
	struct mag_pool *pool = mag_pool_create(backend_ops(test), &spec);

	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(pool), 0);
	return pool;
}

/* Nothing is out any more, as far as the backend can tell. */
static void backend_destroy(struct kunit *test, struct mag_pool *pool)
{
	struct mag_cache_stats stats = {};

	if (pool->ops == &mag_backend_magazine)
		mag_cache_stats(pool->priv, &stats);
	mag_pool_destroy(pool);
	KUNIT_EXPECT_EQ(test, stats.live, 0ULL);
}

static u32 backend_alloc_all(struct mag_pool *pool, void **objs)
{
	u32 nr = 0;

	while (nr < pool->spec.max_live) {
		objs[nr] = mag_pool_alloc(pool, GFP_KERNEL);
		if (!objs[nr])
			break;
		nr++;
	}
	return nr;
}

static void backend_exit(struct kunit *test)
{
	mag_kunit_expect_no_caches(test);
}

/* Objects. */

/* Each has a pattern of its own from first byte to last. */
static void backend_objects_are_apart_and_aligned(struct kunit *test)
{
	void **objs = mag_kunit_array(test, BACKEND_LIVE);
	u32 s, i, nr;

	for (s = 0; s < ARRAY_SIZE(backend_specs); s++) {
		const struct mag_pool_spec *spec = &backend_specs[s];
		size_t align = max(spec->align, sizeof(void *));
		struct mag_pool *pool;
		u32 crooked = 0, spoilt = 0;

		pool = backend_pool(test, spec->size, spec->align, NULL);
		nr = backend_alloc_all(pool, objs);
		for (i = 0; i < nr; i++) {
			crooked += !IS_ALIGNED((unsigned long)objs[i], align);
			memset(objs[i], i, spec->size);
		}
		for (i = 0; i < nr; i++)
			spoilt += !!memchr_inv(objs[i], i, spec->size);
		mag_pool_free_bulk(pool, nr, objs);
		backend_destroy(test, pool);

		KUNIT_EXPECT_EQ_MSG(test, nr, backend_live(spec->size),
				    "size %zu", spec->size);
		KUNIT_EXPECT_EQ_MSG(test, crooked, 0, "size %zu, align %zu",
				    spec->size, align);
		KUNIT_EXPECT_EQ_MSG(test, spoilt, 0, "size %zu", spec->size);
	}
}

#define BACKEND_CTOR_SIZE 200
#define BACKEND_CTOR_BYTE 0xc7

static void backend_ctor(void *obj)
{
	memset(obj, BACKEND_CTOR_BYTE, BACKEND_CTOR_SIZE);
}

static u32 backend_count_unconstructed(void **objs, u32 nr)
{
	u32 count = 0;

	while (nr--)
		count += !!memchr_inv(objs[nr], BACKEND_CTOR_BYTE,
				      BACKEND_CTOR_SIZE);
	return count;
}

/* Fresh and used ones alike; users leave objects as the constructor does. */
static void backend_objects_come_constructed(struct kunit *test)
{
	void **objs = mag_kunit_array(test, BACKEND_LIVE);
	struct mag_pool *pool =
		backend_pool(test, BACKEND_CTOR_SIZE, 0, backend_ctor);
	u32 round, i, nr, unconstructed = 0, short_of = 0;

	for (round = 0; round < BACKEND_ROUNDS; round++) {
		nr = backend_alloc_all(pool, objs);
		short_of += BACKEND_LIVE - nr;
		unconstructed += backend_count_unconstructed(objs, nr);
		for (i = 0; i < nr; i++) {
			memset(objs[i], i, BACKEND_CTOR_SIZE);
			backend_ctor(objs[i]);
			mag_pool_free(pool, objs[i]);
		}
	}
	backend_destroy(test, pool);

	KUNIT_EXPECT_EQ(test, short_of, 0);
	KUNIT_EXPECT_EQ(test, unconstructed, 0);
}

/* A pool that forgot objects would run dry, or hand one out to two. */
static void backend_loses_none_in_bulk(struct kunit *test)
{
	static const u32 bulks[] = { 1, 2, 63, 64, 65, BACKEND_LIVE };
	void **objs = mag_kunit_array(test, BACKEND_LIVE);
	struct mag_pool *pool = backend_pool(test, 64, 0, mag_kunit_owner_ctor);
	u32 b, i, n, nr, taken = 0, spoilt = 0;

	for (b = 0; b < ARRAY_SIZE(bulks) * BACKEND_ROUNDS; b++) {
		u32 bulk = bulks[b % ARRAY_SIZE(bulks)];

		nr = backend_alloc_all(pool, objs);
		taken += nr;
		for (i = 0; i < nr; i++)
			spoilt += !mag_kunit_claim(objs[i], 64, i + 1);
		for (i = 0; i < nr; i++)
			spoilt += !mag_kunit_disclaim(objs[i], 64, i + 1);
		for (i = 0; i < nr; i += n) {
			n = min(bulk, nr - i);
			mag_pool_free_bulk(pool, n, objs + i);
		}
	}
	backend_destroy(test, pool);

	KUNIT_EXPECT_EQ(test, taken,
			ARRAY_SIZE(bulks) * BACKEND_ROUNDS * BACKEND_LIVE);
	KUNIT_EXPECT_EQ(test, spoilt, 0);
}

static void backend_takes_back_on_another_cpu(struct kunit *test)
{
	void **objs = mag_kunit_array(test, BACKEND_LIVE);
	unsigned int cpu = cpumask_first(cpu_online_mask);
	u32 round, i, nr, taken = 0, spoilt = 0;
	struct mag_pool *pool;

	if (num_online_cpus() < 2)
		kunit_skip(test, "there is no other CPU");

	pool = backend_pool(test, 64, 0, mag_kunit_owner_ctor);
	for (round = 0; round < 4 * BACKEND_ROUNDS; round++) {
		set_cpus_allowed_ptr(current, cpumask_of(cpu));
		nr = backend_alloc_all(pool, objs);
		taken += nr;
		for (i = 0; i < nr; i++)
			spoilt += !mag_kunit_claim(objs[i], 64, i + 1);

		cpu = mag_kunit_next_cpu(cpu);
		set_cpus_allowed_ptr(current, cpumask_of(cpu));
		for (i = 0; i < nr; i++) {
			spoilt += !mag_kunit_disclaim(objs[i], 64, i + 1);
			mag_pool_free(pool, objs[i]);
		}
	}
	backend_destroy(test, pool);

	KUNIT_EXPECT_EQ(test, taken, 4 * BACKEND_ROUNDS * BACKEND_LIVE);
	KUNIT_EXPECT_EQ(test, spoilt, 0);
}

/* Contexts. */

/**
 * struct backend_visit - some allocations and frees in an interrupt
 * @pool: on which
 * @objs: out from one visit to the next
 * @spoilt: objects that were not whole
 * @failed: allocations that returned NULL
 */
struct backend_visit {
	struct mag_pool *pool;
	void *objs[32];
	u32 spoilt;
	u32 failed;
};

static void backend_visit(void *arg)
{
	struct backend_visit *v = arg;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(v->objs); i++) {
		void *obj = v->objs[i];

		if (obj) {
			v->spoilt += !mag_kunit_disclaim(obj, 64, i + 1);
			mag_pool_free(v->pool, obj);
		}
		obj = mag_pool_alloc(v->pool, GFP_ATOMIC);
		if (obj)
			v->spoilt += !mag_kunit_claim(obj, 64, i + 1);
		else
			v->failed++;
		v->objs[i] = obj;
	}
}

static void backend_works_in_every_context(struct kunit *test)
{
	struct mag_context ctx;
	struct backend_visit *v;
	u32 i;

	v = kunit_kzalloc(test, sizeof(*v), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, v);
	mag_kunit_pin(test, cpumask_first(cpu_online_mask));
	v->pool = backend_pool(test, 64, 0, mag_kunit_owner_ctor);
	mag_context_init(&ctx);
	for (i = 0; i < 20 * MAG_NR_CONTEXTS; i++)
		mag_context_call(&ctx, i % MAG_NR_CONTEXTS, backend_visit, v);
	mag_context_exit(&ctx);

	for (i = 0; i < ARRAY_SIZE(v->objs); i++)
		if (v->objs[i])
			mag_pool_free(v->pool, v->objs[i]);
	backend_destroy(test, v->pool);
	KUNIT_EXPECT_EQ(test, v->failed, 0);
	KUNIT_EXPECT_EQ(test, v->spoilt, 0);
}

/* All CPUs at once. */

/**
 * struct backend_crew - what the threads share
 * @pool: on which
 * @shared: objects that nobody has, to be had by any thread
 */
struct backend_crew {
	struct mag_pool *pool;
	void *shared[BACKEND_SHARED];
};

/**
 * struct backend_mate - a thread
 * @crew: its crew
 * @rnd: its random sequence
 * @spoilt: objects that were not whole
 * @failed: allocations that returned NULL
 */
struct backend_mate {
	struct backend_crew *crew;
	struct rnd_state rnd;
	u32 spoilt;
	u32 failed;
};

/* Put one in for what is there, by turns new or nothing, and free the latter. */
static void backend_exchange(void *arg)
{
	struct backend_mate *mate = arg;
	struct backend_crew *crew = mate->crew;
	u32 i;

	for (i = 0; i < BACKEND_OPS; i++) {
		u32 place = mag_kunit_random(&mate->rnd, BACKEND_SHARED);
		void *obj = NULL;

		if (mag_kunit_random(&mate->rnd, 3)) {
			obj = mag_pool_alloc(crew->pool, GFP_KERNEL);
			if (!obj)
				mate->failed++;
			else if (!mag_kunit_claim(obj, 64, place + 1))
				mate->spoilt++;
		}
		obj = xchg(&crew->shared[place], obj);
		if (!obj)
			continue;
		if (!mag_kunit_disclaim(obj, 64, place + 1))
			mate->spoilt++;
		mag_pool_free(crew->pool, obj);
	}
}

/* Destroys the pool. */
static void backend_exchange_on_all_cpus(struct kunit *test,
					 struct mag_pool *pool)
{
	struct backend_crew *shared;
	struct backend_mate *mates;
	struct mag_kunit_crew *crew;
	u32 i, nr = 0, spoilt = 0, failed = 0;
	struct rnd_state rnd;
	int cpu;

	mag_kunit_seed(test, &rnd);
	shared = kunit_kzalloc(test, sizeof(*shared), GFP_KERNEL);
	mates = kunit_kcalloc(test, nr_cpu_ids, sizeof(*mates), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, shared);
	KUNIT_ASSERT_NOT_NULL(test, mates);
	shared->pool = pool;

	crew = mag_kunit_crew(test);
	for_each_online_cpu(cpu) {
		mates[nr].crew = shared;
		prandom_seed_state(&mates[nr].rnd, prandom_u32_state(&rnd));
		mag_kunit_crew_add(crew, cpu, backend_exchange, &mates[nr++]);
	}
	mag_kunit_crew_start(crew);
	mag_kunit_crew_wait(crew);

	for (i = 0; i < nr; i++) {
		spoilt += mates[i].spoilt;
		failed += mates[i].failed;
	}
	for (i = 0; i < BACKEND_SHARED; i++)
		if (shared->shared[i])
			mag_pool_free(shared->pool, shared->shared[i]);
	backend_destroy(test, shared->pool);
	KUNIT_EXPECT_EQ(test, spoilt, 0);
	KUNIT_EXPECT_EQ(test, failed, 0);
}

static void backend_serves_all_cpus_at_once(struct kunit *test)
{
	backend_exchange_on_all_cpus(test, backend_pool(test, 64, 0,
							mag_kunit_owner_ctor));
}

/* Memory. */

static void backend_holds_at_least_what_is_out(struct kunit *test)
{
	void **objs = mag_kunit_array(test, BACKEND_LIVE);
	const struct mag_backend_ops *ops = backend_ops(test);
	u32 s;

	if (!ops->held_bytes)
		kunit_skip(test, "%s cannot tell what it holds", ops->name);

	for (s = 0; s < ARRAY_SIZE(backend_specs); s++) {
		const struct mag_pool_spec *spec = &backend_specs[s];
		struct mag_pool *pool =
			backend_pool(test, spec->size, spec->align, NULL);
		u64 empty = ops->held_bytes(pool);
		u32 nr = backend_alloc_all(pool, objs);
		u64 full = ops->held_bytes(pool);

		mag_pool_free_bulk(pool, nr, objs);
		backend_destroy(test, pool);
		KUNIT_EXPECT_GE_MSG(test, full, (u64)nr * spec->size,
				    "size %zu", spec->size);
		KUNIT_EXPECT_GE_MSG(test, full, empty, "size %zu", spec->size);
		KUNIT_EXPECT_LE_MSG(test, full, (u64)SZ_1G, "size %zu",
				    spec->size);
	}
}

static void backend_of_a_pool_too_large_for_memory_says_so(struct kunit *test)
{
	const struct mag_pool_spec spec = {
		.name = "kunit",
		.size = 65536,
		.max_live = ULONG_MAX,
	};
	struct mag_pool *pool;

	/* Of the registry, only this one draws all its memory at once. */
	pool = mag_pool_create(&mag_backend_noop, &spec);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(pool), -ENOMEM);
	mag_pool_destroy(pool);
}

/* The registry and the pools. */

static void backend_registry_is_covered(struct kunit *test)
{
	u32 i;

	KUNIT_EXPECT_EQ(test, mag_backend_count(), ARRAY_SIZE(backend_indexes));
	KUNIT_EXPECT_NULL(test, mag_backend_get(mag_backend_count()));
	KUNIT_EXPECT_NULL(test, mag_backend_get(U32_MAX));
	/* The first of its name, so the only one. */
	for (i = 0; i < mag_backend_count(); i++) {
		const char *name = mag_backend_get(i)->name;

		KUNIT_EXPECT_EQ(test, mag_kunit_backend(test, name), i);
	}
}

static void backend_ops_are_all_there(struct kunit *test)
{
	const struct mag_backend_ops *ops = backend_ops(test);

	KUNIT_ASSERT_NOT_NULL(test, ops);
	KUNIT_ASSERT_NOT_NULL(test, ops->slabinfo);
	KUNIT_EXPECT_LT(test, strlen(ops->name), (size_t)MAG_NAME_LEN);
	KUNIT_EXPECT_LT(test, strlen(ops->help), (size_t)MAG_HELP_LEN);
	KUNIT_EXPECT_LT(test, strlen(ops->slabinfo), (size_t)MAG_NAME_LEN);
	KUNIT_EXPECT_NOT_NULL(test, ops->init);
	KUNIT_EXPECT_NOT_NULL(test, ops->exit);
	KUNIT_EXPECT_NOT_NULL(test, ops->alloc);
	KUNIT_EXPECT_NOT_NULL(test, ops->free);
	KUNIT_EXPECT_NOT_NULL(test, ops->free_bulk);
	/* Either the backend tells what it holds, or /proc/slabinfo does. */
	KUNIT_EXPECT_EQ(test, !!ops->held_bytes, !*ops->slabinfo);
}

static const struct backend_refusal {
	const char *name;
	struct mag_pool_spec spec;
} backend_refusals[] = {
	{ "no_name", { .size = 64, .max_live = 1 } },
	{ "empty_name", { .name = "", .size = 64, .max_live = 1 } },
	{ "no_size", { .name = "kunit", .max_live = 1 } },
	{ "size_above_64_KiB",
	  { .name = "kunit", .size = 65537, .max_live = 1 } },
	{ "align_no_power_of_two",
	  { .name = "kunit", .size = 64, .align = 24, .max_live = 1 } },
	{ "align_above_a_page",
	  { .name = "kunit",
	    .size = 64,
	    .align = 2 * PAGE_SIZE,
	    .max_live = 1 } },
	{ "none_live", { .name = "kunit", .size = 64 } },
	{ "more_live_on_a_cpu_than_in_all",
	  { .name = "kunit", .size = 64, .max_live = 1, .max_live_cpu = 2 } },
};

static void backend_refusal_name(const struct backend_refusal *refusal,
				 char *desc)
{
	strscpy(desc, refusal->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(backend_refusal, backend_refusals, backend_refusal_name);

static void backend_pool_is_refused(struct kunit *test)
{
	const struct backend_refusal *refusal = test->param_value;
	struct mag_pool *pool;
	u32 i;

	for (i = 0; i < mag_backend_count(); i++) {
		pool = mag_pool_create(mag_backend_get(i), &refusal->spec);
		KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(pool), -EINVAL);
		mag_pool_destroy(pool);
	}
}

/* What noop promises beyond the contract. */

#define NOOP_TURNS    4000
#define NOOP_LEAST    50
#define NOOP_STORM_NS NSEC_PER_SEC
#define NOOP_MAX_NS   20000
#define NOOP_BYTES    4000 /* of an object: a stack holds few */
#define NOOP_LIVE     32UL
#define NOOP_BURST    24U /* allocations of a task: stacks run empty and full */
#define NOOP_OBJECTS  8192 /* more than such a pool has, on 500 CPUs */

static struct mag_pool *noop_pool(struct kunit *test, unsigned long max_live)
{
	const struct mag_pool_spec spec = {
		.name = "kunit",
		.size = NOOP_BYTES,
		.ctor = mag_kunit_owner_ctor,
		.max_live = max_live,
	};
	struct mag_pool *pool = mag_pool_create(&mag_backend_noop, &spec);

	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(pool), 0);
	return pool;
}

/* Allocates what there is for this CPU, beside @nr; returns how many are out. */
static u32 noop_alloc_until_null(struct mag_pool *pool, void **objs, u32 nr)
{
	while (nr < NOOP_OBJECTS) {
		objs[nr] = mag_pool_alloc(pool, GFP_ATOMIC);
		if (!objs[nr])
			break;
		nr++;
	}
	return nr;
}

/* Objects that the pool has for this CPU; none is out. */
static u32 noop_count(struct mag_pool *pool, void **objs)
{
	u32 nr = noop_alloc_until_null(pool, objs, 0);

	mag_pool_free_bulk(pool, nr, objs);
	return nr;
}

/* The same, with those that only an interrupt can have. */
static u32 noop_count_all(struct mag_pool *pool, void **objs)
{
	u32 nr = noop_alloc_until_null(pool, objs, 0);

	mag_kunit_noop_enter(pool);
	nr = noop_alloc_until_null(pool, objs, nr);
	mag_kunit_noop_leave(pool);
	mag_pool_free_bulk(pool, nr, objs);
	return nr;
}

/* Leaves the stacks of each CPU full; the last one is the first online. */
static u32 noop_fill_all_stacks(struct mag_pool *pool, void **objs)
{
	unsigned int first = cpumask_first(cpu_online_mask), cpu = first;
	u32 nr;

	do {
		cpu = mag_kunit_next_cpu(cpu);
		set_cpus_allowed_ptr(current, cpumask_of(cpu));
		nr = noop_count(pool, objs);
	} while (cpu != first);
	return nr;
}

static void backend_noop_has_max_live_beside_full_stacks(struct kunit *test)
{
	void **objs = mag_kunit_array(test, NOOP_OBJECTS);
	struct mag_pool *pool = noop_pool(test, NOOP_LIVE);
	u32 here, nested;

	here = noop_fill_all_stacks(pool, objs);
	/* An interrupt cannot have what is in this CPU's stacks either. */
	mag_kunit_noop_enter(pool);
	nested = noop_count(pool, objs);
	mag_kunit_noop_leave(pool);
	mag_pool_destroy(pool);

	KUNIT_EXPECT_GE(test, here, NOOP_LIVE);
	KUNIT_EXPECT_GE(test, nested, NOOP_LIVE);
}

/* Half of them freed where they were allocated, half in the other way. */
static void backend_noop_serves_an_interrupt_on_top(struct kunit *test)
{
	void **objs = mag_kunit_array(test, NOOP_OBJECTS);
	struct mag_pool *pool = noop_pool(test, NOOP_LIVE);
	u32 i, round, spoilt = 0, missing = 0;

	mag_kunit_pin(test, cpumask_first(cpu_online_mask));
	for (round = 0; round < BACKEND_ROUNDS; round++) {
		for (i = 0; i < NOOP_LIVE; i++) {
			if (i & 1)
				mag_kunit_noop_enter(pool);
			objs[i] = mag_pool_alloc(pool, GFP_ATOMIC);
			if (i & 1)
				mag_kunit_noop_leave(pool);
			if (!objs[i])
				missing++;
			else
				spoilt += !mag_kunit_claim(objs[i], NOOP_BYTES,
							   i + 1);
		}
		for (i = 0; i < NOOP_LIVE; i++) {
			if (!objs[i])
				continue;
			spoilt +=
				!mag_kunit_disclaim(objs[i], NOOP_BYTES, i + 1);
			if (i & 2)
				mag_kunit_noop_enter(pool);
			mag_pool_free(pool, objs[i]);
			if (i & 2)
				mag_kunit_noop_leave(pool);
		}
	}
	mag_pool_destroy(pool);

	KUNIT_EXPECT_EQ(test, missing, 0);
	KUNIT_EXPECT_EQ(test, spoilt, 0);
}

static void backend_noop_frees_in_bulk_on_top(struct kunit *test)
{
	void **objs = mag_kunit_array(test, NOOP_OBJECTS);
	struct mag_pool *pool = noop_pool(test, NOOP_LIVE);
	u32 before, nr, after;

	mag_kunit_pin(test, cpumask_first(cpu_online_mask));
	before = noop_count_all(pool, objs);
	nr = noop_alloc_until_null(pool, objs, 0);
	mag_kunit_noop_enter(pool);
	mag_pool_free_bulk(pool, nr, objs);
	mag_kunit_noop_leave(pool);
	after = noop_count_all(pool, objs);
	mag_pool_destroy(pool);

	KUNIT_EXPECT_GE(test, nr, NOOP_LIVE);
	KUNIT_EXPECT_EQ(test, after, before);
}

/* A stack holds few: CPUs meet at the lists of stacks in most of their calls. */
static void backend_noop_exchanges_stacks_on_all_cpus(struct kunit *test)
{
	backend_exchange_on_all_cpus(
		test, noop_pool(test, BACKEND_SHARED + num_online_cpus()));
}

static void backend_noop_holds_what_its_formula_says(struct kunit *test)
{
	u32 s;

	for (s = 0; s < 2 * ARRAY_SIZE(backend_specs); s++) {
		struct mag_pool_spec spec = backend_specs[s / 2];
		struct mag_pool *pool;

		spec.name = "kunit";
		spec.max_live = backend_live(spec.size);
		spec.in_turn = s & 1;
		pool = mag_pool_create(&mag_backend_noop, &spec);
		KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(pool), 0);
		KUNIT_EXPECT_EQ_MSG(test, pool->ops->held_bytes(pool),
				    mag_noop_bytes(&spec, num_online_cpus()),
				    "size %zu", spec.size);
		mag_pool_destroy(pool);
	}
}

/* Of the default workloads, as on 64 CPUs. */
static const struct mag_pool_spec noop_large_specs[] = {
	{ .size = 192, .max_live = 34000 },
	{ .size = 256, .max_live = 34000 },
	{ .size = 232, .align = 64, .max_live = 37000, .max_live_cpu = 1152 },
	{ .size = 1920, .align = 64, .max_live = 35000, .max_live_cpu = 1088 },
	{ .size = 256,
	  .max_live = 64 * 512,
	  .max_live_cpu = 512,
	  .in_turn = true },
};

static void backend_noop_memory_is_linear_in_cpus(struct kunit *test)
{
	u32 s;

	for (s = 0; s < ARRAY_SIZE(noop_large_specs); s++) {
		const struct mag_pool_spec *spec = &noop_large_specs[s];
		u64 live = (u64)spec->max_live * spec->size;
		u64 one = mag_noop_bytes(spec, 1);
		u64 each = mag_noop_bytes(spec, 2) - one;

		KUNIT_EXPECT_LE(test, each, (u64)SZ_256K);
		KUNIT_EXPECT_EQ(test, mag_noop_bytes(spec, 64),
				one + 63 * each);
		KUNIT_EXPECT_EQ(test, mag_noop_bytes(spec, 4096),
				one + 4095 * each);
		KUNIT_EXPECT_GE(test, mag_noop_bytes(spec, 64), live);
		KUNIT_EXPECT_LE(test, mag_noop_bytes(spec, 64), 2 * live);
	}
}

/* As many out as in_turn allows, the oldest freed first. */
static u32 noop_use_in_turn(struct mag_pool *pool, void **objs, u32 depth)
{
	u32 i, spoilt = 0;

	for (i = 0; i < depth; i++)
		objs[i] = NULL;
	for (i = 0; i < BACKEND_ROUNDS * BACKEND_LIVE; i++) {
		void **oldest = &objs[i % depth];

		if (*oldest) {
			spoilt +=
				!mag_kunit_disclaim(*oldest, 64, i % depth + 1);
			mag_pool_free(pool, *oldest);
		}
		*oldest = mag_pool_alloc(pool, GFP_KERNEL);
		spoilt += !*oldest ||
			  !mag_kunit_claim(*oldest, 64, i % depth + 1);
	}
	for (i = 0; i < depth; i++)
		spoilt += !mag_kunit_disclaim(objs[i], 64, i + 1);
	mag_pool_free_bulk(pool, depth, objs);
	return spoilt;
}

static void backend_objects_in_turn_have_one_owner(struct kunit *test)
{
	static const u32 depths[] = { 1, 2, 3, 64, BACKEND_LIVE };
	void **objs = mag_kunit_array(test, BACKEND_LIVE);
	struct mag_pool *pool;
	unsigned int cpu;
	u32 d, spoilt;

	for (d = 0; d < ARRAY_SIZE(depths); d++) {
		const struct mag_pool_spec spec = {
			.name = "kunit",
			.size = 64,
			.ctor = mag_kunit_owner_ctor,
			.max_live = depths[d] * num_online_cpus(),
			.max_live_cpu = depths[d],
			.in_turn = true,
		};

		pool = mag_pool_create(backend_ops(test), &spec);
		KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(pool), 0);
		spoilt = 0;
		for_each_online_cpu(cpu) {
			set_cpus_allowed_ptr(current, cpumask_of(cpu));
			spoilt += noop_use_in_turn(pool, objs, depths[d]);
		}
		backend_destroy(test, pool);
		KUNIT_EXPECT_EQ_MSG(test, spoilt, 0, "depth %u", depths[d]);
	}
}

/* What is in noop's stacks when an interrupt comes at any instruction. */

/**
 * struct noop_storm - a task and an interrupt on one CPU's stacks
 * @timer: brings the interrupt
 * @pool: on noop
 * @kept: by the interrupt, from one of its turns to the next; or NULL
 * @objs: of the interrupt, during its turn
 * @turns: of the interrupt
 */
struct noop_storm {
	struct hrtimer timer;
	struct mag_pool *pool;
	void *kept;
	void **objs;
	u32 turns;
};

/* One by one, the first or the last one first. */
static void noop_free_all(struct mag_pool *pool, void **objs, u32 nr, bool last)
{
	u32 i;

	for (i = 0; i < nr; i++)
		mag_pool_free(pool, objs[last ? nr - 1 - i : i]);
}

/*
 * Allocates one time and frees the next, so that the task finds more and less.
 * In between all stacks of the store change places.
 */
static enum hrtimer_restart noop_interrupts(struct hrtimer *timer)
{
	struct noop_storm *storm =
		container_of(timer, struct noop_storm, timer);
	u32 nr;

	if (storm->kept) {
		mag_pool_free(storm->pool, storm->kept);
		storm->kept = NULL;
	} else {
		storm->kept = mag_pool_alloc(storm->pool, GFP_ATOMIC);
	}
	nr = noop_alloc_until_null(storm->pool, storm->objs, 0);
	noop_free_all(storm->pool, storm->objs, nr, storm->turns & 2);
	WRITE_ONCE(storm->turns, storm->turns + 1);
	return HRTIMER_NORESTART;
}

/* Takes objects and puts them back until the interrupt has had its turn @turn. */
static void noop_storm_until(struct noop_storm *storm, u32 turn)
{
	void *objs[NOOP_BURST];
	u32 i, nr;

	while (READ_ONCE(storm->turns) != turn) {
		for (i = nr = 0; i < NOOP_BURST; i++) {
			objs[nr] = mag_pool_alloc(storm->pool, GFP_KERNEL);
			nr += !!objs[nr];
		}
		noop_free_all(storm->pool, objs, nr, true);
	}
}

static void noop_storm_run(struct noop_storm *storm, struct rnd_state *rnd)
{
	u64 end_ns = ktime_get_ns() + NOOP_STORM_NS;
	u32 turn;

	for (turn = 1; turn <= NOOP_TURNS; turn++) {
		if (turn > NOOP_LEAST && ktime_get_ns() > end_ns)
			break;
		hrtimer_start(&storm->timer, mag_kunit_random(rnd, NOOP_MAX_NS),
			      HRTIMER_MODE_REL_PINNED);
		noop_storm_until(storm, turn);
		cond_resched();
	}
	hrtimer_cancel(&storm->timer);
	if (storm->kept)
		mag_pool_free(storm->pool, storm->kept);
}

static void backend_noop_loses_none_to_interrupts(struct kunit *test)
{
	void **objs = mag_kunit_array(test, NOOP_OBJECTS);
	struct noop_storm *storm;
	struct rnd_state rnd;
	u32 before;

	storm = kunit_kzalloc(test, sizeof(*storm), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, storm);
	mag_kunit_pin(test, cpumask_first(cpu_online_mask));
	storm->pool = noop_pool(test, NOOP_LIVE);
	storm->objs = mag_kunit_array(test, NOOP_OBJECTS);
	mag_hrtimer_setup(&storm->timer, noop_interrupts, CLOCK_MONOTONIC,
			  HRTIMER_MODE_REL_PINNED);

	before = noop_count_all(storm->pool, objs);
	KUNIT_EXPECT_GE(test, before, NOOP_LIVE);
	mag_kunit_seed(test, &rnd);
	noop_storm_run(storm, &rnd);
	KUNIT_EXPECT_EQ(test, noop_count_all(storm->pool, objs), before);
	kunit_info(test, "%u objects, %u interrupts\n", before, storm->turns);
	mag_pool_destroy(storm->pool);
}

static void backend_no_pool_may_be_destroyed(struct kunit *test)
{
	mag_pool_destroy(NULL);
	mag_pool_destroy(ERR_PTR(-ENOMEM));
}

static struct kunit_case backend_cases[] = {
	KUNIT_CASE(backend_registry_is_covered),
	KUNIT_CASE_PARAM(backend_ops_are_all_there, backend_gen_params),
	KUNIT_CASE_PARAM(backend_pool_is_refused, backend_refusal_gen_params),
	KUNIT_CASE(backend_no_pool_may_be_destroyed),
	KUNIT_CASE_PARAM(backend_objects_are_apart_and_aligned,
			 backend_gen_params),
	KUNIT_CASE_PARAM(backend_objects_come_constructed, backend_gen_params),
	KUNIT_CASE_PARAM(backend_loses_none_in_bulk, backend_gen_params),
	KUNIT_CASE_PARAM(backend_takes_back_on_another_cpu, backend_gen_params),
	KUNIT_CASE_PARAM(backend_works_in_every_context, backend_gen_params),
	KUNIT_CASE_PARAM(backend_serves_all_cpus_at_once, backend_gen_params),
	KUNIT_CASE_PARAM(backend_holds_at_least_what_is_out,
			 backend_gen_params),
	KUNIT_CASE_PARAM(backend_objects_in_turn_have_one_owner,
			 backend_gen_params),
	KUNIT_CASE(backend_noop_has_max_live_beside_full_stacks),
	KUNIT_CASE(backend_noop_serves_an_interrupt_on_top),
	KUNIT_CASE(backend_noop_frees_in_bulk_on_top),
	KUNIT_CASE(backend_noop_exchanges_stacks_on_all_cpus),
	KUNIT_CASE(backend_noop_loses_none_to_interrupts),
	KUNIT_CASE(backend_noop_holds_what_its_formula_says),
	KUNIT_CASE(backend_noop_memory_is_linear_in_cpus),
	KUNIT_CASE(backend_of_a_pool_too_large_for_memory_says_so),
	{}
};

static struct kunit_suite backend_suite = {
	.name = "magslab_backends",
	.suite_init = mag_kunit_suite_init,
	.suite_exit = mag_kunit_suite_exit,
	.exit = backend_exit,
	.test_cases = backend_cases,
};

kunit_test_suite(backend_suite);
