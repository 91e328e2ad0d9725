// SPDX-License-Identifier: GPL-2.0-only
/*
 * A file for each knob: of a cache in its directory, and of caches to come in
 * the module's own.  What is refused is explained in the log, since write(2)
 * can but return a number.
 */
#include <linux/errno.h>
#include <linux/printk.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "debugfs_parts.h"
#include "allocator/mag_cache.h"

#define NEW_CACHES     "new caches"
/* A default that is left to the preset. */
#define LEFT_TO_PRESET "preset"

ssize_t mag_debugfs_write(void *data, const char __user *text, size_t length,
			  int (*write)(void *data, const char *line))
{
	char line[MAG_DEBUGFS_LINE];
	int err;

	if (length >= sizeof(line))
		return -E2BIG;
	if (copy_from_user(line, text, length))
		return -EFAULT;
	line[length] = '\0';
	err = write(data, strim(line));
	return err ? err : length;
}

int mag_debugfs_refuse(const char *whose, const char *file, const char *line,
		       const char *range, int err)
{
	pr_warn("magslab: %s: %s: \"%*pE\" refused: %s\n", whose, file,
		(int)strlen(line), line, range);
	return err;
}

static int refuse_knob(const char *whose, const struct mag_knob *knob,
		       const char *line, int err)
{
	char range[MAG_KNOB_TEXT];

	mag_knob_range(knob, range);
	return mag_debugfs_refuse(whose, knob->name, line, range, err);
}

static int refuse_preset(const char *whose, const char *line)
{
	char range[MAG_DEBUGFS_LINE];
	int preset, length = 0;

	for (preset = 0; preset < MAG_NR_PRESETS; preset++)
		length += scnprintf(range + length, sizeof(range) - length,
				    "%s%s", preset ? ", " : "",
				    mag_preset_name(preset));
	return mag_debugfs_refuse(whose, "preset", line, range, -EINVAL);
}

static void show_knob(struct seq_file *m, const struct mag_knob *knob,
		      u32 value)
{
	char text[MAG_KNOB_TEXT];

	mag_knob_format(knob, value, text);
	seq_printf(m, "%s\n", text);
}

static int cache_knob_show(struct seq_file *m, void *unused)
{
	const struct mag_debugfs_knob *file = m->private;

	show_knob(m, file->knob, mag_cache_get_knob(file->cache, file->knob));
	return 0;
}

static int cache_knob_write(void *data, const char *line)
{
	const struct mag_debugfs_knob *file = data;
	u32 value;
	int err;

	err = mag_knob_parse(file->knob, line, &value);
	if (err)
		return refuse_knob(mag_cache_name(file->cache), file->knob,
				   line, err);
	return mag_cache_set_knob(file->cache, file->knob, value);
}
MAG_DEBUGFS_FILE(cache_knob);

static int cache_preset_show(struct seq_file *m, void *unused)
{
	int preset = mag_cache_get_preset(m->private);

	seq_printf(m, "%s\n", preset < 0 ? "none" : mag_preset_name(preset));
	return 0;
}

static int cache_preset_write(void *data, const char *line)
{
	int preset = mag_preset_find(line);

	if (preset < 0)
		return refuse_preset(mag_cache_name(data), line);
	mag_cache_set_preset(data, preset);
	return 0;
}
MAG_DEBUGFS_FILE(cache_preset);

static int cache_debug_show(struct seq_file *m, void *unused)
{
	char text[MAG_KNOB_TEXT];

	mag_debug_format(mag_cache_debug_flags(m->private), text);
	seq_printf(m, "%s\n", text);
	return 0;
}

static int cache_debug_write(void *data, const char *line)
{
	return mag_debugfs_refuse(
		mag_cache_name(data), "debug", line,
		"objects are laid out for it when a cache is created; set it for new caches, in the knobs folder above",
		-EPERM);
}
MAG_DEBUGFS_FILE(cache_debug);

void mag_debugfs_create_knobs(struct dentry *dir, struct mag_cache *cache,
			      struct mag_debugfs_knob *data)
{
	struct dentry *knobs = debugfs_create_dir("knobs", dir);
	u32 i;

	for (i = 0; i < MAG_NR_KNOBS; i++) {
		data[i].cache = cache;
		data[i].knob = &mag_knobs[i];
		debugfs_create_file(mag_knobs[i].name, 0600, knobs, &data[i],
				    &cache_knob_fops);
	}
	debugfs_create_file("preset", 0600, knobs, cache, &cache_preset_fops);
	debugfs_create_file("debug", 0400, knobs, cache, &cache_debug_fops);
}

static int default_knob_show(struct seq_file *m, void *unused)
{
	const struct mag_knob *knob = m->private;
	u32 value;

	if (mag_default_get_knob(knob, &value))
		show_knob(m, knob, value);
	else
		seq_puts(m, LEFT_TO_PRESET "\n");
	return 0;
}

static int default_knob_write(void *data, const char *line)
{
	const struct mag_knob *knob = data;
	u32 value;
	int err;

	if (!strcmp(line, LEFT_TO_PRESET)) {
		mag_default_clear_knob(knob);
		return 0;
	}
	err = mag_knob_parse(knob, line, &value);
	if (err)
		return refuse_knob(NEW_CACHES, knob, line, err);
	return mag_default_set_knob(knob, value);
}
MAG_DEBUGFS_FILE(default_knob);

static int default_preset_show(struct seq_file *m, void *unused)
{
	seq_printf(m, "%s\n", mag_preset_name(mag_default_get_preset()));
	return 0;
}

static int default_preset_write(void *data, const char *line)
{
	int preset = mag_preset_find(line);

	if (preset < 0)
		return refuse_preset(NEW_CACHES, line);
	mag_default_set_preset(preset);
	return 0;
}
MAG_DEBUGFS_FILE(default_preset);

static int default_debug_show(struct seq_file *m, void *unused)
{
	char text[MAG_KNOB_TEXT + MAG_DEBUG_GLOBS];

	mag_debug_default_get(text, sizeof(text));
	seq_printf(m, "%s\n", text);
	return 0;
}

static int default_debug_write(void *data, const char *line)
{
	int err = mag_debug_default_set(line);

	if (!err)
		return 0;
	return mag_debugfs_refuse(
		NEW_CACHES, "debug", line,
		"letters of CRPT or -, then maybe a comma and names, parted by commas",
		err);
}
MAG_DEBUGFS_FILE(default_debug);

void mag_debugfs_create_defaults(struct dentry *dir)
{
	struct dentry *knobs = debugfs_create_dir("knobs", dir);
	u32 i;

	for (i = 0; i < MAG_NR_KNOBS; i++)
		debugfs_create_file(mag_knobs[i].name, 0600, knobs,
				    (void *)&mag_knobs[i], &default_knob_fops);
	debugfs_create_file("preset", 0600, knobs, NULL, &default_preset_fops);
	debugfs_create_file("debug", 0600, knobs, NULL, &default_debug_fops);
}
