/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The home of a node is the node whose slabs serve it: the node itself if slabs
 * can be made of its memory, otherwise the nearest node where they can.  A node
 * may have no such memory because it has CPUs only, or because all its memory
 * is movable, which kernel objects cannot be in.
 */
#ifndef MAGSLAB_ALLOCATOR_HOME_H
#define MAGSLAB_ALLOCATOR_HOME_H

#include <linux/compiler.h>
#include <linux/jump_label.h>
#include <linux/numa.h>
#include <linux/percpu.h>
#include <linux/types.h>

/* Slabs can be made of more than one node's memory. */
DECLARE_STATIC_KEY_FALSE(mag_many_nodes);

#ifdef CONFIG_NUMA
extern u16 mag_homes[MAX_NUMNODES];
DECLARE_PER_CPU(int, mag_cpu_home);
#endif

/* The home of @node, a possible node.  Any context. */
static __always_inline int mag_home_of(int node)
{
#ifdef CONFIG_NUMA
	return READ_ONCE(mag_homes[node]);
#else
	return 0;
#endif
}

/*
 * The home of this CPU: a load, as numa_mem_id() is.  Any context; a caller that
 * can be preempted may be on another CPU when it uses the answer.
 */
static __always_inline int mag_home_node(void)
{
#ifdef CONFIG_NUMA
	return raw_cpu_read(mag_cpu_home);
#else
	return 0;
#endif
}

/* The home of @cpu.  Any context. */
static inline int mag_home_of_cpu(unsigned int cpu)
{
#ifdef CONFIG_NUMA
	return READ_ONCE(per_cpu(mag_cpu_home, cpu));
#else
	return 0;
#endif
}

/*
 * Looks for the home of every node and CPU.  mag_many_nodes is never cleared:
 * slabs of a node may be left.  Task context, under cpus_read_lock().
 */
void mag_home_find(void);
/* The same for @cpu alone, which is about to come online.  Task context. */
void mag_home_find_cpu(unsigned int cpu);

#endif /* MAGSLAB_ALLOCATOR_HOME_H */
