// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ways to and from the kernel's slab allocator, each so many times: for
 * scripts that must see every one of them, and none twice.  Its insertion goes
 * one way, or all, and keeps the last `left` objects of each until its removal.
 *
 * Each way has a cache of its own, known_ and its name; those of kmalloc() are
 * for reclaimable objects, of which hardly anyone else has any of these sizes.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/irq_work.h>
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "compat.h"

/* Bytes, each of another cache of kmalloc()'s; the last of none. */
#define FIXED_BULK 400
#define VARIABLE   1000
#define FIXED	   1500
#define COPIED	   3000
#define BY_RCU	   6000
#define LARGE	   (5 * PAGE_SIZE)

/* And of the caches: as large as kmalloc()'s, and larger than any of these. */
#define NARROW	   512
#define WIDE	   10000

#define FLAGS	   (GFP_KERNEL | __GFP_RECLAIMABLE)
/* Objects of a call in bulk. */
#define BATCH	   16

static char *way = "all";
module_param(way, charp, 0444);
MODULE_PARM_DESC(way, "to go; an unknown one lists them; all is all but ctor");

static uint times = 96;
module_param(times, uint, 0444);
MODULE_PARM_DESC(times, "a multiple of 16");

static uint left;
module_param(left, uint, 0444);
MODULE_PARM_DESC(left, "objects that are freed at the module's removal");

static int cpu = -1;
module_param(cpu, int, 0444);
MODULE_PARM_DESC(cpu, "that allocates; -1: any");

static int other = -1;
module_param(other, int, 0444);
MODULE_PARM_DESC(other, "CPU that frees; -1: any");

/* Of the way `ctor`: what happened, for the test to read. */
static uint grown;
module_param(grown, uint, 0444);
MODULE_PARM_DESC(grown, "calls that constructed objects");

static uint constructed;
module_param(constructed, uint, 0444);
MODULE_PARM_DESC(constructed, "objects");

static uint delay_us = 50;
module_param(delay_us, uint, 0444);
MODULE_PARM_DESC(delay_us, "microseconds that a construction takes, at least");

struct by_rcu {
	struct rcu_head head;
	char rest[BY_RCU - sizeof(struct rcu_head)];
};

/**
 * struct slab_way - a way to go
 * @name: of the parameter
 * @size: bytes of an object of its cache; 0 is NARROW
 * @alloc: an object, or NULL
 * @alloc_many: BATCH of them, instead; false if memory is short
 * @free: gives one back
 * @free_many: BATCH of them, instead
 */
struct slab_way {
	const char *name;
	uint size;
	void *(*alloc)(void);
	bool (*alloc_many)(void **objs);
	void (*free)(void *obj);
	void (*free_many)(void **objs);
};

/* Of the way that is gone now. */
static const struct slab_way *the_way;
static struct kmem_cache *cache;
static void **objs;

static struct kmem_cache *inner, *atomic;

static noinline void *node_alloc(void)
{
	return kmem_cache_alloc_node(cache, GFP_KERNEL, numa_mem_id());
}

static noinline void *one_alloc(void)
{
	return kmem_cache_alloc(cache, GFP_KERNEL);
}

static noinline void one_free(void *obj)
{
	kmem_cache_free(cache, obj);
}

static noinline bool bulk_alloc(void **to)
{
	return kmem_cache_alloc_bulk(cache, GFP_KERNEL, BATCH, to);
}

static noinline void bulk_free(void **from)
{
	kmem_cache_free_bulk(cache, BATCH, from);
}

static noinline void *fixed_alloc(void)
{
	return kmalloc(FIXED, FLAGS);
}

static noinline void fixed_free(void *obj)
{
	kfree(obj);
}

static noinline void *fixed_bulk_alloc(void)
{
	return kmalloc(FIXED_BULK, FLAGS);
}

static noinline void fixed_bulk_free(void **from)
{
	kfree_bulk(BATCH, from);
}

static noinline void *variable_alloc(void)
{
	size_t size = VARIABLE;

	OPTIMIZER_HIDE_VAR(size);
	return kmalloc(size, FLAGS);
}

static noinline void *copy_alloc(void)
{
	static const char original[COPIED];

	return kmemdup(original, sizeof(original), FLAGS);
}

static noinline void copy_free(void *obj)
{
	kfree_sensitive(obj);
}

static noinline void *large_alloc(void)
{
	return kmalloc(LARGE, GFP_KERNEL);
}

static noinline void *variable_large_alloc(void)
{
	size_t size = LARGE;

	OPTIMIZER_HIDE_VAR(size);
	return kmalloc(size, GFP_KERNEL);
}

static noinline void *rcu_alloc(void)
{
	return kmalloc(sizeof(struct by_rcu), FLAGS);
}

static noinline void rcu_free(void *obj)
{
	struct by_rcu *of_rcu = obj;

	kfree_rcu(of_rcu, head);
}

static bool answered;

static noinline void allocate_in_interrupt(struct irq_work *work)
{
	kmem_cache_free(atomic, kmem_cache_alloc(atomic, GFP_ATOMIC));
	WRITE_ONCE(answered, true);
}

static DEFINE_IRQ_WORK(interrupt, allocate_in_interrupt);

/*
 * Within the call that needed a new slab: another such call, by the same
 * function, and one more by an interrupt.
 */
static noinline void construct(void *obj)
{
	unsigned long end = jiffies + HZ;

	kmem_cache_free(inner, kmem_cache_alloc(inner, GFP_KERNEL));
	WRITE_ONCE(answered, false);
	irq_work_queue(&interrupt);
	while (!READ_ONCE(answered) && time_before(jiffies, end))
		cpu_relax();
	udelay(delay_us);
	constructed++;
}

static noinline void *ctor_alloc(void)
{
	uint before = constructed;
	void *obj = kmem_cache_alloc(cache, GFP_KERNEL);

	if (constructed != before)
		grown++;
	return obj;
}

static const struct slab_way ways[] = {
	{ .name = "one", .alloc = one_alloc, .free = one_free },
	{ .name = "wide", .size = WIDE, .alloc = one_alloc, .free = one_free },
	{ .name = "node", .alloc = node_alloc, .free = one_free },
	{ .name = "bulk", .alloc_many = bulk_alloc, .free_many = bulk_free },
	{ .name = "one-bulk", .alloc = one_alloc, .free_many = bulk_free },
	{ .name = "bulk-one", .alloc_many = bulk_alloc, .free = one_free },
	{ .name = "fixed", .alloc = fixed_alloc, .free = fixed_free },
	{ .name = "fixed-bulk",
	  .alloc = fixed_bulk_alloc,
	  .free_many = fixed_bulk_free },
	{ .name = "variable", .alloc = variable_alloc, .free = fixed_free },
	{ .name = "copy", .alloc = copy_alloc, .free = copy_free },
	{ .name = "large", .alloc = large_alloc, .free = fixed_free },
	{ .name = "variable-large",
	  .alloc = variable_large_alloc,
	  .free = fixed_free },
	{ .name = "rcu", .alloc = rcu_alloc, .free = rcu_free },
	{ .name = "ctor", .alloc = ctor_alloc, .free = one_free },
};

static struct kmem_cache *caches[ARRAY_SIZE(ways)];
static void **all_objs;

static bool is_gone(const struct slab_way *candidate)
{
	if (!strcmp(way, "all"))
		return candidate->alloc != ctor_alloc;
	return !strcmp(way, candidate->name);
}

static bool any_is_gone(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ways); i++)
		if (is_gone(&ways[i]))
			return true;
	pr_err("no way %s; there are:\n", way);
	for (i = 0; i < ARRAY_SIZE(ways); i++)
		pr_err("%s\n", ways[i].name);
	return false;
}

static void turn_to(size_t i)
{
	the_way = &ways[i];
	cache = caches[i];
	objs = all_objs + i * times;
}

static void free_some(uint from, uint to)
{
	uint i, step = the_way->free_many ? BATCH : 1;

	for (i = from; i < to; i += step) {
		if (the_way->free_many)
			the_way->free_many(objs + i);
		else
			the_way->free(objs[i]);
	}
}

/* Returns how many there are: fewer if memory is short. */
static uint alloc_all(void)
{
	uint i, step = the_way->alloc_many ? BATCH : 1;

	for (i = 0; i < times; i += step) {
		if (the_way->alloc_many) {
			if (!the_way->alloc_many(objs + i))
				break;
		} else {
			objs[i] = the_way->alloc();
			if (!objs[i])
				break;
		}
	}
	return i;
}

static struct kmem_cache *create_cache(const char *suffix, uint size,
				       void (*ctor)(void *obj))
{
	struct kmem_cache *created = NULL;
	char *name = kasprintf(GFP_KERNEL, "known_%s", suffix);

	/* The cache keeps a copy of its name. */
	if (name)
		created = kmem_cache_create(name, size ?: NARROW, 0,
					    MAG_SLAB_NO_MERGE, ctor);
	kfree(name);
	return created;
}

static int create_caches(void)
{
	void (*ctor)(void *obj);
	size_t i;

	inner = create_cache("inner", 0, NULL);
	atomic = create_cache("atomic", 0, NULL);
	if (!inner || !atomic)
		return -ENOMEM;
	for (i = 0; i < ARRAY_SIZE(ways); i++) {
		if (!is_gone(&ways[i]))
			continue;
		ctor = ways[i].alloc == ctor_alloc ? construct : NULL;
		caches[i] = create_cache(ways[i].name, ways[i].size, ctor);
		if (!caches[i])
			return -ENOMEM;
	}
	return 0;
}

static void tear_down(void)
{
	size_t i;

	irq_work_sync(&interrupt);
	for (i = 0; i < ARRAY_SIZE(ways); i++)
		kmem_cache_destroy(caches[i]);
	kmem_cache_destroy(atomic);
	kmem_cache_destroy(inner);
	vfree(all_objs);
}

static int go_to(int id)
{
	return id < 0 ? 0 : set_cpus_allowed_ptr(current, cpumask_of(id));
}

static int go(size_t i)
{
	int err = go_to(cpu);
	uint got;

	if (err)
		return err;
	turn_to(i);
	got = alloc_all();
	err = got < times ? -ENOMEM : go_to(other);
	free_some(0, err ? got : times - left);
	return err;
}

/* Frees what is left of the first @nr ways. */
static void free_rest(size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++) {
		if (!is_gone(&ways[i]))
			continue;
		turn_to(i);
		free_some(times - left, times);
	}
}

static int go_all(void)
{
	size_t i;
	int err;

	for (i = 0; i < ARRAY_SIZE(ways); i++) {
		err = is_gone(&ways[i]) ? go(i) : 0;
		if (err) {
			free_rest(i);
			return err;
		}
	}
	return 0;
}

static int __init ways_init(void)
{
	int err;

	if (!any_is_gone() || !times || times % BATCH || left > times ||
	    left % BATCH || cpu >= (int)nr_cpu_ids || other >= (int)nr_cpu_ids)
		return -EINVAL;
	/* Not of a slab: it is none of the objects that are told. */
	all_objs = vcalloc(ARRAY_SIZE(ways), times * sizeof(*all_objs));
	if (!all_objs)
		return -ENOMEM;
	err = create_caches();
	if (!err)
		err = go_all();
	if (err)
		tear_down();
	return err;
}

static void __exit ways_exit(void)
{
	free_rest(ARRAY_SIZE(ways));
	tear_down();
}

module_init(ways_init);
module_exit(ways_exit);

MODULE_DESCRIPTION("The ways to and from the slab allocator, of known counts");
MODULE_LICENSE("GPL");
