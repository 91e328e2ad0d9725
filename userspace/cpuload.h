/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whom the CPUs served while a run was under way, from /proc/stat: the run, a
 * hypervisor's other guests, or other tasks of this system.
 */
#ifndef MAGCTL_CPULOAD_H
#define MAGCTL_CPULOAD_H

#include <stdbool.h>
#include <stdio.h>

#include "warnings.h"

/**
 * struct mag_cpu_times - sums since boot over all CPUs, in seconds
 * @total: all there is, idle too
 * @steal: a hypervisor ran something else
 * @user: tasks in user space, nice ones and guests as well
 * @system: tasks in the kernel; interrupts are not in it
 * @cpus: online
 */
struct mag_cpu_times {
	double total;
	double steal;
	double user;
	double system;
	unsigned int cpus;
};

/**
 * struct mag_load - what went on beside one run or several, in CPU seconds
 * @wall: elapsed, times the CPUs online
 * @total: accounted for
 * @steal: the hypervisor took
 * @others: tasks that are none of the run's workers took, at least
 */
struct mag_load {
	double wall;
	double total;
	double steal;
	double others;
};

/**
 * struct mag_load_clock - the start of a run
 * @times: as they were
 * @at: CLOCK_MONOTONIC, in seconds
 * @known: they could be read
 */
struct mag_load_clock {
	struct mag_cpu_times times;
	double at;
	bool known;
};

/* False if @file is not in the format of /proc/stat; @ticks are in a second. */
bool mag_cpu_times_parse(FILE *file, long ticks, struct mag_cpu_times *times);

/**
 * mag_load_between() - what went on between two readings
 * @load: where it is added
 * @from: the first
 * @to: the second
 * @wall: seconds between them
 * @workers: threads of the run, each of which may have had a CPU all the time
 *
 * Workers are kernel threads, so that time in user space is others', and time
 * in the kernel is as far as it is more than the workers can have had.
 */
void mag_load_between(struct mag_load *load, const struct mag_cpu_times *from,
		      const struct mag_cpu_times *to, double wall,
		      unsigned int workers);

void mag_load_begin(struct mag_load_clock *clock);
/* Adds what went on since. */
void mag_load_end(const struct mag_load_clock *clock, unsigned int workers,
		  struct mag_load *load);
void mag_load_add(struct mag_load *sum, const struct mag_load *load);

/*
 * Shares of the CPUs' time, in percent; NAN if the runs were too short to
 * tell, less than a second of CPU time.
 */
double mag_load_steal(const struct mag_load *load);
double mag_load_others(const struct mag_load *load);
/* What no tick accounts for: the machine did not run, and nobody told it. */
double mag_load_starved(const struct mag_load *load);

void mag_load_warn(const struct mag_load *load, struct mag_warnings *warnings);

#endif /* MAGCTL_CPULOAD_H */
