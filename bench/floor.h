/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The floor: the least an allocator could do that is safe against preemption.
 * A per-CPU array of pointers, popped and pushed with preemption off; no
 * interrupts, no statistics, no refill.
 */
#ifndef MAGSLAB_BENCH_FLOOR_H
#define MAGSLAB_BENCH_FLOOR_H

#include <linux/percpu.h>
#include <linux/types.h>

#define BENCH_FLOOR_MAX 256 /* objects a CPU has */

struct bench_floor;

/* Full on each CPU.  Task context; NULL if there is no memory. */
struct bench_floor __percpu *bench_floor_create(void);
void bench_floor_destroy(struct bench_floor __percpu *floor);

/* Any context but interrupts.  NULL when this CPU has none left. */
void *bench_floor_alloc(struct bench_floor __percpu *floor);
/* What this CPU has no room for is forgotten: they are but pointers. */
void bench_floor_free(struct bench_floor __percpu *floor, void *obj);

#endif /* MAGSLAB_BENCH_FLOOR_H */
