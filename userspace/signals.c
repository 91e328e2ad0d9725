// SPDX-License-Identifier: GPL-2.0-only
/* SIGINT, SIGTERM and SIGHUP through a signalfd; SIGPIPE put off. */
#include <signal.h>
#include <stddef.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "signals.h"

/* Whoever started magctl may have SIGPIPE ignored, and wants to be told then. */
static bool mag_pipe_was_ignored;

void mag_signals_ignore_pipe(void)
{
	mag_pipe_was_ignored = signal(SIGPIPE, SIG_IGN) == SIG_IGN;
}

void mag_signals_end_by_pipe(void)
{
	if (mag_pipe_was_ignored)
		return;
	signal(SIGPIPE, SIG_DFL);
	raise(SIGPIPE);
}

static bool mag_signal_is_ignored(int number)
{
	struct sigaction action;

	return !sigaction(number, NULL, &action) &&
	       action.sa_handler == SIG_IGN;
}

/* SIGHUP stays ignored under nohup(1): what is held back would come all the same. */
static void mag_signals_set(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	if (!mag_signal_is_ignored(SIGHUP))
		sigaddset(set, SIGHUP);
}

int mag_signals_open(void)
{
	sigset_t set;

	mag_signals_set(&set);
	/* A shell starts background jobs with SIGINT ignored. */
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void mag_signals_unblock(void)
{
	sigset_t set;

	mag_signals_set(&set);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

/*
 * One stop may come as two signals: timeout(1) signals its child and then its
 * process group.  Only one that comes later is a second wish.
 */
static void mag_signals_swallow_twin(void)
{
	static const struct timespec moment = { .tv_nsec = 100000000 };
	sigset_t set;

	mag_signals_set(&set);
	sigtimedwait(&set, NULL, &moment);
}

bool mag_signals_taken(int fd)
{
	struct signalfd_siginfo info;

	if (read(fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return false;
	mag_signals_swallow_twin();
	mag_signals_unblock();
	return true;
}

void mag_signals_close(int fd)
{
	mag_signals_unblock();
	close(fd);
}

void mag_signals_block(sigset_t *old)
{
	sigset_t set;

	mag_signals_set(&set);
	sigprocmask(SIG_BLOCK, &set, old);
}

void mag_signals_restore(const sigset_t *old)
{
	sigprocmask(SIG_SETMASK, old, NULL);
}
