/* SPDX-License-Identifier: GPL-2.0-only */
/* Building JSON that is exact, and complete or not written at all. */
#ifndef MAGCTL_JSON_H
#define MAGCTL_JSON_H

#include <jansson.h>
#include <linux/types.h>

/* Adds @value, which may not be NULL; without memory magctl ends. */
void mag_json_set(json_t *object, const char *key, json_t *value);
void mag_json_append(json_t *array, json_t *value);

/* Exact; a number beyond JSON's signed 64 bits becomes a string of digits. */
json_t *mag_json_u64(__u64 value);
/* null for what is not a number. */
json_t *mag_json_real(double value);

/* {"magslab": @body}, with "format" and "version" put first. */
json_t *mag_json_document(const char *format, int version, json_t *body);

/* Writes and releases @document; MAG_EXIT_OK, or MAG_EXIT_FAILED and told. */
int mag_json_write(json_t *document, const char *path);

#endif /* MAGCTL_JSON_H */
