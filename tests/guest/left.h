/* SPDX-License-Identifier: GPL-2.0-only */
/* What is left of a run once it is over, and of the module once it is out. */
#ifndef TESTS_GUEST_LEFT_H
#define TESTS_GUEST_LEFT_H

#include <stdbool.h>

/*
 * Whether a module that is in, with no run, has no thread, no cache and no
 * memory for one.  What it finds is printed as diagnostics.
 */
bool left_idle(void);
/* Whether there is no module, and no file, thread, cache or memory of it. */
bool left_gone(void);

#endif /* TESTS_GUEST_LEFT_H */
