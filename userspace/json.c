// SPDX-License-Identifier: GPL-2.0-only
/* JSON by libjansson. */
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "output.h"
#include "util.h"

/* Digits of a double; more would show how it is stored, not what it is. */
#define MAG_JSON_DIGITS 12

static void mag_json_have(int failed)
{
	if (failed) {
		mag_error("out of memory");
		exit(MAG_EXIT_FAILED);
	}
}

void mag_json_set(json_t *object, const char *key, json_t *value)
{
	mag_json_have(json_object_set_new(object, key, value));
}

void mag_json_append(json_t *array, json_t *value)
{
	mag_json_have(json_array_append_new(array, value));
}

json_t *mag_json_u64(__u64 value)
{
	char text[32];

	if (value <= LLONG_MAX)
		return json_integer((json_int_t)value);
	snprintf(text, sizeof(text), "%llu", value);
	return json_string(text);
}

json_t *mag_json_real(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

json_t *mag_json_document(const char *format, int version, json_t *body)
{
	json_t *document = json_object(), *inner = json_object();

	mag_json_set(inner, "format", json_string(format));
	mag_json_set(inner, "version", json_integer(version));
	mag_json_have(json_object_update(inner, body));
	json_decref(body);
	mag_json_set(document, "magslab", inner);
	return document;
}

int mag_json_write(json_t *document, const char *path)
{
	char *text = json_dumps(document, JSON_REAL_PRECISION(MAG_JSON_DIGITS));
	size_t len;
	int code;

	mag_json_have(!text);
	json_decref(document);
	len = strlen(text);
	text[len] = '\n'; /* in place of the closing NUL */
	code = mag_output_write(path, text, len + 1);
	free(text);
	return code;
}
