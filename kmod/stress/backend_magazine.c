// SPDX-License-Identifier: GPL-2.0-only
/*
 * Backend: the magazine allocator of this module, a cache to each pool.
 */
#include "backend.h"

#include <linux/err.h>

#include "../allocator/mag_cache.h"

static int backend_magazine_init(struct mag_pool *pool)
{
	const struct mag_pool_spec *spec = &pool->spec;
	struct mag_cache *cache;

	cache = mag_cache_create(spec->name, spec->size, spec->align,
				 spec->ctor);
	if (IS_ERR(cache))
		return PTR_ERR(cache);

	pool->priv = cache;
	return 0;
}

/* What a workload failed to free is reported by mag_cache_destroy() itself. */
static void backend_magazine_exit(struct mag_pool *pool)
{
	mag_cache_destroy(pool->priv);
}

static void *backend_magazine_alloc(struct mag_pool *pool, gfp_t gfp)
{
	return mag_cache_alloc(pool->priv, gfp);
}

static void backend_magazine_free(struct mag_pool *pool, void *obj)
{
	mag_cache_free(pool->priv, obj);
}

static void backend_magazine_free_bulk(struct mag_pool *pool, size_t nr,
				       void **objs)
{
	mag_cache_free_bulk(pool->priv, nr, objs);
}

static u64 backend_magazine_held_bytes(struct mag_pool *pool)
{
	struct mag_cache_stats stats;

	mag_cache_stats(pool->priv, &stats);
	return stats.held_bytes;
}

/*
 * A magazine is had by preemption alone (mag_cpu_enter()); magazines are
 * exchanged under the depot's lock, and slabs under that of their node, both by
 * spin_lock_irqsave() (depot.c, slab.c) and shared by the CPUs of a node.
 * Magazines are counted by an atomic (magazine.c), and what passes by the CPU
 * layer by this_cpu_inc() (cpu.c).
 */
#define MAGAZINE_USES                                \
	(MAG_PRIMITIVE_BIT(MAG_PRIMITIVE_CALL) |     \
	 MAG_PRIMITIVE_BIT(MAG_PRIMITIVE_PREEMPT) |  \
	 MAG_PRIMITIVE_BIT(MAG_PRIMITIVE_IRQ) |      \
	 MAG_PRIMITIVE_BIT(MAG_PRIMITIVE_SPINLOCK) | \
	 MAG_PRIMITIVE_BIT(MAG_PRIMITIVE_ATOMIC) |   \
	 MAG_PRIMITIVE_BIT(MAG_PRIMITIVE_THIS_CPU) | \
	 MAG_PRIMITIVE_BIT(MAG_PRIMITIVE_LINE))

const struct mag_backend_ops mag_backend_magazine = {
	.name = "magazine",
	.help = "the magazine allocator of magslab, a cache for each pool",
	.slabinfo = "",
	.uses = MAGAZINE_USES,
	.init = backend_magazine_init,
	.exit = backend_magazine_exit,
	.alloc = backend_magazine_alloc,
	.free = backend_magazine_free,
	.free_bulk = backend_magazine_free_bulk,
	.held_bytes = backend_magazine_held_bytes,
};
