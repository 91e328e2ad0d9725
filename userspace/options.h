/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The command line of run and compare, each word checked where it stands, so that
 * the first mistake is told.  request.h has what comes of it, and checks what
 * the words make together.
 */
#ifndef MAGCTL_OPTIONS_H
#define MAGCTL_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

#include "catalog.h"

#define MAG_DEFAULT_DURATION_NS 2000000000ULL
#define MAG_DEFAULT_WARMUP_NS	200000000ULL
#define MAG_DEFAULT_ROUNDS	5U
#define MAG_MAX_ROUNDS		1000U
/* Each round adds one to it, and JSON has signed integers. */
#define MAG_MAX_SEED		(~0ULL / 4)

/**
 * struct mag_options - as given
 * @catalog: what there is to be named; NULL if unknown, and then names are not
 *	looked up yet
 * @known_workload: @workload, looked up; NULL if it was not
 * @compare: the command is compare, not run
 * @help: help was asked for; the rest means nothing
 * @workload: name
 * @backends: names, separated by commas; NULL if not given
 * @baseline: name, or NULL
 * @params: "name=value" each
 * @nr_params: number of @params
 * @clock: name, or NULL
 * @machine: name, or NULL
 * @json: path, "-" or NULL
 * @histogram: path, "-" or NULL
 * @cpus: list of CPUs for the workers, or NULL
 * @place: in which order they are taken, or NULL
 * @workers: 0 if not given
 * @duration_ns: 0 if the steps alone bound the run
 * @steps: 0 if the duration alone bounds the run
 * @warmup_ns: 0 if the steps alone bound the warm-up, or there is none
 * @warmup_steps: 0 if the time alone bounds it
 * @seed: of the first round
 * @rounds: of compare; 1 of run
 * @strict: no verdict while a precondition is missing
 * @quiet: no report, no progress
 * @progress: progress even where standard error is no terminal
 */
struct mag_options {
	const struct mag_catalog *catalog;
	const struct mag_workload *known_workload;
	bool compare;
	bool help;
	const char *workload;
	const char *backends;
	const char *baseline;
	const char **params;
	size_t nr_params;
	const char *clock;
	const char *machine;
	const char *json;
	const char *histogram;
	const char *cpus;
	const char *place;
	__u64 workers;
	__u64 duration_ns;
	__u64 steps;
	__u64 warmup_ns;
	__u64 warmup_steps;
	__u64 seed;
	__u64 rounds;
	bool strict;
	bool quiet;
	bool progress;
};

/**
 * mag_options_parse() - read a command line
 * @options: where it goes; mag_options_free() whatever the outcome
 * @compare: for compare, not run
 * @argc: arguments from the name of the subcommand on
 * @argv: the arguments
 * @catalog: what there is to be named, or NULL
 *
 * Return: MAG_EXIT_OK, or MAG_EXIT_USAGE and has said why.
 */
int mag_options_parse(struct mag_options *options, bool compare, int argc,
		      char **argv, const struct mag_catalog *catalog);

/**
 * mag_options_param_read() - look up one "name=value"
 * @params: those of the workload
 * @text: checked by mag_options_parse() to be of that form
 * @value: where the value goes
 *
 * Return: index of the parameter, or -1 and has said why.
 */
int mag_options_param_read(const struct mag_entries *params, const char *text,
			   __u64 *value);
void mag_options_free(struct mag_options *options);

/* The part of --help that run and compare share. */
void mag_options_help(void);

#endif /* MAGCTL_OPTIONS_H */
