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
#include <linux/time64.h>

#include "clock.h"
#include "sort_u64.h"

/* A clock that so many readings find unchanged has stopped. */
#define PATIENCE     1000000
/* One in so many differences may have an interrupt in it. */
#define INTERRUPTED  8
/* Distances between readings, in instructions or so. */
#define NR_DISTANCES 64
/* Of either way to read, unless one block or all distances take longer. */
#define BUDGET_NS    (5 * NSEC_PER_MSEC)

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

enum mag_clock mag_clock_resolve(enum mag_clock clock)
{
	return clock == MAG_CLOCK_AUTO ? mag_clock_auto() : clock;
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

/* Turns @readings into the @nr - 1 differences of neighbours, ascending. */
static void readings_to_differences(u64 *readings, u32 nr)
{
	u32 i;

	for (i = 0; i < nr - 1; i++)
		readings[i] = mag_clock_delta(readings[i + 1] - readings[i]);
	mag_sort_u64(readings, nr - 1);
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
 * struct difference_group - differences of as many steps, as far as seen
 * @least: of them
 * @greatest: of them
 */
struct difference_group {
	u64 least;
	u64 greatest;
};

/* Adds to @group what belongs to it, from @i on; returns where the next begins. */
static u32 take_group(const u64 *differences, u32 i, u32 nr,
		      struct difference_group *group)
{
	group->greatest = group->least;
	for (; i < nr && differences[i] <= group->greatest + 1; i++)
		group->greatest = differences[i];
	return i;
}

static u64 group_distance(const struct difference_group *group,
			  const struct difference_group *next)
{
	return max(next->least - group->least,
		   next->greatest - group->greatest);
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
 * Of a group only one value may have been seen.  So two groups may look a tick
 * closer than they are, by their least values or by their greatest.  A step that
 * is too small would hide that a figure is coarse: the larger distance counts.
 *
 * Context: any.
 * Return: ticks; 0 if the clock did not move.
 */
u64 mag_clock_find_step(u64 *readings, u32 nr)
{
	struct difference_group group = { 0, 0 }, next;
	u64 step = U64_MAX;
	u32 i;

	readings_to_differences(readings, nr);
	nr = nr_undisturbed(readings, nr - 1);
	i = take_group(readings, 0, nr, &group);
	/* Zeros; perhaps ones; or more: then every tick was seen. */
	if (i == nr || group.greatest > 1)
		return min(group.greatest, 1ULL);

	for (; i < nr; group = next) {
		next.least = readings[i];
		i = take_group(readings, i, nr, &next);
		if (next.greatest > next.least + 1)
			return 1;
		step = min(step, group_distance(&group, &next));
	}
	return step;
}

/**
 * mag_clock_find_cost() - what a reading costs, from readings of the clock
 * @readings: back to back
 * @blocks: of MAG_CLOCK_BLOCK of them, from 1 to MAG_CLOCK_READINGS of them all
 *
 * The median over blocks of readings: an interrupt spoils one block.  A block
 * and not a reading, as a clock may move less often than it is read.
 *
 * Context: any.
 * Return: ticks, rounded down; 0 of a clock that does not even move in most
 * blocks, its step being longer.
 */
u64 mag_clock_find_cost(const u64 *readings, u32 blocks)
{
	u64 cost[MAG_CLOCK_READINGS / MAG_CLOCK_BLOCK];
	u32 i;

	for (i = 0; i < blocks; i++) {
		const u64 *block = readings + i * MAG_CLOCK_BLOCK;
		u64 took = block[MAG_CLOCK_BLOCK - 1] - block[0];

		cost[i] = mag_clock_delta(took) / (MAG_CLOCK_BLOCK - 1);
	}
	mag_sort_u64(cost, blocks);
	return cost[blocks / 2];
}

/*
 * Whole blocks until time is up, one at least; returns how many.  Readings that
 * cost 100 us are possible, where a hypervisor emulates the clock.
 */
static u32 read_back_to_back(u64 *readings)
{
	u64 end_ns = ktime_get_ns() + BUDGET_NS;
	u32 i, blocks = 0;

	do {
		for (i = 0; i < MAG_CLOCK_BLOCK; i++)
			*readings++ = mag_clock_read();
		blocks++;
	} while (blocks < MAG_CLOCK_READINGS / MAG_CLOCK_BLOCK &&
		 ktime_get_ns() < end_ns);
	return blocks;
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

/* All distances until time is up, once at least; returns how many readings. */
static u32 read_at_distances(u64 *readings)
{
	u64 end_ns = ktime_get_ns() + BUDGET_NS;
	u32 i;

	for (i = 0; i < MAG_CLOCK_READINGS - 1; i++) {
		if (i && !(i % NR_DISTANCES) && ktime_get_ns() >= end_ns)
			break;
		spend(&readings[i], i % NR_DISTANCES);
		readings[i] = mag_clock_read();
	}
	readings[i] = read_next(readings[i - 1]);
	return i + 1;
}

/**
 * mag_clock_measure_step() - measure how fine the clock selected is
 * @step: out
 *
 * Takes some 2000 readings: a tenth of a millisecond, or as long as the clock
 * takes for a step.  Where readings are dear there are fewer: it ends within 10
 * ms, or 128 readings.
 *
 * Context: task, may sleep, bound to one CPU; nobody selects a clock meanwhile.
 * Return: 0; -ENOMEM; -EOPNOTSUPP if the clock does not move.
 */
int mag_clock_measure_step(struct mag_clock_step *step)
{
	u64 *readings = kmalloc_array(MAG_CLOCK_READINGS, sizeof(*readings),
				      GFP_KERNEL);
	u32 nr;

	if (!readings)
		return -ENOMEM;
	nr = read_back_to_back(readings);
	step->read = mag_clock_find_cost(readings, nr);
	nr = read_at_distances(readings);
	step->step = mag_clock_find_step(readings, nr);
	kfree(readings);
	return step->step ? 0 : -EOPNOTSUPP;
}
