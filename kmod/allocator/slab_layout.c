// SPDX-License-Identifier: GPL-2.0-only
/*
 * How slabs are cut: which page order, how many objects, where the links of
 * the free ones are, and how far the first object may be moved (colours).
 */
#include <linux/align.h>
#include <linux/cache.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/mm.h>

#include "debug.h"

#define MAG_SLAB_MAX_ORDER   3 /* of choice; larger objects need more */
#define MAG_SLAB_MIN_OBJECTS 8 /* aimed at, to spread the cost of a page */
#define MAG_SLAB_WASTE_SHIFT 6 /* 1/64 of a slab is little enough */

/* The bytes of a free object must stay as they are: links are kept elsewhere. */
static bool layout_needs_table(const struct mag_cache *cache)
{
	return cache->ctor || cache->debug ||
	       (cache->flags & MAG_CACHE_TYPESAFE_BY_RCU);
}

/*
 * Objects that @pages, the first ones of a block of @order, hold, link table
 * included where there is one.
 */
static void layout_cut_pages(const struct mag_cache *cache, u32 order,
			     u32 pages, struct mag_slab_layout *layout)
{
	u32 bytes = PAGE_SIZE * pages;
	u32 table = layout_needs_table(cache) ? sizeof(u16) : 0;
	u32 left;

	layout->order = order;
	layout->pages = pages;
	layout->objects = bytes / (cache->size + table);
	layout->link_offset = table ? bytes - layout->objects * table : 0;
	left = bytes - layout->objects * (cache->size + table);
	layout->colours = 1;
	if (!(cache->flags & MAG_CACHE_NO_COLOUR))
		layout->colours +=
			min_t(u32, left / cache->colour_unit, U8_MAX);
}

static void layout_cut(const struct mag_cache *cache, u32 order,
		       struct mag_slab_layout *layout)
{
	layout_cut_pages(cache, order, 1U << order, layout);
}

static u32 layout_bytes(const struct mag_slab_layout *layout)
{
	return PAGE_SIZE * layout->pages;
}

static u32 layout_waste(const struct mag_cache *cache,
			const struct mag_slab_layout *layout)
{
	return layout_bytes(layout) - layout->objects * cache->size;
}

static bool layout_good(const struct mag_cache *cache,
			const struct mag_slab_layout *layout)
{
	return layout->objects >= MAG_SLAB_MIN_OBJECTS &&
	       layout_waste(cache, layout) <= layout_bytes(layout) >>
		       MAG_SLAB_WASTE_SHIFT;
}

/* Waste per byte of slab, the bytes that go to links included. */
static bool layout_wastes_less(const struct mag_cache *cache,
			       const struct mag_slab_layout *layout,
			       const struct mag_slab_layout *than)
{
	return (u64)layout_waste(cache, layout) * than->pages <
	       (u64)layout_waste(cache, than) * layout->pages;
}

/*
 * Where objects are larger than pages, much of a block may be left: its last
 * pages go back when it is drawn.  As many as leaves the least waste; where
 * none does better than all, all are kept, which is cheaper.
 */
static void layout_trim(const struct mag_cache *cache,
			struct mag_slab_layout *layout)
{
	struct mag_slab_layout next;
	u32 pages;

	if (cache->size <= PAGE_SIZE || layout_waste(cache, layout) <=
						layout_bytes(layout) >>
						MAG_SLAB_WASTE_SHIFT)
		return;
	for (pages = layout->pages - 1; pages > 1; pages--) {
		layout_cut_pages(cache, layout->order, pages, &next);
		if (next.objects && layout_wastes_less(cache, &next, layout))
			*layout = next;
	}
}

/* The lowest order that is good, or else the one with the least waste. */
int mag_slab_layout_init(struct mag_cache *cache, u32 align)
{
	struct mag_slab_layout *best = &cache->layout[MAG_LAYOUT_BEST];
	struct mag_slab_layout *least = &cache->layout[MAG_LAYOUT_LEAST];
	struct mag_slab_layout next;

	cache->size = ALIGN(cache->object_size, align);
	if (cache->debug)
		mag_debug_layout(cache, align);
	cache->inverse_size = reciprocal_value(cache->size);
	cache->colour_unit = max_t(u32, align, L1_CACHE_BYTES);

	layout_cut(cache, get_order(cache->size), least);
	if (!least->objects)
		layout_cut(cache, least->order + 1, least);

	*best = *least;
	for (next = *least;
	     !layout_good(cache, best) && next.order < MAG_SLAB_MAX_ORDER;) {
		layout_cut(cache, next.order + 1, &next);
		/* Waste per byte of slab, compared at the larger order. */
		if (layout_good(cache, &next) ||
		    layout_waste(cache, best) << (next.order - best->order) >=
			    layout_waste(cache, &next))
			*best = next;
	}
	layout_trim(cache, best);
	layout_trim(cache, least);
	return best->objects < U16_MAX ? 0 : -EINVAL;
}
