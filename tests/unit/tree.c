// SPDX-License-Identifier: GPL-2.0-only
/* Making files of /proc and /sys up. */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tree.h"
#include "util.h"

/* As fake_root.c finds it, of this program and of the tool that it runs. */
#define TREE_VARIABLE "MAGSLAB_FAKE_ROOT"
#define TREE_MAX_FDS  16

static char tree_root[64];

/* The folders that a file is in. */
static void tree_make_folders(char *path)
{
	for (char *at = strchr(path + 1, '/'); at; at = strchr(at + 1, '/')) {
		*at = '\0';
		mkdir(path, 0700);
		*at = '/';
	}
}

void tree_put(const char *path, const char *text)
{
	char *whole = mag_xasprintf("%s%s%s", tree_root, path, text ? "" : "/");
	FILE *file;

	tree_make_folders(whole);
	if (text) {
		file = fopen(whole, "w");
		if (!file || fputs(text, file) < 0 || fclose(file))
			abort();
	}
	free(whole);
}

void tree_drop(const char *path)
{
	char *whole = mag_xasprintf("%s%s", tree_root, path);

	if (remove(whole))
		abort();
	free(whole);
}

const char *tree_create(const struct tree_file *files)
{
	snprintf(tree_root, sizeof(tree_root), "/tmp/magslab-tree-XXXXXX");
	if (!mkdtemp(tree_root))
		abort();
	for (; files->path; files++)
		tree_put(files->path, files->text);
	setenv(TREE_VARIABLE, tree_root, 1);
	return tree_root;
}

static int tree_remove_one(const char *path, const struct stat *st, int type,
			   struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void tree_remove(void)
{
	unsetenv(TREE_VARIABLE);
	if (nftw(tree_root, tree_remove_one, TREE_MAX_FDS,
		 FTW_DEPTH | FTW_PHYS))
		abort();
}
