/* SPDX-License-Identifier: MIT
 * Checks against the results that other programs left in a folder: scikit-learn's
 * likelihoods and gradients, and the best optima known (gp/ in it). Targets there are
 * standardized with the population's deviation, and 1e-10 is on the diagonal. */
#include "experiments/selftest/checks.h"
#include "formats/files.h"
#include "host/regression.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

FLX_OWNS(flx_csv, flx_csv_destroy)

enum { MAX_THETA = 64 };

/* One set of gp/: the problem with its target standardized. */
typedef struct {
    flx_gp_problem problem;
    double *X, *y;
} reference_set;

static void release_set(reference_set *set)
{
    free(set->X);
    free(set->y);
    *set = (reference_set){0};
}

static flx_status read_path(const char *folder, const char *name, flx_csv **out,
                            flx_error *error)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return flx_csv_read(path, NULL, 0, out, error);
}

/* Whole cell as one number. */
static flx_status read_number(const flx_csv *csv, int row, int column, double *value,
                              flx_error *error)
{
    const char *cell = column < 0 ? "" : flx_csv_cell(csv, row, column);
    char *end;
    *value = strtod(cell, &end);
    if (end == cell || *end)
        return flx_fail(error, FLX_BAD_INPUT,
                        "%s:%d: \"%s\" in column %d is not a number", csv->path,
                        csv->lines[row], cell, column + 1);
    return FLX_OK;
}

/* Exactly `size` numbers with spaces between them. */
static flx_status read_list(const flx_csv *csv, int row, const char *name, int size,
                            double *values, flx_error *error)
{
    int column = flx_csv_find(csv, name), count = 0;
    const char *at = column < 0 ? "" : flx_csv_cell(csv, row, column);
    char *end;
    for (; count < size; count++, at = end) {
        values[count] = strtod(at, &end);
        if (end == at)
            break;
    }
    if (count < size || *at)
        return flx_fail(error, FLX_BAD_INPUT, "%s:%d: %s does not hold %d numbers",
                        csv->path, csv->lines[row], name, size);
    return FLX_OK;
}

/* The columns n, d, seed and `value` of a row. */
typedef struct {
    int n, d, seed;
    double value;
} reference_row;

static flx_status read_row(const flx_csv *csv, int row, const char *value,
                           reference_row *out, flx_error *error)
{
    double n, d, seed;
    FLX_TRY(read_number(csv, row, flx_csv_find(csv, "n"), &n, error));
    FLX_TRY(read_number(csv, row, flx_csv_find(csv, "d"), &d, error));
    FLX_TRY(read_number(csv, row, flx_csv_find(csv, "seed"), &seed, error));
    FLX_TRY(read_number(csv, row, flx_csv_find(csv, value), &out->value, error));
    if (!(n >= 1 && n <= 1e5 && d >= 1 && d <= MAX_THETA - 2 && seed >= 0 && seed <= 1e6))
        return flx_fail(error, FLX_BAD_INPUT, "%s:%d: n = %g, d = %g, seed = %g",
                        csv->path, csv->lines[row], n, d, seed);
    out->n = (int)n, out->d = (int)d, out->seed = (int)seed;
    return FLX_OK;
}

/* x0 .. x(d-1), y of every row into the set's arrays. */
static flx_status copy_set(const flx_csv *csv, const reference_row *row,
                           reference_set *set, flx_error *error)
{
    if (csv->n_rows != row->n || csv->n_columns != row->d + 1)
        return flx_fail(error, FLX_BAD_INPUT,
                        "%s: %d rows of %d columns, %d of %d expected", csv->path,
                        csv->n_rows, csv->n_columns, row->n, row->d + 1);
    if (!FLX_NEW(set->X, row->n * row->d) || !FLX_NEW(set->y, row->n))
        return flx_no_memory(error, "the rows of %s", csv->path);
    for (int i = 0; i < row->n; i++)
        for (int k = 0; k <= row->d; k++)
            FLX_TRY(read_number(
                csv, i, k, k < row->d ? &set->X[i * row->d + k] : &set->y[i], error));
    double mean, sd;
    flx_standardize(row->n, set->y, &mean, &sd);
    set->problem = (flx_gp_problem){.n = row->n, .d = row->d, .X = set->X, .y = set->y};
    return FLX_OK;
}

static flx_status read_set(const char *folder, const reference_row *row,
                           reference_set *set, flx_error *error)
{
    char name[96];
    flx_csv *csv;
    *set = (reference_set){0};
    snprintf(name, sizeof name, "gp/train_n%d_d%d_s%d.csv", row->n, row->d, row->seed);
    FLX_TRY(read_path(folder, name, &csv, error));
    flx_status status = copy_set(csv, row, set, error);
    flx_csv_destroy(csv);
    if (status != FLX_OK)
        release_set(set);
    return status;
}

typedef struct {
    double value, gradient;
} likelihood_errors;

static flx_status compare_row(const flx_check_context *context, const flx_csv *csv,
                              int at, likelihood_errors *worst, flx_error *error)
{
    reference_row row;
    FLX_CLEARED(release_set) reference_set set = {0};
    double theta[MAX_THETA], expected[MAX_THETA], gradient[MAX_THETA];
    const struct flx_backend_operations *operations = context->backend->operations;
    FLX_TRY(read_row(csv, at, "lml", &row, error));
    FLX_TRY(read_list(csv, at, "theta", row.d + 2, theta, error));
    FLX_TRY(read_list(csv, at, "grad", row.d + 2, expected, error));
    FLX_TRY(read_set(context->reference, &row, &set, error));
    flx_gp_evaluation evaluation = {
        .theta = theta, .jitter = FLX_GP_JITTER, .gradient = gradient};
    flx_gp_batch *batch;
    FLX_TRY(operations->batch_create(context->backend, &set.problem, 1, &batch, error));
    flx_status status = operations->evaluate(batch, &evaluation, 1, error);
    operations->batch_release(batch);
    FLX_TRY(status);
    worst->value =
        flx_worse(worst->value, fabs(evaluation.value - row.value) / fabs(row.value));
    worst->gradient =
        flx_worse(worst->gradient, flx_gradient_error(row.d + 2, gradient, expected));
    return FLX_OK;
}

static flx_status compare_rows(const flx_check_context *context, likelihood_errors *worst,
                               flx_error *error)
{
    FLX_OWNED(flx_csv) csv = NULL;
    FLX_TRY(read_path(context->reference, "gp/lml_grad_reference.csv", &csv, error));
    for (int row = 0; row < csv->n_rows; row++)
        FLX_TRY(compare_row(context, csv, row, worst, error));
    return FLX_OK;
}

flx_status flx_check_reference_likelihood(const flx_check_context *context, double *worst,
                                          flx_error *error)
{
    likelihood_errors errors = {0};
    FLX_TRY(compare_rows(context, &errors, error));
    *worst = errors.value;
    return FLX_OK;
}

flx_status flx_check_reference_gradient(const flx_check_context *context, double *worst,
                                        flx_error *error)
{
    likelihood_errors errors = {0};
    FLX_TRY(compare_rows(context, &errors, error));
    *worst = errors.gradient;
    return FLX_OK;
}

/* All sets of the table as one batch of fits. */
typedef struct {
    int count;
    reference_row *rows;
    reference_set *sets;
    flx_fit_task *tasks;
    flx_fit_result *results;
} reference_fits;

static void release_fits(reference_fits *fits)
{
    for (int i = 0; i < fits->count; i++) {
        if (fits->sets)
            release_set(&fits->sets[i]);
        if (fits->results)
            flx_fit_result_clear(&fits->results[i]);
    }
    free(fits->rows);
    free(fits->sets);
    free(fits->tasks);
    free(fits->results);
}

static flx_status make_tasks(const char *folder, const flx_csv *csv, reference_fits *fits,
                             flx_error *error)
{
    fits->count = csv->n_rows;
    if (!FLX_NEW(fits->rows, fits->count) || !FLX_NEW(fits->sets, fits->count) ||
        !FLX_NEW(fits->tasks, fits->count) || !FLX_NEW(fits->results, fits->count))
        return flx_no_memory(error, "%d fits", fits->count);
    for (int i = 0; i < fits->count; i++) {
        FLX_TRY(read_row(csv, i, "best_lml", &fits->rows[i], error));
        FLX_TRY(read_set(folder, &fits->rows[i], &fits->sets[i], error));
        const flx_gp_problem *p = &fits->sets[i].problem;
        fits->tasks[i] = (flx_fit_task){.name = "reference",
                                        .n = p->n,
                                        .d = p->d,
                                        .X = p->X,
                                        .y = p->y,
                                        .prior = FLX_PRIOR_NONE};
    }
    return FLX_OK;
}

/* Nats that the worst fit is below the best known optimum; 0 where none is. */
flx_status flx_check_reference_optimum(const flx_check_context *context, double *worst,
                                       flx_error *error)
{
    FLX_OWNED(flx_csv) csv = NULL;
    FLX_CLEARED(release_fits) reference_fits fits = {0};
    FLX_TRY(read_path(context->reference, "gp/results_best_known.csv", &csv, error));
    FLX_TRY(make_tasks(context->reference, csv, &fits, error));
    FLX_TRY(
        flx_fit_all(context->backend, fits.tasks, fits.count, fits.results, NULL, error));
    for (int i = 0; i < fits.count; i++)
        *worst =
            flx_worse(*worst, fits.results[i].has_failed
                                  ? NAN
                                  : fits.rows[i].value - fits.results[i].predictor.lml);
    return FLX_OK;
}
