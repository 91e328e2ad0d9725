// SPDX-License-Identifier: GPL-2.0-only
/*
 * Backend: the kernel's slab allocator, a kmem_cache to each pool.  How much
 * memory a cache holds is not exported; user space reads /proc/slabinfo.
 */
#include "backend.h"

#include <linux/slab.h>

#include "../compat.h"

#define KMEM_CACHE_PREFIX "magslab_"

static int backend_kmem_cache_init(struct mag_pool *pool)
{
	const struct mag_pool_spec *spec = &pool->spec;
	struct kmem_cache *cache;
	char *name;

	name = kasprintf(GFP_KERNEL, KMEM_CACHE_PREFIX "%s", spec->name);
	if (!name)
		return -ENOMEM;

	/* The cache keeps a copy of its name. */
	cache = kmem_cache_create(name, spec->size, spec->align,
				  MAG_SLAB_NO_MERGE, spec->ctor);
	kfree(name);
	if (!cache)
		return -ENOMEM;

	pool->priv = cache;
	return 0;
}

static void backend_kmem_cache_exit(struct mag_pool *pool)
{
	kmem_cache_destroy(pool->priv);
}

static void *backend_kmem_cache_alloc(struct mag_pool *pool, gfp_t gfp)
{
	return kmem_cache_alloc(pool->priv, gfp);
}

static void backend_kmem_cache_free(struct mag_pool *pool, void *obj)
{
	kmem_cache_free(pool->priv, obj);
}

static void backend_kmem_cache_free_bulk(struct mag_pool *pool, size_t nr,
					 void **objs)
{
	kmem_cache_free_bulk(pool->priv, nr, objs);
}

const struct mag_backend_ops mag_backend_kmem_cache = {
	.name = "kmem_cache",
	.help = "the kernel's slab allocator, a cache of its own for each pool",
	.slabinfo = KMEM_CACHE_PREFIX,
	.uses = MAG_SLUB_USES,
	.init = backend_kmem_cache_init,
	.exit = backend_kmem_cache_exit,
	.alloc = backend_kmem_cache_alloc,
	.free = backend_kmem_cache_free,
	.free_bulk = backend_kmem_cache_free_bulk,
};
