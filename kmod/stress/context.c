// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls into softirq context by a tasklet and into hardirq context by an
 * irq_work, each awaited by a completion.
 */
#include <linux/bottom_half.h>

#include "context.h"

static void run_softirq(struct tasklet_struct *tasklet)
{
	struct mag_context *ctx =
		container_of(tasklet, struct mag_context, tasklet);

	ctx->fn(ctx->arg);
	complete(&ctx->done);
}

static void run_hardirq(struct irq_work *work)
{
	struct mag_context *ctx =
		container_of(work, struct mag_context, irq_work);

	ctx->fn(ctx->arg);
	complete(&ctx->done);
}

/**
 * mag_context_init() - make ready for mag_context_call()
 * @ctx: memory of the caller's
 *
 * Context: any.
 */
void mag_context_init(struct mag_context *ctx)
{
	tasklet_setup(&ctx->tasklet, run_softirq);
	/*
	 * Not the kind that stays hard on PREEMPT_RT: no allocator may be called
	 * there, for its locks would be mutexes, and lockdep knows it.
	 */
	init_irq_work(&ctx->irq_work, run_hardirq);
	init_completion(&ctx->done);
}

/**
 * mag_context_exit() - wait until no interrupt of a context is left
 * @ctx: the context; no call is under way
 *
 * The interrupt that completed the last call may still be on its way out.
 *
 * Context: task, may sleep.
 */
void mag_context_exit(struct mag_context *ctx)
{
	tasklet_kill(&ctx->tasklet);
	irq_work_sync(&ctx->irq_work);
}

void mag_context_call(struct mag_context *ctx, enum mag_context_kind kind,
		      void (*fn)(void *arg), void *arg)
{
	if (kind == MAG_CONTEXT_TASK) {
		fn(arg);
		return;
	}

	ctx->fn = fn;
	ctx->arg = arg;
	reinit_completion(&ctx->done);

	if (kind == MAG_CONTEXT_SOFTIRQ) {
		/* Enabling runs the tasklet at once, unless ksoftirqd has it. */
		local_bh_disable();
		tasklet_schedule(&ctx->tasklet);
		local_bh_enable();
	} else {
		irq_work_queue(&ctx->irq_work);
	}
	wait_for_completion(&ctx->done);
}
