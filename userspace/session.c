// SPDX-License-Identifier: GPL-2.0-only
/* Opening the device. */
#include <errno.h>
#include <string.h>

#include "complain.h"
#include "device.h"
#include "session.h"
#include "util.h"

static int mag_session_info(struct mag_session *session)
{
	struct mag_info *info = &session->env.info;
	int err = mag_device_info(session->fd, info);

	if (!err && info->abi_version != MAG_ABI_VERSION)
		err = -EPROTO;
	if (err)
		return mag_complain(MAG_DEVICE_PATH, MAG_CALL_INFO, err);
	info->release[MAG_RELEASE_LEN - 1] = '\0';
	info->preempt[MAG_NAME_LEN - 1] = '\0';
	info->version[MAG_NAME_LEN - 1] = '\0';
	info->config_hash[MAG_HASH_LEN - 1] = '\0';
	return MAG_EXIT_OK;
}

static int mag_session_environment(struct mag_session *session,
				   const char *machine)
{
	const char *contradiction;

	mag_environment_read(&session->env, machine);
	contradiction = mag_environment_contradiction(&session->env);
	if (!contradiction)
		return MAG_EXIT_OK;
	mag_error("machine \"%s\" %s", session->env.machine, contradiction);
	mag_session_close(session);
	return MAG_EXIT_USAGE;
}

int mag_session_open(struct mag_session *session, const char *machine)
{
	int code;

	memset(session, 0, sizeof(*session));
	session->fd = mag_device_open();
	if (session->fd < 0)
		return mag_complain(MAG_DEVICE_PATH, MAG_CALL_OPEN,
				    session->fd);
	code = mag_session_info(session);
	if (!code) {
		int err = mag_catalog_read(session->fd, &session->env.info,
					   &session->catalog);

		if (err)
			code = mag_complain(MAG_DEVICE_PATH, MAG_CALL_DESCRIBE,
					    err);
	}
	if (code) {
		mag_session_close(session);
		return code;
	}
	return mag_session_environment(session, machine);
}

bool mag_session_peek(struct mag_catalog *catalog)
{
	int fd = mag_device_open();
	struct mag_info info;
	bool known = false;

	if (fd < 0)
		return false;
	if (!mag_device_info(fd, &info) &&
	    info.abi_version == MAG_ABI_VERSION) {
		known = !mag_catalog_read(fd, &info, catalog);
		if (!known)
			mag_catalog_free(catalog);
	}
	mag_device_close(fd);
	return known;
}

void mag_session_close(struct mag_session *session)
{
	mag_catalog_free(&session->catalog);
	mag_environment_free(&session->env);
	mag_device_close(session->fd);
}
