// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suite magslab_checks: what mag_run_start() and the calls on a run refuse.
 * Each refused configuration is valid but for the one thing, and after each
 * refusal a valid run still starts.
 */
#include <kunit/test.h>

#include <linux/bits.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/numa.h>
#include <linux/stddef.h>
#include <linux/string.h>

#include "../kmod/stress/run.h"
#include "helpers.h"
#include "runs.h"

#define CHECKS_HOUR_NS (3600ULL * NSEC_PER_SEC)

static struct mag_run_config checks_config(struct kunit *test,
					   const char *workload)
{
	return mag_kunit_config(mag_kunit_workload(test, workload),
				mag_kunit_backend(test, "magazine"));
}

static void checks_expect_start(struct kunit *test,
				const struct mag_run_config *config)
{
	struct mag_run *run = mag_run_start(config, NULL);

	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(run), 0);
	if (!IS_ERR(run))
		mag_run_destroy(run);
}

static void checks_expect_refusal(struct kunit *test,
				  const struct mag_run_config *config, int err)
{
	struct mag_run *run = mag_run_start(config, NULL);

	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(run), err);
	if (!IS_ERR(run))
		mag_run_destroy(run);
}

/* Neither the claim to run nor memory was lost. */
static void checks_exit(struct kunit *test)
{
	struct mag_run_config config = checks_config(test, "pair");

	checks_expect_start(test, &config);
	mag_kunit_expect_no_caches(test);
}

/* One field at a time. */

static const struct checks_field {
	const char *name;
	size_t offset;
	u64 value;
	int err;
} checks_fields[] = {
#define FIELD(_name, _member, _value, _err)                                   \
	{                                                                     \
		_name, offsetof(struct mag_run_config, _member), _value, _err \
	}
	FIELD("abi_version_older", abi_version, MAG_ABI_VERSION - 1, -EPROTO),
	FIELD("abi_version_newer", abi_version, MAG_ABI_VERSION + 1, -EPROTO),
	FIELD("workload_unknown", workload, U32_MAX, -EINVAL),
	FIELD("backend_unknown", backend, U32_MAX, -EINVAL),
	FIELD("clock_past_the_last", clock, MAG_NR_CLOCKS, -EINVAL),
	FIELD("clock_all_ones", clock, U32_MAX, -EINVAL),
	FIELD("workers_above_limit", nr_workers, MAG_MAX_WORKERS + 1, -EINVAL),
	FIELD("workers_all_ones", nr_workers, U32_MAX, -EINVAL),
	FIELD("reserved0", reserved0, 1, -EINVAL),
	FIELD("duration_above_limit", duration_ns, MAG_MAX_DURATION_NS + 1,
	      -EINVAL),
	FIELD("neither_steps_nor_duration", steps, 0, -EINVAL),
	FIELD("steps_above_limit", steps, MAG_MAX_STEPS + 1, -EINVAL),
	FIELD("warmup_above_limit", warmup_ns, MAG_MAX_WARMUP_NS + 1, -EINVAL),
	FIELD("warmup_steps_above_limit", warmup_steps, MAG_MAX_STEPS + 1,
	      -EINVAL),
	FIELD("param_mask_last_bit", param_mask, BIT_ULL(63), -EINVAL),
	FIELD("first_reserved", reserved[0], 1, -EINVAL),
	FIELD("last_reserved", reserved[2], 1ULL << 63, -EINVAL),
#undef FIELD
};

static void checks_field_name(const struct checks_field *field, char *desc)
{
	strscpy(desc, field->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(checks_field, checks_fields, checks_field_name);

static void checks_field_is_refused(struct kunit *test)
{
	const struct checks_field *field = test->param_value;
	struct mag_run_config config = checks_config(test, "pair");
	u32 narrow = field->value;
	void *at = (void *)&config + field->offset;

	/* The narrow fields come first. */
	if (field->offset < offsetof(struct mag_run_config, seed))
		memcpy(at, &narrow, sizeof(narrow));
	else
		memcpy(at, &field->value, sizeof(field->value));
	checks_expect_refusal(test, &config, field->err);
}

static void checks_index_past_the_last_is_refused(struct kunit *test)
{
	struct mag_run_config config = checks_config(test, "pair");

	config.workload = mag_workload_count();
	checks_expect_refusal(test, &config, -EINVAL);

	config = checks_config(test, "pair");
	config.backend = mag_backend_count();
	checks_expect_refusal(test, &config, -EINVAL);
}

static void checks_more_workers_than_cpus_are_refused(struct kunit *test)
{
	struct mag_run_config config = checks_config(test, "pair");

	config.nr_workers = num_online_cpus();
	checks_expect_start(test, &config);
	config.nr_workers++;
	checks_expect_refusal(test, &config, -EINVAL);
}

static void checks_clock_that_does_not_exist_is_refused(struct kunit *test)
{
	struct mag_run_config config = checks_config(test, "pair");

	if (mag_clock_tsc_khz())
		kunit_skip(test, "every clock exists here");

	config.clock = MAG_CLOCK_TSC;
	checks_expect_refusal(test, &config, -EOPNOTSUPP);
	config.clock = MAG_CLOCK_TICKS;
	checks_expect_refusal(test, &config, -EOPNOTSUPP);
}

/* Lists of CPUs. */

static void checks_expect_cpus(struct kunit *test, u32 nr, const u32 *cpus,
			       int err)
{
	struct mag_run_config config = checks_config(test, "pair");
	struct mag_run *run;

	config.nr_workers = nr;
	run = mag_run_start(&config, cpus);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(run), err);
	if (!IS_ERR(run))
		mag_run_destroy(run);
}

static void checks_cpus_that_cannot_be_had_are_refused(struct kunit *test)
{
	u32 first = cpumask_first(cpu_online_mask);
	const u32 twice[] = { first, first };
	const u32 impossible[] = { nr_cpu_ids };
	const u32 none[] = { U32_MAX };
	u32 offline[] = { 0 };
	unsigned int cpu;

	checks_expect_cpus(test, 1, twice, 0);
	checks_expect_cpus(test, 0, twice, -EINVAL);
	checks_expect_cpus(test, 1, impossible, -EINVAL);
	checks_expect_cpus(test, 1, none, -EINVAL);
	if (num_online_cpus() > 1)
		checks_expect_cpus(test, 2, twice, -EINVAL);
	for_each_possible_cpu(cpu)
		if (!cpu_online(cpu)) {
			offline[0] = cpu;
			checks_expect_cpus(test, 1, offline, -ENODEV);
			break;
		}
}

/* Parameters. */

static void checks_param_out_of_range_is_refused(struct kunit *test)
{
	u32 workload, i;

	for (workload = 0; workload < mag_workload_count(); workload++) {
		const struct mag_workload_ops *wl = mag_workload_get(workload);

		for (i = 0; i < wl->nr_params; i++) {
			struct mag_run_config config =
				mag_kunit_config(workload, 0);

			config.param_mask = BIT_ULL(i);
			config.params[i] = wl->params[i].max + 1;
			checks_expect_refusal(test, &config, -EINVAL);

			config.params[i] = wl->params[i].min - 1;
			checks_expect_refusal(test, &config, -EINVAL);
		}
	}
}

static void checks_param_past_the_last_is_refused(struct kunit *test)
{
	u32 workload;

	for (workload = 0; workload < mag_workload_count(); workload++) {
		struct mag_run_config config = mag_kunit_config(workload, 0);

		config.param_mask =
			BIT_ULL(mag_workload_get(workload)->nr_params);
		checks_expect_refusal(test, &config, -EINVAL);
	}
}

static void checks_param_not_in_the_mask_is_ignored(struct kunit *test)
{
	struct mag_run_config config = checks_config(test, "pair");

	memset(config.params, 0xff, sizeof(config.params));
	checks_expect_start(test, &config);
}

static void checks_default_of_every_param_is_in_range(struct kunit *test)
{
	u32 workload, i;

	for (workload = 0; workload < mag_workload_count(); workload++) {
		const struct mag_workload_ops *wl = mag_workload_get(workload);

		for (i = 0; i < wl->nr_params; i++) {
			const struct mag_param *param = &wl->params[i];

			KUNIT_EXPECT_GE_MSG(test, param->def, param->min,
					    "%s.%s", wl->name, param->name);
			KUNIT_EXPECT_LE_MSG(test, param->def, param->max,
					    "%s.%s", wl->name, param->name);
		}
	}
}

#define CHECKS_MAX_SET 3

/* Values in range each; @refused holds all together, @accepted just does not. */
static const struct checks_sense {
	const char *name;
	const char *workload;
	const char *param[CHECKS_MAX_SET];
	u64 refused[CHECKS_MAX_SET];
	u64 accepted[CHECKS_MAX_SET];
} checks_senses[] = {
	{ "skb_no_packet_in_the_mix",
	  "skb",
	  { "mix_64", "mix_576", "mix_1500" },
	  { 0, 0, 0 },
	  { 0, 0, 1 } },
	{ "skb_more_than_all_packets",
	  "skb",
	  { "handoff", "clone" },
	  { 51, 50 },
	  { 50, 50 } },
	{ "skb_queue_below_burst",
	  "skb",
	  { "burst", "queue_depth" },
	  { 32, 31 },
	  { 32, 32 } },
	{ "pair_batch_no_multiple_of_depth",
	  "pair",
	  { "batch", "depth" },
	  { 31, 16 },
	  { 32, 16 } },
	{ "pair_batch_of_too_many_bytes",
	  "pair",
	  { "batch", "size" },
	  { 16385, 65536 },
	  { 16384, 65536 } },
	{ "pair_softirq_batch_too_long",
	  "pair",
	  { "batch", "context" },
	  { 10001, 1 },
	  { 10000, 1 } },
	{ "pair_hardirq_batch_too_long",
	  "pair",
	  { "batch", "context" },
	  { 10001, 2 },
	  { 10000, 2 } },
	{ "pair_hardirq_batch_of_too_many_bytes",
	  "pair",
	  { "batch", "size", "context" },
	  { 1025, 65536, 2 },
	  { 1024, 65536, 2 } },
};

static void checks_sense_name(const struct checks_sense *sense, char *desc)
{
	strscpy(desc, sense->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(checks_sense, checks_senses, checks_sense_name);

static void checks_set(struct kunit *test, struct mag_run_config *config,
		       const struct checks_sense *sense, const u64 *values)
{
	u32 i;

	for (i = 0; i < CHECKS_MAX_SET && sense->param[i]; i++)
		mag_kunit_config_param(test, config, sense->param[i],
				       values[i]);
}

static void checks_params_that_make_no_sense_are_refused(struct kunit *test)
{
	const struct checks_sense *sense = test->param_value;
	struct mag_run_config config = checks_config(test, sense->workload);

	checks_set(test, &config, sense, sense->refused);
	checks_expect_refusal(test, &config, -EINVAL);

	checks_set(test, &config, sense, sense->accepted);
	checks_expect_start(test, &config);
}

/* More workers than most machines have CPUs, so asked of the workload itself. */
static void checks_dentry_bound_below_twice_the_workers(struct kunit *test)
{
	u32 index = mag_kunit_workload(test, "dentry");
	const struct mag_workload_ops *wl = mag_workload_get(index);
	struct mag_run_config config = mag_kunit_config(index, 0);

	mag_kunit_config_param(test, &config, "bound", 64);
	KUNIT_EXPECT_EQ(test, wl->check(config.params, 32), 0);
	KUNIT_EXPECT_EQ(test, wl->check(config.params, 33), -EINVAL);
}

/* Calls on a run. */

static void
checks_second_run_is_refused_until_the_first_is_over(struct kunit *test)
{
	struct mag_run_config config = checks_config(test, "pair");
	struct mag_run *run;

	config.steps = 0;
	config.duration_ns = CHECKS_HOUR_NS;
	run = mag_run_start(&config, NULL);
	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(run), 0);

	config = checks_config(test, "pair");
	checks_expect_refusal(test, &config, -EBUSY);
	KUNIT_EXPECT_EQ(test, mag_run_stop(run), 0);
	checks_expect_refusal(test, &config, -EBUSY);
	KUNIT_EXPECT_EQ(test, mag_run_finish(run), 0);
	checks_expect_start(test, &config);
	mag_run_destroy(run);
}

static void checks_results_are_refused_before_they_are_there(struct kunit *test)
{
	struct mag_run_config config = checks_config(test, "pair");
	struct mag_hist *hist = mag_hist_create(NUMA_NO_NODE);
	struct mag_run *run;

	KUNIT_ASSERT_NOT_NULL(test, hist);
	config.steps = 0;
	config.duration_ns = CHECKS_HOUR_NS;
	run = mag_run_start(&config, NULL);
	if (IS_ERR(run)) {
		mag_hist_destroy(hist);
		KUNIT_FAIL(test, "no run: %pe", run);
		return;
	}

	KUNIT_EXPECT_EQ(test, mag_run_hist(run, 0, MAG_WORKER_ALL, hist),
			-EAGAIN);
	KUNIT_EXPECT_EQ(test, mag_run_finish(run), -EAGAIN);
	KUNIT_EXPECT_FALSE(test, mag_run_settled(run));
	KUNIT_EXPECT_EQ(test, mag_run_stop(run), 0);
	KUNIT_EXPECT_TRUE(test, mag_run_settled(run));
	KUNIT_EXPECT_EQ(test, mag_run_hist(run, 0, MAG_WORKER_ALL, hist), 0);

	mag_run_destroy(run);
	mag_hist_destroy(hist);
}

static void checks_results_that_do_not_exist_are_refused(struct kunit *test)
{
	struct mag_run_config config = checks_config(test, "pair");
	struct mag_hist *hist = mag_hist_create(NUMA_NO_NODE);
	struct mag_run *run;
	u32 nr_ops;

	KUNIT_ASSERT_NOT_NULL(test, hist);
	config.nr_workers = 1;
	run = mag_run_start(&config, NULL);
	if (IS_ERR(run)) {
		mag_hist_destroy(hist);
		KUNIT_FAIL(test, "no run: %pe", run);
		return;
	}

	KUNIT_EXPECT_EQ(test, mag_run_stop(run), 0);
	nr_ops = run->workload->nr_ops;
	KUNIT_EXPECT_EQ(test, mag_run_hist(run, nr_ops, 0, hist), -EINVAL);
	KUNIT_EXPECT_EQ(test, mag_run_hist(run, nr_ops - 1, 1, hist), -EINVAL);
	KUNIT_EXPECT_EQ(test, mag_run_hist(run, nr_ops - 1, 0, hist), 0);

	mag_run_destroy(run);
	mag_hist_destroy(hist);
}

static struct kunit_case checks_cases[] = {
	KUNIT_CASE_PARAM(checks_field_is_refused, checks_field_gen_params),
	KUNIT_CASE(checks_index_past_the_last_is_refused),
	KUNIT_CASE(checks_more_workers_than_cpus_are_refused),
	KUNIT_CASE(checks_clock_that_does_not_exist_is_refused),
	KUNIT_CASE(checks_cpus_that_cannot_be_had_are_refused),
	KUNIT_CASE(checks_param_out_of_range_is_refused),
	KUNIT_CASE(checks_param_past_the_last_is_refused),
	KUNIT_CASE(checks_param_not_in_the_mask_is_ignored),
	KUNIT_CASE(checks_default_of_every_param_is_in_range),
	KUNIT_CASE_PARAM(checks_params_that_make_no_sense_are_refused,
			 checks_sense_gen_params),
	KUNIT_CASE(checks_dentry_bound_below_twice_the_workers),
	KUNIT_CASE(checks_second_run_is_refused_until_the_first_is_over),
	KUNIT_CASE(checks_results_are_refused_before_they_are_there),
	KUNIT_CASE(checks_results_that_do_not_exist_are_refused),
	{}
};

static struct kunit_suite checks_suite = {
	.name = "magslab_checks",
	.suite_init = mag_kunit_suite_init,
	.suite_exit = mag_kunit_suite_exit,
	.exit = checks_exit,
	.test_cases = checks_cases,
};

kunit_test_suite(checks_suite);
