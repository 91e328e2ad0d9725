// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suite magslab_run: whole runs, from mag_run_start() to their end, and that
 * what they report agrees with itself: histograms with figures, figures with
 * bounds, memory with the pools.
 */
#include <kunit/resource.h>
#include <kunit/test.h>

#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/numa.h>
#include <linux/prandom.h>
#include <linux/rcupdate.h>
#include <linux/string.h>
#include <linux/wait.h>

#include "../kmod/allocator/mag_cache.h"
#include "../kmod/stress/backend_noop.h"
#include "../kmod/stress/run_engine.h"
#include "helpers.h"
#include "runs.h"

#define RUN_PATIENCE	(120 * HZ)
#define RUN_DURATION_NS (20 * NSEC_PER_MSEC)

/* Small, so that entries are evicted and freed by RCU within the steps. */
static const struct run_case {
	const char *name;
	u64 steps;
	u64 warmup_steps;
	const char *param;
	u64 value;
} run_cases[] = {
	{ "skb", 2000, 500, "queue_depth", 64 },
	{ "dentry", 3000, 1000, "bound", 64 },
	{ "pair", 4000, 1000, "batch", 100 },
};

static void run_case_name(const struct run_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(run_case, run_cases, run_case_name);

static struct mag_run_config run_config(struct kunit *test,
					const struct run_case *c)
{
	u32 workload = mag_kunit_workload(test, c->name);
	u32 backend = mag_kunit_backend(test, "magazine");
	struct mag_run_config config = mag_kunit_config(workload, backend);

	config.steps = c->steps;
	config.warmup_steps = c->warmup_steps;
	mag_kunit_config_param(test, &config, c->param, c->value);
	return config;
}

static void run_resource_free(struct kunit_resource *res)
{
	mag_run_destroy(res->data);
}

static int run_resource_init(struct kunit_resource *res, void *context)
{
	res->data = context;
	return 0;
}

/* A run that is destroyed when the test ends; on @cpus as mag_run_start(). */
static struct mag_run *run_start_on(struct kunit *test,
				    const struct mag_run_config *config,
				    const u32 *cpus)
{
	struct mag_run *run = mag_run_start(config, cpus);

	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(run), 0);
	KUNIT_ASSERT_NOT_NULL(
		test, kunit_alloc_resource(test, run_resource_init,
					   run_resource_free, GFP_KERNEL, run));
	return run;
}

static struct mag_run *run_start(struct kunit *test,
				 const struct mag_run_config *config)
{
	return run_start_on(test, config, NULL);
}

/* A run that has come to its end and holds its objects. */
static struct mag_run *run_held_on(struct kunit *test,
				   const struct mag_run_config *config,
				   const u32 *cpus)
{
	struct mag_run *run = run_start_on(test, config, cpus);

	KUNIT_ASSERT_NE(test,
			wait_event_timeout(*mag_run_waitqueue(),
					   mag_run_settled(run), RUN_PATIENCE),
			0);
	KUNIT_ASSERT_EQ(test, mag_run_state(run), MAG_STATE_HOLD);
	return run;
}

static struct mag_run *run_held(struct kunit *test,
				const struct mag_run_config *config)
{
	return run_held_on(test, config, NULL);
}

static struct mag_run_status *run_status(struct kunit *test,
					 struct mag_run *run)
{
	struct mag_run_status *status;

	status = kunit_kzalloc(test, sizeof(*status), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, status);
	mag_run_status(run, status);
	return status;
}

static void run_hist_free(struct kunit_resource *res)
{
	mag_hist_destroy(res->data);
}

static struct mag_hist *run_hist(struct kunit *test)
{
	struct mag_hist *hist = mag_hist_create(NUMA_NO_NODE);

	KUNIT_ASSERT_NOT_NULL(test, hist);
	KUNIT_ASSERT_NOT_NULL(
		test, kunit_alloc_resource(test, run_resource_init,
					   run_hist_free, GFP_KERNEL, hist));
	return hist;
}

/* Results. */

static u64 run_hist_buckets(const struct mag_hist *hist)
{
	u64 sum = hist->below + hist->above;
	u32 i;

	for (i = 0; i < MAG_HIST_BUCKETS; i++)
		sum += hist->bucket[i];
	return sum;
}

static void run_expect_op(struct kunit *test, const struct mag_op_result *op,
			  const struct mag_hist *hist)
{
	KUNIT_EXPECT_EQ(test, run_hist_buckets(hist), hist->count);
	KUNIT_EXPECT_EQ(test, op->count, hist->count);
	KUNIT_EXPECT_EQ(test, op->sum, hist->sum);
	KUNIT_EXPECT_EQ(test, op->max, hist->max);
	KUNIT_EXPECT_EQ(test, op->below, hist->below);
	KUNIT_EXPECT_EQ(test, op->above, hist->above);
	if (hist->count)
		KUNIT_EXPECT_EQ(test, op->min, hist->min);
	else
		KUNIT_EXPECT_EQ(test, op->min, 0ULL);
}

/* All workers' samples, each once; RCU callbacks are nobody's but of all. */
static void run_histograms_add_up(struct kunit *test)
{
	struct mag_run_config config = run_config(test, test->param_value);
	struct mag_run *run = run_held(test, &config);
	struct mag_run_status *status = run_status(test, run);
	struct mag_hist *each = run_hist(test), *all = run_hist(test);
	u64 samples = 0;
	u32 op, id;

	for (op = 0; op < run->workload->nr_ops; op++) {
		mag_hist_reset(each);
		mag_hist_reset(all);
		KUNIT_EXPECT_EQ(test,
				mag_run_hist(run, op, MAG_WORKER_ALL, all), 0);
		for (id = 0; id < run->nr_workers; id++)
			KUNIT_EXPECT_EQ(test, mag_run_hist(run, op, id, each),
					0);
		run_expect_op(test, &status->ops[op], all);
		if (run->workload->ops[op].deferred)
			KUNIT_EXPECT_EQ(test, each->count, 0ULL);
		else
			KUNIT_EXPECT_TRUE(test,
					  !memcmp(each, all, sizeof(*all)));
		samples += all->count;
	}
	KUNIT_EXPECT_GT(test, samples, 0ULL);
}

/* The least of all workers', by whatever worker it was taken. */
static void run_least_sample_is_found_in_every_lane(struct kunit *test)
{
	struct mag_run_config config = run_config(test, &run_cases[2]);
	struct mag_run *run = run_held(test, &config);
	u32 id;

	for (id = 0; id < run->nr_workers; id++) {
		struct mag_hist *hist = run->workers[id].lane.hist[0];
		u64 was = hist->min;

		hist->min = 0;
		KUNIT_EXPECT_EQ(test, run_status(test, run)->ops[0].min, 0ULL);
		hist->min = was;
	}
}

/* What the warm-up did is in no figure but the objects it moved. */
static void run_counts_what_is_measured(struct kunit *test)
{
	struct mag_run_config config = run_config(test, &run_cases[2]);
	struct mag_run_status *status;
	struct mag_run *run;
	u64 workers;

	mag_kunit_config_param(test, &config, "batch", 1);
	run = run_held(test, &config);
	status = run_status(test, run);
	workers = run->nr_workers;

	KUNIT_EXPECT_EQ(test, status->steps, workers * config.steps);
	KUNIT_EXPECT_EQ(test, status->ops[0].count, status->steps);
	KUNIT_EXPECT_EQ(test, status->allocs,
			workers * (config.steps + config.warmup_steps));
	KUNIT_EXPECT_EQ(test, status->frees, status->allocs);
	KUNIT_EXPECT_EQ(test, status->alloc_failures, 0ULL);
	KUNIT_EXPECT_EQ(test, status->flags, 0U);
}

static u64 run_counter(struct kunit *test, const struct mag_run *run,
		       const struct mag_run_status *status, const char *name)
{
	u32 i;

	for (i = 0; i < run->workload->nr_counters; i++)
		if (!strcmp(run->workload->counters[i].name, name))
			return status->counters[i];
	KUNIT_FAIL(test, "no counter %s", name);
	return 0;
}

/* Each packet received was freed here or handed over, and counted once. */
static void run_counters_are_of_what_is_measured(struct kunit *test)
{
	struct mag_run_config config = run_config(test, &run_cases[0]);
	struct mag_run *run = run_held(test, &config);
	struct mag_run_status *status = run_status(test, run);

	KUNIT_EXPECT_EQ(test, status->steps,
			run_counter(test, run, status, "freed_local") +
				run_counter(test, run, status, "handed_over"));
}

/* The rate and the step of the clock that it was timed with. */
static void run_tells_its_clock(struct kunit *test)
{
	struct mag_run_config config = run_config(test, &run_cases[2]);
	struct mag_run_status *status;
	struct mag_run *run;
	enum mag_clock clock;

	for (clock = MAG_CLOCK_TSC; clock < MAG_NR_CLOCKS; clock++) {
		config.clock = clock;
		run = mag_run_start(&config, NULL);
		if (PTR_ERR_OR_ZERO(run) == -EOPNOTSUPP)
			continue;
		KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(run), 0);
		wait_event(*mag_run_waitqueue(), mag_run_settled(run));
		status = run_status(test, run);
		mag_run_destroy(run);
		KUNIT_EXPECT_EQ(test, status->clock_khz, mag_clock_khz(clock));
		KUNIT_EXPECT_GT(test, status->clock_step, 0ULL);
		KUNIT_EXPECT_GT(test, status->elapsed_ticks, 0ULL);
	}
}

/* Its length is in the unit of its samples, none of which is longer. */
static void run_length_is_in_ticks(struct kunit *test)
{
	struct mag_run_config config = run_config(test, &run_cases[2]);
	struct mag_run_status *status;
	u64 khz, ticks;

	config.clock = mag_clock_auto();
	status = run_status(test, run_held(test, &config));
	khz = mag_clock_khz(config.clock);
	ticks = mul_u64_u64_div_u64(status->elapsed_ns, khz, NSEC_PER_MSEC);
	KUNIT_EXPECT_GE(test, status->elapsed_ticks, status->ops[0].max);
	/* That of one worker, where the other is that of all. */
	KUNIT_EXPECT_LE(test, status->elapsed_ticks, ticks + ticks / 100 + khz);
}

static void run_failures_of_the_warmup_are_forgotten(struct kunit *test)
{
	struct mag_run_config config = run_config(test, &run_cases[2]);
	struct mag_run *run = mag_run_create(&config, NULL);
	u32 id;

	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(run), 0);
	KUNIT_EXPECT_EQ(test, mag_clock_select(MAG_CLOCK_KTIME), 0);
	KUNIT_EXPECT_EQ(test, mag_run_setup(run), 0);
	for (id = 0; id < run->nr_workers; id++)
		run->workers[id].lane.failures = 1;
	KUNIT_EXPECT_EQ(test, mag_run_spawn_workers(run), 0);
	mag_run_wake_workers(run);
	mag_run_lead(run);
	mag_run_join_workers(run);
	for (id = 0; id < run->nr_workers; id++)
		KUNIT_EXPECT_EQ(test, run->workers[id].lane.failures, 0ULL);
	mag_run_teardown(run);
	mag_run_free(run);
}

/* Memory. */

static struct mag_cache_stats run_pool_stats(const struct mag_pool *pool)
{
	struct mag_cache_stats stats;

	mag_cache_stats(pool->priv, &stats);
	return stats;
}

static void run_memory_is_that_of_the_pools(struct kunit *test)
{
	struct mag_run_config config = run_config(test, test->param_value);
	struct mag_run *run = run_held(test, &config);
	struct mag_run_status *status = run_status(test, run);
	u64 objects = 0, bytes = 0, pages = 0;
	u32 i;

	for (i = 0; i < run->nr_pools; i++) {
		struct mag_cache_stats stats = run_pool_stats(run->pools[i]);

		objects += stats.live;
		bytes += stats.live * run->pools[i]->spec.size;
		pages += stats.pages;
	}
	KUNIT_EXPECT_EQ(test, status->live_objects, objects);
	KUNIT_EXPECT_EQ(test, status->live_bytes, bytes);
	KUNIT_EXPECT_EQ(test, status->allocs - status->frees, objects);
	KUNIT_EXPECT_TRUE(test, status->held_exact);
	/* Pages may have gone back since, but none come. */
	KUNIT_EXPECT_GE(test, status->held_bytes, pages * PAGE_SIZE);
}

/* Entries left to RCU are freed, and counted, before anyone looks. */
static void run_holds_when_callbacks_have_ended(struct kunit *test)
{
	struct mag_run_config config = run_config(test, &run_cases[1]);
	struct mag_run *run = run_held(test, &config);
	u64 frees = run_status(test, run)->frees;

	rcu_barrier();
	KUNIT_EXPECT_EQ(test, run_status(test, run)->frees, frees);
	KUNIT_EXPECT_GT(test, frees, 0ULL);
}

static void run_leaves_nothing(struct kunit *test)
{
	struct mag_run_config config = run_config(test, test->param_value);
	struct mag_run *run = run_held(test, &config);
	struct mag_run_status *status;

	KUNIT_EXPECT_EQ(test, mag_run_finish(run), 0);
	status = run_status(test, run);
	KUNIT_EXPECT_EQ(test, status->state, MAG_STATE_DONE);
	KUNIT_EXPECT_EQ(test, status->allocs, status->frees);
	mag_kunit_expect_no_caches(test);
}

/* Bounds. */

static void run_lasts_as_long_as_it_is_asked_to(struct kunit *test)
{
	struct mag_run_config config = run_config(test, &run_cases[2]);
	struct mag_run_status *status;
	struct mag_run *run;

	config.steps = 0;
	config.duration_ns = RUN_DURATION_NS;
	run = run_held(test, &config);
	status = run_status(test, run);
	KUNIT_EXPECT_GE(test, status->elapsed_ns, RUN_DURATION_NS);
	KUNIT_EXPECT_GT(test, status->steps, 0ULL);
	KUNIT_EXPECT_EQ(test, status->flags, 0U);
}

static void run_that_is_stopped_says_so(struct kunit *test)
{
	struct mag_run_config config = run_config(test, &run_cases[2]);
	struct mag_run *run;

	config.steps = MAG_MAX_STEPS;
	run = run_start(test, &config);
	KUNIT_EXPECT_EQ(test, mag_run_stop(run), 0);
	KUNIT_EXPECT_EQ(test, run_status(test, run)->flags, MAG_RUN_STOPPED);
	KUNIT_EXPECT_EQ(test, run_status(test, run)->state, MAG_STATE_HOLD);
}

/*
 * What a run says of its length while it ends, its callbacks yet to come, is
 * not more than it says afterwards.
 */
static void run_does_not_grow_beyond_its_end(struct kunit *test)
{
	struct mag_run_config config = run_config(test, &run_cases[1]);
	struct mag_run_status *status;
	struct mag_run *run;
	u64 before_ns = 0;

	status = kunit_kzalloc(test, sizeof(*status), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, status);
	run = run_start(test, &config);
	do {
		mag_run_status(run, status);
		KUNIT_EXPECT_GE(test, status->elapsed_ns, before_ns);
		before_ns = status->elapsed_ns;
		cond_resched();
	} while (status->state < MAG_STATE_HOLD);
	KUNIT_EXPECT_EQ(test, status->state, MAG_STATE_HOLD);
}

/* Sequences. */

#define RUN_DRAWS 16

/* The first numbers that a worker of a run of @seed draws. */
static void run_draw(struct kunit *test, u64 seed, u32 worker, u32 *draws)
{
	struct mag_run_config config = run_config(test, &run_cases[2]);
	struct mag_run *run;
	u32 i;

	config.seed = seed;
	run = mag_run_create(&config, NULL);
	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(run), 0);
	if (worker < run->nr_workers)
		for (i = 0; i < RUN_DRAWS; i++)
			draws[i] = mag_worker_random(&run->workers[worker]);
	mag_run_free(run);
}

static void run_sequence_is_that_of_seed_and_worker(struct kunit *test)
{
	u32 first[RUN_DRAWS], second[RUN_DRAWS];

	run_draw(test, 1, 0, first);
	run_draw(test, 1, 0, second);
	KUNIT_EXPECT_TRUE(test, !memcmp(first, second, sizeof(first)));
	run_draw(test, 2, 0, second);
	KUNIT_EXPECT_FALSE(test, !memcmp(first, second, sizeof(first)));
	if (num_online_cpus() < 2)
		return;
	run_draw(test, 1, 1, second);
	KUNIT_EXPECT_FALSE(test, !memcmp(first, second, sizeof(first)));
}

/* From the last online CPU down. */
static void run_workers_are_where_they_are_told(struct kunit *test)
{
	struct mag_run_config config = run_config(test, &run_cases[2]);
	u32 *cpus = kunit_kcalloc(test, nr_cpu_ids, sizeof(*cpus), GFP_KERNEL);
	struct mag_run *run;
	u32 nr = 0, i;
	unsigned int cpu;

	KUNIT_ASSERT_NOT_NULL(test, cpus);
	config.nr_workers = min_t(u32, num_online_cpus(), MAG_MAX_WORKERS);
	for_each_online_cpu(cpu)
		if (nr < config.nr_workers)
			cpus[config.nr_workers - ++nr] = cpu;
	run = mag_run_start(&config, cpus);
	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(run), 0);
	KUNIT_EXPECT_EQ(test, run->nr_workers, nr);
	for (i = 0; i < nr; i++)
		KUNIT_EXPECT_EQ(test, run->workers[i].cpu, cpus[i]);
	KUNIT_EXPECT_EQ(test, mag_run_stop(run), 0);
	KUNIT_EXPECT_EQ(test, mag_run_state(run), MAG_STATE_HOLD);
	mag_run_destroy(run);
}

/* noop has stacks for the CPUs of the workers, whatever their numbers. */
static void run_floor_is_made_for_the_workers_cpus(struct kunit *test)
{
	struct mag_run_config config = run_config(test, &run_cases[2]);
	const u32 last = cpumask_last(cpu_online_mask);
	struct mag_run_status *status;
	struct mag_run *run;

	if (num_online_cpus() < 2)
		kunit_skip(test, "there is one CPU alone");
	config.backend = mag_kunit_backend(test, "noop");
	config.nr_workers = 1;
	run = run_held_on(test, &config, &last);
	status = run_status(test, run);
	KUNIT_EXPECT_EQ(test, run->nr_pools, 1);
	KUNIT_EXPECT_EQ(test, status->held_bytes,
			mag_noop_bytes(&run->pools[0]->spec, 1));
	KUNIT_EXPECT_EQ(test, status->alloc_failures, 0ULL);
}

/* A lane for each CPU that is online, and for no other. */
static void run_lanes_are_of_online_cpus(struct kunit *test)
{
	struct mag_run_config config = run_config(test, &run_cases[1]);
	struct mag_run *run;
	unsigned int cpu;

	run = mag_run_create(&config, NULL);
	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(run), 0);
	KUNIT_EXPECT_NOT_NULL(test, run->engine->deferred);
	if (run->engine->deferred)
		for_each_possible_cpu(cpu)
			KUNIT_EXPECT_EQ(test, !!run->engine->deferred[cpu],
					cpu_online(cpu));
	mag_run_free(run);
}

#ifdef CONFIG_HOTPLUG_CPU
/**
 * struct run_deferral - a free that is left to RCU
 * @rcu: for that
 * @run: whose pool and lanes it uses
 * @obj: what is freed
 * @cpu: where it was freed
 */
struct run_deferral {
	struct rcu_head rcu;
	struct mag_run *run;
	void *obj;
	unsigned int cpu;
};

/* Without a lane of the CPU's own it counts with the worker, for teardown's sake. */
static void run_free_deferred(struct rcu_head *rcu)
{
	struct run_deferral *d = container_of(rcu, struct run_deferral, rcu);
	struct mag_lane *lane = mag_run_deferred_lane(d->run);

	d->cpu = smp_processor_id();
	mag_lane_free_untimed(lane ?: &d->run->workers[0].lane,
			      d->run->pools[0], d->obj);
}

static void run_defer(void *arg)
{
	struct run_deferral *d = arg;

	call_rcu(&d->rcu, run_free_deferred);
}

/* Allocates an object of @run, and has it freed by a callback on @cpu. */
static void run_expect_deferred_free(struct kunit *test, struct mag_run *run,
				     unsigned int cpu)
{
	struct mag_kunit_crew *crew = mag_kunit_crew(test);
	struct run_deferral *d = kunit_kzalloc(test, sizeof(*d), GFP_KERNEL);
	struct mag_lane *lane;

	KUNIT_ASSERT_NOT_NULL(test, d);
	d->run = run;
	d->obj = mag_lane_alloc(&run->workers[0].lane, 0, run->pools[0],
				GFP_KERNEL);
	if (!d->obj) {
		KUNIT_FAIL(test, "out of memory");
		return;
	}
	mag_kunit_crew_add(crew, cpu, run_defer, d);
	mag_kunit_crew_start(crew);
	mag_kunit_crew_wait(crew);
	rcu_barrier();
	KUNIT_EXPECT_EQ(test, d->cpu, cpu);
	lane = run->engine->deferred[cpu];
	KUNIT_EXPECT_EQ(test, lane ? lane->frees : 0, 1ULL);
}

/* A run that was made while @cpu was away; @cpu is back. */
static struct mag_run *run_without_cpu(struct kunit *test, unsigned int cpu)
{
	struct mag_run_config config = run_config(test, &run_cases[1]);
	struct mag_run *run;

	KUNIT_ASSERT_EQ(test, remove_cpu(cpu), 0);
	run = mag_run_create(&config, NULL);
	if (!IS_ERR(run))
		KUNIT_EXPECT_NULL(test, run->engine->deferred[cpu]);
	KUNIT_EXPECT_EQ(test, add_cpu(cpu), 0);
	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(run), 0);
	return run;
}

/* Callbacks on a CPU that comes while the run lasts record as on any other. */
static void run_cpu_that_comes_has_a_lane(struct kunit *test)
{
	unsigned int first = cpumask_first(cpu_online_mask);
	unsigned int cpu = mag_kunit_next_cpu(first);
	struct mag_run *run;

	if (cpu == first || !cpu_is_hotpluggable(cpu))
		kunit_skip(test, "needs a CPU that can go offline");
	KUNIT_ASSERT_EQ(test, mag_clock_select(MAG_CLOCK_KTIME), 0);
	run = run_without_cpu(test, cpu);
	KUNIT_EXPECT_NOT_NULL(test, run->engine->deferred[cpu]);
	if (mag_run_setup(run)) {
		KUNIT_FAIL(test, "cannot set up the run");
	} else {
		run_expect_deferred_free(test, run, cpu);
		mag_run_teardown(run);
	}
	mag_run_free(run);
}
#else
static void run_cpu_that_comes_has_a_lane(struct kunit *test)
{
	kunit_skip(test, "needs CONFIG_HOTPLUG_CPU");
}
#endif

static void run_exit(struct kunit *test)
{
	mag_clock_select(MAG_CLOCK_KTIME);
}

static struct kunit_case run_test_cases[] = {
	KUNIT_CASE_PARAM(run_histograms_add_up, run_case_gen_params),
	KUNIT_CASE(run_least_sample_is_found_in_every_lane),
	KUNIT_CASE(run_counts_what_is_measured),
	KUNIT_CASE(run_counters_are_of_what_is_measured),
	KUNIT_CASE(run_tells_its_clock),
	KUNIT_CASE(run_workers_are_where_they_are_told),
	KUNIT_CASE(run_floor_is_made_for_the_workers_cpus),
	KUNIT_CASE(run_lanes_are_of_online_cpus),
	KUNIT_CASE(run_cpu_that_comes_has_a_lane),
	KUNIT_CASE(run_length_is_in_ticks),
	KUNIT_CASE(run_failures_of_the_warmup_are_forgotten),
	KUNIT_CASE_PARAM(run_memory_is_that_of_the_pools, run_case_gen_params),
	KUNIT_CASE(run_holds_when_callbacks_have_ended),
	KUNIT_CASE_PARAM(run_leaves_nothing, run_case_gen_params),
	KUNIT_CASE(run_lasts_as_long_as_it_is_asked_to),
	KUNIT_CASE(run_that_is_stopped_says_so),
	KUNIT_CASE(run_sequence_is_that_of_seed_and_worker),
	KUNIT_CASE(run_does_not_grow_beyond_its_end),
	{}
};

static struct kunit_suite run_suite = {
	.name = "magslab_run",
	.suite_init = mag_kunit_suite_init,
	.suite_exit = mag_kunit_suite_exit,
	.exit = run_exit,
	.test_cases = run_test_cases,
};

kunit_test_suite(run_suite);
