// SPDX-License-Identifier: GPL-2.0-only
/*
 * One thread a CPU.  One of them has the turn; it wakes the next one and
 * sleeps.  So all CPUs but one are idle, or on the way there or back.  After a
 * wake-up that is lost, all of them sleep.
 */
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/irqflags.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "ipistorm.h"

/* Turns of an empty loop: as long as it takes a CPU to become idle. */
#define SPELL 20000

struct player {
	struct wake_run *run;
	struct task_struct *task;
	struct player *next;
	struct rnd_state random;
	bool turn; /* set by who wakes us, who ... */
	u64 called_ns; /* ... wrote first when */
	bool stuck;
	struct completion done;
};

static DEFINE_PER_CPU(struct player, players);
/* All of these belong to who has the turn. */
static u32 *latency_ns;
static unsigned long latencies;
static bool over;

/* await_turn: sleep until it comes; false after patience. */
static bool await_turn(struct player *me)
{
	long left = me->run->patience_s * HZ;

	for (;;) {
		set_current_state(TASK_IDLE);
		if (flag_raised(&me->turn) || !left)
			break;
		left = schedule_timeout(left);
	}
	__set_current_state(TASK_RUNNING);
	return flag_raised(&me->turn);
}

static void record(struct player *me)
{
	u64 ns = ktime_get_ns() - me->called_ns;

	latency_ns[latencies++] = min_t(u64, ns, U32_MAX);
}

/* Wake the next one.  It is asleep, or still on its way to sleep. */
static void pass_turn(struct player *me)
{
	struct player *next = me->next;
	unsigned long flags;

	WRITE_ONCE(me->turn, false);
	spend_time(&me->random, SPELL);
	local_irq_save(flags);
	spend_time(&me->random, SPELL / 10);
	next->called_ns = ktime_get_ns();
	flag_raise(&next->turn);
	wake_up_process(next->task);
	local_irq_restore(flags);
}

static int player_thread(void *data)
{
	struct player *me = data;

	while (await_turn(me)) {
		if (latencies == me->run->wakes)
			over = true;
		if (!over)
			record(me);
		pass_turn(me);
		if (over)
			break;
	}
	if (!over)
		me->stuck = true;
	complete(&me->done);
	return await_stop();
}

static void stop_players(void)
{
	int cpu;

	for_each_online_cpu(cpu) {
		struct player *player = per_cpu_ptr(&players, cpu);

		if (player->task)
			kthread_stop(player->task);
		player->task = NULL;
	}
}

static int create_player(struct wake_run *run, int cpu)
{
	struct player *player = per_cpu_ptr(&players, cpu);
	struct task_struct *task;

	memset(player, 0, sizeof(*player));
	player->run = run;
	init_completion(&player->done);
	prandom_seed_state(&player->random, run->seed + cpu);
	task = kthread_create_on_cpu(player_thread, player, cpu, "wake/%u");
	if (IS_ERR(task))
		return PTR_ERR(task);
	player->task = task;
	return 0;
}

static struct player *next_player(int cpu)
{
	cpu = cpumask_next(cpu, cpu_online_mask);
	if (cpu >= nr_cpu_ids)
		cpu = cpumask_first(cpu_online_mask);
	return per_cpu_ptr(&players, cpu);
}

static int create_players(struct wake_run *run)
{
	int cpu, err;

	for_each_online_cpu(cpu) {
		err = create_player(run, cpu);
		if (err) {
			stop_players();
			return err;
		}
	}
	for_each_online_cpu(cpu)
		per_cpu(players, cpu).next = next_player(cpu);
	return 0;
}

static void play(void)
{
	struct player *first = next_player(-1);
	int cpu;

	over = false;
	latencies = 0;
	first->called_ns = ktime_get_ns();
	first->turn = true;
	for_each_online_cpu(cpu)
		wake_up_process(per_cpu(players, cpu).task);
	for_each_online_cpu(cpu)
		wait_for_completion(&per_cpu(players, cpu).done);
}

static int compare_u32(const void *a, const void *b)
{
	u32 x = *(const u32 *)a, y = *(const u32 *)b;

	return x < y ? -1 : x > y;
}

static void sum_up(struct wake_run *run)
{
	unsigned long i;
	int cpu;

	for_each_online_cpu(cpu)
		run->stuck += per_cpu(players, cpu).stuck;
	run->done = latencies;
	if (!latencies)
		return;
	sort(latency_ns, latencies, sizeof(*latency_ns), compare_u32, NULL);
	run->p50_ns = latency_ns[latencies / 2];
	run->p99_ns = latency_ns[latencies - 1 - latencies / 100];
	run->max_ns = latency_ns[latencies - 1];
	for (i = latencies; i && latency_ns[i - 1] >= NSEC_PER_MSEC; i--)
		run->late++;
}

/*
 * wake_run: have the CPUs wake each other @run->wakes times, and tell how long
 * that took.  There must be two CPUs or more, and none may come or go.
 *
 * Context: sleeps.
 * Return: 0, -ENOMEM, or an errno of kthread_create().
 */
int wake_run(struct wake_run *run)
{
	int err;

	latency_ns =
		kvmalloc_array(run->wakes, sizeof(*latency_ns), GFP_KERNEL);
	if (!latency_ns)
		return -ENOMEM;
	err = create_players(run);
	if (!err) {
		play();
		stop_players();
		sum_up(run);
	}
	kvfree(latency_ns);
	return err;
}
