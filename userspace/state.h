/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The state that decides figures, as text and JSON, and what --strict makes of
 * it.  What is read, and how: hoststate.h, slabstate.h and cpuload.h.
 */
#ifndef MAGCTL_STATE_H
#define MAGCTL_STATE_H

#include <stdio.h>

#include "experiment.h"
#include "json.h"

/*
 * Adds to the experiment's warnings what was seen while it ran; with --strict also
 * what could not be seen.
 */
void mag_state_warn(struct mag_experiment *experiment);
/* Of magctl info, which runs nothing: whether kmalloc()'s caches are debugged. */
void mag_state_warn_kmalloc(const struct mag_environment *env,
			    struct mag_warnings *warnings);

/*
 * The hooks of the module, and whether the caches of SLUB's that were used have
 * sheaves; if none was, whether kmalloc()'s have.
 */
__u64 mag_state_hooks(const struct mag_experiment *experiment);

/* What is notable, a few lines for the head of a report. */
void mag_state_print(const struct mag_experiment *experiment, FILE *out);
/* Every fact, a line each. */
void mag_state_print_host(const struct mag_host *host, FILE *out);

/* Member "state" of "environment"; @experiment is NULL of magctl info. */
json_t *mag_state_json(const struct mag_host *host,
		       const struct mag_experiment *experiment);

/* Whether --strict refuses all verdicts of the experiment. */
bool mag_state_refuses(const struct mag_experiment *experiment);
/* One line, which says what is missing and what to do about it. */
char *mag_state_refusal(const struct mag_experiment *experiment);

#endif /* MAGCTL_STATE_H */
