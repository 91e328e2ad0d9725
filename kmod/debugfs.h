/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The allocator's counters in debugfs, for people and scripts to read.
 */
#ifndef MAGSLAB_DEBUGFS_H
#define MAGSLAB_DEBUGFS_H

void mag_debugfs_init(void);
void mag_debugfs_exit(void);

#endif /* MAGSLAB_DEBUGFS_H */
