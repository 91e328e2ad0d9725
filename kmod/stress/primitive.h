/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a machine is, in figures: the costs of primitives on one CPU, the step
 * of its clock, and who interrupts it.
 */
#ifndef MAGSLAB_STRESS_PRIMITIVE_H
#define MAGSLAB_STRESS_PRIMITIVE_H

#include <linux/types.h>

#include "../uapi/magslab.h"

/*
 * Checks the questions in @machine and fills in all the rest.  0, or the -errno
 * of MAG_IOC_MACHINE.
 */
int mag_primitive_measure(struct mag_machine *machine);

#endif /* MAGSLAB_STRESS_PRIMITIVE_H */
