// SPDX-License-Identifier: GPL-2.0-only
/*
 * Workload: objects allocated and freed in a loop, whole batches timed.  The
 * field's basic microbenchmark, and the check on the other workloads: a batch
 * costs the clock once, and a pair two indirect calls.
 */
#include "workload.h"

#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "run.h"

/* What a batch may do at most: an interrupt must not take long. */
#define PAIR_IRQ_PAIRS	10000UL
#define PAIR_IRQ_BYTES	SZ_64M
#define PAIR_TASK_BYTES SZ_1G

enum {
	PAIR_SIZE,
	PAIR_BATCH,
	PAIR_DEPTH,
	PAIR_CONTEXT,
	PAIR_NR_PARAMS,
};

static const struct mag_param pair_params[] = {
	[PAIR_SIZE] = { "size", "bytes", "of an object", 8, 65536, 256 },
	[PAIR_BATCH] = { "batch", "pairs",
			 "timed as one sample; a multiple of depth, at most 1 GiB of size x batch, in an interrupt 10000 pairs and 64 MiB",
			 1, 1000000, 1000 },
	[PAIR_DEPTH] = { "depth", "objects",
			 "allocated before the first of them is freed, the last one first",
			 1, 4096, 1 },
	[PAIR_CONTEXT] = { "context", "",
			   "0: task, 1: softirq, 2: hard interrupt", 0,
			   MAG_NR_CONTEXTS - 1, MAG_CONTEXT_TASK },
};

enum {
	PAIR_OP_PAIR,
	PAIR_NR_OPS,
};

static const struct mag_op pair_ops[] = {
	[PAIR_OP_PAIR] = { "pair", "a batch of allocations and as many frees" },
};

/* A worker's own. */
struct pair_worker {
	gfp_t gfp;
	u32 batch;
	u32 depth;
	u32 done;
	void *objs[];
};

static int pair_check(const u64 *params, u32 nr_workers)
{
	u32 batch = params[PAIR_BATCH];
	u64 bytes = batch * params[PAIR_SIZE];

	if (batch % (u32)params[PAIR_DEPTH] || bytes > PAIR_TASK_BYTES)
		return -EINVAL;
	if (params[PAIR_CONTEXT] != MAG_CONTEXT_TASK &&
	    (batch > PAIR_IRQ_PAIRS || bytes > PAIR_IRQ_BYTES))
		return -EINVAL;
	return 0;
}

/*
 * One object after the other.  Not inlined, lest the compiler weave the loop
 * into its callers.  Returns pairs done; an allocation may fail.
 */
static noinline u32 pair_alternate(struct mag_pool *pool, gfp_t gfp, u32 batch)
{
	void *(*alloc)(struct mag_pool *, gfp_t) = pool->ops->alloc;
	void (*free)(struct mag_pool *, void *) = pool->ops->free;
	u32 failed = 0;
	u32 i;

	for (i = 0; i < batch; i++) {
		void *obj = alloc(pool, gfp);

		if (unlikely(!obj)) {
			failed++;
			continue;
		}
		free(pool, obj);
	}
	return batch - failed;
}

/* The same with @depth objects out. */
static noinline u32 pair_stacked(struct mag_pool *pool, gfp_t gfp, u32 batch,
				 u32 depth, void **objs)
{
	void *(*alloc)(struct mag_pool *, gfp_t) = pool->ops->alloc;
	void (*free)(struct mag_pool *, void *) = pool->ops->free;
	u32 failed = 0;
	u32 i, k, n;

	for (i = 0; i < batch; i += depth) {
		for (k = n = 0; k < depth; k++) {
			objs[n] = alloc(pool, gfp);
			if (likely(objs[n]))
				n++;
		}
		failed += depth - n;
		while (n)
			free(pool, objs[--n]);
	}
	return batch - failed;
}

/* In the context asked for. */
static void pair_batch(void *arg)
{
	struct mag_worker *worker = arg;
	struct mag_pool *pool = worker->run->pools[0];
	struct pair_worker *pw = worker->priv;
	u64 start = mag_clock_read();

	if (pw->depth == 1)
		pw->done = pair_alternate(pool, pw->gfp, pw->batch);
	else
		pw->done = pair_stacked(pool, pw->gfp, pw->batch, pw->depth,
					pw->objs);
	mag_lane_record(&worker->lane, PAIR_OP_PAIR, mag_clock_read() - start);
}

static int pair_step(struct mag_worker *worker)
{
	struct mag_pool *pool = worker->run->pools[0];
	struct pair_worker *pw = worker->priv;

	mag_context_call(&worker->context, worker->run->params[PAIR_CONTEXT],
			 pair_batch, worker);

	mag_lane_count(&worker->lane, pool, pw->done, pw->done);
	mag_lane_failed(&worker->lane, pw->batch - pw->done);
	return pw->done;
}

static void pair_teardown(struct mag_run *run)
{
	u32 i;

	for (i = 0; i < run->nr_workers; i++) {
		kvfree(run->workers[i].priv);
		run->workers[i].priv = NULL;
	}
}

static int pair_worker_init(struct mag_worker *worker)
{
	const u64 *params = worker->run->params;
	u32 depth = params[PAIR_DEPTH];
	struct pair_worker *pw;

	pw = kvzalloc(struct_size(pw, objs, depth), GFP_KERNEL);
	if (!pw)
		return -ENOMEM;

	pw->gfp = params[PAIR_CONTEXT] == MAG_CONTEXT_TASK
			  ? GFP_KERNEL
			  : GFP_ATOMIC | __GFP_NOWARN;
	pw->batch = params[PAIR_BATCH];
	pw->depth = depth;
	worker->priv = pw;
	return 0;
}

static int pair_setup(struct mag_run *run)
{
	struct mag_pool_spec spec = {
		.name = "pair",
		.size = run->params[PAIR_SIZE],
		.max_live = run->nr_workers * run->params[PAIR_DEPTH],
		.max_live_cpu = run->params[PAIR_DEPTH],
		.in_turn = true,
	};
	struct mag_pool *pool;
	int err;
	u32 i;

	pool = mag_run_pool_create(run, &spec);
	if (IS_ERR(pool))
		return PTR_ERR(pool);

	for (i = 0; i < run->nr_workers; i++) {
		err = pair_worker_init(&run->workers[i]);
		if (err) {
			pair_teardown(run);
			return err;
		}
	}
	run->per_sample[PAIR_OP_PAIR] = run->params[PAIR_BATCH];
	return 0;
}

const struct mag_workload_ops mag_workload_pair = {
	.name = "pair",
	.help = "objects allocated and freed in a loop, whole batches timed",
	.unit = "pairs",
	.params = pair_params,
	.nr_params = PAIR_NR_PARAMS,
	.ops = pair_ops,
	.nr_ops = PAIR_NR_OPS,
	.check = pair_check,
	.setup = pair_setup,
	.step = pair_step,
	.teardown = pair_teardown,
};
