// SPDX-License-Identifier: GPL-2.0-only
/* Reading small files and folders of /proc and /sys. */
#include <dirent.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sysfile.h"

static char *mag_sys_path(const char *path)
{
	return mag_xasprintf("%s%s", mag_sysroot(), path);
}

FILE *mag_sys_open(const char *path)
{
	char *whole = mag_sys_path(path);
	FILE *file = fopen(whole, "re");

	free(whole);
	return file;
}

static char *mag_sys_vline(const char *format, va_list args) __printf(1, 0);

static char *mag_sys_vline(const char *format, va_list args)
{
	char *path = mag_xvasprintf(format, args);
	char *whole = mag_sys_path(path);
	char *line = mag_first_line(whole);

	free(whole);
	free(path);
	if (line)
		mag_make_printable(line);
	return line;
}

char *mag_sys_line(const char *format, ...)
{
	va_list args;
	char *line;

	va_start(args, format);
	line = mag_sys_vline(format, args);
	va_end(args);
	return line;
}

bool mag_sys_number(__u64 *value, const char *format, ...)
{
	va_list args;
	char *line, *end;
	bool found;

	va_start(args, format);
	line = mag_sys_vline(format, args);
	va_end(args);
	if (!line)
		return false;
	*value = strtoull(line, &end, 10);
	found = end != line;
	free(line);
	return found;
}

bool mag_sys_exists(const char *path)
{
	char *whole = mag_sys_path(path);
	bool exists = !access(whole, F_OK);

	free(whole);
	return exists;
}

static int mag_sys_compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void mag_sys_names_add(struct mag_sys_names *names, const char *name)
{
	names->name =
		mag_xrealloc(names->name, names->nr + 1, sizeof(*names->name));
	names->name[names->nr++] = mag_xstrdup(name);
}

bool mag_sys_list(const char *path, struct mag_sys_names *names)
{
	char *whole = mag_sys_path(path);
	DIR *dir = opendir(whole);
	struct dirent *entry;

	memset(names, 0, sizeof(*names));
	free(whole);
	if (!dir)
		return false;
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		mag_sys_names_add(names, entry->d_name);
	}
	closedir(dir);
	if (names->nr)
		qsort(names->name, names->nr, sizeof(*names->name),
		      mag_sys_compare);
	return true;
}

void mag_sys_names_free(struct mag_sys_names *names)
{
	for (size_t i = 0; i < names->nr; i++)
		free(names->name[i]);
	free(names->name);
}
