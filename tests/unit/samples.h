/* SPDX-License-Identifier: GPL-2.0-only */
/* Seeded samples of known distributions, and a recorder for them. */
#ifndef MAGSLAB_UNIT_SAMPLES_H
#define MAGSLAB_UNIT_SAMPLES_H

#include <stddef.h>

#include "histogram.h"

/* A random sequence; any seed but 0. */
struct sample_random {
	__u64 state;
};

__u64 sample_u64(struct sample_random *random);
/* Uniform in (0, 1). */
double sample_unit(struct sample_random *random);
/* Standard normal. */
double sample_normal(struct sample_random *random);

enum sample_kind {
	SAMPLE_UNIFORM,
	SAMPLE_EXPONENTIAL,
	SAMPLE_LOGNORMAL,
	SAMPLE_BIMODAL,
	SAMPLE_EQUAL,
	SAMPLE_WIDE, /* uniform in the logarithm over the whole range */
	SAMPLE_OUTSIDE, /* one in four below the range, one in four above */
	SAMPLE_NR_KINDS,
};

const char *sample_kind_name(enum sample_kind kind);
void sample_fill(enum sample_kind kind, __u64 seed, __u64 *values, size_t nr);

/* Records as the kernel does, into a histogram with per_sample set. */
void sample_record(struct mag_histogram *hist, __u64 value);

#endif /* MAGSLAB_UNIT_SAMPLES_H */
