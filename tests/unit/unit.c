// SPDX-License-Identifier: GPL-2.0-only
/* Runs all unit tests of user space and prints TAP. */
#include <stdarg.h>
#include <stdio.h>

#include "unit.h"

/* A wrong loop must not bury the first failures. */
#define UNIT_MAX_DIAGNOSTICS 10

static struct {
	const char *name;
	unsigned int number;
	unsigned int failed_tests;
	unsigned int failed_checks;
} unit;

static void unit_close(void)
{
	if (!unit.name)
		return;
	printf("%s %u - %s\n", unit.failed_checks ? "not ok" : "ok",
	       unit.number, unit.name);
	unit.failed_tests += unit.failed_checks != 0;
	fflush(stdout);
}

void unit_test(const char *name)
{
	unit_close();
	unit.name = name;
	unit.number++;
	unit.failed_checks = 0;
}

/* A text of several lines must not be taken for TAP. */
static void unit_put(const char *text)
{
	for (; *text; text++) {
		putchar(*text);
		if (*text == '\n')
			fputs("# ", stdout);
	}
	putchar('\n');
}

bool unit_check(bool ok, const char *file, int line, const char *format, ...)
{
	char text[2048];
	va_list args;

	if (ok || unit.failed_checks++ >= UNIT_MAX_DIAGNOSTICS)
		return ok;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	printf("# %s:%d: ", file, line);
	unit_put(text);
	return false;
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fputs("usage: unit-tests MAGCTL_WITH_FAKE_DEVICE\n", stderr);
		return 2;
	}
	puts("TAP version 13");
	unit_histogram();
	unit_stats();
	unit_parse();
	unit_sources();
	unit_state();
	unit_machine();
	unit_cli(argv[1]);
	unit_close();
	printf("1..%u\n", unit.number);
	return unit.failed_tests != 0;
}
