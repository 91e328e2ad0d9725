/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An experiment for machines: the JSON of Documentation/result-format.rst and
 * the CSV of its histograms.
 */
#ifndef MAGCTL_RESULT_H
#define MAGCTL_RESULT_H

#include "experiment.h"
#include "json.h"

json_t *mag_result_json(const struct mag_experiment *experiment);

/* Writes the CSV; MAG_EXIT_OK, or MAG_EXIT_FAILED and told. */
int mag_result_csv(const struct mag_experiment *experiment, const char *path);

/* Machine, kernel and state; @experiment is NULL of magctl info. */
json_t *mag_result_environment(const struct mag_environment *env,
			       const struct mag_experiment *experiment);

/* The array "warnings" of every document. */
json_t *mag_result_warnings(const struct mag_warnings *warnings);

#endif /* MAGCTL_RESULT_H */
