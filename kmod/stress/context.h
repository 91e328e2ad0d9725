/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runs a function in task, softirq or hardirq context on the calling CPU and
 * waits for it, so that a worker can be an interrupt handler for a moment.
 */
#ifndef MAGSLAB_STRESS_CONTEXT_H
#define MAGSLAB_STRESS_CONTEXT_H

#include <linux/completion.h>
#include <linux/interrupt.h>
#include <linux/irq_work.h>

enum mag_context_kind {
	MAG_CONTEXT_TASK = 0,
	MAG_CONTEXT_SOFTIRQ = 1,
	MAG_CONTEXT_HARDIRQ = 2,
	MAG_NR_CONTEXTS = 3,
};

/**
 * struct mag_context - one caller's means to run in another context
 * @fn: what to run; set for the length of a call
 * @arg: its argument
 * @tasklet: enters softirq context
 * @irq_work: enters hardirq context
 * @done: completed by the interrupt, awaited by the caller
 */
struct mag_context {
	void (*fn)(void *arg);
	void *arg;
	struct tasklet_struct tasklet;
	struct irq_work irq_work;
	struct completion done;
};

void mag_context_init(struct mag_context *ctx);
/* Waits until no interrupt of @ctx is left. */
void mag_context_exit(struct mag_context *ctx);

/**
 * mag_context_call() - run a function in a context and wait for it
 * @ctx: the caller's own; one call at a time
 * @kind: where to run it
 * @fn: the function; must not sleep unless @kind is MAG_CONTEXT_TASK
 * @arg: its argument
 *
 * Context: task, bound to its CPU, may sleep.  @fn runs on the same CPU.
 */
void mag_context_call(struct mag_context *ctx, enum mag_context_kind kind,
		      void (*fn)(void *arg), void *arg);

#endif /* MAGSLAB_STRESS_CONTEXT_H */
