// SPDX-License-Identifier: GPL-2.0-only
/*
 * Turning the knobs of a cache, while loads run.
 */
#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/stddef.h>
#include <linux/string.h>

#include "internal.h"

static_assert(sizeof(struct mag_policy) == MAG_NR_KNOBS * sizeof(u32),
	      "each value of the policy has a knob");

/* Who turns knobs, one at a time; who follows them does not ask. */
static DEFINE_MUTEX(knob_lock);

static void knob_write(struct mag_cache *cache, const struct mag_knob *knob,
		       u32 value)
{
	lockdep_assert_held(&knob_lock);
	WRITE_ONCE(*mag_knob_value(&cache->policy, knob), value);
}

/*
 * Magazines that are made now are of a size that the policy allows, the one to
 * begin with if @restart; and the next reaping is when it says.
 */
static void knob_settle(struct mag_cache *cache, bool restart)
{
	lockdep_assert_held(&knob_lock);
	mag_policy_settle(cache, restart);
	mag_reap_rearm(cache);
}

/**
 * mag_cache_get_knob() - read a knob of a cache
 * @cache: the cache
 * @knob: the knob
 *
 * Context: any.
 * Return: its value.
 */
u32 mag_cache_get_knob(const struct mag_cache *cache,
		       const struct mag_knob *knob)
{
	return READ_ONCE(
		*(const u32 *)((const void *)&cache->policy + knob->offset));
}
EXPORT_SYMBOL_GPL(mag_cache_get_knob);

/**
 * mag_cache_set_knob() - set a knob of a cache
 * @cache: the cache; loads may run
 * @knob: the knob
 * @value: its value
 *
 * A new magazine_rounds makes magazines begin anew with that size.  Magazines
 * of other sizes serve on until they are empty in the depot's hands.
 *
 * Context: task, may sleep.
 * Return: 0, or -ERANGE if @value is out of the knob's bounds.
 */
int mag_cache_set_knob(struct mag_cache *cache, const struct mag_knob *knob,
		       u32 value)
{
	bool restart = knob->offset ==
		       offsetof(struct mag_policy, magazine_rounds);

	if (!mag_knob_allows(knob, value))
		return -ERANGE;
	mutex_lock(&knob_lock);
	knob_write(cache, knob, value);
	knob_settle(cache, restart);
	mutex_unlock(&knob_lock);
	return 0;
}
EXPORT_SYMBOL_GPL(mag_cache_set_knob);

/**
 * mag_cache_get_policy() - read all knobs of a cache
 * @cache: the cache
 * @policy: filled in
 *
 * Context: task, may sleep.
 */
void mag_cache_get_policy(const struct mag_cache *cache,
			  struct mag_policy *policy)
{
	mutex_lock(&knob_lock);
	*policy = cache->policy;
	mutex_unlock(&knob_lock);
}
EXPORT_SYMBOL_GPL(mag_cache_get_policy);

/**
 * mag_cache_set_policy() - set all knobs of a cache
 * @cache: the cache; loads may run, and see the knobs change one by one
 * @policy: the values
 *
 * Context: task, may sleep.
 * Return: 0, or -ERANGE if a value is out of its bounds, and then nothing was
 *	changed.
 */
int mag_cache_set_policy(struct mag_cache *cache,
			 const struct mag_policy *policy)
{
	struct mag_policy wanted = *policy;
	u32 i;

	for (i = 0; i < MAG_NR_KNOBS; i++)
		if (!mag_knob_allows(&mag_knobs[i],
				     *mag_knob_value(&wanted, &mag_knobs[i])))
			return -ERANGE;

	mutex_lock(&knob_lock);
	for (i = 0; i < MAG_NR_KNOBS; i++)
		knob_write(cache, &mag_knobs[i],
			   *mag_knob_value(&wanted, &mag_knobs[i]));
	knob_settle(cache, true);
	mutex_unlock(&knob_lock);
	return 0;
}
EXPORT_SYMBOL_GPL(mag_cache_set_policy);

static struct mag_policy cache_preset(const struct mag_cache *cache,
				      enum mag_preset preset)
{
	u32 pages = cache->layout[MAG_LAYOUT_BEST].pages;

	return mag_preset_policy(preset, cache->size, PAGE_SIZE * pages);
}

/**
 * mag_cache_set_preset() - set all knobs of a cache by a preset
 * @cache: the cache; loads may run
 * @preset: below MAG_NR_PRESETS
 *
 * Context: task, may sleep.
 */
void mag_cache_set_preset(struct mag_cache *cache, enum mag_preset preset)
{
	struct mag_policy policy = cache_preset(cache, preset);

	WARN_ON_ONCE(mag_cache_set_policy(cache, &policy));
}
EXPORT_SYMBOL_GPL(mag_cache_set_preset);

/**
 * mag_cache_get_preset() - the preset that a cache's knobs are like
 * @cache: the cache
 *
 * Context: task, may sleep.
 * Return: enum mag_preset, or -ENOENT if they are like none.
 */
int mag_cache_get_preset(const struct mag_cache *cache)
{
	struct mag_policy policy, other;
	int preset;

	mag_cache_get_policy(cache, &policy);
	for (preset = 0; preset < MAG_NR_PRESETS; preset++) {
		other = cache_preset(cache, preset);
		if (!memcmp(&policy, &other, sizeof(policy)))
			return preset;
	}
	return -ENOENT;
}
EXPORT_SYMBOL_GPL(mag_cache_get_preset);
