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

struct mag_magazine *mag_magazine_create(struct mag_cache *cache, int node)
{
	struct mag_magazine *mag;

	mag = kmalloc_node(struct_size(mag, round, cache->magazine_rounds),
			   GFP_NOWAIT | MAG_MAGAZINE_GFP, node);
	if (!mag)
		return NULL;

	mag->next = NULL;
	mag->rounds = 0;
	mag->capacity = cache->magazine_rounds;
	atomic_long_inc(&cache->nr_magazines);
	return mag;
}

void mag_magazine_destroy(struct mag_cache *cache, struct mag_magazine *mag)
{
	if (!mag)
		return;

	WARN_ON_ONCE(mag->rounds);
	kfree(mag);
	atomic_long_dec(&cache->nr_magazines);
}

u64 mag_magazine_bytes(const struct mag_cache *cache)
{
	struct mag_magazine *mag;
	size_t bytes = struct_size(mag, round, cache->magazine_rounds);

	return (u64)atomic_long_read(&cache->nr_magazines) *
	       kmalloc_size_roundup(bytes);
}
