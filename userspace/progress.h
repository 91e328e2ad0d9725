/* SPDX-License-Identifier: GPL-2.0-only */
/* A line on standard error that tells how far things are. */
#ifndef MAGCTL_PROGRESS_H
#define MAGCTL_PROGRESS_H

#include <stdbool.h>

#include "util.h"

/**
 * struct mag_progress - whether and how progress is shown
 * @shown: whether at all
 * @tty: one line that is rewritten; else a line each time
 */
struct mag_progress {
	bool shown;
	bool tty;
};

/* Shown on a terminal or if @wanted, never if @quiet. */
struct mag_progress mag_progress_create(bool wanted, bool quiet);

/* How long to wait before the next line, as poll() takes it. */
int mag_progress_interval_ms(const struct mag_progress *progress);

void mag_progress_show(const struct mag_progress *progress, const char *format,
		       ...) __printf(2, 3);

/* Takes a terminal's line away, so that something else can be printed. */
void mag_progress_clear(const struct mag_progress *progress);

#endif /* MAGCTL_PROGRESS_H */
