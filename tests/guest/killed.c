// SPDX-License-Identifier: GPL-2.0-only
/*
 * A client that is killed at any moment: when it has been reaped, its run is
 * over, the device is free and no thread is left.  Moments and workloads are
 * drawn from a fixed seed.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "dev.h"
#include "left.h"
#include "tap.h"

#define KILLS	      50
#define MACHINE_KILLS 10
#define MAX_WAIT_US   20000

struct victim {
	__u32 workload;
	__u32 backend;
	__u64 warmup_steps;
	__u64 steps;
};

/* Starts run after run until it is killed; says so when the first is on. */
static void be_victim(const void *arg, int ready)
{
	const struct victim *victim = arg;
	struct mag_run_config config = {
		.abi_version = MAG_ABI_VERSION,
		.workload = victim->workload,
		.backend = victim->backend,
		.clock = MAG_CLOCK_KTIME,
		.warmup_steps = victim->warmup_steps,
		.steps = victim->steps,
		.seed = 1,
	};
	int fd = dev_open();

	for (;;) {
		if (dev_ioctl(fd, MAG_IOC_START, &config))
			_exit(1);
		if (ready >= 0)
			close(ready);
		ready = -1;
		dev_settles(fd, -1);
		if (dev_ioctl(fd, MAG_IOC_FINISH, NULL))
			_exit(1);
	}
}

/* Forks a client that is @be; returns when that says that it has begun. */
static pid_t start_client(void (*be)(const void *arg, int ready),
			  const void *arg)
{
	int ready[2];
	char byte;
	pid_t pid;

	if (pipe(ready))
		tap_bail("pipe: %s", strerror(errno));
	pid = fork();
	if (pid < 0)
		tap_bail("fork: %s", strerror(errno));
	if (!pid) {
		close(ready[0]);
		be(arg, ready[1]);
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 0)
		tap_bail("the client said what it was not to say");
	close(ready[0]);
	return pid;
}

/* Whether it died of the signal and not of an error before. */
static bool kill_victim(pid_t pid)
{
	int status;

	kill(pid, SIGKILL);
	return waitpid(pid, &status, 0) == pid && WIFSIGNALED(status);
}

static bool device_free(void)
{
	struct mag_run_config config;
	int fd = dev_open(), err;

	dev_config(fd, &config, "pair", "magazine");
	err = dev_ioctl(fd, MAG_IOC_START, &config);
	if (!err)
		err = dev_wind_up(fd);
	close(fd);
	if (err)
		tap_diag("a run after the kill: %s", strerror(err));
	return !err;
}

static void test_kill(struct rng *rng, __u32 nr_workloads, __u32 nr_backends)
{
	struct victim victim = {
		.workload = rng_below(rng, nr_workloads),
		.backend = rng_below(rng, nr_backends),
		.warmup_steps = rng_below(rng, 2) ? MAG_MAX_STEPS : 0,
		.steps = rng_below(rng, 2) ? MAG_MAX_STEPS : 500,
	};
	struct timespec wait = { .tv_nsec =
					 rng_below(rng, MAX_WAIT_US) * 1000L };
	pid_t pid = start_client(be_victim, &victim);

	/* The moment is the test's input: nothing is being waited for. */
	nanosleep(&wait, NULL);
	tap_ok(kill_victim(pid),
	       "workload %u on backend %u killed after %ld us", victim.workload,
	       victim.backend, wait.tv_nsec / 1000);
	tap_ok(device_free(), "another run works at once");
	tap_ok(left_idle(), "no thread and no memory is left");
}

/* Measures the machine until it is killed; says so when it first has. */
static void be_measuring(const void *arg, int ready)
{
	int fd = dev_open();

	(void)arg;
	for (;;) {
		struct mag_machine machine = { .abi_version = MAG_ABI_VERSION,
					       .peer = MAG_CPU_NONE };

		if (dev_ioctl(fd, MAG_IOC_MACHINE, &machine))
			_exit(1);
		if (ready >= 0)
			close(ready);
		ready = -1;
	}
}

/* Nearly all of its time it measures. */
static void test_kill_measuring(struct rng *rng)
{
	struct timespec wait = { .tv_nsec =
					 rng_below(rng, MAX_WAIT_US) * 1000L };
	pid_t pid = start_client(be_measuring, NULL);

	/* The moment is the test's input: nothing is being waited for. */
	nanosleep(&wait, NULL);
	tap_ok(kill_victim(pid), "MACHINE killed after %ld us",
	       wait.tv_nsec / 1000);
	tap_ok(device_free(), "a run works at once");
	tap_ok(left_idle(), "no thread and no memory is left");
}

int main(void)
{
	struct rng rng = { 20011 };
	int fd = dev_open(), i;
	__u32 nr_workloads = dev_count(fd, MAG_ENTITY_WORKLOAD, 0);
	__u32 nr_backends = dev_count(fd, MAG_ENTITY_BACKEND, 0);

	close(fd);
	for (i = 0; i < KILLS; i++)
		test_kill(&rng, nr_workloads, nr_backends);
	for (i = 0; i < MACHINE_KILLS; i++)
		test_kill_measuring(&rng);
	return tap_done();
}
