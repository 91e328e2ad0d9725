// SPDX-License-Identifier: GPL-2.0-only
/* Measuring a machine, and judging what was measured. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "complain.h"
#include "device.h"
#include "machine.h"
#include "stats.h"
#include "util.h"

/*
 * Orders of magnitude, of server and desktop processors with 2 to 5 GHz: cycles
 * over that frequency.  A call and its return take 2 to 5 cycles; an ordered
 * reading of a time-stamp counter 20 to 60; preemption is an increment and a
 * decrement of one hot word with a branch, 2 to 5; pushf, cli and popf, or their
 * like, 10 to 40; bottom halves two calls and as many counts, 10 to 40; a locked
 * instruction about 20, on which an atomic consists and a spinlock has one, with
 * a call and a store; this_cpu_inc() is one instruction without a lock; a line
 * that another core has modified comes in 100 to 500 within a package.  Beyond
 * a package it takes a few times as long, well within the factor.
 */
static const struct mag_usual mag_usual[MAG_NR_PRIMITIVES] = {
	[MAG_PRIMITIVE_CALL] = { "call", "a call and its return",
				 "machine_call", 1, 2 },
	[MAG_PRIMITIVE_CLOCK] = { "clock", "reading the clock", "machine_clock",
				  8, 25 },
	[MAG_PRIMITIVE_PREEMPT] = { "preempt", "preemption off and on",
				    "machine_preempt", 1, 2 },
	[MAG_PRIMITIVE_IRQ] = { "irq", "interrupts masked and restored",
				"machine_irq", 2, 10 },
	[MAG_PRIMITIVE_BH] = { "bh", "bottom halves off and on", "machine_bh",
			       3, 10 },
	[MAG_PRIMITIVE_SPINLOCK] = { "spinlock",
				     "a spinlock taken and released",
				     "machine_spinlock", 5, 10 },
	[MAG_PRIMITIVE_ATOMIC] = { "atomic", "an atomic increment",
				   "machine_atomic", 4, 8 },
	[MAG_PRIMITIVE_THIS_CPU] = { "this_cpu", "a this_cpu increment",
				     "machine_this_cpu", 1, 2 },
	[MAG_PRIMITIVE_LINE] = { "line", "a cache line moved to another CPU",
				 "machine_line", 40, 120 },
};

/*
 * Least cost of a call, in the profile's unit.  A call too short to measure would
 * put every other primitive out of proportion.
 */
#define MAG_LEAST_CALL 0.1

/* Both take part in what is timed, whatever the backend. */
#define MAG_COMMON_PRIMITIVES                    \
	(MAG_PRIMITIVE_BIT(MAG_PRIMITIVE_CALL) | \
	 MAG_PRIMITIVE_BIT(MAG_PRIMITIVE_CLOCK))

const struct mag_usual *mag_machine_usual(enum mag_primitive primitive)
{
	return &mag_usual[primitive];
}

double mag_machine_usual_ratio(enum mag_primitive primitive)
{
	return mag_usual[primitive].high / mag_usual[MAG_PRIMITIVE_CALL].high;
}

bool mag_machine_out_of_proportion(enum mag_primitive primitive, double median,
				   double call)
{
	return median > MAG_MACHINE_FACTOR *
				mag_machine_usual_ratio(primitive) *
				fmax(call, MAG_LEAST_CALL);
}

bool mag_machine_is_judged(const struct mag_profile *profile,
			   enum mag_primitive primitive)
{
	return profile->cost[primitive].measured &&
	       (primitive != MAG_PRIMITIVE_LINE ||
		profile->unit != MAG_UNIT_INSNS);
}

/* From ticks to ns, where they tell time. */
static double mag_machine_scale(const struct mag_machine *answer, double ticks)
{
	return answer->khz ? ticks * 1e6 / (double)answer->khz : ticks;
}

static void mag_cost_aggregate(struct mag_cost *cost,
			       const struct mag_machine *answers, size_t nr,
			       enum mag_primitive primitive)
{
	double *medians = mag_xcalloc(nr, sizeof(*medians));
	size_t measured = 0;

	for (size_t i = 0; i < nr; i++) {
		const struct mag_primitive_cost *on =
			&answers[i].primitives[primitive];
		double min, median;

		if (!on->batches || !on->iterations)
			continue;
		min = mag_machine_scale(&answers[i], (double)on->min) /
		      on->iterations;
		median = mag_machine_scale(&answers[i], (double)on->median) /
			 on->iterations;
		if (!measured || min < cost->min)
			cost->min = min;
		if (!measured || median > cost->worst) {
			cost->worst = median;
			cost->worst_cpu = answers[i].cpu;
		}
		medians[measured++] = median;
	}
	cost->measured = measured;
	cost->median = measured ? mag_stats_median(medians, measured) : 0;
	free(medians);
}

static void mag_clock_aggregate(struct mag_profile *profile,
				const struct mag_machine *answers, size_t nr)
{
	double *steps = mag_xcalloc(nr, sizeof(*steps));
	double ns = 0, timer_ticks = 0, timer_ns = 0, gaps = 0, gap_ns = 0;

	for (size_t i = 0; i < nr; i++) {
		const struct mag_machine *on = &answers[i];
		double longest = mag_machine_scale(on, (double)on->gap_max);

		steps[i] = mag_machine_scale(on, (double)on->clock_step);
		profile->gap_max = fmax(profile->gap_max, longest);
		gap_ns += mag_machine_scale(on, (double)on->gap_total);
		ns += (double)on->window_ns;
		timer_ticks += (double)on->ticks;
		timer_ns += (double)on->ticks_ns;
		gaps += (double)on->gaps;
	}
	profile->clock_step = mag_stats_median(steps, nr);
	profile->ticks_per_second = timer_ns > 0 ? timer_ticks * 1e9 / timer_ns
						 : NAN;
	if (ns > 0) {
		profile->gaps_per_second = gaps * 1e9 / ns;
		/* Ticks that are no time make no part of it. */
		profile->gap_share = profile->unit == MAG_UNIT_NS ? gap_ns / ns
								  : NAN;
	}
	free(steps);
}

void mag_machine_aggregate(struct mag_profile *profile,
			   const struct mag_machine *answers, size_t nr)
{
	double call;

	profile->clock = answers[0].clock;
	profile->hz = answers[0].hz;
	profile->up = answers[0].flags & MAG_MACHINE_UP;
	mag_clock_aggregate(profile, answers, nr);
	for (int i = 0; i < MAG_NR_PRIMITIVES; i++)
		mag_cost_aggregate(&profile->cost[i], answers, nr, i);

	call = profile->cost[MAG_PRIMITIVE_CALL].median;
	for (int i = 0; i < MAG_NR_PRIMITIVES; i++) {
		if (mag_machine_is_judged(profile, i) &&
		    mag_machine_out_of_proportion(i, profile->cost[i].median,
						  call))
			profile->out |= MAG_PRIMITIVE_BIT(i);
	}
}

static int mag_machine_ask(int fd, __u32 clock, const struct mag_cpulist *cpus,
			   const struct mag_machine_watch *watch,
			   struct mag_machine *answers)
{
	int err = 0;

	for (size_t i = 0; i < cpus->nr && !err; i++) {
		if (!watch->next(watch->data, i, cpus->nr))
			return -EINTR;
		answers[i].abi_version = MAG_ABI_VERSION;
		answers[i].cpu = cpus->cpu[i];
		answers[i].peer = cpus->nr > 1 ? cpus->cpu[(i + 1) % cpus->nr]
					       : MAG_CPU_NONE;
		answers[i].clock = clock;
		err = mag_device_machine(fd, &answers[i]);
	}
	return err;
}

int mag_machine_read(struct mag_profile *profile, int fd,
		     const struct mag_environment *env,
		     const struct mag_cpulist *cpus,
		     const struct mag_machine_watch *watch)
{
	__u32 clock = mag_environment_clock(env);
	struct mag_machine *answers = mag_xcalloc(cpus->nr, sizeof(*answers));

	memset(profile, 0, sizeof(*profile));
	profile->unit = mag_environment_unit(env, clock);
	mag_cpulist_copy(&profile->cpus, cpus);
	profile->error = mag_machine_ask(fd, clock, cpus, watch, answers);
	if (!profile->error)
		mag_machine_aggregate(profile, answers, cpus->nr);
	free(answers);
	return profile->error;
}

void mag_machine_free(struct mag_profile *profile)
{
	mag_cpulist_free(&profile->cpus);
}

static const char *mag_machine_consequence(int primitive, bool used)
{
	if (MAG_PRIMITIVE_BIT(primitive) & MAG_COMMON_PRIMITIVES)
		return "it is part of each sample, and hides what backends differ in";
	if (!used)
		return "no backend of this run uses it";
	return "backends that use it get no verdict here";
}

/* A cure of a machine: User-Mode Linux has one of its own. */
#define MAG_MACHINE_CURE                                                    \
	"use another machine, or MACHINE=icount; for um, build its kernel " \
	"with UM_SOFT_IPI=1, the default"

static void mag_machine_warn_primitive(const struct mag_profile *profile,
				       int primitive, __u64 used,
				       struct mag_warnings *warnings)
{
	double most = ceil(mag_machine_usual_ratio(primitive));
	bool counts = MAG_PRIMITIVE_BIT(primitive) & used &
		      ~MAG_COMMON_PRIMITIVES;
	const struct mag_usual *usual = &mag_usual[primitive];
	double median = profile->cost[primitive].median;
	double call =
		fmax(profile->cost[MAG_PRIMITIVE_CALL].median, MAG_LEAST_CALL);

	mag_warnings_add(
		warnings, usual->warning, counts, MAG_MACHINE_CURE,
		"%s (%s) costs %.4g %s, %.0f calls; on bare metal it costs %.0f to %.0f ns, at most %.0f call%s: %s",
		usual->name, usual->does, median, mag_unit_name(profile->unit),
		median / call, usual->low, usual->high, most,
		most > 1 ? "s" : "",
		mag_machine_consequence(primitive, counts));
}

void mag_machine_warn(const struct mag_profile *profile, __u64 used,
		      struct mag_warnings *warnings)
{
	if (profile->error) {
		mag_warnings_add(
			warnings, "machine_not_measured", true,
			"remove the cause, and run again",
			"what primitives cost on this machine was not measured (%s)",
			mag_complain_text(MAG_CALL_MACHINE, profile->error));
		return;
	}
	for (int i = 0; i < MAG_NR_PRIMITIVES; i++) {
		if (profile->out & MAG_PRIMITIVE_BIT(i))
			mag_machine_warn_primitive(profile, i, used, warnings);
	}
	if (profile->up)
		mag_warnings_add(
			warnings, "no_smp", false,
			"use a kernel with CONFIG_SMP",
			"a kernel without SMP: locks and atomics cost nothing here, ratios say nothing of a kernel with SMP");
}

bool mag_machine_explains(const struct mag_profile *profile, __u64 primitives)
{
	return profile->error ||
	       (profile->out & primitives & ~MAG_COMMON_PRIMITIVES);
}
