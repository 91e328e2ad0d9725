/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What tests need of backend noop beyond its ops.
 */
#ifndef MAGSLAB_STRESS_BACKEND_NOOP_H
#define MAGSLAB_STRESS_BACKEND_NOOP_H

#include <linux/types.h>

struct mag_pool;
struct mag_pool_spec;

/* Bytes of a pool of @spec on @cpus CPUs; U64_MAX if it counts too many objects. */
u64 mag_noop_bytes(const struct mag_pool_spec *spec, unsigned int cpus);

/*
 * Puts the caller where an interrupt is that comes in the midst of a call on
 * this CPU, and back.  Preemption is off in between.
 */
void mag_kunit_noop_enter(struct mag_pool *pool);
void mag_kunit_noop_leave(struct mag_pool *pool);

#endif /* MAGSLAB_STRESS_BACKEND_NOOP_H */
