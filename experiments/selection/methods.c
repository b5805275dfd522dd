/* SPDX-License-Identifier: MIT */
#include "experiments/selection/methods.h"

#include "formats/clock.h"
#include "formats/memory.h"
#include "host/selection.h"
#include "kernels/formulas/philox.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { STREAM_SUBSET = 0x52414E44 }; /* "RAND" */

typedef struct {
    const selection_table *table;
    const method_options *options;
    flx_backend *backend;
    flx_selection_problem problem;
    flx_selection_ridge *ridge;
} comparison;

const char *method_name(selection_method method)
{
    static const char *const names[] = {
        "all candidates",         "none",
        "the named metric",       "best of random subsets",
        "the paper's rule",       "Thompson sampling, swaps",
        "and a Gaussian process",
    };
    return names[method];
}

void method_result_clear(method_result *result)
{
    free(result->selected);
    *result = (method_result){0};
}

/* Without a search: all, none, those of one metric. */
static void list_candidates(const comparison *c, selection_method method,
                            method_result *result)
{
    for (int j = 0; j < c->table->m; j++) {
        const char *name = c->table->data->columns[c->table->candidates[j]].name;
        bool is_named = method == METHOD_NAMED &&
                        strcmp(strrchr(name, ':') + 1, c->options->metric) == 0;
        if (method == METHOD_ALL || is_named)
            result->selected[result->k++] = j;
    }
}

static void draw_subset(const comparison *c, int round, int *subset)
{
    for (int i = 0; i < c->options->k; i++) {
        bool is_new = false;
        for (uint32_t t = 0; !is_new; t++) {
            subset[i] = flx_below(c->options->seed, STREAM_SUBSET, (uint32_t)round, t,
                                  (uint32_t)i, c->table->m);
            is_new = true;
            for (int j = 0; j < i; j++)
                is_new &= subset[j] != subset[i];
        }
    }
}

static flx_status select_at_random(const comparison *c, method_result *result,
                                   flx_error *error)
{
    size_t k = (size_t)c->options->k;
    FLX_SCOPED int *subset = NULL;
    double best = INFINITY, mae;
    if (!FLX_NEW(subset, k))
        return flx_no_memory(error, "a subset of %zu", k);
    for (int round = 0; round < c->options->rounds; round++) {
        draw_subset(c, round, subset);
        FLX_TRY(flx_selection_ridge_score(c->ridge, subset, 1, (int)k, &mae, error));
        if (mae < best) {
            best = mae;
            memcpy(result->selected, subset, k * sizeof *subset);
        }
    }
    result->k = (int)k;
    return FLX_OK;
}

static flx_status select_by_search(const comparison *c, selection_method method,
                                   method_result *result, flx_error *error)
{
    flx_selection_options options = {.k = c->options->k,
                                     .is_paper = method == METHOD_PAPER,
                                     .rounds = c->options->rounds,
                                     .enumerable = -1,
                                     .finalists = method == METHOD_RERANK ? 0 : -1,
                                     .seed = c->options->seed};
    flx_selection_result selected;
    FLX_TRY(flx_selection_choose(c->backend, &c->problem, &options, &selected, error));
    result->k = selected.k;
    memcpy(result->selected, selected.chosen,
           (size_t)selected.k * sizeof *result->selected);
    flx_selection_result_clear(&selected);
    return FLX_OK;
}

static flx_status run_method(const comparison *c, selection_method method,
                             method_result *result, flx_error *error)
{
    double started = flx_clock_seconds();
    if (method == METHOD_NAMED && !c->options->metric)
        return FLX_OK;
    if (!FLX_NEW(result->selected, c->table->m))
        return flx_no_memory(error, "a subset of %d", c->table->m);
    if (method < METHOD_RANDOM)
        list_candidates(c, method, result);
    else if (method == METHOD_RANDOM)
        FLX_TRY(select_at_random(c, result, error));
    else
        FLX_TRY(select_by_search(c, method, result, error));
    result->has_run = true;
    result->seconds = flx_clock_seconds() - started;
    return flx_selection_ridge_score(c->ridge, result->selected, 1, result->k,
                                     &result->ridge_error, error);
}

flx_status select_by_all_methods(const selection_table *table,
                                 const selection_rows *training,
                                 const method_options *options, flx_backend *backend,
                                 method_result *results, flx_error *error)
{
    comparison c = {.table = table,
                    .options = options,
                    .backend = backend,
                    .problem = {.n = training->n,
                                .m = table->m,
                                .X = training->X,
                                .y = training->y,
                                .n_always = table->n_always,
                                .always = training->always,
                                .group = training->group}};
    if (options->k > table->m)
        return flx_fail(error, FLX_BAD_INPUT, "%d of %d candidates cannot be selected",
                        options->k, table->m);
    FLX_TRY(flx_selection_check(&c.problem, error));
    FLX_TRY(flx_selection_ridge_create(&c.problem, backend->threads, &c.ridge, error));
    flx_status status = FLX_OK;
    for (int method = 0; method < METHOD_COUNT && status == FLX_OK; method++)
        status = run_method(&c, (selection_method)method, &results[method], error);
    flx_selection_ridge_destroy(c.ridge);
    return status;
}
