// SPDX-License-Identifier: GPL-2.0-only
/*
 * Many threads in one function of the allocator at once: more than the kernel
 * follows to their return, so that scripts miss some.  A constructor, which runs
 * inside an allocation, waits until every thread is in one.  Each thread allocates
 * a second time, where nobody waits.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/wait.h>

#include "compat.h"

/* A slab has one object: each thread needs a slab of its own. */
#define OBJECT_BYTES (8 * PAGE_SIZE)
#define MAX_THREADS  64

static uint threads = 24;
module_param(threads, uint, 0444);
MODULE_PARM_DESC(threads, "that are in the allocator at once");

static bool bulk;
module_param(bulk, bool, 0444);
MODULE_PARM_DESC(bulk, "they allocate by the function for many objects");

static struct member {
	struct task_struct *task;
	bool arrived;
} members[MAX_THREADS];

static struct kmem_cache *cache;
static atomic_t nr_arrived, nr_finished;
static DECLARE_WAIT_QUEUE_HEAD(changed);

static void arrive(struct member *member)
{
	if (member->arrived)
		return;
	member->arrived = true;
	atomic_inc(&nr_arrived);
	wake_up_all(&changed);
}

static void construct(void *obj)
{
	arrive(kthread_data(current));
	wait_event(changed, atomic_read(&nr_arrived) == threads);
}

static noinline void *alloc_one(void)
{
	void *obj = NULL;

	if (!bulk)
		return kmem_cache_alloc(cache, GFP_KERNEL);
	return kmem_cache_alloc_bulk(cache, GFP_KERNEL, 1, &obj) ? obj : NULL;
}

static int run_member(void *data)
{
	void *obj;
	int i;

	for (i = 0; i < 2; i++) {
		obj = alloc_one();
		/* Without an object that was constructed nobody waits for it. */
		arrive(data);
		if (obj)
			kmem_cache_free(cache, obj);
	}
	atomic_inc(&nr_finished);
	wake_up_all(&changed);
	return 0;
}

static void dismiss(uint nr)
{
	uint i;

	for (i = 0; i < nr; i++) {
		kthread_stop(members[i].task);
		put_task_struct(members[i].task);
	}
}

/* All are there before the first begins. */
static int create_members(void)
{
	struct task_struct *task;
	uint i;

	for (i = 0; i < threads; i++) {
		task = kthread_create(run_member, &members[i], KBUILD_MODNAME);
		if (IS_ERR(task)) {
			dismiss(i);
			return PTR_ERR(task);
		}
		members[i].task = get_task_struct(task);
	}
	return 0;
}

static int run_members(void)
{
	int err = create_members();
	uint i;

	if (err)
		return err;
	for (i = 0; i < threads; i++)
		wake_up_process(members[i].task);
	wait_event(changed, atomic_read(&nr_finished) == threads);
	dismiss(threads);
	return 0;
}

static int __init crowd_init(void)
{
	int err;

	if (!threads || threads > MAX_THREADS)
		return -EINVAL;
	cache = kmem_cache_create(KBUILD_MODNAME, OBJECT_BYTES, 0,
				  MAG_SLAB_NO_MERGE, construct);
	if (!cache)
		return -ENOMEM;
	err = run_members();
	kmem_cache_destroy(cache);
	return err;
}

static void __exit crowd_exit(void)
{
}

module_init(crowd_init);
module_exit(crowd_exit);

MODULE_DESCRIPTION(
	"Many threads in the allocator at once, whose returns are missed");
MODULE_LICENSE("GPL");
