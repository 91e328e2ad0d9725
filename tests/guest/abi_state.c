// SPDX-License-Identifier: GPL-2.0-only
/*
 * The states of a run as its file shows them, and the results: which call is
 * answered when, and that histograms, sums and counts agree with one another.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "dev.h"
#include "left.h"
#include "tap.h"

static __u64 merged[MAG_HIST_BUCKETS];
static __u64 summed[MAG_HIST_BUCKETS];
static __u64 counts[MAG_HIST_BUCKETS];

static int stop(int fd)
{
	return dev_ioctl(fd, MAG_IOC_STOP, NULL);
}

static int finish(int fd)
{
	return dev_ioctl(fd, MAG_IOC_FINISH, NULL);
}

static int start(int fd, const struct mag_run_config *config)
{
	struct mag_run_config copy = *config;

	return dev_ioctl(fd, MAG_IOC_START, &copy);
}

/* HIST of the first operation, merged; the errno is what matters. */
static int hist(int fd)
{
	__u64 total;

	return dev_hist(fd, 0, MAG_WORKER_ALL, counts, &total);
}

/* Waits for a state that a run passes through without an event. */
static bool reaches(int fd, __u32 state)
{
	unsigned int tries = DEV_PATIENCE_MS;

	while (dev_state(fd) != state && tries--)
		poll(NULL, 0, 1);
	return dev_state(fd) == state;
}

static void test_idle(void)
{
	struct mag_run_status status;
	int fd = dev_open();

	dev_status(fd, &status);
	tap_ok(all_zero(&status, sizeof(status)), "IDLE: STATUS is all zero");
	tap_is(hist(fd), ENODATA, "IDLE: HIST is ENODATA");
	tap_is(stop(fd), ENODATA, "IDLE: STOP is ENODATA");
	tap_is(finish(fd), ENODATA, "IDLE: FINISH is ENODATA");
	tap_ok(!dev_settles(fd, 0), "IDLE: poll() does not say POLLIN");
	close(fd);
}

/* What every call says while a run on @fd is under way in @name. */
static void test_running(int fd, const struct mag_run_config *config,
			 __u32 state, const char *name)
{
	int other = dev_open();

	tap_is(start(fd, config), EBUSY, "%s: START is EBUSY", name);
	tap_is(start(other, config), EBUSY, "%s: START elsewhere is EBUSY",
	       name);
	tap_is(hist(fd), EAGAIN, "%s: HIST is EAGAIN", name);
	tap_is(finish(fd), EAGAIN, "%s: FINISH is EAGAIN", name);
	tap_ok(!dev_settles(fd, 0), "%s: poll() does not say POLLIN", name);
	tap_is(dev_state(other), MAG_STATE_IDLE,
	       "%s: the other file stays idle", name);
	close(other);
	tap_is(dev_state(fd), state, "%s: none of these disturbed it", name);
}

static void test_warmup(void)
{
	struct mag_run_config config;
	struct mag_run_status status;
	__u64 total;
	int fd = dev_open();
	__u32 op;

	dev_config_endless(fd, &config);
	config.warmup_ns = MAG_MAX_WARMUP_NS;
	tap_is(start(fd, &config), 0, "WARMUP: START");
	test_running(fd, &config, MAG_STATE_WARMUP, "WARMUP");
	tap_is(stop(fd), 0, "WARMUP: STOP");
	dev_status(fd, &status);
	tap_is(status.state, MAG_STATE_HOLD, "WARMUP: STOP leads to HOLD");
	tap_is(status.flags, MAG_RUN_STOPPED, "WARMUP: it was stopped");
	tap_is(status.steps, 0, "WARMUP: no step was measured");
	tap_ok(status.clock_step > 0, "WARMUP: the clock was measured before");
	for (op = 0; op < status.nr_ops; op++) {
		tap_is(status.ops[op].count, 0, "WARMUP: no sample of op %u",
		       op);
		tap_is(dev_hist(fd, op, MAG_WORKER_ALL, counts, &total), 0,
		       "WARMUP: HIST of op %u", op);
		tap_ok(!total && all_zero(counts, sizeof(counts)),
		       "WARMUP: op %u has an empty histogram", op);
	}
	tap_is(finish(fd), 0, "WARMUP: FINISH after STOP");
	close(fd);
}

static void test_measure(void)
{
	struct mag_run_config config;
	struct mag_run_status first, later;
	int fd = dev_open();

	dev_config_endless(fd, &config);
	config.nr_workers = 0;
	config.warmup_steps = 1;
	tap_is(start(fd, &config), 0, "MEASURE: START");
	tap_ok(reaches(fd, MAG_STATE_MEASURE),
	       "MEASURE: a warm-up of one step ends by itself");
	test_running(fd, &config, MAG_STATE_MEASURE, "MEASURE");
	dev_status(fd, &first);
	poll(NULL, 0, 1);
	dev_status(fd, &later);
	tap_ok(later.elapsed_ns > first.elapsed_ns, "MEASURE: time passes");
	tap_ok(later.clock_step > 0, "MEASURE: the clock's step is known");
	tap_is(later.elapsed_ticks, later.elapsed_ns,
	       "MEASURE: ticks of KTIME are nanoseconds");
	tap_ok(later.steps >= first.steps, "MEASURE: steps never fall");
	tap_is(stop(fd), 0, "MEASURE: STOP");
	dev_status(fd, &first);
	tap_is(first.state, MAG_STATE_HOLD, "MEASURE: STOP leads to HOLD");
	tap_is(first.flags, MAG_RUN_STOPPED, "MEASURE: it was stopped");
	tap_ok(first.steps >= later.steps, "MEASURE: steps end no lower");
	tap_is(finish(fd), 0, "MEASURE: FINISH after STOP");
	close(fd);
}

/* Everything of a status that the run did not use is zero. */
static bool status_clean(const struct mag_run_status *status, __u32 nr_params)
{
	return !status->lost_cpu && !status->reserved1 &&
	       all_zero(status->reserved, sizeof(status->reserved)) &&
	       all_zero(&status->params[nr_params],
			(MAG_MAX_PARAMS - nr_params) * sizeof(__u64)) &&
	       all_zero(&status->counters[status->nr_counters],
			(MAG_MAX_COUNTERS - status->nr_counters) *
				sizeof(__u64)) &&
	       all_zero(&status->ops[status->nr_ops],
			(MAG_MAX_OPS - status->nr_ops) *
				sizeof(struct mag_op_result));
}

static bool same_clock(const struct mag_run_status *a,
		       const struct mag_run_status *b)
{
	return a->elapsed_ticks == b->elapsed_ticks &&
	       a->clock_khz == b->clock_khz && a->clock_step == b->clock_step &&
	       a->clock_read == b->clock_read;
}

static void test_hold_and_done(void)
{
	struct mag_run_config config;
	struct mag_run_status hold, done;
	int fd = dev_open(), other = dev_open();

	dev_config(fd, &config, "dentry", "magazine");
	config.steps = 500;
	tap_is(start(fd, &config), 0, "HOLD: START");
	tap_ok(dev_settles(fd, DEV_PATIENCE_MS),
	       "HOLD: poll() waits for the last step");
	dev_status(fd, &hold);
	tap_is(hold.state, MAG_STATE_HOLD, "HOLD: that is the state");
	tap_is(hold.flags, 0, "HOLD: nothing stopped it");
	tap_is(hold.error, 0, "HOLD: no error");
	tap_ok(hold.steps >= config.steps, "HOLD: every step was done");
	tap_ok(hold.live_objects > 0, "HOLD: objects are out");
	tap_ok(hold.live_bytes >= hold.live_objects, "HOLD: of some size");
	tap_ok(hold.held_exact == 1 && hold.held_bytes >= hold.live_bytes,
	       "HOLD: the magazine backend holds what is live, and counts it");
	tap_is(hist(fd), 0, "HOLD: HIST answers");
	tap_is(start(fd, &config), EBUSY, "HOLD: START is EBUSY");
	tap_is(start(other, &config), EBUSY, "HOLD: START elsewhere is EBUSY");
	tap_is(stop(fd), 0, "HOLD: STOP has nothing to do");
	tap_is(finish(fd), 0, "HOLD: FINISH");

	dev_status(fd, &done);
	tap_is(done.state, MAG_STATE_DONE, "DONE: that is the state");
	tap_is(done.allocs, done.frees, "DONE: every object was freed");
	tap_is(done.steps, hold.steps, "DONE: steps as in HOLD");
	tap_is(done.elapsed_ns, hold.elapsed_ns, "DONE: time as in HOLD");
	tap_ok(same_clock(&done, &hold), "DONE: the clock as in HOLD");
	tap_is(done.live_objects, hold.live_objects, "DONE: live as in HOLD");
	tap_is(done.held_bytes, hold.held_bytes, "DONE: held as in HOLD");
	tap_ok(!memcmp(done.ops, hold.ops, sizeof(done.ops)),
	       "DONE: results as in HOLD");
	tap_ok(!memcmp(done.counters, hold.counters, sizeof(done.counters)),
	       "DONE: counters as in HOLD");
	tap_is(hist(fd), 0, "DONE: HIST answers");
	tap_ok(dev_settles(fd, 0), "DONE: poll() says POLLIN");

	tap_is(start(other, &config), 0, "DONE: START elsewhere");
	tap_is(start(fd, &config), EBUSY,
	       "DONE: START is EBUSY while another file runs");
	tap_is(dev_state(fd), MAG_STATE_DONE, "DONE: and keeps the results");
	close(other);
	tap_is(start(fd, &config), 0, "DONE: START again on the same file");
	tap_ok(dev_settles(fd, DEV_PATIENCE_MS), "DONE: which runs to its end");
	tap_is(finish(fd), 0, "DONE: and can be finished");
	close(fd);
}

static void test_duration(void)
{
	struct mag_run_config config;
	struct mag_run_status status;
	int fd = dev_open();

	dev_config(fd, &config, "pair", "noop");
	config.steps = 0;
	config.duration_ns = 50000000;
	tap_is(start(fd, &config), 0, "a run of 50 ms: START");
	tap_ok(dev_settles(fd, DEV_PATIENCE_MS), "a run of 50 ms ends");
	dev_status(fd, &status);
	tap_ok(status.elapsed_ns >= config.duration_ns,
	       "a run of 50 ms lasts that long");
	tap_is(status.flags, 0, "a run of 50 ms was not stopped");
	tap_ok(status.steps > 0, "a run of 50 ms did something");
	tap_is(finish(fd), 0, "a run of 50 ms: FINISH");

	/* Where both bounds are set, the earlier one ends the run. */
	config.duration_ns = MAG_MAX_DURATION_NS;
	config.steps = 1;
	tap_is(start(fd, &config), 0, "one step or an hour: START");
	tap_ok(dev_settles(fd, DEV_PATIENCE_MS), "one step ends it");
	config.duration_ns = 1000000;
	config.steps = MAG_MAX_STEPS;
	tap_is(finish(fd), 0, "one step or an hour: FINISH");
	tap_is(start(fd, &config), 0, "endless steps or 1 ms: START");
	tap_ok(dev_settles(fd, DEV_PATIENCE_MS), "1 ms ends it");
	close(fd);
}

static void test_close(void)
{
	static const char *const states[] = { "WARMUP", "MEASURE", "HOLD",
					      "DONE" };
	struct mag_run_config config;
	size_t i;
	int fd;

	for (i = 0; i < ARRAY_SIZE(states); i++) {
		fd = dev_open();
		dev_config_endless(fd, &config);
		config.warmup_ns = i == 0 ? MAG_MAX_WARMUP_NS : 0;
		tap_is(start(fd, &config), 0, "close in %s: START", states[i]);
		if (i == 1)
			reaches(fd, MAG_STATE_MEASURE);
		if (i >= 2)
			stop(fd);
		if (i >= 3)
			finish(fd);
		close(fd);
		/* The file is gone when close() returns, and its run with it. */
		fd = dev_open();
		tap_is(start(fd, &config), 0,
		       "close in %s: the next START finds no run", states[i]);
		close(fd);
		tap_ok(dev_threads_gone(), "close in %s: no thread is left",
		       states[i]);
	}
}

/* The claims that hold for one operation's result and merged histogram. */
static void test_op(const char *name, __u32 op,
		    const struct mag_op_result *result, __u64 total)
{
	__u64 in_range = result->count - result->below - result->above;
	__u64 low_sum = 0, high_sum = 0, sum = 0;
	__u32 first = MAG_HIST_BUCKETS, last = 0, bucket;

	for (bucket = 0; bucket < MAG_HIST_BUCKETS; bucket++) {
		if (!merged[bucket])
			continue;
		if (first == MAG_HIST_BUCKETS)
			first = bucket;
		last = bucket;
		sum += merged[bucket];
		low_sum += merged[bucket] * mag_hist_low(bucket);
		high_sum += merged[bucket] * mag_hist_high(bucket);
	}
	tap_is(total, sum, "%s op %u: total is the sum of the buckets", name,
	       op);
	tap_is(sum, in_range, "%s op %u: buckets hold what is in range", name,
	       op);
	tap_ok(result->per_sample > 0, "%s op %u: a sample is of something",
	       name, op);
	tap_is(result->reserved, 0, "%s op %u: reserved is zero", name, op);
	if (!in_range) {
		tap_ok(result->count || (!result->min && !result->max),
		       "%s op %u: without a sample no least or greatest", name,
		       op);
		return;
	}
	tap_ok(result->min <= result->max, "%s op %u: min <= max", name, op);
	if (!result->below)
		tap_is(mag_hist_bucket(result->min), first,
		       "%s op %u: min is in the first bucket used", name, op);
	if (!result->above)
		tap_is(mag_hist_bucket(result->max), last,
		       "%s op %u: max is in the last bucket used", name, op);
	if (!result->below && !result->above)
		tap_ok(low_sum <= result->sum && result->sum <= high_sum,
		       "%s op %u: the sum is one that the buckets allow", name,
		       op);
}

/* What the workers have by themselves, against all merged. */
static void test_workers(int fd, const char *name, __u32 op, __u32 nr_workers)
{
	__u64 total, workers_total = 0;
	__u32 worker, bucket;
	bool read = true;

	memset(summed, 0, sizeof(summed));
	for (worker = 0; worker < nr_workers; worker++) {
		read &= !dev_hist(fd, op, worker, counts, &total);
		workers_total += total;
		for (bucket = 0; bucket < MAG_HIST_BUCKETS; bucket++)
			summed[bucket] += counts[bucket];
	}
	tap_ok(read, "%s op %u: each worker has a histogram", name, op);
	/* A deferred operation is recorded by RCU callbacks, not by workers. */
	tap_ok(!workers_total || !memcmp(summed, merged, sizeof(merged)),
	       "%s op %u: workers add up to all merged", name, op);
}

static void test_results(const char *workload, __u32 nr_workers)
{
	struct mag_run_config config;
	struct mag_run_status status;
	struct mag_describe desc;
	__u64 total, again;
	int fd = dev_open();
	__u32 op;

	dev_config(fd, &config, workload, "magazine");
	config.nr_workers = nr_workers;
	config.steps = 2000;
	config.warmup_steps = 100;
	tap_is(start(fd, &config), 0, "%s: START with a warm-up", workload);
	tap_ok(dev_settles(fd, DEV_PATIENCE_MS), "%s: ends", workload);
	dev_status(fd, &status);
	dev_describe(fd, MAG_ENTITY_WORKLOAD, 0, config.workload, &desc);
	tap_is(status.nr_ops, desc.nr_ops, "%s: as many ops as described",
	       workload);
	tap_is(status.nr_counters, desc.nr_counters,
	       "%s: as many counters as described", workload);
	tap_is(status.nr_workers, nr_workers, "%s: workers as asked for",
	       workload);
	tap_ok(status_clean(&status, desc.nr_params),
	       "%s: what a status does not use is zero", workload);
	for (op = 0; op < status.nr_ops; op++) {
		tap_is(dev_hist(fd, op, MAG_WORKER_ALL, merged, &total), 0,
		       "%s op %u: HIST of all merged", workload, op);
		test_op(workload, op, &status.ops[op], total);
		test_workers(fd, workload, op, nr_workers);
	}
	tap_is(finish(fd), 0, "%s: FINISH", workload);
	for (op = 0; op < status.nr_ops; op++) {
		dev_hist(fd, op, MAG_WORKER_ALL, merged, &total);
		dev_status(fd, &status);
		again = status.ops[op].count - status.ops[op].below -
			status.ops[op].above;
		tap_is(total, again, "%s op %u: the same once DONE", workload,
		       op);
	}
	close(fd);
}

int main(void)
{
	struct mag_describe desc;
	__u32 workload;
	int fd = dev_open();

	test_idle();
	test_warmup();
	test_measure();
	test_hold_and_done();
	test_duration();
	test_close();
	for (workload = 0;
	     !dev_describe(fd, MAG_ENTITY_WORKLOAD, 0, workload, &desc);
	     workload++) {
		test_results(desc.name, 1);
		if (dev_two_workers() == 2)
			test_results(desc.name, 2);
	}
	close(fd);
	tap_ok(left_idle(), "no thread and no memory is left");
	return tap_done();
}
