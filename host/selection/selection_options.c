/* SPDX-License-Identifier: MIT
 * What input selection is given: refused by name where it cannot be used, and completed
 * where zeros stand for something. */
#include "host/selection/subset_search.h"

#include <math.h>
#include <stddef.h>

static const char *name_of(const flx_selection_problem *problem)
{
    return problem->name ? problem->name : "the selection";
}

static flx_status check_numbers(const flx_selection_problem *problem,
                                const double *values, int width, const char *what,
                                flx_error *error)
{
    size_t columns = (size_t)width, cells = (size_t)problem->n * columns;
    for (size_t i = 0; i < cells; i++)
        if (!(fabs(values[i]) <= 1e100))
            return flx_fail(error, FLX_BAD_INPUT,
                            "%s: %s %zu of row %zu is %g, not a number up to 1e100",
                            name_of(problem), what, i % columns, i / columns, values[i]);
    return FLX_OK;
}

flx_status flx_selection_check(const flx_selection_problem *problem, flx_error *error)
{
    bool is_one = true;
    if (problem->n < 2 || problem->m < 1 || problem->n_always < 0)
        return flx_fail(error, FLX_BAD_INPUT,
                        "%s has %d rows, %d candidates and %d inputs besides: at least 2 "
                        "rows and 1 candidate are needed",
                        name_of(problem), problem->n, problem->m, problem->n_always);
    for (int i = 1; i < problem->n; i++)
        is_one &= problem->group && problem->group[i] == problem->group[0];
    if (is_one)
        return flx_fail(error, FLX_BAD_INPUT,
                        "%s: all %d rows are of one group, so none can be held out",
                        name_of(problem), problem->n);
    FLX_TRY(check_numbers(problem, problem->X, problem->m, "candidate", error));
    FLX_TRY(check_numbers(problem, problem->always, problem->n_always, "input", error));
    return check_numbers(problem, problem->y, 1, "output", error);
}

flx_status flx_selection_check_options(const flx_selection_problem *problem,
                                       const flx_selection_options *options,
                                       flx_error *error)
{
    if (options->k < 0 || options->k > problem->m)
        return flx_fail(error, FLX_BAD_INPUT, "%s: %d of %d candidates cannot be chosen",
                        name_of(problem), options->k, problem->m);
    if (options->is_paper && options->k == 0)
        return flx_fail(error, FLX_BAD_INPUT,
                        "%s: the paper's rule needs to be told how many to choose",
                        name_of(problem));
    if (options->rounds < 0 || options->batch < 0 || options->patience < 0)
        return flx_fail(error, FLX_BAD_INPUT,
                        "%s: %d rounds, batches of %d and a patience of %d must not be "
                        "negative",
                        name_of(problem), options->rounds, options->batch,
                        options->patience);
    for (int j = 0; j < problem->m && options->bonus; j++)
        if (!(options->bonus[j] >= 0 && options->bonus[j] <= 1e9))
            return flx_fail(error, FLX_BAD_INPUT,
                            "%s: the bonus of candidate %d is %g, not from 0 to 1e9",
                            name_of(problem), j, options->bonus[j]);
    return FLX_OK;
}

flx_selection_options flx_selection_complete(const flx_selection_options *given)
{
    flx_selection_options options = given ? *given : (flx_selection_options){0};
    if (options.rounds == 0)
        options.rounds = options.is_paper ? 1000 : 20000;
    if (options.is_paper)
        options.batch = 1;
    if (options.batch == 0)
        options.batch = 64;
    if (options.batch > FLX_SELECTION_CHUNK)
        options.batch = FLX_SELECTION_CHUNK;
    if (options.patience == 0)
        options.patience = 10;
    if (options.enumerable == 0)
        options.enumerable = 100000;
    if (options.finalists == 0)
        options.finalists = 32;
    return options;
}
