// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/kernel/debug/magslab: `caches`, a line a cache of a user's; `classes`, a
 * line a size class, used or not; `totals` of both, where everything is zero
 * while nobody uses the allocator; and the folders of the other files.  The
 * counters are the allocator's, see allocator/mag_cache.h and mag_kmalloc.h.
 */
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/seq_file.h>

#include "debugfs.h"
#include "debugfs_parts.h"
#include "allocator/mag_cache.h"
#include "allocator/mag_kmalloc.h"

static struct dentry *debugfs_dir;

static void show_cache(struct mag_cache *cache, void *arg)
{
	if (!mag_kmalloc_owns(cache))
		mag_debugfs_show_cache(arg, cache);
}

static int caches_show(struct seq_file *m, void *unused)
{
	mag_debugfs_show_columns(m);
	mag_cache_for_each(show_cache, m);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(caches);

struct totals {
	u64 caches;
	u64 pages;
	u64 objects;
	u64 magazines;
};

/* Those of classes are there without users, and counted as classes. */
static void add_cache(struct mag_cache *cache, void *arg)
{
	struct totals *totals = arg;
	struct mag_cache_stats stats;

	if (mag_kmalloc_owns(cache))
		return;
	mag_cache_stats(cache, &stats);
	totals->caches++;
	totals->pages += stats.pages;
	totals->objects += stats.live;
	totals->magazines += stats.magazines;
}

static void add_classes(struct totals *totals)
{
	struct mag_kmalloc_class class;
	u32 index;

	for (index = 0; mag_kmalloc_class(index, &class); index++) {
		totals->pages += class.pages;
		totals->objects += class.live;
		totals->magazines += class.magazines;
	}
}

static int totals_show(struct seq_file *m, void *unused)
{
	struct totals totals = {};

	mag_cache_for_each(add_cache, &totals);
	add_classes(&totals);
	seq_printf(m, "caches %llu\n", totals.caches);
	seq_printf(m, "pages %llu\n", totals.pages);
	seq_printf(m, "objects %llu\n", totals.objects);
	seq_printf(m, "magazines %llu\n", totals.magazines);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(totals);

/**
 * mag_debugfs_init() - make the files
 *
 * Without debugfs there are none, and nothing else is missing.
 *
 * Context: task, may sleep.
 */
void mag_debugfs_init(void)
{
	debugfs_dir = debugfs_create_dir(KBUILD_MODNAME, NULL);
	debugfs_create_file("caches", 0400, debugfs_dir, NULL, &caches_fops);
	debugfs_create_file("classes", 0400, debugfs_dir, NULL,
			    &mag_debugfs_classes_fops);
	debugfs_create_file("totals", 0400, debugfs_dir, NULL, &totals_fops);
	mag_debugfs_create_defaults(debugfs_dir);
	mag_debugfs_watch_caches(debugfs_dir);
}

/**
 * mag_debugfs_exit() - remove the files, and wait for their readers
 *
 * Context: task, may sleep.
 */
void mag_debugfs_exit(void)
{
	mag_debugfs_unwatch_caches();
	debugfs_remove(debugfs_dir);
}
