/* SPDX-License-Identifier: GPL-2.0-only */
/* The device opened and asked what it is: the start of every subcommand. */
#ifndef MAGCTL_SESSION_H
#define MAGCTL_SESSION_H

#include "catalog.h"
#include "environment.h"

struct mag_session {
	int fd;
	struct mag_environment env;
	struct mag_catalog catalog;
};

/**
 * mag_session_open() - open the device and read all that it describes
 * @session: to be closed if this returns MAG_EXIT_OK
 * @machine: name given by the user, or NULL
 *
 * Return: MAG_EXIT_OK, or the exit code of an error that it has printed.
 */
int mag_session_open(struct mag_session *session, const char *machine);

/**
 * mag_session_peek() - read what there is to be named, without a word
 * @catalog: to be freed if this returns true
 *
 * Return: false if the device cannot be asked; mag_session_open() says why.
 */
bool mag_session_peek(struct mag_catalog *catalog);
void mag_session_close(struct mag_session *session);

#endif /* MAGCTL_SESSION_H */
