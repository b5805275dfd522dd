/* SPDX-License-Identifier: MIT */
#include "tests/host/model/model_folder.h"

#include "host/model/inference.h"

#include "tests/close.h"
#include "tests/host/training/two_services.h"

#include <CUnit/CUnit.h>
#include <stdio.h>

flx_model *make_small_model(uint64_t seed)
{
    flx_backend *backend = two_services_backend(1);
    flx_dataset *rows = two_services_rows(MODEL_ROWS, MODEL_REPLICAS, seed);
    flx_model *model =
        two_services_train(MODEL_REPLICAS, "none", rows,
                           (flx_training_options){.prior = FLX_PRIOR_DENSITY}, backend);
    assert_int(flx_warning_list_add(&model->warnings, NULL, "web:p90", false,
                                    "a \"note\", 100 %%"),
               FLX_OK);
    flx_dataset_destroy(rows);
    flx_backend_close(backend);
    return model;
}

void write_model_folder(const flx_model *model, const char *path)
{
    flx_error error = {0};
    assert_int(flx_model_write(model, path, "train", &error), FLX_OK);
    assert_text(error.message, "");
}

void name_model_file(const flx_model *model, int a, char name[96])
{
    char digest[65];
    flx_predictor_digest(&model->assignments[a].models[0].predictor, digest);
    snprintf(name, 96, "model/models/%s.h5", digest);
}
