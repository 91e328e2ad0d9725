// SPDX-License-Identifier: GPL-2.0-only
/* The errors of the ABI in words. */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "complain.h"
#include "util.h"

#define MAG_ANY_CALL -1

struct mag_cause {
	int call;
	int err;
	enum mag_exit exit;
	const char *text;
};

/* The first match counts. */
static const struct mag_cause mag_causes[] = {
	{ MAG_CALL_OPEN, ENOENT, MAG_EXIT_NO_DEVICE,
	  "does not exist: load the module first (insmod magslab.ko)" },
	{ MAG_CALL_OPEN, ENODEV, MAG_EXIT_NO_DEVICE,
	  "has no driver: load the module first (insmod magslab.ko)" },
	{ MAG_CALL_OPEN, ENXIO, MAG_EXIT_NO_DEVICE,
	  "has no driver: load the module first (insmod magslab.ko)" },
	{ MAG_CALL_OPEN, EACCES, MAG_EXIT_NO_DEVICE,
	  "may be opened by root alone: run magctl as root (sudo magctl ...)" },
	{ MAG_ANY_CALL, EPERM, MAG_EXIT_NO_DEVICE,
	  "CAP_SYS_ADMIN is needed: run magctl as root (sudo magctl ...)" },
	{ MAG_CALL_OPEN, EBUSY, MAG_EXIT_FAILED,
	  "is busy: the module is being removed, or another program has it" },
	{ MAG_CALL_HIST, EPROTO, MAG_EXIT_FAILED,
	  "histogram and figures contradict each other: please report this bug" },
	{ MAG_CALL_STATUS, EPROTO, MAG_EXIT_FAILED,
	  "not the run asked for: build magctl and magslab.ko from the same tree" },
	{ MAG_ANY_CALL, ENOTTY, MAG_EXIT_FAILED,
	  "unknown to the module: build magctl and magslab.ko from the same tree" },
	{ MAG_ANY_CALL, EPROTO, MAG_EXIT_FAILED,
	  "another ABI version: build magctl and magslab.ko from the same tree" },
	{ MAG_ANY_CALL, EFAULT, MAG_EXIT_FAILED,
	  "magctl's memory is out of reach: please report this bug" },
	{ MAG_CALL_START, EBUSY, MAG_EXIT_FAILED,
	  "another run is under way: wait for it, or end its magctl" },
	{ MAG_CALL_MACHINE, EBUSY, MAG_EXIT_FAILED,
	  "a run or another measurement is under way: wait for it, or end its magctl" },
	{ MAG_CALL_MACHINE, ENODEV, MAG_EXIT_FAILED,
	  "a CPU to be measured is not online: see /sys/devices/system/cpu/online" },
	{ MAG_CALL_MACHINE, EINVAL, MAG_EXIT_FAILED,
	  "an unknown CPU or clock: build magctl and magslab.ko from the same tree" },
	{ MAG_CALL_MACHINE, ENOMEM, MAG_EXIT_FAILED,
	  "not enough memory for the measurement: free some, and run it again" },
	{ MAG_CALL_MACHINE, EOPNOTSUPP, MAG_EXIT_FAILED,
	  "the clock does not exist or does not move on this machine: see magctl info" },
	{ MAG_CALL_MACHINE, EINTR, MAG_EXIT_FAILED,
	  "interrupted before it was done: run it again" },
	{ MAG_CALL_START, EINVAL, MAG_EXIT_USAGE,
	  "these parameters make no sense together: see magctl list workloads" },
	{ MAG_CALL_START, ENODEV, MAG_EXIT_FAILED,
	  "a CPU of the workers was offline: bring it back, or name others by --cpus" },
	{ MAG_CALL_START, ENOMEM, MAG_EXIT_FAILED,
	  "not enough memory: use fewer workers or smaller objects" },
	{ MAG_CALL_START, ENOSPC, MAG_EXIT_FAILED,
	  "no dynamic state of CPU hotplug is free in the kernel: unload a module that holds one" },
	{ MAG_CALL_START, EOPNOTSUPP, MAG_EXIT_USAGE,
	  "this clock does not exist on this machine: use --clock auto" },
	{ MAG_CALL_RUN, EOPNOTSUPP, MAG_EXIT_FAILED,
	  "the clock does not move on this machine: use another --clock" },
	{ MAG_CALL_RUN, ENODEV, MAG_EXIT_FAILED,
	  "a CPU of the workers went offline during the run" },
	{ MAG_CALL_RUN, ENOMEM, MAG_EXIT_FAILED,
	  "the run ran out of memory: use fewer workers or smaller objects" },
	{ MAG_CALL_DESCRIBE, ENOENT, MAG_EXIT_FAILED,
	  "the module does not describe all it has: please report this bug" },
	{ MAG_CALL_HIST, EAGAIN, MAG_EXIT_FAILED,
	  "the run is not over: please report this bug" },
	{ MAG_CALL_HIST, ENODATA, MAG_EXIT_FAILED,
	  "the run left no histogram: see the kernel log (dmesg)" },
	{ MAG_ANY_CALL, ENODATA, MAG_EXIT_FAILED,
	  "there is no run on this file: please report this bug" },
	{ MAG_ANY_CALL, EINVAL, MAG_EXIT_FAILED,
	  "refused by the module: build magctl and magslab.ko from the same tree" },
};

static const struct mag_cause *mag_complain_find(enum mag_call call, int err)
{
	for (size_t i = 0; i < MAG_ARRAY_SIZE(mag_causes); i++) {
		const struct mag_cause *cause = &mag_causes[i];

		if ((cause->call == MAG_ANY_CALL || cause->call == (int)call) &&
		    cause->err == -err)
			return cause;
	}
	return NULL;
}

const char *mag_complain_text(enum mag_call call, int err)
{
	const struct mag_cause *cause = mag_complain_find(call, err);

	return cause ? cause->text : strerror(-err);
}

int mag_complain_exit(enum mag_call call, int err)
{
	const struct mag_cause *cause = mag_complain_find(call, err);

	return cause ? cause->exit : MAG_EXIT_FAILED;
}

int mag_complain(const char *subject, enum mag_call call, int err)
{
	mag_error("%s: %s", subject, mag_complain_text(call, err));
	return mag_complain_exit(call, err);
}
