/* SPDX-License-Identifier: MIT
 * From a problem to its best subset: sizes one after another, each searched by
 * enumeration or by Thompson sampling and swaps; the best of all sizes meet in a final
 * round of Gaussian processes. */
#include "host/selection/selection.h"

#include "formats/memory.h"
#include "host/selection/gp_rerank.h"
#include "host/selection/subset_search.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Without a k given: no more than this, and an end after two sizes that gained less. */
enum { MOST_SIZES = 12 };
static const double LEAST_GAIN = 0.005;

static int widest_of(const flx_selection_search *search)
{
    int m = search->problem->m, k = search->options.k;
    return k > 0 ? k : m < MOST_SIZES ? m : MOST_SIZES;
}

static flx_status allocate(flx_selection_search *search, flx_error *error)
{
    int widest = widest_of(search), kept = search->options.finalists;
    size_t cells = FLX_SELECTION_CHUNK * (size_t)widest;
    if (!FLX_NEW(search->subsets, cells) || !FLX_NEW(search->best, widest) ||
        !FLX_NEW(search->errors, FLX_SELECTION_CHUNK))
        return flx_no_memory(error, "subsets of %d", widest);
    FLX_TRY(flx_subset_list_create(kept > 0 ? kept : 1, widest, &search->list, error));
    return flx_selection_ridge_create(search->problem, search->threads, &search->ridge,
                                      error);
}

static void release(flx_selection_search *search)
{
    free(search->subsets);
    free(search->best);
    free(search->errors);
    flx_subset_list_clear(&search->list);
    flx_selection_ridge_destroy(search->ridge);
}

/* The best subsets of k, into the search's list. `smaller` (k - 1) or NULL: one to
 * extend. */
static flx_status search_size(flx_selection_search *search, int k, const int *smaller,
                              bool *is_complete, flx_error *error)
{
    const flx_selection_options *options = &search->options;
    int64_t most = options->enumerable;
    search->list.count = 0;
    *is_complete = most >= 0 && flx_selection_count(search->problem->m, k, most) <= most;
    if (*is_complete)
        return flx_selection_enumerate(search, k, error);
    FLX_SCOPED int *last = NULL;
    if (!FLX_NEW(last, k))
        return flx_no_memory(error, "a subset of %d", k);
    FLX_TRY(flx_selection_sample(search, k, last, error));
    if (smaller)
        FLX_TRY(flx_selection_extend(search, smaller, k, error));
    return flx_selection_swap(search, k, error);
}

static void offer_all(const flx_subset_list *from, int most, flx_subset_list *to)
{
    for (int i = 0; i < from->count && i < most; i++)
        flx_subset_list_offer(to, from->subsets[i].members, from->subsets[i].k,
                              from->subsets[i].error);
}

/* One size, or all from 1 up until the error no longer falls. A size sends a quarter of
 * the finalists: the ridge alone shall not decide how many inputs there are. */
static flx_status search_sizes(flx_selection_search *search, flx_subset_list *finalists,
                               bool *is_complete, flx_error *error)
{
    int given = search->options.k, widest = widest_of(search), idle = 0;
    if (given > 0) {
        FLX_TRY(search_size(search, given, NULL, is_complete, error));
        offer_all(&search->list, search->list.count, finalists);
        return FLX_OK;
    }
    double best = INFINITY;
    *is_complete = true;
    for (int k = 1; k <= widest && idle < 2; k++) {
        bool is_all;
        FLX_TRY(search_size(search, k, k > 1 ? search->best : NULL, &is_all, error));
        if (search->list.count == 0)
            break;
        const flx_subset *first = search->list.subsets;
        *is_complete &= is_all;
        idle = first->error < best * (1 - LEAST_GAIN) ? 0 : idle + 1;
        best = fmin(best, first->error);
        memcpy(search->best, first->members, (size_t)k * sizeof *search->best);
        offer_all(&search->list, (finalists->capacity + 3) / 4, finalists);
        flx_progress_report(search->options.progress, k, widest);
    }
    return FLX_OK;
}

static flx_status begin_result(int k, flx_selection_result *result, flx_error *error)
{
    result->k = k;
    return FLX_NEW(result->chosen, k) ? FLX_OK
                                      : flx_no_memory(error, "a subset of %d", k);
}

/* The paper's rule: rounds one by one, then a last draw, good or bad. */
static flx_status choose_as_paper(flx_selection_search *search,
                                  flx_selection_result *result, flx_error *error)
{
    int k = search->options.k;
    FLX_TRY(begin_result(k, result, error));
    FLX_TRY(flx_selection_sample(search, k, result->chosen, error));
    return flx_selection_ridge_score(search->ridge, result->chosen, 1, k, &result->error,
                                     error);
}

/* The finalist with the least error of its Gaussian process; where none could be fitted,
 * or none is wanted, the one with the least error of its ridge. */
static flx_status decide(flx_selection_search *search, flx_backend *backend,
                         const flx_subset_list *finalists, flx_selection_result *result,
                         flx_error *error)
{
    FLX_SCOPED double *errors = NULL;
    int best = 0;
    if (!FLX_NEW(errors, finalists->count))
        return flx_no_memory(error, "%d finalists", finalists->count);
    if (search->options.finalists >= 0) {
        FLX_TRY(
            flx_selection_compare(backend, search->problem, finalists, errors, error));
        for (int t = 1; t < finalists->count; t++)
            if (errors[t] < errors[best] || (isnan(errors[best]) && !isnan(errors[t])))
                best = t;
        result->gp_error = errors[best];
    }
    const flx_subset *subset = &finalists->subsets[best];
    FLX_TRY(begin_result(subset->k, result, error));
    result->error = subset->error;
    memcpy(result->chosen, subset->members, (size_t)subset->k * sizeof *subset->members);
    return FLX_OK;
}

static flx_status choose(flx_selection_search *search, flx_backend *backend,
                         flx_selection_result *result, flx_error *error)
{
    FLX_TRY(allocate(search, error));
    if (search->options.is_paper)
        return choose_as_paper(search, result, error);
    flx_subset_list finalists;
    FLX_TRY(flx_subset_list_create(search->list.capacity, widest_of(search), &finalists,
                                   error));
    flx_status status = search_sizes(search, &finalists, &result->is_complete, error);
    if (status == FLX_OK && finalists.count == 0)
        status = flx_fail(error, FLX_NUMERIC,
                          "no subset of the candidates has an error "
                          "that is a number");
    if (status == FLX_OK)
        status = decide(search, backend, &finalists, result, error);
    flx_subset_list_clear(&finalists);
    return status;
}

flx_status flx_selection_choose(flx_backend *backend,
                                const flx_selection_problem *problem,
                                const flx_selection_options *options,
                                flx_selection_result *result, flx_error *error)
{
    flx_selection_search search = {.problem = problem,
                                   .options = flx_selection_complete(options),
                                   .threads = backend->threads};
    *result = (flx_selection_result){.gp_error = NAN};
    FLX_TRY(flx_selection_check(problem, error));
    FLX_TRY(flx_selection_check_options(problem, &search.options, error));
    flx_status status = choose(&search, backend, result, error);
    result->rounds = search.rounds;
    result->subsets = search.scored;
    release(&search);
    if (status != FLX_OK)
        flx_selection_result_clear(result);
    return status;
}

void flx_selection_result_clear(flx_selection_result *result)
{
    free(result->chosen);
    *result = (flx_selection_result){.gp_error = NAN};
}
