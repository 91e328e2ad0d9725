// SPDX-License-Identifier: GPL-2.0-only
/* Reading what the module describes. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "catalog.h"
#include "device.h"
#include "suggest.h"
#include "util.h"

/* More would be a broken module, and would run away with the memory. */
#define MAG_MAX_ENTRIES 1024

static void mag_describe_terminate(struct mag_describe *about)
{
	about->name[MAG_NAME_LEN - 1] = '\0';
	about->unit[MAG_NAME_LEN - 1] = '\0';
	about->slabinfo[MAG_NAME_LEN - 1] = '\0';
	about->help[MAG_HELP_LEN - 1] = '\0';
}

static int mag_describe_read(int fd, struct mag_describe *about,
			     enum mag_entity entity, __u32 owner, __u32 index)
{
	int err;

	memset(about, 0, sizeof(*about));
	about->entity = entity;
	about->owner = owner;
	about->index = index;
	err = mag_device_describe(fd, about);
	mag_describe_terminate(about);
	return err;
}

static int mag_entries_read(int fd, struct mag_entries *entries,
			    enum mag_entity entity, __u32 owner, __u32 nr,
			    __u32 limit)
{
	int err = 0;

	if (nr > limit)
		return -EPROTO;
	entries->entry = mag_xcalloc(nr, sizeof(*entries->entry));
	entries->nr = nr;
	for (__u32 i = 0; i < nr && !err; i++)
		err = mag_describe_read(fd, &entries->entry[i], entity, owner,
					i);
	return err;
}

static int mag_workload_read(int fd, struct mag_workload *workload, __u32 index)
{
	const struct mag_describe *about = &workload->about;
	int err = mag_describe_read(fd, &workload->about, MAG_ENTITY_WORKLOAD,
				    0, index);

	if (!err)
		err = mag_entries_read(fd, &workload->params, MAG_ENTITY_PARAM,
				       index, about->nr_params, MAG_MAX_PARAMS);
	if (!err)
		err = mag_entries_read(fd, &workload->ops, MAG_ENTITY_OP, index,
				       about->nr_ops, MAG_MAX_OPS);
	if (!err)
		err = mag_entries_read(fd, &workload->counters,
				       MAG_ENTITY_COUNTER, index,
				       about->nr_counters, MAG_MAX_COUNTERS);
	return err;
}

static int mag_workloads_read(int fd, struct mag_catalog *catalog, __u32 nr)
{
	int err = 0;

	if (nr > MAG_MAX_ENTRIES)
		return -EPROTO;
	catalog->workloads = mag_xcalloc(nr, sizeof(*catalog->workloads));
	catalog->nr_workloads = nr;
	for (__u32 i = 0; i < nr && !err; i++)
		err = mag_workload_read(fd, &catalog->workloads[i], i);
	return err;
}

int mag_catalog_read(int fd, const struct mag_info *info,
		     struct mag_catalog *catalog)
{
	int err;

	memset(catalog, 0, sizeof(*catalog));
	err = mag_workloads_read(fd, catalog, info->nr_workloads);
	if (!err)
		err = mag_entries_read(fd, &catalog->backends,
				       MAG_ENTITY_BACKEND, 0, info->nr_backends,
				       MAG_MAX_ENTRIES);
	if (!err)
		err = mag_entries_read(fd, &catalog->clocks, MAG_ENTITY_CLOCK,
				       0, info->nr_clocks, MAG_MAX_ENTRIES);
	return err;
}

void mag_catalog_free(struct mag_catalog *catalog)
{
	for (__u32 i = 0; i < catalog->nr_workloads; i++) {
		free(catalog->workloads[i].params.entry);
		free(catalog->workloads[i].ops.entry);
		free(catalog->workloads[i].counters.entry);
	}
	free(catalog->workloads);
	free(catalog->backends.entry);
	free(catalog->clocks.entry);
}

int mag_entries_find(const struct mag_entries *entries, const char *name)
{
	for (__u32 i = 0; i < entries->nr; i++) {
		if (!strcmp(entries->entry[i].name, name))
			return (int)i;
	}
	return -1;
}

int mag_catalog_workload(const struct mag_catalog *catalog, const char *name)
{
	for (__u32 i = 0; i < catalog->nr_workloads; i++) {
		if (!strcmp(catalog->workloads[i].about.name, name))
			return (int)i;
	}
	return -1;
}

static const char *mag_entries_at(const void *list, size_t i)
{
	const struct mag_entries *entries = list;

	return i < entries->nr ? entries->entry[i].name : NULL;
}

int mag_entries_ask(const char *what, const char *name,
		    const struct mag_entries *entries)
{
	const struct mag_names names = { entries, mag_entries_at };
	int index = mag_entries_find(entries, name);

	if (index < 0)
		mag_unknown(what, name, &names);
	return index;
}

static const char *mag_workload_at(const void *list, size_t i)
{
	const struct mag_catalog *catalog = list;

	return i < catalog->nr_workloads ? catalog->workloads[i].about.name
					 : NULL;
}

int mag_catalog_ask_workload(const struct mag_catalog *catalog,
			     const char *name)
{
	const struct mag_names names = { catalog, mag_workload_at };
	int index = mag_catalog_workload(catalog, name);

	if (index < 0)
		mag_unknown("workload", name, &names);
	return index;
}

const char *mag_catalog_clock(const struct mag_catalog *catalog, __u32 clock)
{
	const struct mag_entries *clocks = &catalog->clocks;

	return clock < clocks->nr ? clocks->entry[clock].name : "unknown";
}
