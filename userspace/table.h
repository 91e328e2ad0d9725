/* SPDX-License-Identifier: GPL-2.0-only */
/* Text in columns, as wide as they need to be. */
#ifndef MAGCTL_TABLE_H
#define MAGCTL_TABLE_H

#include <stdio.h>

#include "util.h"

struct mag_table;

/* An empty table, whose rows are printed behind @indent spaces. */
struct mag_table *mag_table_create(unsigned int indent);
void mag_table_destroy(struct mag_table *table);

/* Adds a column before the first row; @head begins with '<' (left) or '>'. */
void mag_table_column(struct mag_table *table, const char *head);

/* Fills the next cell; after the last column comes the next row. */
void mag_table_cell(struct mag_table *table, const char *format, ...)
	__printf(2, 3);

/* Prints heads and rows; nothing if there is no row. */
void mag_table_print(const struct mag_table *table, FILE *out);

#endif /* MAGCTL_TABLE_H */
