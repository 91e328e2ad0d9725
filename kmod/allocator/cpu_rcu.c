// SPDX-License-Identifier: GPL-2.0-only
/*
 * Frees that wait for a grace period, gathered by magazines: one callback for
 * as many objects as a magazine has room for, and afterwards the magazine is
 * as good as any full one.
 */
#include <linux/atomic.h>
#include <linux/cpu.h>
#include <linux/export.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>

#include "cpu.h"
#include "mag_trace.h"

/*
 * Brings the objects of each node together, so that they go back by as few locks as
 * may be.  Returns how many the first node has; all have one node if that is @nr.
 */
static u32 group_by_node(void **objs, u32 nr)
{
	u32 first, end, i, of_first = nr;
	int node;

	if (!static_branch_unlikely(&mag_many_nodes))
		return nr;
	for (first = 0; first < nr; first = end) {
		node = page_to_nid(virt_to_page(objs[first]));
		end = first + 1;
		for (i = end; i < nr; i++) {
			if (page_to_nid(virt_to_page(objs[i])) != node)
				continue;
			swap(objs[i], objs[end]);
			end++;
		}
		if (!first)
			of_first = end;
	}
	return of_first;
}

/*
 * Whether @mag may be a full one of its node's depot.  One that is nearly empty
 * would take the place of one that is not.
 */
static bool magazine_serves(struct mag_magazine *mag)
{
	return group_by_node(mag->round, mag->rounds) == mag->rounds &&
	       mag->rounds >= DIV_ROUND_UP(mag->capacity, 2);
}

/*
 * Where a magazine that waits has its cache.  An object could not tell: if it was freed
 * twice, its page may be anybody's by the end of the grace period.
 */
static void **rcu_cache_of(struct mag_magazine *mag)
{
	return &mag->round[mag->capacity - 1];
}

/* Whether it has room for an object beside that. */
static bool rcu_has_room(const struct mag_magazine *mag)
{
	return mag->rounds + 1 < mag->capacity;
}

static void rcu_free_magazine(struct rcu_head *head)
{
	struct mag_magazine *mag = container_of(head, struct mag_magazine, rcu);
	struct mag_cache *cache = *rcu_cache_of(mag);
	int node = page_to_nid(virt_to_page(mag->round[0]));
	u32 i;

	atomic_long_sub(mag->rounds, &cache->rcu_waiting);
	if (want_init_on_free())
		for (i = 0; i < mag->rounds; i++)
			if (mag_slab_cache(mag->round[i]) == cache)
				mag_object_zero(cache, mag->round[i], 0);
	if (!magazine_serves(mag) || !mag_depot_put_full(cache, node, mag))
		mag_magazine_discard(cache, mag);
}

/*
 * Frees the rounds of @cpu's magazine, if it has one, and itself after a grace
 * period.  The caller has the flag, or @cpu is at rest.  The magazine is the callback's
 * from call_rcu() on, and not looked at after it; that it has left the CPU is seen
 * later, so that nobody finds it neither here nor there.
 */
static void cpu_submit_rcu(struct mag_cache *cache, struct mag_cpu *cpu)
{
	struct mag_magazine *mag = cpu->rcu;

	if (!mag)
		return;
	*rcu_cache_of(mag) = cache;
	atomic_long_add(mag->rounds, &cache->rcu_waiting);
	call_rcu(&mag->rcu, rcu_free_magazine);
	cpu->rcu_rounds = 0;
	/* Pairs with cpu_has_rcu(). */
	smp_store_release(&cpu->rcu, NULL);
}

/* If not, what it had has its callback, which rcu_barrier() waits for. */
static bool cpu_has_rcu(struct mag_cpu *cpu)
{
	/* Pairs with cpu_submit_rcu(). */
	return data_race(smp_load_acquire(&cpu->rcu));
}

/* @head is in the object: that is what it is for. */
static void rcu_free_object(struct rcu_head *head)
{
	struct mag_cache *cache = mag_slab_cache(head);
	void *obj = mag_slab_object_at(cache, head);

	if (!cache->debug)
		mag_cache_free(cache, obj);
	else if (mag_debug_free_waited(cache, obj, _THIS_IP_))
		this_cpu_inc(cache->cpu->event[MAG_FREE_SLAB]);
}

/* Under the flag.  False if there is no magazine to be had. */
static bool cpu_push_rcu(struct mag_cache *cache, struct mag_cpu *cpu,
			 void *obj)
{
	struct mag_magazine *mag = cpu->rcu;

	if (!mag) {
		mag = mag_cpu_new_magazine(cache, mag_home_node());
		if (!mag)
			return false;
		/* One of a single round is no use. */
		if (!rcu_has_room(mag)) {
			mag_magazine_destroy(cache, mag);
			return false;
		}
		cpu->rcu = mag;
	}
	mag->round[mag->rounds++] = obj;
	cpu->free_rcu++;
	cpu->rcu_rounds = mag->rounds;
	return true;
}

static bool rcu_push(struct mag_cache *cache, void *obj, unsigned long caller)
{
	struct mag_cpu *cpu;
	bool pushed = false;

	if (likely(mag_cpu_enter(cache, &cpu))) {
		pushed = cpu_push_rcu(cache, cpu, obj);
		/* Its grace period has not begun, so that nobody has it yet. */
		if (pushed)
			trace_mag_free(cache, obj, cache->object_size,
				       MAG_RUNG_RCU, caller);
		if (pushed && !rcu_has_room(cpu->rcu))
			cpu_submit_rcu(cache, cpu);
		mag_cpu_leave(cpu);
	} else {
		mag_cpu_unpin();
	}
	return pushed;
}

/**
 * mag_cache_free_rcu() - give back an object after a grace period
 * @cache: the cache it was allocated from
 * @obj: the object, as for mag_cache_free(); readers under rcu_read_lock() may
 *	still use it
 * @head: in @obj.  Written to only where @obj must wait by itself: when there
 *	is no memory for a magazine, in an interrupt inside the CPU layer, and in
 *	a cache that is debugged.
 *
 * Objects wait by magazines.  One that is not full waits for more, a reap
 * interval or less, whatever the rule of reaping, and one more for each time that
 * finds its CPU in the middle of a call; then comes the grace period.
 * mag_cache_rcu_barrier() and mag_cache_destroy() see to all.
 * An object counts as free from this call on; one that waits by itself, from
 * the end of its grace period.
 *
 * Context: any but NMI, on any CPU.  Never sleeps, never fails.
 */
void mag_cache_free_rcu(struct mag_cache *cache, void *obj,
			struct rcu_head *head)
{
	/* Another's memory would be overwritten: better lose one object. */
	if (WARN_ON_ONCE((void *)head < obj ||
			 (void *)(head + 1) > obj + cache->object_size))
		return;

	if (unlikely(!READ_ONCE(cache->rcu_used))) {
		WRITE_ONCE(cache->rcu_used, true);
		mag_reap_arm(cache);
	}
	if (unlikely(cache->debug) && !mag_debug_free_later(cache, obj))
		/* This says why. */
		mag_cache_free_slow(cache, obj, _RET_IP_);
	else if (cache->debug || !rcu_push(cache, obj, _RET_IP_))
		call_rcu(head, rcu_free_object);
}
EXPORT_SYMBOL_GPL(mag_cache_free_rcu);

/**
 * struct rcu_request - a CPU asked to let its waiting objects go
 * @cache: the cache
 * @id: the CPU
 * @done: the CPU was not in the middle of a call
 */
struct rcu_request {
	struct mag_cache *cache;
	unsigned int id;
	bool done;
};

static void cpu_let_rcu_go(void *arg)
{
	struct rcu_request *request = arg;
	struct mag_cpu *cpu;

	if (!mag_cpu_enter_of(request->cache, request->id, &cpu)) {
		mag_cpu_unpin();
		return;
	}
	cpu_submit_rcu(request->cache, cpu);
	request->done = true;
	mag_cpu_leave(cpu);
}

bool mag_cpu_rcu_flush(struct mag_cache *cache)
{
	struct rcu_request request;
	struct mag_cpu *cpu;
	unsigned int id;
	bool done = true;

	for_each_online_cpu(id) {
		cpu = per_cpu_ptr(cache->cpu, id);
		if (!cpu_has_rcu(cpu))
			continue;
		request = (struct rcu_request){ .cache = cache, .id = id };
		mag_cpu_ask(id, cpu_let_rcu_go, &request);
		done &= request.done;
	}
	return done;
}

void mag_cpu_rcu_drain_dead(struct mag_cache *cache, unsigned int id)
{
	cpu_submit_rcu(cache, per_cpu_ptr(cache->cpu, id));
}

void mag_cpu_rcu_drain(struct mag_cache *cache)
{
	unsigned int id;

	if (!cache->rcu_used)
		return;
	for_each_possible_cpu(id)
		mag_cpu_rcu_drain_dead(cache, id);
	rcu_barrier();
}

/**
 * mag_cache_rcu_barrier() - wait for what was freed by mag_cache_free_rcu()
 * @cache: the cache
 *
 * Every object that was given to mag_cache_free_rcu() before is free
 * afterwards, and every page of a MAG_CACHE_TYPESAFE_BY_RCU cache that was let
 * go before is back in the kernel.
 *
 * Context: task, interrupts on, may sleep; not from a mag_cache_for_each().
 */
void mag_cache_rcu_barrier(struct mag_cache *cache)
{
	bool done;

	might_sleep();
	do {
		/* No CPU is on its way out, its magazine not yet seen to. */
		cpus_read_lock();
		done = mag_cpu_rcu_flush(cache);
		cpus_read_unlock();
		/* On PREEMPT_RT a task of less priority may be in the middle of a call. */
		if (!done)
			schedule_timeout_uninterruptible(1);
	} while (!done);
	rcu_barrier();
}
EXPORT_SYMBOL_GPL(mag_cache_rcu_barrier);
