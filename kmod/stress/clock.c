// SPDX-License-Identifier: GPL-2.0-only
/*
 * Choice of the clock that operations are timed with, its rate, and how fine it
 * is.  Reading it is inlined from clock.h.
 */
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/time64.h>

#include "clock.h"

/* A clock that so many readings find unchanged has stopped. */
#define PATIENCE     1000000
/* One in so many differences may have an interrupt in it. */
#define INTERRUPTED  8
/* Distances between readings, in instructions or so. */
#define NR_DISTANCES 64

DEFINE_STATIC_KEY_FALSE(mag_clock_tsc);

static const struct {
	const char *name;
	const char *help;
} clocks[MAG_NR_CLOCKS] = {
	[MAG_CLOCK_AUTO] = { "auto", "tsc where it is stable, else ktime" },
	[MAG_CLOCK_TSC] = { "tsc", "CPU time-stamp counter, reported in ns" },
	[MAG_CLOCK_KTIME] = { "ktime", "the kernel's monotonic clock, ns" },
	[MAG_CLOCK_TICKS] = { "ticks", "CPU time-stamp counter, in its ticks" },
};

static u64 measured_khz;

void mag_clock_init(void)
{
	measured_khz = mag_tsc_measure_khz();
}

u64 mag_clock_tsc_khz(void)
{
	return mag_tsc_khz(measured_khz);
}

static bool tsc_tells_time(void)
{
	return mag_clock_tsc_khz() && mag_tsc_is_stable();
}

enum mag_clock mag_clock_auto(void)
{
	return tsc_tells_time() ? MAG_CLOCK_TSC : MAG_CLOCK_KTIME;
}

u64 mag_clock_khz(enum mag_clock clock)
{
	switch (clock) {
	case MAG_CLOCK_TSC:
		return mag_clock_tsc_khz();
	case MAG_CLOCK_KTIME:
		return NSEC_PER_MSEC;
	default:
		return 0;
	}
}

int mag_clock_select(enum mag_clock clock)
{
	bool tsc = false;

	switch (clock) {
	case MAG_CLOCK_KTIME:
		break;
	case MAG_CLOCK_TSC:
		if (!tsc_tells_time())
			return -EOPNOTSUPP;
		tsc = true;
		break;
	case MAG_CLOCK_TICKS:
		if (!mag_clock_tsc_khz())
			return -EOPNOTSUPP;
		tsc = true;
		break;
	default:
		return -EOPNOTSUPP;
	}

	if (tsc)
		static_branch_enable(&mag_clock_tsc);
	else
		static_branch_disable(&mag_clock_tsc);
	return 0;
}

const char *mag_clock_name(enum mag_clock clock)
{
	return clocks[clock].name;
}

const char *mag_clock_help(enum mag_clock clock)
{
	return clocks[clock].help;
}

static int compare(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

/* Turns @readings into the @nr - 1 differences of neighbours, ascending. */
static void readings_to_differences(u64 *readings, u32 nr)
{
	u32 i;

	for (i = 0; i < nr - 1; i++)
		readings[i] = mag_clock_delta(readings[i + 1] - readings[i]);
	sort(readings, nr - 1, sizeof(*readings), compare, NULL);
}

/* How many of @nr ascending differences no interrupt has lengthened. */
static u32 nr_undisturbed(const u64 *differences, u32 nr)
{
	u32 zeros = 0;

	while (zeros < nr && !differences[zeros])
		zeros++;
	return nr - (nr - zeros) / INTERRUPTED;
}

/**
 * mag_clock_find_step() - the step of a clock from readings of it
 * @readings: in the order taken, a little work of varying length between them;
 *	overwritten
 * @nr: how many, at least 2
 *
 * The differences of a clock that moves by n ticks are multiples of n, or one
 * tick more where it was scaled from another.  So sorted, they lie in groups of
 * one or two values; groups are at least a step apart, and so is the first from
 * 0.  A group of three values is what only a clock of single ticks gives.
 *
 * Context: any.
 * Return: ticks; 0 if the clock did not move.
 */
u64 mag_clock_find_step(u64 *readings, u32 nr)
{
	u64 step = U64_MAX, group = 0, last = 0;
	u32 i;

	readings_to_differences(readings, nr);
	nr = nr_undisturbed(readings, nr - 1);
	for (i = 0; i < nr; i++) {
		u64 difference = readings[i];

		if (difference > last + 1) {
			step = min(step, difference - group);
			group = difference;
		} else if (difference > group + 1) {
			return 1;
		}
		last = difference;
	}
	/* Only zeros, or zeros and ones. */
	return min(step, last);
}

/**
 * mag_clock_find_cost() - what a reading costs, from readings of the clock
 * @readings: MAG_CLOCK_READINGS of them, back to back
 *
 * The median over blocks of readings: an interrupt spoils one block, and a
 * clock that moves less often than it is read still moves in each.
 *
 * Context: any.
 * Return: ticks, rounded down.
 */
u64 mag_clock_find_cost(const u64 *readings)
{
	u64 cost[MAG_CLOCK_READINGS / MAG_CLOCK_BLOCK];
	u32 i;

	for (i = 0; i < ARRAY_SIZE(cost); i++) {
		const u64 *block = readings + i * MAG_CLOCK_BLOCK;
		u64 took = block[MAG_CLOCK_BLOCK - 1] - block[0];

		cost[i] = mag_clock_delta(took) / (MAG_CLOCK_BLOCK - 1);
	}
	sort(cost, ARRAY_SIZE(cost), sizeof(*cost), compare, NULL);
	return cost[ARRAY_SIZE(cost) / 2];
}

static void read_back_to_back(u64 *readings)
{
	u32 i;

	for (i = 0; i < MAG_CLOCK_READINGS; i++)
		readings[i] = mag_clock_read();
}

/* Stores and turns of a loop: distances that differ by single instructions. */
static noinline void spend(u64 *place, u32 distance)
{
	u32 turns;

	for (turns = distance / 4; turns; turns--)
		barrier();
	switch (distance % 4) {
	case 3:
		WRITE_ONCE(*place, 3);
		fallthrough;
	case 2:
		WRITE_ONCE(*place, 2);
		fallthrough;
	case 1:
		WRITE_ONCE(*place, 1);
	}
}

/* The next reading that differs from @was, or @was of a clock that stopped. */
static u64 read_next(u64 was)
{
	u64 now = was;
	u32 i;

	for (i = 0; now == was && i < PATIENCE; i++)
		now = mag_clock_read();
	return now;
}

static void read_at_distances(u64 *readings)
{
	u32 i;

	for (i = 0; i < MAG_CLOCK_READINGS - 1; i++) {
		spend(&readings[i], i % NR_DISTANCES);
		readings[i] = mag_clock_read();
	}
	readings[i] = read_next(readings[i - 1]);
}

/**
 * mag_clock_measure_step() - measure how fine the clock selected is
 * @step: out
 *
 * Takes some 2000 readings: a tenth of a millisecond, or as long as the clock
 * takes for a step.
 *
 * Context: task, may sleep, bound to one CPU; nobody selects a clock meanwhile.
 * Return: 0; -ENOMEM; -EOPNOTSUPP if the clock does not move.
 */
int mag_clock_measure_step(struct mag_clock_step *step)
{
	u64 *readings = kmalloc_array(MAG_CLOCK_READINGS, sizeof(*readings),
				      GFP_KERNEL);

	if (!readings)
		return -ENOMEM;
	read_back_to_back(readings);
	step->read = mag_clock_find_cost(readings);
	read_at_distances(readings);
	step->step = mag_clock_find_step(readings, MAG_CLOCK_READINGS);
	kfree(readings);
	return step->step ? 0 : -EOPNOTSUPP;
}
