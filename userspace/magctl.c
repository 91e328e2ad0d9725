// SPDX-License-Identifier: GPL-2.0-only
/* magctl: finds the subcommand, and makes sure that what it printed arrived. */
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "output.h"
#include "signals.h"
#include "suggest.h"
#include "util.h"

/**
 * struct mag_command - a subcommand
 * @name: as the user names it
 * @title: for getopt's messages
 * @run: see commands.h
 */
struct mag_command {
	const char *name;
	char *title;
	int (*run)(int argc, char **argv);
};

static const struct mag_command mag_commands[] = {
	{ "list", "magctl list", mag_cmd_list },
	{ "run", "magctl run", mag_cmd_run },
	{ "compare", "magctl compare", mag_cmd_compare },
	{ "info", "magctl info", mag_cmd_info },
	{ "machine", "magctl machine", mag_cmd_machine },
};

static const char mag_help[] =
	"Usage: magctl COMMAND [arguments]\n"
	"\n"
	"Runs allocation workloads in the kernel, on the magazine allocator and on the\n"
	"kernel's own, and reports percentiles.  Needs the module magslab.ko and root.\n"
	"\n"
	"Commands:\n"
	"  list     workloads with their parameters, backends, clocks\n"
	"  run      one workload on one backend\n"
	"  compare  one workload on several backends, in interleaved rounds\n"
	"  info     machine, kernel, clocks, hooks, state\n"
	"  machine  what primitives cost here, beside bare metal\n"
	"magctl COMMAND --help tells more of each.\n"
	"\n"
	"Units: times are in ns of one operation; with the clock \"ticks\" in ticks of the\n"
	"time-stamp counter, which in QEMU can be instructions (insns).\n"
	"Throughput is in steps of the workload a second, or a million instructions.\n"
	"Memory is in bytes, with B KiB MiB GiB as powers of 1024.\n"
	"\n"
	"Exit codes:\n"
	"    0  done\n"
	"    1  a run failed, a result could not be written, or --strict refused verdicts\n"
	"    2  wrong usage; nothing was run\n"
	"    3  no device, or no right to use it\n"
	"  130  interrupted (INT, TERM or HUP); what was measured until then is reported\n"
	"  141  done, but the reader of standard output has gone: magctl ends by SIGPIPE,\n"
	"       which a shell shows so; 1 where that signal is ignored\n"
	"\n"
	"Examples:\n"
	"  insmod magslab.ko\n"
	"  magctl list workloads\n"
	"  magctl run pair -b magazine -d 1s\n"
	"  magctl compare skb -b magazine,kmem_cache,noop --json skb.json\n";

static const char *mag_command_at(const void *names, size_t i)
{
	(void)names;
	return i < MAG_ARRAY_SIZE(mag_commands) ? mag_commands[i].name : NULL;
}

static const struct mag_names mag_command_names = { .at = mag_command_at };

static int mag_dispatch(int argc, char **argv)
{
	if (argc < 2) {
		fputs(mag_help, stderr);
		return MAG_EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") ||
	    !strcmp(argv[1], "help")) {
		fputs(mag_help, stdout);
		return MAG_EXIT_OK;
	}
	for (size_t i = 0; i < MAG_ARRAY_SIZE(mag_commands); i++) {
		if (strcmp(argv[1], mag_commands[i].name))
			continue;
		argv[1] = mag_commands[i].title;
		return mag_commands[i].run(argc - 1, argv + 1);
	}
	return mag_unknown("command", argv[1], &mag_command_names);
}

int main(int argc, char **argv)
{
	int code, written;

	mag_output_check_stdio();
	mag_signals_ignore_pipe();
	code = mag_dispatch(argc, argv);
	written = mag_output_close_stdout(code);
	return code ? code : written;
}
