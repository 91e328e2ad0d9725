// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each refusal of the ABI, by a request that is valid but for one thing; the
 * limits themselves, which must be accepted; and the answers of INFO and
 * DESCRIBE, which must be complete and clean.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "dev.h"
#include "left.h"
#include "tap.h"

/* A field of a request and the value that makes it wrong. */
struct flaw {
	const char *field;
	size_t offset;
	size_t size;
	__u64 value;
	int want;
};

#define FLAW(type, member, bad, err)                                    \
	{                                                               \
		.field = #member, .offset = offsetof(type, member),     \
		.size = sizeof(((type *)NULL)->member), .value = (bad), \
		.want = (err),                                          \
	}
#define CONFIG_FLAW(member, bad, err) \
	FLAW(struct mag_run_config, member, bad, err)
#define DESC_FLAW(member, bad, err) FLAW(struct mag_describe, member, bad, err)

static void apply_flaw(void *request, const struct flaw *flaw)
{
	/* Little endian or not: the fields are of two sizes only. */
	if (flaw->size == sizeof(__u32)) {
		__u32 value = flaw->value;

		memcpy((char *)request + flaw->offset, &value, sizeof(value));
	} else {
		memcpy((char *)request + flaw->offset, &flaw->value,
		       sizeof(flaw->value));
	}
}

static void refuse_config(int fd, struct mag_run_config *config, int want,
			  const char *what, __u64 value)
{
	struct mag_run_status status;
	int got = dev_ioctl(fd, MAG_IOC_START, config);

	tap_is(got, want, "START refuses %s = %#llx", what,
	       (unsigned long long)value);
	if (!got) {
		dev_wind_up(fd);
		return;
	}
	dev_status(fd, &status);
	if (status.state != MAG_STATE_IDLE)
		tap_ok(false, "a refused START leaves the file idle");
}

/* Starts, winds up and reports how the run went; 0 or an errno. */
static int try_config(const struct mag_run_config *config,
		      struct mag_run_status *status)
{
	struct mag_run_config copy = *config;
	int fd = dev_open();
	int err = dev_ioctl(fd, MAG_IOC_START, &copy);

	if (!err)
		err = dev_wind_up(fd);
	dev_status(fd, status);
	close(fd);
	return err;
}

static void test_config_flaws(int fd, const struct mag_info *info)
{
	const struct flaw flaws[] = {
		CONFIG_FLAW(abi_version, 0, EPROTO),
		CONFIG_FLAW(abi_version, MAG_ABI_VERSION + 1, EPROTO),
		CONFIG_FLAW(abi_version, UINT32_MAX, EPROTO),
		CONFIG_FLAW(workload, info->nr_workloads, EINVAL),
		CONFIG_FLAW(workload, UINT32_MAX, EINVAL),
		CONFIG_FLAW(backend, info->nr_backends, EINVAL),
		CONFIG_FLAW(backend, UINT32_MAX, EINVAL),
		CONFIG_FLAW(clock, MAG_NR_CLOCKS, EINVAL),
		CONFIG_FLAW(clock, UINT32_MAX, EINVAL),
		CONFIG_FLAW(nr_workers, info->nr_cpus_online + 1, EINVAL),
		CONFIG_FLAW(nr_workers, MAG_MAX_WORKERS + 1, EINVAL),
		CONFIG_FLAW(nr_workers, UINT32_MAX, EINVAL),
		CONFIG_FLAW(reserved0, 1, EINVAL),
		CONFIG_FLAW(reserved0, 1U << 31, EINVAL),
		CONFIG_FLAW(duration_ns, MAG_MAX_DURATION_NS + 1, EINVAL),
		CONFIG_FLAW(duration_ns, UINT64_MAX, EINVAL),
		CONFIG_FLAW(steps, MAG_MAX_STEPS + 1, EINVAL),
		CONFIG_FLAW(steps, UINT64_MAX, EINVAL),
		CONFIG_FLAW(steps, 0, EINVAL),
		CONFIG_FLAW(warmup_ns, MAG_MAX_WARMUP_NS + 1, EINVAL),
		CONFIG_FLAW(warmup_ns, UINT64_MAX, EINVAL),
		CONFIG_FLAW(warmup_steps, MAG_MAX_STEPS + 1, EINVAL),
		CONFIG_FLAW(warmup_steps, UINT64_MAX, EINVAL),
		CONFIG_FLAW(param_mask, 1ULL << MAG_MAX_PARAMS, EINVAL),
		CONFIG_FLAW(param_mask, 1ULL << 63, EINVAL),
		CONFIG_FLAW(param_mask, UINT64_MAX, EINVAL),
		CONFIG_FLAW(reserved[0], 1, EINVAL),
		CONFIG_FLAW(reserved[1], 1, EINVAL),
		CONFIG_FLAW(reserved[2], 1, EINVAL),
		CONFIG_FLAW(reserved[2], 1ULL << 63, EINVAL),
		CONFIG_FLAW(cpus, 8, EFAULT),
	};
	struct mag_run_config config;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(flaws); i++) {
		dev_config(fd, &config, "pair", "kmem_cache");
		apply_flaw(&config, &flaws[i]);
		refuse_config(fd, &config, flaws[i].want, flaws[i].field,
			      flaws[i].value);
	}

	/* A warm-up is no bound of the measured part. */
	dev_config(fd, &config, "pair", "kmem_cache");
	config.steps = 0;
	config.warmup_ns = 1000000;
	config.warmup_steps = 10;
	refuse_config(fd, &config, EINVAL, "no bound but a warm-up, steps", 0);
}

/*
 * An older client may have anything where a field is new: it is told of its
 * version, and of nothing else.
 */
static void test_old_client(int fd)
{
	const struct flaw flaws[] = {
		CONFIG_FLAW(nr_workers, 0, EPROTO),
		CONFIG_FLAW(nr_workers, 1, EPROTO),
		CONFIG_FLAW(nr_workers, MAG_MAX_WORKERS + 1, EPROTO),
		CONFIG_FLAW(reserved0, 1, EPROTO),
		CONFIG_FLAW(param_mask, UINT64_MAX, EPROTO),
	};
	struct mag_run_config config;
	char what[64];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(flaws); i++) {
		snprintf(what, sizeof(what), "an old version with cpus and %s",
			 flaws[i].field);
		dev_config(fd, &config, "pair", "kmem_cache");
		config.abi_version = MAG_ABI_VERSION - 1;
		config.cpus = 8;
		apply_flaw(&config, &flaws[i]);
		refuse_config(fd, &config, flaws[i].want, what, flaws[i].value);
	}
}

static void test_config_limits(int fd, const struct mag_info *info)
{
	const struct flaw limits[] = {
		CONFIG_FLAW(nr_workers, 0, 0),
		CONFIG_FLAW(nr_workers, info->nr_cpus_online, 0),
		CONFIG_FLAW(clock, MAG_CLOCK_AUTO, 0),
		CONFIG_FLAW(clock, MAG_CLOCK_KTIME, 0),
		CONFIG_FLAW(seed, 0, 0),
		CONFIG_FLAW(seed, UINT64_MAX, 0),
		CONFIG_FLAW(duration_ns, MAG_MAX_DURATION_NS, 0),
		CONFIG_FLAW(duration_ns, 1, 0),
		CONFIG_FLAW(steps, MAG_MAX_STEPS, 0),
		CONFIG_FLAW(steps, 1, 0),
		CONFIG_FLAW(warmup_ns, MAG_MAX_WARMUP_NS, 0),
		CONFIG_FLAW(warmup_steps, MAG_MAX_STEPS, 0),
	};
	struct mag_run_config config;
	struct mag_run_status status;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(limits); i++) {
		dev_config(fd, &config, "pair", "kmem_cache");
		apply_flaw(&config, &limits[i]);
		tap_is(try_config(&config, &status), 0,
		       "START accepts %s = %#llx", limits[i].field,
		       (unsigned long long)limits[i].value);
		if (config.nr_workers == 0)
			tap_is(status.nr_workers, info->nr_cpus_online,
			       "0 workers are one a CPU online");
		tap_ok(status.clock != MAG_CLOCK_AUTO,
		       "the clock in use is named, not AUTO");
	}

	dev_config(fd, &config, "pair", "kmem_cache");
	config.steps = 0;
	config.duration_ns = 1;
	tap_is(try_config(&config, &status), 0,
	       "START accepts a duration without steps");
}

static __u64 clock_khz(const struct mag_run_status *status,
		       const struct mag_info *info)
{
	if (status->clock == MAG_CLOCK_TICKS)
		return 0;
	return status->clock == MAG_CLOCK_TSC ? info->tsc_khz : 1000000;
}

/* A clock that the machine lacks is refused as such, in START alone. */
static void test_clocks(int fd, const struct mag_info *info)
{
	struct mag_run_config config;
	struct mag_run_status status;
	__u32 clock;
	int err;

	for (clock = 0; clock < MAG_NR_CLOCKS; clock++) {
		dev_config(fd, &config, "pair", "kmem_cache");
		config.clock = clock;
		err = try_config(&config, &status);
		if (clock == MAG_CLOCK_TICKS)
			tap_is(err, info->tsc_khz ? 0 : EOPNOTSUPP,
			       "clock TICKS needs a time-stamp counter");
		else if (clock == MAG_CLOCK_TSC && !info->tsc_khz)
			tap_is(err, EOPNOTSUPP,
			       "clock TSC needs a time-stamp counter");
		else
			tap_ok(!err || (clock == MAG_CLOCK_TSC &&
					err == EOPNOTSUPP),
			       "clock %u is there or said to be absent", clock);
		if (err)
			continue;
		tap_is(status.clock, clock ? clock : info->auto_clock,
		       "clock %u is the one in use", clock);
		tap_is(status.clock_khz, clock_khz(&status, info),
		       "clock %u: the rate of its ticks", clock);
	}
}

/*
 * A bound may make no sense beside the default of another parameter; these
 * are the ones, and what makes sense with them.
 */
static const struct companion {
	const char *workload;
	const char *param;
	const char *other;
	__u64 other_value;
} companions[] = {
	/* batch is a multiple of depth. */
	{ "pair", "depth", "batch", 4096 },
	/* The shares add up to at most 100 percent. */
	{ "skb", "handoff", "clone", 0 },
	{ "skb", "clone", "handoff", 0 },
	/* A queue has room for a burst. */
	{ "skb", "queue_depth", "burst", 1 },
};

static void add_companions(int fd, struct mag_run_config *config,
			   const char *workload, const char *param)
{
	const struct companion *com;

	for (com = companions; com < companions + ARRAY_SIZE(companions); com++)
		if (!strcmp(com->workload, workload) &&
		    !strcmp(com->param, param))
			dev_set(fd, config, com->other, com->other_value);
}

static void test_bound(int fd, const struct mag_run_config *config,
		       const char *workload, const struct mag_describe *desc)
{
	__u64 bound = config->params[desc->index];
	struct mag_run_config copy = *config;
	struct mag_run_status status;
	int err;

	add_companions(fd, &copy, workload, desc->name);
	err = try_config(&copy, &status);
	/* The greatest may be more than this machine has memory for. */
	if (err == ENOMEM && bound == desc->max) {
		tap_skip("out of memory", "START accepts %s %s = %llu",
			 workload, desc->name, bound);
		return;
	}
	tap_is(err, 0, "START accepts %s %s = %llu", workload, desc->name,
	       bound);
	if (!err)
		tap_is(status.params[desc->index], bound,
		       "%s %s = %llu is the value used", workload, desc->name,
		       bound);
}

static void test_param(int fd, const struct mag_describe *work,
		       const struct mag_describe *desc)
{
	struct mag_run_config config;
	__u64 *param;

	dev_config(fd, &config, work->name, "kmem_cache");
	config.steps = 1;
	config.param_mask = 1ULL << desc->index;
	param = &config.params[desc->index];

	if (desc->min > 0) {
		*param = desc->min - 1;
		refuse_config(fd, &config, EINVAL, desc->name, *param);
	}
	if (desc->max < UINT64_MAX) {
		*param = desc->max + 1;
		refuse_config(fd, &config, EINVAL, desc->name, *param);
		*param = UINT64_MAX;
		refuse_config(fd, &config, EINVAL, desc->name, *param);
	}
	*param = desc->min;
	test_bound(fd, &config, work->name, desc);
	*param = desc->max;
	test_bound(fd, &config, work->name, desc);
}

static void test_params(int fd, const struct mag_info *info)
{
	struct mag_describe work, desc;
	struct mag_run_config config;
	__u32 workload, i;

	for (workload = 0; workload < info->nr_workloads; workload++) {
		dev_describe(fd, MAG_ENTITY_WORKLOAD, 0, workload, &work);
		for (i = 0; i < work.nr_params; i++) {
			dev_describe(fd, MAG_ENTITY_PARAM, workload, i, &desc);
			test_param(fd, &work, &desc);
		}
		dev_config(fd, &config, work.name, "kmem_cache");
		config.param_mask = 1ULL << work.nr_params;
		refuse_config(fd, &config, EINVAL, "mask past the last of",
			      config.param_mask);
	}
}

static void test_param_defaults(int fd, const struct mag_info *info)
{
	struct mag_describe work, desc;
	struct mag_run_config config;
	struct mag_run_status status;
	__u32 workload, i;
	bool same = true;

	for (workload = 0; workload < info->nr_workloads; workload++) {
		dev_describe(fd, MAG_ENTITY_WORKLOAD, 0, workload, &work);
		dev_config(fd, &config, work.name, "kmem_cache");
		config.steps = 1;
		/* What the mask does not give is not looked at. */
		memset(config.params, 0xff, sizeof(config.params));
		tap_is(try_config(&config, &status), 0,
		       "%s: parameters that are not given are not looked at",
		       work.name);
		for (i = 0; i < work.nr_params; i++) {
			dev_describe(fd, MAG_ENTITY_PARAM, workload, i, &desc);
			same &= status.params[i] == desc.def;
		}
		tap_ok(same, "%s: defaults are filled in", work.name);
	}
}

/* Addresses that the kernel must refuse to read @size bytes at. */
struct bad_address {
	const char *what;
	void *address;
};

#define NR_BAD_ADDRESSES 6

static void bad_addresses(struct bad_address *bad)
{
	size_t page = sysconf(_SC_PAGESIZE);
	char *map = mmap(NULL, 3 * page, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (map == MAP_FAILED)
		tap_bail("mmap failed");
	munmap(map + page, page);
	mprotect(map + 2 * page, page, PROT_NONE);
	bad[0] = (struct bad_address){ "NULL", NULL };
	bad[1] = (struct bad_address){ "an unmapped page", map + page };
	bad[2] =
		(struct bad_address){ "a page with no access", map + 2 * page };
	bad[3] = (struct bad_address){ "a page that ends too soon",
				       map + page - sizeof(__u64) };
	bad[4] = (struct bad_address){ "the kernel's half",
				       (void *)~0xffffffUL };
	bad[5] = (struct bad_address){ "no canonical address",
				       (void *)(1UL << 62) };
}

/* A page that can be read but not written, with @request at its start. */
static void *read_only(const void *request, size_t size)
{
	size_t page = sysconf(_SC_PAGESIZE);
	void *map = mmap(NULL, page, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (map == MAP_FAILED)
		tap_bail("mmap failed");
	memcpy(map, request, size);
	mprotect(map, page, PROT_READ);
	return map;
}

static void test_addresses(int fd)
{
	static const struct {
		const char *name;
		unsigned long request;
	} requests[] = {
		{ "INFO", MAG_IOC_INFO },   { "DESCRIBE", MAG_IOC_DESCRIBE },
		{ "START", MAG_IOC_START }, { "STATUS", MAG_IOC_STATUS },
		{ "HIST", MAG_IOC_HIST },   { "MACHINE", MAG_IOC_MACHINE },
	};
	struct bad_address bad[NR_BAD_ADDRESSES];
	struct mag_describe desc = { .entity = MAG_ENTITY_WORKLOAD };
	size_t i, j;

	bad_addresses(bad);
	for (i = 0; i < ARRAY_SIZE(requests); i++)
		for (j = 0; j < ARRAY_SIZE(bad); j++)
			tap_is(dev_ioctl(fd, requests[i].request,
					 bad[j].address),
			       EFAULT, "%s refuses %s", requests[i].name,
			       bad[j].what);
	tap_is(dev_state(fd), MAG_STATE_IDLE, "no bad address started a run");

	tap_is(dev_ioctl(fd, MAG_IOC_INFO, read_only(&desc, sizeof(desc))),
	       EFAULT, "INFO refuses a read-only page");
	tap_is(dev_ioctl(fd, MAG_IOC_STATUS, read_only(&desc, sizeof(desc))),
	       EFAULT, "STATUS refuses a read-only page");
	tap_is(dev_ioctl(fd, MAG_IOC_DESCRIBE, read_only(&desc, sizeof(desc))),
	       EFAULT, "DESCRIBE refuses a read-only page");
}

static void test_hist_refusals(int fd)
{
#define HIST_FLAW(member, bad, err) FLAW(struct mag_hist_read, member, bad, err)
	static __u64 counts[MAG_HIST_BUCKETS];
	struct bad_address bad[NR_BAD_ADDRESSES];
	struct mag_run_config config;
	struct mag_run_status status;
	struct mag_hist_read valid = {
		.worker = MAG_WORKER_ALL,
		.nr_buckets = MAG_HIST_BUCKETS,
		.counts = (uintptr_t)counts,
	};
	struct mag_hist_read read;
	size_t i;

	dev_config(fd, &config, "pair", "magazine");
	if (dev_ioctl(fd, MAG_IOC_START, &config) || dev_wind_up(fd))
		tap_bail("cannot make a run for MAG_IOC_HIST");
	dev_status(fd, &status);

	const struct flaw flaws[] = {
		HIST_FLAW(op, status.nr_ops, EINVAL),
		HIST_FLAW(op, MAG_MAX_OPS, EINVAL),
		HIST_FLAW(op, UINT32_MAX, EINVAL),
		HIST_FLAW(worker, status.nr_workers, EINVAL),
		HIST_FLAW(worker, MAG_WORKER_ALL - 1, EINVAL),
		HIST_FLAW(nr_buckets, 0, EINVAL),
		HIST_FLAW(nr_buckets, MAG_HIST_BUCKETS - 1, EINVAL),
		HIST_FLAW(nr_buckets, MAG_HIST_BUCKETS + 1, EINVAL),
		HIST_FLAW(nr_buckets, UINT32_MAX, EINVAL),
		HIST_FLAW(reserved0, 1, EINVAL),
		HIST_FLAW(reserved[0], 1, EINVAL),
		HIST_FLAW(reserved[1], 1ULL << 63, EINVAL),
	};

	for (i = 0; i < ARRAY_SIZE(flaws); i++) {
		read = valid;
		apply_flaw(&read, &flaws[i]);
		tap_is(dev_ioctl(fd, MAG_IOC_HIST, &read), flaws[i].want,
		       "HIST refuses %s = %#llx", flaws[i].field,
		       (unsigned long long)flaws[i].value);
	}

	bad_addresses(bad);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		read = valid;
		read.counts = (uintptr_t)bad[i].address;
		tap_is(dev_ioctl(fd, MAG_IOC_HIST, &read), EFAULT,
		       "HIST refuses counts at %s", bad[i].what);
	}
	read = valid;
	read.counts = (uintptr_t)read_only(&valid, sizeof(valid));
	tap_is(dev_ioctl(fd, MAG_IOC_HIST, &read), EFAULT,
	       "HIST refuses counts in a read-only page");
	tap_is(dev_ioctl(fd, MAG_IOC_HIST, read_only(&valid, sizeof(valid))),
	       EFAULT, "HIST refuses a read-only page");

	read = valid;
	read.total = UINT64_MAX;
	tap_is(dev_ioctl(fd, MAG_IOC_HIST, &read), 0,
	       "HIST takes the valid request they were made of");
}

/* Of CPU 0, which is always there. */
static struct mag_machine machine_valid(void)
{
	return (struct mag_machine){
		.abi_version = MAG_ABI_VERSION,
		.peer = MAG_CPU_NONE,
		.clock = MAG_CLOCK_AUTO,
	};
}

static int ask_machine(int fd, const struct mag_machine *question)
{
	struct mag_machine machine = *question;

	return dev_ioctl(fd, MAG_IOC_MACHINE, &machine);
}

/* More CPUs than any kernel is built for: past the last there is. */
#define NO_CPU 1000000U

static void test_machine_flaws(int fd)
{
#define MACHINE_FLAW(member, bad, err) \
	FLAW(struct mag_machine, member, bad, err)
	const struct flaw flaws[] = {
		MACHINE_FLAW(abi_version, 0, EPROTO),
		MACHINE_FLAW(abi_version, MAG_ABI_VERSION + 1, EPROTO),
		MACHINE_FLAW(cpu, NO_CPU, EINVAL),
		MACHINE_FLAW(cpu, MAG_CPU_NONE, EINVAL),
		MACHINE_FLAW(peer, NO_CPU, EINVAL),
		MACHINE_FLAW(peer, MAG_CPU_NONE - 1, EINVAL),
		MACHINE_FLAW(peer, machine_valid().cpu, EINVAL),
		MACHINE_FLAW(clock, MAG_NR_CLOCKS, EINVAL),
		MACHINE_FLAW(clock, UINT32_MAX, EINVAL),
		MACHINE_FLAW(reserved0, 1, EINVAL),
		MACHINE_FLAW(reserved[0], 1, EINVAL),
		MACHINE_FLAW(reserved[2], 1ULL << 63, EINVAL),
	};
	struct mag_machine machine;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(flaws); i++) {
		machine = machine_valid();
		apply_flaw(&machine, &flaws[i]);
		tap_is(ask_machine(fd, &machine), flaws[i].want,
		       "MACHINE refuses %s = %#llx", flaws[i].field,
		       (unsigned long long)flaws[i].value);
	}
	machine = machine_valid();
	tap_is(dev_ioctl(fd, MAG_IOC_MACHINE,
			 read_only(&machine, sizeof(machine))),
	       EFAULT, "MACHINE refuses a read-only page");
}

/* Sends CPU 1 away or brings it back; false where it stays as it is. */
static bool cpu_1_online(const char *online)
{
	int fd = open("/sys/devices/system/cpu/cpu1/online", O_WRONLY);
	bool done;

	if (fd < 0)
		return false;
	done = write(fd, online, 1) == 1;
	close(fd);
	return done;
}

/* Runs so many workers on @cpus; 0 or an errno. */
static int try_cpus(__u32 nr_workers, const __u32 *cpus)
{
	struct mag_run_config config;
	struct mag_run_status status;
	int fd = dev_open();

	dev_config(fd, &config, "pair", "kmem_cache");
	close(fd);
	config.nr_workers = nr_workers;
	config.cpus = (__u64)(unsigned long)cpus;
	return try_config(&config, &status);
}

static void test_cpus(const struct mag_info *info)
{
	const __u32 twice[] = { 0, 0 }, one[] = { 0 }, swapped[] = { 1, 0 };
	const __u32 none[] = { UINT32_MAX };

	tap_is(try_cpus(1, one), 0, "START takes a CPU by its number");
	tap_is(try_cpus(0, one), EINVAL, "START refuses CPUs for no worker");
	tap_is(try_cpus(1, none), EINVAL, "START refuses an impossible CPU");
	tap_is(try_cpus(MAG_MAX_WORKERS + 1, one), EINVAL,
	       "START refuses too many CPUs");
	if (info->nr_cpus_online < 2)
		return;
	tap_is(try_cpus(2, twice), EINVAL, "START refuses a CPU named twice");
	tap_is(try_cpus(2, swapped), 0, "START takes CPUs in any order");
	if (!cpu_1_online("0")) {
		tap_skip("no CPU 1 that can go offline",
			 "START refuses a CPU that is offline");
		return;
	}
	tap_is(try_cpus(1, swapped), ENODEV,
	       "START refuses a CPU that is offline");
	tap_is(try_cpus(2, swapped), ENODEV,
	       "START refuses it among more CPUs than are left");
	tap_ok(cpu_1_online("1"), "CPU 1 comes back");
	tap_is(try_cpus(1, swapped), 0, "START takes it again");
}

static void test_machine_offline(int fd)
{
	struct mag_machine machine = machine_valid();

	if (!cpu_1_online("0")) {
		tap_skip("no CPU 1 that can go offline",
			 "MACHINE refuses a CPU that is offline");
		return;
	}
	machine.cpu = 1;
	tap_is(ask_machine(fd, &machine), ENODEV,
	       "MACHINE refuses a CPU that is offline");
	machine = machine_valid();
	machine.peer = 1;
	tap_is(ask_machine(fd, &machine), ENODEV,
	       "MACHINE refuses a peer that is offline");
	tap_ok(cpu_1_online("1"), "CPU 1 comes back");
	tap_is(ask_machine(fd, &machine), 0, "MACHINE takes it again");
}

/* Those of the machine's state, not of the question. */
static void test_machine_refusals(int fd, const struct mag_info *info)
{
	struct mag_machine machine = machine_valid();
	struct mag_run_config config;

	machine.clock = MAG_CLOCK_TICKS;
	tap_is(ask_machine(fd, &machine), info->tsc_khz ? 0 : EOPNOTSUPP,
	       "MACHINE with clock TICKS needs a time-stamp counter");

	machine = machine_valid();
	dev_config_endless(fd, &config);
	tap_is(dev_ioctl(fd, MAG_IOC_START, &config), 0,
	       "a run under way, for MACHINE");
	tap_is(ask_machine(fd, &machine), EBUSY,
	       "MACHINE refuses while a run is under way");
	tap_is(dev_wind_up(fd), 0, "and leaves the run alone");
	tap_is(ask_machine(fd, &machine), 0,
	       "MACHINE takes the valid question they were made of");
}

static void test_machine_answer(int fd)
{
	struct mag_machine machine;
	bool measured = true, in_ns;
	__u32 i;

	memset(&machine, 0xff, sizeof(machine));
	machine.abi_version = MAG_ABI_VERSION;
	machine.cpu = 0;
	machine.clock = MAG_CLOCK_AUTO;
	machine.reserved0 = 0;
	memset(machine.reserved, 0, sizeof(machine.reserved));
	tap_is(dev_ioctl(fd, MAG_IOC_MACHINE, &machine), 0, "MACHINE answers");
	for (i = 0; i < MAG_PRIMITIVE_LINE; i++)
		measured &= machine.primitives[i].batches &&
			    machine.primitives[i].iterations;
	tap_ok(measured, "MACHINE measures each primitive of one CPU");
	tap_is(machine.primitives[MAG_PRIMITIVE_LINE].batches, 0,
	       "MACHINE measures no line without a peer");
	tap_is(machine.nr_primitives, MAG_NR_PRIMITIVES,
	       "MACHINE knows as many primitives as the header");
	tap_ok(all_zero(&machine.primitives[MAG_NR_PRIMITIVES],
			(MAG_MAX_PRIMITIVES - MAG_NR_PRIMITIVES) *
				sizeof(machine.primitives[0])),
	       "MACHINE leaves nothing behind the last primitive");
	in_ns = machine.clock == MAG_CLOCK_TSC ||
		machine.clock == MAG_CLOCK_KTIME;
	tap_ok(in_ns && machine.khz, "MACHINE names the clock that it used");
	tap_ok(machine.hz && machine.clock_step && machine.window_ns,
	       "MACHINE tells of the clock");
	tap_ok(!(machine.flags & ~MAG_MACHINE_UP),
	       "MACHINE: no flag that the header does not name");
}

static void test_unknown_requests(int fd)
{
	static const unsigned long known[] = {
		MAG_IOC_INFO, MAG_IOC_DESCRIBE, MAG_IOC_START,	MAG_IOC_STATUS,
		MAG_IOC_HIST, MAG_IOC_STOP,	MAG_IOC_FINISH, MAG_IOC_MACHINE
	};
	const unsigned long nr_mask = _IOC_NRMASK << _IOC_NRSHIFT;
	const unsigned long type_mask = _IOC_TYPEMASK << _IOC_TYPESHIFT;
	const unsigned long size_mask = _IOC_SIZEMASK << _IOC_SIZESHIFT;
	const unsigned long dir_mask = (unsigned long)_IOC_DIRMASK
				       << _IOC_DIRSHIFT;
	struct mag_run_config config;
	bool refused;
	unsigned long nr;
	size_t i;

	dev_config(fd, &config, "pair", "kmem_cache");
	refused = true;
	for (nr = ARRAY_SIZE(known); nr <= _IOC_NRMASK; nr++)
		refused &= dev_ioctl(fd, _IO(MAG_IOC_MAGIC, nr), NULL) ==
			   ENOTTY;
	tap_ok(refused, "every unknown number is ENOTTY");

	for (i = 0; i < ARRAY_SIZE(known); i++) {
		nr = known[i] & nr_mask;
		tap_is(dev_ioctl(fd, known[i] ^ (1UL << _IOC_TYPESHIFT),
				 &config),
		       ENOTTY, "number %lu of another magic is ENOTTY", nr);
		tap_is(dev_ioctl(fd, known[i] & ~type_mask, &config), ENOTTY,
		       "number %lu of no magic is ENOTTY", nr);
		tap_is(dev_ioctl(fd, known[i] ^ (8UL << _IOC_SIZESHIFT),
				 &config),
		       ENOTTY, "number %lu of another size is ENOTTY", nr);
		tap_is(dev_ioctl(fd,
				 (known[i] & ~dir_mask) ^
					 (known[i] & size_mask
						  ? 0
						  : _IOC_READ << _IOC_DIRSHIFT),
				 &config),
		       ENOTTY, "number %lu of another direction is ENOTTY", nr);
	}
	tap_is(dev_state(fd), MAG_STATE_IDLE, "none of them started a run");
}

static void test_other_calls(int fd)
{
	char byte = 0;
	void *map;

	tap_ok(read(fd, &byte, 1) < 0 && errno == EINVAL, "read() is EINVAL");
	tap_ok(write(fd, &byte, 1) < 0 && errno == EINVAL, "write() is EINVAL");
	map = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	tap_ok(map == MAP_FAILED && errno == ENODEV, "mmap() is ENODEV");
}

static void test_info(struct mag_info *info, int fd)
{
	struct utsname uts;
	bool in_ns, clean;

	memset(info, 0xff, sizeof(*info));
	if (!tap_is(dev_ioctl(fd, MAG_IOC_INFO, info), 0, "INFO answers"))
		tap_bail("nothing can be tested without it");
	uname(&uts);
	tap_is(info->abi_version, MAG_ABI_VERSION, "INFO: ABI version");
	tap_is(info->nr_clocks, MAG_NR_CLOCKS, "INFO: clocks");
	tap_is(info->nr_workloads, dev_count(fd, MAG_ENTITY_WORKLOAD, 0),
	       "INFO: as many workloads as DESCRIBE knows");
	tap_is(info->nr_backends, dev_count(fd, MAG_ENTITY_BACKEND, 0),
	       "INFO: as many backends as DESCRIBE knows");
	tap_is(dev_count(fd, MAG_ENTITY_CLOCK, 0), MAG_NR_CLOCKS,
	       "DESCRIBE knows every clock");
	tap_is(info->nr_cpus_online, sysconf(_SC_NPROCESSORS_ONLN),
	       "INFO: CPUs online");
	tap_is(info->page_size, sysconf(_SC_PAGESIZE), "INFO: page size");
	tap_ok(!(info->hooks & ~MAG_HOOKS_ALL),
	       "INFO: no hook that the header does not name");
	in_ns = info->auto_clock == MAG_CLOCK_TSC ||
		info->auto_clock == MAG_CLOCK_KTIME;
	tap_ok(in_ns, "INFO: AUTO stands for a clock in nanoseconds");
	tap_is(info->reserved, 0, "INFO: reserved is zero");
	tap_ok(!strncmp(info->release, uts.release, sizeof(info->release)),
	       "INFO: release is uname -r");
	clean = text_clean(info->release, sizeof(info->release)) &&
		text_clean(info->preempt, sizeof(info->preempt)) &&
		text_clean(info->version, sizeof(info->version)) &&
		text_clean(info->config_hash, sizeof(info->config_hash));
	tap_ok(clean, "INFO: texts end and have nothing after the end");
	tap_ok(info->preempt[0] && info->version[0], "INFO: texts are there");
	tap_is(strspn(info->config_hash, "0123456789abcdef"), 12,
	       "INFO: the configuration has a hash of 12 digits");
}

/* Whether everything an answer must fill in is, and the rest is zero. */
static bool desc_clean(const struct mag_describe *desc)
{
	bool work = desc->entity == MAG_ENTITY_WORKLOAD;
	bool param = desc->entity == MAG_ENTITY_PARAM;

	return text_clean(desc->name, sizeof(desc->name)) &&
	       text_clean(desc->unit, sizeof(desc->unit)) &&
	       text_clean(desc->slabinfo, sizeof(desc->slabinfo)) &&
	       text_clean(desc->help, sizeof(desc->help)) && desc->name[0] &&
	       desc->help[0] && !strchr(desc->help, '\n') &&
	       (work ||
		!(desc->nr_params | desc->nr_ops | desc->nr_counters)) &&
	       (param || !(desc->min | desc->max | desc->def)) &&
	       (desc->entity == MAG_ENTITY_BACKEND || !desc->slabinfo[0]) &&
	       (desc->entity == MAG_ENTITY_BACKEND || !desc->primitives) &&
	       !(desc->primitives >> MAG_NR_PRIMITIVES) && !desc->reserved;
}

static bool same_name(int fd, const struct mag_describe *desc, __u32 other)
{
	struct mag_describe twin;

	dev_describe(fd, desc->entity, desc->owner, other, &twin);
	return !strncmp(desc->name, twin.name, sizeof(desc->name));
}

/* Every entry of one list; returns how many. */
static __u32 test_list(int fd, __u32 entity, __u32 owner)
{
	struct mag_describe desc;
	__u32 index, other;
	bool kept;

	for (index = 0; !dev_describe(fd, entity, owner, index, &desc);
	     index++) {
		tap_ok(desc_clean(&desc),
		       "DESCRIBE %u/%u/%u (%.31s) is complete and clean",
		       entity, owner, index, desc.name);
		kept = desc.entity == entity && desc.owner == owner &&
		       desc.index == index;
		tap_ok(kept, "DESCRIBE %u/%u/%u keeps the question", entity,
		       owner, index);
		if (entity == MAG_ENTITY_PARAM)
			tap_ok(desc.min <= desc.def && desc.def <= desc.max,
			       "default of %.31s is within its bounds",
			       desc.name);
		for (other = 0; other < index; other++)
			if (same_name(fd, &desc, other))
				tap_ok(false, "%.31s is named once", desc.name);
	}
	tap_is(dev_describe(fd, entity, owner, index, &desc), ENOENT,
	       "DESCRIBE %u/%u past the last is ENOENT", entity, owner);
	tap_is(dev_describe(fd, entity, owner, UINT32_MAX, &desc), ENOENT,
	       "DESCRIBE %u/%u of index ~0 is ENOENT", entity, owner);
	return index;
}

static void test_describe(int fd, const struct mag_info *info)
{
	static const __u32 top[] = { MAG_ENTITY_WORKLOAD, MAG_ENTITY_BACKEND,
				     MAG_ENTITY_CLOCK };
	static const __u32 owned[] = { MAG_ENTITY_PARAM, MAG_ENTITY_OP,
				       MAG_ENTITY_COUNTER };
	struct mag_describe work, desc;
	__u32 i, workload;
	int err;

	for (i = 0; i < ARRAY_SIZE(top); i++) {
		test_list(fd, top[i], 0);
		tap_is(dev_describe(fd, top[i], 1, 0, &desc), EINVAL,
		       "DESCRIBE %u refuses an owner", top[i]);
	}
	for (workload = 0; workload < info->nr_workloads; workload++) {
		dev_describe(fd, MAG_ENTITY_WORKLOAD, 0, workload, &work);
		tap_is(test_list(fd, MAG_ENTITY_PARAM, workload),
		       work.nr_params, "%s: as many parameters as it says",
		       work.name);
		tap_is(test_list(fd, MAG_ENTITY_OP, workload), work.nr_ops,
		       "%s: as many operations as it says", work.name);
		tap_is(test_list(fd, MAG_ENTITY_COUNTER, workload),
		       work.nr_counters, "%s: as many counters as it says",
		       work.name);
		tap_ok(work.nr_ops > 0, "%s times something", work.name);
	}
	for (i = 0; i < ARRAY_SIZE(owned); i++) {
		err = dev_describe(fd, owned[i], info->nr_workloads, 0, &desc);
		tap_ok(err == EINVAL || err == ENOENT,
		       "DESCRIBE %u refuses an owner past the last", owned[i]);
		err = dev_describe(fd, owned[i], UINT32_MAX, 0, &desc);
		tap_ok(err == EINVAL || err == ENOENT,
		       "DESCRIBE %u refuses owner ~0", owned[i]);
	}
}

static void test_describe_flaws(int fd)
{
	static const struct flaw flaws[] = {
		DESC_FLAW(entity, MAG_NR_ENTITIES, EINVAL),
		DESC_FLAW(entity, UINT32_MAX, EINVAL),
		DESC_FLAW(reserved, 1, EINVAL),
		DESC_FLAW(reserved, 1ULL << 63, EINVAL),
	};
	struct mag_describe desc;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(flaws); i++) {
		memset(&desc, 0, sizeof(desc));
		apply_flaw(&desc, &flaws[i]);
		tap_is(dev_ioctl(fd, MAG_IOC_DESCRIBE, &desc), flaws[i].want,
		       "DESCRIBE refuses %s = %#llx", flaws[i].field,
		       (unsigned long long)flaws[i].value);
	}
}

int main(void)
{
	int fd = dev_open();
	struct mag_info info;

	test_info(&info, fd);
	test_describe(fd, &info);
	test_describe_flaws(fd);
	test_config_flaws(fd, &info);
	test_old_client(fd);
	test_unknown_requests(fd);
	test_addresses(fd);
	test_other_calls(fd);
	test_params(fd, &info);
	test_config_limits(fd, &info);
	test_clocks(fd, &info);
	test_param_defaults(fd, &info);
	test_hist_refusals(fd);
	test_machine_flaws(fd);
	test_machine_refusals(fd, &info);
	test_machine_offline(fd);
	test_cpus(&info);
	test_machine_answer(fd);
	close(fd);
	tap_ok(left_idle(), "no thread and no memory is left");
	return tap_done();
}
