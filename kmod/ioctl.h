/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The device /dev/magslab, which hands the ABI of uapi/magslab.h to the run
 * engine.
 */
#ifndef MAGSLAB_IOCTL_H
#define MAGSLAB_IOCTL_H

int mag_ioctl_init(void);
void mag_ioctl_exit(void);

#endif /* MAGSLAB_IOCTL_H */
