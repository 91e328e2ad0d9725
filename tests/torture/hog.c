// SPDX-License-Identifier: GPL-2.0-only
/*
 * hog SECONDS SEED: memory pressure.  kswapd is told to keep a good part of the
 * memory free, and this program takes so much that it cannot, holds it, and gives it
 * back.  So the kernel reclaims all the time, and no task needs to be killed.  What
 * kswapd was told before is restored.
 *
 * Memory in fragments makes the kernel boost its watermarks, also the one below which
 * a task waits for memory.  With so much to be kept free the boost is more than this
 * program leaves, and it would wait until it is killed: so there is no boost.
 *
 * It takes pages of a file in memory, which it does not map: a page fault costs much
 * under User-Mode Linux, and a round would be over before the memory is.
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

/* Takes memory until no more than @keep KiB are free, or until @end. */
static void take(int fd, long keep, time_t end)
{
	off_t step = STEP_KIB * 1024, taken = 0;

	while (read_kib("MemFree:") > keep && time(NULL) < end &&
	       !fallocate(fd, 0, taken, step))
		taken += step;
}

/* What others may need at once is left to them. */
static void press(int fd, long total, time_t end)
{
	while (time(NULL) < end) {
		take(fd, total / 14 + rand() % (total / 14), end);
		nap(rand() % 500);
		if (ftruncate(fd, 0))
			return;
		nap(rand() % 500);
	}
}

int main(int argc, char **argv)
{
	long total = read_kib("MemTotal:"), before = get_number(SCALE);
	long boost = get_number(BOOST);
	int fd;

	if (argc != 3) {
		fprintf(stderr, "usage: hog SECONDS SEED\n");
		return 2;
	}
	srand(atol(argv[2]));
	fd = memfd_create("hog", 0);
	if (fd < 0 || !before)
		return 1;
	set_number(BOOST, 0);
	set_number(SCALE, SCALED);
	press(fd, total, time(NULL) + atol(argv[1]));
	set_number(SCALE, before);
	set_number(BOOST, boost);
	return 0;
}
