/* SPDX-License-Identifier: MIT */
#include "host/optimization/output_weighting_problem.h"

#include "formats/memory.h"

#include <math.h>
#include <string.h>

enum { MOST_MODELS = 4096 };
static const double LARGEST = 1e100; /* sums of squares stay finite */

static flx_status check_table(const flx_output_weighting_problem *problem,
                              const char *name, flx_error *error)
{
    size_t k = (size_t)problem->k;
    for (size_t i = 0; i < (size_t)problem->n; i++) {
        if (!(fabs(problem->y[i]) <= LARGEST))
            return flx_fail(error, FLX_BAD_INPUT,
                            "%s: the target of row %zu is %g, not a number up to %g",
                            name, i, problem->y[i], LARGEST);
        for (size_t j = 0; j < k; j++)
            if (!(fabs(problem->P[i * k + j]) <= LARGEST))
                return flx_fail(error, FLX_BAD_INPUT,
                                "%s: the prediction of model %zu for row %zu is %g", name,
                                j, i, problem->P[i * k + j]);
    }
    return FLX_OK;
}

flx_status flx_output_weighting_check(const flx_output_weighting_problem *problem,
                                      flx_error *error)
{
    const char *name = problem->name ? problem->name : "the weighting";
    if (problem->n < 1 || problem->k < 1 || problem->k > MOST_MODELS)
        return flx_fail(error, FLX_BAD_INPUT,
                        "%s has %d points and %d models: it needs a point, and 1 to %d "
                        "models",
                        name, problem->n, problem->k, MOST_MODELS);
    FLX_TRY(check_table(problem, name, error));
    for (int c = 0; c < problem->n_cached; c++) {
        const double *weights = problem->cached + (size_t)c * (size_t)problem->k;
        for (int j = 0; j < problem->k; j++)
            if (!(weights[j] >= 0 && weights[j] <= 1))
                return flx_fail(error, FLX_BAD_INPUT,
                                "%s: cached weights %d give model %d a weight of %g, "
                                "which is outside [0, 1]",
                                name, c, j, weights[j]);
    }
    return FLX_OK;
}

flx_status flx_output_weighting_seeds(const flx_output_weighting_problem *problem,
                                      bool is_paper, const flx_triangle *triangle,
                                      double **seeds, int *n_seeds, flx_error *error)
{
    size_t k = (size_t)problem->k, cached = (size_t)problem->n_cached;
    size_t count = cached + (is_paper ? 0 : k + 2);
    double bound, *rows = FLX_NEW(*seeds, count * k);
    *n_seeds = (int)count;
    if (!rows)
        return flx_no_memory(error, "%zu seeds of %zu weights", count, k);
    if (cached)
        memcpy(rows, problem->cached, cached * k * sizeof *rows);
    if (is_paper)
        return FLX_OK;
    rows += cached * k;
    for (size_t j = 0; j < k; j++) {
        rows[j] = 1.0 / (double)k;
        rows[(1 + j) * k + j] = 1;
    }
    return flx_nnls(triangle, problem->form, rows + (k + 1) * k, &bound, error);
}

double flx_output_weighting_loss_of(const flx_output_weighting_problem *problem,
                                    const double *weights)
{
    size_t n = (size_t)problem->n, k = (size_t)problem->k;
    double total = 0, sum = 0;
    for (size_t j = 0; j < k; j++)
        sum += weights[j];
    double divisor = problem->form == FLX_FORM_MEAN ? sum : 1;
    for (size_t i = 0; i < n; i++) {
        double blend = 0;
        for (size_t j = 0; j < k; j++)
            blend += problem->P[i * k + j] * weights[j];
        double residual = problem->y[i] - blend / divisor;
        total += problem->loss == FLX_LOSS_SQUARED ? residual * residual : fabs(residual);
    }
    return total / problem->n;
}
