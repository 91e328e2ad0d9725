// SPDX-License-Identifier: GPL-2.0-only
/* Names that do not exist. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "suggest.h"
#include "util.h"

/* Longer words are not compared: nobody writes such a name by mistake. */
#define MAG_SUGGEST_MAX 64

static size_t mag_least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* One row of the table, from the two before it. */
static void mag_distance_row(const char *a, const char *b, size_t i,
			     const size_t *before_last, const size_t *last,
			     size_t *row)
{
	row[0] = i;
	for (size_t j = 1; j <= strlen(b); j++) {
		size_t changed = last[j - 1] + (a[i - 1] != b[j - 1]);
		size_t moved = mag_least(last[j], row[j - 1]) + 1;

		row[j] = mag_least(changed, moved);
		if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
		    a[i - 2] == b[j - 1])
			row[j] = mag_least(row[j], before_last[j - 2] + 1);
	}
}

size_t mag_suggest_distance(const char *a, const char *b)
{
	size_t rows[3][MAG_SUGGEST_MAX + 1];
	size_t len = strlen(a);

	if (len > MAG_SUGGEST_MAX || strlen(b) > MAG_SUGGEST_MAX)
		return MAG_SUGGEST_MAX;
	for (size_t j = 0; j <= strlen(b); j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= len; i++)
		mag_distance_row(a, b, i, rows[(i + 1) % 3], rows[(i + 2) % 3],
				 rows[i % 3]);
	return rows[len % 3][strlen(b)];
}

/* A name that was only begun is as good as one with a slip in it. */
static size_t mag_suggest_cost(const char *name, const char *candidate)
{
	size_t cost = mag_suggest_distance(name, candidate);

	if (strlen(name) > 1 && !strncmp(name, candidate, strlen(name)))
		return mag_least(cost, 1);
	return cost;
}

const char *mag_suggest(const char *name, const struct mag_names *names)
{
	const char *candidate, *best = NULL;
	size_t least = MAG_SUGGEST_MAX, cost;

	for (size_t i = 0; (candidate = names->at(names->list, i)); i++) {
		cost = mag_suggest_cost(name, candidate);
		if (cost < least && cost * 3 <= strlen(candidate)) {
			least = cost;
			best = candidate;
		}
	}
	return best;
}

int mag_unknown(const char *what, const char *name,
		const struct mag_names *names)
{
	const char *near = mag_suggest(name, names);
	const char *valid;
	size_t i;

	fprintf(stderr, "magctl: unknown %s \"%s\"; ", what, name);
	if (near)
		fprintf(stderr, "did you mean %s? ", near);
	fputs("valid:", stderr);
	for (i = 0; (valid = names->at(names->list, i)); i++)
		fprintf(stderr, " %s", valid);
	fputs(i ? "\n" : " none\n", stderr);
	return MAG_EXIT_USAGE;
}

static const char *mag_option_at(const void *list, size_t i)
{
	return ((const struct option *)list)[i].name;
}

int mag_unknown_option(char **argv, const struct option *options)
{
	const struct mag_names names = { options, mag_option_at };
	const char *word = argv[optind - 1], *near;
	char *name;

	if (optopt || strncmp(word, "--", 2))
		return MAG_EXIT_USAGE;
	name = mag_xstrdup(word + 2);
	name[strcspn(name, "=")] = '\0';
	near = mag_suggest(name, &names);
	if (near)
		fprintf(stderr, "%s: did you mean --%s?\n", argv[0], near);
	free(name);
	return MAG_EXIT_USAGE;
}
