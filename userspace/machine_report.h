/* SPDX-License-Identifier: GPL-2.0-only */
/* A machine's profile as a table, as a line of a report, and as JSON. */
#ifndef MAGCTL_MACHINE_REPORT_H
#define MAGCTL_MACHINE_REPORT_H

#include <stdio.h>

#include "json.h"
#include "machine.h"

/* The table of primitives, the clock, and who interrupts; @profile has no error. */
void mag_machine_print(const struct mag_profile *profile, FILE *out);

/* The medians in one line, without its key; "!" follows what is out of proportion. */
void mag_machine_print_line(const struct mag_profile *profile, FILE *out);

/* The object "primitives" of every document. */
json_t *mag_machine_json(const struct mag_profile *profile);

#endif /* MAGCTL_MACHINE_REPORT_H */
