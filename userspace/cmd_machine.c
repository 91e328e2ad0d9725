// SPDX-License-Identifier: GPL-2.0-only
/* magctl machine: what primitives cost here, and on bare metal. */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "complain.h"
#include "device.h"
#include "machine_report.h"
#include "place.h"
#include "progress.h"
#include "result.h"
#include "session.h"
#include "suggest.h"
#include "util.h"

static const struct option mag_machine_options[] = {
	{ "json", no_argument, NULL, 'j' },
	{ "cpus", required_argument, NULL, 'c' },
	{ "machine", required_argument, NULL, 'm' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static void mag_machine_help(void)
{
	fputs("Usage: magctl machine [--json] [--cpus all|LIST] [--machine NAME]\n"
	      "\n"
	      "Measures what the primitives that allocators are made of cost on this machine,\n"
	      "and shows them beside what bare metal takes.  One that costs more than 20 times\n"
	      "its usual ratio to a call is out of proportion: a WARNING, and comparisons of\n"
	      "backends that use it have \"machine\" in place of a verdict.\n"
	      "\n"
	      "      --json          as JSON\n"
	      "      --cpus LIST     CPUs to measure on, in rising order, e.g. 0-3,8, or all,\n"
	      "                      those that are online [those that magctl may run on]; a\n"
	      "                      cache line moves from each to the next\n"
	      "      --machine NAME  name of the machine [$MAGSLAB_MACHINE, else guessed]\n"
	      "  -h, --help          this text\n"
	      "\n"
	      "run and compare measure the same, on the CPUs of their workers.  It takes less\n"
	      "than 200 ms a CPU.\n"
	      "\n"
	      "Examples:\n"
	      "  magctl machine\n"
	      "  magctl machine --cpus 0-3 --json\n",
	      stdout);
}

static void mag_machine_text(const struct mag_session *session,
			     const struct mag_profile *profile,
			     const struct mag_warnings *warnings)
{
	mag_warnings_print(warnings, stdout);
	mag_environment_print(&session->env, stdout);
	printf("  clock      %s\n",
	       mag_catalog_clock(&session->catalog, profile->clock));
	mag_machine_print(profile, stdout);
}

static int mag_machine_document(const struct mag_session *session,
				const struct mag_profile *profile,
				const struct mag_warnings *warnings)
{
	json_t *body = json_object();

	mag_json_set(body, "environment",
		     mag_result_environment(&session->env, NULL));
	mag_json_set(body, "clock",
		     json_string(mag_catalog_clock(&session->catalog,
						   profile->clock)));
	mag_json_set(body, "primitives", mag_machine_json(profile));
	mag_json_set(body, "warnings", mag_result_warnings(warnings));
	return mag_json_write(mag_json_document("magslab-machine", 1, body),
			      "-");
}

/* A signal kills: there is nothing to report yet. */
static bool mag_machine_show_next(void *data, size_t i, size_t nr)
{
	mag_progress_show(data, "measuring the machine, CPU %zu of %zu", i + 1,
			  nr);
	return true;
}

static int mag_machine_on(const struct mag_session *session,
			  const struct mag_cpulist *cpus, bool json)
{
	struct mag_warnings warnings = { NULL, 0 };
	struct mag_progress progress = mag_progress_create(false, false);
	const struct mag_machine_watch watch = { mag_machine_show_next,
						 &progress };
	struct mag_profile profile;
	int code = MAG_EXIT_OK;
	int err = mag_machine_read(&profile, session->fd, &session->env, cpus,
				   &watch);

	mag_progress_clear(&progress);
	if (err)
		code = mag_complain(MAG_DEVICE_PATH, MAG_CALL_MACHINE, err);
	mag_environment_warn(&session->env, &warnings);
	mag_machine_warn(&profile, ~0ULL, &warnings);
	if (!code && json)
		code = mag_machine_document(session, &profile, &warnings);
	else if (!code)
		mag_machine_text(session, &profile, &warnings);
	mag_warnings_free(&warnings);
	mag_machine_free(&profile);
	return code;
}

/* Those named, all that are online, or those that magctl may run on. */
static int mag_machine_cpus(struct mag_cpulist *cpus, const char *text)
{
	bool all = text && !strcmp(text, "all");
	int code = MAG_EXIT_OK;

	memset(cpus, 0, sizeof(*cpus));
	if (!all)
		code = mag_place_cpus(cpus, text);
	if (!code && !cpus->nr)
		mag_cpulist_online(cpus);
	return code;
}

/* Where the word stands, so that the first mistake is told. */
static int mag_machine_check_cpus(const char *text)
{
	struct mag_cpulist cpus;
	int code = mag_machine_cpus(&cpus, text);

	if (!code)
		mag_cpulist_free(&cpus);
	return code;
}

static int mag_machine_show(const char *list, bool json, const char *machine)
{
	struct mag_session session;
	struct mag_cpulist cpus;
	int code = mag_machine_cpus(&cpus, list);

	if (code)
		return code;
	code = mag_session_open(&session, machine);
	if (!code) {
		code = mag_machine_on(&session, &cpus, json);
		mag_session_close(&session);
	}
	mag_cpulist_free(&cpus);
	return code;
}

static int mag_machine_superfluous(const char *word)
{
	mag_error("machine takes no argument; what is \"%s\"?", word);
	return MAG_EXIT_USAGE;
}

int mag_cmd_machine(int argc, char **argv)
{
	const char *machine = NULL, *cpus = NULL;
	bool json = false;
	int option;

	while ((option = getopt_long(argc, argv, "-h", mag_machine_options,
				     NULL)) != -1) {
		switch (option) {
		case 'j':
			json = true;
			break;
		case 'c':
			cpus = optarg;
			if (mag_machine_check_cpus(cpus))
				return MAG_EXIT_USAGE;
			break;
		case 'm':
			machine = optarg;
			break;
		case 'h':
			mag_machine_help();
			return MAG_EXIT_OK;
		case 1:
			return mag_machine_superfluous(optarg);
		default:
			return mag_unknown_option(argv, mag_machine_options);
		}
	}
	if (optind < argc)
		return mag_machine_superfluous(argv[optind]);
	return mag_machine_show(cpus, json, machine);
}
