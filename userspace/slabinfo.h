/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory in the kernel's own slab caches, from /proc/slabinfo, for backends
 * that cannot count what they hold.
 */
#ifndef MAGCTL_SLABINFO_H
#define MAGCTL_SLABINFO_H

#include <linux/types.h>
#include <stdio.h>

/**
 * mag_slabinfo_sum() - bytes in all slabs of the caches of one prefix
 * @file: in the format of /proc/slabinfo, version 2
 * @prefix: of the caches' names, not empty
 * @page_size: bytes
 * @bytes: where the sum goes
 *
 * Return: 0, or -EPROTO if the format is another.
 */
int mag_slabinfo_sum(FILE *file, const char *prefix, __u32 page_size,
		     __u64 *bytes);

/* The same from /proc/slabinfo; -errno if it cannot be read. */
int mag_slabinfo_read(const char *prefix, __u32 page_size, __u64 *bytes);

#endif /* MAGCTL_SLABINFO_H */
