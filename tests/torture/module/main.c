// SPDX-License-Identifier: GPL-2.0-only
/*
 * A torture of the allocator.  The module begins with its insertion; 0 written to
 * its parameter run ends it and holds all caches to account; the parameter results
 * tells what was done and what was found.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "torture.h"

unsigned long torture_seed = 1;
module_param_named(seed, torture_seed, ulong, 0444);
MODULE_PARM_DESC(seed, "of the actors' random sequences");

bool torture_faulty;
module_param_named(faulty, torture_faulty, bool, 0644);
MODULE_PARM_DESC(
	faulty,
	"the kernel is told to let allocations fail, for the count alone");

static const char *const break_names[NR_BREAKS] = {
	"nothing", "twice", "stamp", "write", "zero",
	"leak",	   "early", "reuse", "type",
};

enum torture_break torture_broken;

static int set_break(const char *text, const struct kernel_param *kp)
{
	int i = match_string(break_names, NR_BREAKS, text);

	if (i < 0)
		return i;
	torture_broken = i;
	return 0;
}

static int get_break(char *text, const struct kernel_param *kp)
{
	return sysfs_emit(text, "%s\n", break_names[torture_broken]);
}

static const struct kernel_param_ops break_ops = {
	.set = set_break,
	.get = get_break,
};
module_param_cb(broken, &break_ops, NULL, 0444);
MODULE_PARM_DESC(
	broken,
	"on purpose: nothing, twice, stamp, write, zero, leak, early, reuse or type");

/* Of whom calls outside the actors: at the beginning and at the end. */
static struct torture_actor warden;
/* One begins or ends it at a time. */
static DEFINE_MUTEX(run_lock);
static bool running;

static void finish(void)
{
	mutex_lock(&run_lock);
	if (running) {
		torture_actors_stop();
		torture_caches_close(&warden);
	}
	running = false;
	mutex_unlock(&run_lock);
}

static int set_run(const char *text, const struct kernel_param *kp)
{
	bool run;
	int err = kstrtobool(text, &run);

	if (err || run)
		return -EINVAL;
	finish();
	return 0;
}

static int get_run(char *text, const struct kernel_param *kp)
{
	return sysfs_emit(text, "%d\n", running);
}

static const struct kernel_param_ops run_ops = {
	.set = set_run,
	.get = get_run,
};
module_param_cb(run, &run_ops, NULL, 0600);
MODULE_PARM_DESC(run, "1 while actors call; 0 ends it");

static int get_results(char *text, const struct kernel_param *kp)
{
	u64 ops[NR_PLACES] = {}, faulty = 0, calls = 0;

	torture_actors_sum(ops, &faulty, &calls);
	return sysfs_emit(
		text,
		"operations %llu\ntask %llu\nsoftirq %llu\nrcu %llu\nhardirq %llu\nfaulty %llu\nbursts %llu\nfailures %ld\n",
		ops[PLACE_TASK] + ops[PLACE_SOFTIRQ] + ops[PLACE_RCU] +
			ops[PLACE_HARDIRQ],
		ops[PLACE_TASK], ops[PLACE_SOFTIRQ], ops[PLACE_RCU],
		ops[PLACE_HARDIRQ], faulty, calls,
		atomic_long_read(&torture_failures));
}

static const struct kernel_param_ops results_ops = {
	.get = get_results,
};
module_param_cb(results, &results_ops, NULL, 0444);
MODULE_PARM_DESC(results,
		 "operations so far, where from, and what was found wrong");

static int __init torture_init(void)
{
	int err;

	prandom_seed_state(&warden.rnd, torture_seed);
	warden.may_sleep = true;
	err = torture_caches_open(&warden);
	if (!err) {
		running = true;
		err = torture_actors_start();
	}
	if (err) {
		torture_actors_stop();
		torture_caches_close(&warden);
		torture_actors_free();
		return err;
	}
	pr_info("seed %lu\n", torture_seed);
	return 0;
}

static void __exit torture_exit(void)
{
	finish();
	torture_actors_free();
}

module_init(torture_init);
module_exit(torture_exit);

MODULE_DESCRIPTION("A torture of the allocator's exported functions");
MODULE_LICENSE("GPL");
