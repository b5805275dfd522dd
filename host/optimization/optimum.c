/* SPDX-License-Identifier: MIT
 * What a search has found, however it was run. */
#include "host/optimization/optimizer_kind.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void copy_kept(const flx_elite_archive *good, flx_optimum *optimum)
{
    size_t n_dimensions = (size_t)optimum->n_dimensions;
    for (int i = 0; i < optimum->n_kept; i++) {
        memcpy(optimum->kept + (size_t)i * n_dimensions, flx_elite_archive_unit(good, i),
               n_dimensions * sizeof(double));
        optimum->kept_values[i] = flx_elite_archive_value(good, i);
    }
}

flx_status flx_optimum_create(const flx_optimum *found, const flx_elite_archive *good,
                              flx_optimum **out, flx_error *error)
{
    *out = NULL;
    if (!isfinite(found->value))
        return flx_fail(error, FLX_NUMERIC,
                        "none of %lld evaluated settings has a finite value",
                        (long long)found->evaluations);
    int n_kept = flx_elite_archive_count(good);
    flx_optimum *optimum = calloc(1, sizeof *optimum);
    if (optimum) {
        *optimum = *found;
        optimum->n_kept = n_kept;
        optimum->best = flx_new_matrix(1, found->n_dimensions);
        optimum->kept = flx_new_matrix(n_kept, found->n_dimensions);
        optimum->kept_values = flx_new_matrix(n_kept, 1);
    }
    if (!optimum || !optimum->best || !optimum->kept || !optimum->kept_values) {
        flx_optimum_destroy(optimum);
        return flx_fail(error, FLX_NO_MEMORY, "no memory for %d good settings", n_kept);
    }
    memcpy(optimum->best, found->best, (size_t)found->n_dimensions * sizeof(double));
    copy_kept(good, optimum);
    *out = optimum;
    return FLX_OK;
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
