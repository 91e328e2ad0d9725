// SPDX-License-Identifier: GPL-2.0-only
/*
 * The slab layer: objects cut from pages, per node (Bonwick, "The Slab
 * Allocator", USENIX 1994).  A slab needs no memory beside its pages: what
 * there is to know of it fits in fields of struct page that a page's owner may
 * use, and the links of its free objects in the objects themselves, or behind
 * the last one where the bytes of free objects must stay as they are.
 */
#include <linux/atomic.h>
#include <linux/nodemask.h>
#include <linux/slab.h>

#include "debug.h"
#include "slab.h"

struct mag_cache *mag_slab_cache(const void *addr)
{
	return (struct mag_cache *)page_private(virt_to_head_page(addr));
}

void *mag_slab_object_at(const struct mag_cache *cache, const void *addr)
{
	struct page *page = slab_head(addr);
	u32 index = slab_index(cache, page, addr);

	if (index >= slab_layout(cache, page)->objects)
		return NULL;
	return slab_object(cache, page, index);
}

void mag_slab_give_up_list(struct mag_cache *cache, struct page *page)
{
	struct mag_slab_state *state = slab_state(page);
	u32 objects = slab_layout(cache, page)->objects;

	mag_bug_report_head(cache, MAG_BUG_FREE_LIST, page_address(page));
	atomic_long_add(objects - state->inuse, &cache->quarantined);
	state->damaged = true;
	state->free = MAG_LINK_END;
	state->fresh = objects;
	state->inuse = objects;
}

u32 mag_slab_take_from(struct mag_cache *cache, struct mag_slab_node *sn,
		       struct page *page, void **objs, u32 nr)
{
	struct mag_slab_state *state = slab_state(page);
	u32 objects = slab_layout(cache, page)->objects;
	bool was_empty = !state->inuse;
	u32 index, got;
	u16 *link;

	lockdep_assert_held(&sn->lock);
	for (got = 0; got < nr && state->inuse < objects; got++) {
		if (state->free != MAG_LINK_END) {
			index = state->free;
			if (unlikely(index >= state->fresh)) {
				mag_slab_give_up_list(cache, page);
				break;
			}
			link = slab_link(cache, page, index);
			state->free = *link;
			/* With init_on_free the object must read as zeroes. */
			*link = 0;
		} else {
			index = state->fresh++;
		}
		state->inuse++;
		objs[got] = slab_object(cache, page, index);
	}

	if (was_empty)
		slab_count_empty_taken(sn);
	sn->objects_out += got;
	slab_relist(cache, sn, page);
	return got;
}

u32 mag_slab_take(struct mag_cache *cache, int node, void **objs, u32 nr)
{
	struct mag_slab_node *sn = cache->slab_node[node];
	unsigned long flags;
	struct page *page;
	u32 got = 0;

	spin_lock_irqsave(&sn->lock, flags);
	while (got < nr) {
		page = list_first_entry_or_null(&sn->partial, struct page, lru);
		if (!page)
			page = list_first_entry_or_null(&sn->empty, struct page,
							lru);
		if (!page)
			break;
		got += mag_slab_take_from(cache, sn, page, objs + got,
					  nr - got);
	}
	spin_unlock_irqrestore(&sn->lock, flags);
	return got;
}

/* Puts one object back. A slab that is one empty too many goes to @excess. */
static void slab_put(struct mag_cache *cache, struct mag_slab_node *sn,
		     struct page *page, void *obj, struct list_head *excess)
{
	struct mag_slab_state *state = slab_state(page);
	u32 index = slab_index(cache, page, obj);

	lockdep_assert_held(&sn->lock);
	*slab_link(cache, page, index) = state->free;
	state->free = index;
	state->inuse--;
	sn->objects_out--;

	if (state->inuse) {
		/* Only the first object back changes the list. */
		if (state->inuse == slab_layout(cache, page)->objects - 1)
			slab_relist(cache, sn, page);
	} else if (sn->nr_empty < READ_ONCE(cache->policy.empty_max)) {
		WRITE_ONCE(sn->nr_empty, sn->nr_empty + 1);
		slab_relist(cache, sn, page);
	} else {
		slab_retire(cache, sn, page, excess);
	}
}

/* Gives back the leading objects that share a node; returns how many. */
static u32 slab_give_run(struct mag_cache *cache, struct mag_slab_node *sn,
			 void **objs, u32 nr, struct list_head *excess)
{
	unsigned long flags;
	struct page *page;
	u32 i;

	spin_lock_irqsave(&sn->lock, flags);
	for (i = 0; i < nr; i++) {
		page = virt_to_head_page(objs[i]);
		if (cache->slab_node[page_to_nid(page)] != sn)
			break;
		/* Not ours: better lost than mixed in. */
		if (WARN_ON_ONCE(page_private(page) != (unsigned long)cache))
			continue;
		slab_put(cache, sn, slab_head(objs[i]), objs[i], excess);
	}
	spin_unlock_irqrestore(&sn->lock, flags);
	return i;
}

void mag_slab_give(struct mag_cache *cache, void **objs, u32 nr)
{
	struct mag_slab_node *sn;
	LIST_HEAD(excess);
	u32 run;

	for (; nr; nr -= run, objs += run) {
		sn = cache->slab_node[page_to_nid(virt_to_page(*objs))];
		run = slab_give_run(cache, sn, objs, nr, &excess);
	}
	mag_slab_destroy_list(cache, &excess);
}

int mag_slab_init(struct mag_cache *cache)
{
	struct mag_slab_node *sn;
	int node;

	cache->slab_node =
		kcalloc(nr_node_ids, sizeof(*cache->slab_node), GFP_KERNEL);
	if (!cache->slab_node)
		return -ENOMEM;

	for_each_node(node) {
		sn = kzalloc_node(sizeof(*sn), GFP_KERNEL, node);
		if (!sn)
			return -ENOMEM;
		spin_lock_init(&sn->lock);
		INIT_LIST_HEAD(&sn->partial);
		INIT_LIST_HEAD(&sn->full);
		INIT_LIST_HEAD(&sn->empty);
		cache->slab_node[node] = sn;
	}
	return 0;
}

void mag_slab_exit(struct mag_cache *cache)
{
	int node;

	if (!cache->slab_node)
		return;
	for_each_node(node)
		kfree(cache->slab_node[node]);
	kfree(cache->slab_node);
	cache->slab_node = NULL;
}

#if IS_ENABLED(CONFIG_KUNIT)
struct page *mag_kunit_slab_page(const void *obj)
{
	return slab_head(obj);
}
#endif
