// SPDX-License-Identifier: GPL-2.0-only
/* The device as the tests use it. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "dev.h"
#include "tap.h"

int dev_open(void)
{
	int fd = open(DEV_PATH, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		tap_bail("%s: %s", DEV_PATH, strerror(errno));
	return fd;
}

int dev_ioctl(int fd, unsigned long request, void *arg)
{
	return ioctl(fd, request, arg) < 0 ? errno : 0;
}

int dev_describe(int fd, __u32 entity, __u32 owner, __u32 index,
		 struct mag_describe *desc)
{
	memset(desc, 0xff, sizeof(*desc));
	desc->entity = entity;
	desc->owner = owner;
	desc->index = index;
	desc->reserved = 0;
	return dev_ioctl(fd, MAG_IOC_DESCRIBE, desc);
}

__u32 dev_count(int fd, __u32 entity, __u32 owner)
{
	struct mag_describe desc;
	__u32 index = 0;

	while (!dev_describe(fd, entity, owner, index, &desc))
		index++;
	return index;
}

__u32 dev_index(int fd, __u32 entity, __u32 owner, const char *name)
{
	struct mag_describe desc;
	__u32 index;

	for (index = 0; !dev_describe(fd, entity, owner, index, &desc); index++)
		if (!strncmp(desc.name, name, sizeof(desc.name)))
			return index;
	tap_bail("the module knows no %s", name);
}

void dev_set(int fd, struct mag_run_config *config, const char *name,
	     __u64 value)
{
	__u32 param = dev_index(fd, MAG_ENTITY_PARAM, config->workload, name);

	config->param_mask |= 1ULL << param;
	config->params[param] = value;
}

void dev_config(int fd, struct mag_run_config *config, const char *workload,
		const char *backend)
{
	memset(config, 0, sizeof(*config));
	config->abi_version = MAG_ABI_VERSION;
	config->workload = dev_index(fd, MAG_ENTITY_WORKLOAD, 0, workload);
	config->backend = dev_index(fd, MAG_ENTITY_BACKEND, 0, backend);
	config->clock = MAG_CLOCK_KTIME;
	config->nr_workers = 1;
	config->seed = 1;
	config->steps = 64;
}

__u32 dev_two_workers(void)
{
	return sysconf(_SC_NPROCESSORS_ONLN) > 1 ? 2 : 1;
}

void dev_config_endless(int fd, struct mag_run_config *config)
{
	dev_config(fd, config, "pair", "magazine");
	config->steps = MAG_MAX_STEPS;
}

void dev_status(int fd, struct mag_run_status *status)
{
	int err;

	memset(status, 0xff, sizeof(*status));
	err = dev_ioctl(fd, MAG_IOC_STATUS, status);
	if (err)
		tap_bail("MAG_IOC_STATUS: %s", strerror(err));
}

__u32 dev_state(int fd)
{
	struct mag_run_status status;

	dev_status(fd, &status);
	return status.state;
}

bool dev_settles(int fd, int timeout_ms)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };

	return poll(&pfd, 1, timeout_ms) == 1 && (pfd.revents & POLLIN);
}

int dev_wind_up(int fd)
{
	int err = dev_ioctl(fd, MAG_IOC_STOP, NULL);

	return err ? err : dev_ioctl(fd, MAG_IOC_FINISH, NULL);
}

int dev_hist(int fd, __u32 op, __u32 worker, __u64 *counts, __u64 *total)
{
	struct mag_hist_read read = {
		.op = op,
		.worker = worker,
		.nr_buckets = MAG_HIST_BUCKETS,
		.counts = (uintptr_t)counts,
		.total = UINT64_MAX,
	};
	int err;

	memset(counts, 0xff, MAG_HIST_BUCKETS * sizeof(*counts));
	err = dev_ioctl(fd, MAG_IOC_HIST, &read);
	*total = read.total;
	return err;
}

/* Whether the name of process @pid begins with @name. */
static bool dev_is_named(const char *pid, const char *name)
{
	char path[64], comm[32] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%.16s/comm", pid);
	file = fopen(path, "r");
	if (!file)
		return false;
	if (!fgets(comm, sizeof(comm), file))
		comm[0] = '\0';
	fclose(file);
	return !strncmp(comm, name, strlen(name));
}

/* Waits for the end of one thread; its file descriptor is readable then. */
static bool dev_thread_ends(int pid)
{
	int fd = syscall(SYS_pidfd_open, pid, 0);
	bool ended;

	if (fd < 0)
		return errno == ESRCH;
	ended = dev_settles(fd, DEV_PATIENCE_MS);
	close(fd);
	return ended;
}

/* Calls @fn for the threads with names that begin so until it says false. */
static bool dev_each_thread(const char *name, bool (*fn)(int pid))
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	bool go_on = true;

	if (!proc)
		tap_bail("/proc: %s", strerror(errno));
	while (go_on && (entry = readdir(proc)))
		if (dev_is_named(entry->d_name, name))
			go_on = fn(atoi(entry->d_name));
	closedir(proc);
	return go_on;
}

bool dev_threads_gone(void)
{
	return dev_each_thread("magslab", dev_thread_ends);
}

static bool dev_no_thread(int pid)
{
	(void)pid;
	return false;
}

/* A run has it from its start on; a measurement of the machine has others. */
bool dev_run_exists(void)
{
	return !dev_each_thread("magslab/control", dev_no_thread);
}

bool all_zero(const void *bytes, size_t len)
{
	const unsigned char *byte = bytes;

	while (len--)
		if (*byte++)
			return false;
	return true;
}

bool text_clean(const char *text, size_t len)
{
	size_t used = strnlen(text, len);

	return used < len && all_zero(text + used, len - used);
}

__u32 rng_below(struct rng *rng, __u32 below)
{
	__u64 x = rng->state;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	rng->state = x;
	return ((x * 0x2545f4914f6cdd1dULL >> 32) * below) >> 32;
}
