// SPDX-License-Identifier: GPL-2.0-only
/*
 * An object where no slab at hand has one: from new pages, or from the slabs of
 * another node.
 */
#include <linux/gfp.h>
#include <linux/nodemask.h>

#include "home.h"
#include "slab.h"

/* What GFP flags mean for a page, objects being cached, is in the kernel-doc. */
#define MAG_SLAB_GFP_IGNORED                                          \
	(GFP_ZONEMASK | __GFP_ZERO | __GFP_THISNODE | __GFP_ACCOUNT | \
	 __GFP_COMP)

/* Publishes a new slab, keeping one object of it back for the caller. */
static void *slab_add(struct mag_cache *cache, struct page *page)
{
	struct mag_slab_node *sn = cache->slab_node[page_to_nid(page)];
	unsigned long flags;
	void *obj;

	spin_lock_irqsave(&sn->lock, flags);
	slab_count(cache, sn, page, true);
	WRITE_ONCE(sn->nr_empty, sn->nr_empty + 1);
	mag_slab_take_from(cache, sn, page, &obj, 1);
	spin_unlock_irqrestore(&sn->lock, flags);
	mag_slab_tell(cache, page, true);
	mag_reap_arm(cache);
	return obj;
}

/* An object of whatever node has one, nearest not considered. */
static void *slab_take_anywhere(struct mag_cache *cache)
{
	void *obj;
	int node;

	for_each_node_state(node, N_NORMAL_MEMORY)
		if (mag_slab_take(cache, node, &obj, 1))
			return obj;
	return NULL;
}

void *mag_slab_grow(struct mag_cache *cache, int node, gfp_t gfp)
{
	struct page *page = NULL;
	gfp_t here;
	void *obj;

	gfp &= ~MAG_SLAB_GFP_IGNORED;

	/*
	 * On a node that has no page left, objects of other nodes come before
	 * pages of other nodes: those would join the other node's slabs, and
	 * the next caller here would draw yet another.  Both come before the
	 * reserves.
	 */
	if (static_branch_unlikely(&mag_many_nodes)) {
		here = (gfp | __GFP_THISNODE | __GFP_NOWARN |
			__GFP_NOMEMALLOC) &
		       ~(__GFP_NOFAIL | __GFP_DIRECT_RECLAIM | __GFP_HIGH);
		page = mag_slab_draw(cache, node, here);
		if (!page) {
			obj = slab_take_anywhere(cache);
			if (obj)
				return obj;
		}
	}
	if (!page)
		page = mag_slab_draw(cache, node, gfp);
	if (!page)
		return NULL;
	return slab_add(cache, page);
}
