// SPDX-License-Identifier: GPL-2.0-only
/* Running all rounds, and figures over them. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "experiment.h"
#include "signals.h"
#include "state.h"
#include "util.h"

/* The backend that costs nothing but the harness itself. */
#define MAG_FLOOR_BACKEND "noop"

static void mag_hists_create(struct mag_histogram **hist, __u32 nr)
{
	for (__u32 op = 0; op < nr; op++)
		hist[op] = mag_histogram_create();
}

static void mag_hists_free(struct mag_histogram **hist)
{
	for (__u32 op = 0; op < MAG_MAX_OPS; op++)
		free(hist[op]);
}

static void mag_experiment_create(struct mag_experiment *experiment,
				  const struct mag_session *session,
				  const struct mag_request *request)
{
	memset(experiment, 0, sizeof(*experiment));
	experiment->session = session;
	experiment->request = request;
	experiment->subjects = mag_xcalloc(request->nr_backends,
					   sizeof(*experiment->subjects));
	for (size_t i = 0; i < request->nr_backends; i++) {
		struct mag_subject *subject = &experiment->subjects[i];
		__u32 backend = request->backends[i];

		subject->about = &session->catalog.backends.entry[backend];
		subject->rounds =
			mag_xcalloc(request->rounds, sizeof(*subject->rounds));
		mag_hists_create(subject->hist, request->workload->ops.nr);
	}
}

void mag_experiment_free(struct mag_experiment *experiment)
{
	for (size_t i = 0; i < experiment->request->nr_backends; i++) {
		free(experiment->subjects[i].rounds);
		mag_slab_state_free(&experiment->subjects[i].slabs);
		mag_hists_free(experiment->subjects[i].hist);
	}
	free(experiment->subjects);
	mag_warnings_free(&experiment->warnings);
	mag_machine_free(&experiment->profile);
}

/*
 * -ENOMEM at the start, and any error of the run itself, fails this backend only.
 * Other errors end the experiment, and so does a clock that does not move.  A CPU
 * that has gone ends it unless it is back: further rounds would be on another machine.
 */
static bool mag_experiment_goes_on(const struct mag_request *request,
				   const struct mag_round *round)
{
	if (round->error == -EOPNOTSUPP)
		return false;
	if (mag_round_lost_cpu(round))
		return request->places.nr &&
		       mag_places_missing(&request->places) == MAG_CPU_NONE;
	return round->call == MAG_CALL_RUN ||
	       (round->call == MAG_CALL_START && round->error == -ENOMEM);
}

static void mag_experiment_code(struct mag_experiment *experiment, int code)
{
	if (!experiment->code)
		experiment->code = code;
}

/* Of a CPU that is missing, and whether it is @back. */
static int mag_experiment_complain(const struct mag_round *round,
				   const char *where, bool back)
{
	__u32 cpu = round->lost_cpu;

	if (cpu == MAG_CPU_NONE)
		return mag_complain(where, round->call, round->error);
	if (back)
		mag_error(
			"%s: CPU %u went offline, and is back: this round does not count",
			where, cpu);
	else
		mag_error(
			"%s: CPU %u went offline, which ends the measurement; the rounds before are good.  Bring it back (echo 1 >/sys/devices/system/cpu/cpu%u/online), or run on others (--cpus)",
			where, cpu, cpu);
	return MAG_EXIT_FAILED;
}

/* Returns whether there may be further rounds. */
static bool mag_experiment_failed(struct mag_experiment *experiment,
				  struct mag_subject *subject,
				  const struct mag_round *round)
{
	bool go_on = mag_experiment_goes_on(experiment->request, round);
	char *where = mag_xasprintf("%s on %s, round %u",
				    experiment->request->workload->about.name,
				    subject->about->name, subject->nr_rounds);

	subject->failed = !go_on || !mag_round_lost_cpu(round);
	mag_experiment_code(experiment,
			    mag_experiment_complain(round, where, go_on));
	free(where);
	return go_on;
}

static void mag_experiment_keep(struct mag_experiment *experiment,
				struct mag_subject *subject,
				const struct mag_round *round,
				struct mag_histogram **hist)
{
	mag_load_add(&experiment->load, &round->load);
	for (__u32 op = 0; op < experiment->request->workload->ops.nr; op++) {
		if (!mag_histogram_merge(subject->hist[op], hist[op]))
			continue;
		mag_error("%s: batch or clock changed between rounds",
			  subject->about->name);
		mag_experiment_code(experiment, MAG_EXIT_FAILED);
	}
	if (round->leaked) {
		mag_error("%s: %llu objects never freed: see the kernel log",
			  subject->about->name, round->leaked);
		mag_experiment_code(experiment, MAG_EXIT_FAILED);
	}
}

static bool mag_experiment_one(struct mag_experiment *experiment,
			       struct mag_stage *stage, size_t i,
			       unsigned int number)
{
	struct mag_subject *subject = &experiment->subjects[i];
	struct mag_round *round = &subject->rounds[subject->nr_rounds];
	struct mag_histogram *hist[MAG_MAX_OPS] = { NULL };
	bool go_on = true;

	mag_hists_create(hist, stage->request->workload->ops.nr);
	stage->slabs = &subject->slabs;
	mag_round_run(stage, stage->request->backends[i], number, round, hist);
	subject->nr_rounds++;
	if (round->state == MAG_ROUND_STOPPED)
		experiment->interrupted = true;
	if (round->state == MAG_ROUND_FAILED)
		go_on = mag_experiment_failed(experiment, subject, round);
	else
		mag_experiment_keep(experiment, subject, round, hist);
	mag_hists_free(hist);
	return go_on;
}

/* A signal between two rounds must not have to wait for the next. */
static bool mag_stage_interrupted(struct mag_stage *stage)
{
	if (!stage->interrupted)
		stage->interrupted = mag_signals_taken(stage->signal_fd);
	return stage->interrupted;
}

/*
 * Interleaved, so that a machine that grows slower grows so for all; rotated,
 * so that none always follows the same neighbour's leavings.
 */
static void mag_experiment_rounds(struct mag_experiment *experiment,
				  struct mag_stage *stage)
{
	size_t nr = stage->request->nr_backends;

	for (unsigned int number = 0; number < stage->request->rounds;
	     number++) {
		for (size_t turn = 0; turn < nr; turn++) {
			size_t i = (number + turn) % nr;

			if (experiment->subjects[i].failed)
				continue;
			experiment->interrupted |= mag_stage_interrupted(stage);
			if (experiment->interrupted ||
			    !mag_experiment_one(experiment, stage, i, number))
				return;
		}
	}
}

static bool mag_experiment_next_cpu(void *data, size_t i, size_t nr)
{
	struct mag_stage *stage = data;

	mag_progress_show(&stage->progress,
			  "measuring the machine, CPU %zu of %zu", i + 1, nr);
	return !mag_stage_interrupted(stage);
}

static __u64 mag_experiment_primitives(const struct mag_experiment *experiment)
{
	__u64 primitives = 0;

	for (size_t i = 0; i < experiment->request->nr_backends; i++)
		primitives |= experiment->subjects[i].about->primitives;
	return primitives;
}

/* The CPUs of the workers; where the module chooses, the first that are online. */
static void mag_experiment_cpus(const struct mag_request *request,
				struct mag_cpulist *cpus)
{
	if (request->places.nr) {
		mag_places_list(&request->places, cpus);
		return;
	}
	mag_cpulist_online(cpus);
	if (cpus->nr > request->config.nr_workers)
		cpus->nr = request->config.nr_workers;
}

static void mag_experiment_profile(struct mag_experiment *experiment,
				   struct mag_stage *stage)
{
	const struct mag_machine_watch watch = { mag_experiment_next_cpu,
						 stage };
	const struct mag_session *session = experiment->session;
	struct mag_cpulist cpus;

	mag_experiment_cpus(experiment->request, &cpus);
	mag_machine_read(&experiment->profile, session->fd, &session->env,
			 &cpus, &watch);
	mag_progress_clear(&stage->progress);
	mag_machine_warn(&experiment->profile,
			 mag_experiment_primitives(experiment),
			 &experiment->warnings);
	mag_cpulist_free(&cpus);
	stage->cpus = &experiment->profile.cpus;
}

void mag_experiment_run(struct mag_experiment *experiment,
			const struct mag_session *session,
			const struct mag_request *request,
			const struct mag_options *options)
{
	struct mag_stage stage = {
		.session = session,
		.request = request,
		.progress =
			mag_progress_create(options->progress, options->quiet),
	};

	mag_experiment_create(experiment, session, request);
	experiment->compare = options->compare;
	experiment->strict = options->strict;
	mag_environment_warn(&session->env, &experiment->warnings);
	stage.signal_fd = mag_signals_open();
	if (stage.signal_fd < 0) {
		experiment->profile.error = -errno;
		mag_error("signalfd: %s", strerror(errno));
		experiment->code = MAG_EXIT_FAILED;
		return;
	}
	mag_experiment_profile(experiment, &stage);
	mag_experiment_rounds(experiment, &stage);
	mag_state_warn(experiment);
	mag_progress_clear(&stage.progress);
	mag_signals_close(stage.signal_fd);
}

unsigned int mag_subject_good_rounds(const struct mag_subject *subject)
{
	unsigned int good = 0;

	for (unsigned int i = 0; i < subject->nr_rounds; i++)
		good += subject->rounds[i].state != MAG_ROUND_FAILED;
	return good;
}

bool mag_subject_counts(const struct mag_subject *subject,
			const struct mag_round *round)
{
	if (round->state != MAG_ROUND_STOPPED)
		return round->state == MAG_ROUND_WHOLE;
	for (unsigned int i = 0; i < subject->nr_rounds; i++) {
		if (subject->rounds[i].state == MAG_ROUND_WHOLE)
			return false;
	}
	return true;
}

typedef double mag_figure(const struct mag_round *round, enum mag_unit unit);

static double mag_figure_live_bytes(const struct mag_round *round,
				    enum mag_unit unit)
{
	(void)unit;
	return (double)round->status.live_bytes;
}

static double mag_figure_live_objects(const struct mag_round *round,
				      enum mag_unit unit)
{
	(void)unit;
	return (double)round->status.live_objects;
}

static double mag_figure_held_bytes(const struct mag_round *round,
				    enum mag_unit unit)
{
	(void)unit;
	return (double)round->held_bytes;
}

static double mag_subject_median(const struct mag_subject *subject,
				 mag_figure *figure, enum mag_unit unit)
{
	double *values = mag_xcalloc(subject->nr_rounds, sizeof(*values));
	size_t nr = 0;
	double median;

	for (unsigned int i = 0; i < subject->nr_rounds; i++) {
		if (mag_subject_counts(subject, &subject->rounds[i]))
			values[nr++] = figure(&subject->rounds[i], unit);
	}
	median = mag_stats_median(values, nr);
	free(values);
	return median;
}

double mag_subject_throughput(const struct mag_subject *subject,
			      enum mag_unit unit)
{
	return mag_subject_median(subject, mag_round_throughput, unit);
}

double mag_subject_live_bytes(const struct mag_subject *subject)
{
	return mag_subject_median(subject, mag_figure_live_bytes, MAG_UNIT_NS);
}

double mag_subject_live_objects(const struct mag_subject *subject)
{
	return mag_subject_median(subject, mag_figure_live_objects,
				  MAG_UNIT_NS);
}

double mag_subject_held_bytes(const struct mag_subject *subject)
{
	if (mag_subject_held_source(subject) == MAG_HELD_UNKNOWN)
		return NAN;
	return mag_subject_median(subject, mag_figure_held_bytes, MAG_UNIT_NS);
}

enum mag_held_source mag_subject_held_source(const struct mag_subject *subject)
{
	enum mag_held_source source = MAG_HELD_UNKNOWN;

	for (unsigned int i = 0; i < subject->nr_rounds; i++) {
		if (!mag_subject_counts(subject, &subject->rounds[i]))
			continue;
		source = subject->rounds[i].held_source;
		if (source == MAG_HELD_UNKNOWN)
			break;
	}
	return source;
}

__u64 mag_subject_counter(const struct mag_subject *subject, __u32 counter)
{
	__u64 sum = 0;

	for (unsigned int i = 0; i < subject->nr_rounds; i++) {
		if (subject->rounds[i].state != MAG_ROUND_FAILED)
			sum += subject->rounds[i].status.counters[counter];
	}
	return sum;
}

__u64 mag_subject_alloc_failures(const struct mag_subject *subject)
{
	__u64 sum = 0;

	for (unsigned int i = 0; i < subject->nr_rounds; i++) {
		if (subject->rounds[i].state != MAG_ROUND_FAILED)
			sum += subject->rounds[i].status.alloc_failures;
	}
	return sum;
}

static unsigned int mag_common_rounds(const struct mag_subject *a,
				      const struct mag_subject *b)
{
	return a->nr_rounds < b->nr_rounds ? a->nr_rounds : b->nr_rounds;
}

/* 0, which no pair takes in, for a round that did not run to its bounds. */
static double mag_metric_value(const struct mag_round *round,
			       enum mag_metric metric, __u32 op,
			       enum mag_unit unit)
{
	if (round->state != MAG_ROUND_WHOLE)
		return 0;
	if (metric == MAG_METRIC_THROUGHPUT)
		return mag_round_throughput(round, unit);
	return mag_round_at(round, op,
			    metric == MAG_METRIC_P50 ? MAG_P50 : MAG_P99);
}

/* One step of the clock as a figure of one operation shows it; 0 if unknown. */
static double mag_experiment_step(const struct mag_experiment *experiment,
				  const struct mag_subject *subject, __u32 op)
{
	struct mag_clock_figures clock;

	if (!mag_experiment_clock(experiment, &clock))
		return 0;
	return clock.step / subject->hist[op]->per_sample;
}

/*
 * A reading is off by less than a step, either way.  Where samples are dense, as
 * at the median, they average to half a step.  In the tail a whole step is left.  Of
 * a bucket wider than a step the upper end is the figure.
 */
static struct mag_slack
mag_experiment_slack(const struct mag_experiment *experiment,
		     const struct mag_subject *subject, enum mag_metric metric,
		     __u32 op, double figure)
{
	double step = mag_experiment_step(experiment, subject, op);
	double width = mag_histogram_width(subject->hist[op], figure);
	double reading = metric == MAG_METRIC_P99 ? step : step / 2;

	return (struct mag_slack){
		.below = reading + (width > step ? width : 0),
		.above = reading,
	};
}

static void mag_experiment_widen(const struct mag_experiment *experiment,
				 const struct mag_subject *subject,
				 const struct mag_subject *base,
				 enum mag_metric metric, __u32 op,
				 struct mag_ratio *ratio)
{
	struct mag_slack of_value = mag_experiment_slack(
		experiment, subject, metric, op, ratio->base * ratio->ratio);
	struct mag_slack of_base =
		mag_experiment_slack(experiment, base, metric, op, ratio->base);

	mag_stats_ratio_widen(ratio, &of_value, &of_base);
}

struct mag_ratio mag_experiment_ratio(const struct mag_experiment *experiment,
				      const struct mag_subject *subject,
				      enum mag_metric metric, __u32 op)
{
	const struct mag_request *request = experiment->request;
	const struct mag_subject *base =
		&experiment->subjects[request->baseline];
	unsigned int nr = mag_common_rounds(subject, base);
	double *values = mag_xcalloc(2 * (size_t)nr, sizeof(*values));
	struct mag_ratio ratio;

	for (unsigned int i = 0; i < nr; i++) {
		values[i] = mag_metric_value(&subject->rounds[i], metric, op,
					     request->unit);
		values[nr + i] = mag_metric_value(&base->rounds[i], metric, op,
						  request->unit);
	}
	ratio = mag_stats_ratio(values, values + nr, nr);
	free(values);
	if (metric != MAG_METRIC_THROUGHPUT && ratio.pairs)
		mag_experiment_widen(experiment, subject, base, metric, op,
				     &ratio);
	return ratio;
}

enum mag_verdict mag_experiment_verdict(const struct mag_experiment *experiment,
					const struct mag_subject *subject,
					enum mag_metric metric, __u32 op,
					const struct mag_ratio *ratio)
{
	const struct mag_subject *base =
		&experiment->subjects[experiment->request->baseline];
	enum mag_verdict verdict =
		mag_stats_verdict(ratio, metric == MAG_METRIC_THROUGHPUT);

	if (mag_state_refuses(experiment))
		return MAG_VERDICT_REFUSED;
	if (mag_machine_explains(&experiment->profile,
				 subject->about->primitives |
					 base->about->primitives))
		return MAG_VERDICT_MACHINE;
	if (verdict == MAG_VERDICT_NONE || metric == MAG_METRIC_THROUGHPUT)
		return verdict;
	if (mag_stats_ratio_within(ratio, mag_experiment_step(experiment,
							      subject, op)))
		return MAG_VERDICT_STEP;
	return verdict;
}

const struct mag_subject *
mag_experiment_floor(const struct mag_experiment *experiment)
{
	for (size_t i = 0; i < experiment->request->nr_backends; i++) {
		const struct mag_subject *subject = &experiment->subjects[i];

		if (!strcmp(subject->about->name, MAG_FLOOR_BACKEND) &&
		    mag_subject_good_rounds(subject))
			return subject;
	}
	return NULL;
}

static double mag_net_p50(const struct mag_round *round, __u32 op)
{
	return round->state == MAG_ROUND_WHOLE
		       ? mag_round_at(round, op, MAG_P50)
		       : NAN;
}

static double mag_net_mean(const struct mag_round *round, __u32 op)
{
	return round->state == MAG_ROUND_WHOLE ? mag_round_mean(round, op)
					       : NAN;
}

/* Of the p50. */
static struct mag_slack mag_net_slack(const struct mag_experiment *experiment,
				      const struct mag_subject *subject,
				      __u32 op)
{
	const struct mag_histogram *hist = subject->hist[op];
	__u64 p50 = mag_histogram_at(hist, mag_percentile_rank(MAG_P50));

	return mag_experiment_slack(experiment, subject, MAG_METRIC_P50, op,
				    mag_histogram_per_op(hist, p50));
}

/* Round by round: what a whole round suffered is in both, and cancels. */
static struct mag_difference
mag_net_difference(const struct mag_subject *subject,
		   const struct mag_subject *floor, __u32 op,
		   double (*figure)(const struct mag_round *round, __u32 op))
{
	unsigned int nr = mag_common_rounds(subject, floor);
	double *values = mag_xcalloc(2 * (size_t)nr, sizeof(*values));
	struct mag_difference difference;

	for (unsigned int i = 0; i < nr; i++) {
		values[i] = figure(&subject->rounds[i], op);
		values[nr + i] = figure(&floor->rounds[i], op);
	}
	difference = mag_stats_difference(values, values + nr, nr);
	free(values);
	return difference;
}

bool mag_experiment_net(const struct mag_experiment *experiment,
			const struct mag_subject *subject, __u32 op,
			struct mag_net *net)
{
	const struct mag_subject *floor = mag_experiment_floor(experiment);
	struct mag_slack of_subject, of_floor;

	if (!floor || floor == subject)
		return false;
	net->p50 = mag_net_difference(subject, floor, op, mag_net_p50);
	net->mean = mag_net_difference(subject, floor, op, mag_net_mean);
	of_subject = mag_net_slack(experiment, subject, op);
	of_floor = mag_net_slack(experiment, floor, op);
	mag_stats_difference_widen(&net->p50, &of_subject, &of_floor);
	return net->p50.pairs;
}

static __u64 mag_experiment_khz(const struct mag_experiment *experiment)
{
	for (size_t i = 0; i < experiment->request->nr_backends; i++) {
		const struct mag_subject *subject = &experiment->subjects[i];

		for (unsigned int j = 0; j < subject->nr_rounds; j++) {
			if (subject->rounds[j].state != MAG_ROUND_FAILED)
				return subject->rounds[j].status.clock_khz;
		}
	}
	return 0;
}

/* Median, over all rounds that did not fail, of ticks in the unit of the report. */
static double
mag_experiment_ticks(const struct mag_experiment *experiment,
		     __u64 (*ticks)(const struct mag_run_status *status))
{
	const struct mag_request *request = experiment->request;
	double *values = mag_xcalloc(request->nr_backends * request->rounds,
				     sizeof(*values));
	double median;
	size_t nr = 0;

	for (size_t i = 0; i < request->nr_backends; i++) {
		const struct mag_subject *subject = &experiment->subjects[i];

		for (unsigned int j = 0; j < subject->nr_rounds; j++) {
			const struct mag_round *round = &subject->rounds[j];

			if (round->state != MAG_ROUND_FAILED)
				values[nr++] = (double)ticks(&round->status) *
					       round->unit_per_tick;
		}
	}
	median = mag_stats_median(values, nr);
	free(values);
	return median;
}

static __u64 mag_clock_step(const struct mag_run_status *status)
{
	return status->clock_step;
}

static __u64 mag_clock_cost(const struct mag_run_status *status)
{
	return status->clock_read;
}

bool mag_experiment_clock(const struct mag_experiment *experiment,
			  struct mag_clock_figures *clock)
{
	clock->khz = mag_experiment_khz(experiment);
	clock->step = mag_experiment_ticks(experiment, mag_clock_step);
	clock->read = mag_experiment_ticks(experiment, mag_clock_cost);
	return !isnan(clock->step);
}

const __u64 *mag_experiment_params(const struct mag_experiment *experiment)
{
	for (size_t i = 0; i < experiment->request->nr_backends; i++) {
		const struct mag_subject *subject = &experiment->subjects[i];

		for (unsigned int j = 0; j < subject->nr_rounds; j++) {
			if (subject->rounds[j].state != MAG_ROUND_FAILED)
				return subject->rounds[j].status.params;
		}
	}
	return NULL;
}
