// SPDX-License-Identifier: GPL-2.0-only
/*
 * Presets: what others chose, in terms of our knobs.  Documentation/debugfs.rst
 * says which of their constants have no counterpart here.
 */
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "internal.h"

/* Memory that a node keeps in full magazines and in empty slabs, per cache. */
#define MAGSLAB_DEPOT_BYTES   SZ_1M
#define MAGSLAB_DEPOT_MIN     10U /* magazines; MAX_FULL_SHEAVES below */
#define MAGSLAB_DEPOT_WINDOW  16U /* magazines */
#define MAGSLAB_EMPTY_BYTES   SZ_32K
#define MAGSLAB_EMPTY_MIN     2U /* slabs */
/* The largest magazine a contended cache gets: bytes, and bytes of objects. */
#define MAGSLAB_MAX_BYTES     SZ_4K
#define MAGSLAB_MAX_OBJECTS   SZ_256K
#define MAGSLAB_INTERVAL_MS   5000U

/* illumos usr/src/uts/common/os/kmem.c */
#define KMEM_DEPOT_CONTENTION 3U
#define KMEM_REAP_INTERVAL_MS 15000U

/* FreeBSD sys/vm/uma_core.c; BUCKET_SIZE() takes the head from a bucket's words. */
#define UMA_BUCKET_HEAD	      2
#define UMA_BUCKET_MAX	      (256 - UMA_BUCKET_HEAD)
#define UMA_TIMEOUT_MS	      20000U

/* Linux mm/slub.c, 7.0 and later */
#define SLUB_MAX_FULL_SHEAVES 10U
#define SLUB_MIN_PARTIAL      5U
/* Bytes of struct slab_sheaf before its objects. */
#define SLUB_SHEAF_HEAD	      32U

/* DPDK config/rte_config.h; the bytes are ours, see dpdk_policy(). */
#define DPDK_CACHE_MAX_SIZE   512U
#define DPDK_CACHE_BYTES      SZ_1M

/*
 * The larger the object, the smaller the magazine: a CPU holds at most two, and
 * one that waits for RCU and one for each other node, so that this bounds what it
 * hoards.  Each fills a kmalloc bucket.
 */
static u32 magslab_magazine_bytes(u32 size)
{
	if (size >= 4096)
		return 64;
	if (size >= 1024)
		return 128;
	if (size > 256)
		return 256;
	return 512;
}

static u32 magslab_magazine_max(u32 size, u32 rounds)
{
	u32 most = mag_magazine_rounds_in(MAGSLAB_MAX_BYTES);

	return clamp(MAGSLAB_MAX_OBJECTS / size, rounds, most);
}

static struct mag_policy magslab_policy(u32 size, u32 slab_bytes)
{
	u32 rounds = mag_magazine_rounds_in(magslab_magazine_bytes(size));

	return (struct mag_policy){
		.magazines = 2,
		.magazine_rounds = rounds,
		.magazine_max = magslab_magazine_max(size, rounds),
		.depot_max = max_t(u32, MAGSLAB_DEPOT_MIN,
				   MAGSLAB_DEPOT_BYTES / (rounds * size)),
		.depot_window = MAGSLAB_DEPOT_WINDOW,
		.empty_max = max_t(u32, MAGSLAB_EMPTY_MIN,
				   MAGSLAB_EMPTY_BYTES / slab_bytes),
		.resize_rule = MAG_RESIZE_INTERVAL,
		.resize_threshold = KMEM_DEPOT_CONTENTION,
		.remote_rule = MAG_REMOTE_AWAY,
		.reap_rule = MAG_REAP_WORKING_SET,
		.reap_interval_ms = MAGSLAB_INTERVAL_MS,
	};
}

/*
 * struct kmem_step - a size of magazines in illumos' kmem_magtype
 * @rounds: mt_magsize
 * @min_size: mt_minbuf: caches of larger objects begin here
 * @max_size: mt_maxbuf: those of smaller objects go on from here
 */
struct kmem_step {
	u32 rounds;
	u32 min_size;
	u32 max_size;
};

static const struct kmem_step kmem_steps[] = {
	{ 1, 3200, 65536 }, { 3, 256, 32768 }, { 7, 64, 16384 },
	{ 15, 0, 8192 },    { 31, 0, 4096 },   { 47, 0, 2048 },
	{ 63, 0, 1024 },    { 95, 0, 512 },    { 143, 0, 0 },
};

static struct mag_policy bonwick_policy(u32 size, u32 slab_bytes)
{
	const struct kmem_step *first = kmem_steps, *last;

	while (size <= first->min_size)
		first++;
	last = first;
	while (size < last->max_size)
		last++;

	return (struct mag_policy){
		.magazines = 2,
		.magazine_rounds = first->rounds,
		.magazine_max = last->rounds,
		.depot_max = MAG_KNOB_NO_LIMIT,
		.empty_max = 0,
		.resize_rule = MAG_RESIZE_INTERVAL,
		.resize_threshold = KMEM_DEPOT_CONTENTION,
		.remote_rule = MAG_REMOTE_IGNORE,
		.reap_rule = MAG_REAP_WORKING_SET,
		.reap_interval_ms = KMEM_REAP_INTERVAL_MS,
	};
}

/*
 * struct uma_step - a size of buckets in FreeBSD's bucket_zones
 * @rounds: ubz_entries
 * @max_size: ubz_maxsize: of objects that begin with it
 */
struct uma_step {
	u32 rounds;
	u32 max_size;
};

static const struct uma_step uma_steps[] = {
	{ 2, 4096 },
	{ 4, 3072 },
	{ 8, 2048 },
	{ 16, 1024 },
	{ 32 - UMA_BUCKET_HEAD, 512 },
	{ 64 - UMA_BUCKET_HEAD, 256 },
	{ 128 - UMA_BUCKET_HEAD, 128 },
	{ 256 - UMA_BUCKET_HEAD, 64 },
};

static u32 uma_rounds(u32 size)
{
	u32 i;

	if (size > uma_steps[0].max_size)
		return max(uma_steps[0].max_size * uma_steps[0].rounds / size,
			   1U);
	for (i = ARRAY_SIZE(uma_steps) - 1; size > uma_steps[i].max_size;)
		i--;
	return uma_steps[i].rounds;
}

static struct mag_policy uma_policy(u32 size, u32 slab_bytes)
{
	return (struct mag_policy){
		.magazines = 2,
		.magazine_rounds = uma_rounds(size),
		.magazine_max = UMA_BUCKET_MAX,
		.depot_max = MAG_KNOB_NO_LIMIT,
		.empty_max = MAG_KNOB_NO_LIMIT,
		.resize_rule = MAG_RESIZE_EVENT,
		.resize_threshold = 0,
		.remote_rule = MAG_REMOTE_AWAY,
		.reap_rule = MAG_REAP_WORKING_SET,
		.reap_interval_ms = UMA_TIMEOUT_MS,
	};
}

/* calculate_sheaf_capacity(): so many and the head make a kmalloc bucket. */
static u32 sheaf_capacity(u32 size)
{
	u32 bytes = 512;

	if (size >= PAGE_SIZE)
		bytes = 64;
	else if (size >= 1024)
		bytes = 128;
	else if (size >= 256)
		bytes = 256;
	return (bytes - SLUB_SHEAF_HEAD) / sizeof(void *);
}

static struct mag_policy sheaves_policy(u32 size, u32 slab_bytes)
{
	u32 rounds = sheaf_capacity(size);

	return (struct mag_policy){
		.magazines = 2,
		.magazine_rounds = rounds,
		.magazine_max = rounds,
		.depot_max = SLUB_MAX_FULL_SHEAVES,
		.empty_max = SLUB_MIN_PARTIAL,
		.resize_rule = MAG_RESIZE_NEVER,
		.resize_threshold = 0,
		.remote_rule = MAG_REMOTE_SLAB,
		.reap_rule = MAG_REAP_NEVER,
		.reap_interval_ms = MAGSLAB_INTERVAL_MS,
	};
}

/*
 * A core's cache is as large as the pool's creator says, up to the maximum and
 * to two thirds of the pool.  A cache of ours has no size of which to take two
 * thirds; a limit in bytes stands for it.
 */
static struct mag_policy dpdk_policy(u32 size, u32 slab_bytes)
{
	/* With pages of 64 KiB an object may be larger than all of that. */
	u32 rounds =
		clamp_t(u32, DPDK_CACHE_BYTES / size, 1, DPDK_CACHE_MAX_SIZE);

	return (struct mag_policy){
		.magazines = 1,
		.magazine_rounds = rounds,
		.magazine_max = rounds,
		.depot_max = MAG_KNOB_NO_LIMIT,
		.empty_max = MAG_KNOB_NO_LIMIT,
		.resize_rule = MAG_RESIZE_NEVER,
		.resize_threshold = 0,
		.remote_rule = MAG_REMOTE_IGNORE,
		.reap_rule = MAG_REAP_NEVER,
		.reap_interval_ms = MAGSLAB_INTERVAL_MS,
	};
}

static const struct preset {
	const char *name;
	struct mag_policy (*policy)(u32 size, u32 slab_bytes);
} presets[MAG_NR_PRESETS] = {
	[MAG_PRESET_MAGSLAB] = { "magslab", magslab_policy },
	[MAG_PRESET_BONWICK] = { "bonwick", bonwick_policy },
	[MAG_PRESET_UMA] = { "uma", uma_policy },
	[MAG_PRESET_SHEAVES] = { "sheaves", sheaves_policy },
	[MAG_PRESET_DPDK] = { "dpdk", dpdk_policy },
};

/**
 * mag_preset_name() - the name of a preset
 * @preset: below MAG_NR_PRESETS
 *
 * Context: any.
 * Return: as a user types it.
 */
const char *mag_preset_name(enum mag_preset preset)
{
	return presets[preset].name;
}
EXPORT_SYMBOL_GPL(mag_preset_name);

/**
 * mag_preset_find() - the preset of a name
 * @name: the name; white space about it is ignored
 *
 * Context: any.
 * Return: enum mag_preset, or -EINVAL.
 */
int mag_preset_find(const char *name)
{
	int preset;

	for (preset = 0; preset < MAG_NR_PRESETS; preset++)
		if (sysfs_streq(name, presets[preset].name))
			return preset;
	return -EINVAL;
}
EXPORT_SYMBOL_GPL(mag_preset_find);

/**
 * mag_preset_policy() - what a preset makes of a size
 * @preset: below MAG_NR_PRESETS
 * @size: of an object in its slab, bytes
 * @slab_bytes: of a slab
 *
 * Context: any.
 * Return: a policy within the bounds of all knobs.
 */
struct mag_policy mag_preset_policy(enum mag_preset preset, u32 size,
				    u32 slab_bytes)
{
	return presets[preset].policy(size, slab_bytes);
}
EXPORT_SYMBOL_GPL(mag_preset_policy);
