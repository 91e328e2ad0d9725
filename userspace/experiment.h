/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All rounds of all backends: run is one of each.  Holds what was measured;
 * the report, the JSON and the CSV are made from it and measure nothing.
 */
#ifndef MAGCTL_EXPERIMENT_H
#define MAGCTL_EXPERIMENT_H

#include "machine.h"
#include "round.h"
#include "stats.h"

/**
 * struct mag_subject - a backend and what was measured on it
 * @about: its description
 * @rounds: in the order of their numbers
 * @nr_rounds: begun
 * @failed: a round of it failed; it takes no part in the later ones.  One that lost
 *	a CPU which is back does not count, and that is all
 * @slabs: its caches, as they were in a round
 * @hist: by operation kind, over all rounds that did not fail
 */
struct mag_subject {
	const struct mag_describe *about;
	struct mag_round *rounds;
	unsigned int nr_rounds;
	bool failed;
	struct mag_slab_state slabs;
	struct mag_histogram *hist[MAG_MAX_OPS];
};

/**
 * struct mag_experiment - what was measured
 * @compare: by compare, not run
 * @session: where
 * @request: what
 * @subjects: request->nr_backends of them, in the order asked for
 * @strict: no verdict while a precondition is missing
 * @load: what else went on during the rounds that did not fail
 * @profile: what the machine is, on the CPUs of the workers
 * @warnings: what makes its figures doubtful
 * @interrupted: a signal stopped a round, or kept one from its start
 * @code: MAG_EXIT_OK, or what the first failure, already told, asks to exit with
 */
struct mag_experiment {
	bool compare;
	const struct mag_session *session;
	const struct mag_request *request;
	struct mag_subject *subjects;
	bool strict;
	struct mag_load load;
	struct mag_profile profile;
	struct mag_warnings warnings;
	bool interrupted;
	int code;
};

/* Runs everything; failures and signals are recorded, and told as they come. */
void mag_experiment_run(struct mag_experiment *experiment,
			const struct mag_session *session,
			const struct mag_request *request,
			const struct mag_options *options);
void mag_experiment_free(struct mag_experiment *experiment);

/* Rounds whose samples count. */
unsigned int mag_subject_good_rounds(const struct mag_subject *subject);

/* A round whose length counts too, unless stopped rounds are all there is. */
bool mag_subject_counts(const struct mag_subject *subject,
			const struct mag_round *round);

/* Median over the rounds that count, NAN if there is none. */
double mag_subject_throughput(const struct mag_subject *subject,
			      enum mag_unit unit);
double mag_subject_live_bytes(const struct mag_subject *subject);
double mag_subject_live_objects(const struct mag_subject *subject);
/* NAN also if it is unknown of a round. */
double mag_subject_held_bytes(const struct mag_subject *subject);
enum mag_held_source mag_subject_held_source(const struct mag_subject *subject);

/* Sums over the good rounds. */
__u64 mag_subject_counter(const struct mag_subject *subject, __u32 counter);
__u64 mag_subject_alloc_failures(const struct mag_subject *subject);

/**
 * enum mag_metric - what is compared with the baseline
 * @MAG_METRIC_THROUGHPUT: of the whole workload
 * @MAG_METRIC_P50: of one operation kind
 * @MAG_METRIC_P99: of one operation kind
 */
enum mag_metric {
	MAG_METRIC_THROUGHPUT,
	MAG_METRIC_P50,
	MAG_METRIC_P99,
};

/**
 * mag_experiment_ratio() - a backend's ratio to the baseline
 * @experiment: what was measured
 * @subject: the backend compared
 * @metric: in what
 * @op: of which operation kind; means nothing for the throughput
 *
 * Return: the ratio; the interval of a time is no narrower than the clock's step
 * and the buckets of the histogram allow.
 */
struct mag_ratio mag_experiment_ratio(const struct mag_experiment *experiment,
				      const struct mag_subject *subject,
				      enum mag_metric metric, __u32 op);

/**
 * mag_experiment_verdict() - what may be said of a ratio
 * @experiment: what was measured
 * @subject: the backend compared
 * @metric: in what
 * @op: of which operation kind
 * @ratio: of mag_experiment_ratio() with the same arguments
 *
 * Return: the verdict of the statistics, or the reason why there is none.
 */
enum mag_verdict mag_experiment_verdict(const struct mag_experiment *experiment,
					const struct mag_subject *subject,
					enum mag_metric metric, __u32 op,
					const struct mag_ratio *ratio);

/* The backend that is the harness alone, or NULL if it does not take part. */
const struct mag_subject *
mag_experiment_floor(const struct mag_experiment *experiment);

/**
 * struct mag_net - what an operation costs beyond the harness
 * @p50: differences of the rounds' p50, of one operation, in the unit of the
 *	report
 * @mean: differences of the rounds' means; next to @p50, never a result alone
 */
struct mag_net {
	struct mag_difference p50;
	struct mag_difference mean;
};

/* False if there is no floor, it is @subject itself, or no round has both. */
bool mag_experiment_net(const struct mag_experiment *experiment,
			const struct mag_subject *subject, __u32 op,
			struct mag_net *net);

/**
 * struct mag_clock_figures - how fine the clock of an experiment is
 * @khz: ticks in a millisecond; 0 if they are reported as they are
 * @step: smallest step of its readings, in the unit of the report
 * @read: what a reading costs, in the unit of the report
 */
struct mag_clock_figures {
	__u64 khz;
	double step;
	double read;
};

/* Medians over the rounds that did not fail; false if there is none. */
bool mag_experiment_clock(const struct mag_experiment *experiment,
			  struct mag_clock_figures *clock);

/* Parameters used, defaults filled in; NULL if no round was good. */
const __u64 *mag_experiment_params(const struct mag_experiment *experiment);

#endif /* MAGCTL_EXPERIMENT_H */
