/* SPDX-License-Identifier: MIT
 * Deals the tasks of a batch out to their kinds. */
#include "host/fit_plan.h"
#include "host/kind.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Gaussian processes want their tasks and results side by side. */
static flx_status fit_gaussian(flx_backend *backend, const flx_fit_task *tasks, int count,
                               flx_fit_result *results, const flx_progress *progress,
                               flx_error *error)
{
    flx_fit_task *packed = malloc(((size_t)count + 1) * sizeof *packed);
    flx_fit_result *found = calloc((size_t)count + 1, sizeof *found);
    if (!packed || !found) {
        free(packed);
        free(found);
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for %d fits", count);
    }
    int n = 0;
    for (int t = 0; t < count; t++)
        if (tasks[t].kind == FLX_PREDICTOR_GP)
            packed[n++] = tasks[t];
    flx_status status = FLX_OK;
    if (n)
        status = flx_fit_gps(backend, packed, n, found, progress, error);
    n = 0;
    for (int t = 0; t < count; t++)
        if (tasks[t].kind == FLX_PREDICTOR_GP)
            results[t] = found[n++];
    free(packed);
    free(found);
    return status;
}

typedef struct {
    const flx_fit_task **tasks;
    flx_fit_result **results;
} selection;

static flx_status fit_kind(flx_backend *backend, const flx_fit_task *tasks, int count,
                           flx_predictor_kind kind, flx_fit_result *results,
                           selection *chosen, const flx_progress *progress,
                           flx_error *error)
{
    int n = 0;
    for (int t = 0; t < count; t++)
        if (tasks[t].kind == kind) {
            chosen->tasks[n] = &tasks[t];
            chosen->results[n++] = &results[t];
            results[t].loo_mae = NAN;
        }
    if (!n)
        return FLX_OK;
    const flx_model_kind *table = flx_model_kind_of(kind);
    if (!table)
        return flx_fail(error, FLX_BAD_INPUT, "%s: models of kind %s are not fitted",
                        chosen->tasks[0]->name, flx_predictor_kind_text(kind));
    return table->fit(backend, chosen->tasks, n, chosen->results, progress, error);
}

flx_status flx_fit_all(flx_backend *backend, const flx_fit_task *tasks, int count,
                       flx_fit_result *results, const flx_progress *progress,
                       flx_error *error)
{
    memset(results, 0, (size_t)count * sizeof *results);
    selection chosen = {malloc(((size_t)count + 1) * sizeof *chosen.tasks),
                        malloc(((size_t)count + 1) * sizeof *chosen.results)};
    flx_status status = FLX_OK;
    if (!chosen.tasks || !chosen.results)
        status = flx_fail(error, FLX_NO_MEMORY, "out of memory for %d fits", count);
    else
        status = fit_gaussian(backend, tasks, count, results, progress, error);
    for (int kind = FLX_PREDICTOR_CONSTANT;
         kind <= FLX_PREDICTOR_FOREST && status == FLX_OK; kind++)
        status = fit_kind(backend, tasks, count, (flx_predictor_kind)kind, results,
                          &chosen, progress, error);
    free(chosen.tasks);
    free(chosen.results);
    return status;
}

void flx_fit_result_clear(flx_fit_result *result)
{
    free(result->theta);
    free(result->loo_mean);
    free(result->loo_variance);
    free(result->parameters);
    free(result->bytes);
    *result = (flx_fit_result){0};
}
