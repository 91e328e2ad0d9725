// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which node's slabs serve which nodes and CPUs.
 */
#include <linux/cpumask.h>
#include <linux/mutex.h>
#include <linux/nodemask.h>
#include <linux/topology.h>

#include "home.h"

DEFINE_STATIC_KEY_FALSE(mag_many_nodes);

#ifdef CONFIG_NUMA
u16 mag_homes[MAX_NUMNODES] __read_mostly;
DEFINE_PER_CPU(int, mag_cpu_home);

/* A look at the nodes, and what is written down of it, are one step. */
static DEFINE_MUTEX(mag_home_lock);

/* N_MEMORY would count nodes whose memory is all movable. */
static int nearest_with_memory(int node)
{
	int other, nearest = NUMA_NO_NODE;

	if (node_state(node, N_NORMAL_MEMORY))
		return node;
	for_each_node_state(other, N_NORMAL_MEMORY)
		if (nearest == NUMA_NO_NODE ||
		    node_distance(node, other) < node_distance(node, nearest))
			nearest = other;
	return nearest;
}

/* Caller holds mag_home_lock. */
static void home_set_cpu(unsigned int cpu)
{
	int node = cpu_to_node(cpu);

	/* A CPU that has no node yet is looked at again when it comes. */
	if (node == NUMA_NO_NODE)
		node = first_node(node_states[N_NORMAL_MEMORY]);
	WRITE_ONCE(per_cpu(mag_cpu_home, cpu), mag_home_of(node));
}

void mag_home_find(void)
{
	unsigned int cpu;
	int node;

	mutex_lock(&mag_home_lock);
	for_each_node(node)
		WRITE_ONCE(mag_homes[node], nearest_with_memory(node));
	for_each_possible_cpu(cpu)
		home_set_cpu(cpu);
	if (num_node_state(N_NORMAL_MEMORY) > 1)
		static_branch_enable_cpuslocked(&mag_many_nodes);
	mutex_unlock(&mag_home_lock);
}

void mag_home_find_cpu(unsigned int cpu)
{
	mutex_lock(&mag_home_lock);
	home_set_cpu(cpu);
	mutex_unlock(&mag_home_lock);
}
#else
void mag_home_find(void)
{
}

void mag_home_find_cpu(unsigned int cpu)
{
}
#endif
