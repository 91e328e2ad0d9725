// SPDX-License-Identifier: GPL-2.0-only
/* A counter that counts what "insns" in $MAGSLAB_FAKE says, in place of ticks.c. */
#include "fake_device.h"
#include "ticks.h"

bool mag_ticks_are_insns(void)
{
	return fake_option("insns");
}
