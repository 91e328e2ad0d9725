// SPDX-License-Identifier: GPL-2.0-only
/*
 * What actors do in task context alone: calls that may sleep, and calls from under
 * locks and with interrupts off.
 */
#include <linux/bottom_half.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/irqflags.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/spinlock.h>

#include "torture.h"

#define BURST	 48 /* of objects, at most */
#define LIVES	 64 /* slots of a short-lived cache */
#define SHORT_ID 63 /* of its stamps */

enum shelter {
	SHELTER_NONE,
	SHELTER_RCU,
	SHELTER_BH,
	SHELTER_SPIN,
	SHELTER_PREEMPT, /* these two not on PREEMPT_RT */
	SHELTER_IRQ,
	NR_SHELTERS
};

/* Any actor may be the one that holds it; interrupts never do. */
static DEFINE_SPINLOCK(shelter_lock);

static void sheltered(enum shelter shelter, struct torture_actor *actor)
{
	u32 burst = 1 + torture_random(actor, BURST);
	struct torture_cache *tc = torture_pick(actor);

	actor->may_sleep = shelter == SHELTER_NONE;
	torture_act(tc, actor, burst);
	actor->may_sleep = true;
}

static void act_under(enum shelter shelter, struct torture_actor *actor)
{
	switch (shelter) {
	case SHELTER_RCU:
		rcu_read_lock();
		sheltered(shelter, actor);
		rcu_read_unlock();
		break;
	case SHELTER_BH:
		local_bh_disable();
		sheltered(shelter, actor);
		local_bh_enable();
		break;
	case SHELTER_SPIN:
		spin_lock(&shelter_lock);
		sheltered(shelter, actor);
		spin_unlock(&shelter_lock);
		break;
	case SHELTER_PREEMPT:
		preempt_disable();
		sheltered(shelter, actor);
		preempt_enable();
		break;
	case SHELTER_IRQ:
		local_irq_disable();
		sheltered(shelter, actor);
		local_irq_enable();
		break;
	default:
		sheltered(shelter, actor);
	}
}

static void act_sheltered(struct torture_actor *actor)
{
	u32 most = IS_ENABLED(CONFIG_PREEMPT_RT) ? SHELTER_PREEMPT
						 : NR_SHELTERS;

	/* Half of all without, for then more may happen. */
	act_under(torture_random(actor, 2) ? SHELTER_NONE
					   : torture_random(actor, most),
		  actor);
}

static struct torture_cache *pick_real(struct torture_actor *actor)
{
	struct torture_cache *tc;

	do {
		tc = torture_pick(actor);
	} while (!tc->cache);
	return tc;
}

static void do_shrink(struct torture_cache *tc, struct torture_actor *actor)
{
	mag_cache_shrink(tc->cache);
}

static void do_validate(struct torture_cache *tc, struct torture_actor *actor)
{
	unsigned long bugs = mag_cache_validate(tc->cache);

	if (bugs)
		torture_fail(tc, "validation finds %lu bugs", bugs);
}

/* Loads run meanwhile, so that figures may be off by what is under way. */
static void do_stats(struct torture_cache *tc, struct torture_actor *actor)
{
	struct mag_cache_stats stats;
	enum mag_bug bug;

	mag_cache_stats(tc->cache, &stats);
	for (bug = 0; bug < MAG_NR_BUGS; bug++)
		if (mag_cache_bugs(tc->cache, bug))
			torture_fail(tc, "the allocator reported a bug, %u",
				     bug);
	if (stats.object_size != tc->spec->size)
		torture_fail(tc, "objects are of %u bytes, expected %u",
			     stats.object_size, tc->spec->size);
}

static void do_read(struct torture_cache *tc, struct torture_actor *actor)
{
	struct mag_node_reading node;
	struct mag_cpu_reading cpu;
	u32 id = torture_random(actor, nr_cpu_ids);

	if (cpu_possible(id))
		mag_cache_read_cpu(tc->cache, id, &cpu);
	id = torture_random(actor, nr_node_ids);
	if (!node_online(id))
		return;
	mag_cache_read_node(tc->cache, id, &node);
	if (node.empty_slabs > node.slabs)
		torture_fail(tc, "node %u has %llu slabs, %llu of them empty",
			     id, node.slabs, node.empty_slabs);
}

static void do_barrier(struct torture_cache *tc, struct torture_actor *actor)
{
	mag_cache_rcu_barrier(tc->cache);
}

/* Within range for the most part, and small ones above all; the rest is refused. */
static u32 knob_value(const struct mag_knob *knob, struct torture_actor *actor)
{
	u32 span = knob->most - knob->least + 1;

	switch (torture_random(actor, 8)) {
	case 0:
		return knob->least;
	case 1:
		return knob->most;
	case 2:
		return knob->most + 1 + torture_random(actor, 1000);
	case 3:
		return knob->least + torture_random(actor, span);
	default:
		return knob->least + torture_random(actor, min(span, 64U));
	}
}

static void do_knob(struct torture_cache *tc, struct torture_actor *actor)
{
	const struct mag_knob *knob =
		&mag_knobs[torture_random(actor, MAG_NR_KNOBS)];
	u32 value = knob_value(knob, actor);
	bool valid = value >= knob->least && value <= knob->most;
	int err = mag_cache_set_knob(tc->cache, knob, value);

	if (!err != valid)
		torture_fail(tc, "knob %s: %u: %d", knob->name, value, err);
	mag_cache_get_knob(tc->cache, knob);
}

static void do_policy(struct torture_cache *tc, struct torture_actor *actor)
{
	struct mag_policy policy;

	mag_cache_get_policy(tc->cache, &policy);
	policy.magazine_rounds = 1 + torture_random(actor, 64);
	policy.reap_interval_ms = 10 + torture_random(actor, 100);
	policy.reap_rule = torture_random(actor, MAG_NR_REAP_RULES);
	policy.remote_rule = torture_random(actor, MAG_NR_REMOTE_RULES);
	if (mag_cache_set_policy(tc->cache, &policy))
		torture_fail(tc, "a policy of values in range is refused");
}

/* Each object goes to its slab, and each slab that is empty to the kernel. */
static void do_bare(struct torture_cache *tc, struct torture_actor *actor)
{
	struct mag_policy policy;

	mag_cache_get_policy(tc->cache, &policy);
	policy.magazines = 1;
	policy.magazine_rounds = 1;
	policy.magazine_max = 1;
	policy.depot_max = 0;
	policy.empty_max = 0;
	if (mag_cache_set_policy(tc->cache, &policy))
		torture_fail(tc, "a policy of least values is refused");
}

static void do_preset(struct torture_cache *tc, struct torture_actor *actor)
{
	mag_cache_set_preset(tc->cache, torture_random(actor, MAG_NR_PRESETS));
	mag_cache_get_preset(tc->cache);
}

/* Hands objects of a reserve out, as many as it has and there are slots. */
static u32 spend_reserve(struct torture_cache *tc, struct torture_actor *actor,
			 struct mag_reserve *reserve, gfp_t gfp)
{
	u32 i, nr = torture_random(actor, mag_reserve_left(reserve) + 1);
	struct torture_slot *slot;
	void *obj;

	for (i = 0; i < nr; i++) {
		slot = torture_take(tc, actor, SLOT_EMPTY);
		if (!slot)
			break;
		obj = mag_reserve_alloc(reserve);
		torture_accept(tc, actor, slot, obj, tc->spec->size, gfp);
	}
	return i;
}

static void do_reserve(struct torture_cache *tc, struct torture_actor *actor)
{
	u32 most = clamp_t(u32, TORTURE_RESERVE_BYTES / tc->spec->size, 1, 700);
	u32 nr = 1 + torture_random(actor, most), used;
	gfp_t gfp = torture_gfp(actor, tc);
	struct mag_reserve *reserve;

	/* The allocator counts also what is given back unused, and we do not. */
	this_cpu_inc(tc->counts->failed_bulk);
	reserve = mag_reserve_create(tc->cache, gfp, nr);
	if (!reserve)
		return;
	used = spend_reserve(tc, actor, reserve, gfp);
	if (mag_reserve_left(reserve) != nr - used)
		torture_fail(tc, "a reserve of %u has %u left after %u", nr,
			     mag_reserve_left(reserve), used);
	if (!mag_reserve_fill(reserve, gfp) && mag_reserve_left(reserve) != nr)
		torture_fail(tc, "a reserve that was filled is not full");
	used += spend_reserve(tc, actor, reserve, gfp);
	mag_reserve_destroy(reserve);
	torture_count(actor, 2 * nr);
}

/* All that may be done to a cache, and its end: nobody else knows it. */
static void do_short_life(struct torture_cache *like,
			  struct torture_actor *actor)
{
	u32 i, acts = torture_random(actor, 16);
	struct torture_cache *tc =
		torture_cache_open(like->spec, SHORT_ID, LIVES, actor);

	if (!tc)
		return;
	for (i = 0; i < acts; i++) {
		torture_act(tc, actor, 1 + torture_random(actor, BURST));
		if (!torture_random(actor, 8))
			do_knob(tc, actor);
		if (!torture_random(actor, 8))
			do_shrink(tc, actor);
	}
	torture_cache_close(tc, actor);
}

/* What may be asked that makes no sense, and is refused. */
static void do_refused(struct torture_cache *tc, struct torture_actor *actor)
{
	const struct mag_cache_args bad[] = {
		{ .align = 24 },
		{ .align = 2 * PAGE_SIZE },
		{ .flags = MAG_CACHE_FLAGS + 1 },
		{ .dtor = tc->spec->dtor ?: (void *)do_refused },
	};
	u32 i = torture_random(actor, ARRAY_SIZE(bad));

	if (!IS_ERR(mag_cache_create_args("torture_refused", 64, &bad[i])) ||
	    !IS_ERR(mag_cache_create("torture_refused", 0, 0, NULL)) ||
	    mag_reserve_create(tc->cache, GFP_KERNEL, 0))
		torture_fail(tc, "a call with bad arguments is not refused");
	mag_kfree(mag_kmalloc(0, GFP_KERNEL));
	mag_kfree(NULL);
	mag_cache_free_bulk(tc->cache, 0, actor->objs);
	mag_cache_destroy(NULL);
	mag_reserve_destroy(NULL);
}

/**
 * struct deed - a call of a task's
 * @act: does it
 * @odds: of a thousand acts of a task, so many are of this kind
 */
static const struct deed {
	void (*act)(struct torture_cache *tc, struct torture_actor *actor);
	u32 odds;
} deeds[] = {
	{ do_shrink, 12 },  { do_validate, 6 },	  { do_stats, 15 },
	{ do_read, 15 },    { do_barrier, 1 },	  { do_knob, 20 },
	{ do_policy, 5 },   { do_bare, 5 },	  { do_preset, 5 },
	{ do_reserve, 25 }, { do_short_life, 4 }, { do_refused, 2 },
};

/**
 * torture_act_as_task() - do one thing, of all that there are
 * @actor: who does
 *
 * Context: task, may sleep.
 */
void torture_act_as_task(struct torture_actor *actor)
{
	u32 i, die = torture_random(actor, 1000);

	for (i = 0; i < ARRAY_SIZE(deeds); i++) {
		if (die < deeds[i].odds) {
			deeds[i].act(pick_real(actor), actor);
			torture_count(actor, 1);
			return;
		}
		die -= deeds[i].odds;
	}
	act_sheltered(actor);
}
