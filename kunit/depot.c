// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit: the depot: exchange in both directions, its limits, what the CPU layer
 * does at them, and the count of contention.
 */
#include <kunit/test.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/lockdep.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/topology.h>
#include <linux/tracepoint.h>

#include "../kmod/allocator/mag_trace.h"
#include "helpers.h"

#define OBJECT_SIZE  4096
#define DEPOT_MAX    4 /* magazines, full ones and empty ones */
#define CALL_OBJECTS 64 /* of DEPOT_MAX magazines, and two of a CPU, at least */
#define PATIENCE     (30 * HZ) /* with a CPU that should not wait */
#define MEETINGS     1000 /* of two CPUs at a lock, one of which is to be short */

/**
 * struct depot_test - a depot of DEPOT_MAX, on the node of a pinned thread
 * @cache: its cache
 * @node: its node
 * @made: magazines made by the test
 */
struct depot_test {
	struct mag_cache *cache;
	int node;
	u64 made;
};

static void depot_test_init(struct kunit *test, struct depot_test *dt)
{
	mag_kunit_pin(test, cpumask_first(cpu_online_mask));
	dt->cache = mag_kunit_cache(test, OBJECT_SIZE, 0, NULL);
	dt->cache->policy.depot_max = DEPOT_MAX;
	dt->node = mag_home_node();
	dt->made = 0;
}

static struct mag_magazine *make_empty(struct kunit *test,
				       struct depot_test *dt)
{
	struct mag_magazine *mag = mag_magazine_create(dt->cache, dt->node);

	KUNIT_ASSERT_NOT_NULL(test, mag);
	dt->made++;
	return mag;
}

static struct mag_magazine *make_full(struct kunit *test, struct depot_test *dt)
{
	struct mag_magazine *mag = make_empty(test, dt);
	void *obj;

	while (mag->rounds < mag->capacity) {
		if (!mag_slab_take(dt->cache, dt->node, &obj, 1))
			obj = mag_slab_grow(dt->cache, dt->node, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, obj);
		mag->round[mag->rounds++] = obj;
	}
	return mag;
}

/* For a magazine that is still the test's: away with it, and its objects. */
static void discard(struct depot_test *dt, struct mag_magazine *mag)
{
	if (!mag)
		return;
	mag_slab_give(dt->cache, mag->round, mag->rounds);
	mag->rounds = 0;
	mag_magazine_destroy(dt->cache, mag);
}

static void empty_depot_has_no_full(struct kunit *test)
{
	struct mag_magazine *mine;
	struct depot_test dt;

	depot_test_init(test, &dt);
	mine = make_empty(test, &dt);
	KUNIT_EXPECT_NULL(test, mag_depot_get_full(dt.cache, dt.node, NULL));
	/* If it were taken, it would be wrong to go on. */
	KUNIT_ASSERT_NULL(test, mag_depot_get_full(dt.cache, dt.node, mine));
	/* It stayed ours: the depot has nothing to hand back. */
	KUNIT_EXPECT_NULL(test, mag_depot_get_empty(dt.cache, dt.node, NULL));
	discard(&dt, mine);
}

static void empty_depot_has_no_empty(struct kunit *test)
{
	struct mag_magazine *mine;
	struct depot_test dt;

	depot_test_init(test, &dt);
	mine = make_full(test, &dt);
	KUNIT_EXPECT_NULL(test, mag_depot_get_empty(dt.cache, dt.node, NULL));
	KUNIT_ASSERT_NULL(test, mag_depot_get_empty(dt.cache, dt.node, mine));
	KUNIT_EXPECT_NULL(test, mag_depot_get_full(dt.cache, dt.node, NULL));
	discard(&dt, mine);
}

static void full_ones_are_a_stack(struct kunit *test)
{
	struct mag_magazine *mag[DEPOT_MAX];
	struct depot_test dt;
	int i;

	depot_test_init(test, &dt);
	for (i = 0; i < DEPOT_MAX; i++) {
		mag[i] = make_full(test, &dt);
		KUNIT_EXPECT_TRUE(test, mag_depot_put_full(dt.cache, dt.node,
							   mag[i]));
	}
	while (i--) {
		KUNIT_EXPECT_PTR_EQ(test,
				    mag_depot_get_full(dt.cache, dt.node, NULL),
				    mag[i]);
		KUNIT_EXPECT_EQ(test, mag[i]->rounds, mag[i]->capacity);
		discard(&dt, mag[i]);
	}
	KUNIT_EXPECT_NULL(test, mag_depot_get_full(dt.cache, dt.node, NULL));
}

static void exchange_goes_both_ways(struct kunit *test)
{
	struct mag_magazine *full, *empty;
	struct depot_test dt;

	depot_test_init(test, &dt);
	full = make_full(test, &dt);
	empty = make_empty(test, &dt);
	KUNIT_ASSERT_TRUE(test, mag_depot_put_full(dt.cache, dt.node, full));

	KUNIT_EXPECT_PTR_EQ(test, mag_depot_get_full(dt.cache, dt.node, empty),
			    full);
	KUNIT_EXPECT_PTR_EQ(test, mag_depot_get_empty(dt.cache, dt.node, full),
			    empty);
	KUNIT_EXPECT_PTR_EQ(test, mag_depot_get_full(dt.cache, dt.node, NULL),
			    full);
	KUNIT_EXPECT_NULL(test, mag_depot_get_empty(dt.cache, dt.node, NULL));
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(dt.cache).magazines, dt.made);
	discard(&dt, full);
	discard(&dt, empty);
}

static void fill_with_full(struct kunit *test, struct depot_test *dt)
{
	int i;

	for (i = 0; i < DEPOT_MAX; i++)
		KUNIT_ASSERT_TRUE(test,
				  mag_depot_put_full(dt->cache, dt->node,
						     make_full(test, dt)));
}

/* What the depot refuses is still the test's, to discard. */
static void expect_refused(struct kunit *test, struct depot_test *dt,
			   struct mag_magazine *full)
{
	bool taken = mag_depot_put_full(dt->cache, dt->node, full);

	KUNIT_EXPECT_FALSE(test, taken);
	if (!taken)
		discard(dt, full);
}

static void full_ones_are_limited(struct kunit *test)
{
	struct depot_test dt;

	depot_test_init(test, &dt);
	fill_with_full(test, &dt);
	expect_refused(test, &dt, make_full(test, &dt));

	/* Room again, for one. */
	discard(&dt, mag_depot_get_full(dt.cache, dt.node, NULL));
	KUNIT_EXPECT_TRUE(test, mag_depot_put_full(dt.cache, dt.node,
						   make_full(test, &dt)));
	expect_refused(test, &dt, make_full(test, &dt));
}

/* An empty one at hand does not help a full one into a depot that has enough. */
static void exchange_respects_the_limit(struct kunit *test)
{
	struct mag_magazine *extra, *empty;
	struct depot_test dt;

	depot_test_init(test, &dt);
	fill_with_full(test, &dt);
	empty = make_empty(test, &dt);
	extra = mag_depot_get_full(dt.cache, dt.node, empty);
	KUNIT_ASSERT_NOT_NULL(test, extra);
	KUNIT_ASSERT_TRUE(test, mag_depot_put_full(dt.cache, dt.node, extra));

	extra = make_full(test, &dt);
	KUNIT_ASSERT_PTR_EQ(test, mag_depot_get_empty(dt.cache, dt.node, extra),
			    ERR_PTR(-ENOSPC));
	KUNIT_EXPECT_PTR_EQ(test, mag_depot_get_empty(dt.cache, dt.node, NULL),
			    empty);
	discard(&dt, extra);
	discard(&dt, empty);
}

static void empty_ones_are_limited(struct kunit *test)
{
	struct depot_test dt;
	u64 before;
	int i;

	depot_test_init(test, &dt);
	fill_with_full(test, &dt);
	for (i = 0; i < DEPOT_MAX; i++)
		discard(&dt, mag_depot_get_full(dt.cache, dt.node,
						make_empty(test, &dt)));

	/* The one too many is destroyed, not kept and not lost. */
	KUNIT_ASSERT_TRUE(test, mag_depot_put_full(dt.cache, dt.node,
						   make_full(test, &dt)));
	before = mag_kunit_stats(dt.cache).magazines;
	discard(&dt,
		mag_depot_get_full(dt.cache, dt.node, make_empty(test, &dt)));
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(dt.cache).magazines, before - 1);

	for (i = 0; i < DEPOT_MAX; i++) {
		struct mag_magazine *empty =
			mag_depot_get_empty(dt.cache, dt.node, NULL);

		KUNIT_EXPECT_NOT_NULL(test, empty);
		discard(&dt, empty);
	}
	KUNIT_EXPECT_NULL(test, mag_depot_get_empty(dt.cache, dt.node, NULL));
}

static void drain_leaves_nothing(struct kunit *test)
{
	struct depot_test dt;

	depot_test_init(test, &dt);
	fill_with_full(test, &dt);
	discard(&dt,
		mag_depot_get_full(dt.cache, dt.node, make_empty(test, &dt)));

	mag_depot_drain(dt.cache);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(dt.cache).magazines, 0);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(dt.cache).rounds_cached, 0);
	KUNIT_EXPECT_NULL(test, mag_depot_get_full(dt.cache, dt.node, NULL));
	KUNIT_EXPECT_NULL(test, mag_depot_get_empty(dt.cache, dt.node, NULL));
}

static void frees_beyond_the_limit_reach_slabs(struct kunit *test)
{
	struct mag_cache_stats stats;
	struct depot_test dt;
	u32 rounds, nr, i;
	void **objs;

	depot_test_init(test, &dt);
	rounds = dt.cache->magazine_rounds;
	/* Two magazines of the CPU, those of the depot, and three more. */
	nr = (2 + DEPOT_MAX + 3) * rounds;
	objs = mag_kunit_array(test, nr);
	mag_kunit_alloc_many(test, dt.cache, objs, nr);
	mag_cpu_drain(dt.cache);

	for (i = 0; i < nr; i++)
		mag_cache_free(dt.cache, objs[i]);
	stats = mag_kunit_stats(dt.cache);
	KUNIT_EXPECT_EQ(test, stats.free_depot, 2 + DEPOT_MAX);
	KUNIT_EXPECT_EQ(test, stats.free_slab, 3);
	KUNIT_EXPECT_EQ(test, stats.magazines, 2 + DEPOT_MAX);
	KUNIT_EXPECT_EQ(test, stats.rounds_cached, (2 + DEPOT_MAX) * rounds);
}

/* One of another size is not kept, so that sizes do not mix for long. */
static void empty_ones_of_an_old_size_are_destroyed(struct kunit *test)
{
	struct mag_magazine *old, *full;
	struct depot_test dt;

	depot_test_init(test, &dt);
	KUNIT_ASSERT_TRUE(test, mag_depot_put_full(dt.cache, dt.node,
						   make_full(test, &dt)));
	old = make_empty(test, &dt);
	mag_policy_grow(dt.cache);
	KUNIT_ASSERT_GT(test, dt.cache->magazine_rounds, old->capacity);
	full = mag_depot_get_full(dt.cache, dt.node, old);
	KUNIT_EXPECT_NOT_NULL(test, full);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(dt.cache).magazines, dt.made - 1);
	KUNIT_EXPECT_NULL(test, mag_depot_get_empty(dt.cache, dt.node, NULL));
	discard(&dt, full);
}

/* A load that grows and shrinks moves the same magazines to and fro. */
static void magazines_circulate(struct kunit *test)
{
	struct depot_test dt;
	u32 nr, turn, i;
	void **objs;

	depot_test_init(test, &dt);
	nr = (2 + DEPOT_MAX) * dt.cache->magazine_rounds;
	objs = mag_kunit_array(test, nr);

	for (turn = 0; turn < 10; turn++) {
		mag_kunit_alloc_many(test, dt.cache, objs, nr);
		for (i = 0; i < nr; i++)
			mag_cache_free(dt.cache, objs[i]);
		KUNIT_EXPECT_LE(test, mag_kunit_stats(dt.cache).magazines,
				2 + DEPOT_MAX + 1);
	}
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(dt.cache).depot_contended, 0);
}

/**
 * struct contender - a call on a depot whose lock somebody holds
 * @dt: the depot
 * @call: what to do there
 * @mag: passed and returned
 * @held: the lock is held
 * @gave_up: the call came back all the same
 * @answer: of a call for a magazine, instead of one
 * @prepare: makes the other CPU ready for the call, or NULL
 * @prepared: it is
 * @objs: room for CALL_OBJECTS, of which @nr_objs are out: of a call on the cache
 * @made: magazines that the call made, less those that it destroyed
 */
struct contender {
	struct depot_test dt;
	void (*call)(struct contender *c);
	struct mag_magazine *mag;
	int answer;
	void (*prepare)(struct contender *c);
	bool prepared;
	void **objs;
	u32 nr_objs;
	s64 made;
	bool held;
	bool gave_up;
};

static void contend_put_full(struct contender *c)
{
	if (mag_depot_put_full(c->dt.cache, c->dt.node, c->mag))
		c->mag = NULL;
}

static void contend_answer(struct contender *c, struct mag_magazine *mag)
{
	c->answer = PTR_ERR_OR_ZERO(mag);
	c->mag = IS_ERR(mag) ? NULL : mag;
}

static void contend_get_full(struct contender *c)
{
	contend_answer(c, mag_depot_get_full(c->dt.cache, c->dt.node, NULL));
}

static void contend_get_empty(struct contender *c)
{
	contend_answer(c, mag_depot_get_empty(c->dt.cache, c->dt.node, NULL));
}

struct contention_case {
	const char *name;
	void (*call)(struct contender *c);
};

static const struct contention_case contention_cases[] = {
	{ "put a full one", contend_put_full },
	{ "get a full one", contend_get_full },
	{ "get an empty one", contend_get_empty },
};

static void contention_desc(const struct contention_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(contention, contention_cases, contention_desc);

static void contend(void *arg)
{
	struct contender *c = arg;
	s64 before;

	if (c->prepare)
		c->prepare(c);
	before = mag_kunit_stats(c->dt.cache).magazines;
	/* Pairs with hold_until_given_up(). */
	smp_store_release(&c->prepared, true);
	/* Pairs with hold_until_given_up(). */
	while (!smp_load_acquire(&c->held))
		cond_resched();
	c->call(c);
	c->made = mag_kunit_stats(c->dt.cache).magazines - before;
	/* Pairs with hold_until_given_up(). */
	smp_store_release(&c->gave_up, true);
}

/* A full and an empty one in the depot, so that no call finds it bare. */
static void contender_init(struct kunit *test, struct contender *c)
{
	const struct contention_case *cc = test->param_value;

	depot_test_init(test, &c->dt);
	fill_with_full(test, &c->dt);
	discard(&c->dt, mag_depot_get_full(c->dt.cache, c->dt.node,
					   make_empty(test, &c->dt)));
	c->call = cc->call;
	if (c->call == contend_put_full)
		c->mag = make_full(test, &c->dt);
}

/* The other CPU does not wait for this one, so this one may for it. */
static bool hold_until_given_up(struct contender *c)
{
	spinlock_t *lock = mag_kunit_depot_lock(c->dt.cache, c->dt.node);
	unsigned long end = jiffies + PATIENCE;
	bool gave_up;

	/* Pairs with contend(). */
	while (!smp_load_acquire(&c->prepared))
		cond_resched();
	spin_lock(lock);
	/* Pairs with contend(): it finds the lock taken. */
	smp_store_release(&c->held, true);
	do {
		cpu_relax();
		/* Pairs with contend(). */
		gave_up = smp_load_acquire(&c->gave_up);
	} while (!gave_up && time_before(jiffies, end));
	spin_unlock(lock);
	return gave_up;
}

/* Of a depot of which there is another CPU to make use. */
static struct contender *contender_alloc(struct kunit *test)
{
	struct contender *c;

	if (num_online_cpus() < 2)
		kunit_skip(test, "needs two CPUs");

	c = kunit_kzalloc(test, sizeof(*c), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, c);
	return c;
}

static struct contender *contender_create(struct kunit *test)
{
	struct contender *c = contender_alloc(test);

	contender_init(test, c);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(c->dt.cache).depot_contended, 0);
	return c;
}

/* The other CPU makes the call of the case, in vain, while the lock is held. */
static void contended_call(struct kunit *test, struct contender *c)
{
	unsigned int cpu = cpumask_first(cpu_online_mask);
	struct mag_kunit_crew *crew = mag_kunit_crew(test);

	mag_kunit_crew_add(crew, mag_kunit_next_cpu(cpu), contend, c);
	mag_kunit_crew_start(crew);
	KUNIT_EXPECT_TRUE(test, hold_until_given_up(c));
	mag_kunit_crew_wait(crew);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(c->dt.cache).depot_contended, 1);
}

static void contention_is_counted(struct kunit *test)
{
	struct contender *c = contender_create(test);

	contended_call(test, c);
	/* A magazine that was not taken is still the caller's. */
	if (c->call == contend_put_full)
		KUNIT_EXPECT_NOT_NULL(test, c->mag);
	else
		KUNIT_EXPECT_EQ(test, c->answer, -EBUSY);
	discard(&c->dt, c->mag);
}

/* What @c's CPU has in its magazines. */
static struct mag_cpu_reading contender_reading(const struct contender *c)
{
	struct mag_cpu_reading reading;

	mag_cache_read_cpu(c->dt.cache, raw_smp_processor_id(), &reading);
	return reading;
}

static void contend_alloc(struct contender *c)
{
	void *obj = mag_cache_alloc(c->dt.cache, GFP_KERNEL);

	if (obj)
		c->objs[c->nr_objs++] = obj;
}

static void contend_free(struct contender *c)
{
	mag_cache_free(c->dt.cache, c->objs[--c->nr_objs]);
}

/* Both magazines are empty: the next alloc goes to the depot. */
static void prepare_alloc(struct contender *c)
{
	struct mag_cpu_reading reading;

	do {
		contend_alloc(c);
		reading = contender_reading(c);
	} while (reading.rounds || reading.previous_rounds);
}

/* Both are full, and so is what the next free brings to the depot. */
static void prepare_free(struct contender *c)
{
	struct mag_cpu_reading reading;
	u32 i;

	for (i = 0; i < CALL_OBJECTS; i++)
		contend_alloc(c);
	do {
		contend_free(c);
		reading = contender_reading(c);
	} while (!reading.previous_capacity ||
		 reading.rounds < reading.capacity ||
		 reading.previous_rounds < reading.previous_capacity);
}

struct busy_case {
	const char *name;
	void (*prepare)(struct contender *c);
	void (*call)(struct contender *c);
};

static const struct busy_case busy_cases[] = {
	{ "an alloc", prepare_alloc, contend_alloc },
	{ "a free", prepare_free, contend_free },
};

static void busy_desc(const struct busy_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(busy, busy_cases, busy_desc);

/* A CPU that finds the depot busy asks once, and makes no magazine to destroy it. */
static void busy_depot_is_asked_once(struct kunit *test)
{
	const struct busy_case *bc = test->param_value;
	struct contender *c = contender_alloc(test);
	unsigned int cpu = mag_kunit_next_cpu(cpumask_first(cpu_online_mask));

	depot_test_init(test, &c->dt);
	/* Calls, unlike visits to a depot, are for that of the CPU's node. */
	if (mag_home_of(cpu_to_node(cpu)) != c->dt.node)
		kunit_skip(test, "needs two CPUs of a node");
	fill_with_full(test, &c->dt);
	discard(&c->dt, mag_depot_get_full(c->dt.cache, c->dt.node,
					   make_empty(test, &c->dt)));
	c->objs = mag_kunit_array(test, CALL_OBJECTS);
	c->prepare = bc->prepare;
	c->call = bc->call;
	contended_call(test, c);
	KUNIT_EXPECT_EQ(test, c->made, 0);
	while (c->nr_objs)
		contend_free(c);
}

/**
 * struct contention_look - how contention was told
 * @cache: whose depot
 * @node: of it
 * @told: times
 * @wait_ns: of the last
 */
struct contention_look {
	const struct mag_cache *cache;
	int node;
	u32 told;
	u64 wait_ns;
};

static void look_at_contention(void *data, const struct mag_cache *cache,
			       int node, u64 wait_ns)
{
	struct contention_look *look = data;

	if (cache != look->cache || node != look->node)
		return;
	look->told++;
	look->wait_ns = wait_ns;
}

static void contention_is_told(struct kunit *test)
{
	/* Static, for an assertion that fails leaves the probe where it is. */
	static struct contention_look look;
	struct contender *c;

	if (!IS_ENABLED(CONFIG_TRACEPOINTS))
		kunit_skip(test, "needs CONFIG_TRACEPOINTS");

	c = contender_create(test);
	look = (struct contention_look){
		.cache = c->dt.cache,
		.node = c->dt.node,
	};
	KUNIT_EXPECT_EQ(test,
			register_trace_mag_depot_contended(look_at_contention,
							   &look),
			0);
	contended_call(test, c);
	KUNIT_EXPECT_EQ(test,
			unregister_trace_mag_depot_contended(look_at_contention,
							     &look),
			0);
	tracepoint_synchronize_unregister();
	KUNIT_EXPECT_EQ(test, look.told, 1);
	/* Of User-Mode Linux the clock steps by jiffies, and looks end the wait. */
	if (!IS_ENABLED(CONFIG_UML))
		KUNIT_EXPECT_GT(test, look.wait_ns, 0);
	discard(&c->dt, c->mag);
}

/**
 * struct passer_by - a CPU at a depot whose lock another takes again and again
 * @dt: the depot
 * @meetings: times that it found the lock taken
 * @had: of these, it got what it came for; one is enough
 * @done: it has seen enough
 */
struct passer_by {
	struct depot_test dt;
	u64 meetings;
	u32 had;
	bool done;
};

static u64 contended_so_far(struct depot_test *dt)
{
	struct mag_node_reading reading = {};

	mag_depot_read(dt->cache, dt->node, &reading);
	return reading.contended;
}

static void pass_by(void *arg)
{
	struct passer_by *by = arg;
	struct mag_magazine *mag;
	u64 before, met;
	u32 left = 1000 * MEETINGS;

	while (!by->had && by->meetings < MEETINGS && left--) {
		before = contended_so_far(&by->dt);
		mag = mag_depot_get_full(by->dt.cache, by->dt.node, NULL);
		met = contended_so_far(&by->dt) - before;
		by->meetings += met;
		by->had += met && !IS_ERR_OR_NULL(mag);
		while (!IS_ERR_OR_NULL(mag) &&
		       !mag_depot_put_full(by->dt.cache, by->dt.node, mag))
			cond_resched();
	}
	/* Pairs with stand_in_the_way(). */
	smp_store_release(&by->done, true);
}

static void stand_in_the_way(struct passer_by *by)
{
	spinlock_t *lock = mag_kunit_depot_lock(by->dt.cache, by->dt.node);

	/* Pairs with pass_by(). */
	while (!smp_load_acquire(&by->done)) {
		spin_lock(lock);
		cpu_relax();
		spin_unlock(lock);
		cpu_relax();
		cond_resched();
	}
}

static struct passer_by *passer_by_create(struct kunit *test)
{
	struct passer_by *by;

	if (num_online_cpus() < 2)
		kunit_skip(test, "needs two CPUs");

	by = kunit_kzalloc(test, sizeof(*by), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, by);
	depot_test_init(test, &by->dt);
	KUNIT_ASSERT_TRUE(test, mag_depot_put_full(by->dt.cache, by->dt.node,
						   make_full(test, &by->dt)));
	return by;
}

/* Until one has found the lock taken, and had it all the same. */
static void pass_by_and_have(struct kunit *test, struct passer_by *by)
{
	unsigned int cpu = cpumask_first(cpu_online_mask);
	struct mag_kunit_crew *crew = mag_kunit_crew(test);

	mag_kunit_crew_add(crew, mag_kunit_next_cpu(cpu), pass_by, by);
	mag_kunit_crew_start(crew);
	stand_in_the_way(by);
	mag_kunit_crew_wait(crew);
}

/* Where the CPUs do not run at once, the lock is let go too late each time. */
static void skip_unless_met(struct kunit *test, struct passer_by *by)
{
	if (!by->had && by->meetings < MEETINGS)
		kunit_skip(test, "the CPUs met %llu times alone", by->meetings);
}

/* A lock that is let go at once is waited for. */
static void short_waits_pay(struct kunit *test)
{
	struct passer_by *by = passer_by_create(test);

	pass_by_and_have(test, by);
	skip_unless_met(test, by);
	KUNIT_EXPECT_GT(test, by->had, 0);
}

/* The rules differ in when magazines grow, and by how much. */
static void contention_makes_magazines_grow(struct kunit *test)
{
	struct contender *c = contender_create(test);
	struct mag_cache *cache = c->dt.cache;
	u32 rounds = cache->magazine_rounds;

	cache->policy.resize_rule = MAG_RESIZE_INTERVAL;
	cache->policy.resize_threshold = 0;
	contended_call(test, c);
	KUNIT_EXPECT_EQ(test, cache->magazine_rounds, rounds);
	mag_reap(cache);
	KUNIT_EXPECT_GT(test, cache->magazine_rounds, 2 * rounds);
	KUNIT_EXPECT_EQ(test, mag_kunit_stats(cache).resizes, 1);
	discard(&c->dt, c->mag);
}

static void contention_below_the_threshold_does_not(struct kunit *test)
{
	struct contender *c = contender_create(test);
	struct mag_cache *cache = c->dt.cache;
	u32 rounds = cache->magazine_rounds;

	cache->policy.resize_rule = MAG_RESIZE_INTERVAL;
	cache->policy.resize_threshold = 1;
	contended_call(test, c);
	mag_reap(cache);
	KUNIT_EXPECT_EQ(test, cache->magazine_rounds, rounds);
	discard(&c->dt, c->mag);
}

/* What one interval saw is no reason to grow in the next. */
static void contention_is_of_its_interval(struct kunit *test)
{
	struct contender *c = contender_create(test);
	struct mag_cache *cache = c->dt.cache;
	u32 grown;

	cache->policy.resize_rule = MAG_RESIZE_INTERVAL;
	cache->policy.resize_threshold = 0;
	contended_call(test, c);
	mag_reap(cache);
	grown = cache->magazine_rounds;
	/* The depot is in use. */
	discard(&c->dt, mag_depot_get_full(cache, c->dt.node, NULL));
	mag_reap(cache);
	KUNIT_EXPECT_EQ(test, cache->magazine_rounds, grown);
	discard(&c->dt, c->mag);
}

static void each_contention_adds_a_round(struct kunit *test)
{
	struct contender *c = contender_create(test);
	struct mag_cache *cache = c->dt.cache;
	u32 rounds = cache->magazine_rounds;

	cache->policy.resize_rule = MAG_RESIZE_EVENT;
	contended_call(test, c);
	KUNIT_EXPECT_EQ(test, cache->magazine_rounds, rounds + 1);
	mag_reap(cache);
	KUNIT_EXPECT_EQ(test, cache->magazine_rounds, rounds + 1);
	discard(&c->dt, c->mag);
}

static void contention_may_be_without_effect(struct kunit *test)
{
	struct contender *c = contender_create(test);
	struct mag_cache *cache = c->dt.cache;
	u32 rounds = cache->magazine_rounds;

	cache->policy.resize_rule = MAG_RESIZE_NEVER;
	contended_call(test, c);
	mag_reap(cache);
	KUNIT_EXPECT_EQ(test, cache->magazine_rounds, rounds);
	discard(&c->dt, c->mag);
}

/**
 * struct resize_look - how a resizing was told
 * @cache: the cache
 * @lock: of its depot
 * @told: times
 * @under_lock: of them, by who had it
 */
struct resize_look {
	struct mag_cache *cache;
	spinlock_t *lock; /* of @cache's depot */
	u32 told;
	u32 under_lock;
};

static void look_at_resize(void *data, const struct mag_cache *cache, u32 from,
			   u32 to, u32 reason)
{
	struct resize_look *look = data;

	if (cache != look->cache)
		return;
	look->told++;
#ifdef CONFIG_LOCKDEP
	look->under_lock += lockdep_is_held(look->lock) == LOCK_STATE_HELD;
#endif
}

/* Others want the lock, and must not go without it for who is told as well. */
static void resizing_is_told_without_the_lock(struct kunit *test)
{
	/* Static, for an assertion that fails leaves the probe where it is. */
	static struct resize_look look;
	struct passer_by *by;

	if (!IS_ENABLED(CONFIG_TRACEPOINTS) || !IS_ENABLED(CONFIG_LOCKDEP))
		kunit_skip(test, "needs tracepoints and lockdep");

	by = passer_by_create(test);
	look = (struct resize_look){
		.cache = by->dt.cache,
		.lock = mag_kunit_depot_lock(by->dt.cache, by->dt.node),
	};
	by->dt.cache->policy.resize_rule = MAG_RESIZE_EVENT;
	KUNIT_EXPECT_EQ(test, register_trace_mag_resize(look_at_resize, &look),
			0);
	pass_by_and_have(test, by);
	KUNIT_EXPECT_EQ(test,
			unregister_trace_mag_resize(look_at_resize, &look), 0);
	tracepoint_synchronize_unregister();
	skip_unless_met(test, by);
	KUNIT_EXPECT_GT(test, look.told, 0);
	KUNIT_EXPECT_EQ(test, look.under_lock, 0);
}

static struct kunit_case depot_cases[] = {
	KUNIT_CASE(empty_depot_has_no_full),
	KUNIT_CASE(empty_depot_has_no_empty),
	KUNIT_CASE(full_ones_are_a_stack),
	KUNIT_CASE(exchange_goes_both_ways),
	KUNIT_CASE(full_ones_are_limited),
	KUNIT_CASE(exchange_respects_the_limit),
	KUNIT_CASE(empty_ones_are_limited),
	KUNIT_CASE(drain_leaves_nothing),
	KUNIT_CASE(frees_beyond_the_limit_reach_slabs),
	KUNIT_CASE(empty_ones_of_an_old_size_are_destroyed),
	KUNIT_CASE(magazines_circulate),
	KUNIT_CASE_PARAM(contention_is_counted, contention_gen_params),
	KUNIT_CASE_PARAM(contention_is_told, contention_gen_params),
	KUNIT_CASE_PARAM(busy_depot_is_asked_once, busy_gen_params),
	KUNIT_CASE(short_waits_pay),
	KUNIT_CASE_PARAM(contention_makes_magazines_grow,
			 contention_gen_params),
	KUNIT_CASE_PARAM(contention_below_the_threshold_does_not,
			 contention_gen_params),
	KUNIT_CASE_PARAM(contention_is_of_its_interval, contention_gen_params),
	KUNIT_CASE_PARAM(each_contention_adds_a_round, contention_gen_params),
	KUNIT_CASE_PARAM(contention_may_be_without_effect,
			 contention_gen_params),
	KUNIT_CASE(resizing_is_told_without_the_lock),
	{}
};

static struct kunit_suite depot_suite = {
	.name = "magslab_depot",
	.suite_init = mag_kunit_suite_init,
	.suite_exit = mag_kunit_suite_exit,
	.test_cases = depot_cases,
};

kunit_test_suite(depot_suite);
