// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a test makes the kernel's log say; see log.h.  Each line passes through
 * a tracepoint, which the tests of KASAN and KFENCE use as well.  It is sought
 * by its name, for Linux 6.1 does not export it.
 */
#include "log.h"

#include <kunit/resource.h>
#include <linux/minmax.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/tracepoint.h>

#define LOG_LINES 256
#define LOG_BYTES 128 /* kept of a line */

/**
 * struct kunit_log - what was said
 * @speaker: whose lines are kept
 * @nr: lines kept
 * @line: the lines
 */
static struct kunit_log {
	const struct task_struct *speaker;
	u32 nr;
	char line[LOG_LINES][LOG_BYTES];
} log;

#ifdef CONFIG_TRACEPOINTS

static void on_console(void *data, const char *text, size_t bytes)
{
	char *line;

	/* Not of an interrupt that came in between. */
	if (current != READ_ONCE(log.speaker) || !in_task() ||
	    log.nr == LOG_LINES)
		return;
	line = log.line[log.nr++];
	bytes = min_t(size_t, bytes, LOG_BYTES - 1);
	memcpy(line, text, bytes);
	line[bytes] = '\0';
}

static void find_console(struct tracepoint *tp, void *found)
{
	if (!strcmp(tp->name, "console"))
		*(struct tracepoint **)found = tp;
}

static int log_resource_init(struct kunit_resource *res, void *context)
{
	res->data = context;
	return tracepoint_probe_register(context, on_console, NULL);
}

static void log_resource_free(struct kunit_resource *res)
{
	WRITE_ONCE(log.speaker, NULL);
	tracepoint_probe_unregister(res->data, on_console, NULL);
	tracepoint_synchronize_unregister();
}

void mag_kunit_log(struct kunit *test)
{
	struct tracepoint *tp = NULL;

	for_each_kernel_tracepoint(find_console, &tp);
	if (!tp)
		kunit_skip(test, "needs the tracepoint of the console");
	log.nr = 0;
	WRITE_ONCE(log.speaker, current);
	KUNIT_ASSERT_PTR_EQ(test,
			    kunit_alloc_resource(test, log_resource_init,
						 log_resource_free, GFP_KERNEL,
						 tp),
			    (void *)tp);
}

#else /* !CONFIG_TRACEPOINTS */

void mag_kunit_log(struct kunit *test)
{
	kunit_skip(test, "needs CONFIG_TRACEPOINTS");
}

#endif /* CONFIG_TRACEPOINTS */

u32 mag_kunit_log_count(const char *text)
{
	u32 i, count = 0;

	for (i = 0; i < log.nr; i++)
		count += !!strstr(log.line[i], text);
	return count;
}
