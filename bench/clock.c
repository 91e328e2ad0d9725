// SPDX-License-Identifier: GPL-2.0-only
/*
 * See clock.h.
 */
#include <linux/errno.h>
#include <linux/math64.h>
#include <linux/module.h>
#include <linux/time64.h>

#include "clock.h"

/* The guest cannot find out by itself. */
static bool insns;
module_param(insns, bool, 0444);
MODULE_PARM_DESC(insns, "the time-stamp counter ticks once an instruction");

static u64 khz;

int bench_clock_init(void)
{
	khz = mag_tsc_measure_khz();
	khz = mag_tsc_khz(khz);
	return khz && mag_tsc_is_stable() ? 0 : -EOPNOTSUPP;
}

bool bench_clock_counts_insns(void)
{
	return insns;
}

const char *bench_clock_unit(void)
{
	return insns ? "insns" : "ns";
}

/* A batch is far below the second at which this would overflow. */
s64 bench_clock_milli(s64 ticks, u32 divisor)
{
	s64 milli = ticks * 1000;

	if (!insns)
		milli = div64_s64(milli * USEC_PER_SEC, khz);
	return div_s64(milli, divisor);
}
