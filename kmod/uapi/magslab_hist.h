/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * Layout of a histogram: which values share a bucket.  The one owner of this
 * arithmetic, for the kernel that records and for the tools that report.
 *
 * Log-linear, as HdrHistogram's (Gil Tene, hdrhistogram.org): values below
 * 2^11 have a bucket each; above, each power of two is cut in 2^10 equal
 * buckets.  A bucket is thus narrower than 1/1024 of its values: three
 * significant digits.
 */
#ifndef _UAPI_MAGSLAB_HIST_H
#define _UAPI_MAGSLAB_HIST_H

#include <linux/types.h>

#define MAG_HIST_SUB_BITS  11
#define MAG_HIST_HALF_BITS (MAG_HIST_SUB_BITS - 1)
#define MAG_HIST_HALF	   (1U << MAG_HIST_HALF_BITS)

/* In ticks of the clock recorded with. */
#define MAG_HIST_MIN	   1ULL
#define MAG_HIST_MAX	   300000000000ULL /* 60 s at 5 GHz */
#define MAG_HIST_MAX_BITS  39 /* MAG_HIST_MAX < 2^39 */

/* 2^11 unit buckets, then 2^10 for each of the powers 2^11 … 2^38. */
#define MAG_HIST_BUCKETS \
	((MAG_HIST_MAX_BITS - MAG_HIST_SUB_BITS + 2) << MAG_HIST_HALF_BITS)

/**
 * mag_hist_bucket() - the bucket a value falls in
 * @value: at most MAG_HIST_MAX
 *
 * Return: an index below MAG_HIST_BUCKETS.
 */
static inline __u32 mag_hist_bucket(__u64 value)
{
	/* Shift that leaves the value's top MAG_HIST_SUB_BITS bits. */
	__u32 bits = 64 - __builtin_clzll(value | (MAG_HIST_HALF << 1));
	__u32 shift = bits - MAG_HIST_SUB_BITS - (value < (MAG_HIST_HALF << 1));

	return (shift << MAG_HIST_HALF_BITS) + (__u32)(value >> shift);
}

/**
 * mag_hist_low() - the least value of a bucket
 * @bucket: index below MAG_HIST_BUCKETS
 *
 * Return: the value, in ticks.
 */
static inline __u64 mag_hist_low(__u32 bucket)
{
	__u32 shift = bucket >> MAG_HIST_HALF_BITS;

	/* The first two runs of 2^10 buckets are the unit buckets. */
	shift = shift ? shift - 1 : 0;
	return (__u64)(bucket - (shift << MAG_HIST_HALF_BITS)) << shift;
}

/**
 * mag_hist_high() - the greatest value of a bucket
 * @bucket: index below MAG_HIST_BUCKETS
 *
 * Return: the value, in ticks.
 */
static inline __u64 mag_hist_high(__u32 bucket)
{
	__u32 shift = bucket >> MAG_HIST_HALF_BITS;

	shift = shift ? shift - 1 : 0;
	return mag_hist_low(bucket) + (1ULL << shift) - 1;
}

#endif /* _UAPI_MAGSLAB_HIST_H */
