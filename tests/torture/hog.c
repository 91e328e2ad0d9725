// SPDX-License-Identifier: GPL-2.0-only
/*
 * hog SECONDS SEED: memory pressure.  kswapd is told to keep a good part of the
 * memory free, and this program takes so much that it cannot, holds it, and gives it
 * back.  So the kernel reclaims all the time, and no task needs to be killed.  What
 * kswapd was told before is restored.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

/* Of the memory, in 10000ths, what kswapd keeps free beyond the least. */
#define SCALE	 "/proc/sys/vm/watermark_scale_factor"
#define SCALED	 1500
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

/* What others may need at once is left to them. */
static void press(char *area, size_t room, long total, time_t end)
{
	size_t taken;

	while (time(NULL) < end) {
		taken = take(area, room, total / 14 + rand() % (total / 14));
		nap(rand() % 500);
		madvise(area, taken, MADV_DONTNEED);
		nap(rand() % 500);
	}
}

int main(int argc, char **argv)
{
	long total = read_kib("MemTotal:"), before = get_number(SCALE);
	size_t room = (size_t)total * 1024;
	char *area;

	if (argc != 3) {
		fprintf(stderr, "usage: hog SECONDS SEED\n");
		return 2;
	}
	srand(atol(argv[2]));
	area = mmap(NULL, room, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (area == MAP_FAILED || !before)
		return 1;
	set_number(SCALE, SCALED);
	press(area, room, total, time(NULL) + atol(argv[1]));
	set_number(SCALE, before);
	return 0;
}
