// SPDX-License-Identifier: GPL-2.0-only
/*
 * Time in an allocator of known length and cause, for walltell.  A constructor,
 * which runs inside an allocation, works, moves to another CPU, waits for a
 * lock, sleeps or is interrupted; and large allocations fall short, so that
 * they reclaim, in which a shrinker of ours works and sleeps.
 *
 * The thread that inserts the module does all of it, and times it for itself:
 * the parameters that end in _ns are what it found.  For that long its name is
 * wallload, which tells it from what else an insertion allocates.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/irq_work.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "allocator/mag_cache.h"
#include "allocator/mag_kmalloc.h"
#include "compat.h"

/* So large that reclaim cannot make one, and nobody is killed for it. */
#define LARGE_BYTES SZ_2M
#define MAX_LARGE   2048

static bool magazine;
module_param(magazine, bool, 0444);
MODULE_PARM_DESC(magazine, "allocate from magslab, not from SLUB");

static uint pairs;
module_param(pairs, uint, 0444);
MODULE_PARM_DESC(pairs, "an allocation and a free each, of a cache at hand");

static uint work_us;
module_param(work_us, uint, 0444);
MODULE_PARM_DESC(work_us, "that an allocation works");

static uint move_us;
module_param(move_us, uint, 0444);
MODULE_PARM_DESC(move_us, "that another works on CPU 0, and then on CPU 1");

static uint spin_us;
module_param(spin_us, uint, 0444);
MODULE_PARM_DESC(spin_us, "of work by the same thread that is no allocation");

static uint lock_us;
module_param(lock_us, uint, 0444);
MODULE_PARM_DESC(lock_us, "that one waits for a spinlock, about");

static uint sleep_us;
module_param(sleep_us, uint, 0444);
MODULE_PARM_DESC(sleep_us, "that one sleeps, at least");

static uint irq_us;
module_param(irq_us, uint, 0444);
MODULE_PARM_DESC(irq_us, "that an interrupt takes from one");

static uint reclaims;
module_param(reclaims, uint, 0444);
MODULE_PARM_DESC(reclaims, "large allocations that fall short");

static uint shrink_us;
module_param(shrink_us, uint, 0444);
MODULE_PARM_DESC(shrink_us, "that each of these works in reclaim");

static uint rest_us;
module_param(rest_us, uint, 0444);
MODULE_PARM_DESC(rest_us, "and sleeps there, at least");

static ulong worked_ns, moved_ns, waited_ns, slept_ns, interrupted_ns, spun_ns;
static ulong shrunk_ns, rested_ns;
module_param(worked_ns, ulong, 0444);
module_param(moved_ns, ulong, 0444);
module_param(waited_ns, ulong, 0444);
module_param(slept_ns, ulong, 0444);
module_param(interrupted_ns, ulong, 0444);
module_param(spun_ns, ulong, 0444);
module_param(shrunk_ns, ulong, 0444);
module_param(rested_ns, ulong, 0444);

/* What the next constructor is to do, once. */
static void (*act)(void);

static void construct(void *obj)
{
	void (*todo)(void) = act;

	act = NULL;
	if (todo)
		todo();
}

/* Returns for how long it was. */
static u64 work(uint us)
{
	u64 start = ktime_get_ns(), now;

	do {
		cpu_relax();
		now = ktime_get_ns();
	} while (now - start < us * NSEC_PER_USEC);
	return now - start;
}

static u64 rest(uint us)
{
	u64 start = ktime_get_ns();

	fsleep(us);
	return ktime_get_ns() - start;
}

static void act_work(void)
{
	worked_ns += work(work_us);
}

static void act_move(void)
{
	moved_ns += work(move_us);
	set_cpus_allowed_ptr(current, cpumask_of(1));
	moved_ns += work(move_us);
}

static void act_sleep(void)
{
	slept_ns += rest(sleep_us);
}

static void run_irq_work(struct irq_work *unused)
{
	WRITE_ONCE(interrupted_ns, interrupted_ns + work(irq_us));
}

static DEFINE_IRQ_WORK(irq_work, run_irq_work);

static void act_irq(void)
{
	ulong before = interrupted_ns;

	irq_work_queue(&irq_work);
	while (READ_ONCE(interrupted_ns) == before)
		cpu_relax();
}

static DEFINE_SPINLOCK(lock);
static bool lock_held, lock_wanted;

/* On the other CPU: holds the lock for that long from when it is wanted. */
static int hold_lock(void *unused)
{
	spin_lock(&lock);
	WRITE_ONCE(lock_held, true);
	while (!READ_ONCE(lock_wanted))
		cpu_relax();
	work(lock_us);
	spin_unlock(&lock);
	return 0;
}

static void act_lock(void)
{
	u64 start = ktime_get_ns();

	WRITE_ONCE(lock_wanted, true);
	spin_lock(&lock);
	waited_ns += ktime_get_ns() - start;
	spin_unlock(&lock);
}

/* A name for scripts to go by: the inserting thread allocates more than this. */
static void take_name(const char *name)
{
	strscpy(current->comm, name, sizeof(current->comm));
}

static void *alloc_one(void *cache)
{
	return magazine ? mag_cache_alloc(cache, GFP_KERNEL)
			: kmem_cache_alloc(cache, GFP_KERNEL);
}

static void free_one(void *cache, void *obj)
{
	if (magazine)
		mag_cache_free(cache, obj);
	else
		kmem_cache_free(cache, obj);
}

static void make_pairs(void *cache, uint nr)
{
	void *obj;

	while (nr--) {
		obj = alloc_one(cache);
		if (obj)
			free_one(cache, obj);
	}
}

/* Does @todo in the first of @nr allocations of a new cache. */
static int run_pairs(uint nr, void (*todo)(void))
{
	char name[TASK_COMM_LEN];
	void *cache;

	if (magazine)
		cache = mag_cache_create(KBUILD_MODNAME, 1024, 0, construct);
	else
		cache = kmem_cache_create(KBUILD_MODNAME, 1024, 0, 0,
					  construct);
	if (IS_ERR_OR_NULL(cache))
		return -ENOMEM;

	act = todo;
	strscpy(name, current->comm, sizeof(name));
	take_name(KBUILD_MODNAME);
	make_pairs(cache, nr);
	take_name(name);

	if (magazine)
		mag_cache_destroy(cache);
	else
		kmem_cache_destroy(cache);
	return 0;
}

static int run_act(uint us, void (*todo)(void))
{
	return us ? run_pairs(1, todo) : 0;
}

static void run_spin(void)
{
	char name[TASK_COMM_LEN];

	if (!spin_us)
		return;
	strscpy(name, current->comm, sizeof(name));
	take_name(KBUILD_MODNAME);
	spun_ns += work(spin_us);
	take_name(name);
}

static int run_lock(void)
{
	struct task_struct *holder;
	int err;

	if (!lock_us)
		return 0;
	holder = kthread_create(hold_lock, NULL, "wallload_holder");
	if (IS_ERR(holder))
		return PTR_ERR(holder);
	kthread_bind(holder, 1);
	get_task_struct(holder);
	wake_up_process(holder);
	while (!READ_ONCE(lock_held))
		cond_resched();
	err = run_pairs(1, act_lock);
	/* Where there was no allocation to wait in. */
	WRITE_ONCE(lock_wanted, true);
	kthread_stop(holder);
	put_task_struct(holder);
	return err;
}

/* Of whom the shrinker asks nothing: the next reclaim by this thread. */
static struct task_struct *reclaiming;

static unsigned long shrink_count(struct shrinker *shrinker,
				  struct shrink_control *sc)
{
	if (READ_ONCE(reclaiming) != current)
		return 0;
	WRITE_ONCE(reclaiming, NULL);
	if (shrink_us)
		shrunk_ns += work(shrink_us);
	if (rest_us)
		rested_ns += rest(rest_us);
	return 0;
}

static unsigned long shrink_scan(struct shrinker *shrinker,
				 struct shrink_control *sc)
{
	return SHRINK_STOP;
}

static void *alloc_large(void)
{
	gfp_t gfp = GFP_KERNEL | __GFP_NOWARN;

	return magazine ? mag_kmalloc(LARGE_BYTES, gfp)
			: kmalloc(LARGE_BYTES, gfp);
}

static void free_large(void **objs, uint nr)
{
	while (nr--) {
		if (magazine)
			mag_kfree(objs[nr]);
		else
			kfree(objs[nr]);
	}
}

/* Takes all the memory that there is in large pieces, and gives it back. */
static int run_reclaims(void)
{
	uint short_ones = 0, nr = 0;
	struct shrinker *shrinker;
	char name[TASK_COMM_LEN];
	void **objs;

	if (!reclaims)
		return 0;
	objs = kvcalloc(MAX_LARGE, sizeof(*objs), GFP_KERNEL);
	if (!objs)
		return -ENOMEM;
	shrinker = mag_shrinker_create("wallload", shrink_count, shrink_scan);
	if (!shrinker) {
		kvfree(objs);
		return -ENOMEM;
	}

	strscpy(name, current->comm, sizeof(name));
	take_name(KBUILD_MODNAME);
	while (nr < MAX_LARGE && short_ones < reclaims) {
		WRITE_ONCE(reclaiming, current);
		objs[nr] = alloc_large();
		if (objs[nr])
			nr++;
		else
			short_ones++;
	}
	WRITE_ONCE(reclaiming, NULL);
	free_large(objs, nr);
	take_name(name);

	mag_shrinker_destroy(shrinker);
	kvfree(objs);
	return short_ones < reclaims ? -E2BIG : 0;
}

static int __init wall_init(void)
{
	int err;

	if (num_online_cpus() < 2 && (move_us || lock_us))
		return -EINVAL;
	err = set_cpus_allowed_ptr(current, cpumask_of(0));
	if (!err && pairs)
		err = run_pairs(pairs, NULL);
	if (!err)
		run_spin();
	if (!err)
		err = run_act(work_us, act_work);
	if (!err)
		err = run_act(sleep_us, act_sleep);
	if (!err)
		err = run_act(irq_us, act_irq);
	if (!err)
		err = run_lock();
	if (!err)
		err = run_reclaims();
	/* Last, for it ends on the other CPU. */
	if (!err)
		err = run_act(move_us, act_move);
	return err;
}

static void __exit wall_exit(void)
{
}

module_init(wall_init);
module_exit(wall_exit);

MODULE_DESCRIPTION(
	"Time of known causes in allocators, to check scripts that time");
MODULE_LICENSE("GPL");
