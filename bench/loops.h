/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The cases that are loops of one thread a CPU, each over all subjects.
 */
#ifndef MAGSLAB_BENCH_LOOPS_H
#define MAGSLAB_BENCH_LOOPS_H

#include "measure.h"

extern const struct bench_loop bench_loops[];
extern const unsigned int bench_nr_loops;

#endif /* MAGSLAB_BENCH_LOOPS_H */
