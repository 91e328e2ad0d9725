/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Differences between kernel versions and architectures, and nothing else:
 * no other file looks at LINUX_VERSION_CODE.
 */
#ifndef MAGSLAB_COMPAT_H
#define MAGSLAB_COMPAT_H

#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/version.h>

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

/* Every cache has percpu sheaves from 7.0 on (mm/slub.c). */
#define MAG_SLUB_SHEAVES (LINUX_VERSION_CODE >= KERNEL_VERSION(7, 0, 0))

/* The lazy preemption model came in 6.13. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
#define mag_preempt_model_lazy() preempt_model_lazy()
#else
#define mag_preempt_model_lazy() false
#endif

/* struct page::index is free to the owner of a page, but was renamed in 6.16. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 16, 0)
#define mag_page_index(page) ((page)->__folio_index)
#else
#define mag_page_index(page) ((page)->index)
#endif

#endif /* MAGSLAB_COMPAT_H */
