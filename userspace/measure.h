/* SPDX-License-Identifier: GPL-2.0-only */
/* From a command line to the report: the body of run and compare. */
#ifndef MAGCTL_MEASURE_H
#define MAGCTL_MEASURE_H

#include <stdbool.h>

/* As mag_cmd_run(); @help prints the subcommand's --help. */
int mag_measure(bool compare, int argc, char **argv, void (*help)(void));

#endif /* MAGCTL_MEASURE_H */
