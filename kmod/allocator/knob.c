// SPDX-License-Identifier: GPL-2.0-only
/*
 * The one table of knobs: names, bounds, and how values read.
 */
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/kstrtox.h>
#include <linux/sizes.h>
#include <linux/stddef.h>
#include <linux/string.h>

#include "internal.h"

/* A magazine of more is not to be had in the middle of a free. */
#define KNOB_MAX_ROUNDS ((SZ_8K - sizeof(struct mag_magazine)) / sizeof(void *))

static const char *const resize_rules[MAG_NR_RESIZE_RULES] = {
	[MAG_RESIZE_NEVER] = "never",
	[MAG_RESIZE_INTERVAL] = "interval",
	[MAG_RESIZE_EVENT] = "event",
};

static const char *const remote_rules[MAG_NR_REMOTE_RULES] = {
	[MAG_REMOTE_AWAY] = "away",
	[MAG_REMOTE_SLAB] = "slab",
	[MAG_REMOTE_IGNORE] = "ignore",
};

static const char *const reap_rules[MAG_NR_REAP_RULES] = {
	[MAG_REAP_NEVER] = "never",
	[MAG_REAP_WORKING_SET] = "working_set",
	[MAG_REAP_ALL] = "all",
};

#define NUMBER(field, low, high)                                              \
	{                                                                     \
		.name = #field, .offset = offsetof(struct mag_policy, field), \
		.least = (low), .most = (high)                                \
	}
#define RULE(field, names, last)                                              \
	{                                                                     \
		.name = #field, .offset = offsetof(struct mag_policy, field), \
		.most = (last), .rule = (names)                               \
	}

const struct mag_knob mag_knobs[MAG_NR_KNOBS] = {
	NUMBER(magazines, 1, 2),
	NUMBER(magazine_rounds, 1, KNOB_MAX_ROUNDS),
	NUMBER(magazine_max, 1, KNOB_MAX_ROUNDS),
	NUMBER(depot_max, 0, MAG_KNOB_NO_LIMIT),
	NUMBER(depot_window, 0, 1000000),
	NUMBER(empty_max, 0, MAG_KNOB_NO_LIMIT),
	RULE(resize_rule, resize_rules, MAG_NR_RESIZE_RULES - 1),
	NUMBER(resize_threshold, 0, 1000000),
	RULE(remote_rule, remote_rules, MAG_NR_REMOTE_RULES - 1),
	RULE(reap_rule, reap_rules, MAG_NR_REAP_RULES - 1),
	NUMBER(reap_interval_ms, 10, 3600000),
};
EXPORT_SYMBOL_GPL(mag_knobs);

/**
 * mag_knob_find() - the knob of a name
 * @name: the name
 *
 * Context: any.
 * Return: the knob or NULL.
 */
const struct mag_knob *mag_knob_find(const char *name)
{
	u32 i;

	for (i = 0; i < MAG_NR_KNOBS; i++)
		if (!strcmp(mag_knobs[i].name, name))
			return &mag_knobs[i];
	return NULL;
}
EXPORT_SYMBOL_GPL(mag_knob_find);

static int rule_parse(const struct mag_knob *knob, const char *text, u32 *value)
{
	u32 i;

	for (i = 0; i <= knob->most; i++) {
		if (sysfs_streq(text, knob->rule[i])) {
			*value = i;
			return 0;
		}
	}
	return -EINVAL;
}

/**
 * mag_knob_parse() - read the text of a value
 * @knob: the knob
 * @text: a number, or the name of a rule; may end in a newline
 * @value: filled in
 *
 * Context: any.
 * Return: 0, -EINVAL if @text is neither, or -ERANGE for a number that is out
 *	of bounds.
 */
int mag_knob_parse(const struct mag_knob *knob, const char *text, u32 *value)
{
	u32 number;
	int err;

	if (knob->rule)
		return rule_parse(knob, text, value);
	err = kstrtou32(text, 10, &number);
	if (err)
		return err;
	if (!mag_knob_allows(knob, number))
		return -ERANGE;
	*value = number;
	return 0;
}
EXPORT_SYMBOL_GPL(mag_knob_parse);

/**
 * mag_knob_format() - the text of a value
 * @knob: the knob
 * @value: within its bounds
 * @text: MAG_KNOB_TEXT bytes, filled in
 *
 * Context: any.
 * Return: length of the text.
 */
int mag_knob_format(const struct mag_knob *knob, u32 value, char *text)
{
	if (knob->rule)
		return scnprintf(text, MAG_KNOB_TEXT, "%s", knob->rule[value]);
	return scnprintf(text, MAG_KNOB_TEXT, "%u", value);
}
EXPORT_SYMBOL_GPL(mag_knob_format);

/**
 * mag_knob_range() - the text of what a knob may be
 * @knob: the knob
 * @text: MAG_KNOB_TEXT bytes, filled in
 *
 * Context: any.
 * Return: length of the text.
 */
int mag_knob_range(const struct mag_knob *knob, char *text)
{
	int length = 0;
	u32 i;

	if (!knob->rule)
		return scnprintf(text, MAG_KNOB_TEXT, "%u to %u", knob->least,
				 knob->most);
	for (i = 0; i <= knob->most; i++)
		length += scnprintf(text + length, MAG_KNOB_TEXT - length,
				    "%s%s", i ? ", " : "", knob->rule[i]);
	return length;
}
EXPORT_SYMBOL_GPL(mag_knob_range);
