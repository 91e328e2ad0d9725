// SPDX-License-Identifier: GPL-2.0-only
/*
 * What was found wrong, in the log and as a count; and what is broken on purpose.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/printk.h>
#include <linux/smp.h>

#include "torture.h"

/* The first ones say it all, and a log that overflows says nothing. */
#define MAX_REPORTS 20

atomic_long_t torture_failures = ATOMIC_LONG_INIT(0);

/**
 * torture_fail() - report what is wrong
 * @tc: the cache with which it is
 * @format: what, as of printf(), without a newline
 *
 * Context: any.
 */
void torture_fail(const struct torture_cache *tc, const char *format, ...)
{
	struct va_format words;
	va_list args;

	if (atomic_long_inc_return(&torture_failures) > MAX_REPORTS)
		return;
	va_start(args, format);
	words = (struct va_format){ .fmt = format, .va = &args };
	pr_err("%s: %pV; cpu %u, seed %lu\n", tc->spec->name, &words,
	       raw_smp_processor_id(), torture_seed);
	va_end(args);
}

/**
 * torture_breaks() - whether to break something now
 * @what: what would be broken
 * @actor: who would
 *
 * Context: any.
 * Return: true once in a while, if @what is what the module was told to break.
 */
bool torture_breaks(enum torture_break what, struct torture_actor *actor)
{
	return unlikely(READ_ONCE(torture_broken) == what) &&
	       !torture_random(actor, 16);
}
