// SPDX-License-Identifier: GPL-2.0-only
/* The machine-readable results. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "machine_report.h"
#include "output.h"
#include "report.h"
#include "result.h"
#include "state.h"
#include "util.h"

#define MAG_RESULT_FORMAT     "magslab-result"
#define MAG_RESULT_VERSION    2

/* As many as tell two ticks apart, whatever the range. */
#define MAG_RESULT_CSV_DIGITS 12

static const char *const mag_held_name[] = {
	[MAG_HELD_UNKNOWN] = NULL,
	[MAG_HELD_BACKEND] = "backend",
	[MAG_HELD_SLABINFO] = "slabinfo",
};

static json_t *mag_result_hooks(__u64 hooks)
{
	json_t *object = json_object();
	const char *name;
	__u64 bit;

	for (unsigned int i = 0; (name = mag_hook_name(i, &bit)); i++)
		mag_json_set(object, name, json_boolean(hooks & bit));
	return object;
}

json_t *mag_result_environment(const struct mag_environment *env,
			       const struct mag_experiment *experiment)
{
	__u64 hooks = experiment ? mag_state_hooks(experiment)
				 : env->info.hooks;
	const struct mag_info *info = &env->info;
	json_t *object = json_object();

	mag_json_set(object, "machine", json_string(env->machine));
	mag_json_set(object, "cpu", json_string(env->cpu));
	mag_json_set(object, "arch", json_string(env->arch));
	mag_json_set(object, "cpus_online", json_integer(info->nr_cpus_online));
	mag_json_set(object, "kernel", json_string(info->release));
	mag_json_set(object, "debug_kernel",
		     json_boolean(mag_environment_is_debug(env)));
	mag_json_set(object, "preempt", json_string(info->preempt));
	mag_json_set(object, "module_version", json_string(info->version));
	mag_json_set(object, "abi_version", json_integer(info->abi_version));
	mag_json_set(object, "page_size_bytes", json_integer(info->page_size));
	mag_json_set(object, "tsc_khz", mag_json_u64(info->tsc_khz));
	mag_json_set(object, "hooks", mag_result_hooks(hooks));
	mag_json_set(object, "state", mag_state_json(&env->host, experiment));
	return object;
}

static json_t *mag_result_params(const struct mag_experiment *experiment)
{
	const struct mag_entries *params =
		&experiment->request->workload->params;
	const __u64 *values = mag_experiment_params(experiment);
	json_t *object = json_object();

	for (__u32 i = 0; values && i < params->nr; i++)
		mag_json_set(object, params->entry[i].name,
			     mag_json_u64(values[i]));
	return object;
}

static void mag_result_clock(json_t *object,
			     const struct mag_experiment *experiment)
{
	struct mag_clock_figures clock;

	mag_experiment_clock(experiment, &clock);
	mag_json_set(object, "clock_khz", mag_json_u64(clock.khz));
	mag_json_set(object, "clock_step", mag_json_real(clock.step));
	mag_json_set(object, "clock_read", mag_json_real(clock.read));
}

/* By worker. */
static json_t *mag_result_places(const struct mag_places *places)
{
	json_t *array = json_array();

	for (size_t i = 0; i < places->nr; i++) {
		json_t *place = json_object();

		mag_json_set(place, "cpu", json_integer(places->at[i].cpu));
		mag_json_set(place, "core", json_integer(places->at[i].core));
		mag_json_set(place, "node", json_integer(places->at[i].node));
		mag_json_append(array, place);
	}
	return array;
}

static json_t *mag_result_config(const struct mag_experiment *experiment)
{
	const struct mag_request *request = experiment->request;
	const struct mag_run_config *config = &request->config;
	const struct mag_catalog *catalog = &experiment->session->catalog;
	char *rate = mag_report_throughput_unit(request);
	json_t *object = json_object();

	mag_json_set(object, "workload",
		     json_string(request->workload->about.name));
	mag_json_set(object, "step_unit",
		     json_string(request->workload->about.unit));
	mag_json_set(object, "clock",
		     json_string(mag_catalog_clock(catalog, config->clock)));
	mag_result_clock(object, experiment);
	mag_json_set(object, "unit", json_string(mag_unit_name(request->unit)));
	mag_json_set(object, "throughput_unit", json_string(rate));
	mag_json_set(object, "time_kind", json_string("service"));
	mag_json_set(object, "workers", json_integer(config->nr_workers));
	mag_json_set(object, "places", mag_result_places(&request->places));
	mag_json_set(object, "duration_ns", mag_json_u64(config->duration_ns));
	mag_json_set(object, "steps", mag_json_u64(config->steps));
	mag_json_set(object, "warmup_ns", mag_json_u64(config->warmup_ns));
	mag_json_set(object, "warmup_steps",
		     mag_json_u64(config->warmup_steps));
	mag_json_set(object, "seed", mag_json_u64(config->seed));
	mag_json_set(object, "rounds", json_integer(request->rounds));
	mag_json_set(object, "params", mag_result_params(experiment));
	free(rate);
	return object;
}

static json_t *mag_result_held_source(enum mag_held_source source)
{
	return mag_held_name[source] ? json_string(mag_held_name[source])
				     : json_null();
}

static json_t *mag_result_percentiles(const double *at)
{
	json_t *object = json_object();

	for (int p = 0; p < MAG_NR_PERCENTILES; p++)
		mag_json_set(object, mag_percentile_name(p),
			     mag_json_real(at[p]));
	return object;
}

static json_t *mag_result_round_op(const struct mag_round *round,
				   const struct mag_describe *about, __u32 op)
{
	const struct mag_op_result *result = &round->status.ops[op];
	double max = result->count ? (double)result->max : 0;
	json_t *object = json_object();

	mag_json_set(object, "name", json_string(about->name));
	mag_json_set(object, "per_sample", json_integer(result->per_sample));
	mag_json_set(object, "count", mag_json_u64(result->count));
	mag_json_set(object, "sum",
		     mag_json_real((double)result->sum * round->unit_per_tick));
	mag_json_set(object, "max", mag_json_real(max * round->unit_per_tick));
	mag_json_set(object, "percentiles",
		     mag_result_percentiles(round->at[op]));
	return object;
}

static json_t *mag_result_failed_round(const struct mag_round *round)
{
	json_t *object = json_object();

	mag_json_set(object, "status", json_string("failed"));
	mag_json_set(object, "seed", mag_json_u64(round->seed));
	mag_json_set(object, "errno", json_integer(-round->error));
	mag_json_set(object, "error",
		     json_string(mag_complain_text(round->call, round->error)));
	if (round->lost_cpu != MAG_CPU_NONE)
		mag_json_set(object, "lost_cpu", json_integer(round->lost_cpu));
	return object;
}

static json_t *mag_result_round(const struct mag_request *request,
				const struct mag_round *round)
{
	const struct mag_entries *about = &request->workload->ops;
	const struct mag_run_status *status = &round->status;
	json_t *object, *ops;

	if (round->state == MAG_ROUND_FAILED)
		return mag_result_failed_round(round);
	object = json_object();
	ops = json_array();
	for (__u32 op = 0; op < about->nr; op++) {
		const struct mag_describe *entry = &about->entry[op];

		mag_json_append(ops, mag_result_round_op(round, entry, op));
	}
	mag_json_set(object, "status",
		     json_string(round->state == MAG_ROUND_WHOLE ? "whole"
								 : "stopped"));
	mag_json_set(object, "seed", mag_json_u64(round->seed));
	mag_json_set(object, "elapsed_ns", mag_json_u64(status->elapsed_ns));
	mag_json_set(object, "elapsed_ticks",
		     mag_json_u64(status->elapsed_ticks));
	mag_json_set(object, "steps", mag_json_u64(status->steps));
	mag_json_set(object, "throughput",
		     mag_json_real(mag_round_throughput(round, request->unit)));
	mag_json_set(object, "allocs", mag_json_u64(status->allocs));
	mag_json_set(object, "alloc_failures",
		     mag_json_u64(status->alloc_failures));
	mag_json_set(object, "live_objects",
		     mag_json_u64(status->live_objects));
	mag_json_set(object, "live_bytes", mag_json_u64(status->live_bytes));
	mag_json_set(object, "held_bytes",
		     round->held_source == MAG_HELD_UNKNOWN
			     ? json_null()
			     : mag_json_u64(round->held_bytes));
	mag_json_set(object, "held_source",
		     mag_result_held_source(round->held_source));
	mag_json_set(object, "leaked_objects", mag_json_u64(round->leaked));
	mag_json_set(object, "ops", ops);
	return object;
}

/* In ticks: the only form that is exact. */
static json_t *mag_result_spans(const struct mag_histogram *hist)
{
	json_t *array = json_array();
	struct mag_span span;
	__u32 cursor = 0;

	while (mag_histogram_next(hist, &cursor, &span)) {
		json_t *triple = json_array();

		mag_json_append(triple, mag_json_u64(span.low));
		mag_json_append(triple, mag_json_u64(span.high));
		mag_json_append(triple, mag_json_u64(span.count));
		mag_json_append(array, triple);
	}
	return array;
}

static json_t *mag_result_per_operation(const struct mag_histogram *hist)
{
	json_t *object = json_object();

	for (int p = 0; p < MAG_NR_PERCENTILES; p++) {
		__u64 value = mag_histogram_at(hist, mag_percentile_rank(p));

		mag_json_set(object, mag_percentile_name(p),
			     mag_json_real(mag_histogram_per_op(hist, value)));
	}
	mag_json_set(object, "max",
		     mag_json_real(mag_histogram_per_op(hist, hist->max)));
	mag_json_set(object, "mean", mag_json_real(mag_histogram_mean(hist)));
	return object;
}

static json_t *mag_result_ticks(const struct mag_histogram *hist, __u64 ticks)
{
	return mag_json_real(mag_histogram_per_sample(hist, ticks));
}

static json_t *mag_result_op(const struct mag_histogram *hist,
			     const struct mag_describe *about)
{
	json_t *object = json_object();
	double at[MAG_NR_PERCENTILES];

	for (int p = 0; p < MAG_NR_PERCENTILES; p++) {
		__u64 ticks = mag_histogram_at(hist, mag_percentile_rank(p));

		at[p] = mag_histogram_per_sample(hist, ticks);
	}
	mag_json_set(object, "name", json_string(about->name));
	mag_json_set(object, "per_sample", json_integer(hist->per_sample));
	mag_json_set(object, "count", mag_json_u64(hist->count));
	mag_json_set(object, "sum", mag_result_ticks(hist, hist->sum));
	mag_json_set(object, "min", mag_result_ticks(hist, hist->min));
	mag_json_set(object, "max", mag_result_ticks(hist, hist->max));
	mag_json_set(object, "below", mag_json_u64(hist->below));
	mag_json_set(object, "above", mag_json_u64(hist->above));
	mag_json_set(object, "percentiles", mag_result_percentiles(at));
	mag_json_set(object, "per_operation", mag_result_per_operation(hist));
	mag_json_set(object, "unit_per_tick",
		     mag_json_real(hist->unit_per_tick));
	mag_json_set(object, "histogram", mag_result_spans(hist));
	return object;
}

static json_t *mag_result_counters(const struct mag_request *request,
				   const struct mag_subject *subject)
{
	const struct mag_entries *counters = &request->workload->counters;
	json_t *object = json_object();

	for (__u32 c = 0; c < counters->nr; c++)
		mag_json_set(object, counters->entry[c].name,
			     mag_json_u64(mag_subject_counter(subject, c)));
	return object;
}

/* The medians and sums of a backend, and all its samples. */
static void mag_result_summary(json_t *object,
			       const struct mag_request *request,
			       const struct mag_subject *subject)
{
	double rate = mag_subject_throughput(subject, request->unit);

	mag_json_set(object, "throughput", mag_json_real(rate));
	mag_json_set(object, "live_objects",
		     mag_json_real(mag_subject_live_objects(subject)));
	mag_json_set(object, "live_bytes",
		     mag_json_real(mag_subject_live_bytes(subject)));
	mag_json_set(object, "held_bytes",
		     mag_json_real(mag_subject_held_bytes(subject)));
	mag_json_set(object, "held_source",
		     mag_result_held_source(mag_subject_held_source(subject)));
	mag_json_set(object, "alloc_failures",
		     mag_json_u64(mag_subject_alloc_failures(subject)));
	mag_json_set(object, "counters", mag_result_counters(request, subject));
}

static json_t *mag_result_backend(const struct mag_request *request,
				  const struct mag_subject *subject)
{
	const struct mag_entries *about = &request->workload->ops;
	json_t *object = json_object();
	json_t *rounds = json_array(), *ops = json_array();

	for (unsigned int i = 0; i < subject->nr_rounds; i++)
		mag_json_append(rounds,
				mag_result_round(request, &subject->rounds[i]));
	for (__u32 op = 0; op < about->nr; op++)
		mag_json_append(ops, mag_result_op(subject->hist[op],
						   &about->entry[op]));
	mag_json_set(object, "name", json_string(subject->about->name));
	mag_json_set(object, "failed", json_boolean(subject->failed));
	mag_result_summary(object, request, subject);
	mag_json_set(object, "ops", ops);
	mag_json_set(object, "rounds", rounds);
	return object;
}

static json_t *mag_result_ratio(const struct mag_experiment *experiment,
				const struct mag_subject *subject,
				enum mag_metric metric, __u32 op)
{
	static const char *const name[] = {
		[MAG_METRIC_THROUGHPUT] = "throughput",
		[MAG_METRIC_P50] = "p50",
		[MAG_METRIC_P99] = "p99",
	};
	const struct mag_entries *ops = &experiment->request->workload->ops;
	struct mag_ratio ratio =
		mag_experiment_ratio(experiment, subject, metric, op);
	enum mag_verdict verdict =
		mag_experiment_verdict(experiment, subject, metric, op, &ratio);
	json_t *object = json_object();

	mag_json_set(object, "backend", json_string(subject->about->name));
	mag_json_set(object, "metric", json_string(name[metric]));
	mag_json_set(object, "op",
		     metric == MAG_METRIC_THROUGHPUT
			     ? json_null()
			     : json_string(ops->entry[op].name));
	mag_json_set(object, "pairs", json_integer((json_int_t)ratio.pairs));
	mag_json_set(object, "ratio", mag_json_real(ratio.ratio));
	mag_json_set(object, "low", mag_json_real(ratio.low));
	mag_json_set(object, "high", mag_json_real(ratio.high));
	mag_json_set(object, "verdict",
		     json_string(mag_stats_verdict_name(verdict)));
	return object;
}

static json_t *mag_result_ratios(const struct mag_experiment *experiment)
{
	const struct mag_request *request = experiment->request;
	json_t *array = json_array();

	for (size_t i = 0; i < request->nr_backends; i++) {
		const struct mag_subject *subject = &experiment->subjects[i];

		if (i == request->baseline)
			continue;
		mag_json_append(array,
				mag_result_ratio(experiment, subject,
						 MAG_METRIC_THROUGHPUT, 0));
		for (__u32 op = 0; op < request->workload->ops.nr; op++) {
			mag_json_append(array,
					mag_result_ratio(experiment, subject,
							 MAG_METRIC_P50, op));
			mag_json_append(array,
					mag_result_ratio(experiment, subject,
							 MAG_METRIC_P99, op));
		}
	}
	return array;
}

static json_t *mag_result_difference(const struct mag_difference *difference)
{
	json_t *object = json_object();

	mag_json_set(object, "value", mag_json_real(difference->mean));
	mag_json_set(object, "low", mag_json_real(difference->low));
	mag_json_set(object, "high", mag_json_real(difference->high));
	return object;
}

static json_t *mag_result_net(const struct mag_experiment *experiment)
{
	const struct mag_request *request = experiment->request;
	json_t *array = json_array();
	struct mag_net net;

	for (size_t i = 0; i < request->nr_backends; i++) {
		const struct mag_subject *subject = &experiment->subjects[i];

		for (__u32 op = 0; op < request->workload->ops.nr; op++) {
			const struct mag_describe *about =
				&request->workload->ops.entry[op];
			json_t *object;

			if (!mag_experiment_net(experiment, subject, op, &net))
				continue;
			object = json_object();
			mag_json_set(object, "backend",
				     json_string(subject->about->name));
			mag_json_set(object, "op", json_string(about->name));
			mag_json_set(object, "p50",
				     mag_result_difference(&net.p50));
			mag_json_set(object, "mean",
				     mag_result_difference(&net.mean));
			mag_json_set(object, "pairs",
				     json_integer((json_int_t)net.p50.pairs));
			mag_json_append(array, object);
		}
	}
	return array;
}

json_t *mag_result_warnings(const struct mag_warnings *warnings)
{
	json_t *array = json_array();

	for (size_t i = 0; i < warnings->nr; i++) {
		const struct mag_warning *warning = &warnings->entry[i];
		json_t *object = json_object();

		mag_json_set(object, "name", json_string(warning->name));
		mag_json_set(object, "text", json_string(warning->text));
		mag_json_set(object, "cure",
			     warning->cure ? json_string(warning->cure)
					   : json_null());
		mag_json_set(object, "precondition",
			     json_boolean(warning->precondition));
		mag_json_append(array, object);
	}
	return array;
}

json_t *mag_result_json(const struct mag_experiment *experiment)
{
	const struct mag_request *request = experiment->request;
	json_t *body = json_object(), *backends = json_array();

	for (size_t i = 0; i < request->nr_backends; i++)
		mag_json_append(backends,
				mag_result_backend(request,
						   &experiment->subjects[i]));
	mag_json_set(body, "command",
		     json_string(experiment->compare ? "compare" : "run"));
	mag_json_set(body, "interrupted",
		     json_boolean(experiment->interrupted));
	mag_json_set(body, "environment",
		     mag_result_environment(&experiment->session->env,
					    experiment));
	mag_json_set(body, "primitives",
		     mag_machine_json(&experiment->profile));
	mag_json_set(body, "warnings",
		     mag_result_warnings(&experiment->warnings));
	mag_json_set(body, "strict", json_boolean(experiment->strict));
	mag_json_set(body, "config", mag_result_config(experiment));
	mag_json_set(body, "backends", backends);
	if (experiment->compare) {
		const struct mag_subject *base =
			&experiment->subjects[request->baseline];

		mag_json_set(body, "baseline", json_string(base->about->name));
		mag_json_set(body, "ratios", mag_result_ratios(experiment));
		mag_json_set(body, "net_of_noop", mag_result_net(experiment));
	}
	return mag_json_document(MAG_RESULT_FORMAT, MAG_RESULT_VERSION, body);
}

/* As RFC 4180 quotes text that has a comma or a quotation mark in it. */
static void mag_result_csv_quote(const char *text, FILE *out)
{
	fputc('"', out);
	for (; *text; text++) {
		if (*text == '"')
			fputc('"', out);
		fputc(*text, out);
	}
	fputc('"', out);
}

/* The columns that say where; the same in every line, so that files can be joined. */
static char *mag_result_csv_place(const struct mag_experiment *experiment)
{
	const struct mag_environment *env = &experiment->session->env;
	const struct mag_catalog *catalog = &experiment->session->catalog;
	__u32 clock = experiment->request->config.clock;
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return NULL;
	mag_result_csv_quote(env->machine, out);
	fprintf(out, ",%s,%d,%s", env->info.release,
		mag_environment_is_debug(env),
		mag_catalog_clock(catalog, clock));
	if (!fclose(out))
		return text;
	free(text);
	return NULL;
}

static void mag_result_csv_op(const struct mag_histogram *hist,
			      const char *place, const char *backend,
			      const char *op, const char *unit, FILE *out)
{
	struct mag_span span;
	__u32 cursor = 0;

	while (mag_histogram_next(hist, &cursor, &span))
		fprintf(out, "%s,%s,%s,%u,%s,%.*g,%.*g,%llu\n", place, backend,
			op, hist->per_sample, unit, MAG_RESULT_CSV_DIGITS,
			mag_histogram_per_sample(hist, span.low),
			MAG_RESULT_CSV_DIGITS,
			mag_histogram_per_sample(hist, span.high), span.count);
}

static void mag_result_csv_all(const struct mag_experiment *experiment,
			       const char *place, FILE *out)
{
	const struct mag_request *request = experiment->request;
	const struct mag_entries *ops = &request->workload->ops;

	fputs("machine,kernel,debug_kernel,clock,backend,op,per_sample,unit,low,high,count\n",
	      out);
	for (size_t i = 0; i < request->nr_backends; i++) {
		const struct mag_subject *subject = &experiment->subjects[i];

		for (__u32 op = 0; op < ops->nr; op++)
			mag_result_csv_op(subject->hist[op], place,
					  subject->about->name,
					  ops->entry[op].name,
					  mag_unit_name(request->unit), out);
	}
}

int mag_result_csv(const struct mag_experiment *experiment, const char *path)
{
	char *place = mag_result_csv_place(experiment);
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	int code = MAG_EXIT_FAILED;

	if (out) {
		if (place)
			mag_result_csv_all(experiment, place, out);
		code = !place || ferror(out) ? MAG_EXIT_FAILED : MAG_EXIT_OK;
		code |= fclose(out) ? MAG_EXIT_FAILED : MAG_EXIT_OK;
	}
	free(place);
	if (code)
		mag_error("out of memory");
	else
		code = mag_output_write(path, text, len);
	free(text);
	return code;
}
