// SPDX-License-Identifier: GPL-2.0-only
/* Its insertion ends when all that was left to RCU until then has been freed. */
#include <linux/module.h>
#include <linux/rcupdate.h>

static int __init rcuwait_init(void)
{
	rcu_barrier();
	return 0;
}

static void __exit rcuwait_exit(void)
{
}

module_init(rcuwait_init);
module_exit(rcuwait_exit);

MODULE_DESCRIPTION("Waits for RCU's callbacks");
MODULE_LICENSE("GPL");
