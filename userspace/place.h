/* SPDX-License-Identifier: GPL-2.0-only */
/* Which CPUs the workers of a run have. */
#ifndef MAGCTL_PLACE_H
#define MAGCTL_PLACE_H

#include <stddef.h>
#include <stdio.h>
#include <linux/types.h>

#include "cpulist.h"

/* From the second on, each is made of the one before. */
enum mag_placing {
	MAG_PLACE_LIST, /* the lowest number first */
	MAG_PLACE_SMT, /* all threads of a core before the next core */
	MAG_PLACE_CORE, /* a thread of each core before a second of any */
	MAG_PLACE_NODE, /* a CPU of each node by turns, on each as CORE */
};

/**
 * struct mag_place - a worker's CPU
 * @cpu: its number
 * @core: the lowest number of a CPU of the same core
 * @node: its node; 0 if the kernel has none
 */
struct mag_place {
	__u32 cpu;
	__u32 core;
	__u32 node;
};

/* In the order of the workers; none where the kernel does not say which CPUs are online. */
struct mag_places {
	struct mag_place *at;
	size_t nr;
};

/* The enum mag_placing of that name, or -1 after it has said which there are. */
int mag_place_placing(const char *name);

/**
 * mag_place_cpus() - the CPUs that may be used
 * @cpus: out; to be freed if this returns MAG_EXIT_OK; none if @list is NULL and the
 *	kernel does not say which CPUs are online
 * @list: the user's, all of which must be online; or NULL for those that magctl may
 *	run on
 *
 * Return: MAG_EXIT_OK, or MAG_EXIT_USAGE and has said which CPU cannot be had.
 */
int mag_place_cpus(struct mag_cpulist *cpus, const char *list);

/**
 * mag_place_find() - CPUs for workers
 * @places: out; to be freed whatever the outcome
 * @list: CPUs to take them from, or NULL for those that magctl may run on
 * @placing: in which order
 * @workers: how many; 0: all that there are
 *
 * Return: MAG_EXIT_OK, or MAG_EXIT_USAGE and has said which CPU cannot be had.
 */
int mag_place_find(struct mag_places *places, const char *list,
		   enum mag_placing placing, __u64 workers);
void mag_places_free(struct mag_places *places);

/**
 * mag_place_workers() - how many workers there will be
 * @nr: out
 * @workers: asked for; 0: one a CPU
 * @usable: CPUs that they may have
 * @online: all that are online
 *
 * Return: MAG_EXIT_OK, or MAG_EXIT_USAGE and has said that they are too many.
 */
int mag_place_workers(size_t *nr, __u64 workers, size_t usable, size_t online);

/* The same in rising order; to be freed. */
void mag_places_list(const struct mag_places *places, struct mag_cpulist *list);
/* The first that is offline; MAG_CPU_NONE if all are online, or nobody knows. */
__u32 mag_places_missing(const struct mag_places *places);
/* "0-3,8", in the order of the workers. */
void mag_places_print(const struct mag_places *places, FILE *out);

#endif /* MAGCTL_PLACE_H */
