// SPDX-License-Identifier: GPL-2.0-only
/*
 * A value of a JSON file, for scripts where there is no jq:
 *   jsonget FILE KEY...
 * Each KEY goes one level down: a member of an object, an index of an array,
 * or NAME=VALUE,... for the one element of an array whose members are so.
 */
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Whether @element has the members that @want (NAME=VALUE,...) lists. */
static bool matches(json_t *element, const char *want)
{
	char *copy = strdup(want), *rest = copy, *pair, *value;
	bool match = copy;

	while (match && (pair = strsep(&rest, ","))) {
		const char *have;

		value = strchr(pair, '=');
		match = value;
		if (!value)
			break;
		*value++ = '\0';
		have = json_string_value(json_object_get(element, pair));
		match = have && !strcmp(have, value);
	}
	free(copy);
	return match;
}

/* The element that is meant; NULL if there is none, or more than one. */
static json_t *select_element(json_t *array, const char *want)
{
	json_t *element, *found = NULL;
	size_t i;

	if (!strchr(want, '='))
		return json_array_get(array, strtoul(want, NULL, 10));
	json_array_foreach(array, i, element)
	{
		if (!matches(element, want))
			continue;
		if (found)
			return NULL;
		found = element;
	}
	return found;
}

static json_t *descend(json_t *value, const char *key)
{
	return json_is_array(value) ? select_element(value, key)
				    : json_object_get(value, key);
}

static int print_value(const json_t *value)
{
	if (json_is_string(value)) {
		puts(json_string_value(value));
		return 0;
	}
	if (json_dumpf(value, stdout, JSON_ENCODE_ANY | JSON_REAL_PRECISION(9)))
		return 1;
	putchar('\n');
	return 0;
}

int main(int argc, char **argv)
{
	json_error_t error;
	json_t *root, *value;
	int i, status;

	if (argc < 2) {
		fputs("usage: jsonget FILE KEY...\n", stderr);
		return 2;
	}
	root = json_load_file(argv[1], 0, &error);
	if (!root) {
		fprintf(stderr, "jsonget: %s:%d: %s\n", argv[1], error.line,
			error.text);
		return 1;
	}
	value = root;
	for (i = 2; i < argc && value; i++)
		value = descend(value, argv[i]);
	if (!value)
		fprintf(stderr, "jsonget: %s has no %s\n", argv[1],
			argv[i - 1]);
	status = value ? print_value(value) : 1;
	json_decref(root);
	return status;
}
