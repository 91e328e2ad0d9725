// SPDX-License-Identifier: GPL-2.0-only
/*
 * Backend: kmalloc(), which knows no constructors: as with its users, an
 * object is constructed at each allocation, and that is part of its cost.
 * Beyond two pages kmalloc() takes whole pages, which /proc/slabinfo omits.
 */
#include "backend.h"

#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/slab.h>

/*
 * kmalloc() of a power of two is aligned to its size, of anything else to
 * ARCH_KMALLOC_MINALIGN alone.
 */
static int backend_kmalloc_init(struct mag_pool *pool)
{
	const struct mag_pool_spec *spec = &pool->spec;
	unsigned long size = spec->size;

	if (spec->align > ARCH_KMALLOC_MINALIGN)
		size = roundup_pow_of_two(max(spec->size, spec->align));

	pool->priv = (void *)size;
	return 0;
}

static void backend_kmalloc_exit(struct mag_pool *pool)
{
}

static void *backend_kmalloc_alloc(struct mag_pool *pool, gfp_t gfp)
{
	void *obj = kmalloc((unsigned long)pool->priv, gfp);

	if (pool->spec.ctor && likely(obj))
		pool->spec.ctor(obj);
	return obj;
}

static void backend_kmalloc_free(struct mag_pool *pool, void *obj)
{
	kfree(obj);
}

static void backend_kmalloc_free_bulk(struct mag_pool *pool, size_t nr,
				      void **objs)
{
	kfree_bulk(nr, objs);
}

const struct mag_backend_ops mag_backend_kmalloc = {
	.name = "kmalloc",
	.help = "kmalloc and kfree; constructs an object at each allocation",
	.slabinfo = "kmalloc-",
	.uses = MAG_SLUB_USES,
	.init = backend_kmalloc_init,
	.exit = backend_kmalloc_exit,
	.alloc = backend_kmalloc_alloc,
	.free = backend_kmalloc_free,
	.free_bulk = backend_kmalloc_free_bulk,
};
