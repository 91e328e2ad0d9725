// SPDX-License-Identifier: GPL-2.0-only
/*
 * The fake backend: a queue of slots a pool, so that an object rests as long as
 * it can before it is handed out again.  Whether an object is in constructed
 * state is told from the bytes that the constructor was seen to set.
 */
#include "fake_backend.h"

#include <linux/align.h>
#include <linux/gfp.h>
#include <linux/jhash.h>
#include <linux/kernel.h>
#include <linux/overflow.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#define FAKE_SPARE  64 /* slots beyond max_live, to see it exceeded */
#define FAKE_GUARD  16 /* bytes behind an object */
#define FAKE_POISON 0x6b
#define FAKE_BEYOND 0xbb

/**
 * struct fake_slot - an object
 * @out: it is out
 * @cpu: where it was allocated
 * @turn: of that CPU's allocations, which one it was
 */
struct fake_slot {
	bool out;
	int cpu;
	u64 turn;
};

/**
 * struct fake_pool - a pool's objects
 * @fake: the backend
 * @lock: protects the state of the pool and of each object
 * @nr: slots
 * @stride: from one object to the next, bytes
 * @memory: as allocated
 * @first: the first object
 * @image: what the constructor sets
 * @mask: 0xff where it does
 * @slots: by index
 * @queue: indices of the objects that are in, a ring of @nr
 * @head: the place in @queue of the next to go out
 * @live: objects out
 * @live_cpu: of them, by the CPU they were allocated on
 * @turns: allocations so far, by CPU
 */
struct fake_pool {
	struct mag_fake *fake;
	spinlock_t lock; /* the pool and its objects */
	u32 nr;
	size_t stride;
	void *memory;
	char *first;
	u8 *image;
	u8 *mask;
	struct fake_slot *slots;
	u32 *queue;
	u32 head;
	u32 live;
	u32 *live_cpu;
	u64 *turns;
};

static const char *const fake_faults[MAG_FAKE_NR_FAULTS] = {
	[MAG_FAKE_FOREIGN] = "foreign objects freed",
	[MAG_FAKE_DOUBLE] = "objects freed twice",
	[MAG_FAKE_UNCONSTRUCTED] = "objects freed out of constructed state",
	[MAG_FAKE_OVERRUN] = "objects written past their end",
	[MAG_FAKE_STALE_WRITE] = "objects written after they were freed",
	[MAG_FAKE_OVER_LIVE] = "allocations beyond max_live",
	[MAG_FAKE_OVER_LIVE_CPU] = "allocations beyond max_live_cpu",
	[MAG_FAKE_OUT_OF_TURN] = "objects kept beyond their turn",
	[MAG_FAKE_MAY_SLEEP] = "sleeping allocations in an interrupt",
	[MAG_FAKE_EMPTY_BULK] = "bulk frees of nothing",
	[MAG_FAKE_LEAKED] = "objects never freed",
};

static void fake_fault(struct fake_pool *fp, enum mag_fake_fault fault)
{
	atomic_inc(&fp->fake->faults[fault]);
}

static void *fake_object(const struct fake_pool *fp, u32 index)
{
	return fp->first + index * fp->stride;
}

/*
 * The first word of an entry of the dentry workload is the next pointer of an
 * hlist node, which means nothing, and stays, in a node off its list.
 */
static size_t fake_unset(const struct mag_pool_spec *spec)
{
	return strcmp(spec->name, "dentry") ? 0 : sizeof(void *);
}

/* What the constructor sets is the same, whatever was there before. */
static void fake_learn_image(struct fake_pool *fp,
			     const struct mag_pool_spec *spec)
{
	u8 *obj = fake_object(fp, 0);
	size_t i;

	memset(obj, 0, spec->size);
	spec->ctor(obj);
	memcpy(fp->image, obj, spec->size);
	memset(obj, 0xff, spec->size);
	spec->ctor(obj);
	for (i = fake_unset(spec); i < spec->size; i++)
		fp->mask[i] = fp->image[i] == obj[i] ? 0xff : 0;
}

/*
 * A pointer that the constructor made points into its own object.  Lockdep
 * notes in a lock what it knows of it, in words that were 0.
 */
static bool fake_is_constructed(const struct fake_pool *fp,
				const struct mag_pool_spec *spec, u32 index)
{
	const unsigned long *obj = fake_object(fp, index);
	const unsigned long *image = (void *)fp->image;
	const unsigned long *mask = (void *)fp->mask;
	unsigned long first = (unsigned long)fake_object(fp, 0);
	size_t i;

	for (i = 0; i < spec->size / sizeof(*obj); i++) {
		unsigned long want = image[i];

		if (want - first < spec->size)
			want += (unsigned long)obj - first;
		else if (IS_ENABLED(CONFIG_LOCKDEP) && !want)
			continue;
		if ((obj[i] ^ want) & mask[i])
			return false;
	}
	return true;
}

static bool fake_holds(const void *bytes, u8 value, size_t nr)
{
	return !memchr_inv(bytes, value, nr);
}

/* Nobody but the pool has written to an object that is in. */
static bool fake_rested(const struct fake_pool *fp,
			const struct mag_pool_spec *spec, u32 index)
{
	if (spec->ctor)
		return fake_is_constructed(fp, spec, index);
	return fake_holds(fake_object(fp, index), FAKE_POISON, spec->size);
}

static void fake_pool_free(struct fake_pool *fp)
{
	kvfree(fp->memory);
	kvfree(fp->image);
	kvfree(fp->mask);
	kvfree(fp->slots);
	kvfree(fp->queue);
	kfree(fp->live_cpu);
	kfree(fp->turns);
	kfree(fp);
}

static void fake_pool_fill(struct fake_pool *fp,
			   const struct mag_pool_spec *spec)
{
	u32 i;

	if (spec->ctor)
		fake_learn_image(fp, spec);
	for (i = 0; i < fp->nr; i++) {
		char *obj = fake_object(fp, i);

		memset(obj, FAKE_POISON, spec->size);
		memset(obj + spec->size, FAKE_BEYOND, FAKE_GUARD);
		if (spec->ctor)
			spec->ctor(obj);
		fp->queue[i] = i;
	}
}

static int fake_init(struct mag_pool *pool)
{
	const struct mag_pool_spec *spec = &pool->spec;
	size_t align = max(spec->align, sizeof(void *));
	struct fake_pool *fp = kzalloc(sizeof(*fp), GFP_KERNEL);

	if (!fp)
		return -ENOMEM;
	fp->fake = container_of(pool->ops, struct mag_fake, ops);
	spin_lock_init(&fp->lock);
	fp->nr = spec->max_live + FAKE_SPARE;
	fp->stride = ALIGN(spec->size + FAKE_GUARD, align);

	fp->memory = kvmalloc(size_add(size_mul(fp->nr, fp->stride), align),
			      GFP_KERNEL);
	fp->image = kvzalloc(spec->size, GFP_KERNEL);
	fp->mask = kvzalloc(spec->size, GFP_KERNEL);
	fp->slots = kvcalloc(fp->nr, sizeof(*fp->slots), GFP_KERNEL);
	fp->queue = kvcalloc(fp->nr, sizeof(*fp->queue), GFP_KERNEL);
	fp->live_cpu = kcalloc(nr_cpu_ids, sizeof(*fp->live_cpu), GFP_KERNEL);
	fp->turns = kcalloc(nr_cpu_ids, sizeof(*fp->turns), GFP_KERNEL);
	if (!fp->memory || !fp->image || !fp->mask || !fp->slots ||
	    !fp->queue || !fp->live_cpu || !fp->turns) {
		fake_pool_free(fp);
		return -ENOMEM;
	}

	fp->first = PTR_ALIGN(fp->memory, align);
	fake_pool_fill(fp, spec);
	pool->priv = fp;
	atomic_inc(&fp->fake->pools);
	return 0;
}

static void fake_exit(struct mag_pool *pool)
{
	struct fake_pool *fp = pool->priv;
	u32 i;

	for (i = 0; i < fp->nr; i++) {
		if (fp->slots[i].out)
			fake_fault(fp, MAG_FAKE_LEAKED);
		else if (!fake_rested(fp, &pool->spec, i))
			fake_fault(fp, MAG_FAKE_STALE_WRITE);
	}
	atomic_dec(&fp->fake->pools);
	fake_pool_free(fp);
}

static bool fake_refuses(struct mag_fake *fake)
{
	u64 call = atomic64_inc_return(&fake->calls);

	if (!fake->fail_every || call % fake->fail_every)
		return false;
	return atomic64_add_unless(&fake->failed, 1, fake->fail_max);
}

/* The caller holds the lock. */
static void fake_account(struct fake_pool *fp, const struct mag_pool_spec *spec,
			 u32 index)
{
	struct fake_slot *slot = &fp->slots[index];

	slot->out = true;
	slot->cpu = smp_processor_id();
	slot->turn = fp->turns[slot->cpu]++;
	fp->live++;
	fp->live_cpu[slot->cpu]++;
	if (fp->live > spec->max_live)
		fake_fault(fp, MAG_FAKE_OVER_LIVE);
	if (spec->max_live_cpu && fp->live_cpu[slot->cpu] > spec->max_live_cpu)
		fake_fault(fp, MAG_FAKE_OVER_LIVE_CPU);
}

static void *fake_alloc(struct mag_pool *pool, gfp_t gfp)
{
	struct fake_pool *fp = pool->priv;
	struct mag_fake *fake = fp->fake;
	unsigned long flags;
	void *obj = NULL;
	u32 index;

	if (gfpflags_allow_blocking(gfp) && (!in_task() || irqs_disabled()))
		fake_fault(fp, MAG_FAKE_MAY_SLEEP);
	if (fake_refuses(fake))
		return NULL;

	spin_lock_irqsave(&fp->lock, flags);
	if (fp->live < fp->nr) {
		index = fp->queue[fp->head];
		fp->head = (fp->head + 1) % fp->nr;
		obj = fake_object(fp, index);
		if (!fake_rested(fp, &pool->spec, index))
			fake_fault(fp, MAG_FAKE_STALE_WRITE);
		fake_account(fp, &pool->spec, index);
		/* Of all pools; whole where one CPU works, as who asks does. */
		WRITE_ONCE(fake->sequence,
			   jhash_1word(pool->spec.size,
				       READ_ONCE(fake->sequence)));
		atomic64_inc(&fake->allocs);
	}
	spin_unlock_irqrestore(&fp->lock, flags);
	return obj;
}

/* Whether the CPU that allocated @slot has since allocated too many more. */
static bool fake_overstays(const struct fake_pool *fp,
			   const struct mag_pool_spec *spec,
			   const struct fake_slot *slot)
{
	u64 more = fp->turns[slot->cpu] - slot->turn - 1;

	return spec->in_turn && more >= (spec->max_live_cpu ?: spec->max_live);
}

/* The caller holds the lock. */
static void fake_take_back(struct fake_pool *fp,
			   const struct mag_pool_spec *spec, u32 index)
{
	char *obj = fake_object(fp, index);

	if (!fake_holds(obj + spec->size, FAKE_BEYOND, FAKE_GUARD)) {
		fake_fault(fp, MAG_FAKE_OVERRUN);
		memset(obj + spec->size, FAKE_BEYOND, FAKE_GUARD);
	}
	if (!spec->ctor) {
		memset(obj, FAKE_POISON, spec->size);
	} else if (!fake_is_constructed(fp, spec, index)) {
		fake_fault(fp, MAG_FAKE_UNCONSTRUCTED);
		spec->ctor(obj);
	}

	if (fake_overstays(fp, spec, &fp->slots[index]))
		fake_fault(fp, MAG_FAKE_OUT_OF_TURN);
	fp->slots[index].out = false;
	fp->live_cpu[fp->slots[index].cpu]--;
	/* Behind the last of those that are in. */
	fp->queue[(fp->head + fp->nr - fp->live) % fp->nr] = index;
	fp->live--;
	atomic64_inc(&fp->fake->frees);
}

static void fake_free(struct mag_pool *pool, void *obj)
{
	struct fake_pool *fp = pool->priv;
	size_t offset = (char *)obj - fp->first;
	u32 index = offset / fp->stride;
	unsigned long flags;

	if ((char *)obj < fp->first || offset % fp->stride || index >= fp->nr) {
		fake_fault(fp, MAG_FAKE_FOREIGN);
		return;
	}

	spin_lock_irqsave(&fp->lock, flags);
	if (fp->slots[index].out)
		fake_take_back(fp, &pool->spec, index);
	else
		fake_fault(fp, MAG_FAKE_DOUBLE);
	spin_unlock_irqrestore(&fp->lock, flags);
}

static void fake_free_bulk(struct mag_pool *pool, size_t nr, void **objs)
{
	if (!nr)
		fake_fault(pool->priv, MAG_FAKE_EMPTY_BULK);
	while (nr--)
		fake_free(pool, objs[nr]);
}

static u64 fake_held_bytes(struct mag_pool *pool)
{
	struct fake_pool *fp = pool->priv;

	return size_mul(fp->nr, fp->stride);
}

void mag_fake_init(struct mag_fake *fake)
{
	*fake = (struct mag_fake){
		.ops = {
			.name = "fake",
			.help = "checks what a workload does",
			.slabinfo = "",
			.init = fake_init,
			.exit = fake_exit,
			.alloc = fake_alloc,
			.free = fake_free,
			.free_bulk = fake_free_bulk,
			.held_bytes = fake_held_bytes,
		},
		.fail_max = S64_MAX,
	};
}

void mag_fake_expect_clean(struct kunit *test, struct mag_fake *fake)
{
	u32 i;

	for (i = 0; i < MAG_FAKE_NR_FAULTS; i++)
		KUNIT_EXPECT_EQ_MSG(test, atomic_read(&fake->faults[i]), 0,
				    "%s", fake_faults[i]);
	KUNIT_EXPECT_EQ(test, atomic_read(&fake->pools), 0);
	KUNIT_EXPECT_EQ(test, atomic64_read(&fake->allocs),
			atomic64_read(&fake->frees));
}
