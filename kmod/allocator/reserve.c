// SPDX-License-Identifier: GPL-2.0-only
/*
 * Objects set aside: allocated where that may sleep and fail, handed out where
 * it must not.  What SLUB calls a prefilled sheaf (mm/slub.c,
 * kmem_cache_prefill_sheaf).
 */
#include <linux/export.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/slab.h>

#include "internal.h"

/**
 * struct mag_reserve - objects set aside
 * @cache: they are of
 * @objects: in @object
 * @capacity: room in @object
 * @object: LIFO
 */
struct mag_reserve {
	struct mag_cache *cache;
	u32 objects;
	u32 capacity;
	void *object[];
};

/**
 * mag_reserve_create() - set objects aside
 * @cache: to take them from
 * @gfp: as for mag_cache_alloc(); __GFP_ZERO zeroes each
 * @nr: how many, 1 … MAG_RESERVE_MAX
 *
 * Context: task; may sleep if @gfp allows blocking.
 * Return: @nr objects; or NULL, when @nr is out of bounds or memory is, and
 *	then nothing is allocated.
 */
struct mag_reserve *mag_reserve_create(struct mag_cache *cache, gfp_t gfp,
				       u32 nr)
{
	struct mag_reserve *reserve;

	if (!nr || nr > MAG_RESERVE_MAX)
		return NULL;
	reserve = kvmalloc(struct_size(reserve, object, nr),
			   (gfp & ~__GFP_ZERO) | __GFP_NOWARN);
	if (!reserve)
		return NULL;

	reserve->cache = cache;
	reserve->objects = 0;
	reserve->capacity = nr;
	if (mag_reserve_fill(reserve, gfp)) {
		kvfree(reserve);
		return NULL;
	}
	return reserve;
}
EXPORT_SYMBOL_GPL(mag_reserve_create);

/**
 * mag_reserve_fill() - set aside as many again as were used
 * @reserve: the reserve; no other call on it is under way
 * @gfp: as for mag_reserve_create()
 *
 * Context: as @gfp allows, and any but NMI.
 * Return: 0, or -ENOMEM, and then the reserve is as it was.
 */
int mag_reserve_fill(struct mag_reserve *reserve, gfp_t gfp)
{
	u32 nr = reserve->capacity - reserve->objects;

	if (!nr)
		return 0;
	if (!mag_cache_alloc_bulk(reserve->cache, gfp, nr,
				  reserve->object + reserve->objects))
		return -ENOMEM;
	reserve->objects += nr;
	return 0;
}
EXPORT_SYMBOL_GPL(mag_reserve_fill);

/**
 * mag_reserve_alloc() - take an object that was set aside
 * @reserve: the reserve; no other call on it is under way
 *
 * Cannot fail as often as there are objects.  The object is freed like any
 * other, by mag_cache_free().
 *
 * Context: any.
 * Return: the object, or NULL, with a warning, when all have been taken.
 */
void *mag_reserve_alloc(struct mag_reserve *reserve)
{
	if (WARN_ON_ONCE(!reserve->objects))
		return NULL;
	return reserve->object[--reserve->objects];
}
EXPORT_SYMBOL_GPL(mag_reserve_alloc);

/**
 * mag_reserve_left() - how many times mag_reserve_alloc() cannot fail
 * @reserve: the reserve
 *
 * Context: any.
 * Return: objects.
 */
u32 mag_reserve_left(const struct mag_reserve *reserve)
{
	return reserve->objects;
}
EXPORT_SYMBOL_GPL(mag_reserve_left);

/**
 * mag_reserve_destroy() - give back what was not used
 * @reserve: the reserve, or NULL
 *
 * Context: task or softirq.
 */
void mag_reserve_destroy(struct mag_reserve *reserve)
{
	if (!reserve)
		return;
	mag_cache_free_bulk(reserve->cache, reserve->objects, reserve->object);
	kvfree(reserve);
}
EXPORT_SYMBOL_GPL(mag_reserve_destroy);
