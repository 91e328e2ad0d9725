// SPDX-License-Identifier: GPL-2.0-only
/* Numbers and durations: what is taken, and above all what is not. */
#include <errno.h>
#include <string.h>

#include "parse.h"
#include "suggest.h"
#include "unit.h"
#include "util.h"

#define UNTOUCHED 77

struct parse_case {
	const char *text;
	int err;
	__u64 value;
};

static void check_cases(const struct parse_case *cases, size_t nr,
			int (*parse)(const char *text, __u64 *value))
{
	for (size_t i = 0; i < nr; i++) {
		__u64 value = UNTOUCHED;
		int err = parse(cases[i].text, &value);

		CHECK_MSG(err == cases[i].err, "\"%s\": %d, not %d",
			  cases[i].text, err, cases[i].err);
		CHECK_MSG(value == (err ? UNTOUCHED : cases[i].value),
			  "\"%s\": %llu", cases[i].text, value);
	}
}

static void test_numbers(void)
{
	static const struct parse_case cases[] = {
		{ "0", 0, 0 },
		{ "1", 0, 1 },
		{ "007", 0, 7 },
		{ "18446744073709551615", 0, ~0ULL },
		{ "4k", 0, 4000 },
		{ "4Ki", 0, 4096 },
		{ "3M", 0, 3000000 },
		{ "1Mi", 0, 1 << 20 },
		{ "2G", 0, 2000000000 },
		{ "1Gi", 0, 1 << 30 },
		{ "18446744073709551616", -ERANGE, 0 },
		{ "18446744073709551615k", -ERANGE, 0 },
		{ "99999999999999999999999", -ERANGE, 0 },
		{ "", -EINVAL, 0 },
		{ "k", -EINVAL, 0 },
		{ "-1", -EINVAL, 0 },
		{ "+1", -EINVAL, 0 },
		{ " 1", -EINVAL, 0 },
		{ "1 ", -EINVAL, 0 },
		{ "1x", -EINVAL, 0 },
		{ "1kk", -EINVAL, 0 },
		{ "1K", -EINVAL, 0 },
		{ "1m", -EINVAL, 0 },
		{ "1.5", -EINVAL, 0 },
		{ "0x10", -EINVAL, 0 },
		{ "1e6", -EINVAL, 0 },
	};

	unit_test("parse: numbers are taken whole or not at all");
	check_cases(cases, MAG_ARRAY_SIZE(cases), mag_parse_u64);
}

static void test_durations(void)
{
	static const struct parse_case cases[] = {
		{ "0", 0, 0 },
		{ "0s", 0, 0 },
		{ "1ns", 0, 1 },
		{ "1us", 0, 1000 },
		{ "500ms", 0, 500000000 },
		{ "2s", 0, 2000000000 },
		{ "1.5s", 0, 1500000000 },
		{ "0.000001s", 0, 1000 },
		{ "1.999999h", 0, 7199996400000 },
		{ "3m", 0, 180000000000 },
		{ "1h", 0, 3600000000000 },
		{ "18446744073s", 0, 18446744073000000000ULL },
		{ "18446744074s", -ERANGE, 0 },
		{ "99999999999h", -ERANGE, 0 },
		{ "", -EINVAL, 0 },
		{ "2", -EINVAL, 0 },
		{ "s", -EINVAL, 0 },
		{ ".5s", -EINVAL, 0 },
		{ "1.s", -EINVAL, 0 },
		{ "1.5ns", -EINVAL, 0 },
		{ "0.0000001s", -EINVAL, 0 },
		{ "-1s", -EINVAL, 0 },
		{ "1 s", -EINVAL, 0 },
		{ "1S", -EINVAL, 0 },
		{ "1s2", -EINVAL, 0 },
		{ "1.2.3s", -EINVAL, 0 },
	};

	unit_test("parse: durations need a unit and whole nanoseconds");
	check_cases(cases, MAG_ARRAY_SIZE(cases), mag_parse_duration);
}

static void test_formats(void)
{
	char buf[32];

	unit_test("parse: durations and sizes are printed in a fitting unit");
	CHECK(!strcmp(mag_format_ns(buf, sizeof(buf), 17), "17 ns"));
	CHECK(!strcmp(mag_format_ns(buf, sizeof(buf), 1500), "1.5 us"));
	CHECK(!strcmp(mag_format_ns(buf, sizeof(buf), 200000000), "200 ms"));
	CHECK(!strcmp(mag_format_ns(buf, sizeof(buf), 2500000000), "2.5 s"));
	CHECK(!strcmp(mag_format_bytes(buf, sizeof(buf), 1023), "1023 B"));
	CHECK(!strcmp(mag_format_bytes(buf, sizeof(buf), 1536), "1.5 KiB"));
	CHECK(!strcmp(mag_format_bytes(buf, sizeof(buf), 3 << 20), "3.0 MiB"));
}

static void test_distance(void)
{
	unit_test("suggest: slips are counted, swapped neighbours as one");
	CHECK(mag_suggest_distance("skb", "skb") == 0);
	CHECK(mag_suggest_distance("skbb", "skb") == 1);
	CHECK(mag_suggest_distance("skb", "skbb") == 1);
	CHECK(mag_suggest_distance("sbk", "skb") == 1);
	CHECK(mag_suggest_distance("sxb", "skb") == 1);
	CHECK(mag_suggest_distance("", "skb") == 3);
	CHECK(mag_suggest_distance("kitten", "sitting") == 3);
	/* Optimal string alignment: no letter is moved twice. */
	CHECK(mag_suggest_distance("ca", "abc") == 3);
	CHECK(mag_suggest_distance("", "") == 0);
}

void unit_parse(void)
{
	test_distance();
	test_numbers();
	test_durations();
	test_formats();
}
