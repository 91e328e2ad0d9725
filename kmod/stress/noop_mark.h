/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The mark of a slot of backend noop: whether its object is in its ring.  Apart
 * from the ring for tests, which cannot make two tasks meet there.
 */
#ifndef MAGSLAB_STRESS_NOOP_MARK_H
#define MAGSLAB_STRESS_NOOP_MARK_H

#include <linux/atomic.h>
#include <linux/types.h>

enum {
	NOOP_FREE = 0,
	NOOP_BUSY = 1,
};

/*
 * Takes the slot, or says that somebody has it.  A locked exchange: a task that
 * was interrupted, or moved to another CPU, before it may find itself here
 * beside another with the same slot in hand.
 */
static inline bool noop_claim(u8 *mark)
{
	return READ_ONCE(*mark) == NOOP_FREE &&
	       cmpxchg(mark, NOOP_FREE, NOOP_BUSY) == NOOP_FREE;
}

/* Gives the slot back, on any CPU. */
static inline void noop_release(u8 *mark)
{
	/* Pairs with noop_claim(): what the object held is written by now. */
	smp_store_release(mark, NOOP_FREE);
}

#endif /* MAGSLAB_STRESS_NOOP_MARK_H */
