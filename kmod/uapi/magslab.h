/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * The ioctl ABI of /dev/magslab: fixed layout, shared with user space.
 * Every limit that either side checks stands here, once.  The layout of a
 * histogram is in magslab_hist.h.
 */
#ifndef _UAPI_MAGSLAB_H
#define _UAPI_MAGSLAB_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define MAG_DEVICE_NAME	       "magslab"
#define MAG_ABI_VERSION	       3

#define MAG_NAME_LEN	       32 /* bytes, with the closing NUL */
#define MAG_HELP_LEN	       192 /* bytes, with the closing NUL */
#define MAG_RELEASE_LEN	       64 /* bytes, with the closing NUL */
#define MAG_HASH_LEN	       16 /* bytes, with the closing NUL */

#define MAG_MAX_PARAMS	       24 /* parameters of one workload */
#define MAG_MAX_OPS	       8 /* operation kinds of one workload */
#define MAG_MAX_COUNTERS       8 /* event counters of one workload */
#define MAG_MAX_PRIMITIVES     16 /* room for MAG_NR_PRIMITIVES */
#define MAG_MAX_WORKERS	       4096
#define MAG_MAX_STEPS	       (1ULL << 40) /* per worker */
#define MAG_MAX_DURATION_NS    (3600ULL * 1000000000ULL)
#define MAG_MAX_WARMUP_NS      (60ULL * 1000000000ULL)

/* Kernel hooks that change what an allocation costs (mag_info.hooks). */
#define MAG_HOOK_INIT_ON_ALLOC (1ULL << 0)
#define MAG_HOOK_INIT_ON_FREE  (1ULL << 1)
#define MAG_HOOK_KASAN	       (1ULL << 2)
#define MAG_HOOK_KCSAN	       (1ULL << 3)
#define MAG_HOOK_KMEMLEAK      (1ULL << 4)
#define MAG_HOOK_LOCKDEP       (1ULL << 5)
#define MAG_HOOK_FAILSLAB      (1ULL << 6)
/* A backend's objects are charged to control groups. */
#define MAG_HOOK_MEMCG	       (1ULL << 7)
/*
 * SLUB's caches have percpu sheaves.  Only sysfs tells whether a cache has, so
 * that the module never sets it, and magctl does.
 */
#define MAG_HOOK_SHEAVES       (1ULL << 8)
#define MAG_HOOK_HARDENED      (1ULL << 9) /* SLAB_FREELIST_HARDENED */
#define MAG_HOOK_RANDOM	       (1ULL << 10) /* SLAB_FREELIST_RANDOM */
#define MAG_HOOK_DEBUG_PREEMPT (1ULL << 11)
#define MAG_HOOK_DEBUG_LOCKS   (1ULL << 12) /* DEBUG_SPINLOCK and its like */
#define MAG_HOOK_DEBUG_OBJECTS (1ULL << 13)
#define MAG_HOOK_GCOV	       (1ULL << 14) /* counts what is executed */
#define MAG_HOOK_KMSAN	       (1ULL << 15)
#define MAG_HOOK_PAGE_POISON   (1ULL << 16) /* free pages are poisoned */
#define MAG_HOOK_SLUB_STATS    (1ULL << 17) /* SLUB counts on each path */
#define MAG_HOOK_SLUB_TINY     (1ULL << 18) /* SLUB without percpu slabs */
/* SLUB may reschedule in each allocation that may sleep (might_alloc()). */
#define MAG_HOOK_RESCHED       (1ULL << 19)
/* SLUB calls should_failslab() in each allocation, CONFIG_FAILSLAB or not. */
#define MAG_HOOK_INJECTION     (1ULL << 20)
#define MAG_HOOKS_ALL	       ((1ULL << 21) - 1)

/* With one of these a figure means nothing for a kernel without it. */
#define MAG_HOOKS_DEBUG                                                     \
	(MAG_HOOK_KASAN | MAG_HOOK_KCSAN | MAG_HOOK_KMEMLEAK |              \
	 MAG_HOOK_LOCKDEP | MAG_HOOK_DEBUG_PREEMPT | MAG_HOOK_DEBUG_LOCKS | \
	 MAG_HOOK_DEBUG_OBJECTS | MAG_HOOK_GCOV | MAG_HOOK_KMSAN)

enum mag_clock {
	MAG_CLOCK_AUTO = 0, /* TSC where it is stable, else KTIME */
	MAG_CLOCK_TSC = 1, /* CPU time-stamp counter, of a known rate */
	MAG_CLOCK_KTIME = 2, /* ktime_get_ns(): a tick is a nanosecond */
	/*
	 * Time-stamp counter, of no rate.  Under an emulator that counts
	 * instructions one tick is one instruction.
	 */
	MAG_CLOCK_TICKS = 3,
	MAG_NR_CLOCKS = 4,
};

/* What every allocator is made of, and what a machine may make dear. */
enum mag_primitive {
	MAG_PRIMITIVE_CALL = 0, /* call of an empty function, and return */
	MAG_PRIMITIVE_CLOCK = 1, /* one reading of the clock of a run */
	MAG_PRIMITIVE_PREEMPT = 2, /* preempt_disable() + preempt_enable() */
	MAG_PRIMITIVE_IRQ = 3, /* local_irq_save() + local_irq_restore() */
	MAG_PRIMITIVE_BH = 4, /* local_bh_disable() + local_bh_enable() */
	MAG_PRIMITIVE_SPINLOCK =
		5, /* spin_lock() + spin_unlock(), uncontended */
	MAG_PRIMITIVE_ATOMIC = 6, /* atomic_inc() of a line of its own */
	MAG_PRIMITIVE_THIS_CPU = 7, /* this_cpu_inc() */
	MAG_PRIMITIVE_LINE =
		8, /* a cache line that moves to another CPU, one way */
	MAG_NR_PRIMITIVES = 9,
};

#define MAG_PRIMITIVE_BIT(primitive) (1ULL << (primitive))

/**
 * struct mag_info - MAG_IOC_INFO: what this module and kernel are
 * @abi_version: MAG_ABI_VERSION of the module
 * @nr_workloads: workloads that MAG_IOC_DESCRIBE knows
 * @nr_backends: backends that MAG_IOC_DESCRIBE knows
 * @nr_clocks: MAG_NR_CLOCKS
 * @nr_cpus_online: workers a run gets when it asks for 0
 * @page_size: bytes
 * @hooks: MAG_HOOK_* active in this kernel now
 * @tsc_khz: frequency of the time-stamp counter in kHz, 0 if there is none;
 *	in User-Mode Linux measured, and 0 unless it is constant
 * @auto_clock: the enum mag_clock that MAG_CLOCK_AUTO stands for here
 * @reserved: zero
 * @release: kernel release, as uname -r prints it
 * @preempt: preemption model of the kernel, e.g. "voluntary"
 * @version: version of the module
 * @config_hash: of the kernel's configuration that the module was built for,
 *	the first digits of the sha256 of its auto.conf; "" if it was not there
 */
struct mag_info {
	__u32 abi_version;
	__u32 nr_workloads;
	__u32 nr_backends;
	__u32 nr_clocks;
	__u32 nr_cpus_online;
	__u32 page_size;
	__u64 hooks;
	__u64 tsc_khz;
	__u32 auto_clock;
	__u32 reserved;
	char release[MAG_RELEASE_LEN];
	char preempt[MAG_NAME_LEN];
	char version[MAG_NAME_LEN];
	char config_hash[MAG_HASH_LEN];
};

enum mag_entity {
	MAG_ENTITY_WORKLOAD = 0,
	MAG_ENTITY_BACKEND = 1,
	MAG_ENTITY_CLOCK = 2,
	MAG_ENTITY_PARAM = 3, /* of workload @owner */
	MAG_ENTITY_OP = 4, /* of workload @owner */
	MAG_ENTITY_COUNTER = 5, /* of workload @owner */
	MAG_NR_ENTITIES = 6,
};

/**
 * struct mag_describe - MAG_IOC_DESCRIBE: one name and its meaning
 * @entity: in: enum mag_entity
 * @index: in: which one, from 0; past the last, the call fails with ENOENT
 * @owner: in: index of the workload whose parameter, op or counter it is; else 0
 * @nr_params: out, WORKLOAD: its number of parameters
 * @nr_ops: out, WORKLOAD: its number of operation kinds
 * @nr_counters: out, WORKLOAD: its number of event counters
 * @min: out, PARAM: least value
 * @max: out, PARAM: greatest value
 * @def: out, PARAM: value where the run gives none
 * @primitives: out, BACKEND: MAG_PRIMITIVE_BIT() of each primitive that its
 *	paths use, fast ones and slow ones
 * @reserved: zero, in and out
 * @name: out: the name
 * @unit: out, PARAM and COUNTER: unit of the value, e.g. "bytes", "percent";
 *	WORKLOAD: what one step is, in the plural, e.g. "packets"
 * @slabinfo: out, BACKEND: prefix of the /proc/slabinfo caches it draws on;
 *	empty where mag_run_status.held_bytes is exact
 * @help: out: one line, no newline
 */
struct mag_describe {
	__u32 entity;
	__u32 index;
	__u32 owner;
	__u32 nr_params;
	__u32 nr_ops;
	__u32 nr_counters;
	__u64 min;
	__u64 max;
	__u64 def;
	__u64 primitives;
	__u64 reserved;
	char name[MAG_NAME_LEN];
	char unit[MAG_NAME_LEN];
	char slabinfo[MAG_NAME_LEN];
	char help[MAG_HELP_LEN];
};

/**
 * struct mag_run_config - MAG_IOC_START: what to run
 * @abi_version: MAG_ABI_VERSION the caller was built with
 * @workload: index of the workload
 * @backend: index of the backend
 * @clock: enum mag_clock
 * @nr_workers: kernel threads, each bound to its own online CPU; 0: one a CPU
 * @reserved0: zero
 * @seed: of the random sequences; the same seed draws the same sequences
 * @duration_ns: of the measured part; 0: bounded by @steps alone
 * @steps: of the measured part, per worker; 0: bounded by @duration_ns alone;
 *	a worker that only follows others (a consumer) is bounded by theirs
 * @warmup_ns: run and not recorded, before the measured part
 * @warmup_steps: the same in steps per worker; the earlier bound ends it,
 *	and 0 in both means no warm-up
 * @param_mask: bit i set: @params[i] is given; clear: its default is used
 * @params: values in the order of MAG_ENTITY_PARAM
 * @cpus: user address of an array of @nr_workers __u32, the CPU of each worker, each
 *	once, all online; 0: the first online CPUs
 * @reserved: zero
 *
 * One of @duration_ns and @steps must be set; where both are, the earlier ends
 * the run.
 */
struct mag_run_config {
	__u32 abi_version;
	__u32 workload;
	__u32 backend;
	__u32 clock;
	__u32 nr_workers;
	__u32 reserved0;
	__u64 seed;
	__u64 duration_ns;
	__u64 steps;
	__u64 warmup_ns;
	__u64 warmup_steps;
	__u64 param_mask;
	__u64 params[MAG_MAX_PARAMS];
	__u64 cpus;
	__u64 reserved[3];
};

enum mag_state {
	MAG_STATE_IDLE = 0, /* no run was started on this file */
	MAG_STATE_WARMUP = 1,
	MAG_STATE_MEASURE = 2,
	MAG_STATE_HOLD = 3, /* measured; live objects still held */
	MAG_STATE_DONE = 4, /* everything freed; results still readable */
	MAG_STATE_FAILED = 5, /* mag_run_status.error says why */
	MAG_NR_STATES = 6,
};

/**
 * struct mag_op_result - one operation kind, all workers together
 * @count: samples taken
 * @sum: of the samples, in ticks
 * @min: least sample, in ticks
 * @max: greatest sample, in ticks; exact, in range or not
 * @below: samples under the histogram's range
 * @above: samples over the histogram's range
 * @per_sample: operations timed in one sample; 1 unless they are batched
 * @reserved: zero
 */
struct mag_op_result {
	__u64 count;
	__u64 sum;
	__u64 min;
	__u64 max;
	__u64 below;
	__u64 above;
	__u32 per_sample;
	__u32 reserved;
};

#define MAG_RUN_STOPPED (1U << 0) /* MAG_IOC_STOP ended it early */

/**
 * struct mag_run_status - MAG_IOC_STATUS: state, and results once there are any
 * @state: enum mag_state
 * @error: 0, or the negative errno that ended the run
 * @clock: enum mag_clock in use, never AUTO
 * @nr_workers: as run
 * @nr_ops: entries used in @ops
 * @nr_counters: entries used in @counters
 * @flags: MAG_RUN_*
 * @lost_cpu: where @error is -ENODEV: the CPU of a worker, which went offline
 * @elapsed_ns: length of the measured part so far, from ktime
 * @elapsed_ticks: the same in ticks of the run's clock; before the measured part
 *	has ended only KTIME knows it, the others give 0
 * @clock_khz: ticks of the run's clock in a millisecond: the TSC's kHz, 1000000
 *	for KTIME, 0 for TICKS, which are reported as they are
 * @clock_step: the smallest step by which readings of the clock differ, in ticks;
 *	measured before the warm-up, known from MAG_STATE_MEASURE on
 * @clock_read: ticks that one reading of it costs, likewise
 * @steps: steps done in the measured part by all workers
 * @allocs: objects allocated since the start, warm-up included
 * @frees: objects freed since the start, warm-up included
 * @alloc_failures: allocations that returned NULL in the measured part
 * @live_objects: objects out at the end of the measured part, after what had
 *	been left to RCU was freed
 * @live_bytes: the sum of their sizes as asked for
 * @held_bytes: memory the backend drew for them, if @held_exact
 * @held_exact: 1 if the backend itself counts @held_bytes, else 0
 * @reserved1: zero
 * @params: values used, defaults filled in
 * @counters: the workload's event counters over the measured part
 * @ops: by operation kind, complete from MAG_STATE_HOLD on
 * @reserved: zero
 */
struct mag_run_status {
	__u32 state;
	__s32 error;
	__u32 clock;
	__u32 nr_workers;
	__u32 nr_ops;
	__u32 nr_counters;
	__u32 flags;
	__u32 lost_cpu;
	__u64 elapsed_ns;
	__u64 elapsed_ticks;
	__u64 clock_khz;
	__u64 clock_step;
	__u64 clock_read;
	__u64 steps;
	__u64 allocs;
	__u64 frees;
	__u64 alloc_failures;
	__u64 live_objects;
	__u64 live_bytes;
	__u64 held_bytes;
	__u32 held_exact;
	__u32 reserved1;
	__u64 params[MAG_MAX_PARAMS];
	__u64 counters[MAG_MAX_COUNTERS];
	struct mag_op_result ops[MAG_MAX_OPS];
	__u64 reserved[1];
};

#define MAG_WORKER_ALL 0xffffffffU

/**
 * struct mag_hist_read - MAG_IOC_HIST: one whole histogram
 * @op: in: operation kind
 * @worker: in: worker number, or MAG_WORKER_ALL for all merged
 * @nr_buckets: in: room at @counts; must be MAG_HIST_BUCKETS
 * @reserved0: zero
 * @counts: in: user address of an array of __u64, one a bucket
 * @total: out: the sum of the counts written
 * @reserved: zero
 */
struct mag_hist_read {
	__u32 op;
	__u32 worker;
	__u32 nr_buckets;
	__u32 reserved0;
	__u64 counts;
	__u64 total;
	__u64 reserved[2];
};

#define MAG_CPU_NONE   0xffffffffU

/* mag_machine.flags: a kernel without CONFIG_SMP, in which locks are nothing. */
#define MAG_MACHINE_UP (1U << 0)

/**
 * struct mag_primitive_cost - what one primitive costs, in batches
 * @min: ticks of the shortest batch, less those of the median empty loop
 * @median: ticks of the median batch, less those of the median empty loop
 * @iterations: primitives in a batch
 * @batches: how many were timed; 0: this primitive was not measured
 */
struct mag_primitive_cost {
	__u64 min;
	__u64 median;
	__u32 iterations;
	__u32 batches;
};

/**
 * struct mag_machine - MAG_IOC_MACHINE: what primitives cost on one CPU
 * @abi_version: in: MAG_ABI_VERSION the caller was built with
 * @cpu: in: the CPU to measure on, online
 * @peer: in: a second one for MAG_PRIMITIVE_LINE, online, or MAG_CPU_NONE
 * @clock: in: enum mag_clock; out: the one used, never AUTO
 * @flags: out: MAG_MACHINE_*
 * @hz: out: CONFIG_HZ of the kernel
 * @khz: out: ticks a millisecond; 0 with TICKS, which may not be time
 * @clock_step: out: ticks by which readings of the clock differ at least
 * @window_ns: out: how long the clock was watched for interruptions, by ktime
 * @ticks: out: timer ticks of the CPU while it measured, if @ticks_ns
 * @gaps: out: readings in the time of @window_ns that came late: by more than 20
 *	times the median distance, two steps of the clock, and a microsecond
 * @gap_max: out: ticks of the longest
 * @gap_total: out: ticks of all together
 * @nr_primitives: out: MAG_NR_PRIMITIVES of the module
 * @reserved0: zero, in and out
 * @primitives: out: by enum mag_primitive
 * @ticks_ns: out: how long @ticks were counted, by ktime; 0: they are not known, as
 *	the kernel accounts for the CPU's time without its ticks
 * @reserved: zero, in and out
 *
 * Ticks are as the clock gives them, not scaled.
 */
struct mag_machine {
	__u32 abi_version;
	__u32 cpu;
	__u32 peer;
	__u32 clock;
	__u32 flags;
	__u32 hz;
	__u64 khz;
	__u64 clock_step;
	__u64 window_ns;
	__u64 ticks;
	__u64 gaps;
	__u64 gap_max;
	__u64 gap_total;
	__u32 nr_primitives;
	__u32 reserved0;
	struct mag_primitive_cost primitives[MAG_MAX_PRIMITIVES];
	__u64 ticks_ns;
	__u64 reserved[3];
};

#define MAG_IOC_MAGIC	 0xDB

/*
 * Errors common to all: ENOTTY unknown request; EFAULT bad address; EINVAL a
 * field out of its bounds or a reserved one not zero.  EPERM: open(),
 * START, STOP, FINISH and MACHINE need CAP_SYS_ADMIN.
 */

/* Always. */
#define MAG_IOC_INFO	 _IOR(MAG_IOC_MAGIC, 0x00, struct mag_info)
/* Always.  ENOENT: no such index. */
#define MAG_IOC_DESCRIBE _IOWR(MAG_IOC_MAGIC, 0x01, struct mag_describe)
/*
 * Starts a run and returns; poll() says POLLIN once it is in HOLD, DONE or FAILED.
 * EBUSY: this file has a run that is not over, or another file's run or MACHINE is
 * under way (one at a time, lest they disturb each other's figures).  ENOMEM.
 * ENODEV: a CPU of mag_run_config.cpus is not online, or one of the workers goes
 * offline meanwhile.
 * EOPNOTSUPP: the clock does not exist here.  EPROTO: another ABI version.
 * ENOSPC: no dynamic state of CPU hotplug is free in the kernel; a workload that
 * defers frees to RCU needs one.
 */
#define MAG_IOC_START	 _IOW(MAG_IOC_MAGIC, 0x02, struct mag_run_config)
/* Always; all zero in MAG_STATE_IDLE. */
#define MAG_IOC_STATUS	 _IOR(MAG_IOC_MAGIC, 0x03, struct mag_run_status)
/* In HOLD or DONE; EAGAIN: still running; ENODATA: no run, or it failed. */
#define MAG_IOC_HIST	 _IOWR(MAG_IOC_MAGIC, 0x04, struct mag_hist_read)
/* Ends warm-up or measurement early and waits for HOLD; ENODATA: no run. */
#define MAG_IOC_STOP	 _IO(MAG_IOC_MAGIC, 0x05)
/* From HOLD: frees every object, waits for DONE; EAGAIN: still running; ENODATA: no run. */
#define MAG_IOC_FINISH	 _IO(MAG_IOC_MAGIC, 0x06)
/*
 * Measures and returns, within 200 ms if no primitive costs more than 100 us and
 * other tasks leave it the CPUs.  EBUSY: a run or another measurement is under
 * way.  ENODEV: a CPU is not online.  EOPNOTSUPP: the clock does not exist here.
 * EPROTO: another ABI version.  ENOMEM.  EINTR: killed meanwhile.
 */
#define MAG_IOC_MACHINE	 _IOWR(MAG_IOC_MAGIC, 0x07, struct mag_machine)

#endif /* _UAPI_MAGSLAB_H */
