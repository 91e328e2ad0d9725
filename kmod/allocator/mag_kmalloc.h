/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Public interface of the size classes: memory of any size, as by kmalloc(),
 * from the magazine allocator.  kernel-doc stands with the definitions, the
 * theory in kmalloc.c.
 */
#ifndef MAGSLAB_ALLOCATOR_MAG_KMALLOC_H
#define MAGSLAB_ALLOCATOR_MAG_KMALLOC_H

#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/types.h>

struct mag_cache;

/* Bytes; above, memory is whole pages, and those waste no more than classes. */
#define MAG_KMALLOC_CLASS_MAX (PAGE_SIZE << 3)

/**
 * struct mag_kmalloc_class - a size class, or all that is larger than classes
 * @name: of its cache, or "large"
 * @size: of its objects, bytes; of the smallest, where they are large
 * @slab_pages: pages in a slab; of the smallest object, where they are large
 * @order: page order that these are cut from
 * @objects_per_slab: in @slab_pages
 * @waste: bytes of an object that its smallest request does not use
 * @slab_waste: bytes of a slab that no object uses
 * @live: objects handed out and not taken back
 * @pages: in slabs, or in live large objects
 * @magazines: that exist
 * @held_bytes: @pages and @magazines, in bytes
 */
struct mag_kmalloc_class {
	const char *name;
	u32 size;
	u32 slab_pages;
	u32 order;
	u32 objects_per_slab;
	u32 waste;
	u32 slab_waste;
	u64 live;
	u64 pages;
	u64 magazines;
	u64 held_bytes;
};

void *mag_kmalloc(size_t size, gfp_t gfp) __alloc_size(1);
void *mag_kmalloc_node(size_t size, gfp_t gfp, int node) __alloc_size(1);
void *mag_krealloc(const void *obj, size_t size, gfp_t gfp) __realloc_size(2);
void mag_kfree(const void *obj);
size_t mag_ksize(const void *obj);

/* mag_kmalloc(), all of the object zeroed, beyond @size too. */
static inline __alloc_size(1) void *mag_kzalloc(size_t size, gfp_t gfp)
{
	return mag_kmalloc(size, gfp | __GFP_ZERO);
}

/* mag_kmalloc() of @nr times @size bytes; NULL where that is no size_t. */
static inline __alloc_size(1, 2) void *mag_kmalloc_array(size_t nr, size_t size,
							 gfp_t gfp)
{
	size_t bytes;

	if (unlikely(check_mul_overflow(nr, size, &bytes)))
		return NULL;
	return mag_kmalloc(bytes, gfp);
}

/* The same, zeroed. */
static inline __alloc_size(1, 2) void *mag_kcalloc(size_t nr, size_t size,
						   gfp_t gfp)
{
	return mag_kmalloc_array(nr, size, gfp | __GFP_ZERO);
}

/* The @index-th class by size, the large objects last; false past them. */
bool mag_kmalloc_class(u32 index, struct mag_kmalloc_class *class);
/* @cache is that of a class, and nobody else's. */
bool mag_kmalloc_owns(const struct mag_cache *cache);

/* Task context.  0 or -ENOMEM, and then nothing needs to be undone. */
int mag_kmalloc_init(void);
/* Reports what was not freed.  Task context. */
void mag_kmalloc_exit(void);

#endif /* MAGSLAB_ALLOCATOR_MAG_KMALLOC_H */
