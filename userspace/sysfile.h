/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kernel shows in files: lines, numbers and folders of /proc and /sys.
 * A file that is not there is no error, it is an answer.
 */
#ifndef MAGCTL_SYSFILE_H
#define MAGCTL_SYSFILE_H

#include <stdbool.h>
#include <stdio.h>

#include "util.h"

/* What stands before each path: "" but in tests, which replace it. */
const char *mag_sysroot(void);

/**
 * struct mag_sys_names - names, in a folder or of another list
 * @name: of a folder sorted, without those that begin with a dot
 * @nr: their number
 */
struct mag_sys_names {
	char **name;
	size_t nr;
};

/* The file @path opened for reading, or NULL. */
FILE *mag_sys_open(const char *path);
/* First line of a file, printable, to be freed; NULL if it cannot be read. */
char *mag_sys_line(const char *format, ...) __printf(1, 2);
/* False, and @value means nothing, if the file does not begin with a number. */
bool mag_sys_number(__u64 *value, const char *format, ...) __printf(2, 3);
bool mag_sys_exists(const char *path);

/* Adds a copy of @name at the end. */
void mag_sys_names_add(struct mag_sys_names *names, const char *name);
/* False if there is no such folder; mag_sys_names_free() whatever the outcome. */
bool mag_sys_list(const char *path, struct mag_sys_names *names);
void mag_sys_names_free(struct mag_sys_names *names);

#endif /* MAGCTL_SYSFILE_H */
