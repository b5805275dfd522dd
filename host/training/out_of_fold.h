/* SPDX-License-Identifier: MIT
 * The training rows as a composed graph will see them: in the place of every measured
 * metric what a graph that reads all metrics predicts of rows it does not know. Inside
 * the library.
 *
 * Input selection compares metrics by these. By measurements, the metric that tells most
 * about a caller is often one that nothing predicts, a tail of noise above all; composed,
 * it tells nothing. */
#ifndef FLX_OUT_OF_FOLD_H
#define FLX_OUT_OF_FOLD_H

#include "host/training/training_set.h"
#include "kernels/backend.h"

/* Level by level, one Gaussian process an assignment of the view's graph, from one
 * starting point; leave-one-out predictions. */
flx_status flx_predict_out_of_fold(const flx_training_view *view, flx_backend *backend,
                                   flx_dataset **out, flx_error *error);
#endif
