// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory of a run: workers, lanes and pools, from nothing to the end of the
 * workload's setup and back.
 */
#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/cpumask.h>
#include <linux/list.h>
#include <linux/minmax.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/topology.h>

#include "run_engine.h"

#define RUN_GFP \
	(GFP_KERNEL_ACCOUNT | __GFP_ZERO | __GFP_NOWARN | __GFP_RETRY_MAYFAIL)

/* Draws thrown away, until the generator has left the pattern of its seed. */
#define RANDOM_WARMUP 16

/* Histograms for the ops that are recorded here, on the writer's node. */
static int lane_init(struct mag_lane *lane, struct mag_run *run, int node,
		     bool deferred)
{
	const struct mag_workload_ops *wl = run->workload;
	u32 op;

	lane->run = run;
	for (op = 0; op < wl->nr_ops; op++) {
		if (wl->ops[op].deferred != deferred)
			continue;
		lane->hist[op] = mag_hist_create(node);
		if (!lane->hist[op])
			return -ENOMEM;
	}
	return 0;
}

static void lane_exit(struct mag_lane *lane)
{
	u32 op;

	for (op = 0; op < MAG_MAX_OPS; op++)
		mag_hist_destroy(lane->hist[op]);
}

static bool has_deferred_ops(const struct mag_workload_ops *wl)
{
	u32 op;

	for (op = 0; op < wl->nr_ops; op++)
		if (wl->ops[op].deferred)
			return true;
	return false;
}

/*
 * A lane for each CPU that is online, or comes online while the run lasts: its
 * callbacks then need one.  A CPU that goes leaves its lane for the sums.
 */
static int deferred_lane_create(unsigned int cpu, struct hlist_node *node)
{
	struct mag_run_engine *e =
		hlist_entry(node, struct mag_run_engine, hotplug);
	int home = cpu_to_node(cpu), err;
	struct mag_lane *lane;

	if (e->deferred[cpu])
		return 0;
	lane = kvmalloc_node(sizeof(*lane), RUN_GFP, home);
	if (!lane)
		return -ENOMEM;
	err = lane_init(lane, e->run, home, true);
	if (err) {
		lane_exit(lane);
		kvfree(lane);
		return err;
	}
	/* Pairs with visit_lanes(). */
	smp_store_release(&e->deferred[cpu], lane);
	return 0;
}

/*
 * Registered by the first run that needs it: there is one at a time.  The kernel has
 * some 20 states for all modules together.  When none is free it warns, and
 * cpuhp_setup_state_multi() returns -ENOSPC, which START passes on.
 */
static int deferred_hotplug;

static int deferred_hotplug_init(void)
{
	int state;

	if (deferred_hotplug)
		return 0;
	state = cpuhp_setup_state_multi(CPUHP_BP_PREPARE_DYN,
					"magslab/run:prepare",
					deferred_lane_create, NULL);
	if (state < 0)
		return state;
	deferred_hotplug = state;
	return 0;
}

/**
 * mag_run_exit() - the last of all runs has gone
 *
 * Context: task, may sleep.
 */
void mag_run_exit(void)
{
	if (deferred_hotplug)
		cpuhp_remove_multi_state(deferred_hotplug);
	deferred_hotplug = 0;
}

static void deferred_lanes_destroy(struct mag_run *run)
{
	struct mag_lane **lanes = run->engine->deferred;
	int cpu;

	if (!lanes)
		return;
	if (!hlist_unhashed(&run->engine->hotplug))
		cpuhp_state_remove_instance_nocalls(deferred_hotplug,
						    &run->engine->hotplug);
	for_each_possible_cpu(cpu) {
		if (!lanes[cpu])
			continue;
		lane_exit(lanes[cpu]);
		kvfree(lanes[cpu]);
	}
	kvfree(lanes);
}

static int deferred_lanes_create(struct mag_run *run)
{
	struct mag_lane **lanes;
	int err;

	if (!has_deferred_ops(run->workload))
		return 0;
	err = deferred_hotplug_init();
	if (err)
		return err;

	lanes = kvmalloc(array_size(nr_cpu_ids, sizeof(*lanes)), RUN_GFP);
	if (!lanes)
		return -ENOMEM;
	run->engine->deferred = lanes;
	return cpuhp_state_add_instance(deferred_hotplug,
					&run->engine->hotplug);
}

/* Steele, Lea & Flood, "Fast splittable pseudorandom number generators". */
static u64 mix64(u64 x)
{
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

static void worker_seed(struct mag_worker *worker, u64 seed)
{
	int i;

	seed += (worker->id + 1) * 0x9e3779b97f4a7c15ULL;
	prandom_seed_state(&worker->rnd, mix64(seed));
	for (i = 0; i < RANDOM_WARMUP; i++)
		prandom_u32_state(&worker->rnd);
}

/* All that cannot fail, so that worker_exit() needs not ask how far it got. */
static void worker_init(struct mag_worker *worker, struct mag_run *run, u32 id,
			int cpu)
{
	worker->run = run;
	worker->id = id;
	worker->cpu = cpu;
	worker_seed(worker, run->config.seed);
	mag_context_init(&worker->context);
	init_waitqueue_head(&worker->wait);
}

static void worker_exit(struct mag_worker *worker)
{
	mag_context_exit(&worker->context);
	lane_exit(&worker->lane);
}

/* The CPU for worker @id, after @last; nr_cpu_ids if there is none. */
static unsigned int worker_cpu(const u32 *cpus, u32 id, int last)
{
	return cpus ? cpus[id] : cpumask_next(last, cpu_online_mask);
}

/* -ENODEV if a CPU that was named is not online, -EINVAL if they are too few. */
static int workers_place(struct mag_run *run, const u32 *cpus)
{
	int cpu = -1, err = 0;
	u32 id;

	cpus_read_lock();
	for (id = 0; id < run->nr_workers; id++) {
		cpu = worker_cpu(cpus, id, cpu);
		if (cpu >= nr_cpu_ids || !cpu_online(cpu)) {
			err = cpus ? -ENODEV : -EINVAL;
			break;
		}
		worker_init(&run->workers[id], run, id, cpu);
		cpumask_set_cpu(cpu, run->engine->cpus);
	}
	cpus_read_unlock();

	/* Only these are there to be undone. */
	run->nr_workers = id;
	return err;
}

static int workers_create(struct mag_run *run, const u32 *cpus)
{
	u32 nr = run->config.nr_workers;
	u32 id;
	int err;

	if (!nr)
		nr = min_t(u32, num_online_cpus(), MAG_MAX_WORKERS);
	if (!zalloc_cpumask_var(&run->engine->cpus, GFP_KERNEL_ACCOUNT))
		return -ENOMEM;
	run->workers = kvmalloc(array_size(nr, sizeof(*run->workers)), RUN_GFP);
	if (!run->workers)
		return -ENOMEM;
	run->nr_workers = nr;

	err = workers_place(run, cpus);
	for (id = 0; id < run->nr_workers && !err; id++) {
		struct mag_worker *worker = &run->workers[id];

		err = lane_init(&worker->lane, run, cpu_to_node(worker->cpu),
				false);
	}
	return err;
}

static void workers_destroy(struct mag_run *run)
{
	u32 id;

	for (id = 0; id < run->nr_workers; id++)
		worker_exit(&run->workers[id]);
	kvfree(run->workers);
	free_cpumask_var(run->engine->cpus);
}

static void fill_params(struct mag_run *run)
{
	const struct mag_workload_ops *wl = run->workload;
	u32 i;

	for (i = 0; i < wl->nr_params; i++)
		run->params[i] = run->config.param_mask & BIT_ULL(i)
					 ? run->config.params[i]
					 : wl->params[i].def;
	for (i = 0; i < wl->nr_ops; i++)
		run->per_sample[i] = 1;
}

/**
 * mag_run_create() - memory of a run, workers placed and lanes empty
 * @config: valid, with nr_workers 0 for all online CPUs
 * @cpus: the CPU of each worker, each once; or NULL for the first that are online
 *
 * Context: task, may sleep.
 * Return: the run, to be freed with mag_run_free(), or ERR_PTR(): -ENOMEM;
 * -ENODEV if one of @cpus is not online; -EINVAL if CPUs went offline and left too
 * few; -ENOSPC if no dynamic state of CPU hotplug is free for deferred lanes.
 */
struct mag_run *mag_run_create(const struct mag_run_config *config,
			       const u32 *cpus)
{
	struct mag_run *run;
	int err = -ENOMEM;

	run = kzalloc(sizeof(*run), GFP_KERNEL_ACCOUNT);
	if (!run)
		return ERR_PTR(err);
	run->engine = kzalloc(sizeof(*run->engine), GFP_KERNEL_ACCOUNT);
	if (!run->engine)
		goto free_run;

	run->workload = mag_workload_get(config->workload);
	run->backend = mag_backend_get(config->backend);
	run->config = *config;
	run->engine->run = run;
	init_waitqueue_head(&run->engine->gate);
	run->engine->state = MAG_STATE_WARMUP;
	fill_params(run);

	err = workers_create(run, cpus);
	if (!err)
		err = deferred_lanes_create(run);
	if (!err)
		return run;

	mag_run_free(run);
	return ERR_PTR(err);

free_run:
	kfree(run);
	return ERR_PTR(err);
}

/**
 * mag_run_free() - undo mag_run_create(), whole or in part
 * @run: the run; it has no thread and no pool any more
 *
 * Context: task, may sleep.
 */
void mag_run_free(struct mag_run *run)
{
	deferred_lanes_destroy(run);
	workers_destroy(run);
	kfree(run->engine);
	kfree(run);
}

static void pools_destroy(struct mag_run *run)
{
	while (run->nr_pools)
		mag_pool_destroy(run->pools[--run->nr_pools]);
}

/* Somebody must lead, or a run bounded by steps would have no end. */
static bool has_leader(const struct mag_run *run)
{
	u32 id;

	for (id = 0; id < run->nr_workers; id++)
		if (!run->workers[id].follows)
			return true;
	return false;
}

/**
 * mag_run_setup() - the workload's setup, on the run's backend
 * @run: fresh from mag_run_create()
 *
 * Context: task, may sleep.
 * Return: 0, to be undone with mag_run_teardown(), or the workload's errno.
 */
int mag_run_setup(struct mag_run *run)
{
	int err = run->workload->setup(run);

	if (err) {
		pools_destroy(run);
		return err;
	}
	if (WARN_ON_ONCE(!has_leader(run))) {
		mag_run_teardown(run);
		return -EINVAL;
	}
	return 0;
}

/**
 * mag_run_teardown() - undo mag_run_setup()
 * @run: the run; none of its workers runs any more
 *
 * Context: task, may sleep, for as long as it takes to free every object.
 */
void mag_run_teardown(struct mag_run *run)
{
	struct mag_lane_sums sums;

	run->workload->teardown(run);
	mag_run_sum_lanes(run, &sums);
	WARN_ON_ONCE(sums.allocs != sums.frees);
	WARN_ON_ONCE(sums.alloc_bytes != sums.free_bytes);
	pools_destroy(run);
}

/**
 * mag_run_pool_create() - a pool on the run's backend
 * @run: the run, in its workload's setup
 * @spec: what is needed
 *
 * Context: task, may sleep.
 * Return: the pool, which the engine destroys, or ERR_PTR(): -ENOSPC past
 * MAG_MAX_POOLS, else as mag_pool_create().
 */
struct mag_pool *mag_run_pool_create(struct mag_run *run,
				     const struct mag_pool_spec *spec)
{
	struct mag_pool_spec placed = *spec;
	struct mag_pool *pool;

	if (WARN_ON_ONCE(run->nr_pools == MAG_MAX_POOLS))
		return ERR_PTR(-ENOSPC);
	/* Only workers allocate. */
	placed.cpus = run->engine->cpus;
	pool = mag_pool_create(run->backend, &placed);
	if (!IS_ERR(pool))
		run->pools[run->nr_pools++] = pool;
	return pool;
}

/**
 * mag_run_deferred_lane() - where this CPU's RCU callbacks record
 * @run: a run whose workload has deferred ops
 *
 * Context: bottom halves off, which is what makes the lane single-writer.
 * Return: the lane.
 */
struct mag_lane *mag_run_deferred_lane(struct mag_run *run)
{
	return run->engine->deferred[smp_processor_id()];
}
