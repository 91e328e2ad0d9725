// SPDX-License-Identifier: GPL-2.0-only
/* SIGINT and SIGTERM through a signalfd. */
#include <signal.h>
#include <stddef.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "signals.h"

static void mag_signals_set(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
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
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, old);
}

void mag_signals_restore(const sigset_t *old)
{
	sigprocmask(SIG_SETMASK, old, NULL);
}
