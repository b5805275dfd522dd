/* SPDX-License-Identifier: MIT */
#include "host/model/assignment.h"

#include <stdlib.h>
#include <string.h>

void flx_assignment_clear(flx_learning_assignment *assignment)
{
    for (int k = 0; k < assignment->n_models; k++)
        flx_predictor_clear(&assignment->models[k].predictor);
    free(assignment->models);
    *assignment = (flx_learning_assignment){0};
}

flx_status flx_assignment_add(flx_learning_assignment *assignment,
                              flx_hosted_model *model, flx_error *error)
{
    size_t count = (size_t)assignment->n_models + 1;
    flx_hosted_model *grown = realloc(assignment->models, count * sizeof *grown);
    if (!grown) {
        flx_predictor_clear(&model->predictor);
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for %zu models", count);
    }
    assignment->models = grown;
    grown[assignment->n_models++] = *model;
    *model = (flx_hosted_model){0};
    return FLX_OK;
}

void flx_assignment_remove(flx_learning_assignment *assignment, int model)
{
    flx_predictor_clear(&assignment->models[model].predictor);
    int behind = --assignment->n_models - model;
    memmove(&assignment->models[model], &assignment->models[model + 1],
            (size_t)behind * sizeof *assignment->models);
    double sum = 0;
    for (int k = 0; k < assignment->n_models; k++)
        sum += assignment->models[k].weight;
    for (int k = 0; k < assignment->n_models; k++)
        assignment->models[k].weight =
            sum > 0 ? assignment->models[k].weight / sum : 1.0 / assignment->n_models;
}

const flx_predictor *flx_assignment_leading(const flx_learning_assignment *assignment)
{
    int best = 0;
    for (int k = 1; k < assignment->n_models; k++)
        if (assignment->models[k].weight > assignment->models[best].weight)
            best = k;
    return &assignment->models[best].predictor;
}
