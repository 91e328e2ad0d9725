// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit: a CPU gives up a depot's lock also while the clock stands still.  Where
 * local_clock() counts jiffies, as under User-Mode Linux, it does so while every CPU
 * has interrupts off or is in an interrupt.
 */
#include <kunit/test.h>
#include <linux/atomic.h>
#include <linux/cpumask.h>
#include <linux/irqflags.h>
#include <linux/kconfig.h>
#include <linux/processor.h>
#include <linux/spinlock.h>

#include "helpers.h"

#define HOLDERS 2

/**
 * struct holder - a task that keeps a depot busy, and wants the other one's
 * @lock: of its depot
 * @other: cache of the other depot
 * @node: of both depots
 * @mag: what it wants to leave there
 * @met: how many times the two have met
 * @taken: the busy depot took @mag
 */
struct holder {
	spinlock_t *lock; /* of its depot, which it holds */
	struct mag_cache *other;
	int node;
	struct mag_magazine *mag;
	atomic_t *met;
	bool taken;
};

/* Until the other one is there as well, for the @nr th time. */
static void meet(struct holder *holder, int nr)
{
	atomic_inc(holder->met);
	while (atomic_read(holder->met) < nr * HOLDERS)
		cpu_relax();
}

/* As an interrupt on top of who has the lock, with the clock that it has. */
static void hold(void *arg)
{
	struct holder *holder = arg;

	local_irq_disable();
	spin_lock(holder->lock);
	meet(holder, 1);
	holder->taken =
		mag_depot_put_full(holder->other, holder->node, holder->mag);
	meet(holder, 2);
	spin_unlock(holder->lock);
	local_irq_enable();
}

/* Each has what the other one waits for, so that one that does not give up never ends. */
static void busy_depot_is_given_up(struct kunit *test)
{
	struct holder *holders =
		kunit_kcalloc(test, HOLDERS, sizeof(*holders), GFP_KERNEL);
	atomic_t *met = kunit_kzalloc(test, sizeof(*met), GFP_KERNEL);
	unsigned int cpu = cpumask_first(cpu_online_mask);
	struct mag_cache *caches[HOLDERS];
	struct mag_kunit_crew *crew;
	int node, i;

	if (num_online_cpus() < HOLDERS)
		kunit_skip(test, "needs two CPUs");
	if (IS_ENABLED(CONFIG_PREEMPT_RT))
		kunit_skip(test, "its spinlocks sleep");
	KUNIT_ASSERT_NOT_NULL(test, holders);
	KUNIT_ASSERT_NOT_NULL(test, met);
	node = mag_home_of(cpu_to_node(cpu));
	for (i = 0; i < HOLDERS; i++)
		caches[i] = mag_kunit_cache(test, 64, 0, NULL);
	crew = mag_kunit_crew(test);
	for (i = 0; i < HOLDERS; i++) {
		holders[i] = (struct holder){
			.lock = mag_kunit_depot_lock(caches[i], node),
			.other = caches[!i],
			.node = node,
			.mag = mag_magazine_create(caches[!i], node),
			.met = met,
		};
		KUNIT_ASSERT_NOT_NULL(test, holders[i].mag);
		mag_kunit_crew_add(crew, cpu, hold, &holders[i]);
		cpu = mag_kunit_next_cpu(cpu);
	}
	mag_kunit_crew_start(crew);
	mag_kunit_crew_wait(crew);
	for (i = 0; i < HOLDERS; i++) {
		KUNIT_EXPECT_FALSE(test, holders[i].taken);
		mag_magazine_destroy(holders[i].other, holders[i].mag);
	}
}

static struct kunit_case still_cases[] = { KUNIT_CASE(busy_depot_is_given_up),
					   {} };

static struct kunit_suite still_suite = {
	.name = "magslab_still",
	.suite_init = mag_kunit_suite_init,
	.suite_exit = mag_kunit_suite_exit,
	.test_cases = still_cases,
};

kunit_test_suite(still_suite);
