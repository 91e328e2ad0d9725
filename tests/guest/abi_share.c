// SPDX-License-Identifier: GPL-2.0-only
/*
 * The device in several hands: descriptors duplicated, inherited and given to
 * an unprivileged process, two threads at once, a 32-bit caller.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dev.h"
#include "left.h"
#include "tap.h"

#define NOBODY		 65534
#define RACE_ROUNDS	 20
#define RACE_CALLS	 300
/* Of i386. */
#define COMPAT_NR_GETPID 20
#define COMPAT_NR_IOCTL	 54

/* Runs @fn in a child and returns its exit status, or -1 if it was killed. */
static int in_child(int (*fn)(int fd), int fd)
{
	int status;
	pid_t pid = fork();

	if (pid < 0)
		tap_bail("fork: %s", strerror(errno));
	if (!pid)
		_exit(fn(fd));
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

static int become_nobody(void)
{
	return setresgid(NOBODY, NOBODY, NOBODY) ||
	       setresuid(NOBODY, NOBODY, NOBODY);
}

/* Root without CAP_SYS_ADMIN: what must count is the capability. */
static int drop_admin(void)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &head, data))
		return -1;
	data[CAP_TO_INDEX(CAP_SYS_ADMIN)].effective &=
		~CAP_TO_MASK(CAP_SYS_ADMIN);
	return syscall(SYS_capset, &head, data);
}

static int open_errno(void)
{
	return open(DEV_PATH, O_RDWR) < 0 ? errno : 0;
}

static int open_as_nobody(int fd)
{
	(void)fd;
	return become_nobody() ? 255 : open_errno();
}

static int open_without_admin(int fd)
{
	(void)fd;
	return drop_admin() ? 255 : open_errno();
}

static int start_as_nobody(int fd)
{
	struct mag_run_config config;

	dev_config(fd, &config, "pair", "kmem_cache");
	return become_nobody() ? 255 : dev_ioctl(fd, MAG_IOC_START, &config);
}

static int start_without_admin(int fd)
{
	struct mag_run_config config;

	dev_config(fd, &config, "pair", "kmem_cache");
	return drop_admin() ? 255 : dev_ioctl(fd, MAG_IOC_START, &config);
}

static int stop_as_nobody(int fd)
{
	return become_nobody() ? 255 : dev_ioctl(fd, MAG_IOC_STOP, NULL);
}

static int machine_without_admin(int fd)
{
	struct mag_machine machine = { .abi_version = MAG_ABI_VERSION,
				       .peer = MAG_CPU_NONE };

	return drop_admin() ? 255 : dev_ioctl(fd, MAG_IOC_MACHINE, &machine);
}

static void test_privilege(void)
{
	struct mag_run_config config;
	struct stat st;
	int fd = dev_open();

	if (stat(DEV_PATH, &st))
		tap_bail("%s: %s", DEV_PATH, strerror(errno));
	tap_is(st.st_mode & 0777, 0600, "the device is root's alone (0600)");
	tap_is(in_child(open_as_nobody, fd), EACCES,
	       "an unprivileged open() is EACCES");
	chmod(DEV_PATH, 0666);
	tap_is(in_child(open_as_nobody, fd), EPERM,
	       "an unprivileged open() of a mode 0666 device is EPERM");
	chmod(DEV_PATH, st.st_mode & 07777);
	tap_is(in_child(open_without_admin, fd), EPERM,
	       "open() by root without CAP_SYS_ADMIN is EPERM");

	tap_is(in_child(start_as_nobody, fd), EPERM,
	       "START on an inherited descriptor is EPERM for nobody");
	tap_is(in_child(start_without_admin, fd), EPERM,
	       "START by root without CAP_SYS_ADMIN is EPERM");
	tap_is(in_child(machine_without_admin, fd), EPERM,
	       "MACHINE by root without CAP_SYS_ADMIN is EPERM");
	tap_is(dev_state(fd), MAG_STATE_IDLE, "none of them started a run");
	dev_config_endless(fd, &config);
	tap_is(dev_ioctl(fd, MAG_IOC_START, &config), 0, "START as root");
	tap_is(in_child(stop_as_nobody, fd), EPERM,
	       "STOP on an inherited descriptor is EPERM for nobody");
	tap_ok(dev_state(fd) < MAG_STATE_HOLD, "and stops nothing");
	close(fd);
}

static void test_dup(void)
{
	struct mag_run_config config;
	int fd = dev_open(), twin = dup(fd);
	__u32 state;

	dev_config_endless(fd, &config);
	tap_is(dev_ioctl(twin, MAG_IOC_START, &config), 0,
	       "START through a duplicate");
	tap_ok(dev_state(fd) != MAG_STATE_IDLE, "is seen through the first");
	tap_is(dev_ioctl(fd, MAG_IOC_START, &config), EBUSY,
	       "START through the first is EBUSY then");
	close(fd);
	state = dev_state(twin);
	tap_ok(state == MAG_STATE_WARMUP || state == MAG_STATE_MEASURE,
	       "a run outlives one of two descriptors");
	tap_is(dev_wind_up(twin), 0, "and ends through the other");
	close(twin);
}

/* Started here, its last descriptor the child's. */
static int hold_alone(int gate)
{
	char byte;

	return read(gate, &byte, 1) == 0 ? 0 : 1;
}

static void test_fork(void)
{
	struct mag_run_config config;
	int fd = dev_open(), other = dev_open(), gate[2];
	pid_t pid;

	if (pipe(gate))
		tap_bail("pipe: %s", strerror(errno));
	dev_config_endless(fd, &config);
	tap_is(dev_ioctl(fd, MAG_IOC_START, &config), 0, "START before fork()");
	pid = fork();
	if (pid < 0)
		tap_bail("fork: %s", strerror(errno));
	if (!pid) {
		close(gate[1]);
		_exit(hold_alone(gate[0]));
	}
	close(fd);
	tap_is(dev_ioctl(other, MAG_IOC_START, &config), EBUSY,
	       "the run goes on while the child has the descriptor");
	close(gate[1]);
	close(gate[0]);
	waitpid(pid, NULL, 0);
	tap_is(dev_ioctl(other, MAG_IOC_START, &config), 0,
	       "and is over when the child is");
	close(other);
}

struct racer {
	pthread_barrier_t *barrier;
	struct mag_run_config config;
	struct rng rng;
	int fd;
	int err;
};

static void *race_start(void *arg)
{
	struct racer *racer = arg;

	pthread_barrier_wait(racer->barrier);
	racer->err = dev_ioctl(racer->fd, MAG_IOC_START, &racer->config);
	return NULL;
}

/* Two threads do the same at the same time, each with its own descriptor. */
static void race(struct racer *racers, void *(*fn)(void *))
{
	pthread_barrier_t barrier;
	pthread_t threads[2];
	int i;

	pthread_barrier_init(&barrier, NULL, 2);
	for (i = 0; i < 2; i++) {
		racers[i].barrier = &barrier;
		if (pthread_create(&threads[i], NULL, fn, &racers[i]))
			tap_bail("cannot create a thread");
	}
	for (i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	pthread_barrier_destroy(&barrier);
}

static void test_start_race(bool same_file)
{
	struct racer racers[2];
	bool one_each = true;
	int round, first, second;

	for (round = 0; round < RACE_ROUNDS; round++) {
		first = dev_open();
		second = same_file ? dup(first) : dev_open();
		racers[0] = (struct racer){ .fd = first };
		racers[1] = (struct racer){ .fd = second };
		dev_config_endless(first, &racers[0].config);
		racers[1].config = racers[0].config;
		race(racers, race_start);
		/* One wins, the other is told so. */
		if (!((racers[0].err == 0 && racers[1].err == EBUSY) ||
		      (racers[1].err == 0 && racers[0].err == EBUSY))) {
			one_each = false;
			tap_diag("round %d: errno %d and %d", round,
				 racers[0].err, racers[1].err);
		}
		close(first);
		close(second);
	}
	tap_ok(one_each, "of two STARTs at once on %s, one wins",
	       same_file ? "one file" : "two files");
}

static bool race_allowed(int err)
{
	return !err || err == EBUSY || err == EAGAIN || err == ENODATA;
}

/* Calls of every kind, in random order; only documented errors may come. */
static void *race_calls(void *arg)
{
	__u64 *counts = malloc(MAG_HIST_BUCKETS * sizeof(*counts));
	struct racer *racer = arg;
	struct mag_run_config config;
	struct mag_run_status status;
	__u64 total;
	int i, err;

	if (!counts)
		tap_bail("out of memory");
	pthread_barrier_wait(racer->barrier);
	for (i = 0; i < RACE_CALLS; i++) {
		switch (rng_below(&racer->rng, 6)) {
		case 0:
		case 1:
			config = racer->config;
			err = dev_ioctl(racer->fd, MAG_IOC_START, &config);
			break;
		case 2:
			err = dev_ioctl(racer->fd, MAG_IOC_STOP, NULL);
			break;
		case 3:
			err = dev_ioctl(racer->fd, MAG_IOC_FINISH, NULL);
			break;
		case 4:
			err = dev_ioctl(racer->fd, MAG_IOC_STATUS, &status);
			break;
		default:
			err = dev_hist(racer->fd, 0, MAG_WORKER_ALL, counts,
				       &total);
			break;
		}
		if (!race_allowed(err))
			racer->err = err;
	}
	free(counts);
	return NULL;
}

static void test_call_race(bool same_file)
{
	struct racer racers[2] = {
		{ .rng = { 1 }, .fd = dev_open() },
		{ .rng = { 2 } },
	};
	struct mag_run_status status;
	const char *files = same_file ? "one file" : "two files";
	bool clean;
	int i;

	racers[1].fd = same_file ? dup(racers[0].fd) : dev_open();
	dev_config(racers[0].fd, &racers[0].config, "dentry", "magazine");
	dev_config(racers[0].fd, &racers[1].config, "pair", "kmem_cache");
	race(racers, race_calls);
	for (i = 0; i < 2; i++) {
		tap_is(racers[i].err, 0,
		       "calls from thread %d on %s end as documented", i,
		       files);
		dev_wind_up(racers[i].fd);
		dev_status(racers[i].fd, &status);
		clean = status.state != MAG_STATE_FAILED &&
			status.allocs == status.frees;
		tap_ok(clean, "and the run of thread %d on %s ends clean", i,
		       files);
	}
	close(racers[0].fd);
	close(racers[1].fd);
}

#ifdef __x86_64__
/* A system call by the 32-bit entry: 32-bit arguments, compat handlers. */
static int compat_call(__u32 nr, __u32 a, __u32 b, __u32 c)
{
	__u64 ret = nr;

	asm volatile("int $0x80"
		     : "+a"(ret)
		     : "b"((__u64)a), "c"((__u64)b), "d"((__u64)c)
		     : "memory", "r8", "r9", "r10", "r11");
	return (__s32)ret;
}

static int compat_getpid(int fd)
{
	(void)fd;
	return compat_call(COMPAT_NR_GETPID, 0, 0, 0) == getpid() ? 0 : 1;
}

static int compat_ioctl(int fd, unsigned long request, const void *arg)
{
	return -compat_call(COMPAT_NR_IOCTL, fd, request, (uintptr_t)arg);
}

/* What a 32-bit caller passes must lie below 4 GiB. */
static void *compat_alloc(size_t size)
{
	void *map = mmap(NULL, size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	if (map == MAP_FAILED)
		tap_bail("no memory below 4 GiB");
	return map;
}

static void test_compat_run(int fd)
{
	struct mag_run_config *config = compat_alloc(sizeof(*config));
	struct mag_run_status *status = compat_alloc(sizeof(*status));
	struct mag_hist_read *read = compat_alloc(sizeof(*read));

	dev_config(fd, config, "pair", "magazine");
	tap_is(compat_ioctl(fd, MAG_IOC_START, config), 0, "32-bit START");
	tap_ok(dev_settles(fd, DEV_PATIENCE_MS), "32-bit: the run ends");
	tap_is(compat_ioctl(fd, MAG_IOC_STOP, NULL), 0, "32-bit STOP");
	tap_is(compat_ioctl(fd, MAG_IOC_FINISH, NULL), 0, "32-bit FINISH");
	tap_is(compat_ioctl(fd, MAG_IOC_STATUS, status), 0, "32-bit STATUS");
	tap_ok(status->state == MAG_STATE_DONE && status->allocs > 0,
	       "32-bit STATUS has the results");
	read->worker = MAG_WORKER_ALL;
	read->nr_buckets = MAG_HIST_BUCKETS;
	read->counts =
		(uintptr_t)compat_alloc(MAG_HIST_BUCKETS * sizeof(__u64));
	tap_is(compat_ioctl(fd, MAG_IOC_HIST, read), 0, "32-bit HIST");
	tap_is(read->total,
	       status->ops[0].count - status->ops[0].below -
		       status->ops[0].above,
	       "32-bit HIST is whole");
	tap_is(compat_ioctl(fd, _IO(MAG_IOC_MAGIC, 0x7f), NULL), ENOTTY,
	       "32-bit unknown request is ENOTTY");
}

static void test_compat(void)
{
	int fd = dev_open();

	if (in_child(compat_getpid, fd) == 0)
		test_compat_run(fd);
	else
		tap_skip("kernel without 32-bit calls", "32-bit caller");
	close(fd);
}
#else
static void test_compat(void)
{
	tap_skip("not on this architecture", "32-bit caller");
}
#endif

int main(void)
{
	test_privilege();
	test_dup();
	test_fork();
	test_start_race(true);
	test_start_race(false);
	test_call_race(true);
	test_call_race(false);
	test_compat();
	tap_ok(left_idle(), "no thread and no memory is left");
	return tap_done();
}
