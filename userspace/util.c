// SPDX-License-Identifier: GPL-2.0-only
/* Messages, memory and the formats of durations and sizes. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"

void mag_error(const char *format, ...)
{
	va_list args;

	fputs("magctl: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

static void *mag_have(void *memory)
{
	if (!memory) {
		mag_error("out of memory");
		exit(MAG_EXIT_FAILED);
	}
	return memory;
}

void *mag_xcalloc(size_t nr, size_t size)
{
	return mag_have(calloc(nr ? nr : 1, size));
}

void *mag_xrealloc(void *old, size_t nr, size_t size)
{
	return mag_have(reallocarray(old, nr ? nr : 1, size));
}

char *mag_xstrdup(const char *text)
{
	return mag_have(strdup(text));
}

char *mag_xvasprintf(const char *format, va_list args)
{
	char *text = NULL;

	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	return mag_have(text);
}

char *mag_xasprintf(const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = mag_xvasprintf(format, args);
	va_end(args);
	return text;
}

char *mag_first_line(const char *path)
{
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t room = 0;

	if (!file)
		return NULL;
	if (getline(&line, &room, file) < 0) {
		free(line);
		line = NULL;
	} else {
		line[strcspn(line, "\n")] = '\0';
	}
	fclose(file);
	return line;
}

bool mag_has_word(const char *words, const char *word)
{
	size_t len = strlen(word);

	while (*words) {
		size_t next = strcspn(words, " ");

		if (next == len && !strncmp(words, word, len))
			return true;
		words += next;
		words += strspn(words, " ");
	}
	return false;
}

/* Reports and JSON take text: what firmware or a user says may be no such. */
void mag_make_printable(char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			*text = '?';
}

char *mag_format_ns(char *buf, size_t size, __u64 ns)
{
	if (ns >= 1000000000ULL)
		snprintf(buf, size, "%.4g s", (double)ns / 1e9);
	else if (ns >= 1000000ULL)
		snprintf(buf, size, "%.4g ms", (double)ns / 1e6);
	else if (ns >= 1000ULL)
		snprintf(buf, size, "%.4g us", (double)ns / 1e3);
	else
		snprintf(buf, size, "%llu ns", ns);
	return buf;
}

char *mag_format_bytes(char *buf, size_t size, double bytes)
{
	static const char *const unit[] = { "B", "KiB", "MiB", "GiB", "TiB" };
	size_t i = 0;

	while (bytes >= 1024.0 && i + 1 < MAG_ARRAY_SIZE(unit)) {
		bytes /= 1024.0;
		i++;
	}
	snprintf(buf, size, i ? "%.1f %s" : "%.0f %s", bytes, unit[i]);
	return buf;
}
