// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device that runs nothing, linked in place of device.c: seeded samples, a
 * timer for a run, and failures on request.  $MAGSLAB_FAKE is a list, separated
 * by commas, of "what=number": open, info, describe, start, status, hist, stop,
 * finish, machine fail with that errno; fail_INDEX fails the runs of a backend;
 * lost_cpu is the CPU that one which fails with ENODEV tells of; the run of the
 * lose-th START loses it, and from the gone-th on CPU 1 is offline;
 * cost_NAME is what a primitive costs, in ns;
 * other keys are read where they are used.
 */
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "device.h"
#include "fake_device.h"
#include "samples.h"
#include "sysfile.h"
#include "util.h"

#define NR_SAMPLES 5000
#define NR_OPS	   2

static struct {
	bool started;
	bool stopped;
	bool finished;
	int starts;
	struct mag_run_config config;
	struct mag_histogram hist[NR_OPS];
} fake;

static const struct mag_describe fake_workloads[] = {
	{ .name = "churn",
	  .unit = "cycles",
	  .help = "allocates and frees",
	  .nr_params = 2,
	  .nr_ops = NR_OPS,
	  .nr_counters = 1 },
	{ .name = "batch",
	  .unit = "pairs",
	  .help = "times whole batches",
	  .nr_params = 0,
	  .nr_ops = NR_OPS,
	  .nr_counters = 0 },
};

static const struct mag_describe fake_params[] = {
	{ .name = "depth",
	  .unit = "objects",
	  .help = "objects out at once",
	  .min = 1,
	  .max = 64,
	  .def = 8 },
	{ .name = "size",
	  .unit = "bytes",
	  .help = "of an object",
	  .min = 8,
	  .max = 1 << 20,
	  .def = 256 },
};

static const struct mag_describe fake_ops[] = {
	{ .name = "alloc", .help = "one allocation" },
	{ .name = "free", .help = "one free" },
};

static const struct mag_describe fake_counters[] = {
	{ .name = "hits", .unit = "lookups", .help = "lookups that hit" },
};

/*
 * "magslab-none-" matches no cache of this machine, so that it holds 0 bytes;
 * tests make caches of that name up.
 */
static const struct mag_describe fake_backends[] = {
	{ .name = "magazine",
	  .help = "fast",
	  .primitives = MAG_PRIMITIVE_BIT(MAG_PRIMITIVE_CALL) |
			MAG_PRIMITIVE_BIT(MAG_PRIMITIVE_PREEMPT) },
	{ .name = "kmem_cache",
	  .help = "slow",
	  .slabinfo = "magslab-none-",
	  .primitives = MAG_PRIMITIVE_BIT(MAG_PRIMITIVE_CALL) |
			MAG_PRIMITIVE_BIT(MAG_PRIMITIVE_IRQ) },
	{ .name = "noop", .help = "nothing" },
};

static const struct mag_describe fake_clocks[] = {
	{ .name = "auto", .help = "the best there is" },
	{ .name = "tsc", .help = "scaled to ns" },
	{ .name = "ktime", .help = "ktime_get_ns()" },
	{ .name = "ticks", .help = "not scaled" },
};

int fake_option(const char *key)
{
	const char *text = getenv("MAGSLAB_FAKE");
	size_t len = strlen(key);

	while (text && *text) {
		if (!strncmp(text, key, len) && text[len] == '=')
			return atoi(text + len + 1);
		text = strchr(text, ',');
		text = text ? text + 1 : NULL;
	}
	return 0;
}

int mag_device_open(void)
{
	int err = fake_option("open");

	return err ? -err : timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
}

void mag_device_close(int fd)
{
	close(fd);
}

int mag_device_info(int fd, struct mag_info *info)
{
	(void)fd;
	memset(info, 0, sizeof(*info));
	info->abi_version = MAG_ABI_VERSION + (__u32)fake_option("abi");
	info->nr_workloads = MAG_ARRAY_SIZE(fake_workloads);
	info->nr_backends = MAG_ARRAY_SIZE(fake_backends);
	info->nr_clocks = MAG_NR_CLOCKS;
	info->nr_cpus_online = 2;
	info->page_size = 4096;
	info->hooks = MAG_HOOK_INIT_ON_ALLOC | MAG_HOOK_MEMCG;
	if (fake_option("kasan"))
		info->hooks |= MAG_HOOK_KASAN;
	if (fake_option("init_on_free"))
		info->hooks |= MAG_HOOK_INIT_ON_FREE;
	info->tsc_khz = fake_option("no_tsc") ? 0 : 2000000;
	info->auto_clock = info->tsc_khz ? MAG_CLOCK_TSC : MAG_CLOCK_KTIME;
	snprintf(info->release, sizeof(info->release), "6.1.0-fake");
	snprintf(info->preempt, sizeof(info->preempt), "voluntary");
	snprintf(info->version, sizeof(info->version), "0.0.0");
	snprintf(info->config_hash, sizeof(info->config_hash), "0123456789ab");
	return -fake_option("info");
}

static int fake_describe(struct mag_describe *describe,
			 const struct mag_describe *table, size_t nr)
{
	struct mag_describe asked = *describe;

	if (asked.index >= nr)
		return -ENOENT;
	*describe = table[asked.index];
	describe->entity = asked.entity;
	describe->index = asked.index;
	describe->owner = asked.owner;
	return -fake_option("describe");
}

int mag_device_describe(int fd, struct mag_describe *describe)
{
	(void)fd;
	switch (describe->entity) {
	case MAG_ENTITY_WORKLOAD:
		return fake_describe(describe, fake_workloads,
				     MAG_ARRAY_SIZE(fake_workloads));
	case MAG_ENTITY_BACKEND:
		return fake_describe(describe, fake_backends,
				     MAG_ARRAY_SIZE(fake_backends));
	case MAG_ENTITY_CLOCK:
		return fake_describe(describe, fake_clocks,
				     MAG_ARRAY_SIZE(fake_clocks));
	case MAG_ENTITY_PARAM:
		return fake_describe(describe, fake_params,
				     MAG_ARRAY_SIZE(fake_params));
	case MAG_ENTITY_OP:
		return fake_describe(describe, fake_ops,
				     MAG_ARRAY_SIZE(fake_ops));
	case MAG_ENTITY_COUNTER:
		return fake_describe(describe, fake_counters,
				     MAG_ARRAY_SIZE(fake_counters));
	default:
		return -EINVAL;
	}
}

/* "flat": the same sample each time, in ticks, of magazine, kmem_cache, noop. */
static __u64 fake_flat(void)
{
	static const __u64 ticks[] = { 80, 40, 20 };

	return ticks[fake.config.backend];
}

static void fake_sample(void)
{
	/* Means of magazine, kmem_cache and noop. */
	static const double mean[] = { 5.0, 6.0, 2.0 };
	__u64 seed = fake.config.seed * 8 + fake.config.backend + 1;
	struct sample_random random = { seed * 0x9E3779B97F4A7C15ULL };

	memset(fake.hist, 0, sizeof(fake.hist));
	for (int op = 0; op < NR_OPS; op++) {
		fake.hist[op].per_sample = fake.config.workload ? 100 : 1;
		for (int i = 0; i < NR_SAMPLES; i++)
			sample_record(
				&fake.hist[op],
				fake_option("flat")
					? fake_flat()
					: (__u64)exp(mean[fake.config.backend] +
						     sample_normal(&random)));
	}
	if (fake_option("outside")) {
		sample_record(&fake.hist[0], 0);
		sample_record(&fake.hist[0], MAG_HIST_MAX + 1);
	}
}

static void fake_arm(int fd, __u64 ns)
{
	struct itimerspec timer = { 0 };

	timer.it_value.tv_sec = (time_t)(ns / 1000000000);
	timer.it_value.tv_nsec = (long)(ns % 1000000000);
	timerfd_settime(fd, 0, &timer, NULL);
}

static void fake_rename(const char *from, const char *to)
{
	static const char dir[] = "/sys/kernel/debug/magslab";
	char *old = mag_xasprintf("%s%s/%s", mag_sysroot(), dir, from);
	char *new = mag_xasprintf("%s%s/%s", mag_sysroot(), dir, to);

	rename(old, new);
	free(old);
	free(new);
}

/* The magazine's caches while a run has its own are those in "caches.run". */
static void fake_caches(bool run)
{
	if (fake.config.backend)
		return;
	fake_rename("caches", run ? "caches.idle" : "caches.run");
	fake_rename(run ? "caches.run" : "caches.idle", "caches");
}

/* "idle": both CPUs idle away a thousand times the time that there was. */
static void fake_stat(void)
{
	struct timespec now;
	char *path = mag_xasprintf("%s/proc/stat", mag_sysroot());
	FILE *file = fake_option("idle") ? fopen(path, "w") : NULL;

	free(path);
	if (!file)
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	for (int cpu = 0; cpu < 2; cpu++)
		fprintf(file, "cpu%d 0 0 0 %ld 0 0 0 0\n", cpu,
			now.tv_sec * 100000 + now.tv_nsec / 10000);
	fclose(file);
}

/* Whether CPU 1 has gone, of which /sys then knows. */
static bool fake_gone(void)
{
	int gone = fake_option("gone");
	char *path;
	FILE *file;

	if (!gone || fake.starts < gone)
		return false;
	path = mag_xasprintf("%s/sys/devices/system/cpu/online", mag_sysroot());
	file = fopen(path, "w");
	free(path);
	if (file) {
		fputs("0\n", file);
		fclose(file);
	}
	return true;
}

int mag_device_start(int fd, const struct mag_run_config *config)
{
	fake.starts++;
	if (fake_gone())
		return -ENODEV;
	fake.config = *config;
	fake.started = true;
	fake.stopped = false;
	fake.finished = false;
	fake_caches(true);
	fake_stat();
	fake_sample();
	fake_arm(fd, config->duration_ns ? config->duration_ns : 1);
	return -fake_option("start");
}

static bool fake_over(int fd)
{
	struct itimerspec left;

	timerfd_gettime(fd, &left);
	return !left.it_value.tv_sec && !left.it_value.tv_nsec;
}

static int fake_run_error(void)
{
	char key[32];

	snprintf(key, sizeof(key), "fail_%u", fake.config.backend);
	return fake.starts == fake_option("lose") ? ENODEV : fake_option(key);
}

static __u32 fake_state(int fd)
{
	if (!fake_over(fd))
		return MAG_STATE_MEASURE;
	if (fake_run_error())
		return MAG_STATE_FAILED;
	return fake.finished ? MAG_STATE_DONE : MAG_STATE_HOLD;
}

static void fake_op(struct mag_op_result *op, const struct mag_histogram *hist)
{
	op->count = hist->count;
	op->sum = hist->sum;
	op->min = hist->min;
	op->max = hist->max;
	op->below = hist->below;
	op->above = hist->above;
	op->per_sample = hist->per_sample;
}

/* Ticks of half a nanosecond; "step" of them make one of the clock's. */
static void fake_clock(struct mag_run_status *status)
{
	int step = fake_option("step");

	if (status->clock == MAG_CLOCK_TSC)
		status->clock_khz = 2000000;
	else if (status->clock == MAG_CLOCK_KTIME)
		status->clock_khz = 1000000;
	if (fake_option("no_khz"))
		status->clock_khz = 0;
	status->clock_step = step ? (__u64)step : 1;
	status->clock_read = 44;
}

int mag_device_status(int fd, struct mag_run_status *status)
{
	memset(status, 0, sizeof(*status));
	if (!fake.started)
		return 0;
	status->state = fake_state(fd);
	status->error = status->state == MAG_STATE_FAILED ? -fake_run_error()
							  : 0;
	status->lost_cpu = (__u32)fake_option("lost_cpu");
	status->clock = fake.config.clock;
	status->nr_workers = fake.config.nr_workers;
	status->nr_ops = NR_OPS;
	status->nr_counters = fake_workloads[fake.config.workload].nr_counters;
	status->flags = fake.stopped ? MAG_RUN_STOPPED : 0;
	status->elapsed_ns = 1000000000;
	status->elapsed_ticks = 500000000;
	fake_clock(status);
	status->steps = 1000000 + fake.config.backend * 100000;
	status->allocs = 5000;
	status->frees = 5000 - (__u64)fake_option("leak");
	status->live_objects = 10;
	status->live_bytes = 2560;
	status->held_bytes = 4096;
	status->held_exact = fake.config.backend != 1;
	status->params[0] = fake.config.param_mask & 1 ? fake.config.params[0]
						       : fake_params[0].def;
	status->params[1] = fake.config.param_mask & 2 ? fake.config.params[1]
						       : fake_params[1].def;
	status->counters[0] = 33;
	for (int op = 0; op < NR_OPS; op++)
		fake_op(&status->ops[op], &fake.hist[op]);
	return -fake_option("status");
}

int mag_device_hist(int fd, struct mag_hist_read *read)
{
	__u64 *counts = (__u64 *)(unsigned long)read->counts;

	if (fake_state(fd) != MAG_STATE_HOLD)
		return -EAGAIN;
	memcpy(counts, fake.hist[read->op].bucket,
	       sizeof(fake.hist[read->op].bucket));
	counts[7] += (__u64)fake_option("invent");
	return -fake_option("hist");
}

/* "hang" waits for a signal, as the device would for a run that will not end. */
int mag_device_stop(int fd)
{
	fake.stopped = true;
	fputs("fake: stop\n", stderr);
	if (fake_option("hang"))
		pause();
	fake_arm(fd, 1);
	while (!fake_over(fd))
		;
	return -fake_option("stop");
}

int mag_device_finish(int fd)
{
	if (fake_state(fd) != MAG_STATE_HOLD)
		return -EAGAIN;
	fake.finished = true;
	fake_caches(false);
	return -fake_option("finish");
}

/* 2 GHz, and batches of 100: 200 ticks are a nanosecond of each. */
static void fake_cost(struct mag_machine *machine, int primitive,
		      const char *name, int ns)
{
	struct mag_primitive_cost *cost = &machine->primitives[primitive];
	int given;
	char key[32];

	snprintf(key, sizeof(key), "cost_%s", name);
	given = fake_option(key);
	cost->iterations = 100;
	cost->batches = 50;
	cost->min = (__u64)(given ? given : ns) * 200;
	/* CPU 1 is slower than CPU 0 by a tenth of what it is beyond the least. */
	cost->median = cost->min + 20 * (1 + machine->cpu);
}

/* "hold_machine" measures until a signal is pending, and leaves it so. */
static void fake_hold(void)
{
	struct pollfd pending = { .events = POLLIN };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	pending.fd = signalfd(-1, &set, SFD_CLOEXEC);
	fputs("fake: measuring the machine\n", stderr);
	poll(&pending, 1, -1);
	close(pending.fd);
}

/* Ordinary bare metal, but for what is asked for. */
int mag_device_machine(int fd, struct mag_machine *machine)
{
	static const struct {
		const char *name;
		int ns;
	} usual[MAG_NR_PRIMITIVES] = {
		{ "call", 1 },	 { "clock", 10 },   { "preempt", 1 },
		{ "irq", 5 },	 { "bh", 4 },	    { "spinlock", 7 },
		{ "atomic", 5 }, { "this_cpu", 1 }, { "line", 60 },
	};

	(void)fd;
	if (fake.started)
		return -EBUSY;
	if (fake_option("hold_machine"))
		fake_hold();
	machine->khz = machine->clock == MAG_CLOCK_TICKS ? 0 : 2000000;
	machine->flags = fake_option("up") ? MAG_MACHINE_UP : 0;
	machine->hz = 250;
	machine->clock_step = 20;
	machine->window_ns = 20000000;
	if (!fake_option("no_ticks")) {
		machine->ticks = 20;
		machine->ticks_ns = 80000000;
	}
	machine->gaps = 2 + machine->cpu;
	machine->gap_max = 4000;
	machine->gap_total = 40000;
	machine->nr_primitives = MAG_NR_PRIMITIVES;
	for (int i = 0; i < MAG_NR_PRIMITIVES; i++)
		if (i != MAG_PRIMITIVE_LINE || machine->peer != MAG_CPU_NONE)
			fake_cost(machine, i, usual[i].name, usual[i].ns);
	return -fake_option("machine");
}
