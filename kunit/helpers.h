/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the suites share: caches that must end empty, objects that know their
 * owner, threads that start together, and the seed of random sequences.
 */
#ifndef MAGSLAB_KUNIT_HELPERS_H
#define MAGSLAB_KUNIT_HELPERS_H

#include <kunit/test.h>
#include <linux/prandom.h>
#include <linux/types.h>

#include "../kmod/allocator/home.h"
#include "../kmod/allocator/internal.h"

struct mag_kunit_crew;
struct task_struct;

/*
 * For suites that create caches: debugfs does not show them, which would take
 * most of the time.
 */
int mag_kunit_suite_init(struct kunit_suite *suite);
void mag_kunit_suite_exit(struct kunit_suite *suite);

/*
 * A cache, never reaped unless the test says so, that is destroyed when the
 * test ends, after it has been checked that no object is live, that the
 * counters add up, and that magazines, slabs and pages are back at zero.
 * Asserts that it can be created.
 */
struct mag_cache *mag_kunit_cache(struct kunit *test, size_t size, size_t align,
				  void (*ctor)(void *obj));
struct mag_cache *mag_kunit_cache_args(struct kunit *test, size_t size,
				       const struct mag_cache_args *args);
struct mag_cache_stats mag_kunit_stats(struct mag_cache *cache);
/* An array of @nr pointers that goes with the test. */
void **mag_kunit_array(struct kunit *test, size_t nr);

/* Allocates until @objs holds @nr objects.  Asserts on NULL. */
void mag_kunit_alloc_many(struct kunit *test, struct mag_cache *cache,
			  void **objs, size_t nr);

/* Binds the thread of the test to @cpu.  Nothing to undo: it ends with it. */
void mag_kunit_pin(struct kunit *test, unsigned int cpu);
/* The online CPU after @cpu, round and round. */
unsigned int mag_kunit_next_cpu(unsigned int cpu);

/* Seeds @rnd from magslab.kunit_seed, or anew if that is 0, and says so. */
void mag_kunit_seed(struct kunit *test, struct rnd_state *rnd);
/* A number from 0 to @below - 1. */
u32 mag_kunit_random(struct rnd_state *rnd, u32 below);

/*
 * The owner of an object is its first word, 0 while it has none, and words
 * throughout the rest are filled from it.  In a cache with mag_kunit_owner_ctor() or of zeroed
 * objects, claim fails on an object that somebody has, and disclaim on one
 * that another has claimed, or written to, since.  Any context.
 */
void mag_kunit_owner_ctor(void *obj);
bool mag_kunit_claim(void *obj, size_t size, unsigned long owner);
bool mag_kunit_disclaim(void *obj, size_t size, unsigned long owner);

/*
 * Threads of one test: added, started together, awaited.  The end of a test
 * awaits them in any case, before it frees what was there before the crew:
 * so what they use must have been.
 */
struct mag_kunit_crew *mag_kunit_crew(struct kunit *test);
/* @fn(@arg) on @cpu, or anywhere if @cpu is -1; the task is valid to the end. */
struct task_struct *mag_kunit_crew_add(struct mag_kunit_crew *crew, int cpu,
				       void (*fn)(void *arg), void *arg);
void mag_kunit_crew_start(struct mag_kunit_crew *crew);
void mag_kunit_crew_wait(struct mag_kunit_crew *crew);

#endif /* MAGSLAB_KUNIT_HELPERS_H */
