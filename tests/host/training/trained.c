/* SPDX-License-Identifier: MIT */
#include "tests/host/training/trained.h"

#include "host/model/inference.h"

#include "kernels/formulas/philox.h"
#include "tests/close.h"
#include "tests/host/training/two_services.h"

#include <CUnit/CUnit.h>
#include <string.h>

const flx_training_options training_defaults = {.prior = FLX_PRIOR_DENSITY};

flx_model *train_services(int replicas, const flx_dataset *rows,
                          flx_training_options options)
{
    flx_backend *backend = two_services_backend(1);
    flx_model *model = two_services_train(replicas, "none", rows, options, backend);
    flx_backend_close(backend);
    return model;
}

flx_model *train_by_default(int replicas, const flx_dataset *rows)
{
    return train_services(replicas, rows, training_defaults);
}

const flx_predictor *predictor_of(const flx_model *model, const char *assignment)
{
    int a = flx_graph_find_assignment(model->graph, assignment);
    assert_true(a >= 0);
    return &model->assignments[a < 0 ? 0 : a].models[0].predictor;
}

const flx_warning *find_warning(const flx_model *model, const char *assignment,
                                const char *part)
{
    for (int i = 0; i < model->warnings.count; i++)
        if (strcmp(model->warnings.items[i].assignment, assignment) == 0 &&
            strstr(model->warnings.items[i].text, part))
            return &model->warnings.items[i];
    return NULL;
}
