// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory of a magazine.  It comes from kmalloc, whose buckets the sizes of
 * magazines are chosen to fill.
 */
#include <linux/overflow.h>
#include <linux/slab.h>

#include "internal.h"

/*
 * Magazines are wanted in the middle of alloc and free, in any context, and
 * are never needed: without one the object goes straight to its slab.  So the
 * request neither sleeps, nor warns, nor digs into reserves.
 */
#define MAG_MAGAZINE_GFP (__GFP_NOWARN | __GFP_NOMEMALLOC)

static long magazine_bytes(const struct mag_magazine *mag)
{
	return kmalloc_size_roundup(struct_size(mag, round, mag->capacity));
}

struct mag_magazine *mag_magazine_create(struct mag_cache *cache, int node)
{
	u32 capacity = READ_ONCE(cache->magazine_rounds);
	struct mag_magazine *mag;

	mag = kmalloc_node(struct_size(mag, round, capacity),
			   GFP_NOWAIT | MAG_MAGAZINE_GFP, node);
	if (!mag)
		return NULL;

	mag->next = NULL;
	mag->rounds = 0;
	mag->capacity = capacity;
	atomic_long_inc(&cache->nr_magazines);
	atomic_long_add(magazine_bytes(mag), &cache->magazine_bytes);
	return mag;
}

void mag_magazine_destroy(struct mag_cache *cache, struct mag_magazine *mag)
{
	if (!mag)
		return;

	WARN_ON_ONCE(mag->rounds);
	atomic_long_dec(&cache->nr_magazines);
	atomic_long_sub(magazine_bytes(mag), &cache->magazine_bytes);
	kfree(mag);
}

u32 mag_magazine_discard(struct mag_cache *cache, struct mag_magazine *mag)
{
	u32 rounds;

	if (!mag)
		return 0;

	rounds = mag->rounds;
	mag_slab_give(cache, mag->round, rounds);
	mag->rounds = 0;
	mag_magazine_destroy(cache, mag);
	return rounds;
}

u32 mag_magazine_discard_chain(struct mag_cache *cache,
			       struct mag_magazine *chain)
{
	struct mag_magazine *next;
	u32 rounds = 0;

	for (; chain; chain = next) {
		next = chain->next;
		rounds += mag_magazine_discard(cache, chain);
	}
	return rounds;
}
