/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SIGINT, SIGTERM and SIGHUP as something to poll: the first asks a run to end
 * and report, or waits until the results are written; the second kills.  And
 * SIGPIPE, which must not end magctl before its result is on disk.
 */
#ifndef MAGCTL_SIGNALS_H
#define MAGCTL_SIGNALS_H

#include <signal.h>
#include <stdbool.h>

/* A reader that has gone is an error of the write from here on. */
void mag_signals_ignore_pipe(void);
/*
 * Ends magctl by SIGPIPE, as tools end whose reader has gone.  Returns where
 * whoever started magctl had that signal ignored.
 */
void mag_signals_end_by_pipe(void);

/* Holds the signals back; a file descriptor that polls readable once there is one. */
int mag_signals_open(void);

/**
 * mag_signals_taken() - whether a signal has come
 * @fd: of mag_signals_open()
 *
 * From the first that has, on, the next kills at once: the device ends a run
 * when its file is closed, so nothing is left behind.
 */
bool mag_signals_taken(int fd);

/*
 * Nothing is left to be ended early, but there are results to be written: unless a
 * signal has been taken, the first that comes from here on is kept, and the next
 * kills.  Closes @fd.
 */
void mag_signals_close(int fd);
/* Whether a signal has been taken or kept. */
bool mag_signals_came(void);

/* Holds back what would end magctl half-way through a file; undone by _restore. */
void mag_signals_block(sigset_t *old);
void mag_signals_restore(const sigset_t *old);

#endif /* MAGCTL_SIGNALS_H */
