/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The very caches that a backend draws on, as they are while its run is held:
 * how SLUB's are debugged and whether they have sheaves, from /sys/kernel/slab,
 * and what the magazine's knobs are, from its files in debugfs.
 */
#ifndef MAGCTL_SLABSTATE_H
#define MAGCTL_SLABSTATE_H

#include <stdbool.h>
#include <linux/types.h>

#include "sysfile.h"

/* Of the caches of kmalloc(), which take part in no run to be known. */
#define MAG_SLAB_KMALLOC_PREFIX "kmalloc-"

enum mag_slab_kind {
	MAG_SLAB_NONE, /* the backend has no cache */
	MAG_SLAB_SLUB,
	MAG_SLAB_MAGAZINE,
};

/**
 * struct mag_slab_knob - a knob of a magazine cache
 * @name: of its file in debugfs, e.g. "preset"
 * @value: what it says
 */
struct mag_slab_knob {
	char *name;
	char *value;
};

/**
 * struct mag_slab_cache - one cache
 * @name: its own
 * @debug: letters, of slab_debug= for SLUB's, of debug= for magslab's; "": none
 * @failslab: SLUB: allocations may be made to fail
 * @sheaf_capacity: SLUB: objects in a sheaf; 0 without sheaves
 * @object_size: SLUB: bytes asked for
 * @slab_size: SLUB: bytes an object takes
 * @aliases: SLUB: further caches that are this one
 * @knobs: magazine: in the order of their names
 * @nr_knobs: their number
 */
struct mag_slab_cache {
	char *name;
	char *debug;
	bool failslab;
	__u64 sheaf_capacity;
	__u64 object_size;
	__u64 slab_size;
	__u64 aliases;
	struct mag_slab_knob *knobs;
	size_t nr_knobs;
};

/**
 * struct mag_slab_state - those of one backend
 * @kind: whose caches they are
 * @known: they could be read
 * @cache: the caches, in the order of their names
 * @nr: their number
 * @before: magazine: caches that were there already, and are others'
 */
struct mag_slab_state {
	enum mag_slab_kind kind;
	bool known;
	struct mag_slab_cache *cache;
	size_t nr;
	struct mag_sys_names before;
};

/**
 * mag_slab_state_begin() - before a run is started
 * @state: where it goes, zeroed or of an earlier run; to be freed
 * @backend: its name
 * @prefix: of its caches in /proc/slabinfo, "" if it has none there
 */
void mag_slab_state_begin(struct mag_slab_state *state, const char *backend,
			  const char *prefix);
/* Looks at the backend's caches while the run holds them; @prefix as before. */
void mag_slab_state_read(struct mag_slab_state *state, const char *prefix);
/* Leaves it zeroed. */
void mag_slab_state_free(struct mag_slab_state *state);

/* Caches with debugging on; @first, if not NULL: the first of them. */
size_t mag_slab_state_debugged(const struct mag_slab_state *state,
			       const struct mag_slab_cache **first);
/* Whether a cache of SLUB's has sheaves. */
bool mag_slab_state_sheaves(const struct mag_slab_state *state);
/* A knob's value, or NULL. */
const char *mag_slab_knob(const struct mag_slab_cache *cache, const char *name);

#endif /* MAGCTL_SLABSTATE_H */
