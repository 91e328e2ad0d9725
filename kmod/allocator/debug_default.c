// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which caches are debugged though their creators did not ask for it: by a
 * parameter of the module, or later by debugfs, in the manner of slab_debug=.
 */
#include <linux/ctype.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/string.h>

#include "internal.h"

/* Ours, and those by which SLUB's users know the same. */
static const struct debug_letter {
	char letter;
	char slub;
	u32 flag;
} debug_letters[] = {
	{ 'C', 'F', MAG_CACHE_CHECK },
	{ 'R', 'Z', MAG_CACHE_REDZONE },
	{ 'P', 'P', MAG_CACHE_POISON },
	{ 'T', 'U', MAG_CACHE_TRACK },
};

/* The lock protects both. */
static DEFINE_MUTEX(debug_default_lock);
static u32 debug_flags;
static char debug_globs[MAG_DEBUG_GLOBS];

/* 0 if there is no such letter. */
static u32 letter_flag(char c)
{
	u32 i;

	c = toupper(c);
	for (i = 0; i < ARRAY_SIZE(debug_letters); i++)
		if (c == debug_letters[i].letter || c == debug_letters[i].slub)
			return debug_letters[i].flag;
	return 0;
}

/* Letters up to a comma or the end, or "-" for none. */
static int parse_letters(const char *text, size_t length, u32 *flags)
{
	u32 flag;

	*flags = 0;
	if (length == 1 && *text == '-')
		return 0;
	for (; length; length--, text++) {
		flag = letter_flag(*text);
		if (!flag)
			return -EINVAL;
		*flags |= flag;
	}
	return *flags ? 0 : -EINVAL;
}

/**
 * mag_debug_default_set() - choose the caches to come that are debugged
 * @text: letters of C (check), R (redzones), P (poison), T (track), or "-" for
 *	none; then maybe a comma and the names of caches, parted by commas, each
 *	of which may end in "*" for any end.  May end in a newline
 *
 * Context: task, may sleep.
 * Return: 0, -EINVAL for a letter that means nothing, or -E2BIG for too many
 *	names; then nothing was changed.
 */
int mag_debug_default_set(const char *text)
{
	size_t length = strcspn(text, ",\n");
	const char *globs = "";
	u32 flags;
	int err;

	err = parse_letters(text, length, &flags);
	if (err)
		return err;
	if (text[length] == ',')
		globs = text + length + 1;
	length = strcspn(globs, "\n");
	if (length >= sizeof(debug_globs))
		return -E2BIG;

	mutex_lock(&debug_default_lock);
	debug_flags = flags;
	memcpy(debug_globs, globs, length);
	debug_globs[length] = '\0';
	mutex_unlock(&debug_default_lock);
	return 0;
}

/**
 * mag_debug_format() - the letters of debug flags
 * @flags: those of enum mag_cache_flags; others are ignored
 * @text: MAG_KNOB_TEXT bytes, filled in
 *
 * Context: any.
 */
void mag_debug_format(u32 flags, char *text)
{
	u32 i;

	if (!(flags & MAG_CACHE_DEBUG))
		*text++ = '-';
	for (i = 0; i < ARRAY_SIZE(debug_letters); i++)
		if (flags & debug_letters[i].flag)
			*text++ = debug_letters[i].letter;
	*text = '\0';
}

/**
 * mag_debug_default_get() - the text of the choice
 * @text: filled in, as mag_debug_default_set() takes it
 * @size: of @text; MAG_KNOB_TEXT + MAG_DEBUG_GLOBS are enough
 *
 * Context: task, may sleep.
 */
void mag_debug_default_get(char *text, size_t size)
{
	char letters[MAG_KNOB_TEXT];

	mutex_lock(&debug_default_lock);
	mag_debug_format(debug_flags, letters);
	scnprintf(text, size, "%s%s%s", letters, *debug_globs ? "," : "",
		  debug_globs);
	mutex_unlock(&debug_default_lock);
}

/* @glob is @length bytes, and not a string of its own. */
static bool glob_matches(const char *glob, size_t length, const char *name)
{
	if (length && glob[length - 1] == '*')
		return !strncmp(glob, name, length - 1);
	return strlen(name) == length && !memcmp(glob, name, length);
}

static bool globs_match(const char *globs, const char *name)
{
	size_t length;

	if (!*globs)
		return true;
	for (;; globs += length + 1) {
		length = strcspn(globs, ",");
		if (glob_matches(globs, length, name))
			return true;
		if (!globs[length])
			return false;
	}
}

u32 mag_policy_debug_flags(const char *name)
{
	u32 flags = 0;

	mutex_lock(&debug_default_lock);
	if (debug_flags && globs_match(debug_globs, name))
		flags = debug_flags;
	mutex_unlock(&debug_default_lock);
	return flags;
}

/**
 * mag_cache_debug_flags() - how a cache is debugged
 * @cache: the cache
 *
 * Context: any.
 * Return: those of enum mag_cache_flags; 0 if it is not.
 */
u32 mag_cache_debug_flags(const struct mag_cache *cache)
{
	return cache->debug;
}
EXPORT_SYMBOL_GPL(mag_cache_debug_flags);

static int debug_param_set(const char *text, const struct kernel_param *kp)
{
	return mag_debug_default_set(text);
}

static int debug_param_get(char *text, const struct kernel_param *kp)
{
	mag_debug_default_get(text, PAGE_SIZE);
	return strlen(text);
}

static const struct kernel_param_ops debug_param_ops = {
	.set = debug_param_set,
	.get = debug_param_get,
};

module_param_cb(debug, &debug_param_ops, NULL, 0444);
MODULE_PARM_DESC(
	debug,
	"caches to debug: letters of C(heck), R(edzones), P(oison), T(rack), then maybe ,NAME or ,NAME* and so on");
