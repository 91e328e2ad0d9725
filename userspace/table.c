// SPDX-License-Identifier: GPL-2.0-only
/* Text in columns. */
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "table.h"
#include "util.h"

struct mag_column {
	const char *head;
	size_t width;
	bool left;
};

struct mag_table {
	unsigned int indent;
	struct mag_column *columns;
	size_t nr_columns;
	char **cells; /* row by row */
	size_t nr_cells;
};

struct mag_table *mag_table_create(unsigned int indent)
{
	struct mag_table *table = mag_xcalloc(1, sizeof(*table));

	table->indent = indent;
	return table;
}

void mag_table_destroy(struct mag_table *table)
{
	for (size_t i = 0; i < table->nr_cells; i++)
		free(table->cells[i]);
	free(table->cells);
	free(table->columns);
	free(table);
}

void mag_table_column(struct mag_table *table, const char *head)
{
	struct mag_column *column;

	table->columns = mag_xrealloc(table->columns, table->nr_columns + 1,
				      sizeof(*table->columns));
	column = &table->columns[table->nr_columns++];
	column->left = head[0] == '<';
	column->head = head + 1;
	column->width = strlen(column->head);
}

void mag_table_cell(struct mag_table *table, const char *format, ...)
{
	struct mag_column *column;
	char text[256];
	va_list args;
	size_t width;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);

	column = &table->columns[table->nr_cells % table->nr_columns];
	width = strlen(text);
	if (width > column->width)
		column->width = width;
	table->cells = mag_xrealloc(table->cells, table->nr_cells + 1,
				    sizeof(*table->cells));
	table->cells[table->nr_cells++] = mag_xstrdup(text);
}

/* No blanks after the last column: lines can be compared and pasted. */
static void mag_table_put(const struct mag_table *table, size_t i,
			  const char *text, FILE *out)
{
	const struct mag_column *column = &table->columns[i];
	bool last = i + 1 == table->nr_columns;
	int width = (int)column->width;

	if (!column->left)
		fprintf(out, "%*s", width, text);
	else
		fprintf(out, "%-*s", last ? 0 : width, text);
	fputs(last ? "\n" : "  ", out);
}

static void mag_table_indent(const struct mag_table *table, FILE *out)
{
	fprintf(out, "%*s", (int)table->indent, "");
}

void mag_table_print(const struct mag_table *table, FILE *out)
{
	if (!table->nr_cells)
		return;
	mag_table_indent(table, out);
	for (size_t i = 0; i < table->nr_columns; i++)
		mag_table_put(table, i, table->columns[i].head, out);
	for (size_t i = 0; i < table->nr_cells; i++) {
		if (i % table->nr_columns == 0)
			mag_table_indent(table, out);
		mag_table_put(table, i % table->nr_columns, table->cells[i],
			      out);
	}
}
