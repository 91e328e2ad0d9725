// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tests run at insertion, and what they found are parameters.  A module
 * of which something is stuck stays: a handler may come yet.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpu.h>
#include <linux/module.h>

#include "ipistorm.h"

static ulong spins = 2000;
module_param(spins, ulong, 0444);
MODULE_PARM_DESC(spins, "calls that each CPU sends first, no CPU ever asleep");

static ulong steps = 100000;
module_param(steps, ulong, 0444);
MODULE_PARM_DESC(steps, "calls that each CPU sends after that");

static ulong sieges = 10;
module_param(sieges, ulong, 0444);
MODULE_PARM_DESC(sieges, "sieges of each CPU: calls without a pause");

static ulong idles = 100000;
module_param(idles, ulong, 0444);
MODULE_PARM_DESC(idles, "calls of each CPU to each other one that is idle");

static ulong wakes = 1000000;
module_param(wakes, ulong, 0444);
MODULE_PARM_DESC(wakes, "wake-ups of idle CPUs, in all");

static uint seed = 1;
module_param(seed, uint, 0444);
MODULE_PARM_DESC(seed, "of the random numbers");

static uint patience_s = 10;
module_param(patience_s, uint, 0444);
MODULE_PARM_DESC(patience_s, "seconds after which a wait has failed");

static struct storm_run storm;
module_param_array_named(sent, storm.sent, ulong, NULL, 0444);
MODULE_PARM_DESC(sent, "calls of each kind");
module_param_array_named(handled, storm.handled, ulong, NULL, 0444);
MODULE_PARM_DESC(handled, "how many of them ran");
module_param_named(kicks, storm.kicks, ulong, 0444);
MODULE_PARM_DESC(kicks, "reschedule interrupts among them");
module_param_named(through, storm.through, ulong, 0444);
MODULE_PARM_DESC(through, "calls that ran while their CPU was in a softirq");
module_param_named(storm_stuck, storm.stuck, ulong, 0444);
MODULE_PARM_DESC(storm_stuck, "CPUs whose call came to no end");

static struct siege_run siege;
module_param_named(siege_laid, siege.laid, ulong, 0444);
MODULE_PARM_DESC(siege_laid, "sieges that were laid");
module_param_named(siege_fired, siege.fired, ulong, 0444);
MODULE_PARM_DESC(siege_fired, "sieges in which a timer fired");
module_param_named(siege_calls, siege.calls, ulong, 0444);
MODULE_PARM_DESC(siege_calls, "calls of the sieges");

static struct idle_run idle;
module_param_named(idle_called, idle.done, ulong, 0444);
MODULE_PARM_DESC(idle_called, "calls to idle CPUs that ran");
module_param_named(idle_stuck, idle.stuck, ulong, 0444);
MODULE_PARM_DESC(idle_stuck, "CPUs that slept with a call pending");

static struct wake_run wake;
module_param_named(woken, wake.done, ulong, 0444);
MODULE_PARM_DESC(woken, "wake-ups that came");
module_param_named(wake_stuck, wake.stuck, ulong, 0444);
MODULE_PARM_DESC(wake_stuck, "CPUs that nobody woke");
module_param_named(wake_p50_ns, wake.p50_ns, uint, 0444);
MODULE_PARM_DESC(wake_p50_ns, "latency of a wake-up, median");
module_param_named(wake_p99_ns, wake.p99_ns, uint, 0444);
MODULE_PARM_DESC(wake_p99_ns, "latency of a wake-up, 99th percentile");
module_param_named(wake_max_ns, wake.max_ns, uint, 0444);
MODULE_PARM_DESC(wake_max_ns, "latency of a wake-up, the longest");
module_param_named(wake_late, wake.late, ulong, 0444);
MODULE_PARM_DESC(wake_late, "wake-ups that took a millisecond or more");

static int run_storm(void)
{
	int err;

	storm = (struct storm_run){ .steps = spins,
				    .seed = seed,
				    .patience_s = patience_s,
				    .spin = true };
	err = storm_run(&storm);
	if (err || storm.stuck)
		return err;
	storm.steps = steps;
	storm.spin = false;
	return storm_run(&storm);
}

static int run_siege(void)
{
	siege = (struct siege_run){ .sieges = sieges,
				    .patience_s = patience_s };
	return siege_run(&siege);
}

static int run_idle(void)
{
	idle = (struct idle_run){ .calls = idles, .seed = seed };
	return idle_run(&idle);
}

static int run_wake(void)
{
	wake = (struct wake_run){ .wakes = wakes,
				  .seed = seed,
				  .patience_s = patience_s };
	return wake_run(&wake);
}

static bool stuck(void)
{
	return storm.stuck || idle.stuck || wake.stuck;
}

/* One after the other, as long as nothing is stuck. */
static int run_all(void)
{
	int err = -ENXIO;

	cpus_read_lock();
	if (num_online_cpus() > 1)
		err = run_storm();
	if (!err && sieges && !stuck())
		err = run_siege();
	if (!err && idles && !stuck())
		err = run_idle();
	if (!err && wakes && !stuck())
		err = run_wake();
	cpus_read_unlock();
	return err;
}

static int __init ipistorm_init(void)
{
	int err = run_all();

	if (err)
		return err;
	if (stuck())
		__module_get(THIS_MODULE);
	pr_info("wake-ups: %lu, p50 %u ns, p99 %u ns, max %u ns, late %lu\n",
		wake.done, wake.p50_ns, wake.p99_ns, wake.max_ns, wake.late);
	return 0;
}

static void __exit ipistorm_exit(void)
{
}

module_init(ipistorm_init);
module_exit(ipistorm_exit);

MODULE_DESCRIPTION(
	"A storm of interrupts between CPUs, to see that none is lost");
MODULE_LICENSE("GPL");
