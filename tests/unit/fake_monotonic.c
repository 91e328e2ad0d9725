// SPDX-License-Identifier: GPL-2.0-only
/*
 * A clock that goes on at each reading alone, by "round_ms" of $MAGSLAB_FAKE, in
 * place of monotonic.c: so long is a round, however busy this machine is.
 */
#include "fake_device.h"
#include "monotonic.h"

double mag_monotonic_s(void)
{
	static double now;

	now += fake_option("round_ms") / 1e3;
	return now;
}
