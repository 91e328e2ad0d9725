// SPDX-License-Identifier: GPL-2.0-only
/* Where /proc and /sys are: tests link another file in place of this one. */
#include "sysfile.h"

const char *mag_sysroot(void)
{
	return "";
}
