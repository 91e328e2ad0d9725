/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The time-stamp counter, where there is one, by architecture.  Its frequency
 * is the kernel's to know, or else what mag_tsc_measure_khz(), which may sleep,
 * found; 0 where there is none.  mag_tsc_is_stable(): it tells time, at one rate
 * for ever.  mag_tsc_read() is there with MAG_HAS_TSC.
 */
#ifndef MAGSLAB_STRESS_TSC_H
#define MAGSLAB_STRESS_TSC_H

#include <linux/bits.h>
#include <linux/delay.h>
#include <linux/ktime.h>
#include <linux/limits.h>
#include <linux/math64.h>
#include <linux/types.h>

#if defined(CONFIG_X86_TSC) && !defined(CONFIG_UML)
#include <asm/cpufeature.h>
#include <asm/tsc.h>

#define MAG_HAS_TSC
#define mag_tsc_read()	      rdtsc_ordered()
#define mag_tsc_measure_khz() 0
#define mag_tsc_khz(measured) (boot_cpu_has(X86_FEATURE_TSC) ? tsc_khz : 0)
#define mag_tsc_is_stable()   (!check_tsc_unstable())
#elif defined(CONFIG_UML) && defined(__x86_64__)
/*
 * User-Mode Linux does without it, and tells time in steps of 256 ns.  But any
 * process of the host's may read it, and it is good if the processor says
 * that its rate never changes (CPUID 0x80000007, EDX bit 8).
 */
#define MAG_HAS_TSC
#define MAG_TSC_MS	      20 /* to measure it for */
#define MAG_TSC_TRIES	      20 /* of which the host does not disturb all */
#define mag_tsc_khz(measured) (measured)

static __always_inline u64 mag_tsc_read(void)
{
	u32 low, high;

	asm volatile("lfence; rdtsc" : "=a"(low), "=d"(high) : : "memory");
	return (u64)high << 32 | low;
}

static inline u32 mag_cpuid(u32 leaf, u32 *edx)
{
	u32 eax = leaf, ebx, ecx = 0;

	asm volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(*edx));
	return eax;
}

static inline bool mag_tsc_is_stable(void)
{
	u32 edx;

	if (mag_cpuid(0x80000000, &edx) < 0x80000007)
		return false;
	mag_cpuid(0x80000007, &edx);
	return edx & BIT(8);
}

/* The counter now, and the time that came with it in the shortest while. */
static inline u64 mag_tsc_at(u64 *ns)
{
	u64 least = U64_MAX, at = 0;
	int i;

	for (i = 0; i < MAG_TSC_TRIES; i++) {
		u64 before = mag_tsc_read();
		u64 now = ktime_get_ns();
		u64 took = mag_tsc_read() - before;

		if (took < least) {
			least = took;
			at = before + took / 2;
			*ns = now;
		}
	}
	return at;
}

static inline u64 mag_tsc_measure_khz(void)
{
	u64 start_ns, end_ns, start, ticks;

	if (!mag_tsc_is_stable())
		return 0;
	start = mag_tsc_at(&start_ns);
	msleep(MAG_TSC_MS);
	ticks = mag_tsc_at(&end_ns) - start;
	return div64_u64(ticks * NSEC_PER_MSEC, max(end_ns - start_ns, 1ULL));
}
#else
#define mag_tsc_measure_khz() 0
#define mag_tsc_khz(measured) (measured)
#define mag_tsc_is_stable()   false
#endif

#endif /* MAGSLAB_STRESS_TSC_H */
