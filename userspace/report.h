/* SPDX-License-Identifier: GPL-2.0-only */
/* An experiment as text; every line is explained in Documentation/magctl.rst. */
#ifndef MAGCTL_REPORT_H
#define MAGCTL_REPORT_H

#include <stdio.h>

#include "experiment.h"

void mag_report_print(const struct mag_experiment *experiment, FILE *out);

/* "packets/s" or "packets/1e6 insns", to be freed. */
char *mag_report_throughput_unit(const struct mag_request *request);

/* One line a set of MAG_HOOK_*: "on: a b" and "off: c d". */
void mag_report_hooks(__u64 hooks, FILE *out);

#endif /* MAGCTL_REPORT_H */
