// SPDX-License-Identifier: GPL-2.0-only
/*
 * The loops that time primitives.  Every loop is a function of its own, so
 * that its code can be read in a disassembly.  The compiler may neither delete
 * nor merge iterations: each one has a volatile asm or a call in it.
 */
#include "primitive_loop.h"

#include <linux/atomic.h>
#include <linux/bottom_half.h>
#include <linux/cache.h>
#include <linux/compiler.h>
#include <linux/irqflags.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/spinlock.h>

#include "clock.h"

/* On lines of their own; the measurement of one CPU at a time writes them. */
static __cacheline_aligned_in_smp DEFINE_SPINLOCK(loop_lock);
static __cacheline_aligned_in_smp atomic_t loop_count;
static DEFINE_PER_CPU_ALIGNED(unsigned long, loop_this_cpu);

static noinline void loop_callee(void)
{
	barrier();
}

static noinline u64 loop_empty(u32 iterations)
{
	u64 start = mag_clock_read();

	while (iterations--)
		barrier();
	return mag_clock_read() - start;
}

static noinline u64 loop_call(u32 iterations)
{
	u64 start = mag_clock_read();

	while (iterations--)
		loop_callee();
	return mag_clock_read() - start;
}

static noinline u64 loop_clock(u32 iterations)
{
	u64 start = mag_clock_read();

	while (iterations--)
		mag_clock_read();
	return mag_clock_read() - start;
}

static noinline u64 loop_preempt(u32 iterations)
{
	u64 start = mag_clock_read();

	while (iterations--) {
		preempt_disable();
		preempt_enable();
	}
	return mag_clock_read() - start;
}

static noinline u64 loop_irq(u32 iterations)
{
	u64 start = mag_clock_read();
	unsigned long flags;

	while (iterations--) {
		local_irq_save(flags);
		local_irq_restore(flags);
	}
	return mag_clock_read() - start;
}

static noinline u64 loop_bh(u32 iterations)
{
	u64 start = mag_clock_read();

	while (iterations--) {
		local_bh_disable();
		local_bh_enable();
	}
	return mag_clock_read() - start;
}

static noinline u64 loop_spinlock(u32 iterations)
{
	u64 start = mag_clock_read();

	while (iterations--) {
		spin_lock(&loop_lock);
		spin_unlock(&loop_lock);
	}
	return mag_clock_read() - start;
}

static noinline u64 loop_atomic(u32 iterations)
{
	u64 start = mag_clock_read();

	while (iterations--)
		atomic_inc(&loop_count);
	return mag_clock_read() - start;
}

static noinline u64 loop_percpu(u32 iterations)
{
	u64 start = mag_clock_read();

	while (iterations--)
		this_cpu_inc(loop_this_cpu);
	return mag_clock_read() - start;
}

static u64 (*const loops[MAG_NR_PRIMITIVES])(u32 iterations) = {
	[MAG_PRIMITIVE_CALL] = loop_call,
	[MAG_PRIMITIVE_CLOCK] = loop_clock,
	[MAG_PRIMITIVE_PREEMPT] = loop_preempt,
	[MAG_PRIMITIVE_IRQ] = loop_irq,
	[MAG_PRIMITIVE_BH] = loop_bh,
	[MAG_PRIMITIVE_SPINLOCK] = loop_spinlock,
	[MAG_PRIMITIVE_ATOMIC] = loop_atomic,
	[MAG_PRIMITIVE_THIS_CPU] = loop_percpu,
};

/**
 * mag_primitive_batch() - time one batch of a primitive
 * @primitive: which
 * @iterations: how often
 *
 * Context: task, interrupts and bottom halves on; the clock is selected.
 * Return: ticks of the clock, with those of the loop itself; 0 of
 * MAG_PRIMITIVE_LINE, which needs a second CPU.
 */
u64 mag_primitive_batch(enum mag_primitive primitive, u32 iterations)
{
	return loops[primitive] ? loops[primitive](iterations) : 0;
}

/**
 * mag_primitive_batch_empty() - time the loop itself
 * @iterations: how often
 *
 * Context: as mag_primitive_batch().
 * Return: ticks of the clock.
 */
u64 mag_primitive_batch_empty(u32 iterations)
{
	return loop_empty(iterations);
}
