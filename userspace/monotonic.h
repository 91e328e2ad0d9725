/* SPDX-License-Identifier: GPL-2.0-only */
/* The time that measured stretches are told by. */
#ifndef MAGCTL_MONOTONIC_H
#define MAGCTL_MONOTONIC_H

/* CLOCK_MONOTONIC, in seconds. */
double mag_monotonic_s(void);

#endif /* MAGCTL_MONOTONIC_H */
