// SPDX-License-Identifier: GPL-2.0-only
/* magctl run: one workload on one backend, once. */
#include <stdio.h>

#include "commands.h"
#include "measure.h"
#include "options.h"

static void mag_run_help(void)
{
	fputs("Usage: magctl run WORKLOAD -b BACKEND [options]\n"
	      "\n"
	      "Runs a workload on an allocator and reports the percentiles of each of its\n"
	      "operations, the throughput, and the memory held against the memory live.\n"
	      "One figure of one run: to tell which of two is faster, use magctl compare.\n"
	      "\n",
	      stdout);
	mag_options_help();
	fputs("\n"
	      "Examples:\n"
	      "  magctl run skb -b magazine\n"
	      "  magctl run dentry -b kmem_cache -w 1 -d 10s --seed 7 --json dentry.json\n"
	      "  magctl run pair -b kmalloc -n 1M --warmup-steps 100k --histogram pair.csv\n"
	      "\n"
	      "A first SIGINT, SIGTERM or SIGHUP ends the run and reports what was measured\n"
	      "until then; a second one kills.  Exit codes: magctl --help.\n",
	      stdout);
}

int mag_cmd_run(int argc, char **argv)
{
	return mag_measure(false, argc, argv, mag_run_help);
}
