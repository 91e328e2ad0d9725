// SPDX-License-Identifier: GPL-2.0-only
/*
 * See measure.h.  Percentiles, because the timer's interrupts and whatever else
 * the kernel does of its own fall into some batches, and not into most.
 */
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "allocator/mag_cache.h"
#include "clock.h"
#include "measure.h"
#include "threads.h"

/* The subjects take turns, so that a slow while of the machine's hits all. */
#define TURNS		 20
#define BATCHES_PER_TURN 10
#define BATCHES		 (TURNS * BATCHES_PER_TURN)

/**
 * struct bench_run - one bench_measure()
 * @loop: what is run
 * @pool: on what
 * @meeting: of all threads
 * @samples: of each subject, those of one CPU after those of another
 * @err: why a thread could not do its part
 */
struct bench_run {
	const struct bench_loop *loop;
	struct bench_pool pool;
	struct bench_meeting meeting;
	struct bench_samples samples[BENCH_NR_SUBJECTS];
	int err;
};

/* Turn 0 warms up: its samples are written over by those of turn 1. */
static void run_turn(struct bench_run *run, const struct bench_task *task,
		     unsigned int id, unsigned int turn)
{
	u32 first = id * BATCHES + (turn ? turn - 1 : 0) * BATCHES_PER_TURN;
	unsigned int subject, i;

	for (subject = 0; subject < BENCH_NR_SUBJECTS; subject++) {
		u64 (*batch)(const struct bench_task *task) =
			run->loop->batch[subject];
		u64 *ticks = run->samples[subject].ticks;

		bench_meet(&run->meeting);
		for (i = 0; batch && i < BATCHES_PER_TURN; i++) {
			ticks[first + i] = batch(task);
			if (!ticks[first + i])
				WRITE_ONCE(run->err, -ENOMEM);
		}
		cond_resched();
	}
}

/* One that cannot do its part meets the others all the same. */
static void run_thread(void *arg, unsigned int id)
{
	struct bench_run *run = arg;
	struct bench_task task = { .pool = &run->pool };
	unsigned int turn;

	task.out = kvmalloc_array(run->loop->most_out, sizeof(*task.out),
				  GFP_KERNEL);
	if (!task.out)
		WRITE_ONCE(run->err, -ENOMEM);
	bench_meet(&run->meeting);
	if (!READ_ONCE(run->err))
		for (turn = 0; turn <= TURNS; turn++)
			run_turn(run, &task, id, turn);
	kvfree(task.out);
}

static void samples_exit(struct bench_run *run)
{
	unsigned int subject;

	for (subject = 0; subject < BENCH_NR_SUBJECTS; subject++)
		kvfree(run->samples[subject].ticks);
}

static int samples_init(struct bench_run *run, unsigned int cpus)
{
	unsigned int subject;

	for (subject = 0; subject < BENCH_NR_SUBJECTS; subject++) {
		struct bench_samples *samples = &run->samples[subject];

		if (!run->loop->batch[subject])
			continue;
		samples->nr = cpus * BATCHES;
		samples->ticks = kvcalloc(samples->nr, sizeof(u64), GFP_KERNEL);
		if (!samples->ticks)
			return -ENOMEM;
	}
	return 0;
}

int bench_measure(struct seq_file *m, const struct bench_loop *loop,
		  unsigned int cpus)
{
	struct bench_run *run = kzalloc(sizeof(*run), GFP_KERNEL);
	int err;

	if (!run)
		return -ENOMEM;
	run->loop = loop;
	run->meeting.nr = cpus;
	err = bench_pool_init(&run->pool, BENCH_OBJECT_SIZE);
	if (err)
		goto free_run;
	err = samples_init(run, cpus);
	if (!err)
		err = bench_threads_run(cpus, run_thread, run);
	if (!err)
		err = run->err;
	if (!err)
		bench_report(m, loop->name, cpus, loop->per_batch, run->samples,
			     &run->pool);
	samples_exit(run);
	bench_pool_exit(&run->pool);
free_run:
	kfree(run);
	return err;
}

static int compare_u64(const void *a, const void *b)
{
	const u64 *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Thousandths, as JSON has them. */
static void put_milli(struct seq_file *m, const char *key, s64 milli)
{
	u32 rest;
	u64 whole = div_u64_rem(abs(milli), 1000, &rest);

	seq_printf(m, ",\"%s\":%s%llu.%03u", key, milli < 0 ? "-" : "", whole,
		   rest);
}

static u64 sample_at(const struct bench_samples *samples, u32 percent)
{
	return samples->nr ? samples->ticks[(samples->nr - 1) * percent / 100]
			   : 0;
}

/*
 * The batch that stands for all.  Instructions are the machine's own, and most
 * batches have the same.  Time is also taken by whatever else the host runs,
 * and that only adds to it.
 */
static u32 which_percent(void)
{
	return bench_clock_counts_insns() ? 50 : 10;
}

static u64 sample_mean(const struct bench_samples *samples)
{
	u64 sum = 0;
	u32 i;

	for (i = 0; i < samples->nr; i++)
		sum += samples->ticks[i];
	return div_u64(sum, samples->nr);
}

/* How often the depots were in demand, and contended, in the whole case. */
static void put_depots(struct seq_file *m, const struct bench_pool *pool)
{
	struct mag_cache_stats stats;

	mag_cache_stats(pool->mag, &stats);
	seq_printf(m, ",\"operations\":%llu", stats.allocs + stats.frees);
	seq_printf(m, ",\"depot_exchanges\":%llu",
		   stats.alloc_depot + stats.free_depot);
	seq_printf(m, ",\"depot_contended\":%llu", stats.depot_contended);
}

static void report_subject(struct seq_file *m, u32 per_batch,
			   const struct bench_samples *samples, u64 empty)
{
	u64 ticks = sample_at(samples, which_percent());

	put_milli(m, "net", bench_clock_milli(ticks - empty, per_batch));
	put_milli(m, "gross", bench_clock_milli(ticks, per_batch));
	seq_printf(m, ",\"percentile\":%u", which_percent());
	put_milli(m, "mean",
		  bench_clock_milli(sample_mean(samples), per_batch));
	put_milli(m, "p10",
		  bench_clock_milli(sample_at(samples, 10), per_batch));
	put_milli(m, "p50",
		  bench_clock_milli(sample_at(samples, 50), per_batch));
	put_milli(m, "p90",
		  bench_clock_milli(sample_at(samples, 90), per_batch));
	seq_printf(m, ",\"batches\":%u,\"per_batch\":%u", samples->nr,
		   per_batch);
}

void bench_report(struct seq_file *m, const char *name, unsigned int cpus,
		  u32 per_batch, struct bench_samples *samples,
		  const struct bench_pool *pool)
{
	unsigned int subject;

	for (subject = 0; subject < BENCH_NR_SUBJECTS; subject++)
		if (samples[subject].nr)
			sort(samples[subject].ticks, samples[subject].nr,
			     sizeof(u64), compare_u64, NULL);
	for (subject = BENCH_EMPTY + 1; subject < BENCH_NR_SUBJECTS;
	     subject++) {
		if (!samples[subject].nr)
			continue;
		seq_printf(m, "{\"case\":\"%s\",\"subject\":\"%s\"", name,
			   bench_subject_name(subject));
		seq_printf(m, ",\"cpus\":%u,\"unit\":\"%s\"", cpus,
			   bench_clock_unit());
		report_subject(m, per_batch, &samples[subject],
			       sample_at(&samples[BENCH_EMPTY],
					 which_percent()));
		if (subject == BENCH_MAGSLAB)
			put_depots(m, pool);
		seq_puts(m, "}\n");
	}
}
