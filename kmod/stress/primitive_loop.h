/* SPDX-License-Identifier: GPL-2.0-only */
/* One loop for each primitive that one CPU does alone, and the empty loop. */
#ifndef MAGSLAB_STRESS_PRIMITIVE_LOOP_H
#define MAGSLAB_STRESS_PRIMITIVE_LOOP_H

#include <linux/types.h>

#include "../uapi/magslab.h"

/*
 * Ticks of a batch of @iterations, with those of the loop itself.  They return
 * 0 of a primitive that needs two CPUs.
 */
u64 mag_primitive_batch(enum mag_primitive primitive, u32 iterations);
u64 mag_primitive_batch_empty(u32 iterations);

#endif /* MAGSLAB_STRESS_PRIMITIVE_LOOP_H */
