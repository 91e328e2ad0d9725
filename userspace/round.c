// SPDX-License-Identifier: GPL-2.0-only
/*
 * One run: start, wait without a race between the device and the signals,
 * read everything while the objects are held, finish.
 */
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <string.h>

#include "device.h"
#include "round.h"
#include "signals.h"
#include "slabinfo.h"
#include "util.h"

#define MAG_NS_PER_MS 1e6

static int mag_round_fail(struct mag_round *round, enum mag_call call, int err)
{
	round->state = MAG_ROUND_FAILED;
	round->call = call;
	round->error = err;
	return err;
}

/* The module tells of a CPU that a run has lost; one that START misses is looked for. */
static void mag_round_refused(const struct mag_stage *stage,
			      struct mag_round *round, int err)
{
	mag_round_fail(round, MAG_CALL_START, err);
	if (err == -ENODEV)
		round->lost_cpu = mag_places_missing(&stage->request->places);
}

static void mag_round_broken(struct mag_round *round)
{
	int err = round->status.error ? round->status.error : -EIO;

	mag_round_fail(round, MAG_CALL_RUN, err);
	if (err == -ENODEV)
		round->lost_cpu = round->status.lost_cpu;
}

static int mag_round_read_status(const struct mag_stage *stage,
				 struct mag_round *round)
{
	int err = mag_device_status(stage->session->fd, &round->status);

	if (!err && (round->status.nr_ops > MAG_MAX_OPS ||
		     round->status.nr_counters > MAG_MAX_COUNTERS))
		err = -EPROTO;
	return err ? mag_round_fail(round, MAG_CALL_STATUS, err) : 0;
}

static void mag_round_show(const struct mag_stage *stage, __u32 backend,
			   unsigned int number)
{
	static const char *const doing[] = {
		[MAG_STATE_IDLE] = "starting",
		[MAG_STATE_WARMUP] = "warming up",
		[MAG_STATE_MEASURE] = "measuring",
		[MAG_STATE_HOLD] = "measured",
		[MAG_STATE_DONE] = "done",
		[MAG_STATE_FAILED] = "failed",
	};
	const struct mag_request *request = stage->request;
	struct mag_run_status status;
	char total[32] = "";

	if (!stage->progress.shown ||
	    mag_device_status(stage->session->fd, &status) ||
	    status.state >= MAG_NR_STATES)
		return;
	if (request->config.duration_ns)
		mag_format_ns(total, sizeof(total),
			      request->config.duration_ns);
	mag_progress_show(&stage->progress,
			  "%s on %s, round %u/%u: %s, %.1f s%s%s, %llu %s",
			  request->workload->about.name,
			  stage->session->catalog.backends.entry[backend].name,
			  number + 1, request->rounds, doing[status.state],
			  (double)status.elapsed_ns / 1e9, *total ? " of " : "",
			  total, status.steps, request->workload->about.unit);
}

/* From here on the next signal kills; the device ends the run on close. */
static int mag_round_interrupt(struct mag_stage *stage, struct mag_round *round)
{
	int err;

	stage->interrupted = true;
	err = mag_device_stop(stage->session->fd);
	return err ? mag_round_fail(round, MAG_CALL_STOP, err) : 0;
}

static int mag_round_wait(struct mag_stage *stage, struct mag_round *round,
			  __u32 backend, unsigned int number)
{
	struct pollfd fds[] = {
		{ .fd = stage->session->fd, .events = POLLIN },
		{ .fd = stage->signal_fd, .events = POLLIN },
	};
	int timeout = mag_progress_interval_ms(&stage->progress);

	for (;;) {
		mag_round_show(stage, backend, number);
		if (poll(fds, MAG_ARRAY_SIZE(fds), timeout) < 0) {
			if (errno == EINTR)
				continue;
			return mag_round_fail(round, MAG_CALL_STATUS, -errno);
		}
		if (fds[1].revents && mag_signals_taken(stage->signal_fd)) {
			fds[1].fd = -1;
			if (mag_round_interrupt(stage, round))
				return round->error;
		}
		if (fds[0].revents & POLLIN)
			return 0;
		if (fds[0].revents)
			return mag_round_fail(round, MAG_CALL_STATUS, -EIO);
	}
}

static int mag_round_read_hist(const struct mag_stage *stage, __u32 op,
			       const struct mag_round *round,
			       struct mag_histogram *hist)
{
	struct mag_hist_read read = {
		.op = op,
		.worker = MAG_WORKER_ALL,
		.nr_buckets = MAG_HIST_BUCKETS,
		.counts = (__u64)(unsigned long)hist->bucket,
	};
	int err = mag_device_hist(stage->session->fd, &read);

	if (err)
		return err;
	return mag_histogram_fill(hist, &round->status.ops[op],
				  round->unit_per_tick);
}

static void mag_round_read_at(double *at, const struct mag_histogram *hist)
{
	for (int p = 0; p < MAG_NR_PERCENTILES; p++) {
		__u64 ticks = mag_histogram_at(hist, mag_percentile_rank(p));

		at[p] = mag_histogram_per_sample(hist, ticks);
	}
}

static int mag_round_read_hists(const struct mag_stage *stage,
				struct mag_round *round,
				struct mag_histogram **hist)
{
	for (__u32 op = 0; op < round->status.nr_ops; op++) {
		int err = mag_round_read_hist(stage, op, round, hist[op]);

		if (err)
			return mag_round_fail(round, MAG_CALL_HIST, err);
		mag_round_read_at(round->at[op], hist[op]);
	}
	return 0;
}

/*
 * The caches of a prefix are shared with the rest of the kernel; what they
 * have grown by since the start is put down to the run, and a shrinkage means
 * that others moved more than it did.
 */
static void mag_round_read_held(const struct mag_stage *stage,
				struct mag_round *round, const char *prefix,
				int before_err, __u64 before)
{
	__u32 page_size = stage->session->env.info.page_size;
	__u64 now;

	if (round->status.held_exact) {
		round->held_source = MAG_HELD_BACKEND;
		round->held_bytes = round->status.held_bytes;
	} else if (*prefix && !before_err &&
		   !mag_slabinfo_read(prefix, page_size, &now) &&
		   now >= before) {
		round->held_source = MAG_HELD_SLABINFO;
		round->held_bytes = now - before;
	}
}

/* The scale of the clock is told where there is one, and its step always. */
static bool mag_round_clock_is_told(const struct mag_run_status *status)
{
	return !status->clock_khz == (status->clock == MAG_CLOCK_TICKS) &&
	       status->clock_step;
}

static int mag_round_settle(const struct mag_stage *stage,
			    struct mag_round *round)
{
	int err = mag_round_read_status(stage, round);

	if (err)
		return err;
	if (round->status.state == MAG_STATE_FAILED) {
		mag_round_broken(round);
		return round->error;
	}
	if (round->status.state != MAG_STATE_HOLD ||
	    round->status.nr_ops != stage->request->workload->ops.nr ||
	    round->status.nr_counters !=
		    stage->request->workload->counters.nr ||
	    round->status.clock != stage->request->config.clock ||
	    !mag_round_clock_is_told(&round->status))
		return mag_round_fail(round, MAG_CALL_STATUS, -EPROTO);
	round->unit_per_tick =
		round->status.clock_khz
			? MAG_NS_PER_MS / (double)round->status.clock_khz
			: 1;
	if (round->status.flags & MAG_RUN_STOPPED)
		round->state = MAG_ROUND_STOPPED;
	return 0;
}

static void mag_round_finish(const struct mag_stage *stage,
			     struct mag_round *round)
{
	struct mag_run_status after;
	int err = mag_device_finish(stage->session->fd);

	if (!err)
		err = mag_device_status(stage->session->fd, &after);
	if (err) {
		mag_round_fail(round, MAG_CALL_FINISH, err);
		return;
	}
	round->leaked = after.allocs - after.frees;
}

void mag_round_run(struct mag_stage *stage, __u32 backend, unsigned int number,
		   struct mag_round *round, struct mag_histogram **hist)
{
	const struct mag_session *session = stage->session;
	const struct mag_describe *about =
		&session->catalog.backends.entry[backend];
	const char *prefix = about->slabinfo;
	struct mag_run_config config = stage->request->config;
	__u32 page_size = session->env.info.page_size;
	struct mag_load_clock load;
	__u64 before = 0;
	int before_err = -ENOENT, err;

	memset(round, 0, sizeof(*round));
	round->lost_cpu = MAG_CPU_NONE;
	config.backend = backend;
	config.seed += number;
	round->seed = config.seed;
	if (*prefix)
		before_err = mag_slabinfo_read(prefix, page_size, &before);
	if (!stage->slabs->known)
		mag_slab_state_begin(stage->slabs, about->name, prefix);
	mag_load_begin(&load, stage->cpus);
	err = mag_device_start(session->fd, &config);
	if (err) {
		mag_round_refused(stage, round, err);
		return;
	}
	err = mag_round_wait(stage, round, backend, number);
	mag_load_end(&load, &round->load);
	mag_progress_clear(&stage->progress);
	if (err || mag_round_settle(stage, round))
		return;
	mag_round_read_held(stage, round, prefix, before_err, before);
	if (!stage->slabs->known)
		mag_slab_state_read(stage->slabs, prefix);
	if (!mag_round_read_hists(stage, round, hist))
		mag_round_finish(stage, round);
}

bool mag_round_lost_cpu(const struct mag_round *round)
{
	return round->state == MAG_ROUND_FAILED && round->error == -ENODEV &&
	       (round->call == MAG_CALL_START || round->call == MAG_CALL_RUN);
}

double mag_round_throughput(const struct mag_round *round, enum mag_unit unit)
{
	const struct mag_run_status *status = &round->status;
	__u64 length = status->elapsed_ns;
	double per = 1e9;

	if (unit == MAG_UNIT_INSNS) {
		length = status->elapsed_ticks;
		per = 1e6;
	}
	return length ? (double)status->steps * per / (double)length : 0.0;
}

double mag_round_at(const struct mag_round *round, __u32 op,
		    enum mag_percentile percentile)
{
	const struct mag_op_result *result = &round->status.ops[op];

	return result->count ? round->at[op][percentile] / result->per_sample
			     : NAN;
}

double mag_round_mean(const struct mag_round *round, __u32 op)
{
	const struct mag_op_result *result = &round->status.ops[op];

	return result->count
		       ? (double)result->sum * round->unit_per_tick /
				 (double)result->count / result->per_sample
		       : NAN;
}
