/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * /dev/magslab, a function an ioctl.  Each returns 0 (mag_device_open() a file
 * descriptor) or -errno; what an errno means to a user is in complain.c.
 */
#ifndef MAGCTL_DEVICE_H
#define MAGCTL_DEVICE_H

#include "uapi/magslab.h"

#define MAG_DEVICE_PATH "/dev/" MAG_DEVICE_NAME

int mag_device_open(void);
void mag_device_close(int fd);
int mag_device_info(int fd, struct mag_info *info);
int mag_device_describe(int fd, struct mag_describe *describe);
/* Then @fd polls readable when the run is in HOLD, DONE or FAILED. */
int mag_device_start(int fd, const struct mag_run_config *config);
int mag_device_status(int fd, struct mag_run_status *status);
int mag_device_hist(int fd, struct mag_hist_read *read);
int mag_device_stop(int fd);
int mag_device_finish(int fd);
/* Up to 200 ms; a signal that does not kill does not end it. */
int mag_device_machine(int fd, struct mag_machine *machine);

#endif /* MAGCTL_DEVICE_H */
