// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names of known counts in the folder where it is run: files created, looked up
 * and unlinked, and names that do not exist looked up; one path component each
 * time, and no other.  Meanwhile it calls itself known_names: as names, the C
 * library's start has looked up some of its own.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

static const char usage[] =
	"usage: names [-c FILES] [-x LONG] [-s TIMES] [-m MISSING] [-u UNLINKED]\n"
	"  -c  files to create          -x  of these, with names of 100 bytes\n"
	"  -m  names that do not exist, looked up once\n"
	"  -s  times that each of all these is looked up thereafter\n"
	"  -u  of the files, the last ones, unlinked in the end\n";

static unsigned long files, long_names, times, missing, unlinked;

/* Of file @nr: 8 bytes, or 100. */
static const char *name_of(unsigned long nr)
{
	static char name[101];

	memset(name, 'x', sizeof(name));
	snprintf(name, sizeof(name), "f%07lu", nr);
	if (nr < long_names)
		name[8] = 'x';
	name[100] = '\0';
	return name;
}

static void create(unsigned long nr)
{
	int fd = open(name_of(nr), O_CREAT | O_EXCL | O_WRONLY, 0600);

	if (fd < 0)
		err(1, "%s", name_of(nr));
	close(fd);
}

static void look_up(unsigned long nr)
{
	struct stat st;

	if (stat(name_of(nr), &st) && nr < files)
		err(1, "%s", name_of(nr));
}

static unsigned long parse_number(const char *text)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (end == text || *end || value > 9999999)
		errx(2, "%s: not a number", text);
	return value;
}

static void parse(int argc, char **argv)
{
	int opt;

	while ((opt = getopt(argc, argv, "c:x:s:m:u:")) != -1) {
		if (opt == 'c')
			files = parse_number(optarg);
		else if (opt == 'x')
			long_names = parse_number(optarg);
		else if (opt == 's')
			times = parse_number(optarg);
		else if (opt == 'm')
			missing = parse_number(optarg);
		else if (opt == 'u')
			unlinked = parse_number(optarg);
		else
			errx(2, "\n%s", usage);
	}
	if (optind < argc || long_names > files || unlinked > files)
		errx(2, "\n%s", usage);
}

int main(int argc, char **argv)
{
	unsigned long i, k;

	parse(argc, argv);
	if (prctl(PR_SET_NAME, "known_names"))
		err(1, "prctl");
	for (i = 0; i < files; i++)
		create(i);
	for (i = 0; i < missing; i++)
		look_up(files + i);
	for (k = 0; k < times; k++)
		for (i = 0; i < files + missing; i++)
			look_up(i);
	for (i = files - unlinked; i < files; i++)
		if (unlink(name_of(i)))
			err(1, "%s", name_of(i));
	return 0;
}
