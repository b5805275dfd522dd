/* SPDX-License-Identifier: MIT
 * Boosted trees and random forests as kinds of models. Their slopes are 0: trees are
 * steps, so no uncertainty of an input passes through them. A task fails as
 * host/regression/regressor_target.h says.
 *
 * The work of a batch is cut into pieces: the ensemble of all rows of a task, and one for
 * each fold. A piece writes to places of its own, so that threads may take them in any
 * order. */
#include "host/regression/regressor.h"

#include "host/regression/regressor_target.h"
#include "host/regression/row_predictor.h"
#include "host/regression/tree_ensemble.h"
#include "host/statistics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WHOLE = FLX_FOLDS, PIECES = FLX_FOLDS + 1 };

typedef struct {
    const flx_fit_task *task;
    flx_fit_result *result;
    int *fold;      /* (n) */
    double *y;      /* (n) standardized */
    double *answer; /* (n) standardized: out of sample, or of the rows taught */
    flx_error failures[PIECES];
} pupil;

/* One ensemble's rows, packed. */
typedef struct {
    int n, m;              /* taught, asked */
    double *X, *y, *asked; /* (n, d), (n), (m, d) */
    int *row;              /* (m) */
} piece;

static flx_status enrol(pupil *p, const flx_fit_task *task, flx_fit_result *result,
                        flx_error *error)
{
    size_t n = task->n > 0 ? (size_t)task->n : 1;
    *p = (pupil){.task = task,
                 .result = result,
                 .fold = malloc(n * sizeof *p->fold),
                 .y = malloc(n * sizeof *p->y),
                 .answer = malloc(n * sizeof *p->answer)};
    if (!p->fold || !p->y || !p->answer)
        return flx_fail(error, FLX_NO_MEMORY, "%s: out of memory for %zu rows",
                        task->name, n);
    if (!flx_regressor_target_admit(task, result))
        return FLX_OK;
    int n_groups;
    flx_regressor_target_standardize(task, result, p->y);
    return flx_folds_deal(NULL, task->n, task->seed, p->fold, &n_groups, error);
}

static void drop_piece(piece *part)
{
    free(part->X);
    free(part->y);
    free(part->asked);
    free(part->row);
}

/* Rows outside of fold `k` are taught and those in it asked; WHOLE: all are both. */
static flx_status pack_piece(const pupil *p, int k, piece *part, flx_error *error)
{
    size_t n = (size_t)p->task->n, d = (size_t)p->task->d;
    *part = (piece){.X = malloc(n * d * sizeof(double)),
                    .y = malloc(n * sizeof(double)),
                    .asked = malloc(n * d * sizeof(double)),
                    .row = malloc(n * sizeof(int))};
    if (!part->X || !part->y || !part->asked || !part->row)
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for %zu rows", n);
    for (size_t i = 0; i < n; i++) {
        const double *x = p->task->X + i * d;
        if (p->fold[i] != k) {
            memcpy(part->X + (size_t)part->n * d, x, d * sizeof *x);
            part->y[part->n++] = p->y[i];
        }
        if (p->fold[i] == k || k == WHOLE) {
            memcpy(part->asked + (size_t)part->m * d, x, d * sizeof *x);
            part->row[part->m++] = (int)i;
        }
    }
    return FLX_OK;
}

static flx_status teach_piece(pupil *p, int k, const piece *part, flx_error *error)
{
    flx_trees_options options = {.kind = p->task->kind, .seed = p->task->seed};
    bool is_answer = (k == WHOLE) != p->task->wants_residuals;
    unsigned char *bytes;
    size_t size;
    flx_trees *trees = NULL;
    FLX_TRY(flx_trees_fit(&options, part->X, part->y, part->n, p->task->d, &bytes, &size,
                          error));
    double *answers = malloc(((size_t)part->m + 1) * sizeof *answers);
    flx_status status =
        answers ? FLX_OK
                : flx_fail(error, FLX_NO_MEMORY, "out of memory for %d answers", part->m);
    if (status == FLX_OK && is_answer)
        status = flx_trees_load(bytes, size, p->task->d, &trees, error);
    if (status == FLX_OK && is_answer)
        status = flx_trees_predict(trees, part->asked, part->m, answers, error);
    for (int i = 0; i < part->m && status == FLX_OK && is_answer; i++)
        p->answer[part->row[i]] = answers[i];
    if (status == FLX_OK && k == WHOLE) {
        p->result->predictor.bytes = bytes;
        p->result->predictor.n_bytes = size;
        bytes = NULL;
    }
    flx_trees_release(trees);
    free(answers);
    free(bytes);
    return status;
}

static void do_piece(pupil *p, int k)
{
    piece part;
    bool is_wanted = k == WHOLE || (p->task->wants_residuals && k < p->task->n);
    if (p->result->has_failed || !is_wanted)
        return;
    if (pack_piece(p, k, &part, &p->failures[k]) == FLX_OK)
        teach_piece(p, k, &part, &p->failures[k]);
    drop_piece(&part);
}

static void do_all(flx_backend *backend, pupil *pupils, int count,
                   const flx_progress *progress)
{
    int total = count * PIECES, done = 0, threads = backend->threads;
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads)
    for (int i = 0; i < total; i++) {
        do_piece(&pupils[i / PIECES], i % PIECES);
#pragma omp critical(flx_tree_kinds)
        flx_progress_report(progress, ++done, total);
    }
}

static void settle(pupil *p)
{
    flx_fit_result *r = p->result;
    for (int k = 0; k < PIECES && !r->has_failed; k++)
        if (p->failures[k].status != FLX_OK)
            flx_fit_result_fail(r, p->failures[k].message);
    if (r->has_failed)
        return;
    flx_regressor_target_take_predictions(p->task, r, p->answer);
    p->answer = NULL;
    r->starts = 1;
    r->predictor.evaluations = p->task->wants_residuals ? PIECES : 1;
}

static flx_status fit(flx_backend *backend, const flx_fit_task *const *tasks, int count,
                      flx_fit_result *const *results, const flx_fit_observer *observer,
                      flx_error *error)
{
    flx_status status = FLX_OK;
    pupil *pupils = calloc((size_t)count + 1, sizeof *pupils);
    if (!pupils)
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for %d fits", count);
    for (int t = 0; t < count && status == FLX_OK; t++)
        status = enrol(&pupils[t], tasks[t], results[t], error);
    if (status == FLX_OK)
        do_all(backend, pupils, count, observer->progress);
    for (int t = 0; t < count; t++) {
        if (status == FLX_OK)
            settle(&pupils[t]);
        free(pupils[t].fold);
        free(pupils[t].y);
        free(pupils[t].answer);
    }
    free(pupils);
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
    return flx_fail(error, FLX_BAD_INPUT, "the trees answer with %d numbers, not one",
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
