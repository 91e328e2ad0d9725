// SPDX-License-Identifier: GPL-2.0-only
/* Writing results. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "output.h"
#include "parse.h"
#include "signals.h"
#include "util.h"

/* The error by which standard output lost a result; told when it is closed. */
static int mag_output_lost;

static int mag_output_failed(const char *path, int err)
{
	mag_error("cannot write %s: %s", path, strerror(err));
	return MAG_EXIT_FAILED;
}

/* The descriptor that a name such as /dev/stdout or /dev/fd/3 stands for, or -1. */
static int mag_output_descriptor(const char *path)
{
	static const char *const folders[] = { "/dev/fd/", "/proc/self/fd/" };

	if (!strcmp(path, "-") || !strcmp(path, "/dev/stdout"))
		return STDOUT_FILENO;
	if (!strcmp(path, "/dev/stderr"))
		return STDERR_FILENO;
	for (size_t i = 0; i < MAG_ARRAY_SIZE(folders); i++) {
		size_t len = strlen(folders[i]);
		__u64 fd;

		if (!strncmp(path, folders[i], len) &&
		    !mag_parse_u64(path + len, &fd) && fd <= INT_MAX)
			return (int)fd;
	}
	return -1;
}

bool mag_output_is_stdout(const char *path)
{
	return mag_output_descriptor(path) == STDOUT_FILENO;
}

/* A file that is not there yet: its folder without links, and its name. */
static char *mag_output_new_file(const char *path)
{
	char *of_dir = mag_xstrdup(path), *of_name = mag_xstrdup(path);
	char *dir = realpath(dirname(of_dir), NULL);
	char *target = dir ? mag_xasprintf("%s/%s", dir, basename(of_name))
			   : mag_xstrdup(path);

	free(dir);
	free(of_name);
	free(of_dir);
	return target;
}

/* Where the link @path leads, seen from where it is. */
static char *mag_output_link(const char *path, const char *to)
{
	char *copy = mag_xstrdup(path);
	char *next = *to == '/' ? mag_xstrdup(to)
				: mag_xasprintf("%s/%s", dirname(copy), to);

	free(copy);
	return next;
}

/* The file behind @path, links followed, whether it is there or not. */
static char *mag_output_target(const char *path)
{
	char *target = realpath(path, NULL), *next;
	char to[PATH_MAX];
	ssize_t len;

	if (target || errno != ENOENT)
		return target ? target : mag_xstrdup(path);
	len = readlink(path, to, sizeof(to) - 1);
	if (len < 0)
		return mag_output_new_file(path);
	to[len] = '\0';
	next = mag_output_link(path, to);
	target = mag_output_target(next);
	free(next);
	return target;
}

/* Of what a result would go to.  False if it is not there yet. */
static bool mag_output_stat(const char *path, struct stat *st)
{
	int fd = mag_output_descriptor(path);

	return fd < 0 ? !stat(path, st) : !fstat(fd, st);
}

static bool mag_output_same_name(const char *a, const char *b)
{
	char *of_a = mag_output_target(a), *of_b = mag_output_target(b);
	bool same = !strcmp(of_a, of_b);

	free(of_b);
	free(of_a);
	return same;
}

bool mag_output_same(const char *a, const char *b)
{
	int fd_a = mag_output_descriptor(a), fd_b = mag_output_descriptor(b);
	struct stat st_a, st_b;

	if (fd_a >= 0 && fd_a == fd_b)
		return true;
	if (mag_output_stat(a, &st_a) && mag_output_stat(b, &st_b))
		return S_ISREG(st_a.st_mode) && st_a.st_dev == st_b.st_dev &&
		       st_a.st_ino == st_b.st_ino;
	return fd_a < 0 && fd_b < 0 && mag_output_same_name(a, b);
}

static int mag_output_directory_check(const char *path)
{
	char *target = mag_output_target(path);
	int err = access(dirname(target), W_OK | X_OK) ? errno : 0;

	free(target);
	return err;
}

/* Whether what magctl prints goes to the file that a result would replace. */
static bool mag_output_is_taken(const char *path, const struct stat *st)
{
	static const char *const streams[] = {
		[STDOUT_FILENO] = "standard output",
		[STDERR_FILENO] = "standard error",
	};

	for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++) {
		struct stat other;

		if (fstat(fd, &other) || other.st_dev != st->st_dev ||
		    other.st_ino != st->st_ino)
			continue;
		mag_error(
			"cannot write %s: %s goes there, and would be lost; - is standard output",
			path, streams[fd]);
		return true;
	}
	return false;
}

static int mag_output_descriptor_check(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0)
		return errno;
	return (flags & O_ACCMODE) == O_RDONLY ? EBADF : 0;
}

int mag_output_check(const char *path)
{
	int fd = mag_output_descriptor(path), err = 0;
	struct stat st;

	if (fd >= 0)
		err = mag_output_descriptor_check(fd);
	else if (!*path)
		err = ENOENT;
	else if (path[strlen(path) - 1] == '/')
		err = EISDIR;
	else if (stat(path, &st))
		err = errno == ENOENT ? mag_output_directory_check(path)
				      : errno;
	else if (S_ISDIR(st.st_mode))
		err = EISDIR;
	else if (S_ISREG(st.st_mode) && mag_output_is_taken(path, &st))
		return MAG_EXIT_USAGE;
	else if (S_ISREG(st.st_mode))
		err = mag_output_directory_check(path);
	else if (access(path, W_OK))
		err = errno;
	if (!err)
		return MAG_EXIT_OK;
	mag_output_failed(fd == STDOUT_FILENO ? "standard output" : path, err);
	return MAG_EXIT_USAGE;
}

/* Whether there is room again in what was full, where that is no fault of its. */
static bool mag_output_waited(int fd)
{
	struct pollfd out = { .fd = fd, .events = POLLOUT };

	if (errno != EAGAIN)
		return false;
	return poll(&out, 1, -1) == 1 || errno == EINTR;
}

static int mag_output_all(int fd, const char *text, size_t len)
{
	while (len) {
		ssize_t done = write(fd, text, len);

		if (done < 0 && (errno == EINTR || mag_output_waited(fd)))
			continue;
		if (done < 0)
			return -errno;
		text += done;
		len -= (size_t)done;
	}
	return 0;
}

/* What is open already is not opened again: that would begin at its start. */
static int mag_output_in_place(const char *path, const char *text, size_t len)
{
	int open_fd = mag_output_descriptor(path);
	int fd = open_fd < 0 ? open(path, O_WRONLY | O_CLOEXEC)
			     : fcntl(open_fd, F_DUPFD_CLOEXEC, 0);
	int err;

	if (fd < 0)
		return -errno;
	err = mag_output_all(fd, text, len);
	if (close(fd) && !err)
		err = -errno;
	return err;
}

/* Of mkstemp(), who would keep the file to its owner. */
static int mag_output_mode(int fd)
{
	mode_t mask = umask(0);

	umask(mask);
	return fchmod(fd, 0666 & ~mask) ? -errno : 0;
}

static int mag_output_fill(int fd, const char *text, size_t len)
{
	int err = mag_output_all(fd, text, len);

	if (!err)
		err = mag_output_mode(fd);
	if (!err && fsync(fd))
		err = -errno;
	if (close(fd) && !err)
		err = -errno;
	return err;
}

static int mag_output_replace(const char *path, const char *text, size_t len)
{
	char *target = mag_output_target(path);
	char *copy = mag_xstrdup(target);
	/* Short, for the name of the result may be as long as can be. */
	char *temporary = mag_xasprintf("%s/.magctl-XXXXXX", dirname(copy));
	int fd = mkostemp(temporary, O_CLOEXEC);
	int err;

	if (fd < 0) {
		err = -errno;
	} else {
		err = mag_output_fill(fd, text, len);
		if (!err && rename(temporary, target))
			err = -errno;
		if (err)
			unlink(temporary);
	}
	free(temporary);
	free(copy);
	free(target);
	return err;
}

static bool mag_output_is_special(const char *path)
{
	struct stat st;

	return mag_output_descriptor(path) >= 0 ||
	       (!stat(path, &st) && !S_ISREG(st.st_mode));
}

int mag_output_write(const char *path, const char *text, size_t len)
{
	sigset_t old;
	int err;

	if (mag_output_is_stdout(path)) {
		if (fwrite(text, 1, len, stdout) != len)
			mag_output_lost = errno;
		return MAG_EXIT_OK;
	}
	if (mag_output_is_special(path)) {
		err = mag_output_in_place(path, text, len);
	} else {
		mag_signals_block(&old);
		err = mag_output_replace(path, text, len);
		mag_signals_restore(&old);
	}
	return err ? mag_output_failed(path, -err) : MAG_EXIT_OK;
}

void mag_output_check_stdio(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
			open("/dev/null",
			     fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
	}
}

static bool mag_output_reader_is_gone(void)
{
	struct pollfd out = { .fd = STDOUT_FILENO };

	return poll(&out, 1, 0) == 1 && (out.revents & POLLERR);
}

int mag_output_close_stdout(int code)
{
	int err = fflush(stdout) ? errno : mag_output_lost;
	bool gone = err == EPIPE || mag_output_reader_is_gone();

	if (!err && ferror(stdout))
		err = EIO;
	if (fclose(stdout) && !err)
		err = errno;
	if (!err)
		return MAG_EXIT_OK;
	if (gone && !code)
		mag_signals_end_by_pipe();
	return mag_output_failed("standard output", gone ? EPIPE : err);
}
