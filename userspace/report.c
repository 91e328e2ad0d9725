// SPDX-License-Identifier: GPL-2.0-only
/* The report of run and compare. */
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "machine_report.h"
#include "report.h"
#include "state.h"
#include "table.h"
#include "util.h"

#define MAG_REPORT_INDENT   2
#define MAG_REPORT_DECIMALS 2

char *mag_report_throughput_unit(const struct mag_request *request)
{
	return mag_xasprintf("%s/%s", request->workload->about.unit,
			     request->unit == MAG_UNIT_INSNS ? "1e6 insns"
							     : "s");
}

static void mag_report_key(FILE *out, const char *key)
{
	fprintf(out, "  %-11s", key);
}

static void mag_report_hook_set(__u64 hooks, bool on, FILE *out)
{
	bool any = false;
	const char *name;
	__u64 bit;

	for (unsigned int i = 0; (name = mag_hook_name(i, &bit)); i++) {
		if (!!(hooks & bit) != on)
			continue;
		fprintf(out, "%s%s", any ? " " : "", name);
		any = true;
	}
	fputs(any ? "\n" : "none\n", out);
}

void mag_report_hooks(__u64 hooks, FILE *out)
{
	mag_report_key(out, "hooks on");
	mag_report_hook_set(hooks, true, out);
	mag_report_key(out, "hooks off");
	mag_report_hook_set(hooks, false, out);
}

static void mag_report_title(const struct mag_experiment *experiment, FILE *out)
{
	const struct mag_request *request = experiment->request;

	fprintf(out, "magctl %s: %s on",
		experiment->compare ? "compare" : "run",
		request->workload->about.name);
	for (size_t i = 0; i < request->nr_backends; i++)
		fprintf(out, "%s %s", i ? "," : "",
			experiment->subjects[i].about->name);
	fputs(experiment->interrupted ? " (interrupted)\n" : "\n", out);
}

static void mag_report_bound(FILE *out, __u64 ns, __u64 steps, const char *unit)
{
	char text[32] = "";

	if (ns)
		mag_format_ns(text, sizeof(text), ns);
	fputs(text, out);
	if (ns && steps)
		fputs(" or ", out);
	if (steps)
		fprintf(out, "%llu %s a worker", steps, unit);
	if (!ns && !steps)
		fputs("none", out);
}

static void mag_report_run(const struct mag_experiment *experiment, FILE *out)
{
	const struct mag_request *request = experiment->request;
	const struct mag_run_config *config = &request->config;
	const char *unit = request->workload->about.unit;

	mag_report_key(out, "run");
	fprintf(out, "%u worker%s", config->nr_workers,
		config->nr_workers == 1 ? "" : "s");
	if (request->places.nr) {
		fputs(request->places.nr == 1 ? " on CPU " : " on CPUs ", out);
		mag_places_print(&request->places, out);
	}
	fputs(", ", out);
	mag_report_bound(out, config->duration_ns, config->steps, unit);
	fputs(", warm-up ", out);
	mag_report_bound(out, config->warmup_ns, config->warmup_steps, unit);
	fprintf(out, ", seed %llu", config->seed);
	if (experiment->compare)
		fprintf(out, ", %u rounds interleaved", request->rounds);
	fputc('\n', out);
}

static void mag_report_params(const struct mag_experiment *experiment,
			      FILE *out)
{
	const struct mag_entries *params =
		&experiment->request->workload->params;
	const __u64 *values = mag_experiment_params(experiment);

	if (!params->nr || !values)
		return;
	mag_report_key(out, "parameters");
	for (__u32 i = 0; i < params->nr; i++)
		fprintf(out, "%s%s=%llu", i ? " " : "", params->entry[i].name,
			values[i]);
	fputc('\n', out);
}

static void mag_report_clock(const struct mag_experiment *experiment, FILE *out)
{
	const struct mag_request *request = experiment->request;
	const char *unit = mag_unit_name(request->unit);
	struct mag_clock_figures figures;

	mag_report_key(out, "clock");
	fprintf(out, "%s; ",
		mag_catalog_clock(&experiment->session->catalog,
				  request->config.clock));
	if (mag_experiment_clock(experiment, &figures))
		fprintf(out,
			"step %.3g %s, readings follow each other by %.3g %s; ",
			figures.step, unit, figures.read, unit);
	fprintf(out, "times in %s an operation, service time (closed loop)\n",
		unit);
}

static void mag_report_refusal(const struct mag_experiment *experiment,
			       FILE *out)
{
	char *text;

	if (!mag_state_refuses(experiment))
		return;
	text = mag_state_refusal(experiment);
	mag_report_key(out, "strict");
	fprintf(out, "%s\n", text);
	free(text);
}

static void mag_report_header(const struct mag_experiment *experiment,
			      FILE *out)
{
	mag_report_title(experiment, out);
	mag_warnings_print(&experiment->warnings, out);
	mag_report_refusal(experiment, out);
	mag_environment_print(&experiment->session->env, out);
	mag_report_clock(experiment, out);
	mag_report_run(experiment, out);
	mag_report_params(experiment, out);
	mag_report_hooks(mag_state_hooks(experiment), out);
	mag_state_print(experiment, out);
	mag_report_key(out, "primitives");
	mag_machine_print_line(&experiment->profile, out);
}

static bool mag_report_any_out_of_range(const struct mag_experiment *experiment)
{
	const struct mag_request *request = experiment->request;

	for (size_t i = 0; i < request->nr_backends; i++) {
		for (__u32 op = 0; op < request->workload->ops.nr; op++) {
			const struct mag_histogram *hist =
				experiment->subjects[i].hist[op];

			if (hist->below || hist->above)
				return true;
		}
	}
	return false;
}

/*
 * Decimals that mean something: those that a step of the clock reaches, and no
 * more than make four digits with those before the point, since a bucket is
 * known to three.
 */
static int mag_report_decimals(double value, double step)
{
	double next = 1000; /* least value that has all four before the point */
	int decimals = 0;

	while (decimals < MAG_REPORT_DECIMALS && step < 1 && value < next) {
		decimals++;
		step *= 10;
		next /= 10;
	}
	return decimals;
}

static void mag_report_value(struct mag_table *table,
			     const struct mag_histogram *hist, __u64 ticks,
			     double step)
{
	double value = mag_histogram_per_op(hist, ticks);

	if (!hist->count)
		mag_table_cell(table, "-");
	else
		mag_table_cell(table, "%.*f", mag_report_decimals(value, step),
			       value);
}

/* @step: of the clock, in the unit of the report. */
static void mag_report_op(struct mag_table *table,
			  const struct mag_histogram *hist, double step,
			  bool out_of_range)
{
	step /= hist->per_sample;
	mag_table_cell(table, "%llu", hist->count);
	for (int p = 0; p < MAG_NR_PERCENTILES; p++)
		mag_report_value(table, hist,
				 mag_histogram_at(hist, mag_percentile_rank(p)),
				 step);
	mag_report_value(table, hist, hist->max, step);
	if (out_of_range) {
		mag_table_cell(table, "%llu", hist->below);
		mag_table_cell(table, "%llu", hist->above);
	}
}

static struct mag_table *mag_report_ops_table(bool compare, bool out_of_range)
{
	struct mag_table *table = mag_table_create(MAG_REPORT_INDENT);

	mag_table_column(table, "<operation");
	if (compare)
		mag_table_column(table, "<backend");
	mag_table_column(table, ">samples");
	mag_table_column(table, ">p50");
	mag_table_column(table, ">p90");
	mag_table_column(table, ">p99");
	mag_table_column(table, ">p99.9");
	mag_table_column(table, ">p99.99");
	mag_table_column(table, ">max");
	if (out_of_range) {
		mag_table_column(table, ">below");
		mag_table_column(table, ">above");
	}
	return table;
}

static void mag_report_ops(const struct mag_experiment *experiment, FILE *out)
{
	const struct mag_request *request = experiment->request;
	const struct mag_entries *ops = &request->workload->ops;
	bool out_of_range = mag_report_any_out_of_range(experiment);
	struct mag_table *table =
		mag_report_ops_table(experiment->compare, out_of_range);
	struct mag_clock_figures clock;

	mag_experiment_clock(experiment, &clock);
	for (__u32 op = 0; op < ops->nr; op++) {
		for (size_t i = 0; i < request->nr_backends; i++) {
			const struct mag_subject *subject =
				&experiment->subjects[i];

			mag_table_cell(table, "%s",
				       i ? "" : ops->entry[op].name);
			if (experiment->compare)
				mag_table_cell(table, "%s",
					       subject->about->name);
			mag_report_op(table, subject->hist[op], clock.step,
				      out_of_range);
		}
	}
	fputc('\n', out);
	mag_table_print(table, out);
	mag_table_destroy(table);
}

/* The same for all backends; of one that did no round it is not known. */
static __u32 mag_report_per_sample(const struct mag_experiment *experiment,
				   __u32 op)
{
	const struct mag_request *request = experiment->request;
	__u32 per_sample = 1;

	for (size_t i = 0; i < request->nr_backends && per_sample == 1; i++)
		per_sample = experiment->subjects[i].hist[op]->per_sample;
	return per_sample;
}

/* Which operations are timed in batches, and in what size. */
static void mag_report_batches(const struct mag_experiment *experiment,
			       FILE *out)
{
	const struct mag_entries *ops = &experiment->request->workload->ops;

	for (__u32 op = 0; op < ops->nr; op++) {
		__u32 per_sample = mag_report_per_sample(experiment, op);

		if (per_sample > 1)
			fprintf(out,
				"  a sample of %s times %u at once; divided by that\n",
				ops->entry[op].name, per_sample);
	}
}

static void mag_report_bytes(struct mag_table *table, double bytes)
{
	char text[32] = "n/a";

	if (!isnan(bytes))
		mag_format_bytes(text, sizeof(text), bytes);
	mag_table_cell(table, "%s", text);
}

static void mag_report_held(struct mag_table *table,
			    const struct mag_subject *subject)
{
	static const char *const source[] = {
		[MAG_HELD_UNKNOWN] = "n/a",
		[MAG_HELD_BACKEND] = "backend",
		[MAG_HELD_SLABINFO] = "slabinfo",
	};
	double live = mag_subject_live_bytes(subject);
	double held = mag_subject_held_bytes(subject);

	mag_report_bytes(table, live);
	mag_report_bytes(table, held);
	if (live > 0 && !isnan(held))
		mag_table_cell(table, "%.3f", held / live);
	else
		mag_table_cell(table, "n/a");
	mag_table_cell(table, "%s", source[mag_subject_held_source(subject)]);
}

static void mag_report_rate(struct mag_table *table, double rate)
{
	if (isnan(rate))
		mag_table_cell(table, "n/a");
	else
		mag_table_cell(table, rate < 10000 ? "%.2f" : "%.0f", rate);
}

static const char *mag_report_state(const struct mag_subject *subject)
{
	if (subject->failed ||
	    (subject->nr_rounds && !mag_subject_good_rounds(subject)))
		return "failed";
	for (unsigned int i = 0; i < subject->nr_rounds; i++) {
		if (subject->rounds[i].state == MAG_ROUND_STOPPED)
			return "stopped";
	}
	return subject->nr_rounds ? "whole" : "not run";
}

static void mag_report_memory(const struct mag_experiment *experiment,
			      FILE *out)
{
	const struct mag_request *request = experiment->request;
	struct mag_table *table = mag_table_create(MAG_REPORT_INDENT);
	char *unit = mag_report_throughput_unit(request);
	char *head = mag_xasprintf(">%s", unit);

	mag_table_column(table, "<backend");
	mag_table_column(table, "<state");
	mag_table_column(table, ">rounds");
	mag_table_column(table, head);
	mag_table_column(table, ">live");
	mag_table_column(table, ">held");
	mag_table_column(table, ">held/live");
	mag_table_column(table, "<held from");
	mag_table_column(table, ">alloc failures");
	for (size_t i = 0; i < request->nr_backends; i++) {
		const struct mag_subject *subject = &experiment->subjects[i];

		mag_table_cell(table, "%s", subject->about->name);
		mag_table_cell(table, "%s", mag_report_state(subject));
		mag_table_cell(table, "%u", mag_subject_good_rounds(subject));
		mag_report_rate(table,
				mag_subject_throughput(subject, request->unit));
		mag_report_held(table, subject);
		mag_table_cell(table, "%llu",
			       mag_subject_alloc_failures(subject));
	}
	fputc('\n', out);
	mag_table_print(table, out);
	mag_table_destroy(table);
	free(head);
	free(unit);
}

static void mag_report_counters(const struct mag_experiment *experiment,
				FILE *out)
{
	const struct mag_request *request = experiment->request;
	const struct mag_entries *counters = &request->workload->counters;
	struct mag_table *table = mag_table_create(MAG_REPORT_INDENT);
	char **heads = mag_xcalloc(request->nr_backends, sizeof(*heads));

	mag_table_column(table, "<counter");
	for (size_t i = 0; i < request->nr_backends; i++) {
		heads[i] = mag_xasprintf(">%s",
					 experiment->subjects[i].about->name);
		mag_table_column(table, heads[i]);
	}
	mag_table_column(table, "<unit");
	for (__u32 c = 0; c < counters->nr; c++) {
		mag_table_cell(table, "%s", counters->entry[c].name);
		for (size_t i = 0; i < request->nr_backends; i++) {
			const struct mag_subject *subject =
				&experiment->subjects[i];

			mag_table_cell(table, "%llu",
				       mag_subject_counter(subject, c));
		}
		mag_table_cell(table, "%s", counters->entry[c].unit);
	}
	if (counters->nr)
		fputc('\n', out);
	mag_table_print(table, out);
	mag_table_destroy(table);
	for (size_t i = 0; i < request->nr_backends; i++)
		free(heads[i]);
	free(heads);
}

static void mag_report_ratio(struct mag_table *table,
			     const struct mag_experiment *experiment,
			     const struct mag_subject *subject,
			     enum mag_metric metric, __u32 op)
{
	struct mag_ratio ratio =
		mag_experiment_ratio(experiment, subject, metric, op);
	enum mag_verdict verdict =
		mag_experiment_verdict(experiment, subject, metric, op, &ratio);

	if (ratio.pairs)
		mag_table_cell(table, "%.3f", ratio.ratio);
	else
		mag_table_cell(table, "n/a");
	if (isnan(ratio.low))
		mag_table_cell(table, "-");
	else if (isinf(ratio.high))
		mag_table_cell(table, "%.3f, no upper end", ratio.low);
	else
		mag_table_cell(table, "%.3f to %.3f", ratio.low, ratio.high);
	mag_table_cell(table, "%zu", ratio.pairs);
	mag_table_cell(table, "%s", mag_stats_verdict_name(verdict));
}

static void mag_report_ratio_rows(struct mag_table *table,
				  const struct mag_experiment *experiment,
				  const char *what, enum mag_metric metric,
				  __u32 op)
{
	const struct mag_request *request = experiment->request;

	for (size_t i = 0; i < request->nr_backends; i++) {
		const struct mag_subject *subject = &experiment->subjects[i];

		if (i == request->baseline)
			continue;
		mag_table_cell(table, "%s", what);
		mag_table_cell(table, "%s", subject->about->name);
		mag_report_ratio(table, experiment, subject, metric, op);
		what = "";
	}
}

static void mag_report_op_ratios(struct mag_table *table,
				 const struct mag_experiment *experiment,
				 __u32 op)
{
	const char *name = experiment->request->workload->ops.entry[op].name;
	char *p50 = mag_xasprintf("%s p50", name);
	char *p99 = mag_xasprintf("%s p99", name);

	mag_report_ratio_rows(table, experiment, p50, MAG_METRIC_P50, op);
	mag_report_ratio_rows(table, experiment, p99, MAG_METRIC_P99, op);
	free(p50);
	free(p99);
}

static void mag_report_ratios(const struct mag_experiment *experiment,
			      FILE *out)
{
	const struct mag_request *request = experiment->request;
	struct mag_table *table = mag_table_create(MAG_REPORT_INDENT);

	mag_table_column(table, "<ratio of");
	mag_table_column(table, "<backend");
	mag_table_column(table, ">ratio");
	mag_table_column(table, ">95 % interval");
	mag_table_column(table, ">pairs");
	mag_table_column(table, "<verdict");
	mag_report_ratio_rows(table, experiment, "throughput",
			      MAG_METRIC_THROUGHPUT, 0);
	for (__u32 op = 0; op < request->workload->ops.nr; op++)
		mag_report_op_ratios(table, experiment, op);
	fprintf(out, "\n  against %s%s\n",
		experiment->subjects[request->baseline].about->name,
		request->rounds < MAG_STATS_MIN_PAIRS
			? " (fewer than 3 rounds: no confidence interval)"
			: "");
	mag_table_print(table, out);
	mag_table_destroy(table);
}

static void mag_report_difference(struct mag_table *table,
				  const struct mag_difference *difference,
				  double step)
{
	int decimals = mag_report_decimals(fabs(difference->mean), step);

	mag_table_cell(table, "%.*f", decimals, difference->mean);
	if (isnan(difference->low))
		mag_table_cell(table, "-");
	else
		mag_table_cell(table, "%.*f to %.*f", decimals, difference->low,
			       decimals, difference->high);
}

static void mag_report_net_rows(struct mag_table *table,
				const struct mag_experiment *experiment,
				__u32 op)
{
	const struct mag_request *request = experiment->request;
	const char *name = request->workload->ops.entry[op].name;
	struct mag_clock_figures clock;
	struct mag_net net;
	double step;

	mag_experiment_clock(experiment, &clock);
	step = clock.step / mag_report_per_sample(experiment, op);
	for (size_t i = 0; i < request->nr_backends; i++) {
		const struct mag_subject *subject = &experiment->subjects[i];

		if (!mag_experiment_net(experiment, subject, op, &net))
			continue;
		mag_table_cell(table, "%s", name);
		mag_table_cell(table, "%s", subject->about->name);
		mag_report_difference(table, &net.p50, step);
		mag_report_difference(table, &net.mean, step);
		mag_table_cell(table, "%zu", net.p50.pairs);
		name = "";
	}
}

static void mag_report_net(const struct mag_experiment *experiment, FILE *out)
{
	const struct mag_subject *floor = mag_experiment_floor(experiment);
	struct mag_table *table;

	if (!floor)
		return;
	table = mag_table_create(MAG_REPORT_INDENT);
	mag_table_column(table, "<operation");
	mag_table_column(table, "<backend");
	mag_table_column(table, ">net p50");
	mag_table_column(table, ">95 % interval");
	mag_table_column(table, ">net mean");
	mag_table_column(table, ">95 % interval");
	mag_table_column(table, ">pairs");
	for (__u32 op = 0; op < experiment->request->workload->ops.nr; op++)
		mag_report_net_rows(table, experiment, op);
	fprintf(out, "\n  net of %s (the harness itself), %s an operation\n",
		floor->about->name, mag_unit_name(experiment->request->unit));
	mag_table_print(table, out);
	mag_table_destroy(table);
}

void mag_report_print(const struct mag_experiment *experiment, FILE *out)
{
	mag_report_header(experiment, out);
	mag_report_ops(experiment, out);
	mag_report_batches(experiment, out);
	mag_report_memory(experiment, out);
	mag_report_counters(experiment, out);
	if (!experiment->compare)
		return;
	mag_report_ratios(experiment, out);
	mag_report_net(experiment, out);
}
