// SPDX-License-Identifier: GPL-2.0-only
/*
 * Objects in their slots: taken out and left there, accepted from the allocator
 * and given back.
 */
#include <linux/mm.h>
#include <linux/nodemask.h>
#include <linux/topology.h>

#include "torture.h"

/* Slots that are looked at for one in a wanted state. */
#define LOOKS 8

/**
 * torture_random() - the next number of an actor's sequence
 * @actor: the actor
 * @below: what it is less than
 *
 * Context: any; nobody else is @actor.
 */
u32 torture_random(struct torture_actor *actor, u32 below)
{
	return (u64)prandom_u32_state(&actor->rnd) * below >> 32;
}

/**
 * torture_has_readers() - whether anybody may look at the objects of a cache
 * @spec: the cache's
 *
 * Context: any.
 */
bool torture_has_readers(const struct torture_spec *spec)
{
	return spec->rcu_only || (spec->flags & MAG_CACHE_TYPESAFE_BY_RCU);
}

/**
 * torture_count() - count operations
 * @actor: who did them
 * @nr: how many
 *
 * Context: any; nobody else is @actor.
 */
void torture_count(struct torture_actor *actor, u32 nr)
{
	/* Read by who tells of progress. */
	WRITE_ONCE(actor->ops, actor->ops + nr);
	WRITE_ONCE(actor->calls, actor->calls + 1);
	/* Only tasks ask for faults. */
	if (READ_ONCE(torture_faulty) && actor->place == PLACE_TASK)
		WRITE_ONCE(actor->faulty, actor->faulty + nr);
}

/**
 * torture_take() - take a slot
 * @tc: of this cache
 * @actor: who
 * @state: that it should have
 *
 * Context: any.  Does not wait.
 * Return: the slot, which is %SLOT_TAKEN now; or NULL if none was found.
 */
struct torture_slot *torture_take(struct torture_cache *tc,
				  struct torture_actor *actor,
				  enum torture_slot_state state)
{
	struct torture_slot *slot;
	u32 i;

	for (i = 0; i < LOOKS; i++) {
		slot = &tc->slot[torture_random(actor, tc->nr_slots)];
		if (atomic_read(&slot->state) == state &&
		    atomic_cmpxchg(&slot->state, state, SLOT_TAKEN) == state)
			return slot;
	}
	return NULL;
}

/**
 * torture_leave() - let others have a slot
 * @slot: taken by the caller
 * @state: what it has now
 *
 * Context: any.
 */
void torture_leave(struct torture_slot *slot, enum torture_slot_state state)
{
	atomic_set_release(&slot->state, state);
}

/**
 * torture_gfp() - how to ask for memory
 * @actor: who does
 * @tc: of which cache
 *
 * Context: any.
 * Return: flags that the actor may use now.  Never those by which the kernel
 *	would kill a task, or complain.
 */
gfp_t torture_gfp(struct torture_actor *actor, const struct torture_cache *tc)
{
	static const gfp_t gfps[] = { GFP_NOWAIT, GFP_ATOMIC, GFP_KERNEL,
				      GFP_KERNEL, GFP_NOFS,   GFP_NOIO };
	u32 i = torture_random(actor, actor->may_sleep ? ARRAY_SIZE(gfps) : 2);
	gfp_t gfp = gfps[i] | __GFP_NOWARN | __GFP_NORETRY;

	if (!tc->spec->ctor && !torture_random(actor, 4))
		gfp |= __GFP_ZERO;
	return gfp;
}

/**
 * torture_node() - a node to ask memory of
 * @actor: who does
 * @tc: of which cache
 *
 * Context: any.
 * Return: a possible node, with memory or not, or NUMA_NO_NODE.
 */
int torture_node(struct torture_actor *actor, const struct torture_cache *tc)
{
	int node = torture_random(actor, nr_node_ids + 1);

	if (tc->node != NUMA_NO_NODE)
		return tc->node;
	return node < nr_node_ids && node_online(node) ? node : NUMA_NO_NODE;
}

/**
 * torture_accept() - check and stamp a new object, and leave it in a slot
 * @tc: its cache
 * @actor: who got it
 * @slot: taken by the caller
 * @obj: the object
 * @size: bytes that were asked for
 * @gfp: how
 *
 * Context: any.
 */
void torture_accept(struct torture_cache *tc, struct torture_actor *actor,
		    struct torture_slot *slot, void *obj, u32 size, gfp_t gfp)
{
	struct torture_item item = {
		.obj = obj,
		.key = torture_key(actor, tc),
		.size = size,
	};

	if ((gfp & __GFP_ZERO) && torture_breaks(BREAK_ZERO, actor))
		((u8 *)obj)[size - 1] = 1;
	torture_check_new(tc, obj, size, gfp);
	torture_stamp(tc, &item);
	slot->item.key = item.key;
	slot->item.size = size;
	slot->item.copy = false;
	/* Pairs with find_objects(): readers that find it find its stamp. */
	smp_store_release(&slot->item.obj, obj);
	this_cpu_inc(tc->counts->allocs);
	torture_leave(slot, SLOT_FULL);
}

/* On purpose: as a reader would find it that has found the object before. */
static void change_early(const struct torture_cache *tc,
			 const struct torture_item *item)
{
	u8 *byte = item->obj + 8;

	rcu_read_lock();
	*byte ^= 1;
	torture_look(tc, item->obj, item->key);
	/* The type is for the destructor as well. */
	if (torture_broken == BREAK_TYPE)
		*byte ^= 1;
	rcu_read_unlock();
}

static bool breaks_early(const struct torture_cache *tc,
			 struct torture_actor *actor)
{
	if (tc->spec->rcu_only)
		return torture_breaks(BREAK_EARLY, actor);
	return torture_has_readers(tc->spec) &&
	       torture_breaks(BREAK_TYPE, actor);
}

/* Keeps the object in @tc, on purpose, if it has none yet. */
static bool lose(struct torture_cache *tc, struct torture_actor *actor,
		 void *obj)
{
	return torture_breaks(BREAK_LEAK, actor) &&
	       !cmpxchg(&tc->lost, NULL, obj);
}

/**
 * torture_release() - check an object and make it ready to be freed
 * @tc: its cache
 * @actor: who
 * @slot: where it is, taken by the caller
 *
 * Context: any.
 * Return: the object, which the caller frees; or NULL if it is not to be freed, for
 *	something was broken on purpose.
 */
void *torture_release(struct torture_cache *tc, struct torture_actor *actor,
		      struct torture_slot *slot)
{
	struct torture_item item = slot->item;

	if (item.copy)
		return NULL;
	if (torture_breaks(BREAK_STAMP, actor))
		((u8 *)item.obj)[item.size - 1] ^= 1;
	torture_check(tc, &item, item.size);
	if (breaks_early(tc, actor))
		change_early(tc, &item);
	/* No reader finds it from now on. */
	WRITE_ONCE(slot->item.obj, NULL);
	if (lose(tc, actor, item.obj))
		return NULL;
	torture_retire(tc, &item);
	this_cpu_inc(tc->counts->frees);
	return item.obj;
}

/* Readers of a TYPESAFE object may write to it no more than to another. */
static void free_and_write(struct torture_cache *tc, u64 *obj)
{
	rcu_read_lock();
	mag_cache_free(tc->cache, obj);
	WRITE_ONCE(obj[2], ~obj[2]);
	rcu_read_unlock();
}

static bool may_write_after(const struct torture_cache *tc)
{
	return tc->spec->flags == MAG_CACHE_TYPESAFE_BY_RCU;
}

/**
 * torture_free_rcu() - free an object after a grace period
 * @tc: its cache
 * @obj: of torture_release()
 *
 * Context: any.
 */
void torture_free_rcu(struct torture_cache *tc, void *obj)
{
	u32 offset = torture_rcu_offset(tc->spec->size);

	mag_cache_free_rcu(tc->cache, obj, obj + offset);
}

/**
 * torture_free() - free an object
 * @tc: its cache
 * @actor: who
 * @obj: of torture_release()
 *
 * Context: any.
 */
void torture_free(struct torture_cache *tc, struct torture_actor *actor,
		  void *obj)
{
	if (!tc->cache)
		mag_kfree(obj);
	else if (tc->spec->rcu_only)
		torture_free_rcu(tc, obj);
	else if (may_write_after(tc) && torture_breaks(BREAK_WRITE, actor))
		free_and_write(tc, obj);
	else
		mag_cache_free(tc->cache, obj);
}

/**
 * torture_pay_rcu() - ask to leave an object to RCU
 * @tc: its cache
 *
 * Context: any.
 * Return: whether one may be left to it now.
 */
bool torture_pay_rcu(struct torture_cache *tc)
{
	return atomic_sub_return(tc->spec->size, &tc->rcu_budget) > 0;
}

/**
 * torture_empty() - free the object in a slot
 * @tc: its cache
 * @actor: who does
 * @slot: was %SLOT_FULL, and is taken by the caller, who has it no more afterwards
 *
 * Context: any.
 * Return: false if the object may not be left to RCU now, and is where it was.
 */
bool torture_empty(struct torture_cache *tc, struct torture_actor *actor,
		   struct torture_slot *slot)
{
	void *obj;

	if (tc->spec->rcu_only && !torture_pay_rcu(tc)) {
		torture_leave(slot, SLOT_FULL);
		return false;
	}
	obj = torture_release(tc, actor, slot);
	if (obj)
		torture_free(tc, actor, obj);
	torture_leave(slot, SLOT_EMPTY);
	return true;
}
