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
 * @precondition: --strict gives no verdict while it stands
 */
struct mag_warning {
	const char *name;
	char *text;
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

/* Adds one; @name is not copied, and a name is added once only. */
void mag_warnings_add(struct mag_warnings *warnings, const char *name,
		      bool precondition, const char *format, ...)
	__printf(4, 5);
/* The first precondition that is missing, or NULL. */
const struct mag_warning *
mag_warnings_missing(const struct mag_warnings *warnings);
/* A line "  WARNING    text" each. */
void mag_warnings_print(const struct mag_warnings *warnings, FILE *out);
void mag_warnings_free(struct mag_warnings *warnings);

#endif /* MAGCTL_WARNINGS_H */
