/* SPDX-License-Identifier: MIT
 * Three passes over all problems: prepare (triangle and seeds), search (all problems
 * together), finish (polish and bound). The squared loss is
 * searched on the triangular factor, which has the same values in k + 1 rows. */
#include "host/optimization/output_weighting.h"

#include "formats/memory.h"
#include "host/optimization/least_absolute.h"
#include "host/optimization/output_weighting_problem.h"
#include "host/optimization/weight_search.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* One problem. */
typedef struct {
    const flx_output_weighting_problem *problem;
    flx_triangle triangle;
    double *seeds; /* (n_seeds, k) */
    int n_seeds;
    flx_status status; /* of a pass that runs in parallel */
    flx_error error;
} member;

typedef struct {
    flx_backend *backend;
    flx_output_weighting_options options;
    int n_members, n_searches;
    member *members;
    flx_search_task *searches; /* (n_searches): the restarts of a problem side by side */
    flx_optimum **optima;      /* (n_searches) */
    flx_weighting_set *set;
} batch;

void flx_output_weighting_result_clear(flx_output_weighting_result *result)
{
    free(result->weights);
    *result = (flx_output_weighting_result){0};
}

static void clear(batch *b)
{
    for (int s = 0; s < b->n_searches && b->optima; s++)
        flx_optimum_destroy(b->optima[s]);
    for (int m = 0; m < b->n_members && b->members; m++) {
        flx_triangle_clear(&b->members[m].triangle);
        free(b->members[m].seeds);
    }
    if (b->set)
        b->backend->operations->weighting_release(b->set);
    free(b->members);
    free(b->searches);
    free(b->optima);
}

static flx_status allocate(batch *b, flx_error *error)
{
    return FLX_NEW(b->members, b->n_members) && FLX_NEW(b->searches, b->n_searches) &&
                   FLX_NEW(b->optima, b->n_searches)
               ? FLX_OK
               : flx_no_memory(error, "%d weightings", b->n_members);
}

/* The first failure of a pass, whatever thread it was in. */
static flx_status first_failure(const batch *b, flx_error *error)
{
    for (int m = 0; m < b->n_members; m++)
        if (b->members[m].status != FLX_OK) {
            if (error)
                *error = b->members[m].error;
            return b->members[m].status;
        }
    return FLX_OK;
}

static flx_status prepare_member(const batch *b, member *m)
{
    bool is_paper = b->options.is_paper;
    if (!is_paper || m->problem->loss == FLX_LOSS_SQUARED)
        FLX_TRY(flx_triangle_create(m->problem, &m->triangle, &m->error));
    return flx_output_weighting_seeds(m->problem, is_paper, &m->triangle, &m->seeds,
                                      &m->n_seeds, &m->error);
}

static flx_status prepare(batch *b, flx_error *error)
{
    int threads = b->backend->threads;
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads) if (b->n_members > 1)
    for (int m = 0; m < b->n_members; m++)
        b->members[m].status = prepare_member(b, &b->members[m]);
    return first_failure(b, error);
}

static flx_status create_set(batch *b, flx_error *error)
{
    FLX_SCOPED flx_weighting_problem *blends = NULL;
    if (!FLX_NEW(blends, b->n_members))
        return flx_no_memory(error, "%d blends", b->n_members);
    for (int m = 0; m < b->n_members; m++) {
        const flx_output_weighting_problem *p = b->members[m].problem;
        const flx_triangle *triangle = &b->members[m].triangle;
        blends[m] = (flx_weighting_problem){p->n, p->k, false, p->P, p->y};
        if (p->loss == FLX_LOSS_SQUARED)
            blends[m] =
                (flx_weighting_problem){p->k + 1, p->k, true, triangle->R, triangle->z};
    }
    return b->backend->operations->weighting_create(b->backend, blends, b->n_members,
                                                    &b->set, error);
}

static flx_optimizer_options search_options(const batch *b, const member *m, int restart)
{
    const flx_output_weighting_options *options = &b->options;
    int64_t k = m->problem->k, usual = 3000 * k;
    usual = usual < 2000 ? 2000 : usual > 90000 ? 90000 : usual;
    int64_t budget = options->evaluations ? options->evaluations : usual;
    int64_t share = budget / 50 > 16 ? budget / 50 : 16;
    int64_t members = options->is_paper ? 100 : 18 * k < 16 ? 16 : 18 * k;
    members = members > 1024 ? 1024 : members;
    members = options->is_paper || members < share ? members : share;
    if (options->population)
        members = options->population;
    else if (members < m->n_seeds)
        members = m->n_seeds;
    return (flx_optimizer_options){
        .budget = budget,
        .population = (int)members,
        .seed = options->seed + (uint64_t)restart * 0x9E3779B97F4A7C15u,
        .keep = 1,
        .patience = options->is_paper ? 0 : 40,
        .tolerance = 1e-12,
    };
}

static flx_status search(batch *b, flx_error *error)
{
    int restarts = b->options.restarts;
    for (int s = 0; s < b->n_searches; s++) {
        const member *m = &b->members[s / restarts];
        b->searches[s] = (flx_search_task){
            .optimizer = b->options.is_paper ? "de" : "lshade",
            .problem = {.n_dimensions = m->problem->k,
                        .initial = m->seeds,
                        .n_initial = m->n_seeds},
            .options = search_options(b, m, s % restarts),
            .objective = s / restarts,
            .is_normalized = m->problem->form == FLX_FORM_MEAN,
        };
    }
    return flx_weight_search_run(b->backend, b->set, b->searches, b->n_searches,
                                 b->options.progress, b->optima, error);
}

/* The best of the restarts. */
static flx_status collect(const batch *b, int m, flx_output_weighting_result *result,
                          flx_error *error)
{
    const flx_output_weighting_problem *p = b->members[m].problem;
    size_t k = (size_t)p->k;
    result->k = p->k;
    result->loss_before_polish = HUGE_VAL;
    if (!FLX_NEW(result->weights, k))
        return flx_no_memory(error, "%zu weights", k);
    for (int r = 0; r < b->options.restarts; r++) {
        const flx_optimum *optimum = b->optima[m * b->options.restarts + r];
        double loss = flx_output_weighting_loss_of(p, optimum->best);
        result->evaluations += optimum->evaluations;
        if (loss < result->loss_before_polish) {
            result->loss_before_polish = loss;
            memcpy(result->weights, optimum->best, k * sizeof(double));
        }
    }
    if (p->form == FLX_FORM_MEAN)
        flx_weights_normalize(result->weights, 1, p->k, result->weights);
    return FLX_OK;
}

static flx_status polish(const batch *b, member *m, flx_output_weighting_result *result)
{
    const flx_output_weighting_problem *p = m->problem;
    size_t k = (size_t)p->k;
    double bound = 0;
    FLX_SCOPED double *polished = NULL;
    if (!FLX_NEW(polished, k))
        return flx_no_memory(&m->error, "%zu weights", k);
    memcpy(polished, result->weights, k * sizeof *polished);
    flx_status status = p->loss == FLX_LOSS_SQUARED
                            ? flx_nnls(&m->triangle, p->form, polished, &bound, &m->error)
                            : flx_least_absolute(p, polished, &bound, &m->error);
    double loss = flx_output_weighting_loss_of(p, polished);
    result->loss = flx_output_weighting_loss_of(p, result->weights);
    if (status == FLX_OK && loss < result->loss && !b->options.is_paper) {
        memcpy(result->weights, polished, k * sizeof *polished);
        result->loss = loss;
    }
    result->gap = fmax(result->loss - bound, 0);
    return status;
}

static flx_status finish(batch *b, flx_output_weighting_result *results, flx_error *error)
{
    int threads = b->backend->threads;
    for (int m = 0; m < b->n_members; m++)
        FLX_TRY(collect(b, m, &results[m], error));
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads) if (b->n_members > 1)
    for (int m = 0; m < b->n_members; m++)
        b->members[m].status = polish(b, &b->members[m], &results[m]);
    return first_failure(b, error);
}

static flx_status run(batch *b, flx_output_weighting_result *results, flx_error *error)
{
    FLX_TRY(prepare(b, error));
    FLX_TRY(create_set(b, error));
    FLX_TRY(search(b, error));
    return finish(b, results, error);
}

flx_status flx_output_weighting_solve(flx_backend *backend,
                                      const flx_output_weighting_problem *problems,
                                      int count,
                                      const flx_output_weighting_options *options,
                                      flx_output_weighting_result *results,
                                      flx_error *error)
{
    batch b = {.backend = backend, .n_members = count};
    if (options)
        b.options = *options;
    b.options.restarts = b.options.restarts ? b.options.restarts : 1;
    if (count > 0)
        memset(results, 0, (size_t)count * sizeof *results);
    if (b.options.restarts < 0 || b.options.evaluations < 0 || b.options.population < 0)
        return flx_fail(
            error, FLX_BAD_INPUT,
            "%d restarts, %lld evaluations and a population of %d must not be "
            "negative",
            b.options.restarts, (long long)b.options.evaluations, b.options.population);
    for (int m = 0; m < count; m++)
        FLX_TRY(flx_output_weighting_check(&problems[m], error));
    b.n_searches = count * b.options.restarts;
    flx_status status = allocate(&b, error);
    for (int m = 0; m < count && status == FLX_OK; m++)
        b.members[m].problem = &problems[m];
    if (status == FLX_OK)
        status = run(&b, results, error);
    for (int m = 0; m < count && status != FLX_OK; m++)
        flx_output_weighting_result_clear(&results[m]);
    clear(&b);
    return status;
}
