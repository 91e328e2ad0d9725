// SPDX-License-Identifier: GPL-2.0-only
/* magctl list: what the module can run, as it describes itself. */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "json.h"
#include "machine.h"
#include "session.h"
#include "table.h"
#include "suggest.h"
#include "util.h"

/**
 * struct mag_listing - one of the things that can be listed
 * @name: as the user names it
 * @print: as text
 * @json: as JSON
 */
struct mag_listing {
	const char *name;
	void (*print)(const struct mag_catalog *catalog);
	json_t *(*json)(const struct mag_catalog *catalog);
};

static const struct option mag_list_options[] = {
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static void mag_list_help(void)
{
	fputs("Usage: magctl list [workloads|backends|clocks] [--json]\n"
	      "\n"
	      "Lists what the module can run: workloads with their parameters (-p),\n"
	      "operations and counters; backends (-b); clocks (--clock).\n"
	      "\n"
	      "      --json  as JSON\n"
	      "  -h, --help  this text\n"
	      "\n"
	      "Examples:\n"
	      "  magctl list\n"
	      "  magctl list backends --json\n",
	      stdout);
}

static void mag_list_print_params(const struct mag_entries *params)
{
	struct mag_table *table = mag_table_create(4);

	mag_table_column(table, "<parameter");
	mag_table_column(table, ">default");
	mag_table_column(table, ">least");
	mag_table_column(table, ">greatest");
	mag_table_column(table, "<unit");
	mag_table_column(table, "<meaning");
	for (__u32 i = 0; i < params->nr; i++) {
		const struct mag_describe *param = &params->entry[i];

		mag_table_cell(table, "%s", param->name);
		mag_table_cell(table, "%llu", param->def);
		mag_table_cell(table, "%llu", param->min);
		mag_table_cell(table, "%llu", param->max);
		mag_table_cell(table, "%s", param->unit);
		mag_table_cell(table, "%s", param->help);
	}
	mag_table_print(table, stdout);
	mag_table_destroy(table);
}

static void mag_list_print_entries(const struct mag_entries *entries,
				   const char *head, unsigned int indent)
{
	struct mag_table *table = mag_table_create(indent);

	mag_table_column(table, head);
	mag_table_column(table, "<meaning");
	for (__u32 i = 0; i < entries->nr; i++) {
		mag_table_cell(table, "%s", entries->entry[i].name);
		mag_table_cell(table, "%s", entries->entry[i].help);
	}
	mag_table_print(table, stdout);
	mag_table_destroy(table);
}

static void mag_list_print_workloads(const struct mag_catalog *catalog)
{
	for (__u32 i = 0; i < catalog->nr_workloads; i++) {
		const struct mag_workload *workload = &catalog->workloads[i];

		printf("%sworkload %s: %s\n    steps are %s\n", i ? "\n" : "",
		       workload->about.name, workload->about.help,
		       workload->about.unit);
		mag_list_print_params(&workload->params);
		mag_list_print_entries(&workload->ops, "<operation", 4);
		mag_list_print_entries(&workload->counters, "<counter", 4);
	}
}

static void mag_list_print_backends(const struct mag_catalog *catalog)
{
	mag_list_print_entries(&catalog->backends, "<backend", 0);
}

static void mag_list_print_clocks(const struct mag_catalog *catalog)
{
	mag_list_print_entries(&catalog->clocks, "<clock", 0);
}

static void mag_list_json_backend(json_t *object,
				  const struct mag_describe *about)
{
	json_t *primitives = json_array();

	for (int i = 0; i < MAG_NR_PRIMITIVES; i++) {
		if (about->primitives & MAG_PRIMITIVE_BIT(i))
			mag_json_append(
				primitives,
				json_string(mag_machine_usual(i)->name));
	}
	mag_json_set(object, "slabinfo", json_string(about->slabinfo));
	mag_json_set(object, "primitives", primitives);
}

static json_t *mag_list_json_entry(const struct mag_describe *about)
{
	json_t *object = json_object();

	mag_json_set(object, "name", json_string(about->name));
	mag_json_set(object, "help", json_string(about->help));
	if (about->entity == MAG_ENTITY_PARAM ||
	    about->entity == MAG_ENTITY_COUNTER)
		mag_json_set(object, "unit", json_string(about->unit));
	if (about->entity == MAG_ENTITY_BACKEND)
		mag_list_json_backend(object, about);
	if (about->entity == MAG_ENTITY_PARAM) {
		mag_json_set(object, "min", mag_json_u64(about->min));
		mag_json_set(object, "max", mag_json_u64(about->max));
		mag_json_set(object, "default", mag_json_u64(about->def));
	}
	return object;
}

static json_t *mag_list_json_entries(const struct mag_entries *entries)
{
	json_t *array = json_array();

	for (__u32 i = 0; i < entries->nr; i++)
		mag_json_append(array, mag_list_json_entry(&entries->entry[i]));
	return array;
}

static json_t *mag_list_json_workloads(const struct mag_catalog *catalog)
{
	json_t *array = json_array();

	for (__u32 i = 0; i < catalog->nr_workloads; i++) {
		const struct mag_workload *workload = &catalog->workloads[i];
		json_t *object = mag_list_json_entry(&workload->about);

		mag_json_set(object, "step_unit",
			     json_string(workload->about.unit));
		mag_json_set(object, "params",
			     mag_list_json_entries(&workload->params));
		mag_json_set(object, "ops",
			     mag_list_json_entries(&workload->ops));
		mag_json_set(object, "counters",
			     mag_list_json_entries(&workload->counters));
		mag_json_append(array, object);
	}
	return array;
}

static json_t *mag_list_json_backends(const struct mag_catalog *catalog)
{
	return mag_list_json_entries(&catalog->backends);
}

static json_t *mag_list_json_clocks(const struct mag_catalog *catalog)
{
	return mag_list_json_entries(&catalog->clocks);
}

static const struct mag_listing mag_listings[] = {
	{ "workloads", mag_list_print_workloads, mag_list_json_workloads },
	{ "backends", mag_list_print_backends, mag_list_json_backends },
	{ "clocks", mag_list_print_clocks, mag_list_json_clocks },
};

static const char *mag_listing_at(const void *names, size_t i)
{
	(void)names;
	return i < MAG_ARRAY_SIZE(mag_listings) ? mag_listings[i].name : NULL;
}

static const struct mag_names mag_listing_names = { .at = mag_listing_at };

/* Takes the one argument into *@what. */
static int mag_list_take(const char **what, const char *word)
{
	if (*what) {
		mag_error("list takes one argument; what is \"%s\"?", word);
		return MAG_EXIT_USAGE;
	}
	for (size_t i = 0; i < MAG_ARRAY_SIZE(mag_listings); i++) {
		if (!strcmp(mag_listings[i].name, word)) {
			*what = mag_listings[i].name;
			return MAG_EXIT_OK;
		}
	}
	return mag_unknown("thing to list", word, &mag_listing_names);
}

/* NULL is all. */
static bool mag_list_wants(const struct mag_listing *listing, const char *what)
{
	return !what || !strcmp(listing->name, what);
}

static int mag_list_json(const struct mag_catalog *catalog, const char *what)
{
	json_t *body = json_object();

	for (size_t i = 0; i < MAG_ARRAY_SIZE(mag_listings); i++) {
		if (mag_list_wants(&mag_listings[i], what))
			mag_json_set(body, mag_listings[i].name,
				     mag_listings[i].json(catalog));
	}
	return mag_json_write(mag_json_document("magslab-list", 1, body), "-");
}

static void mag_list_print(const struct mag_catalog *catalog, const char *what)
{
	bool first = true;

	for (size_t i = 0; i < MAG_ARRAY_SIZE(mag_listings); i++) {
		if (!mag_list_wants(&mag_listings[i], what))
			continue;
		if (!first)
			putchar('\n');
		mag_listings[i].print(catalog);
		first = false;
	}
}

static int mag_list_show(bool json, const char *what)
{
	struct mag_session session;
	int code = mag_session_open(&session, NULL);

	if (code)
		return code;
	if (json)
		code = mag_list_json(&session.catalog, what);
	else
		mag_list_print(&session.catalog, what);
	mag_session_close(&session);
	return code;
}

int mag_cmd_list(int argc, char **argv)
{
	const char *what = NULL;
	bool json = false;
	int option, code = MAG_EXIT_OK;

	while (!code && (option = getopt_long(argc, argv, "-h",
					      mag_list_options, NULL)) != -1) {
		switch (option) {
		case 1:
			code = mag_list_take(&what, optarg);
			break;
		case 'j':
			json = true;
			break;
		case 'h':
			mag_list_help();
			return MAG_EXIT_OK;
		default:
			return mag_unknown_option(argv, mag_list_options);
		}
	}
	while (!code && optind < argc)
		code = mag_list_take(&what, argv[optind++]);
	return code ? code : mag_list_show(json, what);
}
