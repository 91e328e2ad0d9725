// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pages of a slab: drawn, cut, constructed, and given back.
 */
#include <linux/kmemleak.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>

#include "debug.h"
#include "mag_trace.h"
#include "slab.h"

static u8 slab_next_colour(struct mag_cache *cache, struct page *page,
			   u32 layout)
{
	struct mag_slab_node *sn = cache->slab_node[page_to_nid(page)];
	u32 colours = cache->layout[layout].colours;
	/* Two CPUs may get the same one: that costs little, a lock more. */
	u32 colour = data_race(READ_ONCE(sn->colour));

	WRITE_ONCE(sn->colour, colour + 1);
	return colour % colours;
}

/* Gives back the pages of a block that @layout does without. */
static void slab_trim(struct mag_cache *cache, struct page *page,
		      const struct mag_slab_layout *layout)
{
	u32 i;

	split_page(page, layout->order);
	for (i = layout->pages; i < 1U << layout->order; i++)
		__free_page(page + i);
	for (i = 1; i < layout->pages; i++) {
		set_page_private(page + i, (unsigned long)cache);
		*slab_state(page + i) = (struct mag_slab_state){
			.free = i,
			.fresh = layout->pages,
			.tail = true,
		};
	}
	slab_state(page)->trimmed = true;
}

/* Pages for a slab by one layout, zone and node left to @gfp and @node. */
static struct page *slab_pages(struct mag_cache *cache, u32 layout, int node,
			       gfp_t gfp)
{
	const struct mag_slab_layout *cut = &cache->layout[layout];
	bool trim = cut->pages < 1UL << cut->order;
	struct page *page;

	page = alloc_pages_node(node, trim ? gfp : gfp | __GFP_COMP,
				cut->order);
	if (!page)
		return NULL;

	INIT_LIST_HEAD(&page->lru);
	set_page_private(page, (unsigned long)cache);
	*slab_state(page) = (struct mag_slab_state){
		.free = MAG_LINK_END,
		.layout = layout,
		.colour = slab_next_colour(cache, page, layout),
	};
	if (trim)
		slab_trim(cache, page, cut);
	return page;
}

/* The order of choice if it is cheap to get, the least one otherwise. */
static struct page *slab_pages_any_order(struct mag_cache *cache, int node,
					 gfp_t gfp)
{
	gfp_t light = (gfp | __GFP_NOWARN | __GFP_NORETRY) & ~__GFP_NOFAIL;
	struct page *page;

	if (cache->layout[MAG_LAYOUT_BEST].order >
	    cache->layout[MAG_LAYOUT_LEAST].order) {
		/* Nobody is woken for it, and no reserve touched (mm/slub.c). */
		light = (light | __GFP_NOMEMALLOC) & ~__GFP_RECLAIM;
		page = slab_pages(cache, MAG_LAYOUT_BEST, node, light);
		if (page)
			return page;
	}
	return slab_pages(cache, MAG_LAYOUT_LEAST, node, gfp);
}

static void slab_construct(struct mag_cache *cache, struct page *page)
{
	u32 index, objects = slab_layout(cache, page)->objects;
	void *obj;

	if (!cache->ctor && !cache->debug)
		return;
	for (index = 0; index < objects; index++) {
		obj = slab_object(cache, page, index);
		if (cache->debug)
			mag_object_init(cache, obj);
		if (cache->ctor)
			cache->ctor(obj);
	}
}

/*
 * kmemleak looks into a slab for who points to what, and does not ask who points
 * to the slab.  Of debugged objects it knows each by itself.
 */
static void slab_show(struct mag_cache *cache, struct page *page, gfp_t gfp)
{
	if (!cache->debug)
		kmemleak_alloc(page_address(page),
			       slab_layout(cache, page)->pages << PAGE_SHIFT, 0,
			       gfp);
}

void mag_slab_hide(const struct mag_cache *cache, struct page *page)
{
	if (!cache->debug)
		kmemleak_free(page_address(page));
}

struct page *mag_slab_draw(struct mag_cache *cache, int node, gfp_t gfp)
{
	struct page *page = slab_pages_any_order(cache, node, gfp);

	if (page) {
		slab_construct(cache, page);
		slab_show(cache, page, gfp);
	}
	return page;
}

static void slab_destruct(struct mag_cache *cache, struct page *page)
{
	u32 index, objects = slab_layout(cache, page)->objects;

	if (!cache->dtor)
		return;
	for (index = 0; index < objects; index++)
		cache->dtor(slab_object(cache, page, index));
}

noinline void mag_slab_traffic(struct mag_cache *cache, struct page *page,
			       const char *name, u32 pages, bool new)
{
	const struct mag_slab_layout *layout = slab_layout(cache, page);

	if (new)
		trace_mag_slab_new(cache, page_to_nid(page), layout->order,
				   pages, layout->objects);
	else
		trace_mag_slab_free(cache, page_to_nid(page), layout->order,
				    pages, layout->objects);
}

void mag_slab_tell(struct mag_cache *cache, struct page *page, bool new)
{
	mag_slab_traffic(cache, page, cache->name,
			 slab_layout(cache, page)->pages, new);
}

/* What is freed and merged by itself: each page of a trimmed slab, or the whole. */
static u32 slab_parts(struct page *page)
{
	return slab_state(page)->trimmed ? slab_state(page + 1)->fresh : 1;
}

void mag_slab_disown(struct page *page)
{
	u32 parts = slab_parts(page);

	while (parts--)
		set_page_private(page++, 0);
}

void mag_slab_free_pages(struct page *page)
{
	u32 parts = slab_parts(page);
	u32 order = compound_order(page);

	/* Its state stays: a free that comes now finds it retired. */
	mag_slab_disown(page);
	while (parts--)
		__free_pages(page++, order);
}

/* Of a cache that is there yet. */
static void slab_destroy(struct page *page)
{
	struct mag_cache *cache = (struct mag_cache *)page_private(page);
	struct mag_slab_node *sn = cache->slab_node[page_to_nid(page)];
	u32 pages = slab_layout(cache, page)->pages;

	slab_destruct(cache, page);
	mag_slab_tell(cache, page, false);
	mag_slab_hide(cache, page);
	mag_slab_free_pages(page);
	atomic_long_add(pages, &sn->pages_returned);
}

static void slab_destroy_rcu(struct rcu_head *head)
{
	slab_destroy(container_of(head, struct page, rcu_head));
}

void mag_slab_destroy(struct mag_cache *cache, struct page *page)
{
	struct mag_slab_node *sn = cache->slab_node[page_to_nid(page)];

	atomic_long_add(slab_layout(cache, page)->pages, &sn->pages_let_go);
	if (cache->flags & MAG_CACHE_TYPESAFE_BY_RCU)
		call_rcu(&page->rcu_head, slab_destroy_rcu);
	else
		slab_destroy(page);
}
