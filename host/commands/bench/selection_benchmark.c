/* SPDX-License-Identifier: MIT
 * The ways, each on the same rows and judged by the same ridge. */
#include "host/commands/bench/selection_benchmark.h"

#include "host/commands/bench/selection_benchmark_score.h"
#include "host/selection.h"
#include "kernels/formulas/philox.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { GUESS_STREAM = 0x52414E44 }; /* "RAND" */

typedef struct {
    const flx_selection_benchmark *contest;
    const flx_selection_benchmark_options *options;
    flx_backend *backend;
    flx_selection_benchmark_sample taught, tested;
    flx_selection_problem problem;
    flx_selection_benchmark_result *results;
} match;

const char *flx_selection_benchmark_way(int way)
{
    static const char *const texts[] = {"all candidates",
                                        "none",
                                        "the guess",
                                        "best of random subsets",
                                        "the paper's rule",
                                        "Thompson sampling, swaps",
                                        "and a final of processes"};
    return texts[way];
}

void flx_selection_benchmark_result_clear(flx_selection_benchmark_result *result)
{
    free(result->chosen);
    *result = (flx_selection_benchmark_result){0};
}

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Candidates that are told and not searched: all, none, those named by the guess. */
static void list_told(const match *g, int way, flx_selection_benchmark_result *result)
{
    const flx_dataset *table = g->contest->table;
    for (int j = 0; j < g->contest->m; j++) {
        const char *name = table->columns[g->contest->candidates[j]].name;
        bool is_guessed = way == FLX_SELECTION_BENCHMARK_GUESS &&
                          strcmp(strrchr(name, ':') + 1, g->options->guess) == 0;
        if (way == FLX_SELECTION_BENCHMARK_ALL || is_guessed)
            result->chosen[result->k++] = j;
    }
}

static void draw_subset(const match *g, int round, int *subset)
{
    for (int i = 0; i < g->options->k; i++) {
        bool is_new = false;
        for (uint32_t t = 0; !is_new; t++) {
            subset[i] = flx_below(g->options->seed, GUESS_STREAM, (uint32_t)round, t,
                                  (uint32_t)i, g->contest->m);
            is_new = true;
            for (int j = 0; j < i; j++)
                is_new &= subset[j] != subset[i];
        }
    }
}

/* The best by the ridge of as many subsets as there are rounds. */
static flx_status pick_random(const match *g, const flx_selection_ridge *ridge,
                              flx_selection_benchmark_result *result, flx_error *error)
{
    size_t k = (size_t)g->options->k;
    int *subset = malloc(k * sizeof *subset);
    double best = INFINITY, mae;
    if (!subset)
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for a subset of %zu", k);
    flx_status status = FLX_OK;
    for (int round = 0; round < g->options->rounds && status == FLX_OK; round++) {
        draw_subset(g, round, subset);
        status = flx_selection_ridge_score(ridge, subset, 1, (int)k, &mae, error);
        if (status == FLX_OK && mae < best) {
            best = mae;
            memcpy(result->chosen, subset, k * sizeof *subset);
        }
    }
    result->k = (int)k;
    free(subset);
    return status;
}

static flx_status select_inputs(const match *g, int way,
                                flx_selection_benchmark_result *result, flx_error *error)
{
    flx_selection_options options = {.k = g->options->k,
                                     .is_paper = way == FLX_SELECTION_BENCHMARK_PAPER,
                                     .rounds = g->options->rounds,
                                     .enumerable = -1,
                                     .finalists =
                                         way == FLX_SELECTION_BENCHMARK_FINAL ? 0 : -1,
                                     .seed = g->options->seed};
    flx_selection_result selected;
    FLX_TRY(flx_selection_choose(g->backend, &g->problem, &options, &selected, error));
    result->k = selected.k;
    memcpy(result->chosen, selected.chosen, (size_t)selected.k * sizeof *result->chosen);
    flx_selection_result_clear(&selected);
    return FLX_OK;
}

static flx_status let_choose(const match *g, int way, const flx_selection_ridge *ridge,
                             flx_error *error)
{
    flx_selection_benchmark_result *result = &g->results[way];
    double started = seconds_now();
    if (way == FLX_SELECTION_BENCHMARK_GUESS && !g->options->guess)
        return FLX_OK;
    result->chosen = malloc((size_t)g->contest->m * sizeof *result->chosen);
    if (!result->chosen)
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for a subset");
    if (way < FLX_SELECTION_BENCHMARK_RANDOM)
        list_told(g, way, result);
    else if (way == FLX_SELECTION_BENCHMARK_RANDOM)
        FLX_TRY(pick_random(g, ridge, result, error));
    else
        FLX_TRY(select_inputs(g, way, result, error));
    result->has_run = true;
    result->seconds = seconds_now() - started;
    return flx_selection_ridge_score(ridge, result->chosen, 1, result->k,
                                     &result->ridge_error, error);
}

static flx_status let_all_choose(const match *g, flx_error *error)
{
    flx_selection_ridge *ridge = NULL;
    FLX_TRY(flx_selection_check(&g->problem, error));
    FLX_TRY(flx_selection_ridge_create(&g->problem, g->backend->threads, &ridge, error));
    flx_status status = FLX_OK;
    for (int way = 0; way < FLX_SELECTION_BENCHMARK_WAYS && status == FLX_OK; way++)
        status = let_choose(g, way, ridge, error);
    flx_selection_ridge_destroy(ridge);
    return status;
}

flx_status flx_selection_benchmark_run(const flx_selection_benchmark *contest,
                                       const flx_selection_benchmark_options *options,
                                       flx_backend *backend,
                                       flx_selection_benchmark_result *results,
                                       flx_error *error)
{
    match g = {
        .contest = contest, .options = options, .backend = backend, .results = results};
    memset(results, 0, FLX_SELECTION_BENCHMARK_WAYS * sizeof *results);
    if (options->k < 1 || options->k > contest->m)
        return flx_fail(error, FLX_BAD_INPUT, "%d of %d candidates cannot be chosen",
                        options->k, contest->m);
    flx_status status = flx_selection_benchmark_split(
        contest, options->rows, options->seed, &g.taught, &g.tested, error);
    g.problem = (flx_selection_problem){.n = g.taught.n,
                                        .m = contest->m,
                                        .X = g.taught.X,
                                        .y = g.taught.y,
                                        .n_always = contest->n_always,
                                        .always = g.taught.always,
                                        .group = g.taught.group};
    if (status == FLX_OK)
        status = let_all_choose(&g, error);
    if (status == FLX_OK)
        status = flx_selection_benchmark_test(contest, &g.taught, &g.tested, backend,
                                              results, error);
    flx_selection_benchmark_sample_clear(&g.taught);
    flx_selection_benchmark_sample_clear(&g.tested);
    return status;
}
