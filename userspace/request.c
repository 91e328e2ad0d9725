// SPDX-License-Identifier: GPL-2.0-only
/* Looking up the names of a command line. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "request.h"
#include "util.h"

/* The baseline of compare where the user names none and it takes part. */
#define MAG_DEFAULT_BASELINE "kmem_cache"

static int mag_request_workload(struct mag_request *request, const char *name,
				const struct mag_catalog *catalog)
{
	int index = mag_catalog_ask_workload(catalog, name);

	if (index < 0)
		return MAG_EXIT_USAGE;
	request->workload = &catalog->workloads[index];
	request->config.workload = (__u32)index;
	return MAG_EXIT_OK;
}

static int mag_request_find(const struct mag_request *request, __u32 backend)
{
	for (size_t i = 0; i < request->nr_backends; i++) {
		if (request->backends[i] == backend)
			return (int)i;
	}
	return -1;
}

static int mag_request_add_backend(struct mag_request *request,
				   const char *name,
				   const struct mag_entries *valid)
{
	int index = mag_entries_ask("backend", name, valid);

	if (index < 0)
		return MAG_EXIT_USAGE;
	if (mag_request_find(request, (__u32)index) >= 0) {
		mag_error("-b: %s is named twice", name);
		return MAG_EXIT_USAGE;
	}
	request->backends[request->nr_backends++] = (__u32)index;
	return MAG_EXIT_OK;
}

/* Without a list: all there are, of compare. */
static int mag_request_backends(struct mag_request *request, bool compare,
				const char *list,
				const struct mag_entries *valid)
{
	char *copy, *rest, *name;
	int code = MAG_EXIT_OK;

	if (!list && !compare) {
		mag_error("run: which backend (-b)? See magctl list backends");
		return MAG_EXIT_USAGE;
	}
	request->backends = mag_xcalloc(valid->nr, sizeof(*request->backends));
	if (!list) {
		for (__u32 i = 0; i < valid->nr; i++)
			request->backends[request->nr_backends++] = i;
		return MAG_EXIT_OK;
	}
	copy = mag_xstrdup(list);
	rest = copy;
	while (!code && (name = strsep(&rest, ",")))
		code = mag_request_add_backend(request, name, valid);
	free(copy);
	return code;
}

static int mag_request_count(const struct mag_request *request,
			     const struct mag_options *options)
{
	if (options->compare && request->nr_backends < 2)
		mag_error("compare needs two backends or more (-b a,b,c)");
	else if (!options->compare && request->nr_backends != 1)
		mag_error("run takes one backend; compare takes more");
	else
		return MAG_EXIT_OK;
	return MAG_EXIT_USAGE;
}

static int mag_request_baseline(struct mag_request *request, const char *name,
				const struct mag_entries *valid)
{
	int index = name ? mag_entries_ask("baseline", name, valid)
			 : mag_entries_find(valid, MAG_DEFAULT_BASELINE);
	int position = index < 0 ? -1 : mag_request_find(request, (__u32)index);

	if (name && index < 0)
		return MAG_EXIT_USAGE;
	if (position < 0 && name) {
		mag_error("--baseline %s: not among the backends compared (-b)",
			  name);
		return MAG_EXIT_USAGE;
	}
	request->baseline = position < 0 ? 0 : (size_t)position;
	return MAG_EXIT_OK;
}

static int mag_request_param(struct mag_request *request, const char *text)
{
	const struct mag_entries *valid = &request->workload->params;
	__u64 value;
	int index = mag_options_param_read(valid, text, &value);

	if (index < 0)
		return MAG_EXIT_USAGE;
	if (request->config.param_mask & (1ULL << index)) {
		mag_error("-p %s: given twice", valid->entry[index].name);
		return MAG_EXIT_USAGE;
	}
	request->config.params[index] = value;
	request->config.param_mask |= 1ULL << index;
	return MAG_EXIT_OK;
}

static int mag_request_params(struct mag_request *request,
			      const struct mag_options *options)
{
	int code = MAG_EXIT_OK;

	for (size_t i = 0; i < options->nr_params && !code; i++)
		code = mag_request_param(request, options->params[i]);
	return code;
}

/*
 * AUTO is resolved here and not by each run, so that no round can come out
 * in another clock than its neighbours.
 */
static int mag_request_clock(struct mag_request *request, const char *name,
			     const struct mag_session *session)
{
	const struct mag_environment *env = &session->env;
	int clock = MAG_CLOCK_AUTO;

	if (name) {
		clock = mag_entries_ask("clock", name,
					&session->catalog.clocks);
		if (clock < 0)
			return MAG_EXIT_USAGE;
	}
	if (clock == MAG_CLOCK_AUTO)
		clock = (int)mag_environment_clock(env);
	if (env->counts_insns && clock != MAG_CLOCK_TICKS) {
		mag_error(
			"--clock %s: this machine counts instructions, which are no ns: use --clock ticks",
			name);
		return MAG_EXIT_USAGE;
	}
	request->config.clock = (__u32)clock;
	request->unit = mag_environment_unit(env, (__u32)clock);
	return MAG_EXIT_OK;
}

static int mag_request_workers(struct mag_request *request,
			       const struct mag_options *options,
			       const struct mag_info *info)
{
	struct mag_places *places = &request->places;
	int placing = MAG_PLACE_LIST;
	size_t nr;
	int code;

	if (options->place)
		placing = mag_place_placing(options->place);
	if (placing < 0)
		return MAG_EXIT_USAGE;
	code = mag_place_find(places, options->cpus, (enum mag_placing)placing,
			      options->workers);
	if (code)
		return code;
	if (!places->nr) {
		/* /sys does not tell which CPUs there are: the module chooses. */
		code = mag_place_workers(&nr, options->workers,
					 info->nr_cpus_online,
					 info->nr_cpus_online);
		if (!code)
			request->config.nr_workers = (__u32)nr;
		return code;
	}

	request->cpus = mag_xcalloc(places->nr, sizeof(*request->cpus));
	for (size_t i = 0; i < places->nr; i++)
		request->cpus[i] = places->at[i].cpu;
	request->config.cpus = (__u64)(unsigned long)request->cpus;
	request->config.nr_workers = (__u32)places->nr;
	return MAG_EXIT_OK;
}

static void mag_request_bounds(struct mag_request *request,
			       const struct mag_options *options)
{
	struct mag_run_config *config = &request->config;

	config->abi_version = MAG_ABI_VERSION;
	config->seed = options->seed;
	config->duration_ns = options->duration_ns;
	config->steps = options->steps;
	config->warmup_ns = options->warmup_ns;
	config->warmup_steps = options->warmup_steps;
	request->rounds = (unsigned int)options->rounds;
}

int mag_request_resolve(struct mag_request *request,
			const struct mag_options *options,
			const struct mag_session *session)
{
	const struct mag_catalog *catalog = &session->catalog;
	int code;

	memset(request, 0, sizeof(*request));
	mag_request_bounds(request, options);
	code = mag_request_workload(request, options->workload, catalog);
	if (!code)
		code = mag_request_backends(request, options->compare,
					    options->backends,
					    &catalog->backends);
	if (!code)
		code = mag_request_count(request, options);
	if (!code)
		code = mag_request_baseline(request, options->baseline,
					    &catalog->backends);
	if (!code)
		code = mag_request_params(request, options);
	if (!code)
		code = mag_request_clock(request, options->clock, session);
	if (!code)
		code = mag_request_workers(request, options,
					   &session->env.info);
	return code;
}

void mag_request_free(struct mag_request *request)
{
	free(request->backends);
	free(request->cpus);
	mag_places_free(&request->places);
}
