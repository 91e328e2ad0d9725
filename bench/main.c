// SPDX-License-Identifier: GPL-2.0-only
/*
 * magslab_bench: what an allocation costs, on magslab, on SLUB and at the floor.
 * Here: its files in debugfs/magslab_bench.  To read one named for a case is to
 * run the case, which leaves a line of JSON a subject; Documentation/bench.rst
 * explains them.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/uaccess.h>

#include "clock.h"
#include "handover.h"
#include "loops.h"
#include "memory.h"

#define MAX_COMMAND 64

static uint cpus = 1;
module_param(cpus, uint, 0644);
MODULE_PARM_DESC(cpus, "CPUs that run a loop at once; 1");

/* One case at a time: two would disturb each other. */
static DEFINE_MUTEX(bench_lock);
static struct dentry *bench_dir;

static int loop_show(struct seq_file *m, void *unused)
{
	uint nr = READ_ONCE(cpus);
	int err;

	if (!nr)
		return -EINVAL;
	mutex_lock(&bench_lock);
	err = bench_measure(m, m->private, nr);
	mutex_unlock(&bench_lock);
	return err;
}
DEFINE_SHOW_ATTRIBUTE(loop);

static int handover_show(struct seq_file *m, void *unused)
{
	int err;

	mutex_lock(&bench_lock);
	err = bench_handover(m);
	mutex_unlock(&bench_lock);
	return err;
}
DEFINE_SHOW_ATTRIBUTE(handover);

static int memory_show(struct seq_file *m, void *unused)
{
	mutex_lock(&bench_lock);
	bench_memory_show(m);
	mutex_unlock(&bench_lock);
	return 0;
}

static int memory_open(struct inode *inode, struct file *file)
{
	return single_open(file, memory_show, NULL);
}

static ssize_t memory_write(struct file *file, const char __user *words,
			    size_t length, loff_t *pos)
{
	char command[MAX_COMMAND];
	int err;

	if (length >= sizeof(command))
		return -EINVAL;
	if (copy_from_user(command, words, length))
		return -EFAULT;
	command[length] = '\0';
	mutex_lock(&bench_lock);
	err = bench_memory_do(command);
	mutex_unlock(&bench_lock);
	return err ?: length;
}

static const struct file_operations memory_fops = {
	.owner = THIS_MODULE,
	.open = memory_open,
	.read = seq_read,
	.write = memory_write,
	.llseek = seq_lseek,
	.release = single_release,
};

static int __init bench_init(void)
{
	unsigned int i;
	int err;

	err = bench_clock_init();
	if (err) {
		pr_err("no time-stamp counter that can be relied on\n");
		return err;
	}
	bench_dir = debugfs_create_dir(KBUILD_MODNAME, NULL);
	for (i = 0; i < bench_nr_loops; i++)
		debugfs_create_file(bench_loops[i].name, 0400, bench_dir,
				    (void *)&bench_loops[i], &loop_fops);
	debugfs_create_file("handover", 0400, bench_dir, NULL, &handover_fops);
	debugfs_create_file("memory", 0600, bench_dir, NULL, &memory_fops);
	return 0;
}

static void __exit bench_exit(void)
{
	char drop[] = "drop";

	debugfs_remove(bench_dir);
	bench_memory_do(drop);
}

module_init(bench_init);
module_exit(bench_exit);

MODULE_DESCRIPTION("What an allocation costs: magslab, SLUB and the floor");
MODULE_AUTHOR("The magslab authors");
MODULE_LICENSE("GPL");
