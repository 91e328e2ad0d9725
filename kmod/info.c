// SPDX-License-Identifier: GPL-2.0-only
/*
 * What this module and kernel are, in the words of the ABI: the hooks that
 * change what an allocation costs, and the names of everything there is.
 */
#include <linux/cpumask.h>
#include <linux/debug_locks.h>
#include <linux/errno.h>
#include <linux/kasan-enabled.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/utsname.h>

#include "info.h"
#include "compat.h"
#include "stress/backend.h"
#include "stress/clock.h"
#include "stress/workload.h"

/*
 * Not here: MAG_HOOK_SHEAVES, since a cache does not show other code whether it
 * has sheaves; and MAG_HOOK_MEMCG.  A kernel with control groups charges them for
 * objects of a cache with SLAB_ACCOUNT, or for allocations with __GFP_ACCOUNT.
 * No backend asks for either, so that a charge is in no figure.  A backend that
 * does must set the hook.
 */
/* What SLUB calls in each allocation, and the magazine does in its slow paths alone. */
static u64 call_hooks(void)
{
	u64 hooks = 0;

	/* With full or lazy preemption it is patched out. */
	if (preempt_model_voluntary())
		hooks |= MAG_HOOK_RESCHED;
	if (mag_should_failslab_is_a_call())
		hooks |= MAG_HOOK_INJECTION;
	return hooks;
}

static u64 slab_hooks(void)
{
	u64 hooks = 0;

	if (want_init_on_alloc(0))
		hooks |= MAG_HOOK_INIT_ON_ALLOC;
	if (want_init_on_free())
		hooks |= MAG_HOOK_INIT_ON_FREE;
	if (IS_ENABLED(CONFIG_SLAB_FREELIST_HARDENED))
		hooks |= MAG_HOOK_HARDENED;
	if (IS_ENABLED(CONFIG_SLAB_FREELIST_RANDOM))
		hooks |= MAG_HOOK_RANDOM;
	if (IS_ENABLED(CONFIG_SLUB_STATS))
		hooks |= MAG_HOOK_SLUB_STATS;
	if (IS_ENABLED(CONFIG_SLUB_TINY))
		hooks |= MAG_HOOK_SLUB_TINY;
	if (page_poisoning_enabled_static())
		hooks |= MAG_HOOK_PAGE_POISON;
	return hooks | call_hooks();
}

/* Where a debugging facility does not tell whether it is on, it counts as on. */
static u64 debug_hooks(void)
{
	u64 hooks = 0;

	if (IS_ENABLED(CONFIG_KASAN) && kasan_enabled())
		hooks |= MAG_HOOK_KASAN;
	if (IS_ENABLED(CONFIG_KCSAN))
		hooks |= MAG_HOOK_KCSAN;
	if (IS_ENABLED(CONFIG_DEBUG_KMEMLEAK))
		hooks |= MAG_HOOK_KMEMLEAK;
	if (IS_ENABLED(CONFIG_LOCKDEP) && READ_ONCE(debug_locks))
		hooks |= MAG_HOOK_LOCKDEP;
	if (IS_ENABLED(CONFIG_FAILSLAB))
		hooks |= MAG_HOOK_FAILSLAB;
	if (IS_ENABLED(CONFIG_DEBUG_PREEMPT))
		hooks |= MAG_HOOK_DEBUG_PREEMPT;
	if (IS_ENABLED(CONFIG_DEBUG_SPINLOCK))
		hooks |= MAG_HOOK_DEBUG_LOCKS;
	if (IS_ENABLED(CONFIG_DEBUG_OBJECTS))
		hooks |= MAG_HOOK_DEBUG_OBJECTS;
	if (IS_ENABLED(CONFIG_GCOV_KERNEL))
		hooks |= MAG_HOOK_GCOV;
	if (IS_ENABLED(CONFIG_KMSAN))
		hooks |= MAG_HOOK_KMSAN;
	return hooks;
}

static const char *preempt_name(void)
{
	if (preempt_model_rt())
		return "rt";
	if (preempt_model_full())
		return "full";
	if (mag_preempt_model_lazy())
		return "lazy";
	if (preempt_model_voluntary())
		return "voluntary";
	if (preempt_model_none())
		return "none";
	return "dynamic";
}

/**
 * mag_info_get() - what this module and kernel are, as of now
 * @info: out, every byte
 *
 * Context: task.
 */
void mag_info_get(struct mag_info *info)
{
	memset(info, 0, sizeof(*info));
	info->abi_version = MAG_ABI_VERSION;
	info->nr_workloads = mag_workload_count();
	info->nr_backends = mag_backend_count();
	info->nr_clocks = MAG_NR_CLOCKS;
	info->nr_cpus_online = min_t(u32, num_online_cpus(), MAG_MAX_WORKERS);
	info->page_size = PAGE_SIZE;
	info->hooks = slab_hooks() | debug_hooks();
	info->tsc_khz = mag_clock_tsc_khz();
	info->auto_clock = mag_clock_auto();
	strscpy(info->release, init_utsname()->release, sizeof(info->release));
	strscpy(info->preempt, preempt_name(), sizeof(info->preempt));
	strscpy(info->version, MAG_MODULE_VERSION, sizeof(info->version));
	strscpy(info->config_hash, MAG_CONFIG_HASH, sizeof(info->config_hash));
}

static void describe(struct mag_describe *desc, const char *name,
		     const char *unit, const char *help)
{
	strscpy(desc->name, name, sizeof(desc->name));
	strscpy(desc->unit, unit, sizeof(desc->unit));
	strscpy(desc->help, help, sizeof(desc->help));
}

static int describe_workload(struct mag_describe *desc)
{
	const struct mag_workload_ops *wl = mag_workload_get(desc->index);

	if (!wl)
		return -ENOENT;
	describe(desc, wl->name, wl->unit, wl->help);
	desc->nr_params = wl->nr_params;
	desc->nr_ops = wl->nr_ops;
	desc->nr_counters = wl->nr_counters;
	return 0;
}

static int describe_backend(struct mag_describe *desc)
{
	const struct mag_backend_ops *ops = mag_backend_get(desc->index);

	if (!ops)
		return -ENOENT;
	describe(desc, ops->name, "", ops->help);
	strscpy(desc->slabinfo, ops->slabinfo, sizeof(desc->slabinfo));
	desc->primitives = ops->uses;
	return 0;
}

static int describe_clock(struct mag_describe *desc)
{
	if (desc->index >= MAG_NR_CLOCKS)
		return -ENOENT;
	describe(desc, mag_clock_name(desc->index), "",
		 mag_clock_help(desc->index));
	return 0;
}

static int describe_param(struct mag_describe *desc,
			  const struct mag_workload_ops *wl)
{
	const struct mag_param *param;

	if (desc->index >= wl->nr_params)
		return -ENOENT;
	param = &wl->params[desc->index];
	describe(desc, param->name, param->unit, param->help);
	desc->min = param->min;
	desc->max = param->max;
	desc->def = param->def;
	return 0;
}

static int describe_op(struct mag_describe *desc,
		       const struct mag_workload_ops *wl)
{
	if (desc->index >= wl->nr_ops)
		return -ENOENT;
	describe(desc, wl->ops[desc->index].name, "",
		 wl->ops[desc->index].help);
	return 0;
}

static int describe_counter(struct mag_describe *desc,
			    const struct mag_workload_ops *wl)
{
	const struct mag_counter *counter;

	if (desc->index >= wl->nr_counters)
		return -ENOENT;
	counter = &wl->counters[desc->index];
	describe(desc, counter->name, counter->unit, counter->help);
	return 0;
}

/* What belongs to a workload. */
static int describe_owned(struct mag_describe *desc)
{
	const struct mag_workload_ops *wl = mag_workload_get(desc->owner);

	if (!wl)
		return -ENOENT;
	switch (desc->entity) {
	case MAG_ENTITY_PARAM:
		return describe_param(desc, wl);
	case MAG_ENTITY_OP:
		return describe_op(desc, wl);
	case MAG_ENTITY_COUNTER:
		return describe_counter(desc, wl);
	default:
		return -EINVAL;
	}
}

static int describe_unowned(struct mag_describe *desc)
{
	if (desc->owner)
		return -EINVAL;
	switch (desc->entity) {
	case MAG_ENTITY_WORKLOAD:
		return describe_workload(desc);
	case MAG_ENTITY_BACKEND:
		return describe_backend(desc);
	case MAG_ENTITY_CLOCK:
		return describe_clock(desc);
	default:
		return -EINVAL;
	}
}

/**
 * mag_info_describe() - the name and meaning of one thing
 * @desc: in: entity, index and owner; out: every byte
 *
 * Context: task.
 * Return: 0; -EINVAL for an entity that is none, or an owner where there is
 * none; -ENOENT for an index or owner past the last.
 */
int mag_info_describe(struct mag_describe *desc)
{
	u32 entity = desc->entity;
	u32 index = desc->index;
	u32 owner = desc->owner;

	memset(desc, 0, sizeof(*desc));
	desc->entity = entity;
	desc->index = index;
	desc->owner = owner;
	if (entity >= MAG_NR_ENTITIES)
		return -EINVAL;
	if (entity >= MAG_ENTITY_PARAM)
		return describe_owned(desc);
	return describe_unowned(desc);
}
