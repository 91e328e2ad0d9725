// SPDX-License-Identifier: GPL-2.0-only
/* A list of warnings. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "warnings.h"

static bool mag_warnings_have(const struct mag_warnings *warnings,
			      const char *name)
{
	for (size_t i = 0; i < warnings->nr; i++) {
		if (!strcmp(warnings->entry[i].name, name))
			return true;
	}
	return false;
}

void mag_warnings_add(struct mag_warnings *warnings, const char *name,
		      bool precondition, const char *cure, const char *format,
		      ...)
{
	struct mag_warning *warning;
	va_list args;

	if (mag_warnings_have(warnings, name))
		return;
	warnings->entry = mag_xrealloc(warnings->entry, warnings->nr + 1,
				       sizeof(*warnings->entry));
	warning = &warnings->entry[warnings->nr++];
	warning->name = name;
	warning->cure = cure;
	warning->precondition = precondition;
	va_start(args, format);
	warning->text = mag_xvasprintf(format, args);
	va_end(args);
}

bool mag_warnings_missing(const struct mag_warnings *warnings)
{
	for (size_t i = 0; i < warnings->nr; i++) {
		if (warnings->entry[i].precondition)
			return true;
	}
	return false;
}

void mag_warnings_print(const struct mag_warnings *warnings, FILE *out)
{
	for (size_t i = 0; i < warnings->nr; i++) {
		const struct mag_warning *warning = &warnings->entry[i];

		fprintf(out, "  %-11s%s", "WARNING", warning->text);
		if (warning->cure)
			fprintf(out, " (%s)", warning->cure);
		fputc('\n', out);
	}
}

void mag_warnings_free(struct mag_warnings *warnings)
{
	for (size_t i = 0; i < warnings->nr; i++)
		free(warnings->entry[i].text);
	free(warnings->entry);
}
