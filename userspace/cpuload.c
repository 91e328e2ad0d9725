// SPDX-License-Identifier: GPL-2.0-only
/* Reading /proc/stat before and after, and the difference. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cpuload.h"
#include "monotonic.h"
#include "sysfile.h"

/* The kernel counts ticks of 10 ms at best: below this a share is noise. */
#define MAG_LOAD_LEAST_S  1.0
/* Percent of the CPUs' time from which on figures are doubtful. */
#define MAG_STEAL_PERCENT 1.0
#define MAG_LOAD_PERCENT  5.0

/* Columns of a line "cpuN"; guests are in the first two already. */
enum mag_stat {
	MAG_STAT_USER,
	MAG_STAT_NICE,
	MAG_STAT_SYSTEM, /* the workers', and others' */
	MAG_STAT_IDLE,
	MAG_STAT_IOWAIT,
	MAG_STAT_IRQ,
	MAG_STAT_SOFTIRQ,
	MAG_STAT_STEAL,
	MAG_NR_STATS,
};

/* Adds a line "cpuN" if the CPU is one of @cpus; false if it is malformed. */
static bool mag_cpu_times_line(const char *line, double second,
			       const struct mag_cpulist *cpus,
			       struct mag_cpu_times *times)
{
	unsigned long long stat[MAG_NR_STATS];
	unsigned int cpu;

	if (sscanf(line, "cpu%u %llu %llu %llu %llu %llu %llu %llu %llu", &cpu,
		   &stat[0], &stat[1], &stat[2], &stat[3], &stat[4], &stat[5],
		   &stat[6], &stat[7]) != 1 + MAG_NR_STATS)
		return false;
	if (!mag_cpulist_has(cpus, cpu))
		return true;
	times->cpus++;
	for (int i = 0; i < MAG_NR_STATS; i++)
		times->total += (double)stat[i] / second;
	times->steal += (double)stat[MAG_STAT_STEAL] / second;
	times->user +=
		(double)(stat[MAG_STAT_USER] + stat[MAG_STAT_NICE]) / second;
	times->irq +=
		(double)(stat[MAG_STAT_IRQ] + stat[MAG_STAT_SOFTIRQ]) / second;
	return true;
}

/* Since the machine booted somebody must have run in user space: init did. */
static bool mag_cpu_times_no_user(const char *line)
{
	unsigned long long user, nice, kernel;

	return sscanf(line, "cpu %llu %llu %llu", &user, &nice, &kernel) == 3 &&
	       !user && !nice && kernel;
}

bool mag_cpu_times_parse(FILE *file, long ticks, const struct mag_cpulist *cpus,
			 struct mag_cpu_times *times)
{
	bool known = true;
	char *line = NULL;
	size_t room = 0;

	memset(times, 0, sizeof(*times));
	while (known && getline(&line, &room, file) > 0) {
		/* The first line is the sum over all CPUs. */
		if (!strncmp(line, "cpu ", 4))
			times->user_untold = mag_cpu_times_no_user(line);
		else if (!strncmp(line, "cpu", 3))
			known = mag_cpu_times_line(line, (double)ticks, cpus,
						   times);
	}
	free(line);
	return known && times->cpus;
}

static bool mag_cpu_times_read(const struct mag_cpulist *cpus,
			       struct mag_cpu_times *times)
{
	FILE *file = mag_sys_open("/proc/stat");
	bool known;

	if (!file)
		return false;
	known = mag_cpu_times_parse(file, sysconf(_SC_CLK_TCK), cpus, times);
	fclose(file);
	return known;
}

void mag_load_between(struct mag_load *load, const struct mag_cpu_times *from,
		      const struct mag_cpu_times *to, double wall)
{
	load->wall += wall * (double)to->cpus;
	load->total += to->total - from->total;
	load->steal += to->steal - from->steal;
	load->user += to->user - from->user;
	load->irq += to->irq - from->irq;
	/* No user time since boot: what the last reading says of that, holds. */
	load->user_untold = to->user_untold;
}

void mag_load_begin(struct mag_load_clock *clock,
		    const struct mag_cpulist *cpus)
{
	clock->cpus = cpus;
	clock->at = mag_monotonic_s();
	clock->known = mag_cpu_times_read(cpus, &clock->times);
}

void mag_load_end(const struct mag_load_clock *clock, struct mag_load *load)
{
	double wall = mag_monotonic_s() - clock->at;
	struct mag_cpu_times now;

	if (clock->known && mag_cpu_times_read(clock->cpus, &now) &&
	    now.cpus == clock->times.cpus)
		mag_load_between(load, &clock->times, &now, wall);
	else
		load->unread = true;
}

void mag_load_add(struct mag_load *sum, const struct mag_load *load)
{
	sum->wall += load->wall;
	sum->total += load->total;
	sum->steal += load->steal;
	sum->user += load->user;
	sum->irq += load->irq;
	sum->unread |= load->unread;
	if (!load->unread)
		sum->user_untold = load->user_untold;
}

const char *mag_load_unknown(const struct mag_load *load)
{
	if (load->unread)
		return "/proc/stat cannot be read";
	if (load->wall < MAG_LOAD_LEAST_S)
		return "less than a second of CPU time";
	return NULL;
}

static double mag_load_percent(const struct mag_load *load, double part)
{
	if (mag_load_unknown(load))
		return NAN;
	return 100.0 * fmin(fmax(part / load->wall, 0.0), 1.0);
}

double mag_load_steal(const struct mag_load *load)
{
	return mag_load_percent(load, load->steal);
}

double mag_load_others(const struct mag_load *load)
{
	return load->user_untold ? NAN : mag_load_percent(load, load->user);
}

double mag_load_starved(const struct mag_load *load)
{
	return mag_load_percent(load, load->wall - load->total);
}

double mag_load_irq(const struct mag_load *load)
{
	return mag_load_percent(load, load->irq);
}

static void mag_load_warn_unknown(const struct mag_load *load,
				  struct mag_warnings *warnings)
{
	mag_warnings_add(warnings, "load_unknown", true,
			 load->unread ? "mount -t proc none /proc"
				      : "run for 1 s or longer",
			 "load: it is not known what else ran: %s",
			 mag_load_unknown(load));
}

void mag_load_warn(const struct mag_load *load, bool strict,
		   struct mag_warnings *warnings)
{
	double steal = mag_load_steal(load);
	double others = mag_load_others(load);
	double starved = mag_load_starved(load);

	if (strict && mag_load_unknown(load))
		mag_load_warn_unknown(load, warnings);
	else if (strict && load->user_untold)
		mag_warnings_add(
			warnings, "load_unknown", true,
			"use MACHINE=qemu or bare metal",
			"load: it is not known what other tasks took: this kernel counts user time as its own");
	/* A comparison with NAN is false. */
	if (steal > MAG_STEAL_PERCENT)
		mag_warnings_add(
			warnings, "steal", true,
			"use a machine that has its CPUs to itself",
			"steal: the hypervisor took %.1f %% of the time of the workers' CPUs",
			steal);
	if (starved > MAG_LOAD_PERCENT)
		mag_warnings_add(
			warnings, "starved", true,
			"use a machine that has its CPUs to itself",
			"starved: for %.1f %% of the run no tick came: the machine itself did not run",
			starved);
	if (others > MAG_LOAD_PERCENT)
		mag_warnings_add(
			warnings, "load", true, "end what else runs",
			"load: other tasks took %.1f %% of the time of the workers' CPUs",
			others);
}
