/* SPDX-License-Identifier: MIT
 * Differential evolution of the weights of blends on the CPU: all runs draw, one blend
 * call evaluates all their trials, all runs select. */
#include "kernels/cpu/cpu.h"
#include "kernels/formulas/evolution.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* One run's trials, and what is evaluated of them. */
typedef struct {
    flx_evolution *run;
    int k;
    double *trials, *candidates, *losses; /* (members, k) twice, (members) */
} course;

static flx_status check_run(const flx_blend_set *set, const flx_evolution *run, int at,
                            flx_error *error)
{
    if (flx_cpu_blend_models(set, run->problem) == 0)
        return flx_fail(error, FLX_BAD_INPUT,
                        "run %d asks for blend %d, which is not there", at, run->problem);
    if (run->members < 4)
        return flx_fail(error, FLX_BAD_INPUT,
                        "run %d has a population of %d: rand/1 needs at least 4", at,
                        run->members);
    return FLX_OK;
}

static void normalise(const double *weights, int k, double *out)
{
    double sum = 0;
    for (int j = 0; j < k; j++)
        sum += weights[j];
    double factor = 1 / sum;
    for (int j = 0; j < k; j++)
        out[j] = weights[j] * factor;
}

static void draw(const course *c, uint32_t generation)
{
    const flx_evolution *run = c->run;
    for (int i = 0; i < run->members; i++) {
        size_t row = (size_t)i * (size_t)c->k;
        flx_moment moment = {run->seed, (uint32_t)i, generation};
        flx_crossing crossing = flx_draw_crossing(moment, run->members, c->k, run->scale,
                                                  run->crossover_rate);
        for (int j = 0; j < c->k; j++)
            c->trials[row + (size_t)j] =
                generation == 0 ? run->weights[row + (size_t)j]
                                : flx_crossed_weight(&crossing, run->weights, c->k, j);
        if (run->is_normalised)
            normalise(c->trials + row, c->k, c->candidates + row);
    }
}

static void choose(const course *c, uint32_t generation)
{
    flx_evolution *run = c->run;
    for (int i = 0; i < run->members; i++) {
        size_t row = (size_t)i * (size_t)c->k;
        double before = generation == 0 ? INFINITY : run->losses[i];
        bool is_taken = c->losses[i] <= before;
        if (is_taken)
            memcpy(run->weights + row, c->trials + row, (size_t)c->k * sizeof(double));
        run->losses[i] = is_taken ? c->losses[i] : before;
    }
}

static flx_status create_course(flx_blend_set *set, flx_evolution *run, course *c,
                                flx_error *error)
{
    c->run = run;
    c->k = flx_cpu_blend_models(set, run->problem);
    size_t members = (size_t)run->members, genes = members * (size_t)c->k;
    c->trials = calloc(genes * (run->is_normalised ? 2 : 1) + members, sizeof(double));
    if (!c->trials)
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for %d trials of %d weights",
                        run->members, c->k);
    c->candidates = run->is_normalised ? c->trials + genes : c->trials;
    c->losses = c->candidates + genes;
    return FLX_OK;
}

/* Generation number `step` of every run that has so many. */
static flx_status advance(flx_blend_set *set, const course *courses, int count, int step,
                          flx_blend_query *queries, flx_error *error)
{
    int n_queries = 0;
    for (int r = 0; r < count; r++) {
        const course *c = &courses[r];
        if (step >= c->run->generations)
            continue;
        draw(c, c->run->generation + (uint32_t)step);
        queries[n_queries++] =
            (flx_blend_query){c->run->problem, c->run->members, c->candidates, c->losses};
    }
    FLX_TRY(flx_cpu_blend(set, queries, n_queries, error));
    for (int r = 0; r < count; r++)
        if (step < courses[r].run->generations)
            choose(&courses[r], courses[r].run->generation + (uint32_t)step);
    return FLX_OK;
}

flx_status flx_cpu_evolve(flx_blend_set *set, flx_evolution *runs, int count,
                          flx_error *error)
{
    int most = 0;
    for (int r = 0; r < count; r++) {
        FLX_TRY(check_run(set, &runs[r], r, error));
        most = runs[r].generations > most ? runs[r].generations : most;
    }
    course *courses = calloc((size_t)count + 1, sizeof *courses);
    flx_blend_query *queries = calloc((size_t)count + 1, sizeof *queries);
    flx_status status = FLX_OK;
    if (!courses || !queries)
        status = flx_fail(error, FLX_NO_MEMORY, "out of memory for %d runs", count);
    for (int r = 0; r < count && status == FLX_OK; r++)
        status = create_course(set, &runs[r], &courses[r], error);
    for (int step = 0; step < most && status == FLX_OK; step++)
        status = advance(set, courses, count, step, queries, error);
    for (int r = 0; courses && r < count; r++)
        free(courses[r].trials);
    free(courses);
    free(queries);
    return status;
}
