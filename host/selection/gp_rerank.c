/* SPDX-License-Identifier: MIT
 * One table of scaled group means for all finalists; each task copies its columns. */
#include "host/selection/gp_rerank.h"

#include "formats/memory.h"
#include "host/regression.h"
#include "host/statistics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Enough to tell subsets apart, and a fit of them takes a tenth of a second. */
enum { MOST_POINTS = 128 };
/* Inputs of variance 1 times this are as host/model/feature_transform.h scales them. */
static const double WIDTH = 0.289;

typedef struct {
    const flx_selection_problem *problem;
    int points, width; /* groups compared; candidates and always-included */
    double *means;     /* (points, width) scaled */
    double *y;         /* (points) */
    int *rows;         /* (points) rows of each */
    double **inputs;   /* of each task */
    flx_fit_task *tasks;
    flx_fit_result *results;
} final_round;

static double input_of(const flx_selection_problem *problem, size_t row, size_t v)
{
    size_t m = (size_t)problem->m, a = (size_t)problem->n_always;
    return v < m ? problem->X[row * m + v] : problem->always[row * a + v - m];
}

/* Which point a group is, of `points` spread evenly over all groups; -1: none. */
static int point_of(int group, int n_groups, int points)
{
    int64_t place = (int64_t)group * points, before = place - points;
    int point = (int)(place / n_groups);
    return group == 0 || before / n_groups != point ? point : -1;
}

/* Adds up the rows of the groups that make a point, and divides. */
static void average(final_round *f, const flx_row_groups *groups)
{
    size_t width = (size_t)f->width;
    for (int g = 0; g < groups->count; g++) {
        int point = point_of(g, groups->count, f->points);
        double *mean = f->means + (size_t)point * width;
        for (int i = groups->start[g]; i < groups->start[g + 1] && point >= 0; i++) {
            size_t row = (size_t)groups->rows[i];
            for (size_t v = 0; v < width; v++)
                mean[v] += input_of(f->problem, row, v);
            f->y[point] += f->problem->y[row];
            f->rows[point]++;
        }
    }
    for (int p = 0; p < f->points; p++) {
        for (size_t v = 0; v < width; v++)
            f->means[(size_t)p * width + v] /= f->rows[p];
        f->y[p] /= f->rows[p];
    }
}

static void scale(final_round *f, size_t v)
{
    size_t width = (size_t)f->width, points = (size_t)f->points;
    double mean = 0, square = 0;
    for (size_t p = 0; p < points; p++)
        mean += f->means[p * width + v] / f->points;
    for (size_t p = 0; p < points; p++) {
        double away = f->means[p * width + v] - mean;
        square += away * away / f->points;
    }
    double sd = sqrt(square);
    for (size_t p = 0; p < points; p++)
        f->means[p * width + v] =
            sd > 1e-12 * fabs(mean) ? (f->means[p * width + v] - mean) / sd * WIDTH : 0;
}

static flx_status prepare(final_round *f, flx_error *error)
{
    flx_row_groups groups;
    FLX_TRY(flx_row_groups_create(f->problem->group, f->problem->n, &groups, error));
    f->points = groups.count < MOST_POINTS ? groups.count : MOST_POINTS;
    bool is_whole = FLX_NEW(f->means, (size_t)f->points * (size_t)f->width) &&
                    FLX_NEW(f->y, f->points) && FLX_NEW(f->rows, f->points);
    if (is_whole)
        average(f, &groups);
    for (int v = 0; v < f->width && is_whole; v++)
        scale(f, (size_t)v);
    flx_row_groups_clear(&groups);
    return is_whole ? FLX_OK : flx_no_memory(error, "the finalists");
}

/* Members first, then the always-included. */
static flx_status submit(final_round *f, int t, const flx_subset *subset,
                         flx_error *error)
{
    size_t m = (size_t)f->problem->m, a = (size_t)f->problem->n_always;
    size_t k = (size_t)subset->k, d = k + a, width = (size_t)f->width;
    double *X = f->inputs[t] = malloc((size_t)f->points * d * sizeof *X);
    if (!X)
        return flx_no_memory(error, "the finalists");
    for (size_t p = 0; p < (size_t)f->points; p++)
        for (size_t j = 0; j < d; j++)
            X[p * d + j] =
                f->means[p * width + (j < k ? (size_t)subset->members[j] : m + j - k)];
    f->tasks[t] = (flx_fit_task){.name = "a finalist",
                                 .n = f->points,
                                 .d = (int)d,
                                 .X = X,
                                 .y = f->y,
                                 .prior = FLX_PRIOR_DENSITY};
    return FLX_OK;
}

static flx_status fit(final_round *f, flx_backend *backend, const flx_subset_list *list,
                      flx_error *error)
{
    size_t count = (size_t)list->count;
    if (!FLX_NEW(f->inputs, count) || !FLX_NEW(f->tasks, count) ||
        !FLX_NEW(f->results, count))
        return flx_no_memory(error, "%zu finalists", count);
    for (int t = 0; t < list->count; t++)
        FLX_TRY(submit(f, t, &list->subsets[t], error));
    return flx_fit_all(backend, f->tasks, list->count, f->results, NULL, error);
}

static void release(final_round *f, int count)
{
    for (int t = 0; t < count && f->inputs; t++)
        free(f->inputs[t]);
    for (int t = 0; t < count && f->results; t++)
        flx_fit_result_clear(&f->results[t]);
    free(f->inputs);
    free(f->tasks);
    free(f->results);
    free(f->means);
    free(f->y);
    free(f->rows);
}

flx_status flx_selection_compare(flx_backend *backend,
                                 const flx_selection_problem *problem,
                                 const flx_subset_list *list, double *errors,
                                 flx_error *error)
{
    final_round f = {.problem = problem, .width = problem->m + problem->n_always};
    flx_status status = prepare(&f, error);
    if (status == FLX_OK)
        status = fit(&f, backend, list, error);
    for (int t = 0; t < list->count && status == FLX_OK; t++)
        errors[t] = f.results[t].has_failed ? NAN : f.results[t].predictor.loo_mae;
    release(&f, list->count);
    return status;
}
