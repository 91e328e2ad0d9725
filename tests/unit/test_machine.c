// SPDX-License-Identifier: GPL-2.0-only
/* Lists of CPUs, what is out of proportion, and figures over several CPUs. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "machine.h"
#include "unit.h"

#define TINY 0.000000001

static bool near(double a, double b)
{
	return fabs(a - b) <= TINY;
}

static void test_cpulist(void)
{
	static const char *const bad[] = { "",	    ",",   "1,",    "1-",
					   "-1",    "a",   "1k",    "3-1",
					   "2,1",   "1,1", "0-3,3", "1 2",
					   "70000", "0x1", "1--2" };
	struct mag_cpulist list;

	unit_test("cpulist: as the kernel writes it, and nothing else");
	CHECK(!mag_cpulist_parse(&list, "0-2,5"));
	CHECK(list.nr == 4 && list.cpu[0] == 0 && list.cpu[2] == 2 &&
	      list.cpu[3] == 5);
	CHECK(mag_cpulist_has(&list, 5) && !mag_cpulist_has(&list, 4));
	mag_cpulist_free(&list);
	CHECK(!mag_cpulist_parse(&list, "7"));
	CHECK(list.nr == 1 && list.cpu[0] == 7);
	mag_cpulist_free(&list);
	for (size_t i = 0; i < MAG_ARRAY_SIZE(bad); i++)
		CHECK_MSG(mag_cpulist_parse(&list, bad[i]) == -EINVAL, "\"%s\"",
			  bad[i]);
	mag_cpulist_online(&list);
	CHECK(list.nr > 0);
	mag_cpulist_free(&list);
}

/* Measured: native ns, User-Mode Linux with IPIs by signals, emulated, counted. */
static void test_proportion(void)
{
	static const struct {
		enum mag_primitive primitive;
		double median;
		double call;
		bool out;
	} known[] = {
		{ MAG_PRIMITIVE_CALL, 6, 6, false },
		{ MAG_PRIMITIVE_IRQ, 5, 1, false },
		{ MAG_PRIMITIVE_IRQ, 2216, 1.2, true },
		{ MAG_PRIMITIVE_IRQ, 466, 1.04, true },
		{ MAG_PRIMITIVE_IRQ, 33, 6, false },
		{ MAG_PRIMITIVE_THIS_CPU, 2644, 1.2, true },
		{ MAG_PRIMITIVE_THIS_CPU, 6, 1.04, false },
		{ MAG_PRIMITIVE_SPINLOCK, 27, 1.04, false },
		{ MAG_PRIMITIVE_PREEMPT, 0, 1, false },
		/* Just at the limit of 20 times 5 calls, and just above. */
		{ MAG_PRIMITIVE_IRQ, 100, 1, false },
		{ MAG_PRIMITIVE_IRQ, 100.1, 1, true },
		/* A call that could not be timed makes not everything dear. */
		{ MAG_PRIMITIVE_IRQ, 5, 0, false },
		{ MAG_PRIMITIVE_IRQ, 466, 0, true },
	};

	unit_test("machine: 20 times the usual ratio to a call is too much");
	for (size_t i = 0; i < MAG_ARRAY_SIZE(known); i++)
		CHECK_MSG(mag_machine_out_of_proportion(
				  known[i].primitive, known[i].median,
				  known[i].call) == known[i].out,
			  "%zu: %s at %.1f", i,
			  mag_machine_usual(known[i].primitive)->name,
			  known[i].median);
}

static void test_usual(void)
{
	unit_test("machine: usual figures are whole, names differ");
	for (int i = 0; i < MAG_NR_PRIMITIVES; i++) {
		const struct mag_usual *usual = mag_machine_usual(i);

		CHECK(usual->name && usual->does && usual->warning);
		CHECK(usual->low > 0 && usual->low <= usual->high);
		CHECK(!mag_machine_out_of_proportion(
			i, usual->high,
			mag_machine_usual(MAG_PRIMITIVE_CALL)->low));
		for (int j = 0; j < i; j++)
			CHECK(strcmp(usual->name, mag_machine_usual(j)->name) &&
			      strcmp(usual->warning,
				     mag_machine_usual(j)->warning));
	}
}

/* Ticks of 0.5 ns, batches of 10; a call is 1, 2 and 3 ns on three CPUs. */
static void answers_make(struct mag_machine *answers)
{
	memset(answers, 0, 3 * sizeof(*answers));
	for (__u32 i = 0; i < 3; i++) {
		answers[i].cpu = i + 4;
		answers[i].khz = 2000000;
		answers[i].hz = 100;
		answers[i].clock_step = 20 + i;
		answers[i].window_ns = 10000000;
		answers[i].ticks = 3;
		answers[i].ticks_ns = 30000000;
		answers[i].gaps = i;
		answers[i].gap_max = 1000 * i;
		answers[i].gap_total = 1000 * i;
		answers[i].primitives[MAG_PRIMITIVE_CALL] =
			(struct mag_primitive_cost){ .min = 10 * (i + 1),
						     .median = 20 * (i + 1),
						     .iterations = 10,
						     .batches = 5 };
	}
	answers[1].primitives[MAG_PRIMITIVE_IRQ] = (struct mag_primitive_cost){
		.min = 20000, .median = 40000, .iterations = 10, .batches = 1
	};
}

static void test_aggregate(void)
{
	struct mag_profile profile = { .unit = MAG_UNIT_NS };
	const struct mag_cost *cost;
	struct mag_machine answers[3];

	unit_test("machine: least, median and worst over the CPUs");
	answers_make(answers);
	mag_machine_aggregate(&profile, answers, 3);
	cost = &profile.cost[MAG_PRIMITIVE_CALL];
	CHECK(cost->measured && near(cost->min, 0.5) && near(cost->median, 2));
	CHECK(near(cost->worst, 3) && cost->worst_cpu == 6);
	cost = &profile.cost[MAG_PRIMITIVE_IRQ];
	CHECK(cost->measured && near(cost->median, 2000));
	CHECK(!profile.cost[MAG_PRIMITIVE_LINE].measured);
	CHECK(near(profile.clock_step, 10.5));
	CHECK(near(profile.ticks_per_second, 100) && profile.hz == 100);
	CHECK(near(profile.gaps_per_second, 100));
	CHECK(near(profile.gap_max, 1000));
	CHECK(near(profile.gap_share, 1500 / 3e7));
	CHECK(profile.out == MAG_PRIMITIVE_BIT(MAG_PRIMITIVE_IRQ));
}

static void test_unknown_ticks(void)
{
	struct mag_profile profile = { .unit = MAG_UNIT_NS };
	struct mag_machine answers[3];

	unit_test("machine: ticks are of the CPUs that know theirs");
	answers_make(answers);
	answers[0].ticks = 0;
	answers[0].ticks_ns = 0;
	mag_machine_aggregate(&profile, answers, 3);
	CHECK(near(profile.ticks_per_second, 100));
	mag_machine_aggregate(&profile, answers, 1);
	CHECK(isnan(profile.ticks_per_second));
}

static void test_explains(void)
{
	struct mag_profile profile = { 0 };
	__u64 irq = MAG_PRIMITIVE_BIT(MAG_PRIMITIVE_IRQ);
	__u64 clock = MAG_PRIMITIVE_BIT(MAG_PRIMITIVE_CLOCK);

	unit_test("machine: explains a difference if a backend uses it");
	CHECK(!mag_machine_explains(&profile, ~0ULL));
	profile.out = irq | clock;
	CHECK(mag_machine_explains(&profile, irq));
	CHECK(!mag_machine_explains(&profile, ~irq));
	/* The harness reads the clock, for all backends alike. */
	CHECK(!mag_machine_explains(&profile, clock));
	profile = (struct mag_profile){ .error = -EBUSY };
	CHECK(mag_machine_explains(&profile, irq));
}

static void test_judged(void)
{
	struct mag_profile profile = { .unit = MAG_UNIT_INSNS };
	struct mag_machine answers[3];

	unit_test("machine: instructions do not judge a line that moves");
	answers_make(answers);
	for (int i = 0; i < 3; i++)
		answers[i].khz = 0;
	answers[0].primitives[MAG_PRIMITIVE_LINE] = (struct mag_primitive_cost){
		.median = 1000000, .iterations = 1, .batches = 1
	};
	mag_machine_aggregate(&profile, answers, 3);
	CHECK(profile.cost[MAG_PRIMITIVE_LINE].measured);
	CHECK(!mag_machine_is_judged(&profile, MAG_PRIMITIVE_LINE));
	CHECK(profile.out == MAG_PRIMITIVE_BIT(MAG_PRIMITIVE_IRQ));
	CHECK(near(profile.cost[MAG_PRIMITIVE_CALL].median, 4));
	CHECK(isnan(profile.gap_share));

	memset(&profile, 0, sizeof(profile));
	profile.unit = MAG_UNIT_TICKS;
	mag_machine_aggregate(&profile, answers, 3);
	CHECK(mag_machine_is_judged(&profile, MAG_PRIMITIVE_LINE));
	CHECK(profile.out & MAG_PRIMITIVE_BIT(MAG_PRIMITIVE_LINE));
}

void unit_machine(void)
{
	test_cpulist();
	test_usual();
	test_proportion();
	test_aggregate();
	test_unknown_ticks();
	test_explains();
	test_judged();
}
