// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the suites of the stress layer share; see runs.h.
 */
#include "runs.h"

#include <linux/bits.h>
#include <linux/string.h>

#include "../kmod/allocator/mag_cache.h"
#include "../kmod/allocator/mag_kmalloc.h"

struct mag_run_config mag_kunit_config(u32 workload, u32 backend)
{
	return (struct mag_run_config){
		.abi_version = MAG_ABI_VERSION,
		.workload = workload,
		.backend = backend,
		.clock = MAG_CLOCK_KTIME,
		.seed = 1,
		.steps = 1,
	};
}

void mag_kunit_config_param(struct kunit *test, struct mag_run_config *config,
			    const char *name, u64 value)
{
	const struct mag_workload_ops *wl = mag_workload_get(config->workload);
	u32 i;

	for (i = 0; i < wl->nr_params; i++)
		if (!strcmp(wl->params[i].name, name))
			break;
	KUNIT_ASSERT_LT_MSG(test, i, wl->nr_params, "%s has no parameter %s",
			    wl->name, name);

	config->params[i] = value;
	config->param_mask |= BIT_ULL(i);
}

u32 mag_kunit_workload(struct kunit *test, const char *name)
{
	u32 i;

	for (i = 0; i < mag_workload_count(); i++)
		if (!strcmp(mag_workload_get(i)->name, name))
			break;
	KUNIT_ASSERT_LT_MSG(test, i, mag_workload_count(), "no workload %s",
			    name);
	return i;
}

u32 mag_kunit_backend(struct kunit *test, const char *name)
{
	u32 i;

	for (i = 0; i < mag_backend_count(); i++)
		if (!strcmp(mag_backend_get(i)->name, name))
			break;
	KUNIT_ASSERT_LT_MSG(test, i, mag_backend_count(), "no backend %s",
			    name);
	return i;
}

static void count_cache(struct mag_cache *cache, void *arg)
{
	u32 *nr = arg;

	*nr += !mag_kmalloc_owns(cache);
}

void mag_kunit_expect_no_caches(struct kunit *test)
{
	u32 nr = 0;

	mag_cache_for_each(count_cache, &nr);
	KUNIT_EXPECT_EQ(test, nr, 0);
}
