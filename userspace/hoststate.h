/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What of the kernel's and the machine's state decides a figure, beside the
 * hooks: debugging that is switched on at boot, and how the CPUs are run.
 */
#ifndef MAGCTL_HOSTSTATE_H
#define MAGCTL_HOSTSTATE_H

#include "uapi/magslab.h"
#include "warnings.h"

/* KFENCE's own default, in ms; more often than that, its samples count. */
#define MAG_KFENCE_INTERVAL_MS 100

enum mag_fact {
	MAG_FACT_CONFIG, /* hash of the kernel's configuration */
	MAG_FACT_PRESET, /* of magazine caches to come */
	MAG_FACT_KNOBS, /* those not left to the preset, "none" */
	MAG_FACT_KFENCE, /* sample interval in ms, 0: off or not built */
	MAG_FACT_PAGE_OWNER,
	MAG_FACT_MEM_PROFILING,
	MAG_FACT_MITIGATIONS, /* "9 mitigated, 1 vulnerable" */
	MAG_FACT_SMT,
	MAG_FACT_GOVERNOR, /* every one that a CPU has */
	MAG_FACT_TURBO,
	MAG_FACT_ISOLATED, /* CPUs, "none" */
	MAG_FACT_NOHZ_FULL, /* CPUs, "none" */
	MAG_FACT_CMDLINE, /* the whole of it */
	MAG_NR_FACTS,
};

/* How a fact is written in JSON. */
enum mag_fact_kind {
	MAG_FACT_TEXT,
	MAG_FACT_NUMBER,
	MAG_FACT_SWITCH, /* "on" or "off" */
};

/**
 * struct mag_host - the facts
 * @fact: as text, printable; NULL: unknown
 */
struct mag_host {
	char *fact[MAG_NR_FACTS];
};

/* Reads all of them; @info is the module's answer. */
void mag_host_read(struct mag_host *host, const struct mag_info *info);
void mag_host_free(struct mag_host *host);

const char *mag_fact_name(enum mag_fact fact);
enum mag_fact_kind mag_fact_kind(enum mag_fact fact);

/* Adds what of it, and of the module's @hooks, makes figures doubtful. */
void mag_host_warn(const struct mag_host *host, __u64 hooks,
		   struct mag_warnings *warnings);

#endif /* MAGCTL_HOSTSTATE_H */
