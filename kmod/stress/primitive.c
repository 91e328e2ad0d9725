// SPDX-License-Identifier: GPL-2.0-only
/*
 * Measures what primitives cost on one CPU: batches of each, by a thread that
 * is bound there, each kind bounded by a number and by time.  The loops are in
 * primitive_loop.c; what a cost means is for user space to tell.
 */
#include "primitive.h"

#include <linux/completion.h>
#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/limits.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/sched.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "clock.h"
#include "primitive_loop.h"
#include "run.h"
#include "sort_u64.h"

/*
 * Eight primitives and as many empty loops, the window and the line: all of
 * them together stay under 200 ms, whatever a primitive costs.
 */
#define PRIM_BATCHES	 101 /* of each, unless time runs out */
#define PRIM_MIN_BATCHES 5 /* however long they take */
#define PRIM_BUDGET_NS	 (8 * NSEC_PER_MSEC) /* of each */
#define PRIM_LINE_NS \
	(60 * NSEC_PER_MSEC) /* CPUs of a guest wait for the host */
#define PRIM_WINDOW_NS	    (20 * NSEC_PER_MSEC)

/* A batch grows until the clock's step is below 2 % of it. */
#define PRIM_MIN_ITERATIONS 64
#define PRIM_MAX_ITERATIONS 16384
#define PRIM_BATCH_STEPS    64

#define PRIM_READINGS	    1024 /* of the window's, at a time */
#define PRIM_GAP_READS	    20 /* a reading that late is a gap, */
#define PRIM_GAP_NS	    NSEC_PER_USEC /* if it is that late, too */

#define PRIM_ROUND_TRIPS    16 /* of the line, in a batch */
#define PRIM_LINE_POLLS	    256 /* between two looks at the time */
#define PRIM_LINE_OVER	    U32_MAX

/**
 * struct prim_line - the cache line that moves between two CPUs
 * @turn: even: the leader's; odd: the follower's; PRIM_LINE_OVER: nobody's.
 *	Whose turn it is adds one.
 * @ready: the follower is there
 */
struct prim_line {
	u32 turn ____cacheline_aligned;
	struct completion ready ____cacheline_aligned;
};

/**
 * struct prim_bench - one measurement
 * @machine: what is filled in
 * @leader: the thread on machine->cpu, which measures
 * @follower: the thread on machine->peer, or NULL
 * @done: the leader has ended
 * @err: why it could not measure, or 0
 * @line: of MAG_PRIMITIVE_LINE
 * @batch: ticks of the batches
 * @empty: ticks of the batches of the empty loop
 * @read: ticks that one reading of the clock takes
 */
struct prim_bench {
	struct mag_machine *machine;
	struct task_struct *leader;
	struct task_struct *follower;
	struct completion done;
	int err;
	struct prim_line line;
	u64 batch[PRIM_BATCHES];
	u64 empty[PRIM_BATCHES];
	u64 read;
};

/* Statistics. */

/* A loop with something in it may look shorter than without, by chance. */
static u64 net(u64 batch, u64 empty)
{
	return batch > empty ? batch - empty : 0;
}

/* One primitive on one CPU. */

/* Iterations with which a batch is long, beside the step of the clock. */
static u32 batch_size(enum mag_primitive primitive, u64 step)
{
	u32 iterations = PRIM_MIN_ITERATIONS;

	while (iterations < PRIM_MAX_ITERATIONS &&
	       mag_primitive_batch(primitive, iterations) <
		       PRIM_BATCH_STEPS * step)
		iterations *= 2;
	return iterations;
}

/* A batch of the primitive and one of the empty loop, by turns. */
static u32 take_batches(struct prim_bench *bench, enum mag_primitive primitive,
			u32 iterations)
{
	u64 end_ns = ktime_get_ns() + PRIM_BUDGET_NS;
	u32 nr = 0;

	while (nr < PRIM_BATCHES && !kthread_should_stop()) {
		if (nr >= PRIM_MIN_BATCHES && ktime_get_ns() > end_ns)
			break;
		bench->empty[nr] = mag_primitive_batch_empty(iterations);
		bench->batch[nr] = mag_primitive_batch(primitive, iterations);
		nr++;
		cond_resched();
	}
	return nr;
}

static void measure_primitive(struct prim_bench *bench,
			      enum mag_primitive primitive)
{
	struct mag_primitive_cost *cost =
		&bench->machine->primitives[primitive];
	u64 empty;
	u32 nr;

	cost->iterations = batch_size(primitive, bench->machine->clock_step);
	nr = take_batches(bench, primitive, cost->iterations);
	cost->batches = nr;
	if (!nr)
		return;
	mag_sort_u64(bench->batch, nr);
	mag_sort_u64(bench->empty, nr);
	empty = bench->empty[nr / 2];
	cost->min = net(bench->batch[0], empty);
	cost->median = net(bench->batch[nr / 2], empty);
}

/* The line. */

/* Waits until it is @turn; false if it never will be, or not in time. */
static bool line_await(const struct prim_line *line, u32 turn, u64 end_ns)
{
	u32 now, polls = 0;

	/* Nothing but the turn itself is handed over; the order costs nothing. */
	while ((now = smp_load_acquire(&line->turn)) != turn) {
		if (now == PRIM_LINE_OVER)
			return false;
		if (!(++polls % PRIM_LINE_POLLS) && ktime_get_ns() > end_ns)
			return false;
		cpu_relax();
	}
	return true;
}

static void line_pass(struct prim_line *line, u32 turn)
{
	/* Pairs with line_await(). */
	smp_store_release(&line->turn, turn);
}

static int line_follow(void *arg)
{
	struct prim_bench *bench = arg;
	struct prim_line *line = &bench->line;
	u64 end_ns = ktime_get_ns() + PRIM_LINE_NS;
	u32 turn = 1;

	complete(&line->ready);
	while (line_await(line, turn, end_ns)) {
		line_pass(line, turn + 1);
		turn += 2;
	}
	return 0;
}

/* There and back, so often; false if the follower does not answer in time. */
static bool line_batch(struct prim_line *line, u64 end_ns, u64 *ticks)
{
	u32 turn = READ_ONCE(line->turn);
	u64 start = mag_clock_read();
	u32 i;

	for (i = 0; i < PRIM_ROUND_TRIPS; i++) {
		line_pass(line, turn + 1);
		turn += 2;
		if (!line_await(line, turn, end_ns))
			return false;
	}
	*ticks = mag_clock_read() - start;
	return true;
}

static u32 line_batches(struct prim_bench *bench)
{
	u64 end_ns = ktime_get_ns() + PRIM_LINE_NS;
	u64 warm;
	u32 nr;

	if (!line_batch(&bench->line, end_ns, &warm))
		return 0;
	for (nr = 0; nr < PRIM_BATCHES; nr++)
		if (kthread_should_stop() ||
		    !line_batch(&bench->line, end_ns, &bench->batch[nr]))
			break;
	return nr;
}

/*
 * As long as one waits, the loop itself costs nothing more.  Where the CPUs of
 * a machine run by turns (an emulator with one thread), there may be no sample.
 */
static void measure_line(struct prim_bench *bench)
{
	struct mag_primitive_cost *cost =
		&bench->machine->primitives[MAG_PRIMITIVE_LINE];
	u32 nr;

	if (!bench->follower)
		return;
	wake_up_process(bench->follower);
	wait_for_completion(&bench->line.ready);
	nr = line_batches(bench);
	line_pass(&bench->line, PRIM_LINE_OVER);

	cost->iterations = 2 * PRIM_ROUND_TRIPS;
	cost->batches = nr;
	if (!nr)
		return;
	mag_sort_u64(bench->batch, nr);
	cost->min = bench->batch[0];
	cost->median = bench->batch[nr / 2];
}

/* The clock, and who interrupts it. */

static int measure_step(struct prim_bench *bench)
{
	struct mag_clock_step step;
	int err = mag_clock_measure_step(&step);

	if (err)
		return err;
	bench->machine->clock_step = step.step;
	bench->read = step.read;
	return 0;
}

/* What counts as a gap, in ticks. */
static u64 gap_least(const struct prim_bench *bench)
{
	u64 khz = bench->machine->khz ?: mag_clock_tsc_khz();
	u64 least = div_u64(khz * PRIM_GAP_NS, NSEC_PER_MSEC);

	return max(least, bench->read * PRIM_GAP_READS);
}

/* Some readings one right after the other; @least: of a gap. */
static noinline void watch_clock(struct mag_machine *machine, u64 least)
{
	u64 now, last = mag_clock_read();
	s64 late;
	u32 i;

	for (i = 0; i < PRIM_READINGS; i++) {
		now = mag_clock_read();
		late = now - last;
		last = now;
		if (likely(late <= (s64)least))
			continue;
		machine->gaps++;
		machine->gap_total += late;
		machine->gap_max = max_t(u64, machine->gap_max, late);
	}
}

static void measure_window(struct prim_bench *bench)
{
	struct mag_machine *machine = bench->machine;
	unsigned long start_jiffies = jiffies;
	u64 start_ns = ktime_get_ns();
	u64 least = gap_least(bench);

	do {
		watch_clock(machine, least);
		machine->window_ns = ktime_get_ns() - start_ns;
	} while (machine->window_ns < PRIM_WINDOW_NS && !kthread_should_stop());
	machine->window_jiffies = jiffies - start_jiffies;
}

/* All of it. */

static void measure_all(struct prim_bench *bench)
{
	u32 primitive;

	for (primitive = 0; primitive < MAG_PRIMITIVE_LINE; primitive++)
		measure_primitive(bench, primitive);
	measure_window(bench);
	measure_line(bench);
}

static int lead(void *arg)
{
	struct prim_bench *bench = arg;

	bench->err = measure_step(bench);
	if (!bench->err)
		measure_all(bench);
	complete(&bench->done);
	return 0;
}

/* Kept by a reference, so that it can be joined after it has ended. */
static struct task_struct *spawn(struct prim_bench *bench, u32 cpu,
				 int (*fn)(void *arg))
{
	struct task_struct *task;

	task = kthread_create_on_cpu(fn, bench, cpu, "magslab/m%u");
	return IS_ERR(task) ? task : get_task_struct(task);
}

static void join(struct task_struct *task)
{
	if (IS_ERR_OR_NULL(task))
		return;
	kthread_stop(task);
	put_task_struct(task);
}

/* The leader ends early when it is told to stop; the follower, when it has ended. */
static int lead_and_follow(struct prim_bench *bench)
{
	int err;

	wake_up_process(bench->leader);
	err = wait_for_completion_killable(&bench->done);
	join(bench->leader);
	return err ? -EINTR : bench->err;
}

static int spawn_and_lead(struct prim_bench *bench)
{
	const struct mag_machine *machine = bench->machine;
	int err;

	if (machine->peer != MAG_CPU_NONE)
		bench->follower = spawn(bench, machine->peer, line_follow);
	if (IS_ERR(bench->follower))
		return PTR_ERR(bench->follower);

	bench->leader = spawn(bench, machine->cpu, lead);
	err = IS_ERR(bench->leader) ? PTR_ERR(bench->leader)
				    : lead_and_follow(bench);
	join(bench->follower);
	return err;
}

/* What is found out by asking; the rest is zero. */
static void machine_init(struct mag_machine *machine, enum mag_clock clock)
{
	u32 cpu = machine->cpu, peer = machine->peer;

	memset(machine, 0, sizeof(*machine));
	machine->abi_version = MAG_ABI_VERSION;
	machine->cpu = cpu;
	machine->peer = peer;
	machine->clock = clock;
	machine->flags = IS_ENABLED(CONFIG_SMP) ? 0 : MAG_MACHINE_UP;
	machine->hz = HZ;
	machine->khz = mag_clock_khz(clock);
	machine->nr_primitives = MAG_NR_PRIMITIVES;
}

static bool cpus_are_online(const struct mag_machine *machine)
{
	return cpu_online(machine->cpu) &&
	       (machine->peer == MAG_CPU_NONE || cpu_online(machine->peer));
}

/* CPUs neither come nor go meanwhile. */
static int measure_online(struct mag_machine *machine)
{
	struct prim_bench *bench;
	int err;

	bench = kzalloc(sizeof(*bench), GFP_KERNEL);
	if (!bench)
		return -ENOMEM;
	bench->machine = machine;
	init_completion(&bench->done);
	init_completion(&bench->line.ready);

	cpus_read_lock();
	err = cpus_are_online(machine) ? spawn_and_lead(bench) : -ENODEV;
	cpus_read_unlock();
	kfree(bench);
	return err;
}

/* The caller has the claim, and so the clock. */
static int measure_claimed(struct mag_machine *machine)
{
	enum mag_clock clock = mag_clock_resolve(machine->clock);
	int err = mag_clock_select(clock);

	if (err)
		return err;
	machine_init(machine, clock);
	return measure_online(machine);
}

static int check(const struct mag_machine *machine)
{
	if (machine->abi_version != MAG_ABI_VERSION)
		return -EPROTO;
	if (machine->reserved0 ||
	    memchr_inv(machine->reserved, 0, sizeof(machine->reserved)))
		return -EINVAL;
	if (machine->clock >= MAG_NR_CLOCKS || machine->cpu >= nr_cpu_ids ||
	    machine->peer == machine->cpu)
		return -EINVAL;
	if (machine->peer >= nr_cpu_ids && machine->peer != MAG_CPU_NONE)
		return -EINVAL;
	return 0;
}

/**
 * mag_primitive_measure() - measure what primitives cost on one CPU
 * @machine: in: abi_version, cpu, peer and clock, unchecked, and reserved
 *	fields; out: every byte
 *
 * Costs are in ticks of mag_clock_read(), not scaled.
 *
 * Context: task, may sleep; as long as the measurement takes, up to 200 ms.
 * Return: 0; -EPROTO for another ABI version; -EINVAL for a field out of its
 * bounds; -EBUSY while a run or another measurement is under way; -EOPNOTSUPP
 * for a clock that does not exist here; -ENODEV for a CPU that is not online;
 * -ENOMEM; -EINTR when killed meanwhile.
 */
int mag_primitive_measure(struct mag_machine *machine)
{
	int err = check(machine);

	if (err)
		return err;
	if (!mag_run_claim_get())
		return -EBUSY;
	err = measure_claimed(machine);
	mag_run_claim_put();
	return err;
}
