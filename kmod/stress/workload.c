// SPDX-License-Identifier: GPL-2.0-only
/*
 * The workloads there are, in the order that user space numbers them by.
 */
#include <linux/kernel.h>

#include "workload.h"

static const struct mag_workload_ops *const workloads[] = {
	&mag_workload_skb,
	&mag_workload_dentry,
	&mag_workload_pair,
};

const struct mag_workload_ops *mag_workload_get(u32 index)
{
	return index < ARRAY_SIZE(workloads) ? workloads[index] : NULL;
}

u32 mag_workload_count(void)
{
	return ARRAY_SIZE(workloads);
}
