// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory of a run: workers, lanes and pools, from nothing to the end of the
 * workload's setup and back.
 */
#include <linux/cpu.h>
#include <linux/cpumask.h>
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

/* Possible CPUs, not online ones: a callback may move with its CPU's fall. */
static int deferred_lanes_create(struct mag_run *run)
{
	struct mag_lane **lanes;
	int cpu, err;

	if (!has_deferred_ops(run->workload))
		return 0;

	lanes = kvmalloc(array_size(nr_cpu_ids, sizeof(*lanes)), RUN_GFP);
	if (!lanes)
		return -ENOMEM;
	run->engine->deferred = lanes;

	for_each_possible_cpu(cpu) {
		int node = cpu_to_node(cpu);

		lanes[cpu] = kvmalloc_node(sizeof(*lanes[cpu]), RUN_GFP, node);
		if (!lanes[cpu])
			return -ENOMEM;
		err = lane_init(lanes[cpu], run, node, true);
		if (err)
			return err;
	}
	return 0;
}

static void deferred_lanes_destroy(struct mag_run *run)
{
	struct mag_lane **lanes = run->engine->deferred;
	int cpu;

	if (!lanes)
		return;
	for_each_possible_cpu(cpu) {
		if (!lanes[cpu])
			continue;
		lane_exit(lanes[cpu]);
		kvfree(lanes[cpu]);
	}
	kvfree(lanes);
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

/* The first online CPUs, one each; -EINVAL if they have become too few. */
static int workers_place(struct mag_run *run)
{
	u32 id = 0;
	int cpu;

	cpus_read_lock();
	for_each_online_cpu(cpu) {
		if (id == run->nr_workers)
			break;
		worker_init(&run->workers[id], run, id, cpu);
		id++;
	}
	cpus_read_unlock();

	if (id == run->nr_workers)
		return 0;
	/* Only these are there to be undone. */
	run->nr_workers = id;
	return -EINVAL;
}

static int workers_create(struct mag_run *run)
{
	u32 nr = run->config.nr_workers;
	u32 id;
	int err;

	if (!nr)
		nr = min_t(u32, num_online_cpus(), MAG_MAX_WORKERS);
	run->workers = kvmalloc(array_size(nr, sizeof(*run->workers)), RUN_GFP);
	if (!run->workers)
		return -ENOMEM;
	run->nr_workers = nr;

	err = workers_place(run);
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
 *
 * Context: task, may sleep.
 * Return: the run, to be freed with mag_run_free(), or ERR_PTR(): -ENOMEM;
 * -EINVAL if CPUs went offline and left too few.
 */
struct mag_run *mag_run_create(const struct mag_run_config *config)
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
	init_waitqueue_head(&run->engine->gate);
	run->engine->state = MAG_STATE_WARMUP;
	fill_params(run);

	err = workers_create(run);
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
	/* Workers are placed on CPUs in rising order, and only they allocate. */
	placed.cpu_end = run->workers[run->nr_workers - 1].cpu + 1;
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
