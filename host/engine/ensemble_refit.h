/* SPDX-License-Identifier: MIT
 * An ensemble after a change of the deployment, refitted on rows measured since: two
 * black boxes on old and new rows together, which an input 0 (before) or 1 (since) tells
 * apart. With m new rows they count 2/3 m / (m + 10) in all, and what stood before counts
 * the rest; and they are taken in only where that lowers the error on the new rows, each
 * predicted by models that were fitted without it, by more than 1.645 standard errors of
 * the gain. Never is a model fitted on the new rows alone: few of them are worse than no
 * refit. */
#ifndef FLX_ENSEMBLE_REFIT_H
#define FLX_ENSEMBLE_REFIT_H

#include "host/model.h"
#include "host/regression.h"
#include "host/training.h"

/* `rows` as the deployment is now. Nothing happens where the model hosts no ensemble or
 * fewer than 10 of the rows have the target. A second call takes the place of the first:
 * give all rows measured since the change. The change lists "the ensemble of the target"
 * as fitted where the new ones were taken in. On failure the model is as it was. */
flx_status flx_ensemble_refit(flx_model *model, const flx_dataset *rows,
                              flx_backend *backend, const flx_fit_options *options,
                              flx_change *change, flx_error *error);
#endif
