// SPDX-License-Identifier: GPL-2.0-only
/* Reading the command line of run and compare. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <stdio.h>

#include "options.h"
#include "output.h"
#include "parse.h"
#include "place.h"
#include "suggest.h"
#include "uapi/magslab.h"
#include "util.h"

enum mag_option {
	MAG_OPT_WORD = 1, /* getopt's number of a word that is no option */
	MAG_OPT_WARMUP = 256,
	MAG_OPT_WARMUP_STEPS,
	MAG_OPT_CPUS,
	MAG_OPT_PLACE,
	MAG_OPT_SEED,
	MAG_OPT_CLOCK,
	MAG_OPT_JSON,
	MAG_OPT_HISTOGRAM,
	MAG_OPT_MACHINE,
	MAG_OPT_STRICT,
	MAG_OPT_QUIET,
	MAG_OPT_PROGRESS,
	MAG_OPT_ROUNDS,
	MAG_OPT_BASELINE,
};

static const struct option mag_long_options[] = {
	{ "backend", required_argument, NULL, 'b' },
	{ "param", required_argument, NULL, 'p' },
	{ "workers", required_argument, NULL, 'w' },
	{ "cpus", required_argument, NULL, MAG_OPT_CPUS },
	{ "place", required_argument, NULL, MAG_OPT_PLACE },
	{ "duration", required_argument, NULL, 'd' },
	{ "steps", required_argument, NULL, 'n' },
	{ "help", no_argument, NULL, 'h' },
	{ "warmup", required_argument, NULL, MAG_OPT_WARMUP },
	{ "warmup-steps", required_argument, NULL, MAG_OPT_WARMUP_STEPS },
	{ "seed", required_argument, NULL, MAG_OPT_SEED },
	{ "clock", required_argument, NULL, MAG_OPT_CLOCK },
	{ "json", required_argument, NULL, MAG_OPT_JSON },
	{ "histogram", required_argument, NULL, MAG_OPT_HISTOGRAM },
	{ "machine", required_argument, NULL, MAG_OPT_MACHINE },
	{ "strict", no_argument, NULL, MAG_OPT_STRICT },
	{ "quiet", no_argument, NULL, MAG_OPT_QUIET },
	{ "progress", no_argument, NULL, MAG_OPT_PROGRESS },
	{ "rounds", required_argument, NULL, MAG_OPT_ROUNDS },
	{ "baseline", required_argument, NULL, MAG_OPT_BASELINE },
	{ NULL, 0, NULL, 0 },
};

static const char mag_options_text[] =
	"  -b, --backend NAME      allocator under test; magctl list backends\n"
	"  -p, --param NAME=VALUE  parameter of the workload, may be repeated;\n"
	"                          a whole number, or with k M G (powers of 1000)\n"
	"                          or Ki Mi Gi (powers of 1024)\n"
	"  -w, --workers N         threads, each on a CPU of its own [one a CPU]\n"
	"      --cpus LIST         the CPUs to take them from, such as 0-3,8; also CPUs\n"
	"                          that taskset, a cpuset or isolcpus keep from magctl\n"
	"                          [those that it may run on]\n"
	"      --place HOW         which of them first [list]:\n"
	"                          list  the lowest number\n"
	"                          smt   fill the threads of a core before the next core\n"
	"                          core  a thread of each core before a second of any,\n"
	"                                the cores of a node before those of the next\n"
	"                          node  a CPU of each node by turns, on each as core\n"
	"  -d, --duration TIME     of the measured part: 2s, 500ms, 1.5s; units ns\n"
	"                          us ms s m h [2s, unless -n is given]\n"
	"  -n, --steps N           steps a worker in the measured part; with -d the\n"
	"                          earlier bound ends it\n"
	"      --warmup TIME       run first and not recorded, 0 for none [200ms,\n"
	"                          unless --warmup-steps is given]\n"
	"      --warmup-steps N    the same in steps a worker\n"
	"      --seed N            of the random sequences; the same seed draws the\n"
	"                          same sequences [1]\n"
	"      --clock NAME        magctl list clocks [auto, and that is ticks where a\n"
	"                          tick is an instruction]\n"
	"      --machine NAME      name of the machine in the report\n"
	"                          [$MAGSLAB_MACHINE, else guessed]\n"
	"      --json FILE         write the whole result as JSON; - is standard\n"
	"                          output, instead of the report\n"
	"      --histogram FILE    write all histograms as CSV: backend, operation,\n"
	"                          unit, lowest and highest value, samples\n"
	"      --strict            no verdict, and exit code 1, while a WARNING stands\n"
	"                          that makes them unsound, or while what could make\n"
	"                          them so could not be looked at\n"
	"      --quiet             no report and no progress, errors only\n"
	"      --progress          progress even where standard error is no terminal\n"
	"  -h, --help              this text\n";

void mag_options_help(void)
{
	fputs(mag_options_text, stdout);
}

static int mag_options_bad(const char *option, const char *text,
			   const char *expected)
{
	mag_error("%s %s: not %s", option, text, expected);
	return MAG_EXIT_USAGE;
}

static int mag_options_number(const char *option, const char *text, __u64 least,
			      __u64 greatest, __u64 *value)
{
	int err = mag_parse_u64(text, value);

	if (err == -EINVAL)
		return mag_options_bad(option, text, "a whole number");
	if (!err && *value >= least && *value <= greatest)
		return MAG_EXIT_OK;
	mag_error("%s %s: out of range, %llu to %llu", option, text, least,
		  greatest);
	return MAG_EXIT_USAGE;
}

static int mag_options_time(const char *option, const char *text, __u64 least,
			    __u64 greatest, __u64 *ns)
{
	char low[32], high[32];
	int err = mag_parse_duration(text, ns);

	if (err == -EINVAL)
		return mag_options_bad(option, text,
				       "a duration such as 2s, 500ms or 1.5s");
	if (!err && *ns >= least && *ns <= greatest)
		return MAG_EXIT_OK;
	mag_error("%s %s: out of range, %s to %s", option, text,
		  mag_format_ns(low, sizeof(low), least),
		  mag_format_ns(high, sizeof(high), greatest));
	return MAG_EXIT_USAGE;
}

static int mag_options_param_value(const struct mag_describe *about,
				   const char *text, __u64 *value)
{
	int err = mag_parse_u64(text, value);

	if (err == -EINVAL) {
		mag_error("-p %s=%s: not a whole number", about->name, text);
		return -1;
	}
	if (err || *value < about->min || *value > about->max) {
		mag_error("-p %s=%s: out of range, %llu to %llu%s%s",
			  about->name, text, about->min, about->max,
			  *about->unit ? " " : "", about->unit);
		return -1;
	}
	return 0;
}

int mag_options_param_read(const struct mag_entries *params, const char *text,
			   __u64 *value)
{
	char *name = mag_xstrdup(text);
	char *number = strchr(name, '=');
	int index;

	*number++ = '\0';
	index = mag_entries_ask("parameter", name, params);
	if (index >= 0 &&
	    mag_options_param_value(&params->entry[index], number, value))
		index = -1;
	free(name);
	return index;
}

/* Not before the workload that it belongs to is known. */
static int mag_options_param_known(const struct mag_options *options,
				   const char *text)
{
	const struct mag_workload *workload = options->known_workload;
	__u64 value;

	if (!workload ||
	    mag_options_param_read(&workload->params, text, &value) >= 0)
		return MAG_EXIT_OK;
	return MAG_EXIT_USAGE;
}

static int mag_options_workload(struct mag_options *options, const char *name)
{
	const struct mag_catalog *catalog = options->catalog;
	int index, code = MAG_EXIT_OK;

	if (options->workload) {
		mag_error("%s: one workload at a time; what is \"%s\"?",
			  options->compare ? "compare" : "run", name);
		return MAG_EXIT_USAGE;
	}
	options->workload = name;
	if (!catalog)
		return MAG_EXIT_OK;
	index = mag_catalog_ask_workload(catalog, name);
	if (index < 0)
		return MAG_EXIT_USAGE;
	options->known_workload = &catalog->workloads[index];
	for (size_t i = 0; i < options->nr_params && !code; i++)
		code = mag_options_param_known(options, options->params[i]);
	return code;
}

static int mag_options_backends(struct mag_options *options, const char *list)
{
	const struct mag_catalog *catalog = options->catalog;
	char *copy, *rest, *name;
	int index = 0;

	options->backends = list;
	if (!catalog)
		return MAG_EXIT_OK;
	copy = mag_xstrdup(list);
	rest = copy;
	while (index >= 0 && (name = strsep(&rest, ",")))
		index = mag_entries_ask("backend", name, &catalog->backends);
	free(copy);
	return index < 0 ? MAG_EXIT_USAGE : MAG_EXIT_OK;
}

static int mag_options_clock(struct mag_options *options, const char *name)
{
	const struct mag_catalog *catalog = options->catalog;

	options->clock = name;
	if (catalog && mag_entries_ask("clock", name, &catalog->clocks) < 0)
		return MAG_EXIT_USAGE;
	return MAG_EXIT_OK;
}

/* It is read again when there are workers to be placed. */
static int mag_options_cpus(struct mag_options *options, const char *list)
{
	struct mag_cpulist cpus;
	int code = mag_place_cpus(&cpus, list);

	options->cpus = list;
	if (!code)
		mag_cpulist_free(&cpus);
	return code;
}

static int mag_options_place(struct mag_options *options, const char *name)
{
	options->place = name;
	return mag_place_placing(name) < 0 ? MAG_EXIT_USAGE : MAG_EXIT_OK;
}

static int mag_options_param(struct mag_options *options, const char *text)
{
	const char *equals = strchr(text, '=');

	if (!equals || equals == text || !equals[1])
		return mag_options_bad("-p", text, "of the form NAME=VALUE");
	options->params = mag_xrealloc(options->params, options->nr_params + 1,
				       sizeof(*options->params));
	options->params[options->nr_params++] = text;
	return mag_options_param_known(options, text);
}

static int mag_options_compare_only(const struct mag_options *options,
				    const char *option)
{
	if (options->compare)
		return MAG_EXIT_OK;
	mag_error("%s belongs to magctl compare", option);
	return MAG_EXIT_USAGE;
}

static int mag_options_baseline(struct mag_options *options, const char *name)
{
	const struct mag_catalog *catalog = options->catalog;
	int code = mag_options_compare_only(options, "--baseline");

	options->baseline = name;
	if (!code && catalog &&
	    mag_entries_ask("baseline", name, &catalog->backends) < 0)
		code = MAG_EXIT_USAGE;
	return code;
}

static int mag_options_numeric(struct mag_options *options, int option,
			       const char *text)
{
	int code;

	switch (option) {
	case 'w':
		return mag_options_number("-w", text, 1, MAG_MAX_WORKERS,
					  &options->workers);
	case 'd':
		return mag_options_time("-d", text, 1, MAG_MAX_DURATION_NS,
					&options->duration_ns);
	case 'n':
		return mag_options_number("-n", text, 1, MAG_MAX_STEPS,
					  &options->steps);
	case MAG_OPT_WARMUP_STEPS:
		return mag_options_number("--warmup-steps", text, 1,
					  MAG_MAX_STEPS,
					  &options->warmup_steps);
	case MAG_OPT_SEED:
		return mag_options_number("--seed", text, 0, MAG_MAX_SEED,
					  &options->seed);
	case MAG_OPT_ROUNDS:
		code = mag_options_number("--rounds", text, 1, MAG_MAX_ROUNDS,
					  &options->rounds);
		return code ? code
			    : mag_options_compare_only(options, "--rounds");
	}
	return MAG_EXIT_USAGE;
}

static int mag_options_one(struct mag_options *options, int option,
			   const char *text)
{
	switch (option) {
	case MAG_OPT_WORD:
		return mag_options_workload(options, text);
	case 'b':
		return mag_options_backends(options, text);
	case 'p':
		return mag_options_param(options, text);
	case 'h':
		options->help = true;
		break;
	case MAG_OPT_CPUS:
		return mag_options_cpus(options, text);
	case MAG_OPT_PLACE:
		return mag_options_place(options, text);
	case MAG_OPT_CLOCK:
		return mag_options_clock(options, text);
	case MAG_OPT_JSON:
		options->json = text;
		break;
	case MAG_OPT_HISTOGRAM:
		options->histogram = text;
		break;
	case MAG_OPT_MACHINE:
		options->machine = text;
		break;
	case MAG_OPT_STRICT:
		options->strict = true;
		break;
	case MAG_OPT_QUIET:
		options->quiet = true;
		break;
	case MAG_OPT_PROGRESS:
		options->progress = true;
		break;
	case MAG_OPT_BASELINE:
		return mag_options_baseline(options, text);
	default:
		return mag_options_numeric(options, option, text);
	}
	return MAG_EXIT_OK;
}

/* What one option cannot know of another; --warmup 0 is a value of its own. */
static void mag_options_default(struct mag_options *options, bool warmup_given)
{
	if (!options->duration_ns && !options->steps)
		options->duration_ns = MAG_DEFAULT_DURATION_NS;
	if (!warmup_given && !options->warmup_steps)
		options->warmup_ns = MAG_DEFAULT_WARMUP_NS;
}

int mag_options_check_outputs(const struct mag_options *options)
{
	if (options->json && options->histogram &&
	    mag_output_same(options->json, options->histogram)) {
		mag_error("--json and --histogram cannot both write %s",
			  options->json);
		return MAG_EXIT_USAGE;
	}
	if (options->json && mag_output_check(options->json))
		return MAG_EXIT_USAGE;
	if (options->histogram && mag_output_check(options->histogram))
		return MAG_EXIT_USAGE;
	return MAG_EXIT_OK;
}

static int mag_options_check(struct mag_options *options, int argc, char **argv)
{
	int code = MAG_EXIT_OK;

	/* What stands behind "--". */
	while (!code && optind < argc)
		code = mag_options_workload(options, argv[optind++]);
	if (!code && !options->workload) {
		mag_error("%s: which workload? See magctl list workloads",
			  options->compare ? "compare" : "run");
		code = MAG_EXIT_USAGE;
	}
	return code;
}

int mag_options_parse(struct mag_options *options, bool compare, int argc,
		      char **argv, const struct mag_catalog *catalog)
{
	bool warmup_given = false;
	int option, code = MAG_EXIT_OK;

	memset(options, 0, sizeof(*options));
	options->compare = compare;
	options->catalog = catalog;
	options->seed = 1;
	options->rounds = compare ? MAG_DEFAULT_ROUNDS : 1;

	optind = 0; /* glibc: start afresh */
	while (!code && !options->help &&
	       (option = getopt_long(argc, argv, "-b:p:w:d:n:h",
				     mag_long_options, NULL)) != -1) {
		if (option == MAG_OPT_WARMUP) {
			warmup_given = true;
			code = mag_options_time("--warmup", optarg, 0,
						MAG_MAX_WARMUP_NS,
						&options->warmup_ns);
		} else if (option == '?') {
			code = mag_unknown_option(argv, mag_long_options);
		} else {
			code = mag_options_one(options, option, optarg);
		}
	}
	if (code || options->help)
		return code;
	mag_options_default(options, warmup_given);
	return mag_options_check(options, argc, argv);
}

void mag_options_free(struct mag_options *options)
{
	free(options->params);
}
