// SPDX-License-Identifier: GPL-2.0-only
/* The body of run and compare. */
#include <stdio.h>
#include <stdlib.h>

#include "experiment.h"
#include "measure.h"
#include "options.h"
#include "output.h"
#include "report.h"
#include "result.h"
#include "signals.h"
#include "state.h"
#include "util.h"

static bool mag_measure_any(const struct mag_experiment *experiment)
{
	for (size_t i = 0; i < experiment->request->nr_backends; i++) {
		if (mag_subject_good_rounds(&experiment->subjects[i]))
			return true;
	}
	return false;
}

/* Standard output belongs to one document. */
static bool mag_measure_reports(const struct mag_options *options)
{
	return !options->quiet &&
	       (!options->json || !mag_output_is_stdout(options->json)) &&
	       (!options->histogram ||
		!mag_output_is_stdout(options->histogram));
}

static int mag_measure_write(const struct mag_experiment *experiment,
			     const struct mag_options *options)
{
	int json = MAG_EXIT_OK, csv = MAG_EXIT_OK;

	/* Files first: whoever reads the report may be gone. */
	if (options->json)
		json = mag_json_write(mag_result_json(experiment),
				      options->json);
	if (options->histogram)
		csv = mag_result_csv(experiment, options->histogram);
	if (mag_measure_reports(options) && mag_measure_any(experiment))
		mag_report_print(experiment, stdout);
	return json ? json : csv;
}

/* Figures without verdicts are not what was asked for. */
static int mag_measure_refused(const struct mag_experiment *experiment)
{
	char *text;

	if (!mag_state_refuses(experiment))
		return MAG_EXIT_OK;
	text = mag_state_refusal(experiment);
	mag_error("--strict: %s", text);
	free(text);
	return MAG_EXIT_FAILED;
}

static int mag_measure_request(const struct mag_session *session,
			       const struct mag_request *request,
			       const struct mag_options *options)
{
	struct mag_experiment experiment;
	int code, written, refused;

	mag_experiment_run(&experiment, session, request, options);
	written = mag_measure_write(&experiment, options);
	refused = mag_measure_refused(&experiment);
	code = experiment.code ? experiment.code : written;
	code = code ? code : refused;
	if (!code && (experiment.interrupted || mag_signals_came()))
		code = MAG_EXIT_INTERRUPTED;
	mag_experiment_free(&experiment);
	return code;
}

static int mag_measure_options(const struct mag_options *options)
{
	struct mag_request request;
	struct mag_session session;
	int code = mag_session_open(&session, options->machine);

	if (code)
		return code;
	code = mag_request_resolve(&request, options, &session);
	if (!code)
		code = mag_measure_request(&session, &request, options);
	mag_request_free(&request);
	mag_session_close(&session);
	return code;
}

int mag_measure(bool compare, int argc, char **argv, void (*help)(void))
{
	struct mag_options options;
	struct mag_catalog catalog;
	bool known = mag_session_peek(&catalog);
	int code = mag_options_parse(&options, compare, argc, argv,
				     known ? &catalog : NULL);

	if (!code && options.help)
		help();
	else if (!code)
		code = mag_measure_options(&options);
	mag_options_free(&options);
	if (known)
		mag_catalog_free(&catalog);
	return code;
}
