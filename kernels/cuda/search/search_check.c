/* SPDX-License-Identifier: MIT
 * What a search must be to run on the device. */
#include "kernels/cuda/search.h"

#include <math.h>

static flx_status check_dimensions(const flx_population_search *search, int at,
                                   flx_error *error)
{
    for (int d = 0; d < search->n_dimensions && search->dimensions; d++) {
        const flx_dimension *dimension = &search->dimensions[d];
        if (dimension->kind != FLX_DIMENSION_CONTINUOUS && !(dimension->levels >= 1))
            return flx_fail(error, FLX_BAD_INPUT,
                            "search %d: dimension %d of %d has %g levels", at, d,
                            search->n_dimensions, dimension->levels);
    }
    for (int i = 0; i < search->n_initial; i++)
        for (int d = 0; d < search->n_dimensions; d++) {
            double unit =
                search->initial[(size_t)i * (size_t)search->n_dimensions + (size_t)d];
            if (!(unit >= 0 && unit <= 1))
                return flx_fail(
                    error, FLX_BAD_INPUT,
                    "search %d: initial setting %d has %g in dimension %d, which "
                    "is outside [0, 1]",
                    at, i, unit, d);
        }
    return FLX_OK;
}

static flx_status check_size(const flx_population_search *search, int at,
                             flx_error *error)
{
    bool is_random = search->kind == FLX_POPULATION_RANDOM;
    if (search->n_dimensions < 1 || search->budget < 1)
        return flx_fail(error, FLX_BAD_INPUT,
                        "search %d has %d dimensions and a budget of %lld evaluations",
                        at, search->n_dimensions, (long long)search->budget);
    if (search->members < (is_random ? 1 : 4) || search->members > FLX_POPULATION_LARGEST)
        return flx_fail(error, FLX_BAD_INPUT,
                        "search %d has a population of %d: a device takes %d to %d", at,
                        search->members, is_random ? 1 : 4, FLX_POPULATION_LARGEST);
    if (search->n_initial < 0 || (!is_random && search->n_initial > search->members))
        return flx_fail(error, FLX_BAD_INPUT,
                        "search %d: a population of %d cannot hold %d initial settings",
                        at, search->members, search->n_initial);
    if (is_random && (search->keep < 1 || search->keep > FLX_POPULATION_LARGEST))
        return flx_fail(error, FLX_BAD_INPUT,
                        "search %d keeps %d settings: a device takes 1 to %d", at,
                        search->keep, FLX_POPULATION_LARGEST);
    if (search->is_normalized && search->dimensions)
        return flx_fail(error, FLX_BAD_INPUT,
                        "search %d divides settings by their sum and has dimensions that "
                        "are not continuous",
                        at);
    return FLX_OK;
}

static flx_status check_rates(const flx_population_search *search, int at,
                              flx_error *error)
{
    if (search->kind == FLX_POPULATION_DE &&
        (!(search->scale > 0 && search->scale <= 2) ||
         !(search->crossover_rate > 0 && search->crossover_rate <= 1)))
        return flx_fail(error, FLX_BAD_INPUT,
                        "search %d: F = %g must be in (0, 2] and CR = %g in (0, 1]", at,
                        search->scale, search->crossover_rate);
    if (search->kind != FLX_POPULATION_LSHADE)
        return FLX_OK;
    if (search->smallest_members < 4 || search->members < search->smallest_members)
        return flx_fail(error, FLX_BAD_INPUT,
                        "search %d: a population cannot shrink from %d to %d", at,
                        search->members, search->smallest_members);
    if (search->history < 1 || search->history > FLX_POPULATION_SLOTS ||
        !(search->best_share > 0 && search->best_share <= 1) ||
        !(search->archive_rate >= 0 && search->archive_rate <= 100))
        return flx_fail(error, FLX_BAD_INPUT,
                        "search %d: history %d must be in [1, %d], p = %g in (0, 1] and "
                        "the archive rate %g in [0, 100]",
                        at, search->history, FLX_POPULATION_SLOTS, search->best_share,
                        search->archive_rate);
    return FLX_OK;
}

flx_status flx_population_check(const flx_population_search *searches, int count,
                                flx_error *error)
{
    if (count < 0 || count > FLX_POPULATION_SEARCHES)
        return flx_fail(error, FLX_BAD_INPUT,
                        "%d searches at once: a device takes up to %d", count,
                        FLX_POPULATION_SEARCHES);
    for (int i = 0; i < count; i++) {
        if (searches[i].kind > FLX_POPULATION_LSHADE)
            return flx_fail(error, FLX_BAD_INPUT, "search %d is of no known kind (%d)", i,
                            (int)searches[i].kind);
        FLX_TRY(check_size(&searches[i], i, error));
        FLX_TRY(check_rates(&searches[i], i, error));
        FLX_TRY(check_dimensions(&searches[i], i, error));
    }
    return FLX_OK;
}
