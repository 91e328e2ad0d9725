// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is written into objects, over their whole size.
 *
 * A live object is stamped: the first word is its key, the cache, the CPU, the
 * actor and its serial number, and all others are computed from the key, so that
 * each is a checksum of it.  The key's last bit is set before the object is freed:
 * not in its first bytes, where a free object has its link.  So an object that is
 * handed out and has a whole stamp without that bit has an owner already.
 *
 * An object in constructed state has words computed from its address.  In a cache
 * that is MAG_CACHE_TYPESAFE_BY_RCU, the second word keeps them also while the object
 * is live: that is its type, which readers find whether it is free or not.
 *
 * The last 16 bytes of an object may be an rcu_head, which the allocator writes to.
 * They are no part of its constructed state, nor of what readers look at.
 */
#include <linux/align.h>
#include <linux/minmax.h>
#include <linux/smp.h>
#include <linux/string.h>

#include "torture.h"

#define WORD	  sizeof(u64)
#define TYPE_WORD 1 /* of a TYPESAFE object */
#define DYING	  BIT_ULL(63)

static u32 key_cache(u64 key)
{
	return key >> 57 & 0x3f;
}

static u32 key_cpu(u64 key)
{
	return key >> 49 & 0xff;
}

static u32 key_actor(u64 key)
{
	return key >> 39 & 0x3ff;
}

static u64 mix(u64 x)
{
	x *= 0x9e3779b97f4a7c15ULL;
	return x ^ (x >> 29);
}

static u64 stamp_word(u64 key, u32 i)
{
	return i ? mix(key + i) : key;
}

static u64 constructed_word(const void *obj, u32 i)
{
	return mix((unsigned long)obj + i) ^ 0x5bd1e995u;
}

static bool keeps_type(const struct torture_cache *tc)
{
	return tc->spec->flags & MAG_CACHE_TYPESAFE_BY_RCU;
}

/**
 * torture_rcu_offset() - where an object's rcu_head is
 * @size: of the object, at least 16
 *
 * Context: any.
 * Return: bytes from its start.
 */
u32 torture_rcu_offset(u32 size)
{
	return ALIGN_DOWN(size - (u32)sizeof(struct rcu_head), (u32)WORD);
}

/**
 * torture_has_rcu() - whether objects have room for an rcu_head beside their key
 * @tc: their cache
 *
 * Context: any.
 */
bool torture_has_rcu(const struct torture_cache *tc)
{
	return tc->cache && tc->spec->size >= 4 * WORD;
}

/* Bytes of a constructed object that are its state. */
static u32 constructed_bytes(u32 size)
{
	return size >= 4 * WORD ? torture_rcu_offset(size) : size;
}

/* Readers may look at the type meanwhile, which is there already. */
static void construct_but(void *obj, u32 size, u32 but)
{
	u32 i, bytes = constructed_bytes(size);
	u64 word;

	for (i = 0; i * WORD < bytes; i++) {
		if (i == but)
			continue;
		word = constructed_word(obj, i);
		memcpy(obj + i * WORD, &word,
		       min_t(u32, WORD, bytes - i * WORD));
	}
}

/**
 * torture_construct() - bring an object into constructed state
 * @obj: the object
 * @size: of it
 *
 * Context: any.
 */
void torture_construct(void *obj, u32 size)
{
	construct_but(obj, size, U32_MAX);
}

/**
 * torture_constructed() - whether an object is in constructed state
 * @obj: the object
 * @size: of it
 *
 * Context: any.
 */
bool torture_constructed(const void *obj, u32 size)
{
	u32 i, bytes = constructed_bytes(size);
	u64 word;

	for (i = 0; i * WORD < bytes; i++) {
		word = constructed_word(obj, i);
		if (memcmp(obj + i * WORD, &word,
			   min_t(u32, WORD, bytes - i * WORD)))
			return false;
	}
	return true;
}

/**
 * torture_key() - a key that no other object has
 * @actor: who will stamp the object
 * @tc: its cache
 *
 * Context: any; nobody else is @actor.
 * Return: from bit 57 on the cache, from 49 the CPU, from 39 the actor, from 0 its
 *	serial number.
 */
u64 torture_key(struct torture_actor *actor, const struct torture_cache *tc)
{
	u64 serial = ++actor->serial & (BIT_ULL(39) - 1);

	return (u64)tc->id << 57 | (u64)(raw_smp_processor_id() & 0xff) << 49 |
	       (u64)(actor->id & 0x3ff) << 39 | serial;
}

/**
 * torture_stamp() - write an object's stamp
 * @tc: its cache
 * @item: the object
 *
 * Context: any; the object is the caller's.
 */
void torture_stamp(const struct torture_cache *tc,
		   const struct torture_item *item)
{
	u64 word;
	u32 i;

	for (i = 0; i * WORD < item->size; i++) {
		if (i == TYPE_WORD && keeps_type(tc))
			continue;
		word = stamp_word(item->key, i);
		memcpy(item->obj + i * WORD, &word,
		       min_t(u32, WORD, item->size - i * WORD));
	}
}

static void report_stamp(const struct torture_cache *tc,
			 const struct torture_item *item, u32 i)
{
	u64 found = 0, first = 0;

	memcpy(&found, item->obj + i * WORD,
	       min_t(u32, WORD, item->size - i * WORD));
	memcpy(&first, item->obj, min_t(u32, WORD, item->size));
	torture_fail(
		tc,
		"a live object of %u bytes has a wrong stamp at %zu: %016llx, expected %016llx; key %016llx, found %016llx; actor %u stamped it on cpu %u",
		item->size, i * WORD, found, stamp_word(item->key, i),
		item->key, first, key_actor(item->key), key_cpu(item->key));
}

/**
 * torture_check() - compare an object with its stamp
 * @tc: its cache
 * @item: the object
 * @size: how many bytes of it
 *
 * Context: any; the object is the caller's.
 * Return: false if they differ, which was reported.
 */
bool torture_check(const struct torture_cache *tc,
		   const struct torture_item *item, u32 size)
{
	u64 word;
	u32 i;

	for (i = 0; i * WORD < size; i++) {
		word = stamp_word(item->key, i);
		if (i == TYPE_WORD && keeps_type(tc))
			word = constructed_word(item->obj, i);
		if (!memcmp(item->obj + i * WORD, &word,
			    min_t(u32, WORD, size - i * WORD)))
			continue;
		report_stamp(tc, item, i);
		return false;
	}
	return true;
}

/* An object that is handed out should have no owner. */
static void check_ownerless(const struct torture_cache *tc, const u64 *obj,
			    u32 size)
{
	if (size < 2 * WORD || obj[0] & DYING || key_cache(obj[0]) != tc->id ||
	    obj[1] != stamp_word(obj[0], 1))
		return;
	torture_fail(
		tc,
		"an object of %u bytes is handed out twice: its owner's key is %016llx, of actor %u on cpu %u",
		size, obj[0], key_actor(obj[0]), key_cpu(obj[0]));
}

static bool must_be_zero(const struct torture_cache *tc, gfp_t gfp)
{
	return !tc->spec->ctor && want_init_on_alloc(gfp);
}

/**
 * torture_check_new() - look at an object that was just handed out
 * @tc: its cache
 * @obj: the object
 * @size: bytes that were asked for
 * @gfp: how
 *
 * Context: any.
 */
void torture_check_new(const struct torture_cache *tc, void *obj, u32 size,
		       gfp_t gfp)
{
	u32 align = tc->spec->align ?: WORD;

	if (!IS_ALIGNED((unsigned long)obj, align))
		torture_fail(
			tc,
			"an object is not aligned to %u bytes, but %lu past that",
			align, (unsigned long)obj % align);
	if (tc->spec->ctor) {
		if (!torture_constructed(obj, size))
			torture_fail(
				tc,
				"an object is handed out that is not in constructed state: %*ph",
				(int)min_t(u32, size, 32), obj);
	} else if (must_be_zero(tc, gfp)) {
		if (memchr_inv(obj, 0, size))
			torture_fail(tc, "an object is not zero: gfp %x: %*ph",
				     (__force u32)gfp,
				     (int)min_t(u32, size, 32), obj);
	} else {
		check_ownerless(tc, obj, size);
	}
}

/**
 * torture_retire() - make an object ready to be freed
 * @tc: its cache
 * @item: the object
 *
 * Context: any; the object is the caller's, but for readers.
 */
void torture_retire(const struct torture_cache *tc,
		    const struct torture_item *item)
{
	u64 *first = item->obj;

	if (tc->spec->ctor)
		construct_but(item->obj, item->size,
			      keeps_type(tc) ? TYPE_WORD : U32_MAX);
	else if (item->size >= WORD)
		WRITE_ONCE(*first, item->key | DYING);
}

/**
 * torture_revive() - undo torture_retire() of an object without a constructor
 * @item: the object
 * @size: bytes of it that are left
 *
 * Context: any; the object is the caller's.
 */
void torture_revive(const struct torture_item *item, u32 size)
{
	if (item->size >= WORD)
		memcpy(item->obj, &item->key, min_t(u32, WORD, size));
}

static void look_at_type(const struct torture_cache *tc, const u64 *obj)
{
	u64 type = READ_ONCE(obj[TYPE_WORD]);

	if (type != constructed_word(obj, TYPE_WORD))
		torture_fail(
			tc,
			"a reader finds an object of another type: %016llx, expected %016llx",
			type, constructed_word(obj, TYPE_WORD));
}

static void look_at_stamp(const struct torture_cache *tc, const u64 *obj,
			  u64 key)
{
	u32 i, words = torture_rcu_offset(tc->spec->size) / WORD;

	if ((READ_ONCE(obj[0]) & ~DYING) != key) {
		torture_fail(
			tc,
			"a reader finds an object reused within its grace period: key %016llx, now %016llx",
			key, READ_ONCE(obj[0]));
		return;
	}
	for (i = 1; i < words; i++) {
		if (READ_ONCE(obj[i]) == stamp_word(key, i))
			continue;
		torture_fail(
			tc,
			"a reader finds an object changed at %zu within its grace period: %016llx, expected %016llx, key %016llx",
			i * WORD, READ_ONCE(obj[i]), stamp_word(key, i), key);
		return;
	}
}

/**
 * torture_find() - find an object as a reader
 * @tc: its cache, which torture_has_readers()
 * @obj: the object, live a moment ago
 *
 * Context: any, under rcu_read_lock().
 * Return: the object's key, which readers of a TYPESAFE cache have no use for.
 */
u64 torture_find(const struct torture_cache *tc, const void *obj)
{
	u64 key = READ_ONCE(*(const u64 *)obj) & ~DYING;

	if (!keeps_type(tc) && key_cache(key) != tc->id)
		torture_fail(
			tc,
			"a reader finds an object without a stamp: key %016llx",
			key);
	return key;
}

/**
 * torture_look() - look at an object as a reader
 * @tc: its cache
 * @obj: the object
 * @key: of torture_find()
 *
 * Context: any, under the rcu_read_lock() under which it was found.
 */
void torture_look(const struct torture_cache *tc, const void *obj, u64 key)
{
	if (keeps_type(tc))
		look_at_type(tc, obj);
	else
		look_at_stamp(tc, obj, key);
}
