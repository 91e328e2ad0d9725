// SPDX-License-Identifier: GPL-2.0-only
/*
 * hog SECONDS SEED: memory pressure.  The kernel is told to keep a good part of its
 * memory free, and this program takes what it has beyond that, holds it, and gives
 * it back, so that kswapd and whoever allocates must reclaim, and no task needs to
 * be killed.  What the kernel was told before is restored.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define MIN_FREE "/proc/sys/vm/min_free_kbytes"
#define STEP_KIB 1024

/* A value of /proc/meminfo, KiB. */
static long meminfo(const char *name)
{
	char line[128];
	long kib = 0;
	FILE *file = fopen("/proc/meminfo", "r");

	while (file && fgets(line, sizeof(line), file))
		if (!strncmp(line, name, strlen(name)))
			kib = atol(line + strlen(name));
	if (file)
		fclose(file);
	return kib;
}

static long get_min_free(void)
{
	long kib = 0;
	FILE *file = fopen(MIN_FREE, "r");

	if (file && fscanf(file, "%ld", &kib) != 1)
		kib = 0;
	if (file)
		fclose(file);
	return kib;
}

static void set_min_free(long kib)
{
	FILE *file = fopen(MIN_FREE, "w");

	if (!file)
		return;
	fprintf(file, "%ld\n", kib);
	fclose(file);
}

static void nap(long ms)
{
	struct timespec span = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&span, NULL);
}

/* Takes memory until no more than @keep KiB are free.  Returns how much. */
static size_t take(char *area, size_t room, long keep)
{
	size_t step = STEP_KIB * 1024, taken = 0;

	while (taken + step <= room && meminfo("MemFree:") > keep) {
		memset(area + taken, 1, step);
		taken += step;
	}
	return taken;
}

int main(int argc, char **argv)
{
	long total = meminfo("MemTotal:"), before = get_min_free();
	/* kswapd works below 5/4 of that, and those that allocate below that. */
	long least = total / 16;
	size_t room = (size_t)total * 1024, taken;
	time_t end;
	char *area;

	if (argc != 3) {
		fprintf(stderr, "usage: hog SECONDS SEED\n");
		return 2;
	}
	end = time(NULL) + atol(argv[1]);
	srand(atol(argv[2]));
	area = mmap(NULL, room, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (area == MAP_FAILED || !before)
		return 1;
	set_min_free(least);
	while (time(NULL) < end) {
		taken = take(area, room, least + least / 8 + rand() % (least / 4));
		nap(rand() % 500);
		madvise(area, taken, MADV_DONTNEED);
		nap(rand() % 500);
	}
	set_min_free(before);
	return 0;
}
