/* SPDX-License-Identifier: GPL-2.0-only */
/* What a reader must know before any figure: lines at the head of a report. */
#ifndef MAGCTL_WARNINGS_H
#define MAGCTL_WARNINGS_H

#include <stdbool.h>
#include <stdio.h>

#include "util.h"

/**
 * struct mag_warning - one of them
 * @name: stable, for JSON and scripts, e.g. "debug_kernel"
 * @text: the cause and what it does to the figures; one line
 * @cure: what to do so that it does not come again, or NULL
 * @precondition: --strict gives no verdict while it stands
 */
struct mag_warning {
	const char *name;
	char *text;
	const char *cure;
	bool precondition;
};

/**
 * struct mag_warnings - a list, in the order added
 * @entry: the warnings
 * @nr: their number
 */
struct mag_warnings {
	struct mag_warning *entry;
	size_t nr;
};

/* Adds one; @name and @cure are not copied, and a name is added once only. */
void mag_warnings_add(struct mag_warnings *warnings, const char *name,
		      bool precondition, const char *cure, const char *format,
		      ...) __printf(5, 6);
/* Whether a precondition is missing. */
bool mag_warnings_missing(const struct mag_warnings *warnings);
/* A line "  WARNING    text (cure)" each. */
void mag_warnings_print(const struct mag_warnings *warnings, FILE *out);
void mag_warnings_free(struct mag_warnings *warnings);

#endif /* MAGCTL_WARNINGS_H */
