// SPDX-License-Identifier: GPL-2.0-only
/*
 * What caches to come begin with: a preset, and those knobs that are not left
 * to it.
 */
#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/mutex.h>

#include "internal.h"

static struct {
	enum mag_preset preset;
	u32 own; /* a bit for each of mag_knobs */
	struct mag_policy policy;
} defaults;

/* Protects them. */
static DEFINE_MUTEX(defaults_lock);

static u32 knob_bit(const struct mag_knob *knob)
{
	return BIT(knob - mag_knobs);
}

static void defaults_apply(struct mag_policy *policy,
			   const struct mag_knob *knob)
{
	if (defaults.own & knob_bit(knob))
		*mag_knob_value(policy, knob) =
			*mag_knob_value(&defaults.policy, knob);
}

struct mag_policy mag_policy_default(u32 size, u32 slab_bytes)
{
	struct mag_policy policy;
	u32 i;

	mutex_lock(&defaults_lock);
	policy = mag_preset_policy(defaults.preset, size, slab_bytes);
	for (i = 0; i < MAG_NR_KNOBS; i++)
		defaults_apply(&policy, &mag_knobs[i]);
	mutex_unlock(&defaults_lock);
	return policy;
}

/**
 * mag_default_get_preset() - the preset of caches to come
 *
 * Context: any.
 * Return: enum mag_preset.
 */
enum mag_preset mag_default_get_preset(void)
{
	return READ_ONCE(defaults.preset);
}

/**
 * mag_default_set_preset() - choose the preset of caches to come
 * @preset: below MAG_NR_PRESETS
 *
 * All knobs are left to it again.
 *
 * Context: task, may sleep.
 */
void mag_default_set_preset(enum mag_preset preset)
{
	mutex_lock(&defaults_lock);
	WRITE_ONCE(defaults.preset, preset);
	defaults.own = 0;
	mutex_unlock(&defaults_lock);
}

/**
 * mag_default_get_knob() - what a knob of caches to come will be
 * @knob: the knob
 * @value: filled in, if it is not left to the preset
 *
 * Context: task, may sleep.
 * Return: whether it is not left to the preset.
 */
bool mag_default_get_knob(const struct mag_knob *knob, u32 *value)
{
	bool own;

	mutex_lock(&defaults_lock);
	own = defaults.own & knob_bit(knob);
	if (own)
		*value = *mag_knob_value(&defaults.policy, knob);
	mutex_unlock(&defaults_lock);
	return own;
}

/**
 * mag_default_set_knob() - say what a knob of caches to come will be
 * @knob: the knob
 * @value: its value
 *
 * Context: task, may sleep.
 * Return: 0, or -ERANGE if @value is out of the knob's bounds.
 */
int mag_default_set_knob(const struct mag_knob *knob, u32 value)
{
	if (!mag_knob_allows(knob, value))
		return -ERANGE;
	mutex_lock(&defaults_lock);
	*mag_knob_value(&defaults.policy, knob) = value;
	defaults.own |= knob_bit(knob);
	mutex_unlock(&defaults_lock);
	return 0;
}

/**
 * mag_default_clear_knob() - leave a knob of caches to come to the preset
 * @knob: the knob
 *
 * Context: task, may sleep.
 */
void mag_default_clear_knob(const struct mag_knob *knob)
{
	mutex_lock(&defaults_lock);
	defaults.own &= ~knob_bit(knob);
	mutex_unlock(&defaults_lock);
}
