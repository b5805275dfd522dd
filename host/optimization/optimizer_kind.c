/* SPDX-License-Identifier: MIT */
#include "host/optimization/optimizer_kind.h"

#include "formats/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

flx_dimension flx_search_dimension_of(const flx_problem *problem, int dimension)
{
    flx_dimension continuous = {FLX_DIMENSION_CONTINUOUS, 1, 0};
    return problem->dimensions ? problem->dimensions[dimension] : continuous;
}

bool flx_is_worth_threads(int count, int n_dimensions)
{
    return (size_t)count * (size_t)n_dimensions > 32768;
}

/* The caller's initial settings, then uniform numbers. */
static void draw_population(flx_optimizer_state *state)
{
    const flx_problem *problem = &state->problem;
    for (int i = 0; i < state->n_members; i++)
        for (int d = 0; d < problem->n_dimensions; d++) {
            size_t at = (size_t)i * (size_t)problem->n_dimensions + (size_t)d;
            flx_dimension dimension = flx_search_dimension_of(problem, d);
            flx_rng_key key = {state->seed, (uint32_t)i, 0};
            state->units[at] = flx_first_dimension(key, d, dimension);
            if (i < problem->n_initial)
                state->units[at] =
                    dimension.kind == FLX_DIMENSION_CATEGORY
                        ? flx_dimension_snap(dimension, problem->initial[at])
                        : problem->initial[at];
        }
}

static flx_status allocate(const flx_optimizer *kind, flx_optimizer_state *state,
                           flx_error *error)
{
    size_t members = (size_t)state->first_members;
    size_t count = members * (size_t)state->problem.n_dimensions;
    if ((kind->keeps_population && !FLX_NEW(state->units, count)) ||
        !FLX_NEW(state->trials, count) || !FLX_NEW(state->values, members))
        return flx_no_memory(error, "a population of %d x %d", state->first_members,
                             state->problem.n_dimensions);
    for (size_t i = 0; i < members; i++)
        state->values[i] = INFINITY;
    if (kind->keeps_population)
        draw_population(state);
    return FLX_OK;
}

flx_status flx_optimizer_state_create(const flx_optimizer *kind,
                                      const flx_problem *problem,
                                      const flx_optimizer_options *options,
                                      flx_optimizer_state **out, flx_error *error)
{
    *out = NULL;
    flx_optimizer_state *state = flx_allocate(1, kind->state_size);
    if (!state)
        return flx_no_memory(error, "a search by %s", kind->name);
    *state = (flx_optimizer_state){
        .problem = *problem,
        .seed = options->seed,
        .resample = flx_resample_chance(problem->dimensions, problem->n_dimensions),
        .first_members = options->population,
        .n_members = options->population};
    flx_status status = allocate(kind, state, error);
    if (status == FLX_OK && kind->create)
        status = kind->create(state, options, error);
    if (status == FLX_OK)
        *out = state;
    else
        flx_optimizer_state_destroy(kind, state);
    return status;
}

void flx_optimizer_state_destroy(const flx_optimizer *kind, flx_optimizer_state *state)
{
    if (!state)
        return;
    if (kind->destroy)
        kind->destroy(state);
    free(state->units);
    free(state->values);
    free(state->trials);
    free(state);
}

const double *flx_optimizer_propose(const flx_optimizer *kind, flx_optimizer_state *state,
                                    int limit, int *count)
{
    *count = limit < state->n_members ? limit : state->n_members;
    if (state->units && state->generation == 0)
        return state->units;
    kind->propose(state, *count);
    return state->trials;
}

void flx_optimizer_accept(const flx_optimizer *kind, flx_optimizer_state *state,
                          const double *values, int count)
{
    if (!state->units || state->generation == 0)
        memcpy(state->values, values, (size_t)count * sizeof *values);
    if (!state->units)
        state->n_members = count;
    if (kind->accept)
        kind->accept(state, values, count);
    state->generation++;
}
