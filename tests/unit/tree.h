/* SPDX-License-Identifier: GPL-2.0-only */
/* A made-up /proc and /sys, which the code under test takes for the real ones. */
#ifndef MAGSLAB_TREE_H
#define MAGSLAB_TREE_H

/**
 * struct tree_file - a file of it
 * @path: from /
 * @text: what it holds; NULL: a folder
 */
struct tree_file {
	const char *path;
	const char *text;
};

/* Makes a tree of files, up to the one without a path, and says where it is. */
const char *tree_create(const struct tree_file *files);
/* Adds a file, or puts another text in it. */
void tree_put(const char *path, const char *text);
/* Removes a file, or a folder that is empty. */
void tree_drop(const char *path);
void tree_remove(void);

#endif /* MAGSLAB_TREE_H */
