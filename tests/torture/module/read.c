// SPDX-License-Identifier: GPL-2.0-only
/*
 * Readers look at objects under rcu_read_lock() that anybody may free meanwhile.
 *
 * A reader notes what it finds, and finds the same until rcu_read_unlock(): in a cache
 * whose objects are freed after a grace period alone, each object's stamp, with the
 * same key; in a MAG_CACHE_TYPESAFE_BY_RCU cache, an object of its type.
 *
 * A reader does not rely on others to free the objects in time.  It frees what it
 * found, allocates as much, and writes to pages that nobody else has: an object or a
 * page that became free too early is among them.
 */
#include <linux/delay.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/string.h>

#include "torture.h"

#define POLLUTED	8 /* blocks of pages that are written to */
#define POLLUTED_ORDERS 4 /* how large they are: orders below this */
#define POLLUTION	0x5a
#define LOOKED_AT	8 /* objects that are looked at again and again */

/* Objects that a reader finds, where it found them, and their keys. */
static u32 find_objects(struct torture_cache *tc, struct torture_actor *actor,
			u32 burst)
{
	struct torture_slot *slot;
	u32 i, nr = 0;
	void *obj;

	for (i = 0; i < min_t(u32, burst, TORTURE_BATCH); i++) {
		slot = &tc->slot[torture_random(actor, tc->nr_slots)];
		/* Pairs with torture_accept(). */
		obj = smp_load_acquire(&slot->item.obj);
		if (!obj)
			continue;
		actor->slots[nr] = slot;
		actor->keys[nr] = torture_find(tc, obj);
		actor->objs[nr++] = obj;
	}
	return nr;
}

static void look_at_all(const struct torture_cache *tc,
			const struct torture_actor *actor, u32 nr)
{
	while (nr--)
		torture_look(tc, actor->objs[nr], actor->keys[nr]);
}

/* On purpose: an object has a new owner, while a reader has its key. */
static void reuse_early(struct torture_cache *tc, struct torture_actor *actor,
			u32 nr)
{
	struct torture_slot *slot = actor->slots[0];

	if (!nr || !tc->spec->rcu_only || !torture_breaks(BREAK_REUSE, actor) ||
	    atomic_cmpxchg(&slot->state, SLOT_FULL, SLOT_TAKEN) != SLOT_FULL)
		return;
	if (!slot->item.copy) {
		slot->item.key = torture_key(actor, tc);
		torture_stamp(tc, &slot->item);
	}
	torture_leave(slot, SLOT_FULL);
}

/* Frees what was found, but for what others have freed or have in their hands. */
static void free_found(struct torture_cache *tc, struct torture_actor *actor,
		       u32 nr)
{
	struct torture_slot *slot;

	while (nr--) {
		slot = actor->slots[nr];
		if (atomic_cmpxchg(&slot->state, SLOT_FULL, SLOT_TAKEN) ==
		    SLOT_FULL)
			torture_empty(tc, actor, slot);
	}
}

static void alloc_as_many(struct torture_cache *tc, struct torture_actor *actor,
			  u32 nr)
{
	struct torture_slot *slot;
	gfp_t gfp;
	void *obj;

	while (nr--) {
		slot = torture_take(tc, actor, SLOT_EMPTY);
		if (!slot)
			return;
		gfp = torture_gfp(actor, tc);
		obj = mag_cache_alloc(tc->cache, gfp);
		if (!obj) {
			this_cpu_inc(tc->counts->failed);
			torture_leave(slot, SLOT_EMPTY);
			return;
		}
		torture_accept(tc, actor, slot, obj, tc->spec->size, gfp);
	}
}

/* Pages that were freed last are the first ones to be had. */
static void pollute_pages(struct torture_actor *actor)
{
	struct page *pages[POLLUTED];
	u32 i, order = 0;

	if (actor->place == PLACE_TASK)
		order = torture_random(actor, POLLUTED_ORDERS);
	for (i = 0; i < POLLUTED; i++) {
		pages[i] = alloc_pages(GFP_NOWAIT | __GFP_NOWARN, order);
		if (!pages[i])
			break;
		memset(page_address(pages[i]), POLLUTION, PAGE_SIZE << order);
	}
	while (i--)
		__free_pages(pages[i], order);
}

/* All that may make an object change that should not. */
static void stir(struct torture_cache *tc, struct torture_actor *actor, u32 nr)
{
	free_found(tc, actor, nr);
	alloc_as_many(tc, actor, nr);
	if (tc->spec->flags & MAG_CACHE_TYPESAFE_BY_RCU)
		pollute_pages(actor);
}

/* Times that a reader looks: tasks are in no hurry, and interrupts are. */
static u32 nr_looks(struct torture_actor *actor)
{
	if (actor->may_sleep)
		return 1 + torture_random(actor,
					  torture_random(actor, 8) ? 10 : 200);
	return 1 + torture_random(actor, actor->place == PLACE_SOFTIRQ ? 4 : 1);
}

/**
 * torture_read() - look at objects as a reader
 * @tc: of this cache, which torture_has_readers()
 * @actor: who does
 * @burst: so many objects, at most
 *
 * Half of the readers do no more than look, for some time.
 *
 * Context: any but NMI.
 * Return: operations.
 */
u32 torture_read(struct torture_cache *tc, struct torture_actor *actor,
		 u32 burst)
{
	u32 i, nr, looks = nr_looks(actor);
	bool stirs = torture_random(actor, 2);
	bool may_sleep = actor->may_sleep;

	actor->may_sleep = false;
	rcu_read_lock();
	nr = find_objects(tc, actor, burst);
	reuse_early(tc, actor, nr);
	look_at_all(tc, actor, nr);
	if (stirs) {
		stir(tc, actor, nr);
		look_at_all(tc, actor, nr);
	}
	for (i = 0; i < looks; i++) {
		udelay(torture_random(actor, 100));
		look_at_all(tc, actor, min_t(u32, nr, LOOKED_AT));
	}
	look_at_all(tc, actor, nr);
	rcu_read_unlock();
	actor->may_sleep = may_sleep;
	return stirs ? burst + 2 * nr : burst;
}
