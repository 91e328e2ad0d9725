// SPDX-License-Identifier: GPL-2.0-only
/* The kernel's clock: tests link another file in place of this one. */
#include <time.h>

#include "monotonic.h"

double mag_monotonic_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}
