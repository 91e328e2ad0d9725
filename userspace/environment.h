/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where figures were taken: machine, processor, kernel and the hooks in it
 * that change what an allocation costs.
 */
#ifndef MAGCTL_ENVIRONMENT_H
#define MAGCTL_ENVIRONMENT_H

#include <stdbool.h>
#include <stdio.h>

#include "hoststate.h"
#include "slabstate.h"
#include "uapi/magslab.h"
#include "warnings.h"

/* The machine whose time-stamp counter counts instructions. */
#define MAG_MACHINE_ICOUNT "icount"

/* What a figure of a clock is in. */
enum mag_unit {
	MAG_UNIT_NS,
	MAG_UNIT_TICKS,
	MAG_UNIT_INSNS,
};

/**
 * struct mag_cpuinfo - what /proc/cpuinfo says
 * @model: of the first processor, "" if it does not say; to be freed
 * @hypervisor: the processor is a hypervisor's or an emulator's
 * @uml: the kernel is a process (User-Mode Linux)
 */
struct mag_cpuinfo {
	char *model;
	bool hypervisor;
	bool uml;
};

/**
 * struct mag_environment - what every report names
 * @machine: as named by the user, else "icount", "um", "host (…)" or "vm (…)"
 * @cpu: model of the processor, "" if it does not say
 * @arch: its architecture, as uname -m prints it
 * @counts_insns: a tick of MAG_CLOCK_TICKS was seen to be an instruction
 * @host: the state of kernel and machine
 * @kmalloc: the caches of kmalloc()
 * @info: what the module says; and MAG_HOOK_SHEAVES, if kmalloc()'s caches have
 */
struct mag_environment {
	char *machine;
	char *cpu;
	char *arch;
	bool counts_insns;
	struct mag_host host;
	struct mag_slab_state kmalloc;
	struct mag_info info;
};

/* @file is in the format of /proc/cpuinfo. */
struct mag_cpuinfo mag_cpuinfo_parse(FILE *file);

/**
 * mag_machine_name() - name of the machine where the user gives none
 * @cpuinfo: what the processor says
 * @product: what the firmware says (DMI product name), or NULL
 * @counts_insns: its time-stamp counter counts instructions
 *
 * Return: text to be freed.
 */
char *mag_machine_name(const struct mag_cpuinfo *cpuinfo, const char *product,
		       bool counts_insns);

/**
 * mag_environment_read() - look round
 * @env: what to fill in, all but @info, which is there
 * @machine: name given by the user, or NULL: $MAGSLAB_MACHINE, else guessed
 */
void mag_environment_read(struct mag_environment *env, const char *machine);
void mag_environment_free(struct mag_environment *env);

/* What is wrong with the machine's name, or NULL. */
const char *mag_environment_contradiction(const struct mag_environment *env);

/* The clock that is taken where the user names none, and the unit of a clock. */
__u32 mag_environment_clock(const struct mag_environment *env);
enum mag_unit mag_environment_unit(const struct mag_environment *env,
				   __u32 clock);
const char *mag_unit_name(enum mag_unit unit);

/* The lines of a header that say where: machine, cpu, kernel, module. */
void mag_environment_print(const struct mag_environment *env, FILE *out);

/* True if the kernel watches itself, so that its figures mean nothing elsewhere. */
bool mag_environment_is_debug(const struct mag_environment *env);

/* Adds what of it makes figures doubtful, whatever is run. */
void mag_environment_warn(const struct mag_environment *env,
			  struct mag_warnings *warnings);

/* Name of the @index-th hook and its MAG_HOOK_* bit, or NULL past the last. */
const char *mag_hook_name(unsigned int index, __u64 *bit);

#endif /* MAGCTL_ENVIRONMENT_H */
