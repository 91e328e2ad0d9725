// SPDX-License-Identifier: GPL-2.0-only
/*
 * Workload: what a cache of names asks of an allocator.  Entries are created on
 * a miss, found under RCU, evicted from an LRU list, deleted, and shrunk by the
 * thousand; each is freed after a grace period.  The model is fs/dcache.c.
 *
 * Order of locks, outermost first:
 *	1. dentry_bucket.lock: membership of one hash chain
 *	2. mag_dentry.ref.lock: count, unlinked; only tried under 3
 *	3. dentry_run.lru_lock: the LRU list
 * RCU callbacks take none of them.  All are taken in task context alone.
 */
#include "workload.h"

#include <linux/atomic.h>
#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/jhash.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/lockref.h>
#include <linux/log2.h>
#include <linux/rculist.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/stringhash.h>

#include "run.h"

#define DENTRY_BYTES	    192 /* sizeof(struct dentry) on 64-bit */
#define DENTRY_INLINE	    32 /* DNAME_INLINE_LEN, with the closing NUL */
#define DENTRY_SHORT_MIN    8U /* bytes of a name; the index takes as many */
#define DENTRY_SHORT_MAX    (DENTRY_INLINE - 1U)
#define DENTRY_EXT_MIN	    33U
#define DENTRY_EXT_MAX	    255U /* NAME_MAX */
#define DENTRY_EXT_STEP	    64U /* from one pool of names to the next, bytes */
#define DENTRY_SHRINK_BATCH 128U /* SHRINK_BATCH of mm/shrinker.c */
#define DENTRY_KEPT	    8U /* short-lived entries of a worker */
#define DENTRY_MIN_BUDGET \
	2U /* a step without a batch: one evicted, one deleted */

/*
 * Entries that a worker can have out beyond the bounds: a batch on its way from
 * the list to RCU, those it keeps, and some for a step under way.
 */
#define DENTRY_OVERSHOOT (DENTRY_SHRINK_BATCH + DENTRY_KEPT + 8)

enum {
	DENTRY_LOOKUPS,
	DENTRY_HOT,
	DENTRY_COLD,
	DENTRY_EXT_NAME,
	DENTRY_SHORT_LIVED,
	DENTRY_NEGATIVE,
	DENTRY_BOUND,
	DENTRY_SHRINK_EVERY,
	DENTRY_SHRINK,
	DENTRY_RCU_PENDING,
	DENTRY_NR_PARAMS,
};

static const struct mag_param dentry_params[] = {
	[DENTRY_LOOKUPS] = { "lookups", "lookups",
			     "of hot names for each of a cold one, which mostly misses and allocates",
			     0, 1000, 8 },
	[DENTRY_HOT] = { "hot_names", "names",
			 "looked up again and again; all workers share them", 1,
			 1 << 20, 4096 },
	[DENTRY_COLD] = { "cold_names", "names",
			  "looked up seldom; all workers share them", 1,
			  1 << 24, 1 << 17 },
	[DENTRY_EXT_NAME] = { "ext_name", "percent",
			      "of names with 33 to 255 bytes, evenly, outside the entry; others have 8 to 31, inside (DNAME_INLINE_LEN is 32)",
			      0, 100, 10 },
	[DENTRY_SHORT_LIVED] = { "short_lived", "percent",
				 "of created entries that their worker deletes after creating 8 more such",
				 0, 100, 25 },
	[DENTRY_NEGATIVE] = { "negative", "percent",
			      "of names that do not exist, and that is cached",
			      0, 100, 20 },
	[DENTRY_BOUND] = { "bound", "entries",
			   "in the LRU list at most; not below twice the workers",
			   64, 1 << 20, 8192 },
	[DENTRY_SHRINK_EVERY] = { "shrink_every", "operations",
				  "of a worker, from one mass shrink to its next; 0: none",
				  0, 1 << 30, 50000 },
	[DENTRY_SHRINK] = { "shrink", "percent",
			    "of the LRU list that a mass shrink evicts", 1, 100,
			    25 },
	[DENTRY_RCU_PENDING] = { "rcu_pending", "entries",
				 "that wait for a grace period before workers wait for it too, each for its share",
				 64, 1 << 20, 16384 },
};

enum {
	DENTRY_OP_LOOKUP,
	DENTRY_OP_ALLOC,
	DENTRY_OP_ALLOC_NAME,
	DENTRY_OP_FREE,
	DENTRY_OP_FREE_RCU,
	DENTRY_OP_FREE_NAME_RCU,
	DENTRY_OP_SHRINK,
	DENTRY_NR_OPS,
};

static const struct mag_op dentry_ops[] = {
	[DENTRY_OP_LOOKUP] = { "lookup", "a name searched in its hash chain" },
	[DENTRY_OP_ALLOC] = { "alloc", "a 192-byte entry allocated" },
	[DENTRY_OP_ALLOC_NAME] = { "alloc_name", "an external name allocated" },
	[DENTRY_OP_FREE] = { "free",
			     "an entry or name freed at once, never having been in the table" },
	[DENTRY_OP_FREE_RCU] = { "free_rcu",
				 "an entry freed after a grace period", true },
	[DENTRY_OP_FREE_NAME_RCU] = { "free_name_rcu",
				      "an external name freed after a grace period",
				      true },
	[DENTRY_OP_SHRINK] = { "shrink",
			       "a mass shrink: its entries unhashed and left to RCU" },
};

enum {
	DENTRY_COUNT_HITS,
	DENTRY_COUNT_NEGATIVE_HITS,
	DENTRY_COUNT_CREATED,
	DENTRY_COUNT_DUPLICATES,
	DENTRY_COUNT_DELETED,
	DENTRY_COUNT_EVICTED,
	DENTRY_COUNT_SHRUNK,
	DENTRY_COUNT_RCU_WAITS,
	DENTRY_NR_COUNTERS,
};

static const struct mag_counter dentry_counters[] = {
	[DENTRY_COUNT_HITS] = { "hits", "lookups",
				"that found an entry, negative or not" },
	[DENTRY_COUNT_NEGATIVE_HITS] = { "negative_hits", "lookups",
					 "that found a negative entry" },
	[DENTRY_COUNT_CREATED] = { "created", "entries", "created on a miss" },
	[DENTRY_COUNT_DUPLICATES] = { "duplicates", "entries",
				      "not created, another worker having been first" },
	[DENTRY_COUNT_DELETED] = { "deleted", "entries",
				   "short-lived, deleted" },
	[DENTRY_COUNT_EVICTED] = { "evicted", "entries",
				   "evicted at the LRU list's bound" },
	[DENTRY_COUNT_SHRUNK] = { "shrunk", "entries",
				  "evicted by mass shrinks" },
	[DENTRY_COUNT_RCU_WAITS] = { "rcu_waits", "waits",
				     "of a worker, for a grace period" },
};

/* Pools of external names, by the closing NUL's place in them. */
static const char *const dentry_name_pools[] = {
	"dentry_name_64",
	"dentry_name_128",
	"dentry_name_192",
	"dentry_name_256",
};

#define DENTRY_NAME_POOLS  ARRAY_SIZE(dentry_name_pools)
#define DENTRY_NAME_INLINE DENTRY_NAME_POOLS /* in no pool */

static_assert(DENTRY_NAME_POOLS * DENTRY_EXT_STEP > DENTRY_EXT_MAX);

struct dentry_run;
struct dentry_worker;

/**
 * struct mag_dentry - an entry
 * @hash: in its bucket's chain; constructed
 * @name_hash: of @name
 * @len: of @name, bytes, without the closing NUL
 * @name: @inline_name, or an object of @name_pool
 * @inline_name: a short name
 * @ref: users; dead once it is to be freed; constructed, with count 0
 * @lru: in the LRU list, or in a worker's list of evicted; constructed
 * @sibling: constructed, and not used: stands for d_child
 * @children: constructed, and not used: stands for d_subdirs
 * @rcu: for the deferred free
 * @run: whose it is, as d_sb
 * @freer: whose budget it is charged to, from its death on
 * @inode: what the name means; 0 in a negative entry
 * @name_pool: index of the pool of @name, or DENTRY_NAME_INLINE
 * @unlinked: deleted: the last user frees it.  Under @ref.lock.
 * @referenced: looked up since the LRU list's end last came by; racy, a hint
 * @size: of a struct dentry
 */
struct mag_dentry {
	union {
		struct {
			struct hlist_node hash;
			u32 name_hash;
			u32 len;
			char *name;
			char inline_name[DENTRY_INLINE];
			struct lockref ref;
			struct list_head lru;
			struct list_head sibling;
			struct list_head children;
			struct rcu_head rcu;
			struct dentry_run *run;
			struct dentry_worker *freer;
			u64 inode;
			u8 name_pool;
			bool unlinked;
			bool referenced;
		};
		u8 size[DENTRY_BYTES];
	};
};

/* Debugging makes a spinlock larger; nothing else may. */
static_assert(sizeof(struct mag_dentry) == DENTRY_BYTES ||
	      sizeof(spinlock_t) > sizeof(u32));

struct dentry_bucket {
	struct hlist_head head;
	spinlock_t lock; /* see the order of locks */
};

/**
 * struct dentry_name - a name drawn
 * @index: in the name space
 * @hash: of @text
 * @len: of @text
 * @negative: the name does not exist
 * @text: with a closing NUL
 */
struct dentry_name {
	u32 index;
	u32 hash;
	u32 len;
	bool negative;
	char text[DENTRY_EXT_MAX + 1];
};

/**
 * struct dentry_worker - a worker's own
 * @run: the run
 * @worker: the worker
 * @ops: lookups since its last mass shrink
 * @shrink_left: entries that the mass shrink under way is still to evict
 * @shrink_ticks: what it has taken so far, without its waits
 * @next_kept: the oldest in @kept
 * @kept: its short-lived entries, one reference held on each
 * @name: being looked up
 * @pending: entries that it left to RCU and that wait for a grace period; it
 *	alone adds to it, and RCU callbacks on any CPU subtract
 */
struct dentry_worker {
	struct dentry_run *run;
	struct mag_worker *worker;
	u32 ops;
	u32 shrink_left;
	u64 shrink_ticks;
	u32 next_kept;
	struct mag_dentry *kept[DENTRY_KEPT];
	struct dentry_name name;

	atomic_t pending ____cacheline_aligned_in_smp;
};

/**
 * struct dentry_run - what the workers share
 * @run: the run
 * @dentries: pool of entries
 * @names: pools of external names; NULL if there are none
 * @seed: of the names' lengths
 * @bound: entries in the LRU list at most
 * @budget: a worker's pending entries from which on it waits
 * @mask: buckets less one
 * @buckets: the hash table
 * @workers: by worker id
 * @lru_lock: see the order of locks
 * @lru: idle and long-lived entries, the oldest first
 * @nr_lru: entries in @lru; read without the lock as a hint
 */
struct dentry_run {
	struct mag_run *run;
	struct mag_pool *dentries;
	struct mag_pool *names[DENTRY_NAME_POOLS];
	u32 seed;
	u32 bound;
	u32 budget;
	u32 mask;
	struct dentry_bucket *buckets;
	struct dentry_worker *workers;

	spinlock_t lru_lock ____cacheline_aligned_in_smp;
	struct list_head lru;
	u32 nr_lru;
};

static int dentry_check(const u64 *params, u32 nr_workers)
{
	/* Lest users hold every entry in the list, and none can be evicted. */
	return params[DENTRY_BOUND] < 2ULL * nr_workers ? -EINVAL : 0;
}

/* Names. */

/* Uniform in 0 … @below - 1, always the same for the same name. */
static u32 name_trait(const struct dentry_run *dr, u32 index, u32 trait,
		      u32 below)
{
	return ((u64)jhash_2words(index, trait, dr->seed) * below) >> 32;
}

static u32 name_length(const struct dentry_run *dr, u32 index)
{
	if (name_trait(dr, index, 0, 100) < dr->run->params[DENTRY_EXT_NAME])
		return DENTRY_EXT_MIN +
		       name_trait(dr, index, 1,
				  DENTRY_EXT_MAX - DENTRY_EXT_MIN + 1);
	return DENTRY_SHORT_MIN +
	       name_trait(dr, index, 1,
			  DENTRY_SHORT_MAX - DENTRY_SHORT_MIN + 1);
}

/* The index in DENTRY_SHORT_MIN letters, then filler. */
static void name_make(const struct dentry_run *dr, struct dentry_name *name,
		      u32 index)
{
	u32 i;

	name->index = index;
	name->len = name_length(dr, index);
	name->negative = name_trait(dr, index, 2, 100) <
			 dr->run->params[DENTRY_NEGATIVE];

	for (i = 0; i < DENTRY_SHORT_MIN; i++)
		name->text[i] = 'a' + (index >> (4 * i) & 15);
	memset(name->text + i, 'q', name->len - i);
	name->text[name->len] = '\0';
	name->hash = full_name_hash(NULL, name->text, name->len);
}

/*
 * All that a step draws, whether it will need it or not, so that the sequence
 * does not depend on what other workers did.  Returns whether an entry of this
 * name, if it is created, is to be short-lived.
 */
static bool name_draw(struct dentry_worker *dw)
{
	const u64 *params = dw->run->run->params;
	struct mag_worker *worker = dw->worker;
	bool hot = mag_worker_random_below(worker, params[DENTRY_LOOKUPS] + 1);
	u32 index;

	if (hot)
		index = mag_worker_random_below(worker, params[DENTRY_HOT]);
	else
		index = params[DENTRY_HOT] +
			mag_worker_random_below(worker, params[DENTRY_COLD]);

	name_make(dw->run, &dw->name, index);
	return mag_worker_chance(worker, params[DENTRY_SHORT_LIVED]);
}

/* Birth and death of an entry. */

static void dentry_construct(void *obj)
{
	struct mag_dentry *dentry = obj;

	INIT_HLIST_NODE(&dentry->hash);
	spin_lock_init(&dentry->ref.lock);
	dentry->ref.count = 0;
	INIT_LIST_HEAD(&dentry->lru);
	INIT_LIST_HEAD(&dentry->sibling);
	INIT_LIST_HEAD(&dentry->children);
}

static bool dentry_is_constructed(const struct mag_dentry *dentry)
{
	return hlist_unhashed(&dentry->hash) && !dentry->ref.count &&
	       list_empty(&dentry->lru) && list_empty(&dentry->sibling) &&
	       list_empty(&dentry->children);
}

/* Back to constructed state; lists and lock are in it already. */
static void dentry_deconstruct(struct mag_dentry *dentry)
{
	dentry->ref.count = 0;
}

static bool dentry_name_is_external(const struct mag_dentry *dentry)
{
	return dentry->name_pool != DENTRY_NAME_INLINE;
}

/* False where memory is short. */
static bool dentry_set_name(struct dentry_worker *dw, struct mag_dentry *dentry)
{
	const struct dentry_name *name = &dw->name;

	dentry->name = dentry->inline_name;
	dentry->name_pool = DENTRY_NAME_INLINE;
	if (name->len >= DENTRY_INLINE) {
		u32 pool = name->len / DENTRY_EXT_STEP;

		dentry->name = mag_lane_alloc(&dw->worker->lane,
					      DENTRY_OP_ALLOC_NAME,
					      dw->run->names[pool], GFP_KERNEL);
		if (!dentry->name)
			return false;
		dentry->name_pool = pool;
	}
	memcpy(dentry->name, name->text, name->len + 1);
	dentry->len = name->len;
	dentry->name_hash = name->hash;
	return true;
}

/* An entry for the worker's name with one user, or NULL. */
static struct mag_dentry *dentry_alloc(struct dentry_worker *dw)
{
	struct mag_lane *lane = &dw->worker->lane;
	struct dentry_run *dr = dw->run;
	struct mag_dentry *dentry;

	dentry =
		mag_lane_alloc(lane, DENTRY_OP_ALLOC, dr->dentries, GFP_KERNEL);
	if (!dentry)
		return NULL;

	WARN_ON_ONCE(!dentry_is_constructed(dentry));
	if (!dentry_set_name(dw, dentry)) {
		mag_lane_free(lane, DENTRY_OP_FREE, dr->dentries, dentry);
		return NULL;
	}
	dentry->run = dr;
	dentry->inode = dw->name.negative ? 0 : dw->name.index + 1ULL;
	dentry->unlinked = false;
	dentry->referenced = false;
	dentry->ref.count = 1;
	return dentry;
}

/* Of an entry that was never in the table. */
static void dentry_free(struct dentry_worker *dw, struct mag_dentry *dentry)
{
	struct mag_lane *lane = &dw->worker->lane;

	if (dentry_name_is_external(dentry))
		mag_lane_free(lane, DENTRY_OP_FREE,
			      dw->run->names[dentry->name_pool], dentry->name);
	dentry_deconstruct(dentry);
	mag_lane_free(lane, DENTRY_OP_FREE, dw->run->dentries, dentry);
}

/*
 * Bottom halves are off.  No wake-up is lost: the worker that waits has found
 * its count at its budget or above, after it had queued itself; it adds nothing
 * while it waits, so that the count comes down by ones and passes through half
 * of the budget, which is below the budget and makes dentry_ready() true.
 */
static void dentry_free_rcu(struct rcu_head *rcu)
{
	struct mag_dentry *dentry = container_of(rcu, struct mag_dentry, rcu);
	struct dentry_worker *freer = dentry->freer;
	struct dentry_run *dr = freer->run;
	struct mag_lane *lane = mag_run_deferred_lane(dr->run);

	if (dentry_name_is_external(dentry))
		mag_lane_free(lane, DENTRY_OP_FREE_NAME_RCU,
			      dr->names[dentry->name_pool], dentry->name);
	dentry_deconstruct(dentry);
	mag_lane_free(lane, DENTRY_OP_FREE_RCU, dr->dentries, dentry);

	if (atomic_dec_return(&freer->pending) == dr->budget / 2)
		mag_worker_wake(freer->worker);
}

/* By the worker's own thread.  The entry is dead, unhashed and in no list. */
static void dentry_free_later(struct dentry_worker *dw,
			      struct mag_dentry *dentry)
{
	dentry->freer = dw;
	atomic_inc(&dw->pending);
	call_rcu(&dentry->rcu, dentry_free_rcu);
}

/* Drops a reference; the last one to a deleted entry frees it. */
static void dentry_put(struct dentry_worker *dw, struct mag_dentry *dentry)
{
	bool last;

	spin_lock(&dentry->ref.lock);
	last = !--dentry->ref.count && dentry->unlinked;
	if (last)
		lockref_mark_dead(&dentry->ref);
	spin_unlock(&dentry->ref.lock);

	if (last)
		dentry_free_later(dw, dentry);
}

/* The hash table. */

static struct dentry_bucket *dentry_bucket(const struct dentry_run *dr,
					   u32 hash)
{
	return &dr->buckets[hash & dr->mask];
}

static bool dentry_matches(const struct mag_dentry *dentry,
			   const struct dentry_name *name)
{
	return dentry->name_hash == name->hash && dentry->len == name->len &&
	       !memcmp(dentry->name, name->text, name->len);
}

/* The entry of a name, with a reference, or NULL. */
static struct mag_dentry *dentry_find(const struct dentry_run *dr,
				      const struct dentry_name *name)
{
	struct dentry_bucket *bucket = dentry_bucket(dr, name->hash);
	struct mag_dentry *dentry;

	rcu_read_lock();
	hlist_for_each_entry_rcu(dentry, &bucket->head, hash)
		if (dentry_matches(dentry, name) &&
		    lockref_get_not_dead(&dentry->ref))
			break;
	rcu_read_unlock();
	return dentry;
}

/*
 * Adds an entry, unless there is one of that name by now.  Returns the one in
 * the table, with a reference.
 */
static struct mag_dentry *dentry_hash(struct dentry_run *dr,
				      struct mag_dentry *dentry,
				      const struct dentry_name *name)
{
	struct dentry_bucket *bucket = dentry_bucket(dr, name->hash);
	struct mag_dentry *there;

	spin_lock(&bucket->lock);
	hlist_for_each_entry(there, &bucket->head, hash)
		if (dentry_matches(there, name) &&
		    lockref_get_not_dead(&there->ref))
			break;
	if (!there) {
		hlist_add_head_rcu(&dentry->hash, &bucket->head);
		there = dentry;
	}
	spin_unlock(&bucket->lock);
	return there;
}

static void dentry_unhash(struct mag_dentry *dentry)
{
	struct dentry_bucket *bucket =
		dentry_bucket(dentry->run, dentry->name_hash);

	spin_lock(&bucket->lock);
	hlist_del_init_rcu(&dentry->hash);
	spin_unlock(&bucket->lock);
}

/* Deletes an entry and drops the reference the caller holds. */
static void dentry_delete(struct dentry_worker *dw, struct mag_dentry *dentry)
{
	dentry_unhash(dentry);

	spin_lock(&dentry->ref.lock);
	dentry->unlinked = true;
	spin_unlock(&dentry->ref.lock);
	dentry_put(dw, dentry);
}

/* The LRU list. */

static void lru_add(struct dentry_run *dr, struct mag_dentry *dentry)
{
	spin_lock(&dr->lru_lock);
	list_add_tail(&dentry->lru, &dr->lru);
	WRITE_ONCE(dr->nr_lru, dr->nr_lru + 1);
	spin_unlock(&dr->lru_lock);
}

/*
 * Whether the entry can go; if so it is dead from here on, and only the caller
 * has it.  One that was looked up gets a second chance, one in use stays.
 */
static bool lru_kill(struct dentry_run *dr, struct mag_dentry *dentry)
{
	bool idle;

	lockdep_assert_held(&dr->lru_lock);
	if (READ_ONCE(dentry->referenced)) {
		WRITE_ONCE(dentry->referenced, false);
		return false;
	}
	if (!spin_trylock(&dentry->ref.lock))
		return false;
	idle = !dentry->ref.count;
	if (idle)
		lockref_mark_dead(&dentry->ref);
	spin_unlock(&dentry->ref.lock);
	return idle;
}

/*
 * Moves up to @want entries, the oldest that can go, to @evicted; looks at each
 * twice at most.  Returns how many.
 */
static u32 lru_isolate(struct dentry_run *dr, struct list_head *evicted,
		       u32 want)
{
	struct mag_dentry *dentry;
	u32 got = 0;
	u32 looks;

	spin_lock(&dr->lru_lock);
	for (looks = 2 * dr->nr_lru; looks && got < want; looks--) {
		dentry = list_first_entry_or_null(&dr->lru, struct mag_dentry,
						  lru);
		if (!dentry)
			break;
		if (lru_kill(dr, dentry)) {
			list_move_tail(&dentry->lru, evicted);
			got++;
		} else {
			list_move_tail(&dentry->lru, &dr->lru);
		}
	}
	WRITE_ONCE(dr->nr_lru, dr->nr_lru - got);
	spin_unlock(&dr->lru_lock);
	return got;
}

/* Evicts up to @want entries, at most a batch; returns how many. */
static u32 lru_evict(struct dentry_worker *dw, u32 want)
{
	struct mag_dentry *dentry, *next;
	LIST_HEAD(evicted);
	u32 got;

	got = lru_isolate(dw->run, &evicted, min(want, DENTRY_SHRINK_BATCH));
	list_for_each_entry_safe(dentry, next, &evicted, lru) {
		list_del_init(&dentry->lru);
		dentry_unhash(dentry);
		dentry_free_later(dw, dentry);
	}
	return got;
}

/* Steps. */

static void dentry_trim(struct dentry_worker *dw)
{
	struct dentry_run *dr = dw->run;
	u32 nr = READ_ONCE(dr->nr_lru);

	if (nr > dr->bound)
		mag_worker_count(dw->worker, DENTRY_COUNT_EVICTED,
				 lru_evict(dw, nr - dr->bound));
}

/* Below the budget: what a wake-up at half of it makes true, and more. */
static bool dentry_ready(struct mag_worker *worker)
{
	struct dentry_worker *dw = worker->priv;

	return atomic_read(&dw->pending) < dw->run->budget;
}

static int dentry_wait(struct dentry_worker *dw)
{
	mag_worker_count(dw->worker, DENTRY_COUNT_RCU_WAITS, 1);
	return -EAGAIN;
}

/* Whether a mass shrink is under way or due; begins one that is due. */
static bool dentry_shrinks(struct dentry_worker *dw)
{
	const struct dentry_run *dr = dw->run;
	u64 every = dr->run->params[DENTRY_SHRINK_EVERY];

	if (!every || dw->ops < every)
		return dw->shrink_left;
	dw->ops = 0;
	dw->shrink_ticks = 0;
	dw->shrink_left = (u64)READ_ONCE(dr->nr_lru) *
			  dr->run->params[DENTRY_SHRINK] / 100;
	return dw->shrink_left;
}

/*
 * Goes on with a mass shrink, as far as the budget lets it: what one worker
 * evicted past its budget, the others could create anew, and max_live with it.
 */
static void dentry_shrink(struct dentry_worker *dw)
{
	u64 start = mag_clock_read();
	u32 got;

	do {
		got = lru_evict(dw, dw->shrink_left);
		dw->shrink_left = got ? dw->shrink_left - got : 0;
		mag_worker_count(dw->worker, DENTRY_COUNT_SHRUNK, got);
	} while (dw->shrink_left && dentry_ready(dw->worker));

	dw->shrink_ticks += mag_clock_read() - start;
	if (!dw->shrink_left)
		mag_lane_record(&dw->worker->lane, DENTRY_OP_SHRINK,
				dw->shrink_ticks);
}

/* Keeps a short-lived entry with the caller's reference, deletes the oldest. */
static void dentry_keep(struct dentry_worker *dw, struct mag_dentry *dentry)
{
	struct mag_dentry **oldest = &dw->kept[dw->next_kept];

	if (*oldest) {
		dentry_delete(dw, *oldest);
		mag_worker_count(dw->worker, DENTRY_COUNT_DELETED, 1);
	}
	*oldest = dentry;
	dw->next_kept = (dw->next_kept + 1) % DENTRY_KEPT;
}

static void dentry_create(struct dentry_worker *dw, bool short_lived)
{
	struct dentry_run *dr = dw->run;
	struct mag_dentry *dentry, *there;

	dentry = dentry_alloc(dw);
	if (!dentry)
		return;

	there = dentry_hash(dr, dentry, &dw->name);
	if (there != dentry) {
		mag_worker_count(dw->worker, DENTRY_COUNT_DUPLICATES, 1);
		dentry_put(dw, there);
		dentry_free(dw, dentry);
		return;
	}
	mag_worker_count(dw->worker, DENTRY_COUNT_CREATED, 1);

	if (short_lived) {
		dentry_keep(dw, dentry);
		return;
	}
	lru_add(dr, dentry);
	dentry_put(dw, dentry);
	dentry_trim(dw);
}

static void dentry_hit(struct dentry_worker *dw, struct mag_dentry *dentry)
{
	mag_worker_count(dw->worker, DENTRY_COUNT_HITS, 1);
	if (!dentry->inode)
		mag_worker_count(dw->worker, DENTRY_COUNT_NEGATIVE_HITS, 1);

	/* Not to dirty its line for nothing. */
	if (!READ_ONCE(dentry->referenced))
		WRITE_ONCE(dentry->referenced, true);
	dentry_put(dw, dentry);
}

static int dentry_step(struct mag_worker *worker)
{
	struct dentry_worker *dw = worker->priv;
	struct mag_dentry *dentry;
	bool short_lived;
	u64 start;

	if (!dentry_ready(worker))
		return dentry_wait(dw);
	if (dentry_shrinks(dw)) {
		dentry_shrink(dw);
		return 0;
	}
	dw->ops++;
	short_lived = name_draw(dw);

	start = mag_clock_read();
	dentry = dentry_find(dw->run, &dw->name);
	mag_lane_record(&worker->lane, DENTRY_OP_LOOKUP,
			mag_clock_read() - start);

	if (dentry)
		dentry_hit(dw, dentry);
	else
		dentry_create(dw, short_lived);
	return 1;
}

/* Setup and teardown. */

/* No worker runs and no callback is left: nobody else sees the entry. */
static void dentry_bury(struct dentry_run *dr, struct mag_dentry *dentry)
{
	struct mag_lane *lane = &dr->run->workers[0].lane;

	dentry_unhash(dentry);
	if (dentry_name_is_external(dentry))
		mag_lane_free_untimed(lane, dr->names[dentry->name_pool],
				      dentry->name);
	dentry_deconstruct(dentry);
	mag_lane_free_untimed(lane, dr->dentries, dentry);
}

static void dentry_bury_kept(struct dentry_run *dr, struct dentry_worker *dw)
{
	u32 i;

	for (i = 0; i < DENTRY_KEPT; i++)
		if (dw->kept[i])
			dentry_bury(dr, dw->kept[i]);
}

static void dentry_bury_lru(struct dentry_run *dr)
{
	struct mag_dentry *dentry, *next;

	list_for_each_entry_safe(dentry, next, &dr->lru, lru) {
		list_del_init(&dentry->lru);
		dentry_bury(dr, dentry);
		cond_resched();
	}
}

static void dentry_run_destroy(struct dentry_run *dr)
{
	kvfree(dr->buckets);
	kvfree(dr->workers);
	kfree(dr);
}

static void dentry_teardown(struct mag_run *run)
{
	struct dentry_run *dr = run->priv;
	u32 i;

	rcu_barrier();
	for (i = 0; i < run->nr_workers; i++) {
		WARN_ON_ONCE(atomic_read(&dr->workers[i].pending));
		dentry_bury_kept(dr, &dr->workers[i]);
	}
	dentry_bury_lru(dr);
	dentry_run_destroy(dr);
	run->priv = NULL;
}

static int dentry_buckets_init(struct dentry_run *dr)
{
	u32 nr = roundup_pow_of_two(dr->bound);
	u32 i;

	dr->buckets = kvmalloc_array(nr, sizeof(*dr->buckets), GFP_KERNEL);
	if (!dr->buckets)
		return -ENOMEM;

	dr->mask = nr - 1;
	for (i = 0; i < nr; i++) {
		INIT_HLIST_HEAD(&dr->buckets[i].head);
		spin_lock_init(&dr->buckets[i].lock);
	}
	return 0;
}

static int dentry_workers_init(struct dentry_run *dr, struct mag_run *run)
{
	u32 i;

	dr->workers =
		kvcalloc(run->nr_workers, sizeof(*dr->workers), GFP_KERNEL);
	if (!dr->workers)
		return -ENOMEM;

	for (i = 0; i < run->nr_workers; i++) {
		dr->workers[i].run = dr;
		dr->workers[i].worker = &run->workers[i];
		run->workers[i].priv = &dr->workers[i];
	}
	return 0;
}

/*
 * A worker that is below its budget creates one entry and trims the list to its
 * bound, or evicts a batch: it passes its budget by a batch at most.
 */
static unsigned long dentry_max_live(const struct dentry_run *dr)
{
	return dr->bound + (unsigned long)dr->run->nr_workers *
				   (dr->budget + DENTRY_OVERSHOOT);
}

static int dentry_pools_init(struct dentry_run *dr, struct mag_run *run)
{
	struct mag_pool_spec entry = {
		.name = "dentry",
		.size = sizeof(struct mag_dentry),
		.align = __alignof__(struct mag_dentry),
		.ctor = dentry_construct,
		.max_live = dentry_max_live(dr),
	};
	struct mag_pool_spec name = { .max_live = entry.max_live };
	u32 i;

	dr->dentries = mag_run_pool_create(run, &entry);
	if (IS_ERR(dr->dentries))
		return PTR_ERR(dr->dentries);
	if (!run->params[DENTRY_EXT_NAME])
		return 0;

	for (i = 0; i < DENTRY_NAME_POOLS; i++) {
		name.name = dentry_name_pools[i];
		name.size = (i + 1) * DENTRY_EXT_STEP;
		dr->names[i] = mag_run_pool_create(run, &name);
		if (IS_ERR(dr->names[i]))
			return PTR_ERR(dr->names[i]);
	}
	return 0;
}

static int dentry_setup(struct mag_run *run)
{
	struct dentry_run *dr;
	int err;

	dr = kzalloc(sizeof(*dr), GFP_KERNEL);
	if (!dr)
		return -ENOMEM;

	dr->run = run;
	dr->seed = jhash_2words(run->config.seed, run->config.seed >> 32, 0);
	dr->bound = run->params[DENTRY_BOUND];
	dr->budget = max_t(u32, DENTRY_MIN_BUDGET,
			   run->params[DENTRY_RCU_PENDING] / run->nr_workers);
	spin_lock_init(&dr->lru_lock);
	INIT_LIST_HEAD(&dr->lru);

	err = dentry_buckets_init(dr);
	if (!err)
		err = dentry_workers_init(dr, run);
	if (!err)
		err = dentry_pools_init(dr, run);
	if (err) {
		dentry_run_destroy(dr);
		return err;
	}
	run->priv = dr;
	return 0;
}

const struct mag_workload_ops mag_workload_dentry = {
	.name = "dentry",
	.help = "named entries looked up, created, evicted, deleted, shrunk, freed by RCU",
	.unit = "operations",
	.params = dentry_params,
	.nr_params = DENTRY_NR_PARAMS,
	.ops = dentry_ops,
	.nr_ops = DENTRY_NR_OPS,
	.counters = dentry_counters,
	.nr_counters = DENTRY_NR_COUNTERS,
	.check = dentry_check,
	.setup = dentry_setup,
	.step = dentry_step,
	.ready = dentry_ready,
	.teardown = dentry_teardown,
};
