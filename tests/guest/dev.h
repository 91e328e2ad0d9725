/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The device as the tests use it: raw ioctls with the errno as result, names
 * looked up through MAG_IOC_DESCRIBE, states awaited through poll().
 */
#ifndef TESTS_GUEST_DEV_H
#define TESTS_GUEST_DEV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../kmod/uapi/magslab.h"
#include "../../kmod/uapi/magslab_hist.h"

#define DEV_PATH	  "/dev/" MAG_DEVICE_NAME
/* Longer than anything that is awaited takes on a busy emulated machine. */
#define DEV_PATIENCE_MS	  60000

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* Opens the device or bails out. */
int dev_open(void);
/* 0 or the positive errno. */
int dev_ioctl(int fd, unsigned long request, void *arg);
/* MAG_IOC_DESCRIBE into @desc, whose output fields start out as rubbish. */
int dev_describe(int fd, __u32 entity, __u32 owner, __u32 index,
		 struct mag_describe *desc);
/* How many @entity there are. */
__u32 dev_count(int fd, __u32 entity, __u32 owner);
/* The index of @name, or bails out. */
__u32 dev_index(int fd, __u32 entity, __u32 owner, const char *name);
/* Makes parameter @name of the configured workload @value, or bails out. */
void dev_set(int fd, struct mag_run_config *config, const char *name,
	     __u64 value);

/* A valid, short run: one worker, 64 steps, no warm-up. */
void dev_config(int fd, struct mag_run_config *config, const char *workload,
		const char *backend);
/* Two, or one on a machine of one CPU: a worker needs its own. */
__u32 dev_two_workers(void);
/* A valid run of pair that ends only when it is stopped. */
void dev_config_endless(int fd, struct mag_run_config *config);

/* MAG_IOC_STATUS over rubbish; bails out when refused. */
void dev_status(int fd, struct mag_run_status *status);
__u32 dev_state(int fd);
/* Whether poll() says POLLIN within @timeout_ms. */
bool dev_settles(int fd, int timeout_ms);
/* From a START that succeeded to DONE, stopping the run.  0 or an errno. */
int dev_wind_up(int fd);
/* MAG_IOC_HIST of @op of @worker.  0 or an errno. */
int dev_hist(int fd, __u32 op, __u32 worker, __u64 *counts, __u64 *total);

/* Whether no kernel thread of the module is left, or all end in time. */
bool dev_threads_gone(void);
/* Whether a run has begun and is not over. */
bool dev_run_exists(void);

bool all_zero(const void *bytes, size_t len);
/* Whether @text has a NUL within @len bytes and nothing but NULs after it. */
bool text_clean(const char *text, size_t len);

/* A sequence of random numbers of its own seed (xorshift64*). */
struct rng {
	__u64 state;
};

/* Uniform in 0 ... @below - 1. */
__u32 rng_below(struct rng *rng, __u32 below);

#endif /* TESTS_GUEST_DEV_H */
