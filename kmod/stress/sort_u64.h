/* SPDX-License-Identifier: GPL-2.0-only */
/* The order of ticks: for a median, or for groups of differences. */
#ifndef MAGSLAB_STRESS_SORT_U64_H
#define MAGSLAB_STRESS_SORT_U64_H

#include <linux/sort.h>
#include <linux/types.h>

static inline int mag_compare_u64(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

/* Ascending, in place.  Task context. */
static inline void mag_sort_u64(u64 *values, size_t nr)
{
	sort(values, nr, sizeof(*values), mag_compare_u64, NULL);
}

#endif /* MAGSLAB_STRESS_SORT_U64_H */
