/* SPDX-License-Identifier: MIT
 * The trainer fits a graph to predictions, as it does the skip-connected one; here the
 * table of predictions is the result and the models are thrown away. */
#include "host/training/out_of_fold.h"

#include "host/training/trainer.h"

flx_status flx_predict_out_of_fold(const flx_training_view *view, flx_backend *backend,
                                   flx_dataset **out, flx_error *error)
{
    flx_training_report report = {0};
    flx_trainer trainer = {.view = *view, .starts = 1};
    *out = NULL;
    trainer.view.composition = FLX_SKIP_CONNECTED;
    flx_status status = flx_trainer_create(&trainer, error);
    if (status == FLX_OK)
        status = flx_trainer_run(&trainer, 1, backend, NULL, &report, error);
    if (status == FLX_OK) {
        *out = trainer.predictions;
        trainer.predictions = NULL;
    }
    flx_trainer_destroy(&trainer);
    return status;
}
