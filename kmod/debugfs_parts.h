/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of debugfs share, and nobody else includes:
 *	debugfs.c		the directory, `caches` and `totals`
 *	debugfs_classes.c	the table of size classes
 *	debugfs_cache.c		a directory for each cache
 *	debugfs_knobs.c		knobs, of a cache and of caches to come
 *	debugfs_stats.c		counters as text
 */
#ifndef MAGSLAB_DEBUGFS_PARTS_H
#define MAGSLAB_DEBUGFS_PARTS_H

#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/seq_file.h>

#include "allocator/knob.h"

struct mag_cache;
struct mag_cache_stats;

/* The characters of a cache's name that are shown as octal escapes. */
#define MAG_DEBUGFS_ESCAPED " \t\n\\#"

/* The longest line that a file takes. */
#define MAG_DEBUGFS_LINE    256

/* FILE_fops from FILE_show() and FILE_write(): what is written is one line. */
#define MAG_DEBUGFS_FILE(file_)                                           \
	static int file_##_open(struct inode *inode, struct file *file)   \
	{                                                                 \
		return single_open(file, file_##_show, inode->i_private); \
	}                                                                 \
	static ssize_t file_##_user_write(struct file *file,              \
					  const char __user *text,        \
					  size_t length, loff_t *pos)     \
	{                                                                 \
		struct seq_file *m = file->private_data;                  \
                                                                          \
		return mag_debugfs_write(m->private, text, length,        \
					 file_##_write);                  \
	}                                                                 \
	static const struct file_operations file_##_fops = {              \
		.owner = THIS_MODULE,                                     \
		.open = file_##_open,                                     \
		.read = seq_read,                                         \
		.write = file_##_user_write,                              \
		.llseek = seq_lseek,                                      \
		.release = single_release,                                \
	}

/* FILE_fops, of all parts, from FILE_open(). */
#define MAG_DEBUGFS_READ_ONLY(file_)                  \
	const struct file_operations file_##_fops = { \
		.owner = THIS_MODULE,                 \
		.open = file_##_open,                 \
		.read = seq_read,                     \
		.llseek = seq_lseek,                  \
		.release = single_release,            \
	}

/* debugfs_classes.c */

extern const struct file_operations mag_debugfs_classes_fops;

/* debugfs_stats.c */

/* The line of a table's column names, and the line of a cache. */
void mag_debugfs_show_columns(struct seq_file *m);
void mag_debugfs_show_cache(struct seq_file *m, struct mag_cache *cache);

/* Their data is the cache. */
extern const struct file_operations mag_debugfs_stats_fops;
extern const struct file_operations mag_debugfs_cpus_fops;
extern const struct file_operations mag_debugfs_nodes_fops;

/* debugfs_knobs.c */

/*
 * Calls @write with the line that the user wrote, without the newline, and
 * returns what write(2) does.
 */
ssize_t mag_debugfs_write(void *data, const char __user *text, size_t length,
			  int (*write)(void *data, const char *line));

/* Says in the log why @line was not taken, and returns @err. */
int mag_debugfs_refuse(const char *whose, const char *file, const char *line,
		       const char *range, int err);

/**
 * struct mag_debugfs_knob - the data of a knob's file
 * @cache: the cache
 * @knob: one of mag_knobs
 */
struct mag_debugfs_knob {
	struct mag_cache *cache;
	const struct mag_knob *knob;
};

/* A folder `knobs` of a cache, whose files refer to MAG_NR_KNOBS of @data. */
void mag_debugfs_create_knobs(struct dentry *dir, struct mag_cache *cache,
			      struct mag_debugfs_knob *data);
/* The folder of caches to come. */
void mag_debugfs_create_defaults(struct dentry *dir);

/* debugfs_cache.c */

/* Directories in @dir from now on, for each cache there is. */
void mag_debugfs_watch_caches(struct dentry *dir);
void mag_debugfs_unwatch_caches(void);

#endif /* MAGSLAB_DEBUGFS_PARTS_H */
