// SPDX-License-Identifier: GPL-2.0-only
/*
 * A load of packets of which everything is known beforehand.  Its insertion
 * receives so many bursts of them on one CPU, frees some where they came in,
 * clones some, and hands some over, which are freed on another CPU after so
 * long; all of it in the thread that inserts it.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/if_ether.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/sched.h>
#include <linux/skbuff.h>
#include <net/net_namespace.h>

static uint bursts = 10;
module_param(bursts, uint, 0444);
MODULE_PARM_DESC(bursts, "received");

static uint burst = 8;
module_param(burst, uint, 0444);
MODULE_PARM_DESC(burst, "packets in each, up to 64");

static uint size = 64;
module_param(size, uint, 0444);
MODULE_PARM_DESC(size, "bytes of a packet");

static uint headroom = 64;
module_param(headroom, uint, 0444);
MODULE_PARM_DESC(headroom, "bytes before it");

static uint handed;
module_param(handed, uint, 0444);
MODULE_PARM_DESC(handed, "of a burst, freed on CPU `other` after all bursts");

static uint cloned;
module_param(cloned, uint, 0444);
MODULE_PARM_DESC(
	cloned,
	"of a burst, handed over after they were cloned, the clone freed at once");

static bool napi_alloc;
module_param(napi_alloc, bool, 0444);
MODULE_PARM_DESC(napi_alloc, "heads are of NAPI's own cache");

static uint hold_us;
module_param(hold_us, uint, 0444);
MODULE_PARM_DESC(hold_us, "microseconds that handed packets wait, at least");

static uint cpu;
module_param(cpu, uint, 0444);
MODULE_PARM_DESC(cpu, "that receives");

static uint other = 1;
module_param(other, uint, 0444);
MODULE_PARM_DESC(other, "CPU that frees what is handed over");

static struct sk_buff_head queue;
static DECLARE_COMPLETION(received);
/* Packets of the burst under way that have come in. */
static uint nr_in;
/* For the allocation alone; nobody polls it. */
static struct napi_struct napi;

/* What becomes of a packet; it is the handler's own. */
static int receive(struct sk_buff *skb, struct net_device *dev,
		   struct packet_type *type, struct net_device *orig)
{
	uint nr = nr_in++;

	if (nr < handed + cloned) {
		if (nr >= handed)
			consume_skb(skb_clone(skb, GFP_ATOMIC));
		__skb_queue_tail(&queue, skb);
	} else {
		consume_skb(skb);
	}
	if (nr_in == burst)
		complete(&received);
	return NET_RX_SUCCESS;
}

/* The protocol is one that is free for experiments. */
static struct packet_type packets = {
	.type = cpu_to_be16(ETH_P_802_EX1),
	.func = receive,
};

static struct sk_buff *make_packet(void)
{
	struct sk_buff *skb;

	if (napi_alloc)
		skb = napi_alloc_skb(&napi, size);
	else
		skb = alloc_skb(headroom + size, GFP_ATOMIC);
	if (!skb)
		return NULL;
	if (!napi_alloc)
		skb_reserve(skb, headroom);
	skb_put_zero(skb, size);
	skb->dev = packets.dev;
	skb->protocol = packets.type;
	skb_reset_mac_header(skb);
	return skb;
}

/*
 * One burst, by way of the loopback device's queue, which one poll empties once
 * bottom halves are on.
 */
static int receive_burst(void)
{
	struct sk_buff *skb;
	uint i;

	nr_in = 0;
	local_bh_disable();
	for (i = 0; i < burst; i++) {
		skb = make_packet();
		if (!skb)
			break;
		netif_rx(skb);
	}
	local_bh_enable();
	if (i < burst)
		return -ENOMEM;
	wait_for_completion(&received);
	return 0;
}

static int go_to(uint id)
{
	return set_cpus_allowed_ptr(current, cpumask_of(id));
}

static int run_load(void)
{
	struct sk_buff *skb;
	int err = go_to(cpu);
	uint i;

	for (i = 0; i < bursts && !err; i++)
		err = receive_burst();
	if (hold_us)
		fsleep(hold_us);
	if (!err)
		err = go_to(other);
	while ((skb = __skb_dequeue(&queue)))
		consume_skb(skb);
	return err;
}

static int __init known_init(void)
{
	int err;

	if (!bursts || !burst || burst > NAPI_POLL_WEIGHT || !size ||
	    size > ETH_DATA_LEN || handed > burst || cloned > burst - handed ||
	    headroom > PAGE_SIZE || cpu >= nr_cpu_ids || other >= nr_cpu_ids)
		return -EINVAL;
	__skb_queue_head_init(&queue);
	packets.dev = init_net.loopback_dev;
	dev_add_pack(&packets);
	err = run_load();
	dev_remove_pack(&packets);
	return err;
}

static void __exit known_exit(void)
{
}

module_init(known_init);
module_exit(known_exit);

MODULE_DESCRIPTION("Packets of known counts, to check scripts that count");
MODULE_LICENSE("GPL");
