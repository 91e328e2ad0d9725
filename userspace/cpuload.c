// SPDX-License-Identifier: GPL-2.0-only
/* Reading /proc/stat before and after, and the difference. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cpuload.h"
#include "sysfile.h"

/* The kernel counts ticks of 10 ms at best: below this a share is noise. */
#define MAG_LOAD_LEAST_S  1.0
/* Percent of the CPUs' time from which on figures are doubtful. */
#define MAG_STEAL_PERCENT 1.0
#define MAG_LOAD_PERCENT  5.0

/* Columns of a line "cpu"; guests are in the first two already. */
enum mag_stat {
	MAG_STAT_USER,
	MAG_STAT_NICE,
	MAG_STAT_SYSTEM,
	MAG_STAT_IDLE,
	MAG_STAT_IOWAIT,
	MAG_STAT_IRQ,
	MAG_STAT_SOFTIRQ,
	MAG_STAT_STEAL,
	MAG_NR_STATS,
};

static bool mag_cpu_times_line(const char *line, long ticks,
			       struct mag_cpu_times *times)
{
	unsigned long long stat[MAG_NR_STATS], total = 0;
	double second = (double)ticks;

	if (sscanf(line, "cpu %llu %llu %llu %llu %llu %llu %llu %llu",
		   &stat[0], &stat[1], &stat[2], &stat[3], &stat[4], &stat[5],
		   &stat[6], &stat[7]) != MAG_NR_STATS)
		return false;
	for (int i = 0; i < MAG_NR_STATS; i++)
		total += stat[i];
	times->total = (double)total / second;
	times->steal = (double)stat[MAG_STAT_STEAL] / second;
	times->user =
		(double)(stat[MAG_STAT_USER] + stat[MAG_STAT_NICE]) / second;
	times->system = (double)stat[MAG_STAT_SYSTEM] / second;
	return true;
}

bool mag_cpu_times_parse(FILE *file, long ticks, struct mag_cpu_times *times)
{
	bool known = false;
	char *line = NULL;
	size_t room = 0;

	memset(times, 0, sizeof(*times));
	while (getline(&line, &room, file) > 0) {
		if (!strncmp(line, "cpu ", 4))
			known = mag_cpu_times_line(line, ticks, times);
		else if (!strncmp(line, "cpu", 3))
			times->cpus++;
	}
	free(line);
	return known && times->cpus;
}

static bool mag_cpu_times_read(struct mag_cpu_times *times)
{
	FILE *file = mag_sys_open("/proc/stat");
	bool known;

	if (!file)
		return false;
	known = mag_cpu_times_parse(file, sysconf(_SC_CLK_TCK), times);
	fclose(file);
	return known;
}

static double mag_load_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

void mag_load_between(struct mag_load *load, const struct mag_cpu_times *from,
		      const struct mag_cpu_times *to, double wall,
		      unsigned int workers)
{
	double system = to->system - from->system - wall * (double)workers;

	load->wall += wall * (double)to->cpus;
	load->total += to->total - from->total;
	load->steal += to->steal - from->steal;
	load->others += to->user - from->user + fmax(system, 0.0);
}

void mag_load_begin(struct mag_load_clock *clock)
{
	clock->at = mag_load_now();
	clock->known = mag_cpu_times_read(&clock->times);
}

void mag_load_end(const struct mag_load_clock *clock, unsigned int workers,
		  struct mag_load *load)
{
	double wall = mag_load_now() - clock->at;
	struct mag_cpu_times now;

	if (clock->known && mag_cpu_times_read(&now))
		mag_load_between(load, &clock->times, &now, wall, workers);
}

void mag_load_add(struct mag_load *sum, const struct mag_load *load)
{
	sum->wall += load->wall;
	sum->total += load->total;
	sum->steal += load->steal;
	sum->others += load->others;
}

static double mag_load_percent(const struct mag_load *load, double part)
{
	if (load->wall < MAG_LOAD_LEAST_S)
		return NAN;
	return 100.0 * fmin(fmax(part / load->wall, 0.0), 1.0);
}

double mag_load_steal(const struct mag_load *load)
{
	return mag_load_percent(load, load->steal);
}

double mag_load_others(const struct mag_load *load)
{
	return mag_load_percent(load, load->others);
}

double mag_load_starved(const struct mag_load *load)
{
	return mag_load_percent(load, load->wall - load->total);
}

void mag_load_warn(const struct mag_load *load, struct mag_warnings *warnings)
{
	double steal = mag_load_steal(load);
	double others = mag_load_others(load);
	double starved = mag_load_starved(load);

	/* A comparison with NAN is false. */
	if (steal > MAG_STEAL_PERCENT)
		mag_warnings_add(
			warnings, "steal", true,
			"steal: the hypervisor took %.1f %% of the CPUs' time during the run",
			steal);
	if (starved > MAG_LOAD_PERCENT)
		mag_warnings_add(
			warnings, "starved", true,
			"starved: for %.1f %% of the run no tick came: the machine itself did not run",
			starved);
	if (others > MAG_LOAD_PERCENT)
		mag_warnings_add(
			warnings, "load", true,
			"load: other tasks took %.1f %% of the CPUs' time during the run",
			others);
}
