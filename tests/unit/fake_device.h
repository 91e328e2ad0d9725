/* SPDX-License-Identifier: GPL-2.0-only */
/* What the fakes of magctl's surroundings share. */
#ifndef MAGSLAB_FAKE_DEVICE_H
#define MAGSLAB_FAKE_DEVICE_H

/* The number of "key=number" in $MAGSLAB_FAKE, or 0. */
int fake_option(const char *key);

#endif /* MAGSLAB_FAKE_DEVICE_H */
