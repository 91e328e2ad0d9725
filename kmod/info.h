/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What this module and kernel are, in the words of the ABI.
 */
#ifndef MAGSLAB_INFO_H
#define MAGSLAB_INFO_H

#include "uapi/magslab.h"

#define MAG_MODULE_VERSION "0.1.0"

void mag_info_get(struct mag_info *info);
int mag_info_describe(struct mag_describe *desc);

#endif /* MAGSLAB_INFO_H */
