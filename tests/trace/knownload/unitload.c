// SPDX-License-Identifier: GPL-2.0-only
/*
 * Units of work that allocate so and so often, for allocsper.  Each write to
 * /proc/unitload is a system call that makes known allocations: by the task, by
 * a tasklet and by an interrupt that hit meanwhile; or, of a "p", one that sends
 * packets over the loopback device, whose receiver makes them.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bottom_half.h>
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/etherdevice.h>
#include <linux/interrupt.h>
#include <linux/irq_work.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/proc_fs.h>
#include <linux/sched.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <net/net_namespace.h>

#include "compat.h"

#define MAX_ALLOCS 64
#define LARGE	   (5 * PAGE_SIZE)
/* Ethertype for local experiments, that no protocol has. */
#define UNIT_TYPE  ETH_P_802_EX1

static uint singly = 3;
module_param(singly, uint, 0444);
MODULE_PARM_DESC(singly, "objects of a call that the task allocates, one each");

static uint bulk;
module_param(bulk, uint, 0444);
MODULE_PARM_DESC(bulk, "further ones, by kmem_cache_alloc_bulk()");

static uint large;
module_param(large, uint, 0444);
MODULE_PARM_DESC(large,
		 "pieces of memory that it allocates, too large for a cache");

static uint softirq;
module_param(softirq, uint, 0444);
MODULE_PARM_DESC(softirq, "objects that a tasklet allocates during a call");

static uint hardirq;
module_param(hardirq, uint, 0444);
MODULE_PARM_DESC(
	hardirq,
	"objects that an interrupt allocates during a call, or during the receipt of a packet");

static uint packets = 1;
module_param(packets, uint, 0444);
MODULE_PARM_DESC(packets, "that a call sends, received all in one go");

static uint packet = 2;
module_param(packet, uint, 0444);
MODULE_PARM_DESC(packet, "objects that the receipt of a packet allocates");

static ulong received;
module_param(received, ulong, 0444);
MODULE_PARM_DESC(received, "packets, so far");

static struct kmem_cache *cache;
static struct tasklet_struct tasklet;
static struct irq_work irq_work;
static DECLARE_COMPLETION(tasklet_done);
static bool interrupted;

static void alloc_some(uint nr, gfp_t gfp)
{
	void *obj;

	while (nr--) {
		obj = kmem_cache_alloc(cache, gfp);
		if (obj)
			kmem_cache_free(cache, obj);
	}
}

static void alloc_in_bulk(void)
{
	void *objs[MAX_ALLOCS];

	if (bulk && kmem_cache_alloc_bulk(cache, GFP_KERNEL, bulk, objs))
		kmem_cache_free_bulk(cache, bulk, objs);
}

static void alloc_large(uint nr)
{
	size_t size = LARGE;

	/* Of a constant size it is told once, else twice. */
	OPTIMIZER_HIDE_VAR(size);
	while (nr--)
		kfree(kmalloc(size, GFP_KERNEL));
}

static void run_tasklet(struct tasklet_struct *unused)
{
	alloc_some(softirq, GFP_ATOMIC);
	complete(&tasklet_done);
}

static void run_irq_work(struct irq_work *unused)
{
	alloc_some(hardirq, GFP_ATOMIC);
	WRITE_ONCE(interrupted, true);
}

/* Comes back when the interrupt has been; also in a softirq, on one CPU. */
static void interrupt_here(void)
{
	WRITE_ONCE(interrupted, false);
	irq_work_queue(&irq_work);
	while (!READ_ONCE(interrupted))
		cpu_relax();
}

static void work_of_call(void)
{
	alloc_some(singly, GFP_KERNEL);
	alloc_in_bulk();
	alloc_large(large);
	if (hardirq)
		interrupt_here();
	if (!softirq)
		return;
	reinit_completion(&tasklet_done);
	/* Enabling runs it at once, unless ksoftirqd does. */
	local_bh_disable();
	tasklet_schedule(&tasklet);
	local_bh_enable();
	wait_for_completion(&tasklet_done);
}

/* All run on one CPU, for the loopback device hands a packet to its own. */
static int receive(struct sk_buff *skb, struct net_device *dev,
		   struct packet_type *type, struct net_device *orig_dev)
{
	alloc_some(packet, GFP_ATOMIC);
	if (hardirq)
		interrupt_here();
	received++;
	kfree_skb(skb);
	return NET_RX_SUCCESS;
}

static struct packet_type unit_packets = {
	.type = cpu_to_be16(UNIT_TYPE),
	.func = receive,
};

static int send_packet(struct net_device *dev)
{
	struct sk_buff *skb = alloc_skb(ETH_ZLEN + LL_MAX_HEADER, GFP_ATOMIC);
	int err;

	if (!skb)
		return -ENOMEM;
	skb_reserve(skb, LL_MAX_HEADER);
	skb->dev = dev;
	skb->protocol = unit_packets.type;
	skb_put_zero(skb, ETH_ZLEN - ETH_HLEN);
	skb_reset_network_header(skb);
	eth_header(skb, dev, UNIT_TYPE, dev->dev_addr, dev->dev_addr, 0);
	err = dev_queue_xmit(skb);
	return net_xmit_eval(err);
}

/* Received all in one go, for no softirq runs in between. */
static int send_packets(void)
{
	int err = 0;
	uint i;

	local_bh_disable();
	for (i = 0; i < packets && !err; i++)
		err = send_packet(init_net.loopback_dev);
	local_bh_enable();
	return err;
}

static ssize_t unit_write(struct file *file, const char __user *words,
			  size_t len, loff_t *pos)
{
	int err = 0;
	char kind;

	if (!len || get_user(kind, words))
		return -EINVAL;
	if (kind == 'p')
		err = send_packets();
	else
		work_of_call();
	return err ?: len;
}

static const struct proc_ops unit_ops = {
	.proc_write = unit_write,
	.proc_lseek = noop_llseek,
};

/* Each CPU of a new cache may have allocations of SLUB's own to begin with. */
static void warm_up(void)
{
	int cpu;

	for_each_online_cpu(cpu) {
		set_cpus_allowed_ptr(current, cpumask_of(cpu));
		alloc_some(1, GFP_KERNEL);
	}
	set_cpus_allowed_ptr(current, cpu_possible_mask);
}

static int __init unit_init(void)
{
	if (bulk > MAX_ALLOCS)
		return -EINVAL;
	cache = kmem_cache_create("unitload", 256, 0, MAG_SLAB_NO_MERGE, NULL);
	if (!cache)
		return -ENOMEM;
	warm_up();
	tasklet_setup(&tasklet, run_tasklet);
	init_irq_work(&irq_work, run_irq_work);
	if (!proc_create(KBUILD_MODNAME, 0200, NULL, &unit_ops)) {
		kmem_cache_destroy(cache);
		return -ENOMEM;
	}
	dev_add_pack(&unit_packets);
	return 0;
}

static void __exit unit_exit(void)
{
	remove_proc_entry(KBUILD_MODNAME, NULL);
	dev_remove_pack(&unit_packets);
	tasklet_kill(&tasklet);
	irq_work_sync(&irq_work);
	kmem_cache_destroy(cache);
}

module_init(unit_init);
module_exit(unit_exit);

MODULE_DESCRIPTION("Units of work of known counts, to check scripts that count");
MODULE_LICENSE("GPL");
