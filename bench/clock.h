/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The time-stamp counter, and what its ticks mean: nanoseconds, or, on a
 * machine that counts them, instructions.
 */
#ifndef MAGSLAB_BENCH_CLOCK_H
#define MAGSLAB_BENCH_CLOCK_H

#include <linux/types.h>

#include "stress/tsc.h"

/*
 * Before all else here.  Task context, may sleep.  -EOPNOTSUPP where there is
 * no counter, or one that does not tell time.
 */
int bench_clock_init(void);

/* As the one who inserted the module says. */
bool bench_clock_counts_insns(void);

/* insns or ns. */
const char *bench_clock_unit(void);

/* @ticks over @divisor, which is not 0, in thousandths of the unit. */
s64 bench_clock_milli(s64 ticks, u32 divisor);

#endif /* MAGSLAB_BENCH_CLOCK_H */
