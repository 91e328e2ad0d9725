// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is left, by the kernel's own lists.  One program, not a pipeline: it is
 * asked hundreds of times, and under emulation a process costs milliseconds.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "dev.h"
#include "left.h"
#include "tap.h"

#define DEBUGFS_DIR    "/sys/kernel/debug/magslab"
#define DEBUGFS_TOTALS DEBUGFS_DIR "/totals"
/* Caches, pages, objects, magazines. */
#define NR_TOTALS      4

static bool starts_with(const char *line, const char *start)
{
	return !strncmp(line, start, strlen(start));
}

static bool is_module(const char *line)
{
	return starts_with(line, "magslab ");
}

static bool is_cache(const char *line)
{
	return starts_with(line, "magslab_");
}

static bool is_area_of_module(const char *line)
{
	return strstr(line, "[magslab]");
}

/* The caller of vmalloc(), the third field, is code that is no more. */
static bool is_area_of_nobody(const char *line)
{
	char field[64];

	return sscanf(line, "%*s %*s %63s", field) == 1 &&
	       starts_with(field, "0x");
}

static bool is_total_in_use(const char *line)
{
	unsigned long long value;

	return sscanf(line, "%*s %llu", &value) != 1 || value;
}

/* Counts the lines; says which of them have a match.  -1: no such file. */
static int matching(const char *path, bool (*match)(const char *line),
		    bool *found)
{
	FILE *file = fopen(path, "r");
	char line[512];
	int nr = 0;

	*found = false;
	if (!file)
		return -1;
	while (fgets(line, sizeof(line), file)) {
		nr++;
		if (!match(line))
			continue;
		*found = true;
		line[strcspn(line, "\n")] = '\0';
		tap_diag("%s: %s", path, line);
	}
	fclose(file);
	return nr;
}

static bool none(const char *path, bool (*match)(const char *line))
{
	bool found;

	matching(path, match, &found);
	return !found;
}

static bool no_file(const char *path)
{
	if (access(path, F_OK))
		return true;
	tap_diag("%s is left", path);
	return false;
}

static bool no_threads(void)
{
	if (dev_threads_gone())
		return true;
	tap_diag("threads are left");
	return false;
}

static bool totals_zero(void)
{
	bool found;
	int nr = matching(DEBUGFS_TOTALS, is_total_in_use, &found);

	if (nr < NR_TOTALS)
		tap_diag("%s does not say what it should", DEBUGFS_TOTALS);
	return nr >= NR_TOTALS && !found;
}

bool left_idle(void)
{
	bool threads = no_threads();
	bool caches = none("/proc/slabinfo", is_cache);
	bool areas = none("/proc/vmallocinfo", is_area_of_module);
	bool totals = totals_zero();

	return threads && caches && areas && totals;
}

bool left_gone(void)
{
	bool module = none("/proc/modules", is_module);
	bool device = no_file(DEV_PATH);
	bool debugfs = no_file(DEBUGFS_DIR);
	bool threads = no_threads();
	bool caches = none("/proc/slabinfo", is_cache);
	bool areas = none("/proc/vmallocinfo", is_area_of_nobody);

	return module && device && debugfs && threads && caches && areas;
}
