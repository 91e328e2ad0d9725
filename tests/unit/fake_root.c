// SPDX-License-Identifier: GPL-2.0-only
/*
 * /proc and /sys as tests make them up, in $MAGSLAB_FAKE_ROOT; nowhere without
 * it, so that no test sees the machine that it runs on.
 */
#include <stdlib.h>

#include "sysfile.h"

const char *mag_sysroot(void)
{
	const char *root = getenv("MAGSLAB_FAKE_ROOT");

	return root ? root : "/nowhere";
}
