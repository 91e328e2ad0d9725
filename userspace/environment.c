// SPDX-License-Identifier: GPL-2.0-only
/* Reading machine, processor and hooks. */
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "environment.h"
#include "sysfile.h"
#include "ticks.h"
#include "util.h"

#define MAG_CPUINFO	     "/proc/cpuinfo"
#define MAG_PRODUCT	     "/sys/class/dmi/id/product_name"
#define MAG_MACHINE_VARIABLE "MAGSLAB_MACHINE"

static const struct {
	__u64 bit;
	const char *name;
} mag_hooks[] = {
	{ MAG_HOOK_INIT_ON_ALLOC, "init_on_alloc" },
	{ MAG_HOOK_INIT_ON_FREE, "init_on_free" },
	{ MAG_HOOK_KASAN, "kasan" },
	{ MAG_HOOK_KCSAN, "kcsan" },
	{ MAG_HOOK_KMEMLEAK, "kmemleak" },
	{ MAG_HOOK_LOCKDEP, "lockdep" },
	{ MAG_HOOK_FAILSLAB, "failslab" },
	{ MAG_HOOK_MEMCG, "memcg" },
	{ MAG_HOOK_SHEAVES, "sheaves" },
	{ MAG_HOOK_HARDENED, "freelist_hardened" },
	{ MAG_HOOK_RANDOM, "freelist_random" },
	{ MAG_HOOK_DEBUG_PREEMPT, "debug_preempt" },
	{ MAG_HOOK_DEBUG_LOCKS, "debug_locks" },
	{ MAG_HOOK_DEBUG_OBJECTS, "debug_objects" },
	{ MAG_HOOK_GCOV, "gcov" },
	{ MAG_HOOK_KMSAN, "kmsan" },
	{ MAG_HOOK_PAGE_POISON, "page_poisoning" },
	{ MAG_HOOK_SLUB_STATS, "slub_stats" },
	{ MAG_HOOK_SLUB_TINY, "slub_tiny" },
	{ MAG_HOOK_RESCHED, "might_resched" },
	{ MAG_HOOK_INJECTION, "should_failslab" },
};

const char *mag_hook_name(unsigned int index, __u64 *bit)
{
	if (index >= MAG_ARRAY_SIZE(mag_hooks))
		return NULL;
	*bit = mag_hooks[index].bit;
	return mag_hooks[index].name;
}

/* The value of a line "key : value", or NULL if its key is another. */
static const char *mag_cpuinfo_value(const char *line, const char *key)
{
	size_t len = strlen(key);

	if (strncmp(line, key, len))
		return NULL;
	line += len;
	line += strspn(line, " \t");
	if (*line != ':')
		return NULL;
	return line + 1 + strspn(line + 1, " \t");
}

static void mag_cpuinfo_line(struct mag_cpuinfo *cpuinfo, const char *line)
{
	const char *value = mag_cpuinfo_value(line, "model name");

	if (value && !cpuinfo->model)
		cpuinfo->model = mag_xstrdup(value);
	value = mag_cpuinfo_value(line, "flags");
	if (value && mag_has_word(value, "hypervisor"))
		cpuinfo->hypervisor = true;
	value = mag_cpuinfo_value(line, "vendor_id");
	if (value && !strcmp(value, "User Mode Linux"))
		cpuinfo->uml = true;
}

struct mag_cpuinfo mag_cpuinfo_parse(FILE *file)
{
	struct mag_cpuinfo cpuinfo = { NULL, false, false };
	char *line = NULL;
	size_t room = 0;

	while (getline(&line, &room, file) > 0) {
		line[strcspn(line, "\n")] = '\0';
		mag_cpuinfo_line(&cpuinfo, line);
	}
	free(line);
	if (!cpuinfo.model)
		cpuinfo.model = mag_xstrdup("");
	return cpuinfo;
}

char *mag_machine_name(const struct mag_cpuinfo *cpuinfo, const char *product,
		       bool counts_insns)
{
	const char *kind = cpuinfo->hypervisor ? "vm" : "host";

	if (counts_insns)
		return mag_xstrdup(MAG_MACHINE_ICOUNT);
	if (cpuinfo->uml)
		return mag_xstrdup("um");
	if (!product || !*product)
		return mag_xstrdup(kind);
	return mag_xasprintf("%s (%s)", kind, product);
}

static struct mag_cpuinfo mag_cpuinfo_read(void)
{
	struct mag_cpuinfo cpuinfo = { NULL, false, false };
	FILE *file = mag_sys_open(MAG_CPUINFO);

	if (!file) {
		cpuinfo.model = mag_xstrdup("");
		return cpuinfo;
	}
	cpuinfo = mag_cpuinfo_parse(file);
	fclose(file);
	return cpuinfo;
}

/* The machine's word for its architecture; that of User-Mode Linux, the host's. */
static char *mag_arch(void)
{
	struct utsname uts;

	return mag_xstrdup(uname(&uts) ? "" : uts.machine);
}

/* No hook of the module's: see MAG_HOOK_SHEAVES. */
static bool mag_environment_has_sheaves(struct mag_environment *env)
{
	mag_slab_state_begin(&env->kmalloc, "kmalloc", MAG_SLAB_KMALLOC_PREFIX);
	mag_slab_state_read(&env->kmalloc, MAG_SLAB_KMALLOC_PREFIX);
	return mag_slab_state_sheaves(&env->kmalloc);
}

void mag_environment_read(struct mag_environment *env, const char *machine)
{
	struct mag_cpuinfo cpuinfo = mag_cpuinfo_read();
	char *product = mag_sys_line(MAG_PRODUCT);

	env->counts_insns = env->info.tsc_khz && mag_ticks_are_insns();
	if (!machine)
		machine = getenv(MAG_MACHINE_VARIABLE);
	if (machine && *machine)
		env->machine = mag_xstrdup(machine);
	else
		env->machine =
			mag_machine_name(&cpuinfo, product, env->counts_insns);
	env->cpu = cpuinfo.model;
	env->arch = mag_arch();
	mag_host_read(&env->host, &env->info);
	if (mag_environment_has_sheaves(env))
		env->info.hooks |= MAG_HOOK_SHEAVES;
	mag_make_printable(env->machine);
	mag_make_printable(env->cpu);
	free(product);
}

void mag_environment_free(struct mag_environment *env)
{
	mag_host_free(&env->host);
	mag_slab_state_free(&env->kmalloc);
	free(env->machine);
	free(env->cpu);
	free(env->arch);
}

/* What a name promises must hold, or units would be printed that are not. */
const char *mag_environment_contradiction(const struct mag_environment *env)
{
	static const char contradiction[] =
		"counts instructions, and this one does not: give it another name (--machine)";

	if (!strcmp(env->machine, MAG_MACHINE_ICOUNT) && !env->counts_insns)
		return contradiction;
	return NULL;
}

__u32 mag_environment_clock(const struct mag_environment *env)
{
	return env->counts_insns ? MAG_CLOCK_TICKS : env->info.auto_clock;
}

enum mag_unit mag_environment_unit(const struct mag_environment *env,
				   __u32 clock)
{
	if (clock != MAG_CLOCK_TICKS)
		return MAG_UNIT_NS;
	return env->counts_insns ? MAG_UNIT_INSNS : MAG_UNIT_TICKS;
}

const char *mag_unit_name(enum mag_unit unit)
{
	static const char *const names[] = {
		[MAG_UNIT_NS] = "ns",
		[MAG_UNIT_TICKS] = "ticks",
		[MAG_UNIT_INSNS] = "insns",
	};

	return names[unit];
}

bool mag_environment_is_debug(const struct mag_environment *env)
{
	return env->info.hooks & MAG_HOOKS_DEBUG;
}

/* A space before each. */
static char *mag_hook_names(__u64 hooks)
{
	char *names = mag_xstrdup("");
	const char *name;
	__u64 bit;

	for (unsigned int i = 0; (name = mag_hook_name(i, &bit)); i++) {
		char *longer;

		if (!(hooks & bit))
			continue;
		longer = mag_xasprintf("%s %s", names, name);
		free(names);
		names = longer;
	}
	return names;
}

static void mag_environment_warn_debug(const struct mag_environment *env,
				       struct mag_warnings *warnings)
{
	char *names;

	if (!mag_environment_is_debug(env))
		return;
	names = mag_hook_names(env->info.hooks & MAG_HOOKS_DEBUG);
	mag_warnings_add(
		warnings, "debug_kernel", true,
		"use a kernel without the debugging that it names",
		"a debug kernel: its figures mean nothing for another; it has%s",
		names);
	free(names);
}

void mag_environment_warn(const struct mag_environment *env,
			  struct mag_warnings *warnings)
{
	mag_environment_warn_debug(env, warnings);
	mag_host_warn(&env->host, env->info.hooks, warnings);
}

void mag_environment_print(const struct mag_environment *env, FILE *out)
{
	const struct mag_info *info = &env->info;

	fprintf(out, "  %-11s%s, %u CPU%s online\n", "machine", env->machine,
		info->nr_cpus_online, info->nr_cpus_online == 1 ? "" : "s");
	fprintf(out, "  %-11s%s\n", "cpu", *env->cpu ? env->cpu : "unknown");
	fprintf(out, "  %-11s%s %s, preemption %s\n", "kernel", info->release,
		env->arch, info->preempt);
	fprintf(out, "  %-11smagslab %s, ABI %u\n", "module", info->version,
		info->abi_version);
}
