// SPDX-License-Identifier: GPL-2.0-only
/* Writing results. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "output.h"
#include "signals.h"
#include "util.h"

static int mag_output_failed(const char *path, int err)
{
	mag_error("cannot write %s: %s", path, strerror(err));
	return MAG_EXIT_FAILED;
}

/* The file behind @path, links followed; @path itself if there is none yet. */
static char *mag_output_target(const char *path)
{
	char *target = realpath(path, NULL);

	return target ? target : mag_xstrdup(path);
}

static int mag_output_directory_check(const char *path)
{
	char *target = mag_output_target(path);
	int err = access(dirname(target), W_OK | X_OK) ? errno : 0;

	free(target);
	return err;
}

int mag_output_check(const char *path)
{
	struct stat st;
	int err = 0;

	if (!strcmp(path, "-"))
		return MAG_EXIT_OK;
	if (!*path)
		err = ENOENT;
	else if (path[strlen(path) - 1] == '/')
		err = EISDIR;
	else if (stat(path, &st))
		err = errno == ENOENT ? mag_output_directory_check(path)
				      : errno;
	else if (S_ISDIR(st.st_mode))
		err = EISDIR;
	else if (S_ISREG(st.st_mode))
		err = mag_output_directory_check(path);
	else if (access(path, W_OK))
		err = errno;
	if (!err)
		return MAG_EXIT_OK;
	mag_output_failed(path, err);
	return MAG_EXIT_USAGE;
}

static int mag_output_all(int fd, const char *text, size_t len)
{
	while (len) {
		ssize_t done = write(fd, text, len);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -errno;
		text += done;
		len -= (size_t)done;
	}
	return 0;
}

static int mag_output_in_place(const char *path, const char *text, size_t len)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
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
	char *temporary = mag_xasprintf("%s.XXXXXX", target);
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
	free(target);
	return err;
}

static bool mag_output_is_special(const char *path)
{
	struct stat st;

	return !stat(path, &st) && !S_ISREG(st.st_mode);
}

int mag_output_write(const char *path, const char *text, size_t len)
{
	sigset_t old;
	int err;

	if (!strcmp(path, "-"))
		return fwrite(text, 1, len, stdout) == len
			       ? MAG_EXIT_OK
			       : mag_output_failed("standard output", errno);
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
	bool gone = mag_output_reader_is_gone();
	bool lost = ferror(stdout);

	errno = 0;
	if (!fclose(stdout) && !lost)
		return MAG_EXIT_OK;
	if (!gone)
		return mag_output_failed("standard output",
					 errno ? errno : EIO);
	if (!code)
		mag_signals_end_by_pipe();
	return mag_output_failed("standard output", EPIPE);
}
