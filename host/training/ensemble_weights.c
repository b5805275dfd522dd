/* SPDX-License-Identifier: MIT */
#include "host/training/ensemble_weights.h"

#include "formats/memory.h"
#include "host/optimization.h"
#include "host/statistics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PSEUDO_ROWS 10.0 /* that speak for the composed graph */
#define EQUALITY    0.02 /* penalty on unequal weights, in standard deviations of y */

static double deviation(const double *y, int n)
{
    double mean = 0, square = 0;
    for (int i = 0; i < n; i++)
        mean += y[i] / n;
    for (int i = 0; i < n; i++)
        square += (y[i] - mean) * (y[i] - mean) / n;
    return sqrt(square);
}

static void measure_members(flx_ensemble *ensemble, const double *predicted,
                            const double *y, int n)
{
    for (int k = 0; k < ensemble->n_members; k++) {
        double sum = 0;
        for (int i = 0; i < n; i++)
            sum += fabs(predicted[i * ensemble->n_members + k] - y[i]);
        ensemble->members[k].fold_mae = sum / n;
    }
}

/* The penalty on unequal weights as k further rows: |w_k - 1/k| times n 0.02 sd(y), since
 * output weighting knows rows only. */
static flx_status weigh_jointly(const flx_ensemble *ensemble, const double *predicted,
                                const double *y, int n, flx_backend *backend,
                                double *weights, flx_error *error)
{
    size_t k = (size_t)ensemble->n_members, rows = (size_t)n + k;
    FLX_SCOPED double *P = NULL, *target = NULL;
    double penalty = n * EQUALITY * deviation(y, n);
    if (!FLX_NEW(P, rows * k) || !FLX_NEW(target, rows))
        return flx_no_memory(error, "weights");
    memcpy(P, predicted, (size_t)n * k * sizeof *P);
    memcpy(target, y, (size_t)n * sizeof *target);
    for (size_t j = 0; j < k; j++) {
        P[((size_t)n + j) * k + j] = penalty;
        target[(size_t)n + j] = penalty / (double)k;
    }
    const flx_output_weighting_problem problem = {.name = "the ensemble of the target",
                                                  .n = (int)rows,
                                                  .k = (int)k,
                                                  .P = P,
                                                  .y = target};
    const flx_output_weighting_options options = {.evaluations = 2000};
    flx_output_weighting_result result = {0};
    flx_status status =
        flx_output_weighting_solve(backend, &problem, 1, &options, &result, error);
    if (status == FLX_OK)
        memcpy(weights, result.weights, k * sizeof *weights);
    flx_output_weighting_result_clear(&result);
    return status;
}

static void combine(flx_ensemble *ensemble, const double *jointly, int n)
{
    double sum = 0, best = INFINITY;
    int count = ensemble->n_members;
    for (int k = 0; k < count; k++)
        best = fmin(best, ensemble->members[k].fold_mae);
    /* relative to the best, so that nothing overflows; a perfect member takes all */
    for (int k = 0; k < count; k++) {
        double mae = ensemble->members[k].fold_mae;
        ensemble->members[k].weight = mae <= best ? 1.0 : pow(best / mae, 4);
        sum += ensemble->members[k].weight;
    }
    for (int k = 0; k < count; k++) {
        flx_member *member = &ensemble->members[k];
        double weight = 0.5 * (member->weight / sum + jointly[k]);
        member->weight = (n * weight + (k == 0 ? PSEUDO_ROWS : 0)) / (n + PSEUDO_ROWS);
    }
}

static int compare_doubles(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* Split-conformal scores of the folds' residuals. */
static flx_status score(flx_ensemble *ensemble, const double *predicted, const double *y,
                        int n, flx_error *error)
{
    FLX_SCOPED double *spread = NULL;
    if (!FLX_NEW(spread, n) || !FLX_NEW(ensemble->scores, n))
        return flx_no_memory(error, "%d residuals", n);
    for (int i = 0; i < n; i++) {
        const double *row = predicted + (size_t)i * (size_t)ensemble->n_members;
        ensemble->scores[i] =
            fabs(flx_ensemble_blend(ensemble, row, false, &spread[i]) - y[i]);
    }
    double median = 0;
    FLX_TRY(flx_quantile(ensemble->scores, n, 0.5, &median, error));
    ensemble->margin = fmax(0.5 * median, 1e-12 * fmax(1, fabs(ensemble->high)));
    for (int i = 0; i < n; i++)
        ensemble->scores[i] /= spread[i] + ensemble->margin;
    qsort(ensemble->scores, (size_t)n, sizeof *ensemble->scores, compare_doubles);
    ensemble->n_scores = n;
    return FLX_OK;
}

flx_status flx_ensemble_weigh(flx_ensemble *ensemble, const double *predicted,
                              const double *y, int n, flx_backend *backend,
                              flx_error *error)
{
    double jointly[FLX_ENSEMBLE_MEMBERS];
    measure_members(ensemble, predicted, y, n);
    FLX_TRY(weigh_jointly(ensemble, predicted, y, n, backend, jointly, error));
    combine(ensemble, jointly, n);
    return score(ensemble, predicted, y, n, error);
}
