/* SPDX-License-Identifier: GPL-2.0-only */
/* What is said of a name that does not exist: the nearest one, and all there are. */
#ifndef MAGCTL_SUGGEST_H
#define MAGCTL_SUGGEST_H

#include <stddef.h>

struct option;

/* A list of names: where they are, and what yields number @i, or NULL past the last. */
struct mag_names {
	const void *list;
	const char *(*at)(const void *list, size_t i);
};

/**
 * mag_suggest_distance() - how far one word is from another
 * @a: a word
 * @b: another
 *
 * Letters left out, put in, changed, or two neighbours swapped count one each
 * (optimal string alignment, after Damerau 1964).
 *
 * Return: the least number of these that makes @b of @a.
 */
size_t mag_suggest_distance(const char *a, const char *b);

/**
 * mag_suggest() - the name that was probably meant
 * @name: as the user wrote it
 * @names: those there are
 *
 * Return: the nearest name, or NULL if none is near: more than a third of its
 * letters differ, and @name is not how it begins.
 */
const char *mag_suggest(const char *name, const struct mag_names *names);

/**
 * mag_unknown() - complain about a name that does not exist
 * @what: what it is the name of, as "workload"
 * @name: as the user wrote it
 * @names: those there are
 *
 * Return: MAG_EXIT_USAGE.
 */
int mag_unknown(const char *what, const char *name,
		const struct mag_names *names);

/**
 * mag_unknown_option() - add to getopt's own complaint
 * @argv: the words; optind is behind the one that getopt did not take
 * @options: the long ones there are
 *
 * Return: MAG_EXIT_USAGE.
 */
int mag_unknown_option(char **argv, const struct option *options);

#endif /* MAGCTL_SUGGEST_H */
