/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The unit tests' frame: TAP on standard output, the plan at the end, so that
 * a crash leaves none.
 */
#ifndef MAGSLAB_UNIT_H
#define MAGSLAB_UNIT_H

#include <stdbool.h>

#include "util.h"

/* Begins the test @name; checks until the next belong to it. */
void unit_test(const char *name);

/* Notes a failed check with where and why; the test goes on. */
bool unit_check(bool ok, const char *file, int line, const char *format, ...)
	__printf(4, 5);

/* True, or a diagnostic with the expression itself. */
#define CHECK(condition) \
	unit_check(condition, __FILE__, __LINE__, "%s", #condition)

/* The same with the figures that matter. */
#define CHECK_MSG(condition, ...) \
	unit_check(condition, __FILE__, __LINE__, __VA_ARGS__)

void unit_histogram(void);
void unit_stats(void);
void unit_parse(void);
void unit_sources(void);
void unit_state(void);
void unit_machine(void);
/* @magctl is the tool linked with the fake device. */
void unit_cli(const char *magctl);

#endif /* MAGSLAB_UNIT_H */
