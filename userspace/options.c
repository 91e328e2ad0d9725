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
#include "suggest.h"
#include "uapi/magslab.h"
#include "util.h"

enum mag_option {
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
	"      --place HOW         which of them first: list, as they are numbered; smt,\n"
	"                          as few cores as can be; core, as many cores, on as few\n"
	"                          nodes as can be; node, the nodes by turns [list]\n"
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

static int mag_options_param(struct mag_options *options, const char *text)
{
	const char *equals = strchr(text, '=');

	if (!equals || equals == text || !equals[1])
		return mag_options_bad("-p", text, "of the form NAME=VALUE");
	options->params = mag_xrealloc(options->params, options->nr_params + 1,
				       sizeof(*options->params));
	options->params[options->nr_params++] = text;
	return MAG_EXIT_OK;
}

static int mag_options_compare_only(const struct mag_options *options,
				    const char *option)
{
	if (options->compare)
		return MAG_EXIT_OK;
	mag_error("%s belongs to magctl compare", option);
	return MAG_EXIT_USAGE;
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
	case 'b':
		options->backends = text;
		break;
	case 'p':
		return mag_options_param(options, text);
	case 'h':
		options->help = true;
		break;
	case MAG_OPT_CPUS:
		options->cpus = text;
		break;
	case MAG_OPT_PLACE:
		options->place = text;
		break;
	case MAG_OPT_CLOCK:
		options->clock = text;
		break;
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
		options->baseline = text;
		return mag_options_compare_only(options, "--baseline");
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
	if (optind >= argc) {
		mag_error("%s: which workload? See magctl list workloads",
			  argv[0]);
		return MAG_EXIT_USAGE;
	}
	options->workload = argv[optind++];
	if (optind < argc) {
		mag_error("%s: one workload at a time; what is \"%s\"?",
			  argv[0], argv[optind]);
		return MAG_EXIT_USAGE;
	}
	return MAG_EXIT_OK;
}

int mag_options_parse(struct mag_options *options, bool compare, int argc,
		      char **argv)
{
	bool warmup_given = false;
	int option, code = MAG_EXIT_OK;

	memset(options, 0, sizeof(*options));
	options->compare = compare;
	options->seed = 1;
	options->rounds = compare ? MAG_DEFAULT_ROUNDS : 1;

	optind = 0; /* glibc: start afresh */
	while (!code && !options->help &&
	       (option = getopt_long(argc, argv, "b:p:w:d:n:h",
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
