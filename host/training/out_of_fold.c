/* SPDX-License-Identifier: MIT
 * The school teaches a graph on predictions, as it does the skip-connected one; here the
 * table of predictions is the result and the models are thrown away. */
#include "host/training/out_of_fold.h"

#include "host/training/trainer.h"

#include <stdlib.h>

flx_status flx_predict_out_of_fold(const flx_model *model, flx_backend *backend,
                                   flx_dataset **out, flx_error *error)
{
    flx_training_report report = {0};
    flx_model *shadow = calloc(1, sizeof *shadow);
    *out = NULL;
    if (!shadow)
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for a model");
    *shadow = (flx_model){.composition = FLX_SKIP_CONNECTED,
                          .prior = model->prior,
                          .covariance = model->covariance,
                          .wants_log = model->wants_log,
                          .paper_mode = model->paper_mode,
                          .deployment = model->deployment,
                          .graph = model->graph,
                          .rows = model->rows};
    flx_trainer school = {.model = shadow, .starts = 1};
    flx_status status = flx_trainer_create(&school, error);
    if (status == FLX_OK)
        status = flx_trainer_run(&school, 1, backend, NULL, &report, error);
    if (status == FLX_OK) {
        *out = school.inputs;
        school.inputs = NULL;
    }
    flx_trainer_destroy(&school);
    flx_model_clear_fits(shadow); /* the rest is borrowed */
    free(shadow);
    return status;
}
