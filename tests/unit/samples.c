// SPDX-License-Identifier: GPL-2.0-only
/* Seeded samples. */
#include <math.h>

#include "samples.h"

/* Marsaglia's xorshift64* generator. */
__u64 sample_u64(struct sample_random *random)
{
	random->state ^= random->state >> 12;
	random->state ^= random->state << 25;
	random->state ^= random->state >> 27;
	return random->state * 0x2545F4914F6CDD1DULL;
}

double sample_unit(struct sample_random *random)
{
	return ((double)(sample_u64(random) >> 11) + 0.5) / 9007199254740992.0;
}

double sample_normal(struct sample_random *random)
{
	double radius = sqrt(-2 * log(sample_unit(random)));

	return radius * cos(2 * M_PI * sample_unit(random));
}

const char *sample_kind_name(enum sample_kind kind)
{
	static const char *const names[] = {
		"uniform", "exponential", "lognormal", "bimodal",
		"equal",   "wide",	  "outside",
	};

	return names[kind];
}

static __u64 sample_one(enum sample_kind kind, struct sample_random *random)
{
	switch (kind) {
	case SAMPLE_UNIFORM:
		return 1 + sample_u64(random) % 1000000;
	case SAMPLE_EXPONENTIAL:
		return 1 + (__u64)(-5000 * log(sample_unit(random)));
	case SAMPLE_LOGNORMAL:
		return 1 + (__u64)exp(7 + 1.5 * sample_normal(random));
	case SAMPLE_BIMODAL:
		return sample_u64(random) % 100 < 95
			       ? 40 + sample_u64(random) % 20
			       : 800000 + sample_u64(random) % 400000;
	case SAMPLE_EQUAL:
		return 123457;
	case SAMPLE_WIDE:
		return (__u64)exp(sample_unit(random) *
				  log((double)MAG_HIST_MAX));
	case SAMPLE_OUTSIDE:
		switch (sample_u64(random) % 4) {
		case 0:
			return 0;
		case 1:
			return MAG_HIST_MAX + 1 + sample_u64(random) % 1000;
		default:
			return 1 + sample_u64(random) % 5000;
		}
	default:
		return 0;
	}
}

void sample_fill(enum sample_kind kind, __u64 seed, __u64 *values, size_t nr)
{
	struct sample_random random = { seed };

	for (size_t i = 0; i < nr; i++)
		values[i] = sample_one(kind, &random);
}

void sample_record(struct mag_histogram *hist, __u64 value)
{
	if (!hist->count || value < hist->min)
		hist->min = value;
	if (value > hist->max)
		hist->max = value;
	hist->count++;
	hist->sum += value;
	if (value < MAG_HIST_MIN)
		hist->below++;
	else if (value > MAG_HIST_MAX)
		hist->above++;
	else
		hist->bucket[mag_hist_bucket(value)]++;
}
