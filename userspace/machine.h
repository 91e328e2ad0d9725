/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a machine is: the costs of primitives on the CPUs that are used, beside
 * those of bare metal.  A primitive that is out of proportion makes no verdict.
 */
#ifndef MAGCTL_MACHINE_H
#define MAGCTL_MACHINE_H

#include <stdbool.h>

#include "cpulist.h"
#include "environment.h"

/* A primitive that costs more than so often its usual ratio to a call. */
#define MAG_MACHINE_FACTOR 20

/**
 * struct mag_usual - a primitive, and what it usually costs on bare metal
 * @name: stable, for JSON and scripts
 * @does: what is timed, in a few words
 * @warning: name of the warning that it is out of proportion
 * @low: ns, order of magnitude
 * @high: ns, order of magnitude
 */
struct mag_usual {
	const char *name;
	const char *does;
	const char *warning;
	double low;
	double high;
};

/**
 * struct mag_cost - what a primitive costs here, over all CPUs measured
 * @measured: on one CPU at least; else the rest means nothing
 * @min: least of the CPUs' minima, in the profile's unit
 * @median: median of the CPUs' medians
 * @worst: greatest of the CPUs' medians
 * @worst_cpu: and whose it is
 */
struct mag_cost {
	bool measured;
	double min;
	double median;
	double worst;
	__u32 worst_cpu;
};

/**
 * struct mag_profile - what a machine is
 * @error: 0, or the -errno for which it was not measured; then the rest is 0
 * @clock: enum mag_clock that timed it
 * @unit: of all figures
 * @cpus: those measured
 * @up: the kernel is built without SMP
 * @hz: timer ticks a second that the kernel is built for
 * @ticks_per_second: timer ticks that a CPU had; NAN: unknown
 * @clock_step: median of the CPUs', in @unit
 * @gaps_per_second: interruptions of a CPU
 * @gap_max: the longest, in @unit
 * @gap_share: part of the time that interruptions took, 0 to 1
 * @cost: by enum mag_primitive
 * @out: MAG_PRIMITIVE_BIT() of each primitive out of proportion
 */
struct mag_profile {
	int error;
	__u32 clock;
	enum mag_unit unit;
	struct mag_cpulist cpus;
	bool up;
	__u32 hz;
	double ticks_per_second;
	double clock_step;
	double gaps_per_second;
	double gap_max;
	double gap_share;
	struct mag_cost cost[MAG_NR_PRIMITIVES];
	__u64 out;
};

const struct mag_usual *mag_machine_usual(enum mag_primitive primitive);

/* What the primitive costs on bare metal in calls, at most. */
double mag_machine_usual_ratio(enum mag_primitive primitive);

/* Whether a primitive's cost is out of proportion to that of a call. */
bool mag_machine_out_of_proportion(enum mag_primitive primitive, double median,
				   double call);

/* False where the machine cannot tell: a line that moves takes no instructions. */
bool mag_machine_is_judged(const struct mag_profile *profile,
			   enum mag_primitive primitive);

/* A profile from the answers of @nr CPUs, one each; for tests. */
void mag_machine_aggregate(struct mag_profile *profile,
			   const struct mag_machine *answers, size_t nr);

/**
 * struct mag_machine_watch - who is asked before each CPU is measured
 * @next: whether to go on, with CPU @i, from 0, of @nr; may show progress
 * @data: its own
 */
struct mag_machine_watch {
	bool (*next)(void *data, size_t i, size_t nr);
	void *data;
};

/**
 * mag_machine_read() - measure the machine
 * @profile: where it goes; to be freed whatever the outcome
 * @fd: the device
 * @env: where; has the clock and its unit
 * @cpus: which CPUs, at least one; each with the next one as its peer
 * @watch: may end it
 *
 * Return: profile->error; -EINTR if @watch ended it.
 */
int mag_machine_read(struct mag_profile *profile, int fd,
		     const struct mag_environment *env,
		     const struct mag_cpulist *cpus,
		     const struct mag_machine_watch *watch);
void mag_machine_free(struct mag_profile *profile);

/*
 * Adds what of it makes figures doubtful: preconditions, of what @used has, the
 * MAG_PRIMITIVE_BIT() of all primitives that the backends of the run use.
 */
void mag_machine_warn(const struct mag_profile *profile, __u64 used,
		      struct mag_warnings *warnings);

/*
 * Whether it could explain a difference between backends that use @primitives;
 * a machine that was not measured could explain any.
 */
bool mag_machine_explains(const struct mag_profile *profile, __u64 primitives);

#endif /* MAGCTL_MACHINE_H */
