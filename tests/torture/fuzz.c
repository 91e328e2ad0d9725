// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz SECONDS SEED: calls of the device by random and half-right structs.
 *
 * Children share a few open files, each with two threads, so that one closes a file,
 * ends a run or reads it while the other starts one.  The parent kills a child now
 * and then, in the middle of whatever it does, and makes another.  What is checked:
 * that a call fails by an errno that its request documents, and that the kernel
 * writes no byte past the struct.  The rest is the kernel's log.
 *
 * The sequence of calls of a thread is that of its seed; how threads meet is not.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../../kmod/uapi/magslab.h"
#include "../../kmod/uapi/magslab_hist.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

#define DEVICE		  "/dev/" MAG_DEVICE_NAME
#define FILES		  3
#define THREADS		  2
#define CHILDREN	  2
#define PAGE		  4096
#define GUARD		  64 /* bytes past a struct that must stay as they are */
#define FILL		  0xa5
/* A measurement of the machine takes up to 200 ms: so seldom. */
#define MACHINE_ODDS	  500

/* What all processes count together. */
struct shared {
	unsigned long ioctls;
	unsigned long accepted; /* of ioctls, those that did not fail */
	unsigned long runs; /* that were started */
	unsigned long others; /* mmap, poll, read, write, close, open */
	unsigned long faults; /* what was found wrong */
};

struct fuzzer {
	__u64 state;
	/* The kernel may let its allocations fail. */
	bool faulty;
	/* Two pages; nothing is mapped behind them. */
	unsigned char *page;
	__u64 *counts;
};

union any {
	struct mag_info info;
	struct mag_describe describe;
	struct mag_run_config config;
	struct mag_run_status status;
	struct mag_hist_read hist;
	struct mag_machine machine;
	unsigned char bytes[2048];
};

struct request {
	unsigned long cmd;
	const char *name;
	size_t size;
	void (*fill)(struct fuzzer *f, union any *arg);
	int errnos[12];
};

static struct shared *shared;
static int files[FILES];
/* What the device has, asked once. */
static __u32 nr_workloads, nr_backends;
static struct mag_describe params[8][MAG_MAX_PARAMS];

static __u32 rnd(struct fuzzer *f, __u32 below)
{
	__u64 x = f->state;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	f->state = x;
	return ((x * 0x2545f4914f6cdd1dULL >> 32) * below) >> 32;
}

static __u64 rnd64(struct fuzzer *f)
{
	return (__u64)rnd(f, UINT32_MAX) << 32 | rnd(f, UINT32_MAX);
}

/* A number as those that are got wrong: near 0, near a power of two, or any. */
static __u64 odd_number(struct fuzzer *f)
{
	switch (rnd(f, 4)) {
	case 0:
		return rnd(f, 4);
	case 1:
		return (1ULL << rnd(f, 64)) - rnd(f, 3);
	case 2:
		return UINT64_MAX - rnd(f, 3);
	default:
		return rnd64(f);
	}
}

/* No address of this program's, which a power of two may well be. */
static __u64 odd_address(struct fuzzer *f)
{
	return odd_number(f) | 1ULL << 62;
}

static unsigned long count(unsigned long *what)
{
	return __atomic_fetch_add(what, 1, __ATOMIC_RELAXED);
}

static __attribute__((format(printf, 1, 2))) void found(const char *format, ...)
{
	va_list args;

	if (count(&shared->faults) >= 10)
		return;
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
}

/*
 * A value of a parameter, in range for the most part, and never one for which a
 * machine's memory is too small.
 */
static __u64 param_value(struct fuzzer *f, const struct mag_describe *param)
{
	switch (rnd(f, 16)) {
	case 0:
		return param->max + 1 + rnd(f, 3);
	case 1:
		return UINT64_MAX;
	case 2:
		return param->min - 1;
	case 3 ... 5:
		return param->min;
	default:
		return param->min + rnd(f, param->def - param->min + 1);
	}
}

static void fill_params(struct fuzzer *f, struct mag_run_config *config)
{
	__u32 i = rnd(f, MAG_MAX_PARAMS);
	const struct mag_describe *param;

	if (config->workload >= 8)
		return;
	param = &params[config->workload][i];
	if (!param->name[0])
		return;
	config->param_mask |= 1ULL << i;
	config->params[i] = param_value(f, param);
}

static void fill_config(struct fuzzer *f, union any *arg)
{
	struct mag_run_config *config = &arg->config;

	memset(config, 0, sizeof(*config));
	config->abi_version = MAG_ABI_VERSION;
	config->workload = rnd(f, nr_workloads);
	config->backend = rnd(f, nr_backends);
	config->clock = rnd(f, 2) ? MAG_CLOCK_AUTO : MAG_CLOCK_KTIME;
	config->nr_workers = rnd(f, 3);
	config->seed = rnd64(f);
	config->steps = 1 + rnd(f, 200);
	config->warmup_steps = rnd(f, 50);
	if (!rnd(f, 4))
		config->duration_ns = 1 + rnd(f, 5000000);
	while (rnd(f, 2))
		fill_params(f, config);
	/* A run that others end. */
	if (!rnd(f, 8))
		config->steps = MAG_MAX_STEPS;
	if (config->nr_workers && !rnd(f, 4)) {
		config->cpus = (uintptr_t)f->counts;
		((__u32 *)f->counts)[0] = rnd(f, 3);
		((__u32 *)f->counts)[1] = rnd(f, 3);
	}
}

static void fill_describe(struct fuzzer *f, union any *arg)
{
	memset(arg, 0, sizeof(arg->describe));
	arg->describe.entity = rnd(f, MAG_NR_ENTITIES);
	arg->describe.index = rnd(f, 12);
	arg->describe.owner = rnd(f, nr_workloads);
}

static void fill_hist(struct fuzzer *f, union any *arg)
{
	memset(arg, 0, sizeof(arg->hist));
	arg->hist.op = rnd(f, MAG_MAX_OPS);
	arg->hist.worker = rnd(f, 2) ? MAG_WORKER_ALL : rnd(f, 3);
	arg->hist.nr_buckets = MAG_HIST_BUCKETS;
	arg->hist.counts = (uintptr_t)f->counts;
}

static void fill_machine(struct fuzzer *f, union any *arg)
{
	memset(arg, 0, sizeof(arg->machine));
	arg->machine.abi_version = MAG_ABI_VERSION;
	arg->machine.cpu = rnd(f, 2);
	arg->machine.peer = rnd(f, 2) ? MAG_CPU_NONE : 1 - arg->machine.cpu;
	if (rnd(f, MACHINE_ODDS))
		arg->machine.cpu = 1000 + rnd(f, 1000000);
}

static void fill_rubbish(struct fuzzer *f, union any *arg)
{
	(void)f;
	memset(arg, FILL, sizeof(*arg));
}

static const struct request requests[] = {
	{ MAG_IOC_INFO,
	  "INFO",
	  sizeof(struct mag_info),
	  fill_rubbish,
	  { EFAULT } },
	{ MAG_IOC_DESCRIBE,
	  "DESCRIBE",
	  sizeof(struct mag_describe),
	  fill_describe,
	  { EFAULT, EINVAL, ENOENT } },
	{ MAG_IOC_START,
	  "START",
	  sizeof(struct mag_run_config),
	  fill_config,
	  { EFAULT, EINVAL, EBUSY, ENOMEM, ENODEV, EOPNOTSUPP, EPROTO, ENOSPC,
	    EINTR } },
	{ MAG_IOC_STATUS,
	  "STATUS",
	  sizeof(struct mag_run_status),
	  fill_rubbish,
	  { EFAULT } },
	{ MAG_IOC_HIST,
	  "HIST",
	  sizeof(struct mag_hist_read),
	  fill_hist,
	  { EFAULT, EINVAL, EAGAIN, ENODATA, ENOMEM } },
	{ MAG_IOC_STOP,
	  "STOP",
	  0,
	  fill_rubbish,
	  { ENODATA, EAGAIN, EINTR, ENODEV, ENOMEM } },
	{ MAG_IOC_FINISH,
	  "FINISH",
	  0,
	  fill_rubbish,
	  { ENODATA, EAGAIN, EINTR, ENODEV, ENOMEM } },
	{ MAG_IOC_MACHINE,
	  "MACHINE",
	  sizeof(struct mag_machine),
	  fill_machine,
	  { EFAULT, EINVAL, EBUSY, ENODEV, EOPNOTSUPP, EPROTO, ENOMEM,
	    EINTR } },
};

#define NR_REQUESTS ARRAY_SIZE(requests)

static bool documented(const struct request *request, int err)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(request->errnos); i++)
		if (request->errnos[i] == err)
			return true;
	/* The file was closed by another thread, or is another's by now. */
	return !err || err == EBADF;
}

/*
 * Fields of a struct that was right are made wrong, but for parameters, which have
 * their own wrong values.
 */
static void spoil(struct fuzzer *f, const struct request *request,
		  union any *arg)
{
	const size_t first = offsetof(struct mag_run_config, params);
	__u64 value = odd_number(f);
	size_t words = request->size / 4, at;

	if (!words)
		return;
	if (request->cmd == MAG_IOC_MACHINE && !rnd(f, 2))
		return;
	if (request->cmd == MAG_IOC_START)
		words = first / 4;
	at = 4 * rnd(f, words);
	memcpy(arg->bytes + at, &value, rnd(f, 2) ? 4 : 8);
	/* Half of an address might be one of this program's. */
	if (request->cmd == MAG_IOC_HIST)
		arg->hist.counts = rnd(f, 2) ? odd_address(f)
					     : (uintptr_t)f->counts;
	/* It would measure, each time. */
	if (request->cmd == MAG_IOC_MACHINE && rnd(f, MACHINE_ODDS))
		arg->machine.cpu |= 1 << 20;
}

static void spoil_bits(struct fuzzer *f, const struct request *request,
		       union any *arg)
{
	__u32 i;

	if (request->cmd == MAG_IOC_START) {
		/* Whatever it may be, a run of it is refused. */
		for (i = 0; i < sizeof(arg->config); i++)
			arg->bytes[i] = rnd(f, 256);
		return;
	}
	for (i = 0; i < request->size; i++)
		arg->bytes[i] = rnd(f, 256);
}

/*
 * Those make large arrays, or a kmem_cache, and where that fails the kernel tells it
 * with a stack, which would be taken for a complaint.
 */
static bool is_told_if_it_fails(const struct request *request)
{
	return request->cmd == MAG_IOC_START || request->cmd == MAG_IOC_HIST;
}

/* Where the struct lies: so that what is past it is noticed, or is no memory. */
static void *place(struct fuzzer *f, const struct request *request, bool *edge)
{
	*edge = !rnd(f, 4);
	return *edge ? f->page + 2 * PAGE - request->size : f->page;
}

static void *bad_address(struct fuzzer *f)
{
	switch (rnd(f, 4)) {
	case 0:
		return NULL;
	case 1:
		return f->page + 2 * PAGE - 1 - rnd(f, 16);
	case 2:
		return (void *)(uintptr_t)odd_address(f);
	default:
		return (void *)0xffff888000000000UL;
	}
}

static void check_guard(const struct request *request, const unsigned char *end)
{
	size_t i;

	for (i = 0; i < GUARD; i++)
		if (end[i] != FILL) {
			found("%s: byte %zu past the struct was written to",
			      request->name, i);
			return;
		}
}

static void count_call(const struct request *request, int err)
{
	count(&shared->ioctls);
	if (err)
		return;
	count(&shared->accepted);
	if (request->cmd == MAG_IOC_START)
		count(&shared->runs);
}

static void call(struct fuzzer *f, int fd, const struct request *request)
{
	union any arg;
	bool edge, bad = !rnd(f, 32);
	unsigned char *at = place(f, request, &edge);
	int err;

	request->fill(f, &arg);
	if (rnd(f, 2))
		spoil(f, request, &arg);
	else if (!rnd(f, 8))
		spoil_bits(f, request, &arg);
	if (!edge)
		memset(at + request->size, FILL, GUARD);
	memcpy(at, arg.bytes, request->size);
	err = ioctl(fd, request->cmd, bad ? bad_address(f) : at) ? errno : 0;
	count_call(request, err);
	if (!documented(request, err))
		found("%s: %s, which is not documented", request->name,
		      strerror(err));
	if (!edge)
		check_guard(request, at + request->size);
}

/* Requests that there are not. */
static void call_unknown(struct fuzzer *f, int fd)
{
	unsigned long cmd = odd_number(f) & UINT32_MAX;
	size_t i;
	int err;

	if (rnd(f, 2))
		cmd = _IOWR(MAG_IOC_MAGIC, rnd(f, 32), char[1 + rnd(f, 300)]);
	for (i = 0; i < NR_REQUESTS; i++)
		if (cmd == (requests[i].cmd & UINT32_MAX))
			return;
	/* Those are every file's, and no device hears of them. */
	if (((cmd >> 8) & 0xff) != MAG_IOC_MAGIC)
		cmd = (cmd & ~0xff00UL) | 0x1700;
	err = ioctl(fd, cmd, f->page) ? errno : 0;
	count(&shared->ioctls);
	if (err != ENOTTY && err != EBADF)
		found("request %#lx: %s, expected ENOTTY", cmd, strerror(err));
}

static void other_call(struct fuzzer *f, int fd)
{
	struct pollfd pfd = { .fd = fd, .events = rnd(f, 65536) };
	void *map;

	count(&shared->others);
	switch (rnd(f, 5)) {
	case 0:
		map = mmap(NULL, PAGE << rnd(f, 4), PROT_READ | PROT_WRITE,
			   rnd(f, 2) ? MAP_SHARED : MAP_PRIVATE, fd,
			   (off_t)rnd(f, 16) * PAGE);
		if (map != MAP_FAILED)
			found("mmap() of the device succeeds");
		break;
	case 1:
		poll(&pfd, 1, rnd(f, 3));
		break;
	case 2:
		if (read(fd, f->page, rnd(f, PAGE)) > 0)
			found("read() of the device has bytes");
		break;
	case 3:
		if (write(fd, f->page, 1 + rnd(f, PAGE)) > 0)
			found("write() to the device takes bytes");
		break;
	default:
		lseek(fd, odd_number(f), rnd(f, 3));
	}
}

/* Another thread may be in a call on it. */
static void reopen(struct fuzzer *f, __u32 i)
{
	int fd, copy;

	count(&shared->others);
	fd = open(DEVICE, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return;
	/* In place of the old one, which that closes. */
	if (rnd(f, 2)) {
		dup2(fd, files[i]);
		close(fd);
		return;
	}
	copy = dup(files[i]);
	close(fd);
	if (copy >= 0)
		close(copy);
}

static void step(struct fuzzer *f)
{
	const struct request *request = &requests[rnd(f, NR_REQUESTS)];
	__u32 i = rnd(f, FILES), n = rnd(f, 100);

	if (n < 80 && !(f->faulty && is_told_if_it_fails(request)))
		call(f, files[i], request);
	else if (n < 90)
		call_unknown(f, files[i]);
	else if (n < 98)
		other_call(f, files[i]);
	else
		reopen(f, i);
}

/* Where the kernel is told to let allocations fail, those of this thread do. */
static bool ask_for_faults(void)
{
	int fd = open("/proc/thread-self/make-it-fail", O_WRONLY);
	bool done;

	if (fd < 0)
		return false;
	done = write(fd, "1", 1) == 1;
	close(fd);
	return done;
}

static void *run_thread(void *arg)
{
	struct fuzzer f = { .state = (uintptr_t)arg };

	f.page = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	f.counts = mmap(NULL, MAG_HIST_BUCKETS * sizeof(*f.counts),
			PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			0);
	if (f.page == MAP_FAILED || f.counts == MAP_FAILED)
		_exit(1);
	mprotect(f.page + 2 * PAGE, PAGE, PROT_NONE);
	/* Of each child, one thread does and one does not. */
	f.faulty = f.state % THREADS == 0 && ask_for_faults();
	for (;;)
		step(&f);
	return NULL;
}

static void run_child(__u64 seed)
{
	pthread_t thread;
	__u32 i;

	for (i = 0; i < FILES; i++)
		files[i] = open(DEVICE, O_RDWR | O_CLOEXEC);
	for (i = 1; i < THREADS; i++)
		if (pthread_create(&thread, NULL, run_thread,
				   (void *)(uintptr_t)(seed + i)))
			_exit(1);
	run_thread((void *)(uintptr_t)seed);
}

static pid_t start_child(__u64 seed)
{
	pid_t pid = fork();

	if (pid < 0) {
		perror("fork");
		return 0;
	}
	if (pid == 0)
		run_child(seed * 2654435761u + 12345);
	return pid;
}

static void ask_params(int fd, __u32 workload)
{
	struct mag_describe *param;
	__u32 i;

	for (i = 0; i < MAG_MAX_PARAMS; i++) {
		param = &params[workload][i];
		param->entity = MAG_ENTITY_PARAM;
		param->owner = workload;
		param->index = i;
		if (ioctl(fd, MAG_IOC_DESCRIBE, param))
			param->name[0] = '\0';
	}
}

static bool ask_device(void)
{
	struct mag_info info;
	int fd = open(DEVICE, O_RDWR);
	__u32 i;

	if (fd < 0 || ioctl(fd, MAG_IOC_INFO, &info)) {
		perror(DEVICE);
		return false;
	}
	nr_workloads = info.nr_workloads;
	nr_backends = info.nr_backends;
	for (i = 0; i < nr_workloads && i < 8; i++)
		ask_params(fd, i);
	close(fd);
	return true;
}

static void nap(unsigned int ms)
{
	struct timespec span = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&span, NULL);
}

/* What came to an end by itself crashed, unless this process killed it. */
static void end_child(pid_t pid, int sig)
{
	int status;

	if (!pid)
		return;
	kill(pid, sig);
	if (waitpid(pid, &status, 0) == pid &&
	    !(WIFSIGNALED(status) && WTERMSIG(status) == sig))
		found("a child ended by itself, status %#x", status);
}

static void report(void)
{
	printf("ioctls %lu\naccepted %lu\nruns %lu\nothers %lu\nfaults %lu\n",
	       shared->ioctls, shared->accepted, shared->runs, shared->others,
	       shared->faults);
}

int main(int argc, char **argv)
{
	pid_t child[CHILDREN] = {};
	struct fuzzer f;
	__u64 seed;
	time_t end;
	__u32 i;

	if (argc != 3) {
		fprintf(stderr, "usage: fuzz SECONDS SEED\n");
		return 2;
	}
	end = time(NULL) + atol(argv[1]);
	seed = strtoull(argv[2], NULL, 0);
	f.state = seed * 6364136223846793005ULL + 1;
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED || !ask_device())
		return 1;
	seed *= 1000003;
	while (time(NULL) < end) {
		i = rnd(&f, CHILDREN);
		end_child(child[i], SIGKILL);
		child[i] = start_child(++seed);
		nap(rnd(&f, 1000));
	}
	for (i = 0; i < CHILDREN; i++)
		end_child(child[i], SIGKILL);
	report();
	return shared->faults ? 1 : 0;
}
