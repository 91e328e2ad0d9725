// SPDX-License-Identifier: GPL-2.0-only
/*
 * A directory for each cache, for as long as the cache is there.  It goes
 * before the cache does, and its removal waits for who is inside one of its
 * files; who has one open then reads an error.
 */
#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/string_helpers.h>

#include "debugfs_parts.h"
#include "allocator/mag_cache.h"

/* Of a directory's name, for the number that makes it unique. */
#define SUFFIX_BYTES 12

/**
 * struct cache_dir - a cache's directory
 * @list: in cache_dirs
 * @cache: the cache
 * @dentry: the directory, or an error
 * @knobs: for its files
 * @name: of the directory
 */
struct cache_dir {
	struct list_head list;
	struct mag_cache *cache;
	struct dentry *dentry;
	struct mag_debugfs_knob knobs[MAG_NR_KNOBS];
	char name[NAME_MAX + 1];
};

/* The listener's calls come one at a time, and nobody else looks. */
static LIST_HEAD(cache_dirs);
static struct dentry *caches_dentry;

static int validate_show(struct seq_file *m, void *unused)
{
	struct mag_cache *cache = m->private;
	enum mag_bug bug;

	for (bug = 0; bug < MAG_NR_BUGS; bug++)
		seq_printf(m, "%lu %s\n", mag_cache_bugs(cache, bug),
			   mag_bug_name(bug));
	return 0;
}

static int validate_write(void *data, const char *line)
{
	if (strcmp(line, "1"))
		return mag_debugfs_refuse(mag_cache_name(data), "validate",
					  line, "1 to validate", -EINVAL);
	mag_cache_validate(data);
	return 0;
}
MAG_DEBUGFS_FILE(validate);

static int shrink_show(struct seq_file *m, void *unused)
{
	struct mag_cache_stats stats;

	mag_cache_stats(m->private, &stats);
	seq_printf(m, "%llu\n", stats.pages_returned);
	return 0;
}

static int shrink_write(void *data, const char *line)
{
	if (strcmp(line, "1"))
		return mag_debugfs_refuse(mag_cache_name(data), "shrink", line,
					  "1 to shrink", -EINVAL);
	mag_cache_shrink(data);
	return 0;
}
MAG_DEBUGFS_FILE(shrink);

/*
 * The name as in `caches`, with slashes escaped as well, and dots where the
 * first character is one: "." and ".." are no names for a directory.
 */
static size_t escape_name(const char *name, char *text, size_t size)
{
	const char *escaped = MAG_DEBUGFS_ESCAPED "/";
	int length;

	if (!*name)
		name = "unnamed";
	if (*name == '.')
		escaped = MAG_DEBUGFS_ESCAPED "/.";
	length = string_escape_mem(name, strlen(name), text, size - 1,
				   ESCAPE_OCTAL, escaped);
	length = min_t(size_t, length, size - 1);
	text[length] = '\0';
	return length;
}

static bool name_is_taken(const char *name)
{
	const struct cache_dir *dir;

	list_for_each_entry(dir, &cache_dirs, list)
		if (!strcmp(dir->name, name))
			return true;
	return false;
}

/* A second cache of a name gets ".2", and so on. */
static void choose_name(struct cache_dir *dir)
{
	size_t length = escape_name(mag_cache_name(dir->cache), dir->name,
				    sizeof(dir->name) - SUFFIX_BYTES);
	u32 nth;

	for (nth = 2; name_is_taken(dir->name); nth++)
		snprintf(dir->name + length, SUFFIX_BYTES, ".%u", nth);
}

static void create_files(struct cache_dir *dir)
{
	struct mag_cache *cache = dir->cache;

	dir->dentry = debugfs_create_dir(dir->name, caches_dentry);
	debugfs_create_file("stats", 0400, dir->dentry, cache,
			    &mag_debugfs_stats_fops);
	debugfs_create_file("cpus", 0400, dir->dentry, cache,
			    &mag_debugfs_cpus_fops);
	debugfs_create_file("nodes", 0400, dir->dentry, cache,
			    &mag_debugfs_nodes_fops);
	debugfs_create_file("validate", 0600, dir->dentry, cache,
			    &validate_fops);
	debugfs_create_file("shrink", 0600, dir->dentry, cache, &shrink_fops);
	mag_debugfs_create_knobs(dir->dentry, cache, dir->knobs);
}

/* Without memory for it, a cache has no directory and nothing else is missing. */
static void cache_created(struct mag_cache *cache)
{
	struct cache_dir *dir = kzalloc(sizeof(*dir), GFP_KERNEL);

	if (!dir)
		return;
	dir->cache = cache;
	choose_name(dir);
	list_add_tail(&dir->list, &cache_dirs);
	create_files(dir);
}

static void cache_destroyed(struct mag_cache *cache)
{
	struct cache_dir *dir;

	list_for_each_entry(dir, &cache_dirs, list) {
		if (dir->cache != cache)
			continue;
		debugfs_remove(dir->dentry);
		list_del(&dir->list);
		kfree(dir);
		return;
	}
}

static const struct mag_cache_listener cache_listener = {
	.created = cache_created,
	.destroyed = cache_destroyed,
};

void mag_debugfs_watch_caches(struct dentry *dir)
{
	/* Without debugfs each file would be refused, one by one. */
	if (!debugfs_initialized())
		return;
	caches_dentry = debugfs_create_dir("cache", dir);
	mag_cache_listen(&cache_listener);
}

void mag_debugfs_unwatch_caches(void)
{
	mag_cache_listen(NULL);
}
