// SPDX-License-Identifier: GPL-2.0-only
/*
 * See floor.h.  In a file of its own, so that no loop has it inlined: what it
 * is compared with is called as well.
 */
#include <linux/cpumask.h>
#include <linux/preempt.h>

#include "floor.h"

struct bench_floor {
	u32 rounds;
	void *round[BENCH_FLOOR_MAX];
};

struct bench_floor __percpu *bench_floor_create(void)
{
	struct bench_floor __percpu *floor = alloc_percpu(struct bench_floor);
	unsigned int cpu;

	if (!floor)
		return NULL;
	for_each_possible_cpu(cpu) {
		struct bench_floor *mine = per_cpu_ptr(floor, cpu);

		/* Nobody looks into these objects: any address will do. */
		for (mine->rounds = 0; mine->rounds < BENCH_FLOOR_MAX;)
			mine->round[mine->rounds++] = mine;
	}
	return floor;
}

void bench_floor_destroy(struct bench_floor __percpu *floor)
{
	free_percpu(floor);
}

void *bench_floor_alloc(struct bench_floor __percpu *floor)
{
	struct bench_floor *mine;
	void *obj = NULL;
	u32 rounds;

	preempt_disable();
	mine = this_cpu_ptr(floor);
	rounds = mine->rounds;
	if (likely(rounds)) {
		obj = mine->round[--rounds];
		mine->rounds = rounds;
	}
	preempt_enable();
	return obj;
}

void bench_floor_free(struct bench_floor __percpu *floor, void *obj)
{
	struct bench_floor *mine;
	u32 rounds;

	preempt_disable();
	mine = this_cpu_ptr(floor);
	rounds = mine->rounds;
	if (likely(rounds < BENCH_FLOOR_MAX)) {
		mine->round[rounds] = obj;
		mine->rounds = rounds + 1;
	}
	preempt_enable();
}
