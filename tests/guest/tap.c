// SPDX-License-Identifier: GPL-2.0-only
/* Test Anything Protocol: the counting and the printing. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "tap.h"

static unsigned int tap_run;
static unsigned int tap_failed;

static void tap_line(bool ok, const char *reason, const char *name, va_list ap)
{
	printf("%sok %u - ", ok ? "" : "not ", ++tap_run);
	vprintf(name, ap);
	if (reason)
		printf(" # SKIP %s", reason);
	putchar('\n');
	/* What was found must survive a panic that comes next. */
	fflush(stdout);
	if (!ok)
		tap_failed++;
}

bool tap_ok(bool ok, const char *name, ...)
{
	va_list ap;

	va_start(ap, name);
	tap_line(ok, NULL, name, ap);
	va_end(ap);
	return ok;
}

bool tap_is(long long got, long long want, const char *name, ...)
{
	va_list ap;

	va_start(ap, name);
	tap_line(got == want, NULL, name, ap);
	va_end(ap);
	if (got != want)
		tap_diag("got %lld, expected %lld", got, want);
	return got == want;
}

void tap_skip(const char *reason, const char *name, ...)
{
	va_list ap;

	va_start(ap, name);
	tap_line(true, reason, name, ap);
	va_end(ap);
}

void tap_diag(const char *line, ...)
{
	va_list ap;

	fputs("# ", stdout);
	va_start(ap, line);
	vprintf(line, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
}

void tap_bail(const char *why, ...)
{
	va_list ap;

	fputs("Bail out! ", stdout);
	va_start(ap, why);
	vprintf(why, ap);
	va_end(ap);
	putchar('\n');
	exit(2);
}

int tap_done(void)
{
	printf("1..%u\n", tap_run);
	return tap_failed ? 1 : 0;
}
