/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a test makes the kernel's log say: for reports, whose words are their
 * whole effect.
 */
#ifndef MAGSLAB_KUNIT_LOG_H
#define MAGSLAB_KUNIT_LOG_H

#include <kunit/test.h>
#include <linux/types.h>

/*
 * Keeps the lines that this thread says from here to the end of the test, the
 * first 256 of them.  Skips the test where the kernel has no tracepoints: to be
 * called before there is anything to undo.
 */
void mag_kunit_log(struct kunit *test);

/* Of the lines kept, how many hold @text. */
u32 mag_kunit_log_count(const char *text);

#endif /* MAGSLAB_KUNIT_LOG_H */
