/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the suites of the stress layer share: configurations of short runs, and
 * the proof that nothing is left of them.
 */
#ifndef MAGSLAB_KUNIT_RUNS_H
#define MAGSLAB_KUNIT_RUNS_H

#include <kunit/test.h>
#include <linux/types.h>

#include "../kmod/stress/run.h"

/* Short, and valid for any workload: defaults but for the least bounds. */
struct mag_run_config mag_kunit_config(u32 workload, u32 backend);
/* Gives a parameter of the configured workload a value; asserts that it has it. */
void mag_kunit_config_param(struct kunit *test, struct mag_run_config *config,
			    const char *name, u64 value);
/* The number of a workload or backend; asserts that there is one. */
u32 mag_kunit_workload(struct kunit *test, const char *name);
u32 mag_kunit_backend(struct kunit *test, const char *name);
/* No cache of the magazine allocator is left. */
void mag_kunit_expect_no_caches(struct kunit *test);

#endif /* MAGSLAB_KUNIT_RUNS_H */
