// SPDX-License-Identifier: GPL-2.0-only
/* Statistics over rounds. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "stats.h"
#include "util.h"

/* Quantile 0.975 of Student's t for 1 to 30 degrees of freedom. */
static const double mag_t95[] = {
	12.7062047, 4.3026527, 3.1824463, 2.7764451, 2.5705818, 2.4469119,
	2.3646243,  2.3060041, 2.2621572, 2.2281389, 2.2009852, 2.1788128,
	2.1603687,  2.1447867, 2.1314495, 2.1199053, 2.1098156, 2.1009220,
	2.0930241,  2.0859634, 2.0796138, 2.0738731, 2.0686576, 2.0638986,
	2.0595386,  2.0555294, 2.0518305, 2.0484071, 2.0452296, 2.0422725,
};

double mag_stats_t95(size_t df)
{
	const double z = 1.959963985; /* the same quantile of the normal */
	double n = (double)df;

	if (df <= MAG_ARRAY_SIZE(mag_t95))
		return mag_t95[df - 1];
	/* Abramowitz & Stegun 26.7.5; beyond 30 exact to 1e-6. */
	return z + (pow(z, 3) + z) / (4 * n) +
	       (5 * pow(z, 5) + 16 * pow(z, 3) + 3 * z) / (96 * n * n) +
	       (3 * pow(z, 7) + 19 * pow(z, 5) + 17 * pow(z, 3) - 15 * z) /
		       (384 * n * n * n);
}

static int mag_stats_order(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double mag_stats_median(const double *values, size_t nr)
{
	double *sorted, median;

	if (!nr)
		return NAN;
	sorted = mag_xcalloc(nr, sizeof(*sorted));
	memcpy(sorted, values, nr * sizeof(*sorted));
	qsort(sorted, nr, sizeof(*sorted), mag_stats_order);
	median = (sorted[(nr - 1) / 2] + sorted[nr / 2]) / 2;
	free(sorted);
	return median;
}

/* Mean and standard deviation, in two passes: the values lie close together. */
static double mag_stats_deviation(const double *values, size_t nr, double *mean)
{
	double sum = 0, squares = 0;

	for (size_t i = 0; i < nr; i++)
		sum += values[i];
	*mean = sum / (double)nr;
	for (size_t i = 0; i < nr; i++)
		squares += (values[i] - *mean) * (values[i] - *mean);
	return nr > 1 ? sqrt(squares / (double)(nr - 1)) : 0;
}

/* Mean of independent values and its confidence interval, by Student's t. */
static struct mag_difference mag_stats_interval(const double *values, size_t nr)
{
	struct mag_difference interval = { nr, NAN, NAN, NAN };
	double deviation, half;

	if (!nr)
		return interval;
	deviation = mag_stats_deviation(values, nr, &interval.mean);
	if (nr < MAG_STATS_MIN_PAIRS)
		return interval;
	half = mag_stats_t95(nr - 1) * deviation / sqrt((double)nr);
	interval.low = interval.mean - half;
	interval.high = interval.mean + half;
	return interval;
}

struct mag_ratio mag_stats_ratio(const double *value, const double *base,
				 size_t nr)
{
	double *logs = mag_xcalloc(nr, sizeof(*logs));
	struct mag_difference interval;
	double base_logs = 0;
	size_t pairs = 0;

	for (size_t i = 0; i < nr; i++) {
		if (!(value[i] > 0 && base[i] > 0))
			continue;
		logs[pairs++] = log(value[i] / base[i]);
		base_logs += log(base[i]);
	}
	interval = mag_stats_interval(logs, pairs);
	free(logs);
	return (struct mag_ratio){
		.pairs = pairs,
		.base = pairs ? exp(base_logs / (double)pairs) : NAN,
		.ratio = exp(interval.mean),
		.low = exp(interval.low),
		.high = exp(interval.high),
	};
}

void mag_stats_ratio_widen(struct mag_ratio *ratio,
			   const struct mag_slack *value,
			   const struct mag_slack *base)
{
	double figure = ratio->base * ratio->ratio;
	double low =
		fmax(figure - value->below, 0) / (ratio->base + base->above);
	double high = INFINITY;

	if (isnan(ratio->low))
		return;
	if (ratio->base > base->below)
		high = (figure + value->above) / (ratio->base - base->below);
	ratio->low = fmin(ratio->low, low);
	ratio->high = fmax(ratio->high, high);
}

bool mag_stats_ratio_within(const struct mag_ratio *ratio, double step)
{
	const double rounding = 0.000000001; /* of logarithms and back */
	double apart = fabs(ratio->ratio - 1) * ratio->base;

	return apart <= step + ratio->base * rounding;
}

struct mag_difference mag_stats_difference(const double *value,
					   const double *base, size_t nr)
{
	double *differences = mag_xcalloc(nr, sizeof(*differences));
	struct mag_difference interval;
	size_t pairs = 0;

	for (size_t i = 0; i < nr; i++) {
		if (!isnan(value[i]) && !isnan(base[i]))
			differences[pairs++] = value[i] - base[i];
	}
	interval = mag_stats_interval(differences, pairs);
	free(differences);
	return interval;
}

void mag_stats_difference_widen(struct mag_difference *difference,
				const struct mag_slack *value,
				const struct mag_slack *base)
{
	double low = difference->mean - value->below - base->above;
	double high = difference->mean + value->above + base->below;

	if (isnan(difference->low))
		return;
	difference->low = fmin(difference->low, low);
	difference->high = fmax(difference->high, high);
}

enum mag_verdict mag_stats_verdict(const struct mag_ratio *ratio,
				   bool more_is_better)
{
	if (ratio->pairs < MAG_STATS_MIN_PAIRS)
		return MAG_VERDICT_NONE;
	if (ratio->high > ratio->low * MAG_STATS_UNSTABLE)
		return MAG_VERDICT_UNSTABLE;
	if (ratio->low > 1)
		return more_is_better ? MAG_VERDICT_FASTER : MAG_VERDICT_SLOWER;
	if (ratio->high < 1)
		return more_is_better ? MAG_VERDICT_SLOWER : MAG_VERDICT_FASTER;
	return MAG_VERDICT_SAME;
}

const char *mag_stats_verdict_name(enum mag_verdict verdict)
{
	static const char *const names[] = {
		[MAG_VERDICT_NONE] = "no interval",
		[MAG_VERDICT_SAME] = "same within noise",
		[MAG_VERDICT_FASTER] = "faster",
		[MAG_VERDICT_SLOWER] = "slower",
		[MAG_VERDICT_UNSTABLE] = "unstable",
		[MAG_VERDICT_STEP] = "below clock step",
		[MAG_VERDICT_REFUSED] = "refused",
		[MAG_VERDICT_MACHINE] = "machine",
	};

	return names[verdict];
}
