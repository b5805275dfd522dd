/* SPDX-License-Identifier: MIT
 * What a refit is fitted on: folds of the new rows, each with the rows the model keeps.
 */
#include "host/engine/refit_case.h"

#include "formats/memory.h"
#include "host/statistics.h"

#include <stdlib.h>
#include <string.h>

void flx_refit_date(flx_refit_case *one, const flx_dataset *rows)
{
    for (int r = 0; rows->time && r < rows->rows; r++) {
        int64_t time = rows->time[r];
        one->first_time = r && one->first_time < time ? one->first_time : time;
        one->last_time = r && one->last_time > time ? one->last_time : time;
    }
}

flx_status flx_refit_assign_folds(flx_refit_case *one, const int64_t *groups,
                                  uint64_t seed, flx_error *error)
{
    int n = one->fresh.n, n_groups;
    FLX_SCOPED int64_t *group = NULL;
    if (!FLX_NEW(group, n) || !FLX_NEW(one->fold, n))
        return flx_no_memory(error, "%d rows", n);
    for (int i = 0; i < n; i++)
        group[i] = groups ? groups[one->fresh.row[i]] : i;
    FLX_TRY(flx_folds_deal(group, n, seed, one->fold, &n_groups, error));
    one->n_folds = flx_folds_count(n_groups);
    return FLX_OK;
}

static void copy_point(const flx_training_set *from, int i, size_t width,
                       flx_training_set *to)
{
    memcpy(to->raw + (size_t)to->n * width, from->raw + (size_t)i * width,
           width * sizeof *to->raw);
    to->y[to->n++] = from->y[i];
}

static flx_status build_fold(flx_refit_case *one, const flx_training_set *kept, int fold,
                             flx_error *error)
{
    size_t width = (size_t)one->assignment->n_inputs;
    size_t most = (size_t)kept->n + (size_t)one->fresh.n + 1;
    flx_training_set *l = &one->fits[fold].set;
    one->fits[fold].assignment = one->assignment;
    *l = (flx_training_set){.raw = malloc((most * width + 1) * sizeof(double)),
                            .y = malloc(most * sizeof(double))};
    if (!l->raw || !l->y)
        return flx_fail(error, FLX_NO_MEMORY, "%s: out of memory for %zu rows",
                        one->assignment->name, most);
    for (int i = 0; i < kept->n; i++)
        copy_point(kept, i, width, l);
    for (int i = 0; i < one->fresh.n; i++)
        if (one->fold[i] != fold)
            copy_point(&one->fresh, i, width, l);
    return FLX_OK;
}

flx_status flx_refit_fit_candidates(flx_refit_case *one, const flx_training_set *kept,
                                    flx_error *error)
{
    one->n_kept = kept->n;
    for (int f = 0; f <= one->n_folds; f++)
        FLX_TRY(build_fold(one, kept, f, error));
    return FLX_OK;
}

void flx_refit_clear(flx_refit_case *one)
{
    flx_training_set_clear(&one->fresh);
    for (int f = 0; f <= FLX_REFIT_FOLDS; f++)
        flx_assignment_fit_clear(&one->fits[f]);
    free(one->predicted_inputs);
    free(one->fold);
    free(one->columns);
    free(one->blend);
    free(one->y);
    *one = (flx_refit_case){0};
}
