// SPDX-License-Identifier: GPL-2.0-only
/*
 * See handover.h.  The ring has one producer and one consumer, and is the same
 * for all: what a subject costs is its batch less one of the bare ring, which
 * hands over the same pointer again and again.  That is the subject's cost only
 * while the ring is cheap: told of every pointer, two CPUs in lockstep do little
 * but take cache lines from each other, and work in between makes that cheaper.
 * So they tell of several at a time.  The floor sends objects back in arrays,
 * which change hands whole, for an empty one: what moves between the CPUs is a
 * pointer for many objects, and nothing is locked.
 */
#include <linux/cache.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "allocator/mag_cache.h"
#include "clock.h"
#include "handover.h"
#include "measure.h"
#include "threads.h"

#define RING	  256 /* slots, a power of two */
#define TELL	  16 /* objects, after which a side tells how far it is */
#define PER_BATCH 4096 /* objects: so few that a host leaves many undisturbed */
#define ROUNDS	  1000 /* each of one batch of every subject */
#define CPUS	  2
#define PRODUCER  0
#define CRATE	  64 /* objects */
#define CRATES	  (2 * RING / CRATE) /* full ones to begin with */

/* At the end of a batch, and of a full ring, all has been told. */
static_assert(PER_BATCH % TELL == 0 && RING % TELL == 0);

/**
 * struct ring_end - what one side of a ring knows, and the other does not read
 * @at: slots that it filled, or emptied, so far
 * @other: how far it last saw the other to be
 */
struct ring_end {
	u32 at;
	u32 other;
};

/**
 * struct ring - pointers from one CPU to another
 * @head: slots filled so far, as the producer has told; its writer
 * @tail: slots emptied so far, as the consumer has told; its writer
 * @producer: its own
 * @consumer: its own
 * @slot: the pointers
 */
struct ring {
	u32 head ____cacheline_aligned_in_smp;
	u32 tail ____cacheline_aligned_in_smp;
	struct ring_end producer ____cacheline_aligned_in_smp;
	struct ring_end consumer ____cacheline_aligned_in_smp;
	void *slot[RING] ____cacheline_aligned_in_smp;
};

/**
 * struct crate - an array of the floor's
 * @nr: objects in it
 * @obj: the objects
 */
struct crate {
	u32 nr;
	void *obj[CRATE];
};

/**
 * struct handover - the two threads' common things
 * @there: from the producer to the consumer
 * @full: of the floor, full crates on their way back
 * @empty: of the floor, empty ones on their way there
 * @taken: the producer's crate
 * @given: the consumer's, or NULL after it has sent one off.  It asks for the
 *	next when there is an object for it: then the producer has come by
 * @crates: all of them: full ones for two rings, and an empty one each
 * @pool: the caches
 * @meeting: of the two
 * @samples: of each subject, by round; the bare ring is the empty one
 * @failed: an allocation did, and its slots were handed over empty
 */
struct handover {
	struct ring there;
	struct ring full;
	struct ring empty;
	struct crate *taken ____cacheline_aligned_in_smp;
	struct crate *given ____cacheline_aligned_in_smp;
	struct crate crates[CRATES + 2];
	struct bench_pool pool;
	struct bench_meeting meeting;
	struct bench_samples samples[BENCH_NR_SUBJECTS];
	bool failed;
};

/* Tells of it after each @every slots. */
static __always_inline void ring_put(struct ring *ring, void *obj, u32 every)
{
	struct ring_end *end = &ring->producer;

	while (end->at - end->other == RING) {
		/* Pairs with the release in ring_get(): slots have been read. */
		end->other = smp_load_acquire(&ring->tail);
		cpu_relax();
	}
	ring->slot[end->at % RING] = obj;
	end->at++;
	if (end->at % every == 0)
		/* Pairs with the acquire in ring_get(): slots come first. */
		smp_store_release(&ring->head, end->at);
}

static __always_inline void *ring_get(struct ring *ring, u32 every)
{
	struct ring_end *end = &ring->consumer;
	void *obj;

	while (end->at == end->other) {
		/* Pairs with the release in ring_put(): slots are filled. */
		end->other = smp_load_acquire(&ring->head);
		cpu_relax();
	}
	obj = ring->slot[end->at % RING];
	end->at++;
	if (end->at % every == 0)
		/* Pairs with the acquire in ring_put(): slots were read. */
		smp_store_release(&ring->tail, end->at);
	return obj;
}

static __always_inline void produce(struct handover *run,
				    void *(*get)(struct handover *run))
{
	u32 i;

	for (i = 0; i < PER_BATCH; i++)
		ring_put(&run->there, get(run), TELL);
}

static __always_inline void
consume(struct handover *run, void (*put)(struct handover *run, void *obj))
{
	u32 i;

	for (i = 0; i < PER_BATCH; i++) {
		void *obj = ring_get(&run->there, TELL);

		if (likely(obj))
			put(run, obj);
		else
			run->failed = true;
	}
}

static __always_inline void *empty_get(struct handover *run)
{
	return run;
}

static __always_inline void empty_put(struct handover *run, void *obj)
{
}

static __always_inline void *floor_get(struct handover *run)
{
	struct crate *crate = run->taken;

	if (unlikely(!crate->nr)) {
		ring_put(&run->empty, crate, 1);
		crate = ring_get(&run->full, 1);
		run->taken = crate;
	}
	return crate->obj[--crate->nr];
}

static __always_inline void floor_put(struct handover *run, void *obj)
{
	struct crate *crate = run->given;

	if (unlikely(!crate)) {
		crate = ring_get(&run->empty, 1);
		run->given = crate;
	}
	crate->obj[crate->nr++] = obj;
	if (unlikely(crate->nr == CRATE)) {
		ring_put(&run->full, crate, 1);
		run->given = NULL;
	}
}

static __always_inline void *slub_get(struct handover *run)
{
	return kmem_cache_alloc(run->pool.slub, GFP_KERNEL);
}

static __always_inline void slub_put(struct handover *run, void *obj)
{
	kmem_cache_free(run->pool.slub, obj);
}

static __always_inline void *magslab_get(struct handover *run)
{
	return mag_cache_alloc(run->pool.mag, GFP_KERNEL);
}

static __always_inline void magslab_put(struct handover *run, void *obj)
{
	mag_cache_free(run->pool.mag, obj);
}

static void run_producer(struct handover *run, enum bench_subject subject)
{
	switch (subject) {
	case BENCH_FLOOR:
		produce(run, floor_get);
		break;
	case BENCH_SLUB:
		produce(run, slub_get);
		break;
	case BENCH_MAGSLAB:
		produce(run, magslab_get);
		break;
	default:
		produce(run, empty_get);
	}
}

static void run_consumer(struct handover *run, enum bench_subject subject)
{
	switch (subject) {
	case BENCH_FLOOR:
		consume(run, floor_put);
		break;
	case BENCH_SLUB:
		consume(run, slub_put);
		break;
	case BENCH_MAGSLAB:
		consume(run, magslab_put);
		break;
	default:
		consume(run, empty_put);
	}
}

/* From where both are ready to where both are done, by the producer's clock. */
static void run_batch(struct handover *run, unsigned int id,
		      enum bench_subject subject, u32 round)
{
	u64 start;

	bench_meet(&run->meeting);
	start = mag_tsc_read();
	if (id == PRODUCER)
		run_producer(run, subject);
	else
		run_consumer(run, subject);
	bench_meet(&run->meeting);
	if (id == PRODUCER)
		run->samples[subject].ticks[round] = mag_tsc_read() - start;
	cond_resched();
}

/* Round 0 is run twice, first to warm up. */
static void run_thread(void *arg, unsigned int id)
{
	struct handover *run = arg;
	unsigned int subject;
	u32 round;

	for (round = 0; round <= ROUNDS; round++)
		for (subject = 0; subject < BENCH_NR_SUBJECTS; subject++)
			run_batch(run, id, subject, round ? round - 1 : 0);
}

static void handover_destroy(struct handover *run)
{
	unsigned int subject;

	for (subject = 0; subject < BENCH_NR_SUBJECTS; subject++)
		kvfree(run->samples[subject].ticks);
	bench_pool_exit(&run->pool);
	kvfree(run);
}

static int samples_init(struct handover *run)
{
	unsigned int subject;

	for (subject = 0; subject < BENCH_NR_SUBJECTS; subject++) {
		run->samples[subject].nr = ROUNDS;
		run->samples[subject].ticks =
			kvcalloc(ROUNDS, sizeof(u64), GFP_KERNEL);
		if (!run->samples[subject].ticks)
			return -ENOMEM;
	}
	return 0;
}

/* Nobody looks into the floor's objects: any address will do. */
static void crates_init(struct handover *run)
{
	u32 i;

	run->taken = &run->crates[CRATES];
	run->given = &run->crates[CRATES + 1];
	for (i = 0; i < CRATES; i++) {
		struct crate *crate = &run->crates[i];

		while (crate->nr < CRATE)
			crate->obj[crate->nr++] = run;
		ring_put(&run->full, crate, 1);
	}
}

static struct handover *handover_create(void)
{
	struct handover *run = kvzalloc(sizeof(*run), GFP_KERNEL);

	if (!run)
		return NULL;
	run->meeting.nr = CPUS;
	if (bench_pool_init(&run->pool, BENCH_OBJECT_SIZE)) {
		kvfree(run);
		return NULL;
	}
	if (samples_init(run)) {
		handover_destroy(run);
		return NULL;
	}
	crates_init(run);
	return run;
}

int bench_handover(struct seq_file *m)
{
	struct handover *run = handover_create();
	int err;

	if (!run)
		return -ENOMEM;
	err = bench_threads_run(CPUS, run_thread, run);
	if (!err && run->failed)
		err = -ENOMEM;
	if (!err)
		bench_report(m, "handover", CPUS, PER_BATCH, run->samples,
			     &run->pool);
	handover_destroy(run);
	return err;
}
