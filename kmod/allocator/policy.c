// SPDX-License-Identifier: GPL-2.0-only
/*
 * The sizes that the magazines of a cache step through, within what its policy
 * allows.
 */
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/overflow.h>

#include "internal.h"
#include "mag_trace.h"

/* Bytes of the kmalloc bucket that a magazine takes. */
static u32 policy_bucket(u32 rounds)
{
	struct mag_magazine *mag;

	return roundup_pow_of_two(struct_size(mag, round, rounds));
}

/* Two CPUs may resize at once: each writes a size that is within bounds. */
static void policy_resize(struct mag_cache *cache, u32 rounds,
			  enum mag_resize_reason reason)
{
	u32 before = READ_ONCE(cache->magazine_rounds);
	u32 least = READ_ONCE(cache->policy.magazine_rounds);
	u32 most = max(READ_ONCE(cache->policy.magazine_max), least);

	rounds = clamp(rounds, least, most);
	if (rounds == before)
		return;
	WRITE_ONCE(cache->magazine_rounds, rounds);
	atomic_inc(&cache->resizes);
	trace_mag_resize(cache, before, rounds, reason);
}

void mag_policy_grow(struct mag_cache *cache)
{
	u32 rounds = READ_ONCE(cache->magazine_rounds);

	policy_resize(cache, mag_magazine_rounds_in(2 * policy_bucket(rounds)),
		      MAG_RESIZED_BY_INTERVAL);
}

void mag_policy_shrink(struct mag_cache *cache)
{
	u32 rounds = READ_ONCE(cache->magazine_rounds);
	u32 bucket = policy_bucket(rounds);

	policy_resize(cache,
		      bucket > 64 ? mag_magazine_rounds_in(bucket / 2) : 1,
		      MAG_RESIZED_BY_DISUSE);
}

void mag_policy_restart(struct mag_cache *cache)
{
	policy_resize(cache, 0, MAG_RESIZED_BY_DISUSE);
}

void mag_policy_contended(struct mag_cache *cache)
{
	if (READ_ONCE(cache->policy.resize_rule) == MAG_RESIZE_EVENT)
		policy_resize(cache, READ_ONCE(cache->magazine_rounds) + 1,
			      MAG_RESIZED_BY_EVENT);
}

void mag_policy_settle(struct mag_cache *cache, bool restart)
{
	policy_resize(cache, restart ? 0 : READ_ONCE(cache->magazine_rounds),
		      MAG_RESIZED_BY_KNOB);
}
