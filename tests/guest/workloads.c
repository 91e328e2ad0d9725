// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every workload on every backend: everything allocated is freed, nothing is
 * refused, every operation has samples, and a seed decides what happens.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "dev.h"
#include "left.h"
#include "tap.h"

#define STEPS 2000

/* Runs @config to DONE; 0 or an errno. */
static int complete(int fd, const struct mag_run_config *config,
		    struct mag_run_status *status)
{
	struct mag_run_config copy = *config;
	int err = dev_ioctl(fd, MAG_IOC_START, &copy);

	if (err)
		return err;
	if (!dev_settles(fd, DEV_PATIENCE_MS))
		tap_bail("the run did not end in %d ms", DEV_PATIENCE_MS);
	err = dev_ioctl(fd, MAG_IOC_FINISH, NULL);
	dev_status(fd, status);
	return err ? err : -status->error;
}

/* Objects that wait for RCU make what is live a matter of time. */
static bool same_outcome(const struct mag_run_status *a,
			 const struct mag_run_status *b)
{
	return a->steps == b->steps && a->allocs == b->allocs &&
	       !memcmp(a->counters, b->counters, sizeof(a->counters));
}

static void diag_outcome(const struct mag_run_status *status)
{
	__u32 i;

	tap_diag("steps %llu allocs %llu", status->steps, status->allocs);
	for (i = 0; i < status->nr_counters; i++)
		tap_diag("counter %u: %llu", i, status->counters[i]);
}

/* What makes every operation happen within a few steps. */
static const struct {
	const char *workload;
	const char *param;
	__u64 value;
} lively[] = {
	{ "dentry", "bound", 256 },
	{ "dentry", "shrink_every", 500 },
	{ "dentry", "rcu_pending", 64 },
	{ "skb", "hardirq", 50 },
};

static void make_lively(int fd, struct mag_run_config *config,
			const char *workload)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(lively); i++)
		if (!strcmp(lively[i].workload, workload))
			dev_set(fd, config, lively[i].param, lively[i].value);
}

/* An entry is freed at once only if two workers make it at the same time. */
static bool op_is_rare(const char *workload, const char *op)
{
	return !strcmp(workload, "dentry") && !strcmp(op, "free");
}

static void test_run(int fd, const char *workload, const char *backend,
		     __u32 nr_workers)
{
	struct mag_run_config config;
	struct mag_run_status status;
	struct mag_describe desc;
	__u32 op;

	dev_config(fd, &config, workload, backend);
	config.nr_workers = nr_workers;
	config.steps = STEPS;
	make_lively(fd, &config, workload);
	if (!tap_is(complete(fd, &config, &status), 0, "%s on %s by %u runs",
		    workload, backend, nr_workers))
		return;
	tap_ok(status.allocs > 0, "%s on %s by %u allocates", workload, backend,
	       nr_workers);
	tap_is(status.frees, status.allocs,
	       "%s on %s by %u frees what it allocates", workload, backend,
	       nr_workers);
	tap_is(status.alloc_failures, 0, "%s on %s by %u is never refused",
	       workload, backend, nr_workers);
	tap_ok(status.steps >= STEPS, "%s on %s by %u does its steps", workload,
	       backend, nr_workers);
	if (status.held_exact && strcmp(backend, "noop"))
		tap_ok(status.held_bytes >= status.live_bytes,
		       "%s on %s by %u holds what is live", workload, backend,
		       nr_workers);
	for (op = 0; op < status.nr_ops; op++) {
		dev_describe(fd, MAG_ENTITY_OP, config.workload, op, &desc);
		if (op_is_rare(workload, desc.name))
			continue;
		tap_ok(status.ops[op].count > 0,
		       "%s on %s by %u has samples of %s", workload, backend,
		       nr_workers, desc.name);
	}
}

/* One worker bounded by steps has no outside to depend on but its seed. */
static void test_seed(int fd, const char *workload, const char *backend)
{
	struct mag_run_config config;
	struct mag_run_status first, again, other;
	int err;

	dev_config(fd, &config, workload, backend);
	config.steps = STEPS;
	config.seed = 42;
	err = complete(fd, &config, &first);
	if (!err)
		err = complete(fd, &config, &again);
	config.seed = 43;
	if (!err)
		err = complete(fd, &config, &other);
	if (!tap_is(err, 0, "%s on %s runs thrice", workload, backend))
		return;
	if (!tap_ok(same_outcome(&first, &again),
		    "%s on %s does the same with the same seed", workload,
		    backend)) {
		diag_outcome(&first);
		diag_outcome(&again);
	}
	/* pair draws nothing at random. */
	if (!strcmp(workload, "pair"))
		return;
	if (!tap_ok(!same_outcome(&first, &other),
		    "%s on %s does something else with another seed", workload,
		    backend))
		diag_outcome(&first);
}

/* A worker is an interrupt handler for a moment; all are to work alike. */
static void test_contexts(int fd, const char *backend)
{
	struct mag_run_config config;
	struct mag_run_status status;
	struct mag_describe desc;
	__u32 pair = dev_index(fd, MAG_ENTITY_WORKLOAD, 0, "pair");
	__u32 param = dev_index(fd, MAG_ENTITY_PARAM, pair, "context");
	__u64 context;
	bool clean;

	dev_describe(fd, MAG_ENTITY_PARAM, pair, param, &desc);
	for (context = desc.min; context <= desc.max; context++) {
		dev_config(fd, &config, "pair", backend);
		config.nr_workers = dev_two_workers();
		config.steps = STEPS;
		dev_set(fd, &config, "context", context);
		tap_is(complete(fd, &config, &status), 0,
		       "pair on %s in context %u", backend,
		       (unsigned int)context);
		clean = status.frees == status.allocs && status.allocs > 0 &&
			!status.alloc_failures;
		tap_ok(clean,
		       "pair on %s in context %u frees what it allocates",
		       backend, (unsigned int)context);
	}
	tap_is(desc.max - desc.min + 1, 3,
	       "pair knows task, softirq and hardirq");
}

int main(void)
{
	struct mag_describe workload, backend;
	__u32 w, b;
	int fd = dev_open();

	for (b = 0; !dev_describe(fd, MAG_ENTITY_BACKEND, 0, b, &backend);
	     b++) {
		for (w = 0;
		     !dev_describe(fd, MAG_ENTITY_WORKLOAD, 0, w, &workload);
		     w++) {
			test_run(fd, workload.name, backend.name, 1);
			if (dev_two_workers() == 2)
				test_run(fd, workload.name, backend.name, 2);
			test_seed(fd, workload.name, backend.name);
		}
		test_contexts(fd, backend.name);
	}
	close(fd);
	tap_ok(left_idle(), "no thread and no memory is left");
	return tap_done();
}
