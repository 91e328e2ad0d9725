// SPDX-License-Identifier: GPL-2.0-only
/* SIGINT, SIGTERM and SIGHUP through a signalfd; SIGPIPE put off. */
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "signals.h"

/*
 * One stop may come as two signals: timeout(1) signals its child and then its
 * process group.  Only one that comes later is a second wish.
 */
static const struct timespec mag_signal_moment = { .tv_nsec = 100000000 };

/* The first has come; @mag_signal_first: when, if the handler took it. */
static atomic_bool mag_signal_came;
static struct timespec mag_signal_first;

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

static void mag_signals_swallow_twin(void)
{
	sigset_t set;

	mag_signals_set(&set);
	sigtimedwait(&set, NULL, &mag_signal_moment);
}

bool mag_signals_taken(int fd)
{
	struct signalfd_siginfo info;

	if (read(fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return false;
	mag_signal_came = true;
	mag_signals_swallow_twin();
	mag_signals_unblock();
	return true;
}

static bool mag_signal_is_twin(const struct timespec *now)
{
	const struct timespec *first = &mag_signal_first;
	long long ns = (now->tv_sec - first->tv_sec) * 1000000000LL +
		       (now->tv_nsec - first->tv_nsec);

	return ns < mag_signal_moment.tv_nsec;
}

/* The first is kept for later, and the next kills when this returns. */
static void mag_signal_keep(int number)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (!mag_signal_came) {
		mag_signal_first = now;
		mag_signal_came = true;
	} else if (!mag_signal_is_twin(&now)) {
		signal(number, SIG_DFL);
		raise(number);
	}
}

/* None of them comes on top of another. */
static void mag_signals_put_off(void)
{
	struct sigaction action = { .sa_handler = mag_signal_keep,
				    .sa_flags = SA_RESTART };

	mag_signals_set(&action.sa_mask);
	for (int number = 1; number < NSIG; number++) {
		if (sigismember(&action.sa_mask, number) == 1)
			sigaction(number, &action, NULL);
	}
}

void mag_signals_close(int fd)
{
	if (!mag_signal_came)
		mag_signals_put_off();
	mag_signals_unblock();
	close(fd);
}

bool mag_signals_came(void)
{
	return mag_signal_came;
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
