// SPDX-License-Identifier: GPL-2.0-only
/*
 * A load of which everything is known beforehand, for scripts that count.  Its
 * insertion allocates so many objects of a new cache on one CPU, holds them for
 * so long, and frees so many there and so many on another; all of it in the
 * thread that inserts it, one object by another.  Its removal frees the rest.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/prandom.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "allocator/mag_cache.h"
#include "allocator/mag_kmalloc.h"
#include "compat.h"

static char *backend = "magazine";
module_param(backend, charp, 0444);
MODULE_PARM_DESC(backend, "magazine, mag_kmalloc, kmem_cache or kmalloc");

static char *name = "known";
module_param(name, charp, 0444);
MODULE_PARM_DESC(name, "of the cache, where the backend has one");

static uint size = 256;
module_param(size, uint, 0444);
MODULE_PARM_DESC(size, "bytes of an object");

static uint allocs = 1000;
module_param(allocs, uint, 0444);
MODULE_PARM_DESC(allocs, "objects");

static uint turns = 1;
module_param(turns, uint, 0444);
MODULE_PARM_DESC(turns, "times that all of it is done");

static uint remote;
module_param(remote, uint, 0444);
MODULE_PARM_DESC(remote, "of these, freed on CPU `other`; seed says which");

static uint left;
module_param(left, uint, 0444);
MODULE_PARM_DESC(left, "of these, freed when the module is removed");

static uint hold_us;
module_param(hold_us, uint, 0444);
MODULE_PARM_DESC(
	hold_us,
	"microseconds from the last allocation to the first free, at least");

static uint cpu;
module_param(cpu, uint, 0444);
MODULE_PARM_DESC(cpu, "that allocates");

static uint other = 1;
module_param(other, uint, 0444);
MODULE_PARM_DESC(other, "CPU that frees what is remote");

static uint seed = 1;
module_param(seed, uint, 0444);
MODULE_PARM_DESC(seed, "of the order of the frees");

/**
 * struct known_ops - an allocator
 * @name: of the parameter
 * @create: the cache, or NULL
 * @destroy: of it; NULL where there is none
 * @alloc: an object of it, or NULL
 * @free: gives one back
 */
struct known_ops {
	const char *name;
	void *(*create)(void);
	void (*destroy)(void *cache);
	void *(*alloc)(void *cache);
	void (*free)(void *cache, void *obj);
};

static const struct known_ops *ops;
static void *known_cache;
static void **objs;

static void *magazine_create(void)
{
	struct mag_cache *cache = mag_cache_create(name, size, 0, NULL);

	return IS_ERR(cache) ? NULL : cache;
}

static void magazine_destroy(void *cache)
{
	mag_cache_destroy(cache);
}

static void *magazine_alloc(void *cache)
{
	return mag_cache_alloc(cache, GFP_KERNEL);
}

static void magazine_free(void *cache, void *obj)
{
	mag_cache_free(cache, obj);
}

static void *classes_alloc(void *cache)
{
	return mag_kmalloc(size, GFP_KERNEL);
}

static void classes_free(void *cache, void *obj)
{
	mag_kfree(obj);
}

static void *slub_create(void)
{
	return kmem_cache_create(name, size, 0, MAG_SLAB_NO_MERGE, NULL);
}

static void slub_destroy(void *cache)
{
	kmem_cache_destroy(cache);
}

static void *slub_alloc(void *cache)
{
	return kmem_cache_alloc(cache, GFP_KERNEL);
}

static void slub_free(void *cache, void *obj)
{
	kmem_cache_free(cache, obj);
}

static void *kmalloc_alloc(void *cache)
{
	return kmalloc(size, GFP_KERNEL);
}

static void kmalloc_free(void *cache, void *obj)
{
	kfree(obj);
}

static const struct known_ops all_ops[] = {
	{ "magazine", magazine_create, magazine_destroy, magazine_alloc,
	  magazine_free },
	{ "mag_kmalloc", NULL, NULL, classes_alloc, classes_free },
	{ "kmem_cache", slub_create, slub_destroy, slub_alloc, slub_free },
	{ "kmalloc", NULL, NULL, kmalloc_alloc, kmalloc_free },
};

static const struct known_ops *find_ops(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(all_ops); i++)
		if (!strcmp(all_ops[i].name, backend))
			return &all_ops[i];
	pr_err("no backend %s; there are magazine, mag_kmalloc, kmem_cache and kmalloc\n",
	       backend);
	return NULL;
}

static int go_to(uint id)
{
	return set_cpus_allowed_ptr(current, cpumask_of(id));
}

/* The last ones of @objs are those that are left, before them the remote ones. */
static void shuffle(void)
{
	struct rnd_state rnd;
	u32 i, k;

	prandom_seed_state(&rnd, seed);
	for (i = allocs - 1; i; i--) {
		k = prandom_u32_state(&rnd) % (i + 1);
		swap(objs[i], objs[k]);
	}
}

static void free_some(uint from, uint to)
{
	for (; from < to; from++)
		ops->free(known_cache, objs[from]);
}

/* Returns how many there are: fewer if memory is short. */
static uint alloc_all(void)
{
	uint i;

	for (i = 0; i < allocs; i++) {
		objs[i] = ops->alloc(known_cache);
		if (!objs[i])
			break;
	}
	return i;
}

static int run_turn(uint stay)
{
	uint here = allocs - remote - left, got;
	int err = go_to(cpu);

	if (err)
		return err;
	got = alloc_all();
	if (got < allocs) {
		free_some(0, got);
		return -ENOMEM;
	}
	shuffle();
	if (hold_us)
		fsleep(hold_us);
	free_some(0, here);
	err = remote ? go_to(other) : 0;
	/* Where that CPU is not online, the load is none, and leaves nothing. */
	free_some(here, here + remote);
	free_some(here + remote, allocs - (err ? 0 : stay));
	return err;
}

/* All are back at the end of a turn, but for those left by the last. */
static int run_load(void)
{
	int err = 0;
	uint i;

	for (i = 1; i <= turns && !err; i++)
		err = run_turn(i == turns ? left : 0);
	return err;
}

static void tear_down(void)
{
	if (known_cache)
		ops->destroy(known_cache);
	kvfree(objs);
}

static int __init known_init(void)
{
	int err = -ENOMEM;

	ops = find_ops();
	if (!ops || !size || !allocs || !turns || remote > allocs ||
	    left > allocs - remote || cpu >= nr_cpu_ids || other >= nr_cpu_ids)
		return -EINVAL;
	objs = kvcalloc(allocs, sizeof(*objs), GFP_KERNEL);
	if (!objs)
		return -ENOMEM;
	if (ops->create)
		known_cache = ops->create();
	if (known_cache || !ops->create)
		err = run_load();
	if (err)
		tear_down();
	return err;
}

static void __exit known_exit(void)
{
	free_some(allocs - left, allocs);
	tear_down();
}

module_init(known_init);
module_exit(known_exit);

MODULE_DESCRIPTION("A load of known counts, to check scripts that count");
MODULE_LICENSE("GPL");
