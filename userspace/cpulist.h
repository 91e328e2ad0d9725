/* SPDX-License-Identifier: GPL-2.0-only */
/* Lists of CPUs, as the kernel writes them: "0-3,8". */
#ifndef MAGCTL_CPULIST_H
#define MAGCTL_CPULIST_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

/**
 * struct mag_cpulist - CPUs by their numbers, each once, the lowest first
 * @cpu: the numbers
 * @nr: how many
 */
struct mag_cpulist {
	__u32 *cpu;
	size_t nr;
};

/**
 * mag_cpulist_parse() - read a list
 * @list: where it goes; to be freed if this returns 0
 * @text: numbers and ranges of them, in rising order, separated by commas
 *
 * Return: 0; -EINVAL if it is no such list, or has a number above 65535.
 */
int mag_cpulist_parse(struct mag_cpulist *list, const char *text);
/* Adds a CPU that is not in it. */
void mag_cpulist_add(struct mag_cpulist *list, __u32 cpu);
/* The CPUs online, to be freed; false, and nothing is there, if the kernel does not say. */
bool mag_cpulist_known(struct mag_cpulist *online);
/* The CPUs online; CPU 0 alone if the kernel does not say. */
void mag_cpulist_online(struct mag_cpulist *list);
/* @copy is to be freed too. */
void mag_cpulist_copy(struct mag_cpulist *copy, const struct mag_cpulist *list);
void mag_cpulist_free(struct mag_cpulist *list);

bool mag_cpulist_has(const struct mag_cpulist *list, __u32 cpu);
/* The first of @list that is not in @from; NULL if all are. */
const __u32 *mag_cpulist_missing(const struct mag_cpulist *list,
				 const struct mag_cpulist *from);

#endif /* MAGCTL_CPULIST_H */
