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

bool mag_slab_list_is_whole(const struct mag_cache *cache, struct page *page)
{
	struct mag_slab_state *state = slab_state(page);
	u32 left = state->fresh - state->inuse;
	u32 index;

	for (index = state->free; index != MAG_LINK_END && left; left--) {
		if (index >= state->fresh)
			return false;
		index = *slab_link(cache, page, index);
	}
	return index == MAG_LINK_END && !left;
}

/* Its objects that are in count as quarantined, and those out when they come. */
static void slab_give_up(struct mag_cache *cache, struct mag_slab_node *sn,
			 struct page *page)
{
	struct mag_slab_state *state = slab_state(page);
	u32 objects = slab_layout(cache, page)->objects;

	lockdep_assert_held(&sn->lock);
	atomic_long_add(objects - state->inuse, &cache->quarantined);
	state->damaged = true;
	state->free = MAG_LINK_END;
	state->fresh = 0;
	slab_set_partial(sn, page, false);
	list_move(&page->lru, &sn->damaged);
	pr_err("magslab: cache %s: the slab of %u objects at %p is not used any more\n",
	       cache->name, objects, page_address(page));
}

void mag_slab_condemn(struct mag_cache *cache, struct mag_slab_node *sn,
		      struct page *page)
{
	mag_bug_report_head(cache, MAG_BUG_FREE_LIST, page_address(page));
	slab_give_up(cache, sn, page);
}

/* The next free object, off the list; MAG_LINK_END if the list is damaged. */
static __always_inline u32 slab_pop(const struct slab_cut *cut,
				    struct mag_slab_state *state)
{
	u32 index = state->free;
	u16 *link;

	if (index == MAG_LINK_END)
		return likely(state->fresh < cut->objects) ? state->fresh++
							   : MAG_LINK_END;
	if (unlikely(index >= state->fresh))
		return MAG_LINK_END;
	link = cut_link(cut, index);
	state->free = *link;
	/* With init_on_free the object must read as zeroes. */
	*link = 0;
	return index;
}

u32 mag_slab_take_from(struct mag_cache *cache, struct mag_slab_node *sn,
		       struct page *page, void **objs, u32 nr)
{
	struct slab_cut cut = slab_cut(cache, page);
	/* In registers; what the links are written to may be anything. */
	struct mag_slab_state state = *slab_state(page);
	bool was_empty = !state.inuse;
	u32 index = 0, got;

	lockdep_assert_held(&sn->lock);
	nr = min_t(u32, nr, cut.objects - state.inuse);
	for (got = 0; got < nr; got++) {
		index = slab_pop(&cut, &state);
		if (unlikely(index == MAG_LINK_END))
			break;
		objs[got] = cut_object(cache, &cut, index);
	}
	state.inuse += got;
	*slab_state(page) = state;

	if (was_empty)
		slab_count_empty_taken(sn);
	sn->objects_out += got;
	/* A list that goes round in a circle has not ended when all are out. */
	if (unlikely(index == MAG_LINK_END || (state.inuse == cut.objects &&
					       state.free != MAG_LINK_END)))
		mag_slab_condemn(cache, sn, page);
	else
		slab_relist(cache, sn, page);
	return got;
}

/* Objects of slabs at hand, under one hold of the lock. */
static u32 slab_take_run(struct mag_cache *cache, struct mag_slab_node *sn,
			 void **objs, u32 nr)
{
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

u32 mag_slab_take(struct mag_cache *cache, int node, void **objs, u32 nr)
{
	struct mag_slab_node *sn = cache->slab_node[node];
	u32 got = 0, run, want;

	do {
		want = min(nr - got, MAG_SLAB_HOLD);
		run = slab_take_run(cache, sn, objs + got, want);
		got += run;
	} while (run == want && got < nr);
	return got;
}

/* An object of a slab that was given up. */
static void slab_lose(struct mag_cache *cache, struct mag_slab_node *sn,
		      struct mag_slab_state *state)
{
	/* None is out, but for those that were freed twice before. */
	if (!state->inuse)
		return;
	state->inuse--;
	sn->objects_out--;
	atomic_long_inc(&cache->quarantined);
}

/*
 * @obj cannot be put back: its slab was given up, or by what the slab knows it is in
 * there.  That is reported once for a slab.  A retired slab is on no list:
 * mag_slab_let_go() decides whether it may have live objects.
 */
static noinline void slab_refuse(struct mag_cache *cache,
				 struct mag_slab_node *sn, struct page *page,
				 void *obj, u32 index)
{
	struct mag_slab_state *state = slab_state(page);
	bool inside = index < slab_layout(cache, page)->objects;

	if (state->damaged) {
		slab_lose(cache, sn, state);
		return;
	}
	if (state->reported)
		return;
	mag_bug_report_head(
		cache, inside ? MAG_BUG_DOUBLE_FREE : MAG_BUG_MISALIGNED, obj);
	if (state->retired) {
		state->reported = true;
		return;
	}
	if (!state->inuse)
		slab_count_empty_taken(sn);
	slab_give_up(cache, sn, page);
}

/* Puts one object back. A slab that is one empty too many goes to @excess. */
static __always_inline void
slab_put(struct mag_cache *cache, struct mag_slab_node *sn, struct page *page,
	 const struct slab_cut *cut, void *obj, struct list_head *excess)
{
	struct mag_slab_state *state = slab_state(page);
	u32 index = cut_index(cache, cut, obj);

	lockdep_assert_held(&sn->lock);
	/* It never was out, or all are in, or it is the last one that came. */
	if (unlikely(index >= state->fresh || !state->inuse ||
		     index == state->free)) {
		slab_refuse(cache, sn, page, obj, index);
		return;
	}
	*cut_link(cut, index) = state->free;
	state->free = index;
	state->inuse--;
	sn->objects_out--;

	if (state->inuse) {
		/* Only the first object back changes the list. */
		if (state->inuse == cut->objects - 1)
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
	struct page *page, *last = NULL, *slab = NULL;
	struct slab_cut cut = {};
	unsigned long flags;
	const void *owner;
	u32 i;

	spin_lock_irqsave(&sn->lock, flags);
	for (i = 0; i < nr; i++) {
		page = virt_to_head_page(objs[i]);
		/* Objects that were taken together are often freed together. */
		if (page != last) {
			if (cache->slab_node[page_to_nid(page)] != sn)
				break;
			owner = (void *)page_private(page);
			if (unlikely(owner != cache)) {
				/* Better lost than mixed in. */
				mag_bug_report_pointer(cache, objs[i], owner);
				continue;
			}
			last = page;
			slab = slab_head_of(page);
			cut = slab_cut(cache, slab);
		}
		slab_put(cache, sn, slab, &cut, objs[i], excess);
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
		run = slab_give_run(cache, sn, objs, min(nr, MAG_SLAB_HOLD),
				    &excess);
	}
	mag_slab_let_go(cache, &excess);
}

/* A retired slab comes back to its node, for good. */
static void slab_take_back(struct mag_cache *cache, struct page *page)
{
	struct mag_slab_node *sn = cache->slab_node[page_to_nid(page)];
	unsigned long flags;

	spin_lock_irqsave(&sn->lock, flags);
	slab_state(page)->retired = false;
	slab_count(cache, sn, page, true);
	if (slab_state(page)->reported)
		slab_give_up(cache, sn, page);
	else
		mag_slab_condemn(cache, sn, page);
	spin_unlock_irqrestore(&sn->lock, flags);
}

void mag_slab_let_go(struct mag_cache *cache, struct list_head *list)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, list, lru) {
		list_del_init(&page->lru);
		if (likely(mag_slab_list_is_whole(cache, page)))
			mag_slab_destroy(cache, page);
		else
			slab_take_back(cache, page);
	}
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
		INIT_LIST_HEAD(&sn->damaged);
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
