/* SPDX-License-Identifier: MIT
 * Input selection on a whole graph (paper 3.1): which metrics of the services below every
 * vertex reads, of all that they declare. From the target down, so that vertices which
 * nobody reads need no choice of their own. */
#ifndef FLX_METRIC_SELECTION_H
#define FLX_METRIC_SELECTION_H

#include "formats/progress.h"
#include "host/training/training_set.h"
#include "kernels/backend.h"

/* All zero: the defaults. */
typedef struct {
    int k; /* metrics that an assignment reads of all below it; 0: as many as lower
              the error out of sample (paper mode: 3) */
    bool
        may_lose_services; /* a callee of which no metric is chosen goes, knobs and all */
    uint64_t seed;
    const flx_progress *progress; /* may be NULL; counts vertices */
} flx_metric_selection_options;

/* The metrics that some service of a deployment declares, the target metric first, then
 * in its order; names borrowed from it. *names is the caller's to free. */
flx_status flx_declared_metrics(const flx_deployment *deployment, const char ***names,
                                int *count, flx_error *error);

/* Chooses on the rows of the view (whose inputs may be predictions:
 * host/training/out_of_fold.h), for every instance-assignment of its graph that is
 * needed; own knobs and states are always read, and (unless wanted otherwise) of every
 * callee at least one metric, so that the knobs of no service are lost. Outputs and
 * metrics are compared as the model will see them: in logarithms where it models those. A
 * metric missing in more than half of the rows is not chosen, other gaps are filled with
 * the median. Assignments with fewer than 5 rows, rows of one group only or no measured
 * metric below read the target metric of every callee. */
flx_status flx_metric_selection(const flx_training_view *view,
                                const flx_metric_selection_options *options,
                                flx_backend *backend, flx_input_subsets **out,
                                flx_error *error);
#endif
