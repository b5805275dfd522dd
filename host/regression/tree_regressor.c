/* SPDX-License-Identifier: MIT
 * Boosted trees and random forests as kinds of models. Their slopes are 0: trees are
 * steps, so no uncertainty of an input passes through them. A task fails as
 * host/regression/regressor_target.h says.
 *
 * The work of a batch is cut into pieces: the ensemble of all rows of a task, and one for
 * each fold. A piece writes to places of its own, so that threads may take them in any
 * order. */
#include "host/regression/regressor.h"

#include "formats/memory.h"
#include "host/regression/regressor_target.h"
#include "host/regression/row_predictor.h"
#include "host/regression/tree_ensemble.h"
#include "host/statistics.h"

#include <stdlib.h>
#include <string.h>

enum { WHOLE = FLX_FOLDS, PIECES = FLX_FOLDS + 1 };

/* One task. */
typedef struct {
    const flx_fit_task *task;
    flx_fit_result *result;
    int *fold;           /* (n) */
    double *y;           /* (n) standardized */
    double *predictions; /* (n) standardized: out of sample, or of the training rows */
    flx_error failures[PIECES];
} tree_fit;

/* The rows of one ensemble, packed. */
typedef struct {
    int n, m;               /* training rows, test rows */
    double *X, *y, *test_X; /* (n, d), (n), (m, d) */
    int *test_row;          /* (m) */
} piece;

static flx_status prepare_fit(tree_fit *f, const flx_fit_task *task,
                              flx_fit_result *result, flx_error *error)
{
    int n_groups;
    *f = (tree_fit){.task = task, .result = result};
    if (!flx_regressor_target_admit(task, result))
        return FLX_OK;
    if (!FLX_NEW(f->fold, task->n) || !FLX_NEW(f->y, task->n) ||
        !FLX_NEW(f->predictions, task->n))
        return flx_no_memory(error, "the %d rows of %s", task->n, task->name);
    flx_regressor_target_standardize(task, result, f->y);
    return flx_folds_deal(NULL, task->n, task->seed, f->fold, &n_groups, error);
}

static void clear_piece(piece *part)
{
    free(part->X);
    free(part->y);
    free(part->test_X);
    free(part->test_row);
}

/* Training rows are those outside of fold `k`, test rows those in it; WHOLE: all are
 * both.
 */
static flx_status pack_piece(const tree_fit *f, int k, piece *part, flx_error *error)
{
    size_t n = (size_t)f->task->n, d = (size_t)f->task->d;
    if (!FLX_NEW(part->X, n * d) || !FLX_NEW(part->y, n) ||
        !FLX_NEW(part->test_X, n * d) || !FLX_NEW(part->test_row, n))
        return flx_no_memory(error, "%zu rows", n);
    for (size_t i = 0; i < n; i++) {
        const double *x = f->task->X + i * d;
        if (f->fold[i] != k) {
            memcpy(part->X + (size_t)part->n * d, x, d * sizeof *x);
            part->y[part->n++] = f->y[i];
        }
        if (f->fold[i] == k || k == WHOLE) {
            memcpy(part->test_X + (size_t)part->m * d, x, d * sizeof *x);
            part->test_row[part->m++] = (int)i;
        }
    }
    return FLX_OK;
}

static flx_status predict_piece(tree_fit *f, const piece *part,
                                const unsigned char *bytes, size_t size, flx_error *error)
{
    flx_trees *trees = NULL;
    FLX_SCOPED double *predictions = NULL;
    if (!FLX_NEW(predictions, part->m))
        return flx_no_memory(error, "%d predictions", part->m);
    FLX_TRY(flx_trees_load(bytes, size, f->task->d, &trees, error));
    flx_status status =
        flx_trees_predict(trees, part->test_X, part->m, predictions, error);
    for (int i = 0; i < part->m && status == FLX_OK; i++)
        f->predictions[part->test_row[i]] = predictions[i];
    flx_trees_release(trees);
    return status;
}

static flx_status fit_piece(tree_fit *f, int k, const piece *part, flx_error *error)
{
    flx_trees_options options = {.kind = f->task->kind, .seed = f->task->seed};
    FLX_SCOPED unsigned char *bytes = NULL;
    size_t size;
    FLX_TRY(flx_trees_fit(&options, part->X, part->y, part->n, f->task->d, &bytes, &size,
                          error));
    if ((k == WHOLE) != f->task->wants_residuals)
        FLX_TRY(predict_piece(f, part, bytes, size, error));
    if (k == WHOLE) {
        f->result->predictor.bytes = bytes;
        f->result->predictor.n_bytes = size;
        bytes = NULL;
    }
    return FLX_OK;
}

static void run_piece(tree_fit *f, int k)
{
    piece part = {0};
    bool is_wanted = k == WHOLE || (f->task->wants_residuals && k < f->task->n);
    if (f->result->has_failed || !is_wanted)
        return;
    if (pack_piece(f, k, &part, &f->failures[k]) == FLX_OK)
        fit_piece(f, k, &part, &f->failures[k]);
    clear_piece(&part);
}

static void run_all(flx_backend *backend, tree_fit *fits, int count,
                    const flx_progress *progress)
{
    int total = count * PIECES, done = 0, threads = backend->threads;
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads)
    for (int i = 0; i < total; i++) {
        run_piece(&fits[i / PIECES], i % PIECES);
#pragma omp critical(flx_tree_kinds)
        flx_progress_report(progress, ++done, total);
    }
}

static void store_result(tree_fit *f)
{
    flx_fit_result *r = f->result;
    for (int k = 0; k < PIECES && !r->has_failed; k++)
        if (f->failures[k].status != FLX_OK)
            flx_fit_result_fail(r, f->failures[k].message);
    if (r->has_failed)
        return;
    flx_regressor_target_take_predictions(f->task, r, f->predictions);
    f->predictions = NULL;
    r->starts = 1;
    r->predictor.evaluations = f->task->wants_residuals ? PIECES : 1;
}

static flx_status fit(flx_backend *backend, const flx_fit_task *const *tasks, int count,
                      flx_fit_result *const *results, const flx_fit_observer *observer,
                      flx_error *error)
{
    flx_status status = FLX_OK;
    FLX_SCOPED tree_fit *fits = NULL;
    if (!FLX_NEW(fits, count))
        return flx_no_memory(error, "%d fits", count);
    for (int t = 0; t < count && status == FLX_OK; t++)
        status = prepare_fit(&fits[t], tasks[t], results[t], error);
    if (status == FLX_OK)
        run_all(backend, fits, count, observer->progress);
    for (int t = 0; t < count; t++) {
        if (status == FLX_OK)
            store_result(&fits[t]);
        free(fits[t].fold);
        free(fits[t].y);
        free(fits[t].predictions);
    }
    return status;
}

static void unload(void *loaded)
{
    flx_trees_release(loaded);
}

static flx_status load(const flx_predictor *p, void **loaded, flx_error *error)
{
    flx_trees *trees;
    *loaded = NULL;
    FLX_TRY(flx_trees_load(p->bytes, p->n_bytes, p->n_features, &trees, error));
    int outputs = flx_trees_outputs(trees);
    if (outputs == 1) {
        *loaded = trees;
        return FLX_OK;
    }
    flx_trees_release(trees);
    return flx_fail(error, FLX_BAD_INPUT, "the trees predict %d numbers, not one",
                    outputs);
}

static flx_status predict_rows(const flx_predictor *p, const void *loaded,
                               const double *X, int m, double *mean, double *slopes,
                               flx_error *error)
{
    if (slopes)
        memset(slopes, 0, (size_t)m * (size_t)p->n_metrics * sizeof *slopes);
    return flx_trees_predict(loaded, X, m, mean, error);
}

static flx_status prepare(flx_backend *backend, const flx_query_target *targets,
                          int count, void **prepared, flx_error *error)
{
    static const flx_row_predictor rows = {load, unload, predict_rows};
    return flx_row_predictor_prepare(&rows, backend, targets, count, prepared, error);
}

const flx_regressor flx_tree_regressor = {.fit = fit,
                                          .prepare = prepare,
                                          .release = flx_row_predictor_release,
                                          .predict = flx_row_predictor_predict};
