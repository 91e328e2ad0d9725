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
#include <linux/kernel_stat.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/limits.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/sched.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vtime.h>

#include "clock.h"
#include "primitive_loop.h"
#include "run.h"
#include "sort_u64.h"

/*
 * The step of the clock, eight primitives and as many empty loops, the window
 * and the line.  With primitives of up to 100 us, reading the clock one of them,
 * all together stay under 200 ms of this CPU's time.  Each part ends with its
 * own time or with that of all, and each primitive has at least one batch: a
 * primitive overruns its time by a batch, the window by its readings at a time.
 */
#define PRIM_ALL_NS	      (185 * NSEC_PER_MSEC)
#define PRIM_BUDGET_NS	      (6 * NSEC_PER_MSEC) /* of each primitive */
#define PRIM_WINDOW_NS	      (60 * NSEC_PER_MSEC)
/* CPUs of a guest wait for the host.  Dear primitives leave less of it. */
#define PRIM_LINE_NS	      (100 * NSEC_PER_MSEC)

#define PRIM_BATCHES	      101 /* of each, unless time runs out */

/*
 * A batch grows until the clock's step is below 2 % of it, and it has some
 * iterations; but not once it takes so long.
 */
#define PRIM_FIRST_ITERATIONS 16
#define PRIM_MIN_ITERATIONS   64
#define PRIM_MAX_ITERATIONS   16384
#define PRIM_BATCH_STEPS      64
#define PRIM_BATCH_NS	      NSEC_PER_MSEC

#define PRIM_READINGS	      128 /* of the window's, at a time */
#define PRIM_GAP_READS	      20 /* a reading that late is a gap, */
#define PRIM_GAP_NS	      NSEC_PER_USEC /* if it is that late, too */

#define PRIM_ROUND_TRIPS      16 /* of the line, in a batch */
#define PRIM_LINE_POLLS	      256 /* between two looks at the time */
#define PRIM_LINE_OVER	      U32_MAX

/**
 * struct prim_line - the cache line that moves between two CPUs
 * @turn: even: the leader's; odd: the follower's; PRIM_LINE_OVER: nobody's.
 *	Whose turn it is adds one.
 * @ready: the follower is there
 * @end_ns: when both give up, by ktime
 */
struct prim_line {
	u32 turn ____cacheline_aligned;
	struct completion ready ____cacheline_aligned;
	u64 end_ns;
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
 * @end_ns: when all of it should have ended, by ktime
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
	u64 end_ns;
};

/* Time. */

/* When a part must end that begins now and may take @budget_ns. */
static u64 part_end(const struct prim_bench *bench, u64 budget_ns)
{
	return min(ktime_get_ns() + budget_ns, bench->end_ns);
}

static bool part_is_over(u64 end_ns)
{
	return ktime_get_ns() >= end_ns || kthread_should_stop();
}

/* Statistics. */

/* A loop with something in it may look shorter than without, by chance. */
static u64 net(u64 batch, u64 empty)
{
	return batch > empty ? batch - empty : 0;
}

/* One primitive on one CPU. */

/* Whether a batch is as long as is needed, or as it may be. */
static bool batch_is_long(enum mag_primitive primitive, u32 iterations,
			  u64 step)
{
	u64 start_ns = ktime_get_ns();
	u64 ticks = mag_primitive_batch(primitive, iterations);

	if (ktime_get_ns() - start_ns >= PRIM_BATCH_NS)
		return true;
	return iterations >= PRIM_MIN_ITERATIONS &&
	       ticks >= PRIM_BATCH_STEPS * step;
}

/*
 * Iterations with which a batch is long, beside the step of the clock.  An
 * interrupt may lengthen one batch: two must be long.  That ends by itself: all
 * batches together take no more than four times PRIM_BATCH_NS, or the first two.
 */
static u32 batch_size(enum mag_primitive primitive, u64 step)
{
	u32 iterations = PRIM_FIRST_ITERATIONS;

	while (iterations < PRIM_MAX_ITERATIONS) {
		if (batch_is_long(primitive, iterations, step) &&
		    batch_is_long(primitive, iterations, step))
			break;
		iterations *= 2;
	}
	return iterations;
}

/*
 * A batch of the primitive and one of the empty loop, by turns.  At least one,
 * however late it is.
 */
static u32 take_batches(struct prim_bench *bench, enum mag_primitive primitive,
			u32 iterations, u64 end_ns)
{
	u32 nr = 0;

	do {
		bench->empty[nr] = mag_primitive_batch_empty(iterations);
		bench->batch[nr] = mag_primitive_batch(primitive, iterations);
		nr++;
		cond_resched();
	} while (nr < PRIM_BATCHES && !part_is_over(end_ns));
	return nr;
}

static void measure_primitive(struct prim_bench *bench,
			      enum mag_primitive primitive)
{
	struct mag_primitive_cost *cost =
		&bench->machine->primitives[primitive];
	u64 end_ns = part_end(bench, PRIM_BUDGET_NS);
	u64 empty;
	u32 nr;

	cost->iterations = batch_size(primitive, bench->machine->clock_step);
	nr = take_batches(bench, primitive, cost->iterations, end_ns);
	cost->batches = nr;
	mag_sort_u64(bench->batch, nr);
	mag_sort_u64(bench->empty, nr);
	empty = bench->empty[nr / 2];
	cost->min = net(bench->batch[0], empty);
	cost->median = net(bench->batch[nr / 2], empty);
}

/* The line. */

/* Waits until it is @turn; false if it never will be, or not in time. */
static bool line_await(const struct prim_line *line, u32 turn)
{
	u32 now, polls = 0;

	/* Nothing but the turn itself is handed over; the order costs nothing. */
	while ((now = smp_load_acquire(&line->turn)) != turn) {
		if (now == PRIM_LINE_OVER)
			return false;
		if (!(++polls % PRIM_LINE_POLLS) &&
		    ktime_get_ns() >= line->end_ns)
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

/* If it comes too late, the line is over, and it ends at once. */
static int line_follow(void *arg)
{
	struct prim_bench *bench = arg;
	struct prim_line *line = &bench->line;
	u32 turn = 1;

	complete(&line->ready);
	while (line_await(line, turn)) {
		line_pass(line, turn + 1);
		turn += 2;
	}
	return 0;
}

/* There and back, so often; false if the follower does not answer in time. */
static bool line_batch(struct prim_line *line, u64 *ticks)
{
	u32 turn = READ_ONCE(line->turn);
	u64 start = mag_clock_read();
	u32 i;

	for (i = 0; i < PRIM_ROUND_TRIPS; i++) {
		line_pass(line, turn + 1);
		turn += 2;
		if (!line_await(line, turn))
			return false;
	}
	*ticks = mag_clock_read() - start;
	return true;
}

/* Its CPU may be busy with something else all the time. */
static bool line_wait_ready(struct prim_line *line)
{
	while (!wait_for_completion_timeout(&line->ready, 1))
		if (part_is_over(line->end_ns))
			return false;
	return true;
}

static u32 line_batches(struct prim_bench *bench)
{
	struct prim_line *line = &bench->line;
	u64 warm;
	u32 nr;

	if (!line_wait_ready(line) || !line_batch(line, &warm))
		return 0;
	for (nr = 0; nr < PRIM_BATCHES; nr++)
		if (part_is_over(line->end_ns) ||
		    !line_batch(line, &bench->batch[nr]))
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
	bench->line.end_ns = part_end(bench, PRIM_LINE_NS);
	wake_up_process(bench->follower);
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

/*
 * What counts as a gap, in ticks.  A clock of long steps shows distances of a step
 * without any, and a step and a tick.
 */
static u64 gap_least(const struct prim_bench *bench)
{
	u64 khz = bench->machine->khz ?: mag_clock_tsc_khz();
	u64 least = div_u64(khz * PRIM_GAP_NS, NSEC_PER_MSEC);

	return max3(least, bench->read * PRIM_GAP_READS,
		    2 * bench->machine->clock_step);
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
	u64 end_ns = part_end(bench, PRIM_WINDOW_NS);
	u64 start_ns = ktime_get_ns();
	u64 least = gap_least(bench);

	do {
		watch_clock(machine, least);
	} while (!part_is_over(end_ns));
	machine->window_ns = ktime_get_ns() - start_ns;
}

/* Timer ticks. */

/*
 * A tick adds TICK_NSEC to what its CPU did: here, in all kinds together.  That
 * holds if interrupts are timed, which is taken off their tick.  Where a
 * hypervisor tells of stolen time, that counts like the ticks it hid.  What guests
 * got is in the time of users, too.  jiffies would not tell: they follow ktime, for
 * all CPUs.
 */
static u64 accounted_ns(void)
{
	const u64 *stat = kcpustat_this_cpu->cpustat;
	u64 ns = 0;
	u32 i;

	for (i = CPUTIME_USER; i <= CPUTIME_STEAL; i++)
		ns += READ_ONCE(stat[i]);
	return ns;
}

static void count_ticks(struct mag_machine *machine, u64 start_ns,
			u64 start_accounted_ns)
{
	u64 accounted = accounted_ns() - start_accounted_ns;

	/* Time is accounted as it passes, without ticks. */
	if (vtime_accounting_enabled_this_cpu())
		return;
	machine->ticks = div_u64(accounted + TICK_NSEC / 2, TICK_NSEC);
	machine->ticks_ns = ktime_get_ns() - start_ns;
}

/* All of it. */

/* The CPU is never idle, so that none of its ticks is left out. */
static void measure_alone(struct prim_bench *bench)
{
	u64 start_accounted_ns = accounted_ns();
	u64 start_ns = ktime_get_ns();
	u32 primitive;

	for (primitive = 0; primitive < MAG_PRIMITIVE_LINE; primitive++)
		measure_primitive(bench, primitive);
	measure_window(bench);
	count_ticks(bench->machine, start_ns, start_accounted_ns);
}

static void measure_all(struct prim_bench *bench)
{
	measure_alone(bench);
	measure_line(bench);
}

static int lead(void *arg)
{
	struct prim_bench *bench = arg;

	bench->end_ns = ktime_get_ns() + PRIM_ALL_NS;
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
 * Context: task, may sleep.  Up to 200 ms of CPU time, if no primitive costs more
 * than 100 us; longer while other tasks keep the measurement off its CPUs.
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
