/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Statistics over rounds: medians; ratios and differences of paired rounds with
 * their confidence interval; and what may be said of a ratio.
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
 * @base: geometric mean of the baseline's figures; NAN if @pairs is 0
 * @ratio: geometric mean of the rounds' ratios; NAN if @pairs is 0
 * @low: lower end of the 95 % confidence interval; NAN if there is none
 * @high: upper end; INFINITY if the baseline's figure may be 0
 */
struct mag_ratio {
	size_t pairs;
	double base;
	double ratio;
	double low;
	double high;
};

/**
 * struct mag_difference - what one backend costs beyond another
 * @pairs: rounds in which both have a figure
 * @mean: mean of the rounds' differences; NAN if @pairs is 0
 * @low: lower end of the 95 % confidence interval; NAN if there is none
 * @high: upper end
 */
struct mag_difference {
	size_t pairs;
	double mean;
	double low;
	double high;
};

/**
 * struct mag_slack - how far what a figure stands for may be from it
 * @below: what it stands for may be so much less
 * @above: or so much more
 */
struct mag_slack {
	double below;
	double above;
};

enum mag_verdict {
	MAG_VERDICT_NONE, /* too few rounds for an interval */
	MAG_VERDICT_SAME,
	MAG_VERDICT_FASTER,
	MAG_VERDICT_SLOWER,
	MAG_VERDICT_UNSTABLE,
	MAG_VERDICT_STEP, /* the clock cannot tell the two apart */
	MAG_VERDICT_REFUSED, /* by --strict: a precondition is missing */
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
 * mag_stats_ratio_widen() - make an interval cover what figures are known to
 * @ratio: its interval grows, or stays as it is if the spread of the rounds is
 *	the greater
 * @value: how far a figure may be from what it stands for
 * @base: the same of the baseline's
 *
 * Rounds that all gave the same figure have no spread, and yet their ratio is
 * not exact.
 */
void mag_stats_ratio_widen(struct mag_ratio *ratio,
			   const struct mag_slack *value,
			   const struct mag_slack *base);

/* True if the two figures of @ratio lie no more than @step apart. */
bool mag_stats_ratio_within(const struct mag_ratio *ratio, double step);

/**
 * mag_stats_difference() - difference of paired figures
 * @value: by round
 * @base: by round, subtracted
 * @nr: rounds; a pair in which one figure is NAN is left out
 *
 * Student's t on the rounds' differences.
 */
struct mag_difference mag_stats_difference(const double *value,
					   const double *base, size_t nr);

/* As mag_stats_ratio_widen(). */
void mag_stats_difference_widen(struct mag_difference *difference,
				const struct mag_slack *value,
				const struct mag_slack *base);

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
