/* SPDX-License-Identifier: MIT
 * What a refit is taught: folds of the new rows, each with the rows the model keeps. */
#include "host/engine/refit_case.h"

#include "kernels/formulas/philox.h"

#include <stdlib.h>
#include <string.h>

enum { FOLD_STREAM = 0x5245464f /* "REFO" */ };

void flx_refit_date(flx_refit_case *one, const flx_dataset *rows)
{
    for (int r = 0; rows->time && r < rows->rows; r++) {
        int64_t time = rows->time[r];
        one->first_time = r && one->first_time < time ? one->first_time : time;
        one->last_time = r && one->last_time > time ? one->last_time : time;
    }
}

/* Numbers the units that stay together, rows or groups; returns how many. */
static int number_units(const flx_training_set *fresh, const int64_t *groups, int *unit)
{
    int count = 0;
    for (int i = 0; i < fresh->n; i++) {
        int at = -1;
        for (int j = i - 1; j >= 0 && at < 0 && groups; j--)
            if (groups[fresh->row[j]] == groups[fresh->row[i]])
                at = unit[j];
        unit[i] = at >= 0 ? at : count++;
    }
    return count;
}

/* order (count) out: 0 .. count - 1, shuffled. */
static void shuffle(int *order, int count, uint64_t seed)
{
    for (int i = 0; i < count; i++)
        order[i] = i;
    for (int i = count - 1; i > 0; i--) {
        int j = (int)(flx_uniform(seed, FOLD_STREAM, (uint32_t)i, 0, 0) * (i + 1));
        int held = order[i];
        order[i] = order[j];
        order[j] = held;
    }
}

flx_status flx_refit_assign_folds(flx_refit_case *one, const int64_t *groups,
                                  uint64_t seed, flx_error *error)
{
    size_t n = (size_t)one->fresh.n + 1;
    int *unit = malloc(n * sizeof *unit), *order = malloc(n * sizeof *order);
    one->fold = malloc(n * sizeof *one->fold);
    if (unit && order && one->fold) {
        int units = number_units(&one->fresh, groups, unit);
        one->n_folds = units < FLX_REFIT_FOLDS ? units : FLX_REFIT_FOLDS;
        shuffle(order, units, seed);
        for (int i = 0; i < one->fresh.n; i++)
            one->fold[i] = order[unit[i]] % one->n_folds;
    }
    bool is_whole = unit && order && one->fold;
    free(unit);
    free(order);
    return is_whole ? FLX_OK
                    : flx_fail(error, FLX_NO_MEMORY, "out of memory for %zu rows", n - 1);
}

static void copy_point(const flx_training_set *from, int i, size_t width,
                       flx_training_set *to)
{
    memcpy(to->raw + (size_t)to->n * width, from->raw + (size_t)i * width,
           width * sizeof *to->raw);
    to->y[to->n++] = from->y[i];
}

static flx_status teach_fold(flx_refit_case *one, const flx_training_set *kept, int fold,
                             flx_error *error)
{
    size_t width = (size_t)one->assignment->n_inputs;
    size_t most = (size_t)kept->n + (size_t)one->fresh.n + 1;
    flx_training_set *l = &one->lessons[fold];
    *l = (flx_training_set){.raw = malloc((most * width + 1) * sizeof(double)),
                            .y = malloc(most * sizeof(double)),
                            .task = -1};
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
        FLX_TRY(teach_fold(one, kept, f, error));
    return FLX_OK;
}

void flx_refit_clear(flx_refit_case *one)
{
    flx_training_set_clear(&one->fresh);
    for (int f = 0; f <= FLX_REFIT_FOLDS; f++) {
        flx_training_set_clear(&one->lessons[f]);
        flx_predictor_clear(&one->fitted[f]);
    }
    free(one->judged);
    free(one->fold);
    free(one->columns);
    free(one->blend);
    free(one->y);
    *one = (flx_refit_case){0};
}
