/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A command line with its names looked up in what the module describes: what
 * is to be run, on what, how often, and in which unit it is told.
 */
#ifndef MAGCTL_REQUEST_H
#define MAGCTL_REQUEST_H

#include "options.h"
#include "place.h"
#include "session.h"

/**
 * struct mag_request - what is to be run
 * @workload: of the session's catalog
 * @backends: indices into the session's backends, each once
 * @nr_backends: at least 1; at least 2 of compare
 * @baseline: position in @backends of the one that others are compared with
 * @rounds: on each backend
 * @unit: of all times in the report
 * @places: the CPUs of the workers; none where the module chooses
 * @cpus: their numbers, for @config
 * @config: all but the backend; the seed is the first round's
 */
struct mag_request {
	const struct mag_workload *workload;
	__u32 *backends;
	size_t nr_backends;
	size_t baseline;
	unsigned int rounds;
	enum mag_unit unit;
	struct mag_places places;
	__u32 *cpus;
	struct mag_run_config config;
};

/**
 * mag_request_resolve() - look up the names of a command line
 * @request: where it goes; mag_request_free() whatever the outcome
 * @options: the command line
 * @session: what there is
 *
 * Return: MAG_EXIT_OK, or MAG_EXIT_USAGE and has named what is valid.
 */
int mag_request_resolve(struct mag_request *request,
			const struct mag_options *options,
			const struct mag_session *session);
void mag_request_free(struct mag_request *request);

#endif /* MAGCTL_REQUEST_H */
