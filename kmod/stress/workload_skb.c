// SPDX-License-Identifier: GPL-2.0-only
/*
 * Workload: what a network stack asks of an allocator.  Packets are received in
 * bursts in interrupt context; some are freed where they came in, some handed
 * through a ring to another CPU and freed there in bulk, some cloned.
 * Sizes and steps are those of net/core/skbuff.c on x86-64, Linux 6.1.
 */
#include "workload.h"

#include <linux/align.h>
#include <linux/atomic.h>
#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/ptr_ring.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "run.h"

#define SKB_HEAD_BYTES	 232 /* sizeof(struct sk_buff) */
#define SKB_SHARED_BYTES 320 /* sizeof(struct skb_shared_info) */
#define SKB_CLEARED	 32 /* offsetof(struct skb_shared_info, dataref) */
#define SKB_ALIGN	 64 /* SMP_CACHE_BYTES, as of SKB_DATA_ALIGN() */
#define SKB_HEADERS	 64 /* of a packet, touched by its receiver */
#define SKB_MAX_BURST	 64 /* NAPI_POLL_WEIGHT */

#define SKB_GFP		 (GFP_ATOMIC | __GFP_NOWARN)

enum {
	SKB_BURST,
	SKB_MIX_64,
	SKB_MIX_576,
	SKB_MIX_1500,
	SKB_HEADROOM,
	SKB_HANDOFF,
	SKB_CLONE,
	SKB_QUEUE_DEPTH,
	SKB_HARDIRQ,
	SKB_NR_PARAMS,
};

static const struct mag_param pkt_params[] = {
	[SKB_BURST] = { "burst", "packets",
			"received in one go (NAPI_POLL_WEIGHT is 64)", 1,
			SKB_MAX_BURST, SKB_MAX_BURST },
	[SKB_MIX_64] = { "mix_64", "",
			 "weight of 64-byte packets (simple IMIX is 7:4:1)", 0,
			 1000, 7 },
	[SKB_MIX_576] = { "mix_576", "",
			  "weight of 576-byte packets (simple IMIX is 7:4:1)",
			  0, 1000, 4 },
	[SKB_MIX_1500] = { "mix_1500", "",
			   "weight of 1500-byte packets (simple IMIX is 7:4:1)",
			   0, 1000, 1 },
	[SKB_HEADROOM] = { "headroom", "bytes",
			   "before a packet's data (NET_SKB_PAD is 64 on x86)",
			   0, 1024, 64 },
	[SKB_HANDOFF] = { "handoff", "percent",
			  "of packets handed to another CPU and freed there", 0,
			  100, 50 },
	[SKB_CLONE] = { "clone", "percent",
			"of packets cloned, handed over, the clone freed at once; what handoff and clone leave is freed where it came in",
			0, 100, 10 },
	[SKB_QUEUE_DEPTH] = { "queue_depth", "packets",
			      "handed over and not yet freed, a receiver, at most; not below burst",
			      1, 65536, 1024 },
	[SKB_HARDIRQ] = { "hardirq", "percent",
			  "of bursts received in hard interrupt context, as by drivers without NAPI; the others in softirq",
			  0, 100, 2 },
};

enum {
	SKB_OP_ALLOC_HEAD,
	SKB_OP_ALLOC_DATA,
	SKB_OP_FREE,
	SKB_OP_FREE_BULK,
	SKB_OP_BURST,
	SKB_NR_OPS,
};

static const struct mag_op pkt_ops[] = {
	[SKB_OP_ALLOC_HEAD] = { "alloc_head", "a 232-byte head allocated" },
	[SKB_OP_ALLOC_DATA] = { "alloc_data",
				"a data buffer of any size allocated" },
	[SKB_OP_FREE] = { "free", "a head or buffer freed by its receiver" },
	[SKB_OP_FREE_BULK] = { "free_bulk",
			       "a call that frees up to 64 heads, or buffers of one size" },
	[SKB_OP_BURST] = { "burst", "a whole burst, in its interrupt" },
};

enum {
	SKB_COUNT_LOCAL,
	SKB_COUNT_HANDED,
	SKB_COUNT_CLONED,
	SKB_COUNT_DROPPED,
	SKB_COUNT_HARDIRQ,
	SKB_COUNT_QUEUE_FULL,
	SKB_NR_COUNTERS,
};

static const struct mag_counter pkt_counters[] = {
	[SKB_COUNT_LOCAL] = { "freed_local", "packets",
			      "freed where they came in" },
	[SKB_COUNT_HANDED] = { "handed_over", "packets",
			       "handed to the consumer, clones' originals included" },
	[SKB_COUNT_CLONED] = { "cloned", "packets", "cloned" },
	[SKB_COUNT_DROPPED] = { "dropped", "packets",
				"not received for want of memory" },
	[SKB_COUNT_HARDIRQ] = { "hardirq_bursts", "bursts",
				"received in hard interrupt context" },
	[SKB_COUNT_QUEUE_FULL] = { "queue_full", "waits",
				   "of a receiver, for room in its queue" },
};

enum pkt_class {
	SKB_CLASS_64,
	SKB_CLASS_576,
	SKB_CLASS_1500,
	SKB_NR_CLASSES,
};

/* Pools of a run; a class of weight 0 has no pool. */
static const struct {
	const char *pool;
	u32 bytes;
	u32 weight;
} pkt_classes[] = {
	[SKB_CLASS_64] = { "skb_data_64", 64, SKB_MIX_64 },
	[SKB_CLASS_576] = { "skb_data_576", 576, SKB_MIX_576 },
	[SKB_CLASS_1500] = { "skb_data_1500", 1500, SKB_MIX_1500 },
};

enum pkt_fate {
	SKB_FATE_LOCAL,
	SKB_FATE_HANDED,
	SKB_FATE_CLONED,
};

/**
 * struct pkt_head - a packet's or a clone's head
 * @data: the buffer
 * @shared: the tail of the buffer
 * @stamp: of the packet, the same in @shared: tells an object served twice
 * @cls: size class of the buffer
 * @fate: what becomes of the packet
 * @rest: up to the size of a struct sk_buff
 */
struct pkt_head {
	void *data;
	struct pkt_shared *shared;
	u64 stamp;
	u32 cls;
	u32 fate;
	u8 rest[SKB_HEAD_BYTES - 2 * sizeof(void *) - 16];
};

/**
 * struct pkt_shared - what the heads of one buffer share, at its end
 * @cleared: set to zero at each allocation
 * @dataref: heads
 * @stamp: of the packet
 * @frags: up to the size of a struct skb_shared_info
 */
struct pkt_shared {
	u8 cleared[SKB_CLEARED];
	atomic_t dataref;
	u64 stamp;
	u8 frags[SKB_SHARED_BYTES - SKB_CLEARED - 16];
};

static_assert(sizeof(struct pkt_head) == SKB_HEAD_BYTES);
static_assert(sizeof(struct pkt_shared) == SKB_SHARED_BYTES);

/**
 * struct pkt_queue - from a receiver to its consumer
 * @ring: handed-over heads.  One producer, in an interrupt that its worker
 *	waits for, and one consumer: neither takes the ring's locks.
 * @produced: packets ever put in; the receiver's
 * @consumed: packets ever freed; written by the consumer, releasing their room
 *
 * Both counts wrap; their difference is at most queue_depth.
 */
struct pkt_queue {
	struct ptr_ring ring;
	u32 produced ____cacheline_aligned_in_smp;
	u32 consumed ____cacheline_aligned_in_smp;
};

/**
 * struct pkt_worker - a worker's own
 * @sr: the run
 * @worker: the worker
 * @peer: whom to wake; NULL for a worker that is its own consumer
 * @queue: to @peer, or from it where the worker is a consumer
 * @stamp: of the next packet; no two workers have one in common
 * @nr: packets in @heads
 * @heads: the burst under way
 * @nr_data: buffers in @data, by size class
 * @data: buffers to be freed in bulk
 */
struct pkt_worker {
	struct pkt_run *sr;
	struct mag_worker *worker;
	struct mag_worker *peer;
	struct pkt_queue *queue;
	u64 stamp;
	u32 nr;
	void *heads[SKB_MAX_BURST];
	u32 nr_data[SKB_NR_CLASSES];
	void *data[SKB_NR_CLASSES][SKB_MAX_BURST];
};

/**
 * struct pkt_run - what the workers share, constant while they run
 * @heads: pool of heads
 * @data: pools of buffers
 * @shared_offset: of the shared tail in a buffer, by size class
 * @weights: sum of the mix
 * @nr_queues: one to each receiver
 * @queues: the queues
 * @workers: by worker id
 */
struct pkt_run {
	struct mag_pool *heads;
	struct mag_pool *data[SKB_NR_CLASSES];
	u32 shared_offset[SKB_NR_CLASSES];
	u32 weights;
	u32 nr_queues;
	struct pkt_queue *queues;
	struct pkt_worker *workers;
};

static int pkt_check(const u64 *params, u32 nr_workers)
{
	if (!params[SKB_MIX_64] && !params[SKB_MIX_576] &&
	    !params[SKB_MIX_1500])
		return -EINVAL;
	if (params[SKB_HANDOFF] + params[SKB_CLONE] > 100)
		return -EINVAL;
	return params[SKB_QUEUE_DEPTH] < params[SKB_BURST] ? -EINVAL : 0;
}

/* Receiving: in softirq or hard interrupt context. */

static u32 pkt_draw_class(struct pkt_worker *sw)
{
	u32 draw = mag_worker_random_below(sw->worker, sw->sr->weights);
	u32 cls;

	for (cls = 0; cls < SKB_NR_CLASSES - 1; cls++) {
		u32 weight = sw->worker->run->params[pkt_classes[cls].weight];

		if (draw < weight)
			break;
		draw -= weight;
	}
	return cls;
}

static u32 pkt_draw_fate(struct pkt_worker *sw)
{
	const u64 *params = sw->worker->run->params;
	u32 draw = mag_worker_random_below(sw->worker, 100);

	if (draw < params[SKB_HANDOFF])
		return SKB_FATE_HANDED;
	if (draw < params[SKB_HANDOFF] + params[SKB_CLONE])
		return SKB_FATE_CLONED;
	return SKB_FATE_LOCAL;
}

/* As __build_skb_around() does, and then the packet's headers come in. */
static void pkt_init(struct pkt_worker *sw, struct pkt_head *head, void *data,
		     u32 cls)
{
	u32 headroom = sw->worker->run->params[SKB_HEADROOM];
	struct pkt_shared *shared = data + sw->sr->shared_offset[cls];

	memset(head, 0, sizeof(*head));
	head->data = data;
	head->shared = shared;
	head->cls = cls;
	head->stamp = sw->stamp++;

	memset(shared, 0, offsetof(struct pkt_shared, dataref));
	atomic_set(&shared->dataref, 1);
	shared->stamp = head->stamp;

	memset(data + headroom, cls, SKB_HEADERS);
}

/* A packet, or NULL where memory is short. */
static struct pkt_head *pkt_alloc(struct pkt_worker *sw, u32 cls)
{
	struct mag_lane *lane = &sw->worker->lane;
	struct pkt_head *head;
	void *data;

	head = mag_lane_alloc(lane, SKB_OP_ALLOC_HEAD, sw->sr->heads, SKB_GFP);
	if (!head)
		return NULL;

	data = mag_lane_alloc(lane, SKB_OP_ALLOC_DATA, sw->sr->data[cls],
			      SKB_GFP);
	if (!data) {
		mag_lane_free(lane, SKB_OP_FREE, sw->sr->heads, head);
		return NULL;
	}
	pkt_init(sw, head, data, cls);
	return head;
}

/* Drops the head's hold on its buffer; true if it was the last. */
static bool pkt_unref(struct pkt_head *head)
{
	WARN_ON_ONCE(head->stamp != head->shared->stamp);
	return atomic_dec_and_test(&head->shared->dataref);
}

static void pkt_free(struct pkt_worker *sw, struct pkt_head *head)
{
	struct mag_lane *lane = &sw->worker->lane;

	if (pkt_unref(head))
		mag_lane_free(lane, SKB_OP_FREE, sw->sr->data[head->cls],
			      head->data);
	mag_lane_free(lane, SKB_OP_FREE, sw->sr->heads, head);
}

/* There is room: the burst was not begun without. */
static void pkt_hand_over(struct pkt_worker *sw, struct pkt_head *head)
{
	if (WARN_ON_ONCE(__ptr_ring_produce(&sw->queue->ring, head))) {
		pkt_free(sw, head);
		return;
	}
	sw->queue->produced++;
	mag_worker_count(sw->worker, SKB_COUNT_HANDED, 1);
}

/*
 * A second head for the packet's buffer, as for a tap; NULL if memory is short.
 * The last to free of the two, here or on the consumer's CPU, frees the buffer.
 */
static struct pkt_head *pkt_clone(struct pkt_worker *sw, struct pkt_head *head)
{
	struct pkt_head *clone;

	clone = mag_lane_alloc(&sw->worker->lane, SKB_OP_ALLOC_HEAD,
			       sw->sr->heads, SKB_GFP);
	if (!clone)
		return NULL;

	memcpy(clone, head, sizeof(*clone));
	atomic_inc(&clone->shared->dataref);
	mag_worker_count(sw->worker, SKB_COUNT_CLONED, 1);
	return clone;
}

static void pkt_dispose(struct pkt_worker *sw, struct pkt_head *head)
{
	struct pkt_head *clone;

	switch (head->fate) {
	case SKB_FATE_HANDED:
		pkt_hand_over(sw, head);
		break;
	case SKB_FATE_CLONED:
		clone = pkt_clone(sw, head);
		pkt_hand_over(sw, head);
		if (clone)
			pkt_free(sw, clone);
		break;
	case SKB_FATE_LOCAL:
		pkt_free(sw, head);
		mag_worker_count(sw->worker, SKB_COUNT_LOCAL, 1);
		break;
	}
}

/*
 * What happens to a packet is drawn before its memory is asked for, so that the
 * sequence does not depend on the answer.
 */
static void pkt_receive_one(struct pkt_worker *sw)
{
	u32 cls = pkt_draw_class(sw);
	u32 fate = pkt_draw_fate(sw);
	struct pkt_head *head = pkt_alloc(sw, cls);

	if (!head) {
		mag_worker_count(sw->worker, SKB_COUNT_DROPPED, 1);
		return;
	}
	head->fate = fate;
	sw->heads[sw->nr++] = head;
}

static void pkt_receive_burst(void *arg)
{
	struct pkt_worker *sw = arg;
	u32 burst = sw->worker->run->params[SKB_BURST];
	u64 start = mag_clock_read();
	u32 i;

	sw->nr = 0;
	for (i = 0; i < burst; i++)
		pkt_receive_one(sw);
	for (i = 0; i < sw->nr; i++)
		pkt_dispose(sw, sw->heads[i]);

	mag_lane_record(&sw->worker->lane, SKB_OP_BURST,
			mag_clock_read() - start);
}

static bool pkt_queue_has_room(const struct pkt_worker *sw)
{
	const u64 *params = sw->worker->run->params;
	struct pkt_queue *queue = sw->queue;
	u32 queued;

	/* Pairs with the consumer's release of what it has freed. */
	queued = queue->produced - smp_load_acquire(&queue->consumed);
	return queued + params[SKB_BURST] <= params[SKB_QUEUE_DEPTH];
}

/* Consuming: in task context. */

static void pkt_free_bulk(struct pkt_worker *sw, u32 nr)
{
	struct mag_lane *lane = &sw->worker->lane;
	u32 cls;

	for (cls = 0; cls < SKB_NR_CLASSES; cls++) {
		if (!sw->nr_data[cls])
			continue;
		mag_lane_free_bulk(lane, SKB_OP_FREE_BULK, sw->sr->data[cls],
				   sw->nr_data[cls], sw->data[cls]);
		sw->nr_data[cls] = 0;
	}
	mag_lane_free_bulk(lane, SKB_OP_FREE_BULK, sw->sr->heads, nr,
			   sw->heads);
}

/* Takes up to a burst from the queue and frees it; returns how many. */
static u32 pkt_consume(struct pkt_worker *sw)
{
	struct pkt_queue *queue = sw->queue;
	u32 nr, i;

	nr = __ptr_ring_consume_batched(&queue->ring, sw->heads, SKB_MAX_BURST);
	if (!nr)
		return 0;

	for (i = 0; i < nr; i++) {
		struct pkt_head *head = sw->heads[i];
		u32 cls = head->cls;

		if (pkt_unref(head))
			sw->data[cls][sw->nr_data[cls]++] = head->data;
	}
	pkt_free_bulk(sw, nr);
	/* Pairs with the receiver's acquire in pkt_queue_has_room(). */
	smp_store_release(&queue->consumed, queue->consumed + nr);
	return nr;
}

static int pkt_step_receiver(struct pkt_worker *sw)
{
	struct mag_worker *worker = sw->worker;
	enum mag_context_kind kind = MAG_CONTEXT_SOFTIRQ;
	u32 received;

	if (!pkt_queue_has_room(sw)) {
		mag_worker_count(worker, SKB_COUNT_QUEUE_FULL, 1);
		return -EAGAIN;
	}

	if (mag_worker_chance(worker, worker->run->params[SKB_HARDIRQ])) {
		kind = MAG_CONTEXT_HARDIRQ;
		mag_worker_count(worker, SKB_COUNT_HARDIRQ, 1);
	}
	mag_context_call(&worker->context, kind, pkt_receive_burst, sw);
	received = sw->nr;

	if (sw->peer)
		mag_worker_wake(sw->peer);
	else
		while (pkt_consume(sw))
			;
	return received;
}

static int pkt_step_consumer(struct pkt_worker *sw)
{
	if (!pkt_consume(sw))
		return -EAGAIN;

	mag_worker_wake(sw->peer);
	return 0;
}

static int pkt_step(struct mag_worker *worker)
{
	return worker->follows ? pkt_step_consumer(worker->priv)
			       : pkt_step_receiver(worker->priv);
}

static bool pkt_ready(struct mag_worker *worker)
{
	struct pkt_worker *sw = worker->priv;

	return worker->follows ? !__ptr_ring_empty(&sw->queue->ring)
			       : pkt_queue_has_room(sw);
}

static void pkt_drain(struct pkt_run *sr, struct pkt_queue *queue,
		      struct mag_lane *lane)
{
	struct pkt_head *head;

	while ((head = __ptr_ring_consume(&queue->ring))) {
		if (pkt_unref(head))
			mag_lane_free_untimed(lane, sr->data[head->cls],
					      head->data);
		mag_lane_free_untimed(lane, sr->heads, head);
	}
}

static void pkt_run_destroy(struct pkt_run *sr)
{
	u32 i;

	for (i = 0; i < sr->nr_queues; i++)
		ptr_ring_cleanup(&sr->queues[i].ring, NULL);
	kvfree(sr->queues);
	kvfree(sr->workers);
	kfree(sr);
}

static void pkt_teardown(struct mag_run *run)
{
	struct pkt_run *sr = run->priv;
	u32 i;

	for (i = 0; i < sr->nr_queues; i++)
		pkt_drain(sr, &sr->queues[i], &run->workers[2 * i].lane);
	pkt_run_destroy(sr);
	run->priv = NULL;
}

/*
 * The ring is larger than the queue may be deep, by what ptr_ring leaves
 * behind: it clears the entries taken out a batch at a time.
 */
static int pkt_queues_init(struct pkt_run *sr, const struct mag_run *run)
{
	u32 nr = DIV_ROUND_UP(run->nr_workers, 2);
	int err;

	sr->queues = kvcalloc(nr, sizeof(*sr->queues), GFP_KERNEL);
	if (!sr->queues)
		return -ENOMEM;

	for (; sr->nr_queues < nr; sr->nr_queues++) {
		err = ptr_ring_init(&sr->queues[sr->nr_queues].ring,
				    run->params[SKB_QUEUE_DEPTH] +
					    SKB_MAX_BURST,
				    GFP_KERNEL);
		if (err)
			return err;
	}
	return 0;
}

/* Even workers receive, odd ones consume; a last one alone does both. */
static int pkt_workers_init(struct pkt_run *sr, struct mag_run *run)
{
	u32 i;

	sr->workers =
		kvcalloc(run->nr_workers, sizeof(*sr->workers), GFP_KERNEL);
	if (!sr->workers)
		return -ENOMEM;

	for (i = 0; i < run->nr_workers; i++) {
		struct pkt_worker *sw = &sr->workers[i];

		sw->sr = sr;
		sw->worker = &run->workers[i];
		sw->queue = &sr->queues[i / 2];
		sw->stamp = (u64)i << 48;
		if ((i ^ 1) < run->nr_workers)
			sw->peer = &run->workers[i ^ 1];
		sw->worker->follows = i & 1;
		sw->worker->priv = sw;
	}
	return 0;
}

/*
 * Out at once for each receiver: what is in its queue or being freed from it,
 * the burst under way, and as many clones, of which buffers know nothing.
 */
static int pkt_pools_init(struct pkt_run *sr, struct mag_run *run)
{
	u64 burst = run->params[SKB_BURST];
	struct mag_pool_spec spec = {
		.name = "skb_head",
		.size = SKB_HEAD_BYTES,
		.align = SKB_ALIGN,
		.max_live_cpu = run->params[SKB_QUEUE_DEPTH] + 2 * burst,
	};
	u32 bytes, cls;

	spec.max_live = spec.max_live_cpu * sr->nr_queues;
	sr->heads = mag_run_pool_create(run, &spec);
	if (IS_ERR(sr->heads))
		return PTR_ERR(sr->heads);

	spec.max_live_cpu -= burst;
	spec.max_live = spec.max_live_cpu * sr->nr_queues;
	for (cls = 0; cls < SKB_NR_CLASSES; cls++) {
		if (!run->params[pkt_classes[cls].weight])
			continue;
		sr->weights += run->params[pkt_classes[cls].weight];
		bytes = run->params[SKB_HEADROOM] + pkt_classes[cls].bytes;
		sr->shared_offset[cls] = ALIGN(bytes, SKB_ALIGN);

		spec.name = pkt_classes[cls].pool;
		spec.size = sr->shared_offset[cls] + SKB_SHARED_BYTES;
		sr->data[cls] = mag_run_pool_create(run, &spec);
		if (IS_ERR(sr->data[cls]))
			return PTR_ERR(sr->data[cls]);
	}
	return 0;
}

static int pkt_setup(struct mag_run *run)
{
	struct pkt_run *sr;
	int err;

	sr = kzalloc(sizeof(*sr), GFP_KERNEL);
	if (!sr)
		return -ENOMEM;

	err = pkt_queues_init(sr, run);
	if (!err)
		err = pkt_workers_init(sr, run);
	if (!err)
		err = pkt_pools_init(sr, run);
	if (err) {
		pkt_run_destroy(sr);
		return err;
	}
	run->priv = sr;
	return 0;
}

const struct mag_workload_ops mag_workload_skb = {
	.name = "skb",
	.help = "bursts of packets received in interrupts, handed over, cloned, freed in bulk",
	.unit = "packets",
	.params = pkt_params,
	.nr_params = SKB_NR_PARAMS,
	.ops = pkt_ops,
	.nr_ops = SKB_NR_OPS,
	.counters = pkt_counters,
	.nr_counters = SKB_NR_COUNTERS,
	.check = pkt_check,
	.setup = pkt_setup,
	.step = pkt_step,
	.ready = pkt_ready,
	.teardown = pkt_teardown,
};
