// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/kernel/debug/magslab: `caches`, a line a cache of a user's; `classes`, a
 * line a size class, used or not; and `totals` of both, where everything is
 * zero while nobody uses the allocator.  The counters are the allocator's, see
 * allocator/mag_cache.h and mag_kmalloc.h.
 */
#include <linux/debugfs.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/seq_file.h>

#include "debugfs.h"
#include "allocator/mag_cache.h"
#include "allocator/mag_kmalloc.h"

static struct dentry *debugfs_dir;

struct row {
	struct seq_file *m;
	bool header;
};

static void column(const struct row *row, const char *name, u64 value)
{
	if (row->header)
		seq_printf(row->m, " %s", name);
	else
		seq_printf(row->m, " %llu", value);
}

/* Header and lines are both made here, so that they cannot differ. */
static void show_columns(const struct row *row,
			 const struct mag_cache_stats *stats)
{
	column(row, "live", stats->live);
	column(row, "held_bytes", stats->held_bytes);
	column(row, "object_size", stats->object_size);
	column(row, "size", stats->size);
	column(row, "objects_per_slab", stats->objects_per_slab);
	column(row, "order", stats->order);
	column(row, "slabs", stats->slabs);
	column(row, "pages", stats->pages);
	column(row, "magazine_rounds", stats->magazine_rounds);
	column(row, "magazines", stats->magazines);
	column(row, "rounds_cached", stats->rounds_cached);
	column(row, "allocs", stats->allocs);
	column(row, "frees", stats->frees);
	column(row, "alloc_loaded", stats->alloc_loaded);
	column(row, "alloc_previous", stats->alloc_previous);
	column(row, "alloc_depot", stats->alloc_depot);
	column(row, "alloc_slab", stats->alloc_slab);
	column(row, "alloc_nested", stats->alloc_nested);
	column(row, "free_loaded", stats->free_loaded);
	column(row, "free_previous", stats->free_previous);
	column(row, "free_depot", stats->free_depot);
	column(row, "free_slab", stats->free_slab);
	column(row, "free_nested", stats->free_nested);
	column(row, "alloc_remote", stats->alloc_remote);
	column(row, "free_remote", stats->free_remote);
	column(row, "alloc_failed", stats->alloc_failed);
	column(row, "depot_contended", stats->depot_contended);
	column(row, "resizes", stats->resizes);
	column(row, "reaped", stats->reaped);
	column(row, "pages_returned", stats->pages_returned);
	seq_putc(row->m, '\n');
}

static void show_cache(struct mag_cache *cache, void *arg)
{
	struct row row = { .m = arg };
	struct mag_cache_stats stats;

	if (mag_kmalloc_owns(cache))
		return;
	mag_cache_stats(cache, &stats);
	/* Fields are parted by blanks, and a name may hold some. */
	seq_escape(row.m, mag_cache_name(cache), " \t\n\\#");
	show_columns(&row, &stats);
}

static int caches_show(struct seq_file *m, void *unused)
{
	struct row header = { .m = m, .header = true };
	struct mag_cache_stats none = {};

	seq_puts(m, "# name");
	show_columns(&header, &none);
	mag_cache_for_each(show_cache, m);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(caches);

/* Rounded up, so that a bound that is kept is seen to be. */
static u64 per_mille(u64 part, u64 whole)
{
	return DIV64_U64_ROUND_UP(part * 1000, whole);
}

static void show_class(const struct row *row,
		       const struct mag_kmalloc_class *class)
{
	column(row, "size", class->size);
	column(row, "order", class->order);
	column(row, "slab_pages", class->slab_pages);
	column(row, "objects_per_slab", class->objects_per_slab);
	column(row, "waste_per_mille", per_mille(class->waste, class->size));
	column(row, "slab_waste_per_mille",
	       per_mille(class->slab_waste, class->slab_pages * PAGE_SIZE));
	column(row, "live", class->live);
	column(row, "pages", class->pages);
	column(row, "held_bytes", class->held_bytes);
	column(row, "magazines", class->magazines);
	seq_putc(row->m, '\n');
}

static int classes_show(struct seq_file *m, void *unused)
{
	struct row row = { .m = m, .header = true };
	struct mag_kmalloc_class class;
	u32 index;

	mag_kmalloc_class(0, &class);
	seq_puts(m, "# name");
	show_class(&row, &class);
	row.header = false;
	for (index = 0; mag_kmalloc_class(index, &class); index++) {
		seq_puts(m, class.name);
		show_class(&row, &class);
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(classes);

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
	debugfs_create_file("classes", 0400, debugfs_dir, NULL, &classes_fops);
	debugfs_create_file("totals", 0400, debugfs_dir, NULL, &totals_fops);
}

/**
 * mag_debugfs_exit() - remove the files, and wait for their readers
 *
 * Context: task, may sleep.
 */
void mag_debugfs_exit(void)
{
	debugfs_remove(debugfs_dir);
}
