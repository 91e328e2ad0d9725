/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Objects allocated on one CPU and freed on another, handed over by a ring.
 */
#ifndef MAGSLAB_BENCH_HANDOVER_H
#define MAGSLAB_BENCH_HANDOVER_H

#include <linux/seq_file.h>

/* Needs two CPUs.  Task context, sleeps.  0 or -errno. */
int bench_handover(struct seq_file *m);

#endif /* MAGSLAB_BENCH_HANDOVER_H */
