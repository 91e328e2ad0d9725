// SPDX-License-Identifier: GPL-2.0-only
/* Reading lists of CPUs. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cpulist.h"
#include "parse.h"
#include "sysfile.h"
#include "util.h"

#define MAG_CPUS_ONLINE "/sys/devices/system/cpu/online"
#define MAG_MAX_CPU	65535

void mag_cpulist_add(struct mag_cpulist *list, __u32 cpu)
{
	size_t at = list->nr++;

	list->cpu = mag_xrealloc(list->cpu, list->nr, sizeof(*list->cpu));
	for (; at && list->cpu[at - 1] > cpu; at--)
		list->cpu[at] = list->cpu[at - 1];
	list->cpu[at] = cpu;
}

/* A number alone, of digits alone. */
static int mag_cpulist_number(const char *text, __u64 *cpu)
{
	if (!*text || text[strspn(text, "0123456789")])
		return -EINVAL;
	return mag_parse_u64(text, cpu) || *cpu > MAG_MAX_CPU ? -EINVAL : 0;
}

/* "3" or "3-5", above what the list has already. */
static int mag_cpulist_range(struct mag_cpulist *list, char *text)
{
	char *dash = strchr(text, '-');
	__u64 first, last;

	if (dash)
		*dash = '\0';
	if (mag_cpulist_number(text, &first))
		return -EINVAL;
	last = first;
	if (dash && mag_cpulist_number(dash + 1, &last))
		return -EINVAL;
	if (first > last || (list->nr && first <= list->cpu[list->nr - 1]))
		return -EINVAL;
	for (; first <= last; first++)
		mag_cpulist_add(list, (__u32)first);
	return 0;
}

int mag_cpulist_parse(struct mag_cpulist *list, const char *text)
{
	char *copy = mag_xstrdup(text), *rest = copy, *range;
	int err = 0;

	memset(list, 0, sizeof(*list));
	while (!err && (range = strsep(&rest, ",")))
		err = mag_cpulist_range(list, range);
	free(copy);
	if (err)
		mag_cpulist_free(list);
	return err;
}

bool mag_cpulist_known(struct mag_cpulist *online)
{
	char *line = mag_sys_line(MAG_CPUS_ONLINE);
	bool known = line && !mag_cpulist_parse(online, line);

	free(line);
	return known;
}

void mag_cpulist_online(struct mag_cpulist *list)
{
	if (mag_cpulist_known(list))
		return;
	memset(list, 0, sizeof(*list));
	mag_cpulist_add(list, 0);
}

void mag_cpulist_copy(struct mag_cpulist *copy, const struct mag_cpulist *list)
{
	copy->cpu = mag_xcalloc(list->nr, sizeof(*copy->cpu));
	copy->nr = list->nr;
	memcpy(copy->cpu, list->cpu, list->nr * sizeof(*copy->cpu));
}

void mag_cpulist_free(struct mag_cpulist *list)
{
	free(list->cpu);
	memset(list, 0, sizeof(*list));
}

const __u32 *mag_cpulist_missing(const struct mag_cpulist *list,
				 const struct mag_cpulist *from)
{
	for (size_t i = 0; i < list->nr; i++) {
		if (!mag_cpulist_has(from, list->cpu[i]))
			return &list->cpu[i];
	}
	return NULL;
}

bool mag_cpulist_has(const struct mag_cpulist *list, __u32 cpu)
{
	for (size_t i = 0; i < list->nr; i++) {
		if (list->cpu[i] == cpu)
			return true;
	}
	return false;
}
