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
/* By that the kernel keeps more free for a while than it was told to. */
#define BOOST	 "/proc/sys/vm/watermark_boost_factor"
#define STEP_KIB 1024

/* A value of /proc/meminfo, KiB. */
static long read_kib(const char *name)
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

static long get_number(const char *path)
{
	long number = 0;
	FILE *file = fopen(path, "r");

	if (file && fscanf(file, "%ld", &number) != 1)
		number = 0;
	if (file)
		fclose(file);
	return number;
}

static void set_number(const char *path, long number)
{
	FILE *file = fopen(path, "w");

	if (!file)
		return;
	fprintf(file, "%ld\n", number);
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

	while (taken + step <= room && read_kib("MemFree:") > keep) {
		memset(area + taken, 1, step);
		taken += step;
	}
	return taken;
}

int main(int argc, char **argv)
{
	long total = read_kib("MemTotal:"), before = get_number(MIN_FREE);
	long boost = get_number(BOOST);
	/*
	 * kswapd works where less than 5/4 of that is free.  What is between is room
	 * for all that others allocate while this program holds the rest.
	 */
	long least = total / 6;
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
	set_number(BOOST, 0);
	set_number(MIN_FREE, least);
	while (time(NULL) < end) {
		taken = take(area, room,
			     least + least / 8 + rand() % (least / 6));
		nap(rand() % 500);
		madvise(area, taken, MADV_DONTNEED);
		nap(rand() % 500);
	}
	set_number(MIN_FREE, before);
	set_number(BOOST, boost);
	return 0;
}
