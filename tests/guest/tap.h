/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Test Anything Protocol on standard output: one program, one plan, printed
 * last, so that a program that dies has none and counts as failed.
 */
#ifndef TESTS_GUEST_TAP_H
#define TESTS_GUEST_TAP_H

#include <stdbool.h>

/* One claim and its name.  Returns @ok. */
bool tap_ok(bool ok, const char *name, ...)
	__attribute__((format(printf, 2, 3)));
/* The claim that two numbers are equal; a failure shows both. */
bool tap_is(long long got, long long want, const char *name, ...)
	__attribute__((format(printf, 3, 4)));
/* A claim that cannot be tried here. */
void tap_skip(const char *reason, const char *name, ...)
	__attribute__((format(printf, 2, 3)));
/* A line for the reader of a failure. */
void tap_diag(const char *line, ...) __attribute__((format(printf, 1, 2)));
/* Ends the program at once, without a plan: the set-up itself failed. */
void tap_bail(const char *why, ...)
	__attribute__((noreturn, format(printf, 1, 2)));
/* Prints the plan.  Returns the exit status. */
int tap_done(void);

#endif /* TESTS_GUEST_TAP_H */
