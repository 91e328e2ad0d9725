/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The knobs of a cache by name, the presets, and the defaults that caches begin
 * with.  struct mag_policy holds their values, see mag_cache.h.  kernel-doc
 * stands with the definitions.
 */
#ifndef MAGSLAB_ALLOCATOR_KNOB_H
#define MAGSLAB_ALLOCATOR_KNOB_H

#include <linux/types.h>

struct mag_cache;
struct mag_policy;

/**
 * struct mag_knob - one value of struct mag_policy
 * @name: as a user types it
 * @offset: in struct mag_policy
 * @least: of a number
 * @most: of a number; of a rule, its last value
 * @rule: the names of a rule's values, from 0; NULL for a number
 */
struct mag_knob {
	const char *name;
	u32 offset;
	u32 least;
	u32 most;
	const char *const *rule;
};

#define MAG_NR_KNOBS	  11

/* Of magazines, or of slabs, on a node: as good as no limit. */
#define MAG_KNOB_NO_LIMIT 1048576U

/* The longest that mag_knob_format() and mag_knob_range() write, and a NUL. */
#define MAG_KNOB_TEXT	  64

/* The longest list of names for the debug default. */
#define MAG_DEBUG_GLOBS	  128

extern const struct mag_knob mag_knobs[MAG_NR_KNOBS];

/**
 * enum mag_preset - a rule that makes a policy from the size of objects
 * @MAG_PRESET_MAGSLAB: magslab's own
 * @MAG_PRESET_BONWICK: illumos' kmem
 * @MAG_PRESET_UMA: FreeBSD's UMA
 * @MAG_PRESET_SHEAVES: SLUB's sheaves and barns
 * @MAG_PRESET_DPDK: DPDK's mempool
 *
 * Documentation/debugfs.rst says where their constants stand.
 */
enum mag_preset {
	MAG_PRESET_MAGSLAB,
	MAG_PRESET_BONWICK,
	MAG_PRESET_UMA,
	MAG_PRESET_SHEAVES,
	MAG_PRESET_DPDK,
	MAG_NR_PRESETS
};

const struct mag_knob *mag_knob_find(const char *name);
int mag_knob_parse(const struct mag_knob *knob, const char *text, u32 *value);
int mag_knob_format(const struct mag_knob *knob, u32 value, char *text);
int mag_knob_range(const struct mag_knob *knob, char *text);

u32 mag_cache_get_knob(const struct mag_cache *cache,
		       const struct mag_knob *knob);
int mag_cache_set_knob(struct mag_cache *cache, const struct mag_knob *knob,
		       u32 value);
void mag_cache_get_policy(const struct mag_cache *cache,
			  struct mag_policy *policy);
int mag_cache_set_policy(struct mag_cache *cache,
			 const struct mag_policy *policy);

const char *mag_preset_name(enum mag_preset preset);
int mag_preset_find(const char *name);
struct mag_policy mag_preset_policy(enum mag_preset preset, u32 size,
				    u32 slab_bytes);
void mag_cache_set_preset(struct mag_cache *cache, enum mag_preset preset);
int mag_cache_get_preset(const struct mag_cache *cache);

enum mag_preset mag_default_get_preset(void);
void mag_default_set_preset(enum mag_preset preset);
bool mag_default_get_knob(const struct mag_knob *knob, u32 *value);
int mag_default_set_knob(const struct mag_knob *knob, u32 value);
void mag_default_clear_knob(const struct mag_knob *knob);

int mag_debug_default_set(const char *text);
void mag_debug_default_get(char *text, size_t size);
void mag_debug_format(u32 flags, char *text);
u32 mag_cache_debug_flags(const struct mag_cache *cache);

#endif /* MAGSLAB_ALLOCATOR_KNOB_H */
