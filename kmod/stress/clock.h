/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The clock that operations are timed with.  Whoever has the claim of
 * mag_run_claim_get(), a run or a measurement of the machine, sets it up, so that
 * a reading is an inlined instruction and not an indirect call.  What is recorded
 * are ticks of that clock; whoever reports them scales them.
 */
#ifndef MAGSLAB_STRESS_CLOCK_H
#define MAGSLAB_STRESS_CLOCK_H

#include <linux/jump_label.h>
#include <linux/ktime.h>
#include <linux/types.h>

#include "../uapi/magslab.h"
#include "tsc.h"

/* Readings that one measurement of a clock takes, and of one of its blocks. */
#define MAG_CLOCK_READINGS 1024
#define MAG_CLOCK_BLOCK	   64

/**
 * struct mag_clock_step - how fine a clock is
 * @step: the smallest step by which readings differ, in ticks
 * @read: ticks that one reading costs, rounded down
 */
struct mag_clock_step {
	u64 step;
	u64 read;
};

DECLARE_STATIC_KEY_FALSE(mag_clock_tsc);

/* Looks at what the machine has; before all else here.  Task context, may sleep. */
void mag_clock_init(void);
/* The choice behind MAG_CLOCK_AUTO; never returns MAG_CLOCK_AUTO itself. */
enum mag_clock mag_clock_auto(void);
/* @clock, or mag_clock_auto() for MAG_CLOCK_AUTO. */
enum mag_clock mag_clock_resolve(enum mag_clock clock);
/*
 * 0, or -EOPNOTSUPP where @clock does not exist.  Task context; the caller has the
 * claim.
 */
int mag_clock_select(enum mag_clock clock);
/* Name and one-line help of @clock; it is below MAG_NR_CLOCKS. */
const char *mag_clock_name(enum mag_clock clock);
const char *mag_clock_help(enum mag_clock clock);
/* Frequency of the time-stamp counter in kHz, 0 where there is none. */
u64 mag_clock_tsc_khz(void);
/* Ticks of @clock in a millisecond; 0 for MAG_CLOCK_TICKS, which tells no time. */
u64 mag_clock_khz(enum mag_clock clock);
int mag_clock_measure_step(struct mag_clock_step *step);
/* The arithmetic of mag_clock_measure_step(); for it, and for its tests. */
u64 mag_clock_find_step(u64 *readings, u32 nr);
u64 mag_clock_find_cost(const u64 *readings, u32 blocks);

/**
 * mag_clock_read() - the clock now, in ticks
 *
 * Context: any but NMI.
 * Return: a count to subtract from a later one on the same CPU.
 */
static __always_inline u64 mag_clock_read(void)
{
#ifdef MAG_HAS_TSC
	if (static_branch_likely(&mag_clock_tsc))
		return mag_tsc_read();
#endif
	return ktime_get_ns();
}

/**
 * mag_clock_delta() - a difference of two readings as it is recorded
 * @delta: difference of two mag_clock_read()
 *
 * Return: @delta, in ticks.  A reading that went backwards (a bad clock) gives
 * 0, which the histogram counts as below range.
 */
static __always_inline u64 mag_clock_delta(u64 delta)
{
	return unlikely((s64)delta < 0) ? 0 : delta;
}

#endif /* MAGSLAB_STRESS_CLOCK_H */
