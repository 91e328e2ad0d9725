/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Differences between kernel versions and architectures, and nothing else:
 * no other file looks at LINUX_VERSION_CODE.
 */
#ifndef MAGSLAB_COMPAT_H
#define MAGSLAB_COMPAT_H

#include <linux/atomic.h> /* shrinker.h of 6.1 does not */
#include <linux/hrtimer.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/pfn.h>
#include <linux/shrinker.h>
#include <linux/slab.h>
#include <linux/version.h>
#include <linux/workqueue.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0)
#error "magslab needs Linux 6.1 or later"
#endif

/*
 * A cache of ours must not be merged with another of its size, or neither
 * /proc/slabinfo nor a figure would mean it alone.  SLAB_NO_MERGE came in 6.5;
 * before, SLAB_NOLEAKTRACE keeps a cache apart at no cost on its paths.
 */
#ifdef SLAB_NO_MERGE
#define MAG_SLAB_NO_MERGE SLAB_NO_MERGE
#else
#define MAG_SLAB_NO_MERGE SLAB_NOLEAKTRACE
#endif

/* The lazy preemption model came in 6.13. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
#define mag_preempt_model_lazy() preempt_model_lazy()
#else
#define mag_preempt_model_lazy() false
#endif

/* should_failslab() is empty without CONFIG_FAILSLAB since 6.11. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 11, 0)
#define mag_should_failslab_is_a_call() true
#else
#define mag_should_failslab_is_a_call() IS_ENABLED(CONFIG_FAILSLAB)
#endif

/* struct page::index is free to the owner of a page, but was renamed in 6.16. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 16, 0)
#define mag_page_index(page) ((page)->__folio_index)
#else
#define mag_page_index(page) ((page)->index)
#endif

/*
 * The page of an address in the direct map, where all pages are that have one.
 * On x86-64 virt_to_page() looks first whether it is in the kernel's image.
 */
#if defined(CONFIG_X86_64) && !defined(CONFIG_UML) && \
	!defined(CONFIG_DEBUG_VIRTUAL)
#define mag_direct_page(addr) \
	pfn_to_page(PHYS_PFN((unsigned long)(addr)-PAGE_OFFSET))
#else
#define mag_direct_page(addr) virt_to_page(addr)
#endif

/* hrtimer_init() and a function of one's own making, until 6.13. */
static inline void
mag_hrtimer_setup(struct hrtimer *timer,
		  enum hrtimer_restart (*fn)(struct hrtimer *timer),
		  clockid_t clock, enum hrtimer_mode mode)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
	hrtimer_setup(timer, fn, clock, mode);
#else
	hrtimer_init(timer, clock, mode);
	timer->function = fn;
#endif
}

/* A shrinker that knows of nodes, or NULL.  Allocated by the kernel from 6.7 on. */
static inline struct shrinker *
mag_shrinker_create(const char *name,
		    unsigned long (*count)(struct shrinker *shrinker,
					   struct shrink_control *sc),
		    unsigned long (*scan)(struct shrinker *shrinker,
					  struct shrink_control *sc))
{
	struct shrinker *shrinker;

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0)
	shrinker = shrinker_alloc(SHRINKER_NUMA_AWARE, "%s", name);
#else
	shrinker = kzalloc(sizeof(*shrinker), GFP_KERNEL);
#endif
	if (!shrinker)
		return NULL;

	shrinker->count_objects = count;
	shrinker->scan_objects = scan;
	shrinker->seeks = DEFAULT_SEEKS;
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0)
	shrinker_register(shrinker);
#else
	shrinker->flags = SHRINKER_NUMA_AWARE;
	if (register_shrinker(shrinker, "%s", name)) {
		kfree(shrinker);
		return NULL;
	}
#endif
	return shrinker;
}

static inline void mag_shrinker_destroy(struct shrinker *shrinker)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0)
	shrinker_free(shrinker);
#else
	unregister_shrinker(shrinker);
	kfree(shrinker);
#endif
}

#endif /* MAGSLAB_COMPAT_H */
