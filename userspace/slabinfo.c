// SPDX-License-Identifier: GPL-2.0-only
/* Reading /proc/slabinfo. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "slabinfo.h"
#include "sysfile.h"

#define MAG_SLABINFO "/proc/slabinfo"

/* A line is: name, five numbers, tunables, "slabdata" and three numbers. */
static int mag_slabinfo_line(const char *line, __u64 *pages)
{
	__u64 pages_per_slab, slabs;

	if (sscanf(line,
		   "%*s %*u %*u %*u %*u %llu : tunables %*u %*u %*u : slabdata %*u %llu",
		   &pages_per_slab, &slabs) != 2)
		return -EPROTO;
	*pages = pages_per_slab * slabs;
	return 0;
}

int mag_slabinfo_sum(FILE *file, const char *prefix, __u32 page_size,
		     __u64 *bytes)
{
	static const char version[] = "slabinfo - version: 2.";
	size_t room = 0;
	char *line = NULL;
	__u64 pages, sum = 0;
	int err = -EPROTO;

	if (getline(&line, &room, file) > 0 &&
	    !strncmp(line, version, sizeof(version) - 1))
		err = 0;
	while (!err && getline(&line, &room, file) > 0) {
		if (strncmp(line, prefix, strlen(prefix)))
			continue;
		err = mag_slabinfo_line(line, &pages);
		sum += err ? 0 : pages;
	}
	if (!err && ferror(file))
		err = -EIO;
	free(line);
	if (!err)
		*bytes = sum * page_size;
	return err;
}

int mag_slabinfo_read(const char *prefix, __u32 page_size, __u64 *bytes)
{
	FILE *file = mag_sys_open(MAG_SLABINFO);
	int err;

	if (!file)
		return -errno;
	err = mag_slabinfo_sum(file, prefix, page_size, bytes);
	fclose(file);
	return err;
}
