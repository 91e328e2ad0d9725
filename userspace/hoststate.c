// SPDX-License-Identifier: GPL-2.0-only
/* Reading the state of kernel and machine, and what it does to figures. */
#include <stdlib.h>
#include <string.h>

#include "hoststate.h"
#include "sysfile.h"

#define MAG_CPU_DIR  "/sys/devices/system/cpu"
#define MAG_DEBUGFS  "/sys/kernel/debug"
#define MAG_KNOB_DIR MAG_DEBUGFS "/magslab/knobs"

/* "on" or "off". */
static char *mag_host_switch(bool on)
{
	return mag_xstrdup(on ? "on" : "off");
}

static char *mag_host_preset(void)
{
	return mag_sys_line(MAG_KNOB_DIR "/preset");
}

/* Adds a word to a list of words that differ. */
static void mag_host_add_word(char **words, const char *word)
{
	char *longer;

	if (!*words) {
		*words = mag_xstrdup(word);
		return;
	}
	if (mag_has_word(*words, word))
		return;
	longer = mag_xasprintf("%s %s", *words, word);
	free(*words);
	*words = longer;
}

/* Adds "name=value" if the knob is not left to the preset. */
static void mag_host_add_knob(char **words, const char *name)
{
	char *value = mag_sys_line(MAG_KNOB_DIR "/%s", name);
	char *word;

	if (value && strcmp(value, "preset")) {
		word = mag_xasprintf("%s=%s", name, value);
		mag_host_add_word(words, word);
		free(word);
	}
	free(value);
}

/* "preset" and "debug" are no knobs of a preset's. */
static char *mag_host_knobs(void)
{
	struct mag_sys_names names;
	bool known = mag_sys_list(MAG_KNOB_DIR, &names);
	char *words = NULL;

	for (size_t i = 0; i < names.nr; i++) {
		if (strcmp(names.name[i], "preset") &&
		    strcmp(names.name[i], "debug"))
			mag_host_add_knob(&words, names.name[i]);
	}
	mag_sys_names_free(&names);
	return known && !words ? mag_xstrdup("none") : words;
}

/* A kernel without KFENCE has no such folder; the file is root's alone. */
static char *mag_host_kfence(void)
{
	char *line =
		mag_sys_line("/sys/module/kfence/parameters/sample_interval");

	if (!line && mag_sys_exists("/sys/module") &&
	    !mag_sys_exists("/sys/module/kfence"))
		line = mag_xstrdup("0");
	return line;
}

/*
 * Its file is in debugfs if it is on.  Where debugfs is not mounted, the
 * command line is what there is: nothing else switches it on.
 */
static char *mag_host_page_owner(void)
{
	struct mag_sys_names names;
	char *cmdline, *text = NULL;
	bool mounted;

	if (mag_sys_exists(MAG_DEBUGFS "/page_owner"))
		return mag_host_switch(true);
	mounted = mag_sys_list(MAG_DEBUGFS, &names) && names.nr;
	mag_sys_names_free(&names);
	if (mounted)
		return mag_host_switch(false);
	cmdline = mag_sys_line("/proc/cmdline");
	if (cmdline)
		text = mag_host_switch(mag_has_word(cmdline, "page_owner=on"));
	free(cmdline);
	return text;
}

static char *mag_host_mem_profiling(void)
{
	__u64 on;

	if (mag_sys_number(&on, "/proc/sys/vm/mem_profiling"))
		return mag_host_switch(on);
	return mag_sys_exists("/proc/sys/vm") ? mag_host_switch(false) : NULL;
}

/* How many files say that this processor has a flaw, and what is done about it. */
static char *mag_host_mitigations(void)
{
	unsigned int mitigated = 0, vulnerable = 0;
	struct mag_sys_names names;
	bool known = mag_sys_list(MAG_CPU_DIR "/vulnerabilities", &names);

	for (size_t i = 0; i < names.nr; i++) {
		char *line = mag_sys_line(MAG_CPU_DIR "/vulnerabilities/%s",
					  names.name[i]);

		/* One of them says first for which guest: "KVM: Mitigation: ..." */
		if (line && strstr(line, "Mitigation: "))
			mitigated++;
		else if (line && strstr(line, "Vulnerable"))
			vulnerable++;
		free(line);
	}
	mag_sys_names_free(&names);
	return known ? mag_xasprintf("%u mitigated, %u vulnerable", mitigated,
				     vulnerable)
		     : NULL;
}

/* "active", "inactive" where it could be and is not, else the kernel's word. */
static char *mag_host_smt(void)
{
	char *control = mag_sys_line(MAG_CPU_DIR "/smt/control");
	__u64 active;

	if (!mag_sys_number(&active, MAG_CPU_DIR "/smt/active"))
		return control;
	if (control && !active && strcmp(control, "on"))
		return control;
	free(control);
	return mag_xstrdup(active ? "active" : "inactive");
}

static char *mag_host_governor(void)
{
	struct mag_sys_names names;
	char *words = NULL;

	mag_sys_list(MAG_CPU_DIR, &names);
	for (size_t i = 0; i < names.nr; i++) {
		char *line = mag_sys_line(MAG_CPU_DIR
					  "/%s/cpufreq/scaling_governor",
					  names.name[i]);

		if (line)
			mag_host_add_word(&words, line);
		free(line);
	}
	mag_sys_names_free(&names);
	return words;
}

static char *mag_host_turbo(void)
{
	__u64 value;

	if (mag_sys_number(&value, MAG_CPU_DIR "/intel_pstate/no_turbo"))
		return mag_host_switch(!value);
	if (mag_sys_number(&value, MAG_CPU_DIR "/cpufreq/boost"))
		return mag_host_switch(value);
	return NULL;
}

/*
 * A list of CPUs, which for none is an empty line or "(null)".  A kernel that
 * cannot do it has no such file.
 */
static char *mag_host_cpus(const char *name)
{
	char *line = mag_sys_line(MAG_CPU_DIR "/%s", name);

	if (!line)
		return mag_sys_exists(MAG_CPU_DIR) ? mag_xstrdup("none") : NULL;
	if (*line && strcmp(line, "(null)"))
		return line;
	free(line);
	return mag_xstrdup("none");
}

static char *mag_host_isolated(void)
{
	return mag_host_cpus("isolated");
}

static char *mag_host_nohz_full(void)
{
	return mag_host_cpus("nohz_full");
}

static char *mag_host_cmdline(void)
{
	return mag_sys_line("/proc/cmdline");
}

static const struct {
	const char *name;
	enum mag_fact_kind kind;
	char *(*read)(void);
} mag_facts[] = {
	[MAG_FACT_CONFIG] = { "config_hash", MAG_FACT_TEXT, NULL },
	[MAG_FACT_PRESET] = { "preset", MAG_FACT_TEXT, mag_host_preset },
	[MAG_FACT_KNOBS] = { "knobs", MAG_FACT_TEXT, mag_host_knobs },
	[MAG_FACT_KFENCE] = { "kfence_interval_ms", MAG_FACT_NUMBER,
			      mag_host_kfence },
	[MAG_FACT_PAGE_OWNER] = { "page_owner", MAG_FACT_SWITCH,
				  mag_host_page_owner },
	[MAG_FACT_MEM_PROFILING] = { "mem_profiling", MAG_FACT_SWITCH,
				     mag_host_mem_profiling },
	[MAG_FACT_MITIGATIONS] = { "mitigations", MAG_FACT_TEXT,
				   mag_host_mitigations },
	[MAG_FACT_SMT] = { "smt", MAG_FACT_TEXT, mag_host_smt },
	[MAG_FACT_GOVERNOR] = { "governor", MAG_FACT_TEXT, mag_host_governor },
	[MAG_FACT_TURBO] = { "turbo", MAG_FACT_SWITCH, mag_host_turbo },
	[MAG_FACT_ISOLATED] = { "isolated", MAG_FACT_TEXT, mag_host_isolated },
	[MAG_FACT_NOHZ_FULL] = { "nohz_full", MAG_FACT_TEXT,
				 mag_host_nohz_full },
	[MAG_FACT_CMDLINE] = { "cmdline", MAG_FACT_TEXT, mag_host_cmdline },
};

const char *mag_fact_name(enum mag_fact fact)
{
	return mag_facts[fact].name;
}

enum mag_fact_kind mag_fact_kind(enum mag_fact fact)
{
	return mag_facts[fact].kind;
}

void mag_host_read(struct mag_host *host, const struct mag_info *info)
{
	for (int i = 0; i < MAG_NR_FACTS; i++)
		host->fact[i] = mag_facts[i].read ? mag_facts[i].read() : NULL;
	if (*info->config_hash)
		host->fact[MAG_FACT_CONFIG] = mag_xstrdup(info->config_hash);
}

void mag_host_free(struct mag_host *host)
{
	for (int i = 0; i < MAG_NR_FACTS; i++)
		free(host->fact[i]);
}

static bool mag_host_is_on(const struct mag_host *host, enum mag_fact fact)
{
	return host->fact[fact] && !strcmp(host->fact[fact], "on");
}

static void mag_host_warn_kfence(const struct mag_host *host,
				 struct mag_warnings *warnings)
{
	const char *text = host->fact[MAG_FACT_KFENCE];
	unsigned long long ms = text ? strtoull(text, NULL, 10) : 0;

	if (ms && ms < MAG_KFENCE_INTERVAL_MS)
		mag_warnings_add(
			warnings, "kfence", true,
			"echo 0 >/sys/module/kfence/parameters/sample_interval",
			"kfence: takes an allocation of SLUB's every %llu ms, and of no other allocator's",
			ms);
}

static void mag_host_warn_debug(const struct mag_host *host,
				struct mag_warnings *warnings)
{
	if (mag_host_is_on(host, MAG_FACT_PAGE_OWNER))
		mag_warnings_add(
			warnings, "page_owner", true,
			"boot without page_owner=on",
			"page_owner: each page costs a stack trace: figures tell how many were drawn");
	if (mag_host_is_on(host, MAG_FACT_MEM_PROFILING))
		mag_warnings_add(
			warnings, "mem_profiling", true,
			"sysctl vm.mem_profiling=0",
			"mem_profiling: SLUB notes for each object who allocated it; the magazine does not");
}

/*
 * No preconditions: a frequency that varies does so for all backends, and rounds
 * are interleaved.  But times are no longer those of one frequency.
 */
static void mag_host_warn_frequency(const struct mag_host *host,
				    struct mag_warnings *warnings)
{
	const char *governor = host->fact[MAG_FACT_GOVERNOR];

	if (governor && mag_has_word(governor, "powersave"))
		mag_warnings_add(
			warnings, "governor", false,
			"cpupower frequency-set -g performance",
			"governor: powersave: CPUs run below their full frequency, and change it");
	if (mag_host_is_on(host, MAG_FACT_TURBO))
		mag_warnings_add(
			warnings, "turbo", false,
			"switch turbo off in /sys/devices/system/cpu/intel_pstate/no_turbo or cpufreq/boost",
			"turbo: the frequency depends on heat and on how many CPUs are busy");
}

/*
 * init_on_free is a precondition of no verdict: both sides clear the same
 * bytes, and a ratio is true of such a kernel.  It is no ratio of another.
 */
static const struct {
	__u64 hook;
	const char *name;
	bool precondition;
	const char *cure;
	const char *text;
} mag_hook_warnings[] = {
	{ MAG_HOOK_INIT_ON_FREE, "init_on_free", false,
	  "boot with init_on_free=0",
	  "init_on_free: both sides clear each object that is freed, and hide their own costs" },
	{ MAG_HOOK_PAGE_POISON, "page_poisoning", true,
	  "boot without page_poison=1",
	  "page_poisoning: each page is filled and checked: figures tell how many were drawn" },
	{ MAG_HOOK_SLUB_STATS, "slub_stats", true,
	  "use a kernel without CONFIG_SLUB_STATS",
	  "slub_stats: SLUB counts on each of its paths" },
	{ MAG_HOOK_SLUB_TINY, "slub_tiny", true,
	  "use a kernel without CONFIG_SLUB_TINY",
	  "slub_tiny: SLUB has no per-CPU slabs in this kernel" },
};

void mag_host_warn(const struct mag_host *host, __u64 hooks,
		   struct mag_warnings *warnings)
{
	mag_host_warn_kfence(host, warnings);
	mag_host_warn_debug(host, warnings);
	mag_host_warn_frequency(host, warnings);
	for (size_t i = 0; i < MAG_ARRAY_SIZE(mag_hook_warnings); i++) {
		if (hooks & mag_hook_warnings[i].hook)
			mag_warnings_add(warnings, mag_hook_warnings[i].name,
					 mag_hook_warnings[i].precondition,
					 mag_hook_warnings[i].cure, "%s",
					 mag_hook_warnings[i].text);
	}
}
