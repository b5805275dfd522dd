/* SPDX-License-Identifier: MIT */
#include "host/model/assignment.h"

#include "formats/memory.h"

#include <stdlib.h>

void flx_assignment_clear(flx_learning_assignment *assignment)
{
    for (int k = 0; k < assignment->n_models; k++)
        flx_predictor_clear(&assignment->models[k].predictor);
    free(assignment->models);
    *assignment = (flx_learning_assignment){0};
}

void flx_assignments_destroy(flx_learning_assignment *assignments, int count)
{
    for (int a = 0; assignments && a < count; a++)
        flx_assignment_clear(&assignments[a]);
    free(assignments);
}

flx_status flx_assignment_add(flx_learning_assignment *assignment,
                              flx_hosted_model *model, flx_error *error)
{
    size_t count = (size_t)assignment->n_models + 1;
    flx_hosted_model *grown = realloc(assignment->models, count * sizeof *grown);
    if (!grown) {
        flx_predictor_clear(&model->predictor);
        return flx_no_memory(error, "%zu models", count);
    }
    assignment->models = grown;
    grown[assignment->n_models++] = *model;
    *model = (flx_hosted_model){0};
    return FLX_OK;
}

const flx_predictor *flx_assignment_leading(const flx_learning_assignment *assignment)
{
    int best = 0;
    for (int k = 1; k < assignment->n_models; k++)
        if (assignment->models[k].weight > assignment->models[best].weight)
            best = k;
    return &assignment->models[best].predictor;
}
