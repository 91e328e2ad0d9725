// SPDX-License-Identifier: GPL-2.0-only
/* magctl compare: one workload on several backends, in interleaved rounds. */
#include <stdio.h>

#include "commands.h"
#include "measure.h"
#include "options.h"

static void mag_compare_help(void)
{
	fputs("Usage: magctl compare WORKLOAD [-b BACKEND,BACKEND,...] [options]\n"
	      "\n"
	      "Runs a workload on several allocators in rounds, interleaved and rotated\n"
	      "(A B C, B C A, C A B, ...), with the same seed for all in a round, the next\n"
	      "seed in the next.  Percentiles are those of all rounds' samples together, the\n"
	      "throughput is the median of the rounds.\n"
	      "\n"
	      "      --rounds N          rounds on each backend [5]\n"
	      "      --baseline NAME     backend that the others are compared with\n"
	      "                          [kmem_cache if it takes part, else the first]\n"
	      "\n"
	      "Here -b takes a list separated by commas [all backends], and -d, -n and\n"
	      "--warmup apply to each round.\n"
	      "\n",
	      stdout);
	mag_options_help();
	fputs("\n"
	      "Ratios: for the throughput and for p50 and p99 of each operation, the ratio to\n"
	      "the baseline is taken in each round, and its geometric mean is given with a 95 %\n"
	      "confidence interval (Student's t on the logarithms of the ratios).  Verdict:\n"
	      "  faster, slower     the interval excludes 1\n"
	      "  same within noise  it does not\n"
	      "  unstable           its upper end is more than 1.5 times its lower: too wide to\n"
	      "                     mean anything, whatever it excludes; run longer, or use more\n"
	      "                     rounds, or quieten the machine\n"
	      "  no interval        fewer than 3 pairs of whole rounds\n"
	      "  below clock step   the two times lie no more than a step of the clock apart\n"
	      "  machine            one of the two uses a primitive that is out of proportion on\n"
	      "                     this machine (magctl machine), or it was not measured\n"
	      "  refused            --strict was given, and a WARNING makes verdicts unsound, or\n"
	      "                     what would make them so could not be looked at\n"
	      "A percentile of 0, below what the clock can tell, makes no pair.\n"
	      "\n"
	      "If the backend noop (the harness itself) takes part, p50 and mean of each\n"
	      "operation are also given net of its own, each with a 95 % confidence interval.\n"
	      "\n"
	      "Examples:\n"
	      "  magctl compare skb -b magazine,kmem_cache,kmalloc,noop\n"
	      "  magctl compare pair -b magazine,kmem_cache --rounds 9 -d 1s --json out.json\n"
	      "  magctl compare dentry -b kmalloc,magazine --baseline kmalloc -w 1\n"
	      "\n"
	      "A first SIGINT, SIGTERM or SIGHUP ends it and reports what was measured until\n"
	      "then; a second one kills.  Exit codes: magctl --help.\n",
	      stdout);
}

int mag_cmd_compare(int argc, char **argv)
{
	return mag_measure(true, argc, argv, mag_compare_help);
}
