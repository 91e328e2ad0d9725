// SPDX-License-Identifier: GPL-2.0-only
/* CPUs for workers: from the caller's affinity or a list, by the machine's topology. */
#include <stdlib.h>
#include <string.h>

#include "parse.h"
#include "place.h"
#include "suggest.h"
#include "sysfile.h"
#include "uapi/magslab.h"
#include "util.h"

#define MAG_CPU_DIR	"/sys/devices/system/cpu/cpu%u"
#define MAG_STATUS	"/proc/self/status"
#define MAG_ALLOWED_KEY "Cpus_allowed_list:"

static const char *const mag_placings[] = {
	[MAG_PLACE_LIST] = "list",
	[MAG_PLACE_SMT] = "smt",
	[MAG_PLACE_CORE] = "core",
	[MAG_PLACE_NODE] = "node",
};

static const char *mag_placing_at(const void *names, size_t i)
{
	(void)names;
	return i < MAG_ARRAY_SIZE(mag_placings) ? mag_placings[i] : NULL;
}

static const struct mag_names mag_placing_names = { .at = mag_placing_at };

int mag_place_placing(const char *name)
{
	for (size_t i = 0; i < MAG_ARRAY_SIZE(mag_placings); i++) {
		if (!strcmp(mag_placings[i], name))
			return (int)i;
	}
	mag_unknown("place", name, &mag_placing_names);
	return -1;
}

/* The lowest CPU of the same core, by the list of its threads. */
static __u32 mag_place_core(__u32 cpu)
{
	char *line =
		mag_sys_line(MAG_CPU_DIR "/topology/thread_siblings_list", cpu);
	struct mag_cpulist threads;
	__u32 core = cpu;

	if (line && !mag_cpulist_parse(&threads, line)) {
		core = threads.cpu[0];
		mag_cpulist_free(&threads);
	}
	free(line);
	return core;
}

/* By the link "nodeN" in its folder. */
static __u32 mag_place_node(__u32 cpu)
{
	char *path = mag_xasprintf(MAG_CPU_DIR, cpu);
	struct mag_sys_names names;
	__u64 node = 0, number;

	if (mag_sys_list(path, &names)) {
		for (size_t i = 0; i < names.nr; i++) {
			if (!strncmp(names.name[i], "node", 4) &&
			    !mag_parse_u64(names.name[i] + 4, &number))
				node = number;
		}
	}
	mag_sys_names_free(&names);
	free(path);
	return (__u32)node;
}

/* What the affinity of magctl, and its cpuset, leave it. */
static bool mag_place_allowed(struct mag_cpulist *allowed)
{
	FILE *file = mag_sys_open(MAG_STATUS);
	char *line = NULL;
	bool found = false;
	size_t room = 0;

	while (file && !found && getline(&line, &room, file) > 0) {
		size_t key = strlen(MAG_ALLOWED_KEY);

		if (strncmp(line, MAG_ALLOWED_KEY, key))
			continue;
		line[strcspn(line, "\n")] = '\0';
		key += strspn(line + key, " \t");
		found = !mag_cpulist_parse(allowed, line + key);
	}
	free(line);
	if (file)
		fclose(file);
	return found;
}

/* A list of the user's: all must be online. */
static int mag_place_listed(struct mag_cpulist *wanted, const char *list,
			    const struct mag_cpulist *online)
{
	const __u32 *missing;

	if (mag_cpulist_parse(wanted, list)) {
		mag_error(
			"--cpus %s: not a list of CPUs in rising order, each once, at most 65535, such as 0-3,8",
			list);
		return MAG_EXIT_USAGE;
	}
	missing = mag_cpulist_missing(wanted, online);
	if (!missing)
		return MAG_EXIT_OK;
	mag_error(
		"--cpus %s: CPU %u is not online: bring it up (echo 1 >/sys/devices/system/cpu/cpu%u/online), or leave it out",
		list, *missing, *missing);
	mag_cpulist_free(wanted);
	return MAG_EXIT_USAGE;
}

/* Those that magctl may run on, as far as they are online. */
static int mag_place_own(struct mag_cpulist *wanted,
			 const struct mag_cpulist *online)
{
	size_t nr = 0;

	if (!mag_place_allowed(wanted))
		mag_cpulist_copy(wanted, online);
	for (size_t i = 0; i < wanted->nr; i++) {
		if (mag_cpulist_has(online, wanted->cpu[i]))
			wanted->cpu[nr++] = wanted->cpu[i];
	}
	wanted->nr = nr;
	if (nr)
		return MAG_EXIT_OK;
	mag_error(
		"no CPU that magctl may run on is online: see taskset -p $$, or name others by --cpus");
	mag_cpulist_free(wanted);
	return MAG_EXIT_USAGE;
}

/**
 * struct mag_rank - what the order of CPUs goes by, first to last
 * @place: the CPU
 * @key: its rank, the first of it first
 */
struct mag_rank {
	struct mag_place place;
	__u32 key[3];
};

static int mag_rank_compare(const void *a, const void *b)
{
	const struct mag_rank *one = a, *other = b;

	for (size_t i = 0; i < MAG_ARRAY_SIZE(one->key); i++) {
		if (one->key[i] != other->key[i])
			return one->key[i] < other->key[i] ? -1 : 1;
	}
	return one->place.cpu < other->place.cpu ? -1 : 1;
}

/* How many before number @i are of the same core. */
static __u32 mag_rank_in_core(const struct mag_rank *ranks, size_t i)
{
	__u32 before = 0;

	for (size_t j = 0; j < i; j++)
		before += ranks[j].place.core == ranks[i].place.core;
	return before;
}

/* The same of its node. */
static __u32 mag_rank_in_node(const struct mag_rank *ranks, size_t i)
{
	__u32 before = 0;

	for (size_t j = 0; j < i; j++)
		before += ranks[j].place.node == ranks[i].place.node;
	return before;
}

/*
 * Each order is made of the one before: node by node and core by core; from that,
 * one thread of every core before a second; from that, the nodes by turns.
 */
static void mag_rank_key(struct mag_rank *ranks, size_t i,
			 enum mag_placing placing)
{
	const struct mag_place place = ranks[i].place;
	__u32 *key = ranks[i].key;

	key[0] = 0;
	key[1] = place.node;
	key[2] = place.core;
	if (placing == MAG_PLACE_CORE)
		key[0] = mag_rank_in_core(ranks, i);
	if (placing == MAG_PLACE_NODE) {
		key[0] = mag_rank_in_node(ranks, i);
		key[2] = 0;
	}
}

static void mag_place_order(struct mag_rank *ranks, size_t nr,
			    enum mag_placing placing)
{
	for (int step = MAG_PLACE_SMT; step <= (int)placing; step++) {
		for (size_t i = 0; i < nr; i++)
			mag_rank_key(ranks, i, (enum mag_placing)step);
		qsort(ranks, nr, sizeof(*ranks), mag_rank_compare);
	}
}

static void mag_place_on(struct mag_places *places,
			 const struct mag_cpulist *cpus,
			 enum mag_placing placing, size_t workers)
{
	struct mag_rank *ranks = mag_xcalloc(cpus->nr, sizeof(*ranks));

	for (size_t i = 0; i < cpus->nr; i++) {
		ranks[i].place = (struct mag_place){
			.cpu = cpus->cpu[i],
			.core = mag_place_core(cpus->cpu[i]),
			.node = mag_place_node(cpus->cpu[i]),
		};
	}
	mag_place_order(ranks, cpus->nr, placing);
	places->nr = workers;
	places->at = mag_xcalloc(workers, sizeof(*places->at));
	for (size_t i = 0; i < workers; i++)
		places->at[i] = ranks[i].place;
	free(ranks);
}

int mag_place_cpus(struct mag_cpulist *cpus, const char *list)
{
	struct mag_cpulist online;
	int code;

	memset(cpus, 0, sizeof(*cpus));
	if (!mag_cpulist_known(&online)) {
		if (!list)
			return MAG_EXIT_OK;
		mag_error(
			"--cpus %s: the kernel does not say which CPUs are online: is /sys mounted?",
			list);
		return MAG_EXIT_USAGE;
	}
	code = list ? mag_place_listed(cpus, list, &online)
		    : mag_place_own(cpus, &online);
	mag_cpulist_free(&online);
	return code;
}

int mag_place_workers(size_t *nr, __u64 workers, size_t usable, size_t online)
{
	if (workers > usable) {
		mag_error("-w %llu: one worker a CPU, and %zu %s", workers,
			  usable,
			  usable == online
				  ? "are online"
				  : "may be used (--cpus, taskset, cpuset)");
		return MAG_EXIT_USAGE;
	}
	*nr = workers ? (size_t)workers : usable;
	if (*nr > MAG_MAX_WORKERS)
		*nr = MAG_MAX_WORKERS;
	return MAG_EXIT_OK;
}

int mag_place_find(struct mag_places *places, const char *list,
		   enum mag_placing placing, __u64 workers)
{
	struct mag_cpulist online, cpus;
	size_t nr;
	int code;

	memset(places, 0, sizeof(*places));
	code = mag_place_cpus(&cpus, list);
	if (code || !cpus.nr)
		return code;
	mag_cpulist_online(&online);
	code = mag_place_workers(&nr, workers, cpus.nr, online.nr);
	if (!code)
		mag_place_on(places, &cpus, placing, nr);
	mag_cpulist_free(&online);
	mag_cpulist_free(&cpus);
	return code;
}

void mag_places_free(struct mag_places *places)
{
	free(places->at);
}

void mag_places_list(const struct mag_places *places, struct mag_cpulist *list)
{
	memset(list, 0, sizeof(*list));
	for (size_t i = 0; i < places->nr; i++)
		mag_cpulist_add(list, places->at[i].cpu);
}

__u32 mag_places_missing(const struct mag_places *places)
{
	struct mag_cpulist online, cpus;
	const __u32 *missing;
	__u32 cpu;

	if (!mag_cpulist_known(&online))
		return MAG_CPU_NONE;
	mag_places_list(places, &cpus);
	missing = mag_cpulist_missing(&cpus, &online);
	cpu = missing ? *missing : MAG_CPU_NONE;
	mag_cpulist_free(&cpus);
	mag_cpulist_free(&online);
	return cpu;
}

void mag_places_print(const struct mag_places *places, FILE *out)
{
	const struct mag_place *at = places->at;
	size_t last;

	for (size_t i = 0; i < places->nr; i = last + 1) {
		last = i;
		while (last + 1 < places->nr &&
		       at[last + 1].cpu == at[last].cpu + 1)
			last++;
		fprintf(out, "%s%u", i ? "," : "", at[i].cpu);
		if (last > i)
			fprintf(out, "-%u", at[last].cpu);
	}
}
