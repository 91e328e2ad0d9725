// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kinds of caches: sizes on both sides of each rule of the allocator's, and
 * each flag.
 */
#include "torture.h"

/* Constructors less destructors that ran, of all caches. */
atomic_long_t torture_made = ATOMIC_LONG_INIT(0);

static void destruct(void *obj, u32 size)
{
	static const struct torture_spec nameless = { .name = "destructor" };
	static const struct torture_cache any = { .spec = &nameless };

	atomic_long_dec(&torture_made);
	if (!torture_constructed(obj, size))
		torture_fail(
			&any,
			"an object of %u bytes is not in constructed state: %*ph",
			size, (int)min_t(u32, size, 32), obj);
}

/* A constructor is not told the size. */
#define CONSTRUCTOR(bytes)                       \
	static void construct_##bytes(void *obj) \
	{                                        \
		atomic_long_inc(&torture_made);  \
		torture_construct(obj, bytes);   \
	}                                        \
	static void destruct_##bytes(void *obj)  \
	{                                        \
		destruct(obj, bytes);            \
	}

CONSTRUCTOR(64)
CONSTRUCTOR(152)
CONSTRUCTOR(192)
CONSTRUCTOR(300)
CONSTRUCTOR(1024)
CONSTRUCTOR(9000)

#define CONSTRUCTED(bytes) \
	.size = (bytes), .ctor = construct_##bytes, .dtor = destruct_##bytes

const struct torture_spec torture_specs[NR_SPECS] = {
	{ .name = "torture_8", .size = 8 },
	{ .name = "torture_24", .size = 24 },
	{ .name = "torture_72", .size = 72, .one_node = true },
	{ .name = "torture_128_rcu", .size = 128, .rcu_only = true },
	{ .name = "torture_256", .size = 256 },
	{ .name = "torture_520_aligned", .size = 520, .align = 64 },
	{ .name = "torture_2000", .size = 2000, .flags = MAG_CACHE_NO_COLOUR },
	{ .name = "torture_4096", .size = 4096, .align = 4096 },
	{ .name = "torture_5000_rcu", .size = 5000, .rcu_only = true },
	{ .name = "torture_65536", .size = 65536 },
	{ .name = "torture_ctor_64", CONSTRUCTED(64) },
	{ .name = "torture_ctor_1024", CONSTRUCTED(1024), .one_node = true },
	{ .name = "torture_typesafe_192",
	  CONSTRUCTED(192),
	  .flags = MAG_CACHE_TYPESAFE_BY_RCU },
	{ .name = "torture_typesafe_9000",
	  CONSTRUCTED(9000),
	  .flags = MAG_CACHE_TYPESAFE_BY_RCU },
	{ .name = "torture_debug_136", .size = 136, .flags = MAG_CACHE_DEBUG },
	{ .name = "torture_debug_5000", .size = 5000, .flags = MAG_CACHE_DEBUG },
	{ .name = "torture_redzone_700",
	  .size = 700,
	  .align = 32,
	  .flags = MAG_CACHE_REDZONE,
	  .rcu_only = true },
	{ .name = "torture_poison_96", .size = 96, .flags = MAG_CACHE_POISON },
	{ .name = "torture_check_300",
	  CONSTRUCTED(300),
	  .flags = MAG_CACHE_CHECK | MAG_CACHE_TRACK },
	{ .name = "torture_typesafe_152",
	  CONSTRUCTED(152),
	  .flags = MAG_CACHE_TYPESAFE_BY_RCU | MAG_CACHE_CHECK |
		   MAG_CACHE_REDZONE },
	{ .name = "torture_kmalloc" },
};
