// SPDX-License-Identifier: GPL-2.0-only
/*
 * The counters of caches as text: a line of a table, and the files `stats`,
 * `cpus` and `nodes` of one cache.  Documentation/debugfs.rst explains each.
 */
#include <linux/cpumask.h>
#include <linux/nodemask.h>
#include <linux/stddef.h>

#include "debugfs_parts.h"
#include "allocator/mag_cache.h"

/**
 * struct stat_field - a counter
 * @name: its name, in the table and in `stats`
 * @offset: in struct mag_cache_stats
 * @bytes: that it has there
 */
struct stat_field {
	const char *name;
	u32 offset;
	u32 bytes;
};

#define STAT(field)                                                 \
	{                                                           \
#field, offsetof(struct mag_cache_stats, field),    \
			sizeof_field(struct mag_cache_stats, field) \
	}

/* In the order of columns, which others rely on: new ones come last. */
static const struct stat_field stat_fields[] = {
	STAT(live),
	STAT(held_bytes),
	STAT(object_size),
	STAT(size),
	STAT(objects_per_slab),
	STAT(order),
	STAT(slabs),
	STAT(pages),
	STAT(magazine_rounds),
	STAT(magazines),
	STAT(rounds_cached),
	STAT(allocs),
	STAT(frees),
	STAT(alloc_loaded),
	STAT(alloc_previous),
	STAT(alloc_depot),
	STAT(alloc_slab),
	STAT(alloc_nested),
	STAT(free_loaded),
	STAT(free_previous),
	STAT(free_depot),
	STAT(free_slab),
	STAT(free_nested),
	STAT(alloc_remote),
	STAT(free_remote),
	STAT(alloc_failed),
	STAT(depot_contended),
	STAT(resizes),
	STAT(reaped),
	STAT(pages_returned),
	STAT(free_rcu),
	STAT(rcu_waiting),
	STAT(quarantined),
	STAT(bugs),
};

static u64 stat_value(const struct mag_cache_stats *stats,
		      const struct stat_field *field)
{
	const void *value = (const void *)stats + field->offset;

	return field->bytes == sizeof(u64) ? *(const u64 *)value
					   : *(const u32 *)value;
}

void mag_debugfs_show_columns(struct seq_file *m)
{
	u32 i;

	seq_puts(m, "# name");
	for (i = 0; i < ARRAY_SIZE(stat_fields); i++)
		seq_printf(m, " %s", stat_fields[i].name);
	seq_putc(m, '\n');
}

void mag_debugfs_show_cache(struct seq_file *m, struct mag_cache *cache)
{
	struct mag_cache_stats stats;
	u32 i;

	mag_cache_stats(cache, &stats);
	/* Fields are parted by blanks, and a name may hold some. */
	seq_escape(m, mag_cache_name(cache), MAG_DEBUGFS_ESCAPED);
	for (i = 0; i < ARRAY_SIZE(stat_fields); i++)
		seq_printf(m, " %llu", stat_value(&stats, &stat_fields[i]));
	seq_putc(m, '\n');
}

static void show_value(struct seq_file *m, const char *name, u64 value)
{
	seq_printf(m, "%s %llu\n", name, value);
}

/* Adds one node to the sum. */
static void sum_node(struct mag_node_reading *sum,
		     const struct mag_node_reading *node)
{
	u32 i;

	sum->exchanges += node->exchanges;
	for (i = 0; i < MAG_NR_FILLS; i++)
		sum->fill[i] += node->fill[i];
}

static void show_nodes_sum(struct seq_file *m, struct mag_cache *cache)
{
	struct mag_node_reading sum = {}, reading;
	int node;
	u32 i;

	for_each_node(node) {
		mag_cache_read_node(cache, node, &reading);
		sum_node(&sum, &reading);
	}
	show_value(m, "depot_exchanges", sum.exchanges);
	for (i = 0; i < MAG_NR_FILLS; i++)
		seq_printf(m, "fill_%02u %llu\n", i * 100 / (MAG_NR_FILLS - 1),
			   sum.fill[i]);
}

static int mag_debugfs_stats_show(struct seq_file *m, void *unused)
{
	struct mag_cache *cache = m->private;
	struct mag_cache_stats stats;
	u32 i;

	mag_cache_stats(cache, &stats);
	seq_puts(m, "name ");
	seq_escape(m, mag_cache_name(cache), MAG_DEBUGFS_ESCAPED);
	seq_putc(m, '\n');
	for (i = 0; i < ARRAY_SIZE(stat_fields); i++)
		show_value(m, stat_fields[i].name,
			   stat_value(&stats, &stat_fields[i]));
	show_value(m, "live_bytes", stats.live_bytes);
	show_value(m, "swaps", stats.alloc_previous + stats.free_previous);
	show_nodes_sum(m, cache);
	return 0;
}

static int mag_debugfs_stats_open(struct inode *inode, struct file *file)
{
	return single_open(file, mag_debugfs_stats_show, inode->i_private);
}

static void show_cpu(struct seq_file *m, unsigned int id,
		     const struct mag_cpu_reading *r)
{
	seq_printf(m, "%u %u %u", id, r->online, r->settled);
	seq_printf(m, " %u %u %u %u %u %u", r->rounds, r->capacity,
		   r->previous_rounds, r->previous_capacity, r->away_rounds,
		   r->rcu_rounds);
	seq_printf(m, " %llu %llu %llu %llu", r->allocs, r->alloc_previous,
		   r->alloc_depot, r->alloc_slab);
	seq_printf(m, " %llu %llu %llu %llu %llu\n", r->frees, r->free_previous,
		   r->free_depot, r->free_slab, r->free_remote);
}

static int mag_debugfs_cpus_show(struct seq_file *m, void *unused)
{
	struct mag_cpu_reading reading;
	unsigned int id;

	seq_puts(
		m,
		"# cpu online settled rounds capacity previous_rounds previous_capacity away_rounds rcu_rounds");
	seq_puts(m, " allocs alloc_previous alloc_depot alloc_slab");
	seq_puts(m, " frees free_previous free_depot free_slab free_remote\n");
	for_each_possible_cpu(id) {
		mag_cache_read_cpu(m->private, id, &reading);
		show_cpu(m, id, &reading);
	}
	return 0;
}

static int mag_debugfs_cpus_open(struct inode *inode, struct file *file)
{
	return single_open(file, mag_debugfs_cpus_show, inode->i_private);
}

static int mag_debugfs_nodes_show(struct seq_file *m, void *unused)
{
	struct mag_node_reading r;
	int node;

	seq_puts(
		m,
		"# node slabs empty_slabs pages pages_returned objects_out full empty exchanges contended\n");
	for_each_node(node) {
		mag_cache_read_node(m->private, node, &r);
		seq_printf(m, "%d %llu %llu %llu %llu %llu", node, r.slabs,
			   r.empty_slabs, r.pages, r.pages_returned,
			   r.objects_out);
		seq_printf(m, " %llu %llu %llu %llu\n", r.full, r.empty,
			   r.exchanges, r.contended);
	}
	return 0;
}

static int mag_debugfs_nodes_open(struct inode *inode, struct file *file)
{
	return single_open(file, mag_debugfs_nodes_show, inode->i_private);
}

MAG_DEBUGFS_READ_ONLY(mag_debugfs_stats);
MAG_DEBUGFS_READ_ONLY(mag_debugfs_cpus);
MAG_DEBUGFS_READ_ONLY(mag_debugfs_nodes);
