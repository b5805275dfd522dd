/* SPDX-License-Identifier: MIT
 * The search around an optimizer: counting, quantization of dimensions with levels, the
 * best setting, the archive of good ones, stop rules; and what a search has found. */
#include "host/optimization/optimizer.h"

#include "formats/memory.h"
#include "host/optimization/optimizer_kind.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct flx_search {
    const flx_optimizer *kind;
    flx_problem problem;
    flx_optimizer_options options;
    flx_optimizer_state *state;
    flx_elite_archive *elite;
    double *settings; /* (largest batch, n_dimensions) quantized */
    double *values;   /* (largest batch) finite or INFINITY */
    double *best;     /* (n_dimensions) */
    double best_value;
    int pending; /* proposed and not yet accepted */
    int64_t evaluations;
    int n_generations, improved_at;
    flx_stop stop;
};

static flx_status allocate(flx_search *search, flx_error *error)
{
    size_t batch = (size_t)search->state->first_members;
    size_t width = (size_t)search->problem.n_dimensions;
    FLX_TRY(flx_elite_archive_create(search->options.keep, search->problem.n_dimensions,
                                     search->problem.dimensions, search->options.spacing,
                                     &search->elite, error));
    return FLX_NEW(search->settings, batch * width) && FLX_NEW(search->values, batch) &&
                   FLX_NEW(search->best, width)
               ? FLX_OK
               : flx_no_memory(error, "a population of %zu x %zu", batch, width);
}

flx_status flx_search_create(const char *name, const flx_problem *problem,
                             const flx_optimizer_options *options, flx_search **out,
                             flx_error *error)
{
    *out = NULL;
    const flx_optimizer *kind = NULL;
    flx_optimizer_options resolved;
    flx_search *search = NULL;
    FLX_TRY(flx_optimizer_resolve(name, problem, options, &kind, &resolved, error));
    if (!FLX_NEW(search, 1))
        return flx_no_memory(error, "a search");
    *search = (flx_search){
        .kind = kind, .problem = *problem, .options = resolved, .best_value = INFINITY};
    flx_status status =
        flx_optimizer_state_create(kind, problem, &resolved, &search->state, error);
    if (status == FLX_OK)
        status = allocate(search, error);
    if (status == FLX_OK)
        *out = search;
    else
        flx_search_destroy(search);
    return status;
}

void flx_search_destroy(flx_search *search)
{
    if (!search)
        return;
    free(search->best);
    free(search->values);
    free(search->settings);
    flx_elite_archive_destroy(search->elite);
    flx_optimizer_state_destroy(search->kind, search->state);
    free(search);
}

bool flx_search_is_done(const flx_search *search)
{
    return search->stop != FLX_STOP_NONE;
}

int flx_search_largest_batch(const flx_search *search)
{
    return search->state->first_members;
}

int flx_search_population(const flx_search *search, const double **units,
                          const double **values)
{
    *units = search->state->units;
    *values = search->state->values;
    return *units ? search->state->n_members : 0;
}

const double *flx_search_propose(flx_search *search, int *count)
{
    int64_t left = search->options.budget - search->evaluations;
    int limit = left < INT_MAX ? (int)left : INT_MAX;
    const double *trials =
        flx_optimizer_propose(search->kind, search->state, limit, count);
    const flx_dimension *dimensions = search->problem.dimensions;
    size_t n_dimensions = (size_t)search->problem.n_dimensions;
    if (!dimensions) /* in [0, 1] as proposed */
        memcpy(search->settings, trials, (size_t)*count * n_dimensions * sizeof *trials);
    for (size_t i = 0; i < (size_t)*count && dimensions; i++)
        for (size_t d = 0; d < n_dimensions; d++)
            search->settings[i * n_dimensions + d] =
                flx_dimension_snap(dimensions[d], trials[i * n_dimensions + d]);
    search->pending = *count;
    return search->settings;
}

static void record_values(flx_search *search, const double *values)
{
    size_t n_dimensions = (size_t)search->problem.n_dimensions;
    for (int i = 0; i < search->pending; i++) {
        const double *setting = search->settings + (size_t)i * n_dimensions;
        double value = isfinite(values[i]) ? values[i] : INFINITY;
        search->values[i] = value;
        flx_elite_archive_offer(search->elite, setting, value);
        if (value < search->best_value) {
            search->best_value = value;
            memcpy(search->best, setting, n_dimensions * sizeof(double));
            search->improved_at = search->n_generations;
        }
    }
}

/* Largest minus smallest value of the population. */
static double measure_spread(const flx_optimizer_state *state)
{
    double lowest = INFINITY, highest = -INFINITY;
    for (int i = 0; i < state->n_members; i++) {
        lowest = fmin(lowest, state->values[i]);
        highest = fmax(highest, state->values[i]);
    }
    return highest - lowest;
}

static flx_stop find_stop(const flx_search *search)
{
    const flx_optimizer_options *options = &search->options;
    flx_stop_rule rule = {options->budget, options->has_target, options->target,
                          options->patience, options->tolerance};
    int idle = search->n_generations - 1 - search->improved_at;
    double spread = options->patience && idle >= options->patience
                        ? measure_spread(search->state)
                        : INFINITY;
    return flx_find_stop(rule, search->evaluations, search->best_value, idle, spread);
}

void flx_search_accept(flx_search *search, const double *values)
{
    record_values(search, values);
    flx_optimizer_accept(search->kind, search->state, search->values, search->pending);
    search->evaluations += search->pending;
    search->pending = 0;
    search->n_generations++;
    search->stop = find_stop(search);
    flx_progress_report(search->options.progress, (double)search->evaluations,
                        (double)search->options.budget);
}

flx_status flx_search_result(const flx_search *search, flx_optimum **out,
                             flx_error *error)
{
    flx_optimum found = {.n_dimensions = search->problem.n_dimensions,
                         .best = search->best,
                         .value = search->best_value,
                         .evaluations = search->evaluations,
                         .n_generations = search->n_generations,
                         .stop = search->stop};
    return flx_optimum_create(&found, search->elite, out, error);
}

static flx_status copy_found(const flx_optimum *found, const flx_elite_archive *elite,
                             flx_optimum *out, flx_error *error)
{
    size_t width = (size_t)found->n_dimensions;
    int n_kept = flx_elite_archive_count(elite);
    *out = *found;
    out->n_kept = n_kept;
    out->kept = out->kept_values = NULL;
    if (!FLX_NEW(out->best, width) || !FLX_NEW(out->kept, (size_t)n_kept * width) ||
        !FLX_NEW(out->kept_values, n_kept))
        return flx_no_memory(error, "%d good settings", n_kept);
    memcpy(out->best, found->best, width * sizeof *out->best);
    for (int i = 0; i < n_kept; i++) {
        memcpy(out->kept + (size_t)i * width, flx_elite_archive_unit(elite, i),
               width * sizeof *out->kept);
        out->kept_values[i] = flx_elite_archive_value(elite, i);
    }
    return FLX_OK;
}

flx_status flx_optimum_create(const flx_optimum *found, const flx_elite_archive *elite,
                              flx_optimum **out, flx_error *error)
{
    *out = NULL;
    if (!isfinite(found->value))
        return flx_fail(error, FLX_NUMERIC,
                        "none of %lld evaluated settings has a finite value",
                        (long long)found->evaluations);
    flx_optimum *optimum = NULL;
    if (!FLX_NEW(optimum, 1))
        return flx_no_memory(error, "an optimum");
    flx_status status = copy_found(found, elite, optimum, error);
    if (status == FLX_OK)
        *out = optimum;
    else
        flx_optimum_destroy(optimum);
    return status;
}

void flx_optimum_destroy(flx_optimum *optimum)
{
    if (!optimum)
        return;
    free(optimum->kept_values);
    free(optimum->kept);
    free(optimum->best);
    free(optimum);
}
