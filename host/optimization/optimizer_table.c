/* SPDX-License-Identifier: MIT
 * The table of optimizers, and which options they take. */
#include "host/optimization/optimizer_kind.h"

#include <string.h>

static const flx_optimizer *const table[] = {
    &flx_random_search,
    &flx_differential_evolution,
    &flx_lshade_optimizer,
};
enum { N_OPTIMIZERS = sizeof table / sizeof table[0] };

const char *flx_optimizer_name(int index)
{
    return index >= 0 && index < N_OPTIMIZERS ? table[index]->name : NULL;
}

static flx_status check_problem(const flx_problem *problem, flx_error *error)
{
    if (problem->n_dimensions < 1)
        return flx_fail(error, FLX_BAD_INPUT, "there is nothing to tune: %d dimensions",
                        problem->n_dimensions);
    for (int d = 0; d < problem->n_dimensions; d++) {
        flx_dimension dimension = flx_search_dimension_of(problem, d);
        if (dimension.kind != FLX_DIMENSION_CONTINUOUS && !(dimension.levels >= 1))
            return flx_fail(error, FLX_BAD_INPUT, "dimension %d has %g levels", d,
                            dimension.levels);
    }
    for (int i = 0; i < problem->n_initial; i++)
        for (int d = 0; d < problem->n_dimensions; d++) {
            double unit =
                problem->initial[(size_t)i * (size_t)problem->n_dimensions + (size_t)d];
            if (!(unit >= 0 && unit <= 1))
                return flx_fail(error, FLX_BAD_INPUT,
                                "initial setting %d has %g in dimension %d, which is "
                                "outside [0, 1]",
                                i, unit, d);
        }
    return FLX_OK;
}

static flx_status check_options(const flx_optimizer_options *options,
                                const flx_problem *problem, flx_error *error)
{
    if (options->budget < 1)
        return flx_fail(error, FLX_BAD_INPUT, "a budget of %lld evaluations is too small",
                        (long long)options->budget);
    if (options->population < 0 ||
        (options->population && options->population < problem->n_initial))
        return flx_fail(error, FLX_BAD_INPUT,
                        "a population of %d cannot hold %d initial settings",
                        options->population, problem->n_initial);
    if (options->patience < 0 || options->keep < 0 || !(options->spacing >= 0) ||
        !(options->tolerance >= 0))
        return flx_fail(error, FLX_BAD_INPUT,
                        "patience %d, tolerance %g, keep %d and spacing %g must not be "
                        "negative",
                        options->patience, options->tolerance, options->keep,
                        options->spacing);
    return FLX_OK;
}

static flx_status find_kind(const char *name, const flx_optimizer **out, flx_error *error)
{
    char names[256] = "";
    for (int i = 0; i < N_OPTIMIZERS; i++) {
        if (strcmp(table[i]->name, name) == 0) {
            *out = table[i];
            return FLX_OK;
        }
        strncat(names, i ? ", " : "", sizeof names - strlen(names) - 1);
        strncat(names, table[i]->name, sizeof names - strlen(names) - 1);
    }
    return flx_fail(error, FLX_BAD_INPUT, "there is no optimizer \"%s\", only %s", name,
                    names);
}

static void fill_defaults(flx_optimizer_options *options, const flx_optimizer *kind)
{
    if (options->budget == 0)
        options->budget = kind->budget;
    if (options->keep == 0)
        options->keep = 64;
    if (options->spacing == 0)
        options->spacing = 0.05;
}

flx_status flx_optimizer_resolve(const char *name, const flx_problem *problem,
                                 const flx_optimizer_options *options,
                                 const flx_optimizer **kind,
                                 flx_optimizer_options *resolved, flx_error *error)
{
    *resolved = options ? *options : (flx_optimizer_options){0};
    FLX_TRY(find_kind(name, kind, error));
    fill_defaults(resolved, *kind);
    FLX_TRY(check_problem(problem, error));
    FLX_TRY(check_options(resolved, problem, error));
    (*kind)->fill_defaults(problem, resolved);
    return (*kind)->check(resolved, error);
}
