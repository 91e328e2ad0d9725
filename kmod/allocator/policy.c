// SPDX-License-Identifier: GPL-2.0-only
/*
 * The knobs of a cache: their defaults, and the sizes that magazines step
 * through.  They are read by the layers above, on their slow paths.
 */
#include <linux/minmax.h>
#include <linux/sizes.h>

#include "internal.h"

/* Memory that a node keeps in full magazines and in empty slabs, per cache. */
#define MAG_DEPOT_BYTES		SZ_1M
#define MAG_DEPOT_MIN		10U /* magazines; SLUB 7.0's MAX_FULL_SHEAVES */
#define MAG_EMPTY_BYTES		SZ_128K
#define MAG_EMPTY_MIN		2U /* slabs */

/* The largest magazine a contended cache gets: bytes, and bytes of objects. */
#define MAG_MAGAZINE_MAX_BYTES	SZ_4K
#define MAG_MAGAZINE_MAX_OBJECT SZ_256K

#define MAG_RESIZE_THRESHOLD	3U /* illumos os/kmem.c, kmem_depot_contention */
#define MAG_REAP_INTERVAL_MS	5000U

/*
 * The larger the object, the smaller the magazine: a CPU holds at most two, so
 * that this bounds what it hoards.  Each fills a kmalloc bucket.
 */
static u32 policy_magazine_bytes(u32 size)
{
	if (size >= 4096)
		return 64;
	if (size >= 1024)
		return 128;
	if (size >= 256)
		return 256;
	return 512;
}

static u32 policy_magazine_max(u32 size, u32 rounds)
{
	u32 most = mag_magazine_rounds_in(MAG_MAGAZINE_MAX_BYTES);

	return clamp(MAG_MAGAZINE_MAX_OBJECT / size, rounds, most);
}

struct mag_policy mag_policy_default(u32 size, u32 slab_bytes)
{
	u32 rounds = mag_magazine_rounds_in(policy_magazine_bytes(size));

	return (struct mag_policy){
		.magazines = 2,
		.magazine_rounds = rounds,
		.magazine_max = policy_magazine_max(size, rounds),
		.depot_max = max_t(u32, MAG_DEPOT_MIN,
				   MAG_DEPOT_BYTES / (rounds * size)),
		.empty_max =
			max_t(u32, MAG_EMPTY_MIN, MAG_EMPTY_BYTES / slab_bytes),
		.resize_rule = MAG_RESIZE_INTERVAL,
		.resize_threshold = MAG_RESIZE_THRESHOLD,
		.remote_rule = MAG_REMOTE_AWAY,
		.reap_rule = MAG_REAP_WORKING_SET,
		.reap_interval_ms = MAG_REAP_INTERVAL_MS,
	};
}

/* Bytes of the kmalloc bucket that a magazine takes. */
static u32 policy_bucket(u32 rounds)
{
	struct mag_magazine *mag;

	return roundup_pow_of_two(struct_size(mag, round, rounds));
}

/* Two CPUs may resize at once: each writes a size that is within bounds. */
static void policy_resize(struct mag_cache *cache, u32 rounds)
{
	u32 least = READ_ONCE(cache->policy.magazine_rounds);
	u32 most = max(READ_ONCE(cache->policy.magazine_max), least);

	rounds = clamp(rounds, least, most);
	if (rounds == READ_ONCE(cache->magazine_rounds))
		return;
	WRITE_ONCE(cache->magazine_rounds, rounds);
	atomic_inc(&cache->resizes);
}

void mag_policy_grow(struct mag_cache *cache)
{
	u32 rounds = READ_ONCE(cache->magazine_rounds);

	policy_resize(cache, mag_magazine_rounds_in(2 * policy_bucket(rounds)));
}

void mag_policy_shrink(struct mag_cache *cache)
{
	u32 rounds = READ_ONCE(cache->magazine_rounds);
	u32 bucket = policy_bucket(rounds);

	policy_resize(cache,
		      bucket > 64 ? mag_magazine_rounds_in(bucket / 2) : 1);
}

void mag_policy_contended(struct mag_cache *cache)
{
	if (READ_ONCE(cache->policy.resize_rule) == MAG_RESIZE_EVENT)
		policy_resize(cache, READ_ONCE(cache->magazine_rounds) + 1);
}
