/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Strict reading of numbers and durations: the whole string or nothing, no
 * sign, no space, no silent overflow.
 */
#ifndef MAGCTL_PARSE_H
#define MAGCTL_PARSE_H

#include <linux/types.h>

/**
 * mag_parse_u64() - a whole number, with an optional multiplier
 * @text: digits, then nothing or one of k M G (powers of 1000) Ki Mi Gi (1024)
 * @value: where it goes
 *
 * Return: 0, -EINVAL if it is not such a number, -ERANGE if it is too great.
 */
int mag_parse_u64(const char *text, __u64 *value);

/**
 * mag_parse_duration() - a length of time
 * @text: a number, up to six decimals allowed, and one of ns us ms s m h; or 0
 * @ns: where it goes, in nanoseconds
 *
 * Return: 0, -EINVAL if it is not such a duration or no whole number of
 * nanoseconds, -ERANGE if it is too great.
 */
int mag_parse_duration(const char *text, __u64 *ns);

#endif /* MAGCTL_PARSE_H */
