// SPDX-License-Identifier: GPL-2.0-only
/*
 * Telling a counter of instructions from one of time: two stretches of code of
 * one length, one that a processor runs several instructions at a time and one
 * where each waits for the one before, take the same ticks by that length only
 * where these count instructions.
 */
#include <linux/types.h>

#include "ticks.h"

#define MAG_TICKS_INSNS 1000 /* in a stretch */
#define MAG_TICKS_SLACK 10 /* the readings themselves */
#define MAG_TICKS_TRIES 20 /* of which an interrupt does not hit all */

#ifdef __x86_64__
static __u64 mag_ticks_read(void)
{
	__u32 low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
	return (__u64)high << 32 | low;
}

static __u64 mag_ticks_independent(void)
{
	__u64 start = mag_ticks_read();

	__asm__ volatile(".rept %c0\n\tnop\n\t.endr" : : "i"(MAG_TICKS_INSNS));
	return mag_ticks_read() - start;
}

static __u64 mag_ticks_dependent(void)
{
	__u64 start = mag_ticks_read();
	unsigned long chain = start;

	__asm__ volatile(".rept %c1\n\timul %0, %0\n\t.endr"
			 : "+r"(chain)
			 : "i"(MAG_TICKS_INSNS)
			 : "cc");
	return mag_ticks_read() - start;
}

static bool mag_ticks_fit(__u64 (*stretch)(void))
{
	for (int i = 0; i < MAG_TICKS_TRIES; i++) {
		__u64 ticks = stretch();

		if (ticks >= MAG_TICKS_INSNS &&
		    ticks <= MAG_TICKS_INSNS + MAG_TICKS_SLACK)
			return true;
	}
	return false;
}

bool mag_ticks_are_insns(void)
{
	return mag_ticks_fit(mag_ticks_independent) &&
	       mag_ticks_fit(mag_ticks_dependent);
}
#else
bool mag_ticks_are_insns(void)
{
	return false;
}
#endif
