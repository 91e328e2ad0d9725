// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suite magslab_primitive: what mag_primitive_measure() refuses and fills in,
 * that it ends, and the claim that it shares with runs.  How long anything takes
 * is not asserted.
 */
#include <kunit/test.h>

#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/ktime.h>
#include <linux/limits.h>
#include <linux/stddef.h>
#include <linux/string.h>

#include "../kmod/allocator/mag_cache.h"
#include "../kmod/stress/backend.h"
#include "../kmod/stress/primitive.h"
#include "../kmod/stress/primitive_loop.h"
#include "helpers.h"
#include "runs.h"

static struct mag_machine primitive_machine(void)
{
	return (struct mag_machine){
		.abi_version = MAG_ABI_VERSION,
		.cpu = cpumask_first(cpu_online_mask),
		.peer = MAG_CPU_NONE,
		.clock = MAG_CLOCK_KTIME,
	};
}

static void primitive_expect(struct kunit *test,
			     const struct mag_machine *asked, int err)
{
	struct mag_machine machine = *asked;

	KUNIT_EXPECT_EQ(test, mag_primitive_measure(&machine), err);
}

/* The claim was not lost. */
static void primitive_exit(struct kunit *test)
{
	struct mag_run_config config =
		mag_kunit_config(mag_kunit_workload(test, "pair"),
				 mag_kunit_backend(test, "magazine"));
	struct mag_run *run = mag_run_start(&config, NULL);

	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(run), 0);
	if (!IS_ERR(run))
		mag_run_destroy(run);
	mag_kunit_expect_no_caches(test);
}

/* Refusals: each is of a question that is valid but for one field. */

static const struct primitive_field {
	const char *name;
	size_t offset;
	u32 value;
	int err;
} primitive_fields[] = {
#define FIELD(_name, _member, _value, _err)                                \
	{                                                                  \
		_name, offsetof(struct mag_machine, _member), _value, _err \
	}
	FIELD("abi_version_older", abi_version, MAG_ABI_VERSION - 1, -EPROTO),
	FIELD("abi_version_newer", abi_version, MAG_ABI_VERSION + 1, -EPROTO),
	FIELD("cpu_none", cpu, MAG_CPU_NONE, -EINVAL),
	FIELD("cpu_all_but_one", cpu, U32_MAX - 1, -EINVAL),
	FIELD("peer_all_but_one", peer, U32_MAX - 1, -EINVAL),
	FIELD("clock_past_the_last", clock, MAG_NR_CLOCKS, -EINVAL),
	FIELD("clock_all_ones", clock, U32_MAX, -EINVAL),
	FIELD("reserved0", reserved0, 1, -EINVAL),
	FIELD("first_reserved", reserved[0], 1, -EINVAL),
	FIELD("last_reserved", reserved[2], 1, -EINVAL),
#undef FIELD
};

static void primitive_field_name(const struct primitive_field *field,
				 char *desc)
{
	strscpy(desc, field->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(primitive_field, primitive_fields, primitive_field_name);

static void primitive_field_is_refused(struct kunit *test)
{
	const struct primitive_field *field = test->param_value;
	struct mag_machine machine = primitive_machine();

	memcpy((void *)&machine + field->offset, &field->value,
	       sizeof(field->value));
	primitive_expect(test, &machine, field->err);
}

static void primitive_cpu_past_the_last_is_refused(struct kunit *test)
{
	struct mag_machine machine = primitive_machine();

	machine.cpu = nr_cpu_ids;
	primitive_expect(test, &machine, -EINVAL);
	machine = primitive_machine();
	machine.peer = nr_cpu_ids;
	primitive_expect(test, &machine, -EINVAL);
}

static void primitive_peer_of_itself_is_refused(struct kunit *test)
{
	struct mag_machine machine = primitive_machine();

	machine.peer = machine.cpu;
	primitive_expect(test, &machine, -EINVAL);
}

static void primitive_cpu_that_is_not_online_is_refused(struct kunit *test)
{
	u32 cpu = cpumask_first_zero(cpu_online_mask);
	struct mag_machine machine = primitive_machine();

	if (cpu >= nr_cpu_ids)
		kunit_skip(test, "every CPU is online");
	machine.cpu = cpu;
	primitive_expect(test, &machine, -ENODEV);
	machine = primitive_machine();
	machine.peer = cpu;
	primitive_expect(test, &machine, -ENODEV);
}

static void primitive_clock_that_does_not_exist_is_refused(struct kunit *test)
{
	struct mag_machine machine = primitive_machine();

	if (mag_clock_tsc_khz())
		kunit_skip(test, "every clock exists here");
	machine.clock = MAG_CLOCK_TSC;
	primitive_expect(test, &machine, -EOPNOTSUPP);
	machine.clock = MAG_CLOCK_TICKS;
	primitive_expect(test, &machine, -EOPNOTSUPP);
}

static void primitive_run_under_way_is_busy(struct kunit *test)
{
	struct mag_run_config config =
		mag_kunit_config(mag_kunit_workload(test, "pair"),
				 mag_kunit_backend(test, "magazine"));
	struct mag_machine machine = primitive_machine();
	struct mag_run *run;

	config.steps = 0;
	config.duration_ns = MAG_MAX_DURATION_NS;
	run = mag_run_start(&config, NULL);
	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(run), 0);
	primitive_expect(test, &machine, -EBUSY);
	KUNIT_EXPECT_EQ(test, mag_run_stop(run), 0);
	primitive_expect(test, &machine, -EBUSY);
	KUNIT_EXPECT_EQ(test, mag_run_finish(run), 0);
	primitive_expect(test, &machine, 0);
	mag_run_destroy(run);
}

static void primitive_measurement_under_way_is_busy(struct kunit *test)
{
	struct mag_machine machine = primitive_machine();

	KUNIT_ASSERT_TRUE(test, mag_run_claim_get());
	primitive_expect(test, &machine, -EBUSY);
	mag_run_claim_put();
	primitive_expect(test, &machine, 0);
}

/* Answers. */

static void primitive_each_is_measured_on_every_cpu(struct kunit *test)
{
	struct mag_machine machine;
	u32 cpu, i;

	for_each_online_cpu(cpu) {
		machine = primitive_machine();
		machine.cpu = cpu;
		KUNIT_ASSERT_EQ(test, mag_primitive_measure(&machine), 0);
		for (i = 0; i < MAG_PRIMITIVE_LINE; i++) {
			const struct mag_primitive_cost *cost =
				&machine.primitives[i];

			KUNIT_EXPECT_GT_MSG(test, cost->batches, 0, "%u", i);
			KUNIT_EXPECT_GT_MSG(test, cost->iterations, 0, "%u", i);
			KUNIT_EXPECT_LE_MSG(test, cost->min, cost->median, "%u",
					    i);
		}
	}
}

/* One that moves between two CPUs needs two; it may find no time there. */
static void primitive_line_needs_a_peer(struct kunit *test)
{
	struct mag_machine machine = primitive_machine();
	const struct mag_primitive_cost *line =
		&machine.primitives[MAG_PRIMITIVE_LINE];

	KUNIT_ASSERT_EQ(test, mag_primitive_measure(&machine), 0);
	KUNIT_EXPECT_EQ(test, line->batches, 0);

	if (num_online_cpus() == 1)
		kunit_skip(test, "there is no second CPU");
	machine = primitive_machine();
	machine.peer = mag_kunit_next_cpu(machine.cpu);
	KUNIT_ASSERT_EQ(test, mag_primitive_measure(&machine), 0);
	KUNIT_EXPECT_GT(test, line->iterations, 0);
	if (line->batches)
		KUNIT_EXPECT_GT(test, line->median, 0);
	KUNIT_EXPECT_LE(test, line->min, line->median);
}

static void primitive_answer_is_complete(struct kunit *test)
{
	struct mag_machine machine;
	u32 i;

	memset(&machine, 0xff, sizeof(machine));
	machine.abi_version = MAG_ABI_VERSION;
	machine.cpu = cpumask_first(cpu_online_mask);
	machine.clock = MAG_CLOCK_KTIME;
	machine.reserved0 = 0;
	machine.ticks_ns = U64_MAX;
	memset(machine.reserved, 0, sizeof(machine.reserved));
	KUNIT_ASSERT_EQ(test, mag_primitive_measure(&machine), 0);

	KUNIT_EXPECT_EQ(test, machine.clock, MAG_CLOCK_KTIME);
	KUNIT_EXPECT_EQ(test, machine.khz, NSEC_PER_MSEC);
	KUNIT_EXPECT_EQ(test, machine.hz, HZ);
	KUNIT_EXPECT_EQ(test, machine.flags,
			IS_ENABLED(CONFIG_SMP) ? 0 : MAG_MACHINE_UP);
	KUNIT_EXPECT_EQ(test, machine.nr_primitives, MAG_NR_PRIMITIVES);
	KUNIT_EXPECT_GT(test, machine.clock_step, 0);
	KUNIT_EXPECT_GT(test, machine.window_ns, 0);
	/* Ticks are counted in the window, too, or not at all. */
	if (machine.ticks_ns)
		KUNIT_EXPECT_GE(test, machine.ticks_ns, machine.window_ns);
	else
		KUNIT_EXPECT_EQ(test, machine.ticks, 0);
	if (IS_ENABLED(CONFIG_TICK_CPU_ACCOUNTING))
		KUNIT_EXPECT_GT(test, machine.ticks_ns, 0);
	KUNIT_EXPECT_LE(test, machine.gap_max, machine.gap_total);
	KUNIT_EXPECT_LE(test, machine.gaps, machine.gap_total);
	for (i = MAG_NR_PRIMITIVES; i < MAG_MAX_PRIMITIVES; i++)
		KUNIT_EXPECT_NULL(test,
				  memchr_inv(&machine.primitives[i], 0,
					     sizeof(machine.primitives[i])));
}

static void primitive_clock_used_is_named(struct kunit *test)
{
	struct mag_machine machine = primitive_machine();

	machine.clock = MAG_CLOCK_AUTO;
	KUNIT_ASSERT_EQ(test, mag_primitive_measure(&machine), 0);
	KUNIT_EXPECT_EQ(test, machine.clock, mag_clock_auto());
	KUNIT_EXPECT_GT(test, machine.khz, 0);

	if (!mag_clock_tsc_khz())
		return;
	machine = primitive_machine();
	machine.clock = MAG_CLOCK_TICKS;
	KUNIT_ASSERT_EQ(test, mag_primitive_measure(&machine), 0);
	KUNIT_EXPECT_EQ(test, machine.clock, MAG_CLOCK_TICKS);
	KUNIT_EXPECT_EQ(test, machine.khz, 0);
}

/* If the compiler dropped or merged iterations, a hundred times as many took as long. */
static void primitive_batches_grow_with_their_iterations(struct kunit *test)
{
	const u32 few = 1000, many = 100 * few;
	u32 i;

	KUNIT_ASSERT_EQ(test, mag_clock_select(MAG_CLOCK_KTIME), 0);
	for (i = 0; i < MAG_PRIMITIVE_LINE; i++) {
		u64 least = U64_MAX, turn;

		/* Interrupts only make a batch longer. */
		for (turn = 0; turn < 10; turn++)
			least = min(least, mag_primitive_batch(i, few));
		KUNIT_EXPECT_GT_MSG(test, mag_primitive_batch(i, many), least,
				    "primitive %u", i);
	}
	KUNIT_EXPECT_EQ(test, mag_primitive_batch(MAG_PRIMITIVE_LINE, few), 0);
}

/* What backends say they use. */

static void primitive_every_backend_says_what_it_uses(struct kunit *test)
{
	u32 i;

	for (i = 0; i < mag_backend_count(); i++) {
		const struct mag_backend_ops *ops = mag_backend_get(i);

		KUNIT_EXPECT_TRUE_MSG(
			test, ops->uses & MAG_PRIMITIVE_BIT(MAG_PRIMITIVE_CALL),
			"%s", ops->name);
		/* Objects are freed on other CPUs than allocated them. */
		KUNIT_EXPECT_TRUE_MSG(
			test, ops->uses & MAG_PRIMITIVE_BIT(MAG_PRIMITIVE_LINE),
			"%s", ops->name);
		KUNIT_EXPECT_EQ_MSG(test, ops->uses >> MAG_NR_PRIMITIVES, 0,
				    "%s", ops->name);
	}
}

static struct kunit_case primitive_cases[] = {
	KUNIT_CASE_PARAM(primitive_field_is_refused,
			 primitive_field_gen_params),
	KUNIT_CASE(primitive_cpu_past_the_last_is_refused),
	KUNIT_CASE(primitive_peer_of_itself_is_refused),
	KUNIT_CASE(primitive_cpu_that_is_not_online_is_refused),
	KUNIT_CASE(primitive_clock_that_does_not_exist_is_refused),
	KUNIT_CASE(primitive_run_under_way_is_busy),
	KUNIT_CASE(primitive_measurement_under_way_is_busy),
	KUNIT_CASE(primitive_each_is_measured_on_every_cpu),
	KUNIT_CASE(primitive_line_needs_a_peer),
	KUNIT_CASE(primitive_answer_is_complete),
	KUNIT_CASE(primitive_clock_used_is_named),
	KUNIT_CASE(primitive_batches_grow_with_their_iterations),
	KUNIT_CASE(primitive_every_backend_says_what_it_uses),
	{}
};

static struct kunit_suite primitive_suite = {
	.name = "magslab_primitive",
	.suite_init = mag_kunit_suite_init,
	.suite_exit = mag_kunit_suite_exit,
	.exit = primitive_exit,
	.test_cases = primitive_cases,
};

kunit_test_suite(primitive_suite);
