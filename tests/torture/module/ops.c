// SPDX-License-Identifier: GPL-2.0-only
/*
 * What every actor may do, in any context: allocate, free and check objects.
 */
#include <linux/mm.h>
#include <linux/slab.h>

#include "torture.h"

/* Bytes of mag_kmalloc()'s, at most. */
#define KMALLOC_MOST (96U << 10)

/**
 * torture_pick() - a cache
 * @actor: who wants one
 *
 * Context: any.
 * Return: any of torture_caches, for a while the same with a good chance, so that
 *	actors meet.
 */
struct torture_cache *torture_pick(struct torture_actor *actor)
{
	static u32 crowded;

	if (!torture_random(actor, 256))
		WRITE_ONCE(crowded, torture_random(actor, NR_SPECS));
	if (!torture_random(actor, 4))
		return torture_caches[READ_ONCE(crowded)];
	return torture_caches[torture_random(actor, NR_SPECS)];
}

static u32 kmalloc_size(struct torture_actor *actor)
{
	/* Small ones for the most part, and each order of magnitude. */
	u32 most = KMALLOC_MOST >> torture_random(actor, 14);

	return 1 + torture_random(actor, most);
}

static void *kmalloc_one(struct torture_actor *actor,
			 const struct torture_cache *tc, u32 size, gfp_t gfp)
{
	switch (torture_random(actor, 4)) {
	case 0:
		return mag_kmalloc_node(size, gfp, torture_node(actor, tc));
	case 1:
		return mag_krealloc(NULL, size, gfp);
	default:
		return gfp & __GFP_ZERO ? mag_kzalloc(size, gfp)
					: mag_kmalloc(size, gfp);
	}
}

static void *alloc_one(struct torture_actor *actor,
		       const struct torture_cache *tc, u32 size, gfp_t gfp)
{
	if (!tc->cache)
		return kmalloc_one(actor, tc, size, gfp);
	if (tc->spec->one_node || !torture_random(actor, 8))
		return mag_cache_alloc_node(tc->cache, gfp,
					    torture_node(actor, tc));
	return mag_cache_alloc(tc->cache, gfp);
}

/* As if the allocator handed out an object that has an owner. */
static bool hand_out_twice(struct torture_cache *tc,
			   struct torture_actor *actor,
			   struct torture_slot *slot)
{
	struct torture_slot *owner = torture_take(tc, actor, SLOT_FULL);

	if (!owner)
		return false;
	if (owner->item.copy) {
		torture_leave(owner, SLOT_FULL);
		return false;
	}
	torture_check_new(tc, owner->item.obj, owner->item.size, 0);
	/* Whoever comes to it leaves the object to its owner. */
	slot->item = (struct torture_item){ .copy = true };
	torture_leave(owner, SLOT_FULL);
	torture_leave(slot, SLOT_FULL);
	return true;
}

static bool fill_slot(struct torture_cache *tc, struct torture_actor *actor,
		      struct torture_slot *slot)
{
	u32 size = tc->spec->size ?: kmalloc_size(actor);
	gfp_t gfp = torture_gfp(actor, tc);
	void *obj;

	if (torture_breaks(BREAK_TWICE, actor) &&
	    hand_out_twice(tc, actor, slot))
		return true;
	obj = alloc_one(actor, tc, size, gfp);
	if (!obj) {
		this_cpu_inc(tc->counts->failed);
		torture_leave(slot, SLOT_EMPTY);
		return false;
	}
	if (!tc->cache && mag_ksize(obj) < size)
		torture_fail(tc, "mag_ksize() is %zu, expected %u at least",
			     mag_ksize(obj), size);
	torture_accept(tc, actor, slot, obj, size, gfp);
	return true;
}

static u32 do_alloc(struct torture_cache *tc, struct torture_actor *actor,
		    u32 burst)
{
	struct torture_slot *slot;
	u32 i;

	for (i = 0; i < burst; i++) {
		slot = torture_take(tc, actor, SLOT_EMPTY);
		if (!slot || !fill_slot(tc, actor, slot))
			break;
	}
	return i;
}

static u32 take_many(struct torture_cache *tc, struct torture_actor *actor,
		     u32 burst, enum torture_slot_state state)
{
	u32 i;

	for (i = 0; i < min_t(u32, burst, TORTURE_BATCH); i++) {
		actor->slots[i] = torture_take(tc, actor, state);
		if (!actor->slots[i])
			break;
	}
	return i;
}

static u32 do_alloc_bulk(struct torture_cache *tc, struct torture_actor *actor,
			 u32 burst)
{
	u32 i, nr = take_many(tc, actor, burst, SLOT_EMPTY);
	gfp_t gfp = torture_gfp(actor, tc);

	if (nr && !mag_cache_alloc_bulk(tc->cache, gfp, nr, actor->objs)) {
		this_cpu_inc(tc->counts->failed);
		this_cpu_inc(tc->counts->failed_bulk);
		for (i = 0; i < nr; i++)
			torture_leave(actor->slots[i], SLOT_EMPTY);
		return 1;
	}
	for (i = 0; i < nr; i++)
		torture_accept(tc, actor, actor->slots[i], actor->objs[i],
			       tc->spec->size, gfp);
	return nr;
}

static u32 do_free(struct torture_cache *tc, struct torture_actor *actor,
		   u32 burst)
{
	struct torture_slot *slot;
	u32 i;

	for (i = 0; i < burst; i++) {
		slot = torture_take(tc, actor, SLOT_FULL);
		if (!slot || !torture_empty(tc, actor, slot))
			break;
	}
	return i;
}

static u32 do_free_rcu(struct torture_cache *tc, struct torture_actor *actor,
		       u32 burst)
{
	struct torture_slot *slot;
	void *obj;
	u32 i;

	for (i = 0; i < burst && torture_pay_rcu(tc); i++) {
		slot = torture_take(tc, actor, SLOT_FULL);
		if (!slot)
			break;
		obj = torture_release(tc, actor, slot);
		if (obj)
			torture_free_rcu(tc, obj);
		torture_leave(slot, SLOT_EMPTY);
	}
	return i;
}

static u32 do_free_bulk(struct torture_cache *tc, struct torture_actor *actor,
			u32 burst)
{
	u32 i, nr = take_many(tc, actor, burst, SLOT_FULL), got = 0;
	void *obj;

	for (i = 0; i < nr; i++) {
		obj = torture_release(tc, actor, actor->slots[i]);
		if (obj)
			actor->objs[got++] = obj;
	}
	mag_cache_free_bulk(tc->cache, got, actor->objs);
	for (i = 0; i < nr; i++)
		torture_leave(actor->slots[i], SLOT_EMPTY);
	return nr;
}

/* An owner's look at its objects. */
static u32 do_check(struct torture_cache *tc, struct torture_actor *actor,
		    u32 burst)
{
	struct torture_slot *slot;
	u32 i;

	for (i = 0; i < burst; i++) {
		slot = torture_take(tc, actor, SLOT_FULL);
		if (!slot)
			break;
		if (!slot->item.copy)
			torture_check(tc, &slot->item, slot->item.size);
		torture_leave(slot, SLOT_FULL);
	}
	return i;
}

static void realloc_slot(struct torture_cache *tc, struct torture_actor *actor,
			 struct torture_slot *slot)
{
	u32 size = kmalloc_size(actor), kept = min(size, slot->item.size);
	gfp_t gfp = torture_gfp(actor, tc) & ~__GFP_ZERO;
	struct torture_item item = slot->item;
	void *obj;

	torture_check(tc, &item, item.size);
	/* What it leaves behind is free, and must not look as if it had an owner. */
	torture_retire(tc, &item);
	obj = mag_krealloc(item.obj, size, gfp);
	if (obj)
		item.obj = obj;
	else
		kept = item.size;
	torture_revive(&item, kept);
	torture_check(tc, &item, kept);
	if (obj) {
		item.size = size;
		item.key = torture_key(actor, tc);
		torture_stamp(tc, &item);
		slot->item = item;
	}
	torture_leave(slot, SLOT_FULL);
}

static u32 do_realloc(struct torture_cache *tc, struct torture_actor *actor)
{
	struct torture_slot *slot = torture_take(tc, actor, SLOT_FULL);

	if (!slot)
		return 0;
	if (slot->item.copy)
		torture_leave(slot, SLOT_FULL);
	else
		realloc_slot(tc, actor, slot);
	return 1;
}

static u32 act_by_one(struct torture_cache *tc, struct torture_actor *actor,
		      u32 burst)
{
	switch (torture_random(actor, 8)) {
	case 0 ... 2:
		return do_alloc(tc, actor, burst);
	case 3 ... 5:
		return do_free(tc, actor, burst);
	case 6:
		return tc->cache ? do_check(tc, actor, burst)
				 : do_realloc(tc, actor);
	default:
		return torture_has_readers(tc->spec)
			       ? torture_read(tc, actor, burst)
			       : do_check(tc, actor, burst);
	}
}

static u32 act_by_many(struct torture_cache *tc, struct torture_actor *actor,
		       u32 burst)
{
	switch (torture_random(actor, 8)) {
	case 0 ... 2:
		return do_alloc_bulk(tc, actor, burst);
	case 3 ... 5:
		return tc->spec->rcu_only ? do_free(tc, actor, burst)
					  : do_free_bulk(tc, actor, burst);
	default:
		return torture_has_rcu(tc) ? do_free_rcu(tc, actor, burst)
					   : do_free(tc, actor, burst);
	}
}

/**
 * torture_act() - call the allocator
 * @tc: of this cache
 * @actor: who does
 * @burst: for so many objects, at most
 *
 * Context: any but NMI.
 */
void torture_act(struct torture_cache *tc, struct torture_actor *actor,
		 u32 burst)
{
	u32 done;

	/* The cost of a check goes by size, and interrupts are to be short. */
	if (tc->spec->size > PAGE_SIZE)
		burst = burst / 8 + 1;
	if (tc->cache && torture_random(actor, 2))
		done = act_by_many(tc, actor, burst);
	else
		done = act_by_one(tc, actor, burst);
	torture_count(actor, done);
}
