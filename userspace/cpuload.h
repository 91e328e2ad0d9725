/* SPDX-License-Identifier: GPL-2.0-only */
/* How the CPUs' time was spent during a run, from /proc/stat. */
#ifndef MAGCTL_CPULOAD_H
#define MAGCTL_CPULOAD_H

#include <stdbool.h>
#include <stdio.h>

#include "cpulist.h"
#include "warnings.h"

/**
 * struct mag_cpu_times - sums since boot over some CPUs, in seconds
 * @total: all there is, idle too
 * @steal: a hypervisor ran something else
 * @user: tasks in user space, nice ones and guests as well
 * @irq: interrupts, hard and soft
 * @cpus: how many of them there are
 * @user_untold: on no CPU the kernel has counted any user time
 */
struct mag_cpu_times {
	double total;
	double steal;
	double user;
	double irq;
	size_t cpus;
	bool user_untold;
};

/**
 * struct mag_load - what went on beside one run or several, on the CPUs of its
 * workers, in CPU seconds
 * @wall: elapsed, times the CPUs
 * @total: accounted for
 * @steal: the hypervisor took
 * @user: tasks in user space took; the workers are kernel threads
 * @irq: interrupts took
 * @unread: of a round /proc/stat could not be read
 * @user_untold: by the last reading the kernel counts user time as its own, as
 *	User-Mode Linux's does
 */
struct mag_load {
	double wall;
	double total;
	double steal;
	double user;
	double irq;
	bool unread;
	bool user_untold;
};

/**
 * struct mag_load_clock - the start of a run
 * @cpus: of the workers
 * @times: as they were
 * @at: CLOCK_MONOTONIC, in seconds
 * @known: they could be read
 */
struct mag_load_clock {
	const struct mag_cpulist *cpus;
	struct mag_cpu_times times;
	double at;
	bool known;
};

/**
 * mag_cpu_times_parse() - sum the lines of some CPUs
 * @file: in the format of /proc/stat
 * @ticks: in a second, of its figures
 * @cpus: which CPUs
 * @times: where the sums go
 *
 * Return: false if the format is another, or none of the CPUs is in it.
 */
bool mag_cpu_times_parse(FILE *file, long ticks, const struct mag_cpulist *cpus,
			 struct mag_cpu_times *times);

/**
 * mag_load_between() - what went on between two readings
 * @load: where it is added
 * @from: the first
 * @to: the second
 * @wall: seconds between them
 *
 * Each CPU has one worker, a kernel thread.  So time in user space is others'.
 * Other tasks' time in the kernel cannot be told from the worker's.
 */
void mag_load_between(struct mag_load *load, const struct mag_cpu_times *from,
		      const struct mag_cpu_times *to, double wall);

/* @cpus: of the workers; must last until the end. */
void mag_load_begin(struct mag_load_clock *clock,
		    const struct mag_cpulist *cpus);
/* Adds what went on since. */
void mag_load_end(const struct mag_load_clock *clock, struct mag_load *load);
void mag_load_add(struct mag_load *sum, const struct mag_load *load);

/* Why the load is not known, or NULL. */
const char *mag_load_unknown(const struct mag_load *load);

/* Shares of the time of the workers' CPUs, in percent; NAN if not known. */
double mag_load_steal(const struct mag_load *load);
double mag_load_others(const struct mag_load *load);
/*
 * Time that /proc/stat does not account for: the host did not run this machine
 * and reported no steal.
 */
double mag_load_starved(const struct mag_load *load);
/* Not judged: a part of it is the run's own, as RCU's callbacks are. */
double mag_load_irq(const struct mag_load *load);

/* @strict: that it is not known is a warning too. */
void mag_load_warn(const struct mag_load *load, bool strict,
		   struct mag_warnings *warnings);

#endif /* MAGCTL_CPULOAD_H */
