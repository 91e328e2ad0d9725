// SPDX-License-Identifier: GPL-2.0-only
/* The state that decides figures, read from files that are made up. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cpuload.h"
#include "hoststate.h"
#include "slabstate.h"
#include "sysfile.h"
#include "tree.h"
#include "unit.h"

#define CPU	"/sys/devices/system/cpu"
#define SLAB	"/sys/kernel/slab"
#define MAGSLAB "/sys/kernel/debug/magslab"
/* What reckoning in seconds may lose. */
#define NEAR	0.000000001
#define NO_MORE_FILES      \
	{                  \
		NULL, NULL \
	}

static const struct tree_file nothing[] = { NO_MORE_FILES };

static void test_sysfile(void)
{
	static const struct tree_file files[] = {
		{ "/sys/a/line", "first \t\xff\nsecond\n" },
		{ "/sys/a/number", "18446744073709551615 and more\n" },
		{ "/sys/a/word", "none\n" },
		{ "/sys/a/.hidden", "" },
		NO_MORE_FILES,
	};
	struct mag_sys_names names;
	__u64 number = 0;
	char *line;

	unit_test("sysfile: lines are printable, what is missing is told");
	tree_create(files);
	line = mag_sys_line("/sys/%s/line", "a");
	CHECK_MSG(line && !strcmp(line, "first ??"), "%s", line);
	free(line);
	CHECK(!mag_sys_line("/sys/a/none"));
	CHECK(mag_sys_number(&number, "/sys/a/%s", "number"));
	CHECK(number == ~0ULL);
	CHECK(!mag_sys_number(&number, "/sys/a/word"));
	CHECK(!mag_sys_number(&number, "/sys/a/none"));
	CHECK(mag_sys_exists("/sys/a") && !mag_sys_exists("/sys/b"));
	CHECK(mag_sys_list("/sys/a", &names));
	CHECK(names.nr == 3 && !strcmp(names.name[0], "line") &&
	      !strcmp(names.name[2], "word"));
	mag_sys_names_free(&names);
	CHECK(!mag_sys_list("/sys/b", &names) && !names.nr);
	mag_sys_names_free(&names);
	tree_remove();
}

static void check_fact(const struct mag_host *host, enum mag_fact fact,
		       const char *expected)
{
	const char *text = host->fact[fact];

	CHECK_MSG(text ? expected && !strcmp(text, expected) : !expected,
		  "%s is %s, not %s", mag_fact_name(fact),
		  text ? text : "unknown", expected ? expected : "unknown");
}

static const struct mag_info info = { .config_hash = "0123456789ab" };

/* One fact of the tree as it is now. */
static void check_now(enum mag_fact fact, const char *expected)
{
	struct mag_host host;

	mag_host_read(&host, &info);
	check_fact(&host, fact, expected);
	mag_host_free(&host);
}

static void test_facts(void)
{
	static const struct tree_file files[] = {
		{ "/proc/cmdline", "root=/dev/vda mitigations=off\n" },
		{ "/proc/sys/vm/mem_profiling", "1\n" },
		{ "/sys/module/kfence/parameters/sample_interval", "250\n" },
		{ MAGSLAB "/knobs/preset", "bonwick\n" },
		{ MAGSLAB "/knobs/debug", "-\n" },
		{ MAGSLAB "/knobs/depot_max", "3\n" },
		{ MAGSLAB "/knobs/empty_max", "preset\n" },
		{ MAGSLAB "/knobs/magazines", "1\n" },
		{ CPU "/vulnerabilities/gds", "Not affected\n" },
		{ CPU "/vulnerabilities/itlb", "KVM: Mitigation: VMX\n" },
		{ CPU "/vulnerabilities/mds", "Vulnerable; SMT off\n" },
		{ CPU "/vulnerabilities/tsa", "Mitigation: Clear buffers\n" },
		{ CPU "/smt/active", "1\n" },
		{ CPU "/smt/control", "on\n" },
		{ CPU "/cpu0/cpufreq/scaling_governor", "powersave\n" },
		{ CPU "/cpu1/cpufreq/scaling_governor", "performance\n" },
		{ CPU "/cpu2/cpufreq/scaling_governor", "powersave\n" },
		{ CPU "/intel_pstate/no_turbo", "0\n" },
		{ CPU "/isolated", "2-3\n" },
		{ CPU "/nohz_full", "(null)\n" },
		NO_MORE_FILES,
	};
	struct mag_host host;

	unit_test("hoststate: every fact is read");
	tree_create(files);
	mag_host_read(&host, &info);
	check_fact(&host, MAG_FACT_CONFIG, "0123456789ab");
	check_fact(&host, MAG_FACT_PRESET, "bonwick");
	check_fact(&host, MAG_FACT_KNOBS, "depot_max=3 magazines=1");
	check_fact(&host, MAG_FACT_KFENCE, "250");
	check_fact(&host, MAG_FACT_PAGE_OWNER, "off");
	check_fact(&host, MAG_FACT_MEM_PROFILING, "on");
	check_fact(&host, MAG_FACT_MITIGATIONS, "2 mitigated, 1 vulnerable");
	check_fact(&host, MAG_FACT_SMT, "active");
	check_fact(&host, MAG_FACT_GOVERNOR, "powersave performance");
	check_fact(&host, MAG_FACT_TURBO, "on");
	check_fact(&host, MAG_FACT_ISOLATED, "2-3");
	check_fact(&host, MAG_FACT_NOHZ_FULL, "none");
	check_fact(&host, MAG_FACT_CMDLINE, "root=/dev/vda mitigations=off");
	mag_host_free(&host);
	tree_remove();
}

static void test_facts_unknown(void)
{
	static const struct mag_info no_hash;
	struct mag_warnings warnings = { NULL, 0 };
	struct mag_host host;

	unit_test("hoststate: what cannot be read is unknown, and no warning");
	tree_create(nothing);
	mag_host_read(&host, &no_hash);
	for (int i = 0; i < MAG_NR_FACTS; i++)
		check_fact(&host, i, NULL);
	mag_host_warn(&host, 0, &warnings);
	CHECK(!warnings.nr);
	mag_host_free(&host);
	mag_warnings_free(&warnings);
	tree_remove();
}

static void test_facts_each(void)
{
	unit_test("hoststate: what a kernel has not built is off");
	tree_create(nothing);
	tree_put("/sys/module/magslab", NULL);
	tree_put("/proc/sys/vm/swappiness", "60\n");
	check_now(MAG_FACT_KFENCE, "0");
	check_now(MAG_FACT_MEM_PROFILING, "off");
	tree_put("/sys/module/kfence", NULL);
	check_now(MAG_FACT_KFENCE, NULL);

	unit_test("hoststate: page_owner by its file, else the command line");
	tree_put("/proc/cmdline", "quiet page_owner=on\n");
	check_now(MAG_FACT_PAGE_OWNER, "on");
	tree_put("/proc/cmdline", "nopage_owner=on page_owner=only\n");
	check_now(MAG_FACT_PAGE_OWNER, "off");
	tree_put("/proc/cmdline", "page_owner=on\n");
	tree_put("/sys/kernel/debug/sched", NULL);
	check_now(MAG_FACT_PAGE_OWNER, "off");
	tree_put("/sys/kernel/debug/page_owner", "");
	check_now(MAG_FACT_PAGE_OWNER, "on");

	unit_test("hoststate: SMT and turbo in the words of each interface");
	tree_put(CPU "/smt/control", "notsupported\n");
	check_now(MAG_FACT_SMT, "notsupported");
	tree_put(CPU "/smt/active", "0\n");
	check_now(MAG_FACT_SMT, "notsupported");
	tree_put(CPU "/smt/control", "on\n");
	check_now(MAG_FACT_SMT, "inactive");
	check_now(MAG_FACT_TURBO, NULL);
	check_now(MAG_FACT_NOHZ_FULL, "none");
	tree_put(CPU "/cpufreq/boost", "0\n");
	check_now(MAG_FACT_TURBO, "off");
	tree_put(CPU "/isolated", "\n");
	check_now(MAG_FACT_ISOLATED, "none");
	tree_remove();
}

/* The only warning there is of the tree and some hooks; NULL: there is none. */
static void check_warning(__u64 hooks, const char *name, bool precondition)
{
	struct mag_warnings warnings = { NULL, 0 };
	struct mag_host host;

	mag_host_read(&host, &info);
	mag_host_warn(&host, hooks, &warnings);
	CHECK_MSG(warnings.nr == (name ? 1 : 0), "%zu warnings, not %s",
		  warnings.nr, name ? name : "none");
	for (size_t i = 0; i < warnings.nr; i++) {
		CHECK_MSG(name && !strcmp(warnings.entry[i].name, name), "%s",
			  warnings.entry[i].name);
		CHECK(warnings.entry[i].precondition == precondition);
	}
	mag_host_free(&host);
	mag_warnings_free(&warnings);
}

static void test_host_warnings(void)
{
	static const char kfence[] =
		"/sys/module/kfence/parameters/sample_interval";

	unit_test("hoststate: each cause has its warning, and no other");
	tree_create(nothing);
	tree_put(kfence, "0\n");
	check_warning(0, NULL, false);
	tree_put(kfence, "100\n");
	check_warning(0, NULL, false);
	tree_put(kfence, "99\n");
	check_warning(0, "kfence", true);
	tree_put(kfence, "1\n");
	check_warning(0, "kfence", true);
	tree_put(kfence, "0\n");
	tree_put("/proc/sys/vm/mem_profiling", "1\n");
	check_warning(0, "mem_profiling", true);
	tree_put("/proc/sys/vm/mem_profiling", "0\n");
	check_warning(MAG_HOOK_INIT_ON_FREE, "init_on_free", false);
	check_warning(MAG_HOOK_PAGE_POISON, "page_poisoning", true);
	check_warning(MAG_HOOK_SLUB_STATS, "slub_stats", true);
	check_warning(MAG_HOOK_SLUB_TINY, "slub_tiny", true);
	check_warning(MAG_HOOK_INIT_ON_ALLOC | MAG_HOOK_SHEAVES, NULL, false);
	tree_put("/sys/kernel/debug/page_owner", "");
	check_warning(0, "page_owner", true);
	tree_remove();
	tree_create(nothing);
	tree_put(CPU "/cpu0/cpufreq/scaling_governor", "powersave\n");
	check_warning(0, "governor", false);
	tree_put(CPU "/cpu0/cpufreq/scaling_governor", "performance\n");
	tree_put(CPU "/cpufreq/boost", "0\n");
	check_warning(0, NULL, false);
	tree_put(CPU "/cpufreq/boost", "1\n");
	check_warning(0, "turbo", false);
	tree_remove();
}

static void test_slub(void)
{
	static const struct tree_file files[] = {
		{ SLAB "/magslab_a/sanity_checks", "1\n" },
		{ SLAB "/magslab_a/red_zone", "1\n" },
		{ SLAB "/magslab_a/poison", "1\n" },
		{ SLAB "/magslab_a/store_user", "1\n" },
		{ SLAB "/magslab_a/trace", "0\n" },
		{ SLAB "/magslab_a/failslab", "1\n" },
		{ SLAB "/magslab_a/sheaf_capacity", "0\n" },
		{ SLAB "/magslab_a/object_size", "232\n" },
		{ SLAB "/magslab_a/slab_size", "256\n" },
		{ SLAB "/magslab_a/aliases", "0\n" },
		{ SLAB "/magslab_b/sheaf_capacity", "28\n" },
		{ SLAB "/dentry/sanity_checks", "1\n" },
		NO_MORE_FILES,
	};
	struct mag_slab_state state = { 0 };
	const struct mag_slab_cache *first = NULL;

	unit_test("slabstate: flags and sheaves of SLUB's very caches");
	tree_create(files);
	mag_slab_state_begin(&state, "kmem_cache", "magslab_");
	mag_slab_state_read(&state, "magslab_");
	CHECK(state.kind == MAG_SLAB_SLUB && state.known && state.nr == 2);
	CHECK(mag_slab_state_debugged(&state, &first) == 1);
	CHECK(first == &state.cache[0] && !strcmp(first->name, "magslab_a"));
	CHECK_MSG(!strcmp(first->debug, "FZPU"), "%s", first->debug);
	CHECK(first->failslab && !first->sheaf_capacity);
	CHECK(first->object_size == 232 && first->slab_size == 256);
	/* A kernel without SLUB_DEBUG has none of its files. */
	CHECK(!*state.cache[1].debug && state.cache[1].sheaf_capacity == 28);
	CHECK(mag_slab_state_sheaves(&state));
	mag_slab_state_free(&state);
	tree_remove();
}

static void test_slub_kmalloc(void)
{
	static const struct tree_file files[] = {
		{ SLAB "/kmalloc-8/red_zone", "0\n" },
		{ SLAB "/kmalloc-8k/red_zone", "1\n" },
		{ SLAB "/kmalloc-rnd-01-8/red_zone", "0\n" },
		{ SLAB "/kmalloc-part-01-8/red_zone", "0\n" },
		{ SLAB "/kmalloc-cg-8/red_zone", "1\n" },
		{ SLAB "/kmalloc-rcl-8/red_zone", "1\n" },
		{ SLAB "/dma-kmalloc-8/red_zone", "1\n" },
		NO_MORE_FILES,
	};
	struct mag_slab_state state = { 0 };
	const struct mag_slab_cache *first = NULL;

	unit_test("slabstate: of kmalloc's caches those that can be used");
	tree_create(files);
	mag_slab_state_begin(&state, "kmalloc", "kmalloc-");
	mag_slab_state_read(&state, "kmalloc-");
	CHECK_MSG(state.nr == 4, "%zu", state.nr);
	CHECK(mag_slab_state_debugged(&state, &first) == 1);
	CHECK(first && !strcmp(first->name, "kmalloc-8k"));
	CHECK(first && !strcmp(first->debug, "Z"));
	CHECK(!mag_slab_state_sheaves(&state));
	mag_slab_state_free(&state);
	tree_remove();
}

static void test_slabs_unknown(void)
{
	struct mag_slab_state slub = { 0 }, magazine = { 0 }, noop = { 0 };

	unit_test("slabstate: without sysfs or debugfs it is unknown");
	tree_create(nothing);
	mag_slab_state_begin(&slub, "kmem_cache", "magslab_");
	mag_slab_state_read(&slub, "magslab_");
	CHECK(slub.kind == MAG_SLAB_SLUB && !slub.known && !slub.nr);
	mag_slab_state_begin(&magazine, "magazine", "");
	mag_slab_state_read(&magazine, "");
	CHECK(magazine.kind == MAG_SLAB_MAGAZINE && !magazine.known);
	mag_slab_state_begin(&noop, "noop", "");
	mag_slab_state_read(&noop, "");
	CHECK(noop.kind == MAG_SLAB_NONE);
	tree_remove();
}

static void test_magazine(void)
{
	static const struct tree_file files[] = {
		{ MAGSLAB "/caches", "# name live held_bytes\nother 7 4096\n" },
		{ MAGSLAB "/cache/skb_head/knobs/preset", "magslab\n" },
		{ MAGSLAB "/cache/skb_head/knobs/debug", "-\n" },
		{ MAGSLAB "/cache/skb_head/knobs/magazines", "2\n" },
		{ MAGSLAB "/cache/skb\\040data/knobs/debug", "CRPT\n" },
		{ MAGSLAB "/cache/skb\\040data/knobs/preset", "none\n" },
		{ MAGSLAB "/cache/kmalloc-8/knobs/debug", "CRPT\n" },
		NO_MORE_FILES,
	};
	struct mag_slab_state state = { 0 };
	const struct mag_slab_cache *first = NULL;

	unit_test(
		"slabstate: knobs and letters of the caches that the run made");
	tree_create(files);
	mag_slab_state_begin(&state, "magazine", "");
	mag_slab_state_read(&state, "");
	CHECK(state.kind == MAG_SLAB_MAGAZINE && !state.known && !state.nr);
	tree_put(MAGSLAB "/caches", "# name live held_bytes\nskb_head 1 4096\n"
				    "other 7 4096\nskb\\040data 0 0\n");
	mag_slab_state_read(&state, "");
	CHECK_MSG(state.known && state.nr == 2, "%zu", state.nr);
	CHECK(!strcmp(state.cache[0].name, "skb_head"));
	CHECK(!*state.cache[0].debug && state.cache[0].nr_knobs == 3);
	CHECK(!strcmp(mag_slab_knob(&state.cache[0], "magazines"), "2"));
	CHECK(!strcmp(mag_slab_knob(&state.cache[0], "preset"), "magslab"));
	CHECK(!mag_slab_knob(&state.cache[0], "depot_max"));
	CHECK(mag_slab_state_debugged(&state, &first) == 1);
	CHECK(first && !strcmp(first->debug, "CRPT"));
	mag_slab_state_free(&state);
	tree_remove();
}

static bool cpu_times(const char *text, const char *list,
		      struct mag_cpu_times *times)
{
	FILE *file = fmemopen((void *)text, strlen(text), "r");
	struct mag_cpulist cpus;
	bool known;

	CHECK(!mag_cpulist_parse(&cpus, list));
	known = mag_cpu_times_parse(file, 100, &cpus, times);
	mag_cpulist_free(&cpus);
	fclose(file);
	return known;
}

static void test_cpu_times(void)
{
	static const char text[] =
		"cpu  9000 900 900 9000 90 90 90 900 900 90\n"
		"cpu0 500 100 150 2000 25 30 35 400 450 5\n"
		"cpu1 8000 0 0 0 0 0 0 0 0 0\n"
		"cpu3 500 100 150 2000 25 30 35 400 450 5\n"
		"intr 12345 1 2 3\nctxt 1\nprocs_running 1\n";
	struct mag_cpu_times times;

	unit_test("cpuload: /proc/stat of some CPUs in seconds");
	CHECK(cpu_times(text, "0,3", &times));
	CHECK(times.cpus == 2);
	/* Guests are in the user's time already. */
	CHECK_MSG(fabs(times.total - 64.8) < NEAR, "%g", times.total);
	CHECK(fabs(times.user - 12.0) < NEAR);
	CHECK(fabs(times.irq - 1.3) < NEAR);
	CHECK(fabs(times.steal - 8.0) < NEAR);
	CHECK(cpu_times(text, "1-2", &times) && times.cpus == 1);
	CHECK(fabs(times.user - 80.0) < NEAR);
	CHECK(!cpu_times(text, "2", &times));
	CHECK(!cpu_times("cpu  1 2 3 4 5 6 7\ncpu0 1 2 3 4 5 6 7\n", "0",
			 &times));
	CHECK(!cpu_times("intr 1\n", "0", &times));
	CHECK(!times.user_untold);
	CHECK(cpu_times(
		"cpu  0 0 108 35 0 0 1 0 0 0\ncpu0 0 0 57 26 0 0 0 0 0 0\n",
		"0", &times));
	CHECK(times.user_untold);
}

/* Workers on two CPUs for 10 s, and what else there was. */
static struct mag_load load_of(double user, double rest, double steal)
{
	struct mag_cpu_times from = { .total = 5, .cpus = 2 };
	struct mag_cpu_times to = {
		.user = user, .irq = 0.4, .steal = steal, .cpus = 2
	};
	struct mag_load load = { 0 };

	to.total = 5 + user + rest + steal;
	mag_load_between(&load, &from, &to, 10);
	return load;
}

/* The only warning of a load; NULL: there is none. */
static void check_load(struct mag_load load, bool strict, const char *name)
{
	struct mag_warnings warnings = { NULL, 0 };

	mag_load_warn(&load, strict, &warnings);
	CHECK_MSG(warnings.nr == (name ? 1 : 0), "%zu warnings, not %s",
		  warnings.nr, name ? name : "none");
	if (warnings.nr && name) {
		CHECK_MSG(!strcmp(warnings.entry[0].name, name), "%s, not %s",
			  warnings.entry[0].name, name);
		CHECK(warnings.entry[0].precondition);
		CHECK(warnings.entry[0].cure);
	}
	mag_warnings_free(&warnings);
}

static void test_load(void)
{
	struct mag_load load;

	unit_test("cpuload: the workers' own time is nobody else's");
	check_load(load_of(0.1, 19.9, 0), true, NULL);
	unit_test("cpuload: steal, other tasks and starvation are warnings");
	check_load(load_of(0, 19.7, 0.3), false, "steal");
	check_load(load_of(0, 19.9, 0.1), false, NULL);
	check_load(load_of(2, 18, 0), false, "load");
	check_load(load_of(0, 18, 0), false, "starved");
	load = load_of(2, 16.8, 0.2);
	CHECK(fabs(mag_load_others(&load) - 10) < NEAR);
	CHECK(fabs(mag_load_irq(&load) - 2) < NEAR);
	CHECK(fabs(mag_load_steal(&load) - 1) < NEAR);
	CHECK(fabs(mag_load_starved(&load) - 5) < NEAR);
}

/*
 * Ticks of 10 ms over rounds of 33 ms: a round has three or four.  What rounding
 * adds to one round, it takes from the next.
 */
static void test_load_rounds(void)
{
	struct mag_load sum = { 0 };

	unit_test("cpuload: rounding to ticks cancels over short rounds");
	for (int i = 0; i < 300; i++) {
		double ticks = i % 3 ? 0.03 : 0.04;
		struct mag_cpu_times from = { .cpus = 1 };
		struct mag_cpu_times to = { .total = ticks, .cpus = 1 };
		struct mag_load load = { 0 };

		mag_load_between(&load, &from, &to, 0.1 / 3);
		mag_load_add(&sum, &load);
	}
	CHECK_MSG(fabs(mag_load_starved(&sum)) < NEAR, "%g",
		  mag_load_starved(&sum));
	check_load(sum, true, NULL);
}

static void test_load_untold(void)
{
	const struct mag_cpu_times from = { .cpus = 2, .user_untold = true };
	struct mag_cpu_times to = { .total = 20, .cpus = 2 };
	struct mag_load sum = load_of(0, 20, 0), load = { 0 };

	unit_test("cpuload: a kernel that counts user time at last counts it");
	sum.user_untold = true;
	mag_load_between(&load, &from, &to, 10);
	mag_load_add(&sum, &load);
	check_load(sum, true, NULL);
	to.user_untold = true;
	mag_load_between(&load, &from, &to, 10);
	check_load(load, true, "load_unknown");
	to.user_untold = false;
	mag_load_between(&load, &from, &to, 10);
	check_load(load, true, NULL);
}

static void test_load_unknown(void)
{
	struct mag_load load = { .wall = 0.9, .total = 0.1, .steal = 0.5 };
	struct mag_load sum = load_of(0, 20, 0);

	unit_test("cpuload: a short run says nothing, which --strict tells");
	CHECK(isnan(mag_load_steal(&load)) && isnan(mag_load_starved(&load)));
	CHECK(strstr(mag_load_unknown(&load), "less than a second"));
	check_load(load, false, NULL);
	check_load(load, true, "load_unknown");
	unit_test("cpuload: so is a /proc/stat that cannot be read");
	CHECK(!mag_load_unknown(&sum));
	sum.user_untold = true;
	CHECK(isnan(mag_load_others(&sum)) && !isnan(mag_load_irq(&sum)));
	check_load(sum, true, "load_unknown");
	sum.user_untold = false;
	load.unread = true;
	mag_load_add(&sum, &load);
	CHECK(strstr(mag_load_unknown(&sum), "cannot be read"));
	CHECK(isnan(mag_load_others(&sum)));
	check_load(sum, true, "load_unknown");
}

void unit_state(void)
{
	test_sysfile();
	test_facts();
	test_facts_unknown();
	test_facts_each();
	test_host_warnings();
	test_slub();
	test_slub_kmalloc();
	test_slabs_unknown();
	test_magazine();
	test_cpu_times();
	test_load();
	test_load_rounds();
	test_load_untold();
	test_load_unknown();
}
