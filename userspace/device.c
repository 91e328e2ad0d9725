// SPDX-License-Identifier: GPL-2.0-only
/* The system calls on /dev/magslab, and nothing else. */
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "device.h"

static int mag_device_ioctl(int fd, unsigned long request, void *arg)
{
	int ret;

	do {
		ret = ioctl(fd, request, arg);
	} while (ret < 0 && errno == EINTR);
	return ret < 0 ? -errno : 0;
}

int mag_device_open(void)
{
	int fd = open(MAG_DEVICE_PATH, O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

void mag_device_close(int fd)
{
	close(fd);
}

int mag_device_info(int fd, struct mag_info *info)
{
	return mag_device_ioctl(fd, MAG_IOC_INFO, info);
}

int mag_device_describe(int fd, struct mag_describe *describe)
{
	return mag_device_ioctl(fd, MAG_IOC_DESCRIBE, describe);
}

int mag_device_start(int fd, const struct mag_run_config *config)
{
	return mag_device_ioctl(fd, MAG_IOC_START, (void *)config);
}

int mag_device_status(int fd, struct mag_run_status *status)
{
	return mag_device_ioctl(fd, MAG_IOC_STATUS, status);
}

int mag_device_hist(int fd, struct mag_hist_read *read)
{
	return mag_device_ioctl(fd, MAG_IOC_HIST, read);
}

int mag_device_stop(int fd)
{
	return mag_device_ioctl(fd, MAG_IOC_STOP, NULL);
}

int mag_device_finish(int fd)
{
	return mag_device_ioctl(fd, MAG_IOC_FINISH, NULL);
}

int mag_device_machine(int fd, struct mag_machine *machine)
{
	return mag_device_ioctl(fd, MAG_IOC_MACHINE, machine);
}
