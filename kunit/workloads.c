// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suite magslab_workloads: each workload on a backend that checks every call,
 * as it is and with allocations failing.  The engine's own functions drive it,
 * below mag_run_start(), which knows no backend but those of the registry.
 */
#include <kunit/test.h>

#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/minmax.h>
#include <linux/rcupdate.h>
#include <linux/string.h>

#include "../kmod/stress/run_engine.h"
#include "fake_backend.h"
#include "helpers.h"
#include "runs.h"

#define WORKLOAD_MAX_SET    4
#define WORKLOAD_FAIL_MAX   100
/* Enough for all these failures, where one in seven allocations fails. */
#define WORKLOAD_FAIL_STEPS 1000
/* Ends a run that makes no steps any more; none comes near it otherwise. */
#define WORKLOAD_END_NS	    (30 * NSEC_PER_SEC)

/* Small tables and queues, so that every path is taken, and taken often. */
static const struct workload_case {
	const char *name;
	const char *workload;
	u64 steps;
	struct {
		const char *name;
		u64 value;
	} set[WORKLOAD_MAX_SET];
} workload_cases[] = {
	{ "skb_as_it_comes", "skb", 4000, { { "queue_depth", 128 } } },
	{ "skb_all_handed_over",
	  "skb",
	  2000,
	  { { "handoff", 100 }, { "clone", 0 }, { "queue_depth", 64 } } },
	{ "skb_all_cloned",
	  "skb",
	  2000,
	  { { "handoff", 0 }, { "clone", 100 }, { "queue_depth", 64 } } },
	{ "skb_all_local",
	  "skb",
	  2000,
	  { { "handoff", 0 }, { "clone", 0 }, { "queue_depth", 64 } } },
	{ "skb_in_hard_interrupts_one_by_one",
	  "skb",
	  30,
	  { { "hardirq", 100 }, { "burst", 1 }, { "queue_depth", 1 } } },
	{ "skb_one_size_no_headroom",
	  "skb",
	  2000,
	  { { "mix_64", 0 },
	    { "mix_576", 0 },
	    { "headroom", 0 },
	    { "queue_depth", 64 } } },
	{ "dentry_waits_for_grace_periods",
	  "dentry",
	  400,
	  { { "bound", 64 }, { "rcu_pending", 64 }, { "lookups", 0 } } },
	{ "dentry_all_names_external",
	  "dentry",
	  2000,
	  { { "ext_name", 100 }, { "bound", 64 }, { "rcu_pending", 1024 } } },
	{ "dentry_all_short_lived",
	  "dentry",
	  2000,
	  { { "short_lived", 100 }, { "bound", 64 }, { "rcu_pending", 1024 } } },
	{ "dentry_shrunk_all_the_time",
	  "dentry",
	  2000,
	  { { "shrink_every", 50 },
	    { "shrink", 100 },
	    { "bound", 512 },
	    { "rcu_pending", 1024 } } },
	{ "dentry_contended_names",
	  "dentry",
	  4000,
	  { { "hot_names", 8 },
	    { "cold_names", 8 },
	    { "lookups", 1 },
	    { "short_lived", 100 } } },
	{ "dentry_all_negative",
	  "dentry",
	  2000,
	  { { "negative", 100 }, { "bound", 64 }, { "rcu_pending", 1024 } } },
	{ "pair_one_by_one", "pair", 4000 },
	{ "pair_many_out",
	  "pair",
	  4000,
	  { { "batch", 1024 }, { "depth", 512 }, { "size", 8 } } },
	{ "pair_in_softirq",
	  "pair",
	  1000,
	  { { "batch", 100 }, { "depth", 10 }, { "context", 1 } } },
	{ "pair_in_hard_interrupts",
	  "pair",
	  1000,
	  { { "batch", 100 }, { "depth", 10 }, { "context", 2 } } },
};

static void workload_case_name(const struct workload_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(workload_case, workload_cases, workload_case_name);

/**
 * struct workload_end - what a run came to
 * @error: of its workers
 * @live: objects out when it was measured
 * @steps: done in the measured part
 * @failures: allocations that failed, as user space would see it
 * @sums: after the teardown
 */
struct workload_end {
	int error;
	u64 live;
	u64 steps;
	u64 failures;
	struct mag_lane_sums sums;
};

static struct mag_run_config workload_config(struct kunit *test,
					     const struct workload_case *c)
{
	u32 workload = mag_kunit_workload(test, c->workload);
	struct mag_run_config config = mag_kunit_config(workload, 0);
	u32 i;

	config.steps = c->steps;
	config.duration_ns = WORKLOAD_END_NS;
	for (i = 0; i < WORKLOAD_MAX_SET && c->set[i].name; i++)
		mag_kunit_config_param(test, &config, c->set[i].name,
				       c->set[i].value);
	return config;
}

/* From the threads to the end of the measured part; 0 or -errno. */
static int workload_measure(struct mag_run *run, struct workload_end *end)
{
	struct mag_run_status status;
	int err = mag_run_spawn_workers(run);

	if (err)
		return err;
	mag_run_wake_workers(run);
	mag_run_lead(run);
	mag_run_snapshot(run);
	mag_run_join_workers(run);
	synchronize_rcu();

	end->error = run->engine->error;
	end->live = run->engine->live_objects;
	mag_run_status(run, &status);
	end->steps = status.steps;
	end->failures = status.alloc_failures;
	return 0;
}

/* As mag_run_start() and control_main() do. */
static int workload_lead(struct mag_run *run, struct workload_end *end)
{
	int err = mag_clock_select(MAG_CLOCK_KTIME);

	if (!err && run->workload->check)
		err = run->workload->check(run->params, run->nr_workers);
	if (!err)
		err = mag_run_setup(run);
	if (err)
		return err;
	err = workload_measure(run, end);
	mag_run_teardown(run);
	mag_run_sum_lanes(run, &end->sums);
	return err;
}

static struct workload_end workload_run(struct kunit *test,
					struct mag_fake *fake,
					const struct mag_run_config *config)
{
	struct workload_end end = {};
	struct mag_run *run = mag_run_create(config, NULL);
	int err;

	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(run), 0);
	run->backend = &fake->ops;
	err = workload_lead(run, &end);
	mag_run_free(run);
	KUNIT_ASSERT_EQ(test, err, 0);
	KUNIT_EXPECT_EQ(test, end.error, 0);
	return end;
}

/* The lanes, the status and the backend all counted the same. */
static void workload_expect_counts(struct kunit *test, struct mag_fake *fake,
				   const struct workload_end *end)
{
	KUNIT_EXPECT_EQ(test, end->sums.allocs, atomic64_read(&fake->allocs));
	KUNIT_EXPECT_EQ(test, end->sums.frees, atomic64_read(&fake->frees));
	KUNIT_EXPECT_EQ(test, end->sums.failures, atomic64_read(&fake->failed));
	KUNIT_EXPECT_EQ(test, end->failures, atomic64_read(&fake->failed));
	KUNIT_EXPECT_EQ(test, end->sums.alloc_bytes, end->sums.free_bytes);
	KUNIT_EXPECT_GT(test, end->sums.allocs, 0ULL);
}

static void workload_keeps_the_contract(struct kunit *test)
{
	const struct workload_case *c = test->param_value;
	struct mag_run_config config = workload_config(test, c);
	struct workload_end end;
	struct mag_fake fake;

	mag_fake_init(&fake);
	end = workload_run(test, &fake, &config);

	mag_fake_expect_clean(test, &fake);
	workload_expect_counts(test, &fake, &end);
	KUNIT_EXPECT_GE(test, end.steps, c->steps);
}

static void workload_alone_keeps_the_contract(struct kunit *test)
{
	const struct workload_case *c = test->param_value;
	struct mag_run_config config = workload_config(test, c);
	struct workload_end end;
	struct mag_fake fake;

	config.nr_workers = 1;
	mag_fake_init(&fake);
	end = workload_run(test, &fake, &config);

	mag_fake_expect_clean(test, &fake);
	workload_expect_counts(test, &fake, &end);
	KUNIT_EXPECT_GE(test, end.steps, c->steps);
}

/* Each of the first, each second one, and so on: every call site has its turn. */
static void workload_survives_failed_allocations(struct kunit *test)
{
	static const u32 every[] = { 1, 2, 3, 7 };
	const struct workload_case *c = test->param_value;
	struct mag_run_config config = workload_config(test, c);
	struct workload_end end;
	struct mag_fake fake;
	u32 i;

	config.steps = min_t(u64, config.steps, WORKLOAD_FAIL_STEPS);
	for (i = 0; i < ARRAY_SIZE(every); i++) {
		mag_fake_init(&fake);
		fake.fail_every = every[i];
		fake.fail_max = WORKLOAD_FAIL_MAX;
		end = workload_run(test, &fake, &config);

		mag_fake_expect_clean(test, &fake);
		workload_expect_counts(test, &fake, &end);
		KUNIT_EXPECT_EQ(test, end.failures,
				min_t(u64, WORKLOAD_FAIL_MAX,
				      atomic64_read(&fake.calls) / every[i]));
	}
}

static u32 workload_sequence(struct kunit *test, struct mag_run_config *config,
			     u64 seed)
{
	struct mag_fake fake;

	config->seed = seed;
	mag_fake_init(&fake);
	workload_run(test, &fake, config);
	return fake.sequence;
}

static void workload_repeats_itself_from_the_same_seed(struct kunit *test)
{
	static const char *const random[] = { "skb", "dentry" };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(random); i++) {
		u32 workload = mag_kunit_workload(test, random[i]);
		struct mag_run_config config = mag_kunit_config(workload, 0);
		u32 first;

		config.nr_workers = 1;
		config.steps = 3000;
		first = workload_sequence(test, &config, 1);
		KUNIT_EXPECT_EQ_MSG(test, workload_sequence(test, &config, 1),
				    first, "%s", random[i]);
		KUNIT_EXPECT_NE_MSG(test, workload_sequence(test, &config, 2),
				    first, "%s", random[i]);
	}
}

/* Where the bound is the limit, what is held at the end is near it. */
static void workload_dentry_fills_its_list(struct kunit *test)
{
	static const struct workload_case c = {
		.workload = "dentry",
		.steps = 3000,
		.set = { { "bound", 256 },
			 { "lookups", 0 },
			 { "short_lived", 0 },
			 { "ext_name", 0 } },
	};
	struct mag_run_config config = workload_config(test, &c);
	struct workload_end end;
	struct mag_fake fake;

	config.nr_workers = 1;
	mag_fake_init(&fake);
	end = workload_run(test, &fake, &config);

	mag_fake_expect_clean(test, &fake);
	KUNIT_EXPECT_GE(test, end.live, 256ULL);
}

static void workload_that_never_ran_leaves_nothing_behind(struct kunit *test)
{
	u32 i;

	for (i = 0; i < mag_workload_count(); i++) {
		struct mag_run_config config = mag_kunit_config(i, 0);
		struct mag_run *run = mag_run_create(&config, NULL);
		struct mag_fake fake;

		KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(run), 0);
		mag_fake_init(&fake);
		run->backend = &fake.ops;
		KUNIT_EXPECT_EQ(test, mag_run_setup(run), 0);
		mag_run_teardown(run);
		mag_run_free(run);

		mag_fake_expect_clean(test, &fake);
		KUNIT_EXPECT_EQ(test, atomic64_read(&fake.calls), 0LL);
	}
}

static struct kunit_case workload_test_cases[] = {
	KUNIT_CASE_PARAM(workload_keeps_the_contract, workload_case_gen_params),
	KUNIT_CASE_PARAM(workload_alone_keeps_the_contract,
			 workload_case_gen_params),
	KUNIT_CASE_PARAM(workload_survives_failed_allocations,
			 workload_case_gen_params),
	KUNIT_CASE(workload_repeats_itself_from_the_same_seed),
	KUNIT_CASE(workload_dentry_fills_its_list),
	KUNIT_CASE(workload_that_never_ran_leaves_nothing_behind),
	{}
};

static struct kunit_suite workload_suite = {
	.name = "magslab_workloads",
	.suite_init = mag_kunit_suite_init,
	.suite_exit = mag_kunit_suite_exit,
	.test_cases = workload_test_cases,
};

kunit_test_suite(workload_suite);
