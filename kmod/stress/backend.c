// SPDX-License-Identifier: GPL-2.0-only
/*
 * The registry of backends, and the pools that workloads draw on.  What is
 * asked of a pool is checked here, once, for every backend.
 */
#include "backend.h"

#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/slab.h>

#define POOL_MAX_SIZE 65536UL /* bytes */

/* The order is what user space sees; a new backend goes last. */
static const struct mag_backend_ops *const backends[] = {
	&mag_backend_magazine,
	&mag_backend_kmem_cache,
	&mag_backend_kmalloc,
	&mag_backend_noop,
};

/**
 * mag_backend_get() - a backend by its number
 * @index: from 0
 *
 * Context: any.
 * Return: the backend, or NULL past the last.
 */
const struct mag_backend_ops *mag_backend_get(u32 index)
{
	return index < ARRAY_SIZE(backends) ? backends[index] : NULL;
}

/**
 * mag_backend_count() - how many backends there are
 *
 * Context: any.
 * Return: their number.
 */
u32 mag_backend_count(void)
{
	return ARRAY_SIZE(backends);
}

static bool spec_is_valid(const struct mag_pool_spec *spec)
{
	if (!spec->name || !*spec->name)
		return false;
	if (!spec->size || spec->size > POOL_MAX_SIZE)
		return false;
	if (spec->align &&
	    (!is_power_of_2(spec->align) || spec->align > PAGE_SIZE))
		return false;
	return spec->max_live && spec->max_live_cpu <= spec->max_live;
}

/**
 * mag_pool_create() - make a pool of objects served by a backend
 * @ops: the backend
 * @spec: what is asked of it; copied, but not the strings it points to
 *
 * Context: task, may sleep.
 * Return: the pool; ERR_PTR(-EINVAL) where @spec is out of bounds (no name,
 * size not 1 to 65536, align not 0 or a power of two up to a page, max_live 0
 * or below max_live_cpu), ERR_PTR(-ENODEV) if one of @spec->cpus is offline and
 * the backend has memory for each of them, or ERR_PTR(-ENOMEM).
 */
struct mag_pool *mag_pool_create(const struct mag_backend_ops *ops,
				 const struct mag_pool_spec *spec)
{
	struct mag_pool *pool;
	int err;

	if (!spec_is_valid(spec))
		return ERR_PTR(-EINVAL);

	pool = kzalloc(sizeof(*pool), GFP_KERNEL);
	if (!pool)
		return ERR_PTR(-ENOMEM);

	pool->ops = ops;
	pool->spec = *spec;

	err = ops->init(pool);
	if (err) {
		kfree(pool);
		return ERR_PTR(err);
	}
	return pool;
}

/**
 * mag_pool_destroy() - end a pool
 * @pool: every object of it has been freed; NULL and ERR_PTR are ignored
 *
 * Context: task, may sleep.
 */
void mag_pool_destroy(struct mag_pool *pool)
{
	if (IS_ERR_OR_NULL(pool))
		return;
	pool->ops->exit(pool);
	kfree(pool);
}
