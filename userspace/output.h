/* SPDX-License-Identifier: GPL-2.0-only */
/* Files that are whole or not there at all, and standard output checked. */
#ifndef MAGCTL_OUTPUT_H
#define MAGCTL_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

/* "-", or a name of it such as /dev/stdout. */
bool mag_output_is_stdout(const char *path);

/* Whether two paths lead to one file, which need not be there yet. */
bool mag_output_same(const char *a, const char *b);

/**
 * mag_output_check() - whether a file could be written, before hours are spent
 * @path: where it will go, or "-" for standard output
 *
 * Return: MAG_EXIT_OK, or MAG_EXIT_USAGE and has said why.
 */
int mag_output_check(const char *path);

/**
 * mag_output_write() - write a file in one piece
 * @path: where to, or "-" for standard output
 * @text: what
 * @len: bytes
 *
 * A regular file gets its name only when it is complete and on disk.  What is
 * not a regular file (a pipe, a terminal), and what is open already
 * (/dev/stdout, /dev/fd/3), is written as it is.
 *
 * Return: MAG_EXIT_OK, or MAG_EXIT_FAILED and has said why.  What standard output
 * loses is told by mag_output_close_stdout().
 */
int mag_output_write(const char *path, const char *text, size_t len);

/**
 * mag_output_check_stdio() - make sure of the three standard files
 *
 * One that was closed would be taken by the next file that is opened, and what is
 * printed would end in that.  Nothing can be written to what takes its place.
 */
void mag_output_check_stdio(void);

/**
 * mag_output_close_stdout() - last thing before exit
 * @code: what magctl exits with otherwise
 *
 * Where all is well but that the reader of a pipe has gone, magctl ends by SIGPIPE
 * here.
 *
 * Return: MAG_EXIT_FAILED if anything printed was lost, and has said so; or
 * MAG_EXIT_OK.
 */
int mag_output_close_stdout(int code);

#endif /* MAGCTL_OUTPUT_H */
