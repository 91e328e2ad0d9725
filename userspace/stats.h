/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Statistics over rounds: medians, and ratios of paired rounds with their
 * confidence interval and what may be said of it.
 */
#ifndef MAGCTL_STATS_H
#define MAGCTL_STATS_H

#include <stdbool.h>
#include <stddef.h>

/* Fewer pairs than this give no interval. */
#define MAG_STATS_MIN_PAIRS 3

/* An interval whose upper end is more than this times its lower is `unstable`. */
#define MAG_STATS_UNSTABLE  1.5

/**
 * struct mag_ratio - how one backend compares with the baseline in one figure
 * @pairs: rounds in which both have a figure above 0
 * @ratio: geometric mean of the rounds' ratios; NAN if @pairs is 0
 * @low: lower end of the 95 % confidence interval; NAN if there is none
 * @high: upper end
 */
struct mag_ratio {
	size_t pairs;
	double ratio;
	double low;
	double high;
};

enum mag_verdict {
	MAG_VERDICT_NONE, /* too few rounds for an interval */
	MAG_VERDICT_SAME,
	MAG_VERDICT_FASTER,
	MAG_VERDICT_SLOWER,
	MAG_VERDICT_UNSTABLE,
	MAG_VERDICT_MACHINE, /* the machine could explain it; of no statistics */
};

/* Middle value, or the mean of the two in the middle; NAN if @nr is 0. */
double mag_stats_median(const double *values, size_t nr);

/* Two-sided 95 % quantile of Student's t; @df is at least 1. */
double mag_stats_t95(size_t df);

/**
 * mag_stats_ratio() - ratio of paired figures
 * @value: by round
 * @base: by round, of the baseline
 * @nr: rounds; a pair that has a figure of 0 or less is left out
 *
 * Student's t on the logarithms of the rounds' ratios: a ratio and its inverse
 * get mirrored intervals, and what a whole round suffered cancels.
 */
struct mag_ratio mag_stats_ratio(const double *value, const double *base,
				 size_t nr);

/**
 * mag_stats_verdict() - what a ratio allows one to say
 * @ratio: ratio to the baseline
 * @more_is_better: true for a throughput, false for a time
 *
 * `unstable` comes first: an interval too wide to mean anything makes no
 * winner, even if it excludes 1.
 */
enum mag_verdict mag_stats_verdict(const struct mag_ratio *ratio,
				   bool more_is_better);
const char *mag_stats_verdict_name(enum mag_verdict verdict);

#endif /* MAGCTL_STATS_H */
