// SPDX-License-Identifier: GPL-2.0-only
/* Progress on standard error. */
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "progress.h"

#define MAG_PROGRESS_TTY_MS  200
#define MAG_PROGRESS_LINE_MS 1000

struct mag_progress mag_progress_create(bool wanted, bool quiet)
{
	struct mag_progress progress;

	progress.tty = isatty(STDERR_FILENO);
	progress.shown = !quiet && (wanted || progress.tty);
	return progress;
}

int mag_progress_interval_ms(const struct mag_progress *progress)
{
	if (!progress->shown)
		return -1;
	return progress->tty ? MAG_PROGRESS_TTY_MS : MAG_PROGRESS_LINE_MS;
}

void mag_progress_show(const struct mag_progress *progress, const char *format,
		       ...)
{
	va_list args;

	if (!progress->shown)
		return;
	mag_progress_clear(progress);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	if (!progress->tty)
		fputc('\n', stderr);
	fflush(stderr);
}

void mag_progress_clear(const struct mag_progress *progress)
{
	if (progress->shown && progress->tty) {
		fputs("\r\033[K", stderr);
		fflush(stderr);
	}
}
