/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What every file of magctl needs: exit codes, messages, memory that cannot
 * fail.
 */
#ifndef MAGCTL_UTIL_H
#define MAGCTL_UTIL_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

/* Arguments from number @b on are checked against the format, number @a. */
#ifndef __printf
#define __printf(a, b) __attribute((format(printf, a, b)))
#endif

#define MAG_ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* What magctl exits with; a part of its interface, see Documentation/magctl.rst. */
enum mag_exit {
	MAG_EXIT_OK = 0,
	MAG_EXIT_FAILED = 1,
	MAG_EXIT_USAGE = 2,
	MAG_EXIT_NO_DEVICE = 3,
	MAG_EXIT_INTERRUPTED = 130, /* as a shell reports SIGINT */
};

/* One line to standard error, after "magctl: ". */
void mag_error(const char *format, ...) __printf(1, 2);

/* Zeroed memory or a copy; without memory magctl ends with MAG_EXIT_FAILED. */
void *mag_xcalloc(size_t nr, size_t size);
void *mag_xrealloc(void *old, size_t nr, size_t size);
char *mag_xstrdup(const char *text);
char *mag_xasprintf(const char *format, ...) __printf(1, 2);
char *mag_xvasprintf(const char *format, va_list args) __printf(1, 0);

/* The first line of a file without its newline, to be freed; NULL on error. */
char *mag_first_line(const char *path);

/* Whether one of @words, which blanks part, is @word. */
bool mag_has_word(const char *words, const char *word);

/* Puts "?" for all that is not printable ASCII. */
void mag_make_printable(char *text);

/* "1.5 s", "200 ms", "17 ns" */
char *mag_format_ns(char *buf, size_t size, __u64 ns);
/* "3.2 MiB" */
char *mag_format_bytes(char *buf, size_t size, double bytes);

#endif /* MAGCTL_UTIL_H */
