/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the module can run, as it describes itself: no name of a workload,
 * backend, clock, parameter or counter is written down in magctl.
 */
#ifndef MAGCTL_CATALOG_H
#define MAGCTL_CATALOG_H

#include "uapi/magslab.h"

/**
 * struct mag_entries - descriptions of one entity, in the order of the ABI
 * @entry: the descriptions; the position is the index of the ABI
 * @nr: their number
 */
struct mag_entries {
	struct mag_describe *entry;
	__u32 nr;
};

/* A workload and what is its own; @about is its own description. */
struct mag_workload {
	struct mag_describe about;
	struct mag_entries params;
	struct mag_entries ops;
	struct mag_entries counters;
};

struct mag_catalog {
	struct mag_workload *workloads;
	__u32 nr_workloads;
	struct mag_entries backends;
	struct mag_entries clocks;
};

/**
 * mag_catalog_read() - ask the module for everything it knows
 * @fd: the device
 * @info: what it said of itself
 * @catalog: where it goes; to be freed whatever the outcome
 *
 * Return: 0 or the -errno of MAG_IOC_DESCRIBE; -EPROTO if it describes more
 * than the ABI allows.
 */
int mag_catalog_read(int fd, const struct mag_info *info,
		     struct mag_catalog *catalog);
void mag_catalog_free(struct mag_catalog *catalog);

/* Index of a name, or -1. */
int mag_entries_find(const struct mag_entries *entries, const char *name);
/* The same; of a name that does not exist it says which do, and which was meant. */
int mag_entries_ask(const char *what, const char *name,
		    const struct mag_entries *entries);
int mag_catalog_ask_workload(const struct mag_catalog *catalog,
			     const char *name);
/* Name of a clock, or "unknown". */
const char *mag_catalog_clock(const struct mag_catalog *catalog, __u32 clock);
int mag_catalog_workload(const struct mag_catalog *catalog, const char *name);

#endif /* MAGCTL_CATALOG_H */
