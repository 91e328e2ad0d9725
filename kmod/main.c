// SPDX-License-Identifier: GPL-2.0-only
/*
 * magslab: a per-CPU magazine allocator and the bench that compares it with
 * the kernel's own.  Here: loading and unloading, in layer order.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/module.h>
#include <linux/printk.h>

#include "allocator/mag_cache.h"
#include "debugfs.h"
#include "info.h"
#include "ioctl.h"
#include "stress/clock.h"
#include "stress/run.h"

static int __init mag_init(void)
{
	int err;

	mag_clock_init();
	err = mag_allocator_init();
	if (err) {
		pr_err("cannot set up the allocator: %pe%s\n", ERR_PTR(err),
		       err == -ENOSPC
			       ? ", no dynamic state of CPU hotplug is free: unload another module"
			       : "");
		return err;
	}
	mag_debugfs_init();
	err = mag_ioctl_init();
	if (err) {
		pr_err("cannot register /dev/%s: %pe\n", KBUILD_MODNAME,
		       ERR_PTR(err));
		goto exit_debugfs;
	}
	return 0;

exit_debugfs:
	mag_debugfs_exit();
	mag_allocator_exit();
	return err;
}

static void __exit mag_exit(void)
{
	mag_ioctl_exit();
	mag_run_exit();
	mag_debugfs_exit();
	mag_allocator_exit();
}

module_init(mag_init);
module_exit(mag_exit);

MODULE_DESCRIPTION("Per-CPU magazine allocator and allocator benchmark");
MODULE_AUTHOR("The magslab authors");
MODULE_LICENSE("GPL");
MODULE_VERSION(MAG_MODULE_VERSION);
