/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Debugged caches, for the files that know of them: debug_object.c, below the
 * slab layer, and debug.c, above it.
 */
#ifndef MAGSLAB_ALLOCATOR_DEBUG_H
#define MAGSLAB_ALLOCATOR_DEBUG_H

#include "internal.h"

/**
 * enum mag_object_state - where an object of a debugged cache is
 * @MAG_OBJECT_FREE: in its slab, or on the way there
 * @MAG_OBJECT_LIVE: with its user
 * @MAG_OBJECT_BUSY: its user is freeing it
 * @MAG_OBJECT_WAITING: its user has freed it, and a grace period must end first
 * @MAG_OBJECT_SUSPECT: its state was damaged, which was reported; whoever
 *	takes it from its slab, or frees it, condemns it
 * @MAG_OBJECT_CONDEMNED: something was wrong with it, which was reported; it is
 *	not handed out any more
 *
 * Values that memory does not hold by chance.
 */
enum mag_object_state {
	MAG_OBJECT_FREE = 0x6d616701,
	MAG_OBJECT_LIVE = 0x6d616702,
	MAG_OBJECT_BUSY = 0x6d616703,
	MAG_OBJECT_SUSPECT = 0x6d616704,
	MAG_OBJECT_CONDEMNED = 0x6d616705,
	MAG_OBJECT_WAITING = 0x6d616706,
};

enum mag_track_kind {
	MAG_TRACK_ALLOC,
	MAG_TRACK_FREE,
	MAG_NR_TRACKS
};

/* debug_object.c: any context but NMI */

/* Sets the size of an object with all that surrounds it.  @align: a power of two. */
void mag_debug_layout(struct mag_cache *cache, u32 align);
/* An object of a new slab, before its constructor. */
void mag_object_init(const struct mag_cache *cache, void *obj);

enum mag_object_state mag_object_get_state(const struct mag_cache *cache,
					   void *obj);
void mag_object_set_state(const struct mag_cache *cache, void *obj,
			  enum mag_object_state state);
/* From @old to @new; returns what it was, and if that is not @old, still is. */
enum mag_object_state mag_object_change_state(const struct mag_cache *cache,
					      void *obj,
					      enum mag_object_state old,
					      enum mag_object_state new);
/* Fills the redzones, if there are any. */
void mag_object_paint(const struct mag_cache *cache, void *obj, u8 redzone);
void mag_object_poison(const struct mag_cache *cache, void *obj);
void mag_object_track(const struct mag_cache *cache, void *obj,
		      enum mag_track_kind kind);

/* The first thing wrong with the bytes of @obj. */
bool mag_object_find_bug(const struct mag_cache *cache, void *obj, bool live,
			 enum mag_bug *bug);
/* Says and counts it; the object is the caller's to condemn. */
void mag_object_report(struct mag_cache *cache, enum mag_bug bug, void *obj);
/* Its parts. */
void mag_bug_report_head(struct mag_cache *cache, enum mag_bug bug,
			 void *where);
/* That @obj is no object of @cache, but of what @owner points to, if to a cache. */
void mag_bug_report_pointer(struct mag_cache *cache, void *obj,
			    const void *owner);
void mag_object_report_tracks(const struct mag_cache *cache, void *obj);
void mag_object_report_bytes(const struct mag_cache *cache, void *obj);

#endif /* MAGSLAB_ALLOCATOR_DEBUG_H */
