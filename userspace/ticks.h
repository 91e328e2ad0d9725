/* SPDX-License-Identifier: GPL-2.0-only */
/* What a tick of the processor's time-stamp counter is. */
#ifndef MAGCTL_TICKS_H
#define MAGCTL_TICKS_H

#include <stdbool.h>

/*
 * Measures whether a tick is an instruction, as an emulator can make it and no
 * processor does.  There is a time-stamp counter.
 */
bool mag_ticks_are_insns(void);

#endif /* MAGCTL_TICKS_H */
