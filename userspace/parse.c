// SPDX-License-Identifier: GPL-2.0-only
/* Strict reading of numbers and durations. */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "parse.h"
#include "util.h"

struct mag_suffix {
	const char *text;
	__u64 factor;
};

static const struct mag_suffix mag_multipliers[] = {
	{ "", 1 },
	{ "k", 1000 },
	{ "M", 1000000 },
	{ "G", 1000000000 },
	{ "Ki", 1ULL << 10 },
	{ "Mi", 1ULL << 20 },
	{ "Gi", 1ULL << 30 },
};

static const struct mag_suffix mag_durations[] = {
	{ "ns", 1 },
	{ "us", 1000 },
	{ "ms", 1000000 },
	{ "s", 1000000000 },
	{ "m", 60 * 1000000000ULL },
	{ "h", 3600 * 1000000000ULL },
};

static __u64 mag_suffix_factor(const struct mag_suffix *table, size_t nr,
			       const char *text)
{
	for (size_t i = 0; i < nr; i++) {
		if (!strcmp(table[i].text, text))
			return table[i].factor;
	}
	return 0;
}

/* Reads digits at *@text and moves it past them; at least one is needed. */
static int mag_parse_digits(const char **text, __u64 *value)
{
	const char *start = *text;

	for (*value = 0; **text >= '0' && **text <= '9'; (*text)++) {
		if (__builtin_mul_overflow(*value, 10ULL, value) ||
		    __builtin_add_overflow(*value, (__u64)(**text - '0'),
					   value))
			return -ERANGE;
	}
	return *text == start ? -EINVAL : 0;
}

int mag_parse_u64(const char *text, __u64 *value)
{
	__u64 number, factor;
	int err = mag_parse_digits(&text, &number);

	if (err)
		return err;
	factor = mag_suffix_factor(mag_multipliers,
				   MAG_ARRAY_SIZE(mag_multipliers), text);
	if (!factor)
		return -EINVAL;
	if (__builtin_mul_overflow(number, factor, &number))
		return -ERANGE;
	*value = number;
	return 0;
}

/* Reads ".5" as *@part of *@whole = 5 of 10; leaves both alone without a point. */
static int mag_parse_fraction(const char **text, __u64 *part, __u64 *whole)
{
	const char *digits;
	int err;

	if (**text != '.')
		return 0;
	digits = ++*text;
	err = mag_parse_digits(text, part);
	if (err || *text - digits > 6)
		return -EINVAL;
	while (digits++ < *text)
		*whole *= 10;
	return 0;
}

int mag_parse_duration(const char *text, __u64 *ns)
{
	__u64 number, factor, part = 0, whole = 1, fraction;
	int err;

	if (!strcmp(text, "0")) {
		*ns = 0;
		return 0;
	}
	err = mag_parse_digits(&text, &number);
	if (!err)
		err = mag_parse_fraction(&text, &part, &whole);
	if (err)
		return err;
	factor = mag_suffix_factor(mag_durations, MAG_ARRAY_SIZE(mag_durations),
				   text);
	/* Six digits times an hour fit in 64 bits: 1e6 * 3.6e12. */
	if (!factor || part * factor % whole)
		return -EINVAL;
	fraction = part * factor / whole;
	if (__builtin_mul_overflow(number, factor, &number) ||
	    __builtin_add_overflow(number, fraction, &number))
		return -ERANGE;
	*ns = number;
	return 0;
}
