// SPDX-License-Identifier: GPL-2.0-only
/*
 * Choice and scale of the clock that operations are timed with.  Reading it is
 * inlined from clock.h.
 */
#include <linux/errno.h>
#include <linux/time64.h>

#include "clock.h"

/* mul_u64_u32_shr() takes no larger one where there is no 128-bit integer. */
#define MAX_SHIFT 32

struct mag_clock_scale mag_clock_scale = { .mult = 1, .shift = 0 };
DEFINE_STATIC_KEY_FALSE(mag_clock_tsc);

static const struct {
	const char *name;
	const char *help;
} clocks[MAG_NR_CLOCKS] = {
	[MAG_CLOCK_AUTO] = { "auto", "tsc where it is stable, else ktime" },
	[MAG_CLOCK_TSC] = { "tsc", "CPU time-stamp counter, scaled to ns" },
	[MAG_CLOCK_KTIME] = { "ktime", "the kernel's monotonic clock, ns" },
	[MAG_CLOCK_TICKS] = { "ticks", "CPU time-stamp counter, not scaled" },
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

/*
 * The largest factor that fits in 32 bits.  For 1 MHz … 10 GHz that is at
 * least 2^28, so its rounding stays below 2^-29 of any duration.
 */
struct mag_clock_scale mag_clock_scale_from_khz(u64 khz)
{
	u32 shift = MAX_SHIFT;
	u64 mult;

	do {
		mult = div64_u64(((u64)NSEC_PER_MSEC << shift) + khz / 2, khz);
	} while (mult > U32_MAX && shift--);

	return (struct mag_clock_scale){ .mult = mult, .shift = shift };
}

int mag_clock_select(enum mag_clock clock)
{
	struct mag_clock_scale scale = { .mult = 1, .shift = 0 };
	bool tsc = false;

	switch (clock) {
	case MAG_CLOCK_KTIME:
		break;
	case MAG_CLOCK_TSC:
		if (!tsc_tells_time())
			return -EOPNOTSUPP;
		tsc = true;
		scale = mag_clock_scale_from_khz(mag_clock_tsc_khz());
		break;
	case MAG_CLOCK_TICKS:
		if (!mag_clock_tsc_khz())
			return -EOPNOTSUPP;
		tsc = true;
		break;
	default:
		return -EOPNOTSUPP;
	}

	mag_clock_scale = scale;
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
