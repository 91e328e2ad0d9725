// SPDX-License-Identifier: GPL-2.0-only
/* What is read of the system: slabinfo, cpuinfo; and the tables printed. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "environment.h"
#include "json.h"
#include "slabinfo.h"
#include "table.h"
#include "ticks.h"
#include "unit.h"

static FILE *text_file(const char *text)
{
	return fmemopen((void *)text, strlen(text), "r");
}

#define SLABINFO_HEAD               \
	"slabinfo - version: 2.1\n" \
	"# name <active_objs> <num_objs> ... <num_slabs> <sharedavail>\n"

static int slabinfo_sum(const char *text, const char *prefix, __u64 *bytes)
{
	FILE *file = text_file(text);
	int err = mag_slabinfo_sum(file, prefix, 4096, bytes);

	fclose(file);
	return err;
}

static void test_slabinfo(void)
{
	static const char text[] = SLABINFO_HEAD
		"dentry 1000 1050 192 21 1 : tunables 0 0 0 : slabdata 50 50 0\n"
		"kmalloc-rnd-01-256 320 320 256 16 1 : tunables 0 0 0 : slabdata 20 20 0\n"
		"kmalloc-8k 12 16 8192 4 8 : tunables 0 0 0 : slabdata 4 4 0\n"
		"my_kmalloc-8 12 16 8192 4 8 : tunables 0 0 0 : slabdata 9 99 0\n"
		"kmalloc-256 320 352 256 16 1 : tunables 0 0 0 : slabdata 20 22 0\n";
	__u64 bytes = 1;

	unit_test("slabinfo: slabs of all caches of a prefix are summed");
	CHECK(!slabinfo_sum(text, "kmalloc-", &bytes));
	CHECK_MSG(bytes == (20 + 4 * 8 + 22) * 4096, "%llu", bytes);
	CHECK(!slabinfo_sum(text, "dentry", &bytes));
	CHECK(bytes == 50 * 4096);
	CHECK(!slabinfo_sum(text, "magslab_", &bytes));
	CHECK(bytes == 0);
}

static void test_slabinfo_foreign(void)
{
	__u64 bytes = 5;

	unit_test("slabinfo: another format is refused, not guessed at");
	CHECK(slabinfo_sum("x", "a", &bytes) == -EPROTO);
	CHECK(slabinfo_sum("slabinfo - version: 3.0\n", "a", &bytes) ==
	      -EPROTO);
	CHECK(slabinfo_sum(SLABINFO_HEAD "a 1 2 3\n", "a", &bytes) == -EPROTO);
	CHECK(bytes == 5);
}

static struct mag_cpuinfo cpuinfo_parse(const char *text)
{
	FILE *file = text_file(text);
	struct mag_cpuinfo cpuinfo = mag_cpuinfo_parse(file);

	fclose(file);
	return cpuinfo;
}

static void check_machine(const char *cpuinfo_text, const char *product,
			  bool counts_insns, const char *expected)
{
	struct mag_cpuinfo cpuinfo = cpuinfo_parse(cpuinfo_text);
	char *name = mag_machine_name(&cpuinfo, product, counts_insns);

	CHECK_MSG(!strcmp(name, expected), "\"%s\", not \"%s\"", name,
		  expected);
	free(name);
	free(cpuinfo.model);
}

static void test_machine(void)
{
	static const char text[] =
		"processor\t: 0\nmodel name\t: First : CPU\nflags\t\t: fpu\n"
		"processor\t: 1\nmodel name\t: Second\nflags\t\t: fpu\n";
	struct mag_cpuinfo cpuinfo = cpuinfo_parse(text);

	unit_test("environment: model and kind of machine from cpuinfo");
	CHECK_MSG(!strcmp(cpuinfo.model, "First : CPU"), "%s", cpuinfo.model);
	CHECK(!cpuinfo.hypervisor && !cpuinfo.uml);
	free(cpuinfo.model);

	check_machine("flags\t\t: fpu hypervisor lm\n", "Standard PC", false,
		      "vm (Standard PC)");
	check_machine("flags\t\t: fpu hypervisor lm\n", "Standard PC", true,
		      "icount");
	check_machine("flags\t\t: fpu hypervisory lm\n", "Board", false,
		      "host (Board)");
	check_machine("flags\t\t: fpu\n", NULL, false, "host");
	check_machine("vendor_id\t: User Mode Linux\nmodel name\t: UML\n", NULL,
		      false, "um");
	check_machine("\n", "", false, "host");
}

static void test_hooks(void)
{
	__u64 bit = 0, all = 0;
	unsigned int i;

	unit_test("environment: every hook of the ABI has a name of its own");
	for (i = 0; mag_hook_name(i, &bit); i++) {
		CHECK(bit && !(all & bit));
		all |= bit;
	}
	CHECK_MSG(all == MAG_HOOKS_ALL, "%llx", all);
	CHECK((MAG_HOOKS_DEBUG & MAG_HOOKS_ALL) == MAG_HOOKS_DEBUG);
}

static void test_table(void)
{
	struct mag_table *table = mag_table_create(1);
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	unit_test("table: columns are as wide as needed");
	mag_table_column(table, "<a");
	mag_table_column(table, ">value");
	mag_table_column(table, "<z");
	mag_table_print(table, out);
	mag_table_cell(table, "long name");
	mag_table_cell(table, "%d", 7);
	mag_table_cell(table, "x");
	mag_table_cell(table, "b");
	mag_table_cell(table, "%d", 1234567);
	mag_table_cell(table, "yy");
	mag_table_print(table, out);
	fclose(out);
	CHECK_MSG(!strcmp(text, " a            value  z\n"
				" long name        7  x\n"
				" b          1234567  yy\n"),
		  "%s", text);
	free(text);
	mag_table_destroy(table);
}

static void test_json_numbers(void)
{
	static const char expected[] =
		"[0,9007199254740993,9223372036854775807,\"18446744073709551615\",0.1,null,null]";
	json_t *array = json_array();
	char *text;

	unit_test("json: integers are exact, what is no number is null");
	mag_json_append(array, mag_json_u64(0));
	mag_json_append(array, mag_json_u64(9007199254740993ULL));
	mag_json_append(array, mag_json_u64(9223372036854775807ULL));
	mag_json_append(array, mag_json_u64(~0ULL));
	mag_json_append(array, mag_json_real(0.1));
	mag_json_append(array, mag_json_real(NAN));
	mag_json_append(array, mag_json_real(INFINITY));
	text = json_dumps(array, JSON_REAL_PRECISION(12) | JSON_COMPACT);
	CHECK_MSG(!strcmp(text, expected), "%s", text);
	free(text);
	json_decref(array);
}

static void test_ticks(void)
{
	unit_test("ticks: of a processor they are no instructions");
	CHECK(!mag_ticks_are_insns());
}

void unit_sources(void)
{
	test_ticks();
	test_slabinfo();
	test_slabinfo_foreign();
	test_machine();
	test_hooks();
	test_table();
	test_json_numbers();
}
