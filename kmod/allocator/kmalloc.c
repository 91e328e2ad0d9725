// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory of any size.  Each size class is a cache; how far the classes are
 * apart, and how an object's class is found again, is in the comments below.
 * Larger objects are whole pages.
 */
#include "mag_kmalloc.h"

#include <linux/align.h>
#include <linux/atomic.h>
#include <linux/bitops.h>
#include <linux/export.h>
#include <linux/kmemleak.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "../compat.h"
#include "internal.h"
#include "mag_trace.h"

/*
 * Classes are 8 bytes apart up to 128, and 8 to a doubling above.  There, a
 * request of s bytes is in a class of less than s + s / 8, so that it leaves
 * less than 1/8 unused.  Pages do no worse from 8 of them on, where classes
 * end.  A class is a multiple of each power of two that its requests are
 * multiples of, and so is where its slabs begin: an object is aligned as its
 * size is, and its cache is told so lest colours or redzones undo it.
 */
#define CLASS_SHIFT	 3
#define CLASSES_PER_STEP BIT(CLASS_SHIFT)
/* Steps of MIN_SHIFT doublings would have classes closer than 8 bytes. */
#define CLASS_MIN_SHIFT	 3
#define CLASS_STEPS	 (PAGE_SHIFT + 3 - CLASS_SHIFT - CLASS_MIN_SHIFT + 1)
#define NR_CLASSES	 (CLASS_STEPS * CLASSES_PER_STEP)

/* The name of a cache is behind it. */
#define CLASS_NAME_BYTES sizeof("kmalloc-4294967295")
/* What is written at the end of one must not be beside what is read of the next. */
#define CLASS_BYTES	 ALIGN(sizeof(struct mag_cache) + CLASS_NAME_BYTES, 64)

/*
 * The caches.  They stand together so that a page's owner is known for one of
 * them by its address alone: pages that are not ours have other things in that
 * field.
 */
static u8 classes[NR_CLASSES][CLASS_BYTES] __aligned(64);

/* Where each is: one instruction, however large they are. */
static struct mag_cache *class_caches[NR_CLASSES] __read_mostly;

/* Between init and exit. */
static bool classes_ready;

/**
 * struct large - objects of whole pages, which it is the owner of
 * @objects: live ones
 * @pages: in them
 *
 * An object's size in bytes is its first page's index.
 */
static struct large {
	atomic_long_t objects;
	atomic_long_t pages;
} large;

/* The class of @size, 1 … MAG_KMALLOC_CLASS_MAX bytes. */
static __always_inline u32 class_index(size_t size)
{
	size_t last = size - 1;
	/* Those below the first doubling are as far apart as in it. */
	u32 shift =
		__fls(last | BIT(CLASS_SHIFT + CLASS_MIN_SHIFT)) - CLASS_SHIFT;

	return (shift - CLASS_MIN_SHIFT) * CLASSES_PER_STEP + (last >> shift);
}

/* Bytes of the objects of class @index. */
static u32 class_size(u32 index)
{
	u32 step = index / CLASSES_PER_STEP;

	if (!step)
		return (index + 1) << CLASS_MIN_SHIFT;
	return (CLASSES_PER_STEP + index % CLASSES_PER_STEP + 1)
	       << (CLASS_MIN_SHIFT + step - 1);
}

static __always_inline struct mag_cache *class_cache(size_t size)
{
	return class_caches[class_index(size)];
}

/* Built in, others may come before us. */
static __always_inline bool classes_missing(void)
{
#ifdef MODULE
	return false;
#else
	if (likely(READ_ONCE(classes_ready)))
		return false;
	pr_warn_once(
		"magslab: %pS: memory is asked for before there are size classes\n",
		(void *)_RET_IP_);
	return true;
#endif
}

static __always_inline bool class_is(unsigned long owner)
{
	return owner - (unsigned long)classes < sizeof(classes);
}

bool mag_kmalloc_owns(const struct mag_cache *cache)
{
	return class_is((unsigned long)cache);
}

/* Gives back the pages of a block that was split, from @from to before @to. */
static void pages_free(struct page *page, unsigned long from, unsigned long to)
{
	for (; from < to; from++)
		__free_page(page + from);
}

/*
 * The pages beyond the end go back at once.  What those would cost to zero is
 * saved, unless all pages are zeroed anyway.
 */
static noinline void *large_alloc(size_t size, gfp_t gfp, int node,
				  unsigned long caller)
{
	gfp_t page_gfp = gfp & ~(GFP_ZONEMASK | __GFP_ZERO | __GFP_COMP);
	u32 order = get_order(size);
	struct page *page;
	void *obj;

	if (gfp & GFP_ZONEMASK & ~__GFP_MOVABLE)
		pr_warn_once(
			"magslab: %pS asks for %zu bytes with %pGg: zones are ignored\n",
			(void *)caller, size, &gfp);
	page = alloc_pages_node(node, page_gfp, order);
	if (!page) {
		trace_mag_alloc_failed(NULL, size, gfp, node, caller);
		return NULL;
	}

	size = PAGE_ALIGN(size);
	split_page(page, order);
	pages_free(page, size >> PAGE_SHIFT, 1UL << order);
	set_page_private(page, (unsigned long)&large);
	mag_page_index(page) = size;
	atomic_long_inc(&large.objects);
	atomic_long_add(size >> PAGE_SHIFT, &large.pages);

	obj = page_address(page);
	if ((gfp & __GFP_ZERO) && !want_init_on_alloc(page_gfp))
		memset(obj, 0, size);
	/* As with slabs: for who points to what, not for who points to it. */
	kmemleak_alloc(obj, size, 0, gfp);
	trace_mag_alloc(NULL, obj, size, gfp, MAG_RUNG_PAGES, caller);
	return obj;
}

/* Bytes of @obj, which is in no class: 0, and a warning, if it is not ours. */
static size_t large_size(struct page *page, const void *obj)
{
	bool ours = page_private(page) == (unsigned long)&large &&
		    page_address(page) == obj;

	if (WARN_ONCE(!ours, "magslab: %p was not allocated by mag_kmalloc()\n",
		      obj))
		return 0;
	return mag_page_index(page);
}

static noinline void large_free(struct page *page, const void *obj,
				unsigned long caller)
{
	unsigned long pages = large_size(page, obj) >> PAGE_SHIFT;

	/* Not ours: better lost than mixed in. */
	if (!pages)
		return;
	trace_mag_free(NULL, obj, pages * PAGE_SIZE, MAG_RUNG_PAGES, caller);
	kmemleak_free(obj);
	atomic_long_dec(&large.objects);
	atomic_long_sub(pages, &large.pages);
	set_page_private(page, 0);
	mag_page_index(page) = 0;
	pages_free(page, 0, pages);
}

static noinline void *alloc_unclassed(size_t size, gfp_t gfp, int node,
				      unsigned long caller)
{
	return size ? large_alloc(size, gfp, node, caller) : ZERO_SIZE_PTR;
}

/**
 * mag_kmalloc() - allocate memory
 * @size: bytes.  Of 0 it is ZERO_SIZE_PTR, as with kmalloc().
 * @gfp: as for mag_cache_alloc(); but an object of whole pages honours
 *	__GFP_THISNODE and __GFP_ACCOUNT
 *
 * The object is aligned to the largest power of two that divides @size, and to
 * 8 bytes at least; a class does not promise ARCH_KMALLOC_MINALIGN, so that
 * memory for DMA is to be had elsewhere.  mag_ksize() tells what may be used.
 *
 * Context: any but NMI.  May sleep if @gfp allows blocking.
 * Return: the object, or NULL when @gfp yields no pages, or no page allocator
 *	would have so many; or, of an allocator that is built into the kernel, before its
 *	initcall.
 */
void *mag_kmalloc(size_t size, gfp_t gfp)
{
	/* And 0, which wraps. */
	if (unlikely(size - 1 >= MAG_KMALLOC_CLASS_MAX))
		return alloc_unclassed(size, gfp, NUMA_NO_NODE, _RET_IP_);
	if (classes_missing())
		return NULL;
	return mag_cache_alloc(class_cache(size), gfp);
}
EXPORT_SYMBOL_GPL(mag_kmalloc);

/**
 * mag_kmalloc_node() - allocate memory of a node
 * @size: as for mag_kmalloc()
 * @gfp: as for mag_kmalloc()
 * @node: as for mag_cache_alloc_node()
 *
 * Context: any but NMI.  May sleep if @gfp allows blocking.
 * Return: as of mag_kmalloc()
 */
void *mag_kmalloc_node(size_t size, gfp_t gfp, int node)
{
	if (unlikely(size - 1 >= MAG_KMALLOC_CLASS_MAX))
		return alloc_unclassed(size, gfp, node, _RET_IP_);
	if (classes_missing())
		return NULL;
	return mag_cache_alloc_node(class_cache(size), gfp, node);
}
EXPORT_SYMBOL_GPL(mag_kmalloc_node);

/**
 * mag_kfree() - give back memory
 * @obj: of mag_kmalloc() or its kin; or NULL, or ZERO_SIZE_PTR.  Any other
 *	address in the direct map is warned about once, and left alone; one of a
 *	module or of vmalloc() has no page to be found by, and may oops.
 *
 * Context: any but NMI, on any CPU.  Never sleeps, never fails.
 */
void mag_kfree(const void *obj)
{
	struct page *page;

	if (unlikely(ZERO_OR_NULL_PTR(obj)))
		return;
	page = compound_head(mag_direct_page(obj));
	if (unlikely(!class_is(page_private(page)))) {
		large_free(page, obj, _RET_IP_);
		return;
	}
	mag_cache_free((struct mag_cache *)page_private(page), (void *)obj);
}
EXPORT_SYMBOL_GPL(mag_kfree);

/**
 * mag_ksize() - how much memory an object is
 * @obj: as for mag_kfree()
 *
 * Context: any.
 * Return: bytes that may be used, at least those asked for; 0 if @obj is NULL
 *	or ZERO_SIZE_PTR, or, with a warning, not of mag_kmalloc().
 */
size_t mag_ksize(const void *obj)
{
	struct page *page;

	if (ZERO_OR_NULL_PTR(obj))
		return 0;
	page = compound_head(mag_direct_page(obj));
	if (unlikely(!class_is(page_private(page))))
		return large_size(page, obj);
	return ((struct mag_cache *)page_private(page))->object_size;
}
EXPORT_SYMBOL_GPL(mag_ksize);

static void *realloc_moved(const void *obj, size_t used, size_t size, gfp_t gfp)
{
	void *moved = mag_kmalloc(size, gfp);

	if (!moved)
		return NULL;
	memcpy(moved, obj, used);
	mag_kfree(obj);
	return moved;
}

/**
 * mag_krealloc() - change the size of an object
 * @obj: as for mag_kfree(); NULL and ZERO_SIZE_PTR have no content
 * @size: bytes wanted.  0 frees @obj.
 * @gfp: as for mag_kmalloc()
 *
 * As krealloc(): the content is kept, up to the lesser of both sizes; the
 * object moves only where it has no room, and thus never to be smaller.  With
 * __GFP_ZERO what is new in it is zeroed if every call for the object since its
 * allocation, that included, had __GFP_ZERO.
 *
 * Context: any but NMI.  May sleep if @gfp allows blocking.
 * Return: the object, which may have moved; ZERO_SIZE_PTR for a @size of 0; or
 *	NULL when there is no memory, and then @obj is as it was.
 */
void *mag_krealloc(const void *obj, size_t size, gfp_t gfp)
{
	size_t room;

	if (!size) {
		mag_kfree(obj);
		return ZERO_SIZE_PTR;
	}
	if (ZERO_OR_NULL_PTR(obj))
		return mag_kmalloc(size, gfp);

	room = mag_ksize(obj);
	if (!room)
		return NULL;
	if (size > room)
		return realloc_moved(obj, room, size, gfp);
	/* So that it is zero when it is asked for again. */
	if (want_init_on_alloc(gfp))
		memset((void *)obj + size, 0, room - size);
	return (void *)obj;
}
EXPORT_SYMBOL_GPL(mag_krealloc);

static void class_describe(u32 index, struct mag_kmalloc_class *class)
{
	struct mag_cache *cache = class_caches[index];
	const struct mag_slab_layout *layout = &cache->layout[MAG_LAYOUT_BEST];
	struct mag_cache_stats stats;

	mag_cache_stats(cache, &stats);
	*class = (struct mag_kmalloc_class){
		.name = mag_cache_name(cache),
		.size = cache->object_size,
		.order = layout->order,
		.slab_pages = layout->pages,
		.objects_per_slab = layout->objects,
		.waste = class_size(index) - 1 -
			 (index ? class_size(index - 1) : 0),
		.live = stats.live,
		.pages = stats.pages,
		.magazines = stats.magazines,
		.held_bytes = stats.held_bytes,
	};
	class->slab_waste =
		class->slab_pages * PAGE_SIZE - layout->objects * cache->size;
}

static void large_describe(struct mag_kmalloc_class *class)
{
	u32 size = MAG_KMALLOC_CLASS_MAX + PAGE_SIZE;

	*class = (struct mag_kmalloc_class){
		.name = "large",
		.size = size,
		.order = get_order(size),
		.slab_pages = size / PAGE_SIZE,
		.objects_per_slab = 1,
		.waste = PAGE_SIZE - 1,
		.live = atomic_long_read(&large.objects),
		.pages = atomic_long_read(&large.pages),
	};
	class->held_bytes = class->pages * PAGE_SIZE;
}

bool mag_kmalloc_class(u32 index, struct mag_kmalloc_class *class)
{
	if (index > NR_CLASSES)
		return false;
	if (index == NR_CLASSES)
		large_describe(class);
	else
		class_describe(index, class);
	return true;
}

/*
 * The greatest power of two that divides the size.  Slabs begin at a multiple
 * of it as well, since none is less than an object.
 */
static u32 class_align(u32 size)
{
	return size & -size;
}

static int class_init(u32 index)
{
	u32 size = class_size(index);
	const struct mag_cache_args args = { .align = class_align(size) };
	char name[CLASS_NAME_BYTES];

	class_caches[index] = (struct mag_cache *)classes[index];
	snprintf(name, sizeof(name), "kmalloc-%u", size);
	return mag_cache_init(class_caches[index], name, size, &args);
}

/* All below @nr. */
static void classes_exit(u32 nr)
{
	while (nr--)
		mag_cache_exit(class_caches[nr]);
	/* Who walks the list without its lock may be at one of them yet. */
	synchronize_rcu();
}

int mag_kmalloc_init(void)
{
	u32 index;
	int err;

	if (WARN_ON_ONCE(classes_ready))
		return -EBUSY;
	for (index = 0; index < NR_CLASSES; index++) {
		err = class_init(index);
		if (err) {
			classes_exit(index);
			return err;
		}
	}
	classes_ready = true;
	return 0;
}

void mag_kmalloc_exit(void)
{
	long objects = atomic_long_read(&large.objects);

	/* Nobody else will have their pages: a stray user harms nobody. */
	if (objects)
		pr_err("magslab: %ld objects of mag_kmalloc() not freed, of %ld pages\n",
		       objects, atomic_long_read(&large.pages));
	classes_exit(NR_CLASSES);
	classes_ready = false;
}

#if IS_ENABLED(CONFIG_KUNIT)
bool mag_kunit_kmalloc_ready(void)
{
	return classes_ready;
}
#endif
