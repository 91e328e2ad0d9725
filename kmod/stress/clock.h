/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The clock that operations are timed with.  One run at a time sets it up, so
 * that a reading is an inlined instruction and not an indirect call.
 */
#ifndef MAGSLAB_STRESS_CLOCK_H
#define MAGSLAB_STRESS_CLOCK_H

#include <linux/jump_label.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/types.h>

#include "../uapi/magslab.h"
#include "tsc.h"

/* Multiply and shift from clock units to the unit recorded. */
struct mag_clock_scale {
	u32 mult;
	u32 shift;
};

extern struct mag_clock_scale mag_clock_scale;
DECLARE_STATIC_KEY_FALSE(mag_clock_tsc);

/* Looks at what the machine has; before all else here.  Task context, may sleep. */
void mag_clock_init(void);
/* The choice behind MAG_CLOCK_AUTO; never returns MAG_CLOCK_AUTO itself. */
enum mag_clock mag_clock_auto(void);
/* 0, or -EOPNOTSUPP where @clock does not exist. Task context, no run active. */
int mag_clock_select(enum mag_clock clock);
/* Name and one-line help of @clock; it is below MAG_NR_CLOCKS. */
const char *mag_clock_name(enum mag_clock clock);
const char *mag_clock_help(enum mag_clock clock);
/* Frequency of the time-stamp counter in kHz, 0 where there is none. */
u64 mag_clock_tsc_khz(void);
/* From ticks of a clock of @khz, not 0, to nanoseconds. */
struct mag_clock_scale mag_clock_scale_from_khz(u64 khz);

/**
 * mag_clock_read() - the clock now, in its own unit
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
 * mag_clock_delta() - a difference of two readings in the unit recorded
 * @delta: difference of two mag_clock_read()
 *
 * Return: nanoseconds, or ticks under MAG_CLOCK_TICKS.  A reading that went
 * backwards (a bad clock) gives 0, which the histogram counts as below range.
 */
static __always_inline u64 mag_clock_delta(u64 delta)
{
	if (unlikely((s64)delta < 0))
		return 0;
	return mul_u64_u32_shr(delta, mag_clock_scale.mult,
			       mag_clock_scale.shift);
}

#endif /* MAGSLAB_STRESS_CLOCK_H */
