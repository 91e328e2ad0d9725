/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A backend that trusts nobody: it checks each call that a workload makes
 * against the ops contract of stress/backend.h, counts what is wrong, and can
 * be told to fail.
 */
#ifndef MAGSLAB_KUNIT_FAKE_BACKEND_H
#define MAGSLAB_KUNIT_FAKE_BACKEND_H

#include <kunit/test.h>
#include <linux/atomic.h>
#include <linux/types.h>

#include "../kmod/stress/backend.h"

enum mag_fake_fault {
	MAG_FAKE_FOREIGN, /* freed what is no object of the pool */
	MAG_FAKE_DOUBLE, /* freed an object that was in */
	MAG_FAKE_UNCONSTRUCTED, /* freed out of constructed state */
	MAG_FAKE_OVERRUN, /* wrote past the end of an object */
	MAG_FAKE_STALE_WRITE, /* wrote to an object after freeing it */
	MAG_FAKE_OVER_LIVE, /* more out than max_live */
	MAG_FAKE_OVER_LIVE_CPU, /* more out of one CPU than max_live_cpu */
	MAG_FAKE_OUT_OF_TURN, /* kept longer than in_turn promises */
	MAG_FAKE_MAY_SLEEP, /* asked to sleep in an interrupt */
	MAG_FAKE_EMPTY_BULK, /* freed none in bulk */
	MAG_FAKE_LEAKED, /* did not free by the end of the pool */
	MAG_FAKE_NR_FAULTS
};

/**
 * struct mag_fake - a fake backend, of one run
 * @ops: what pools are created on
 * @fail_every: each so-manieth allocation returns NULL; 0: none
 * @fail_max: and so many in all, that a workload may come to its end
 * @calls: allocations asked for
 * @failed: of these, those that returned NULL
 * @allocs: objects handed out
 * @frees: objects taken back
 * @pools: pools that exist
 * @faults: what the workload did wrong, by enum mag_fake_fault
 * @sequence: hash of the allocations in their order; for a single worker
 */
struct mag_fake {
	struct mag_backend_ops ops;
	u32 fail_every;
	s64 fail_max;
	atomic64_t calls;
	atomic64_t failed;
	atomic64_t allocs;
	atomic64_t frees;
	atomic_t pools;
	atomic_t faults[MAG_FAKE_NR_FAULTS];
	u32 sequence;
};

void mag_fake_init(struct mag_fake *fake);
/* Every object is back, every pool gone, and nothing was done wrong. */
void mag_fake_expect_clean(struct kunit *test, struct mag_fake *fake);

#endif /* MAGSLAB_KUNIT_FAKE_BACKEND_H */
