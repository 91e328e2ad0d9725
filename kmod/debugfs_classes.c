// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of size classes: what they waste, and what they hold.
 */
#include <linux/math64.h>
#include <linux/mm.h>

#include "debugfs_parts.h"
#include "allocator/mag_kmalloc.h"

struct row {
	struct seq_file *m;
	bool header;
};

/* Header and lines are both made here, so that they cannot differ. */
static void column(const struct row *row, const char *name, u64 value)
{
	if (row->header)
		seq_printf(row->m, " %s", name);
	else
		seq_printf(row->m, " %llu", value);
}

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

static int mag_debugfs_classes_show(struct seq_file *m, void *unused)
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
static int mag_debugfs_classes_open(struct inode *inode, struct file *file)
{
	return single_open(file, mag_debugfs_classes_show, NULL);
}

MAG_DEBUGFS_READ_ONLY(mag_debugfs_classes);
