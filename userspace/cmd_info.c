// SPDX-License-Identifier: GPL-2.0-only
/* magctl info: machine, kernel, clocks and hooks. */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>

#include "commands.h"
#include "report.h"
#include "result.h"
#include "session.h"
#include "state.h"
#include "suggest.h"
#include "util.h"

static const struct option mag_info_options[] = {
	{ "json", no_argument, NULL, 'j' },
	{ "machine", required_argument, NULL, 'm' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static void mag_info_help(void)
{
	fputs("Usage: magctl info [--json] [--machine NAME]\n"
	      "\n"
	      "Shows the machine, the kernel, the clocks, the hooks in the kernel that change\n"
	      "what an allocation costs, and the state that decides figures.\n"
	      "\n"
	      "      --json          as JSON\n"
	      "      --machine NAME  name of the machine [$MAGSLAB_MACHINE, else guessed]\n"
	      "  -h, --help          this text\n"
	      "\n"
	      "Example:\n"
	      "  magctl info\n",
	      stdout);
}

/* What run and compare take where the user names none. */
static const char *mag_info_clock(const struct mag_session *session)
{
	return mag_catalog_clock(&session->catalog,
				 mag_environment_clock(&session->env));
}

static const char *mag_info_unit(const struct mag_session *session)
{
	const struct mag_environment *env = &session->env;

	return mag_unit_name(
		mag_environment_unit(env, mag_environment_clock(env)));
}

static void mag_info_warn(const struct mag_environment *env,
			  struct mag_warnings *warnings)
{
	mag_environment_warn(env, warnings);
	mag_state_warn_kmalloc(env, warnings);
}

static void mag_info_print(const struct mag_session *session)
{
	const struct mag_environment *env = &session->env;
	const struct mag_entries *clocks = &session->catalog.clocks;
	struct mag_warnings warnings = { NULL, 0 };

	mag_info_warn(env, &warnings);
	mag_warnings_print(&warnings, stdout);
	mag_warnings_free(&warnings);
	mag_environment_print(env, stdout);
	printf("  pages      of %u bytes\n", env->info.page_size);
	printf("  clock      %s; times in %s\n", mag_info_clock(session),
	       mag_info_unit(session));
	printf("  clocks    ");
	for (__u32 i = 0; i < clocks->nr; i++)
		printf(" %s", clocks->entry[i].name);
	printf("; auto is %s; TSC %llu kHz\n", mag_info_clock(session),
	       env->info.tsc_khz);
	mag_report_hooks(env->info.hooks, stdout);
	mag_state_print_host(&env->host, stdout);
}

static int mag_info_json(const struct mag_session *session)
{
	const struct mag_entries *entries = &session->catalog.clocks;
	json_t *body = json_object(), *clocks = json_array();
	struct mag_warnings warnings = { NULL, 0 };

	for (__u32 i = 0; i < entries->nr; i++)
		mag_json_append(clocks, json_string(entries->entry[i].name));
	mag_json_set(body, "environment",
		     mag_result_environment(&session->env, NULL));
	mag_info_warn(&session->env, &warnings);
	mag_json_set(body, "warnings", mag_result_warnings(&warnings));
	mag_warnings_free(&warnings);
	mag_json_set(body, "clocks", clocks);
	mag_json_set(body, "auto_clock", json_string(mag_info_clock(session)));
	mag_json_set(body, "unit", json_string(mag_info_unit(session)));
	return mag_json_write(mag_json_document("magslab-info", 1, body), "-");
}

static int mag_info_show(bool json, const char *machine)
{
	struct mag_session session;
	int code = mag_session_open(&session, machine);

	if (code)
		return code;
	if (json)
		code = mag_info_json(&session);
	else
		mag_info_print(&session);
	mag_session_close(&session);
	return code;
}

static int mag_info_superfluous(const char *word)
{
	mag_error("info takes no argument; what is \"%s\"?", word);
	return MAG_EXIT_USAGE;
}

int mag_cmd_info(int argc, char **argv)
{
	const char *machine = NULL;
	bool json = false;
	int option;

	while ((option = getopt_long(argc, argv, "-h", mag_info_options,
				     NULL)) != -1) {
		switch (option) {
		case 'j':
			json = true;
			break;
		case 'm':
			machine = optarg;
			break;
		case 'h':
			mag_info_help();
			return MAG_EXIT_OK;
		case 1:
			return mag_info_superfluous(optarg);
		default:
			return mag_unknown_option(argv, mag_info_options);
		}
	}
	if (optind < argc)
		return mag_info_superfluous(argv[optind]);
	return mag_info_show(json, machine);
}
