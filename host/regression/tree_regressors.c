/* SPDX-License-Identifier: MIT
 * The work of a batch is cut into pieces: the ensemble of all rows of a task, and one for
 * each fold. A piece writes to places of its own, so that threads may take them in any
 * order. */
#include "host/regression/tree_regressors.h"

#include "host/regression/gp_multistart.h"
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

/* A constant target has no scale: it is left as it is, 0 about its mean. */
static void standardize(pupil *p)
{
    int n = p->task->n;
    double mean = 0, square = 0;
    for (int i = 0; i < n; i++)
        mean += p->task->y[i] / n;
    for (int i = 0; i < n; i++)
        square += (p->task->y[i] - mean) * (p->task->y[i] - mean) / n;
    double sd = sqrt(square);
    bool is_constant = !(sd > 1e-12 * fabs(mean));
    p->result->predictor.y_mean = mean;
    p->result->predictor.y_sd = is_constant ? 1 : sd;
    for (int i = 0; i < n; i++)
        p->y[i] = is_constant ? 0 : (p->task->y[i] - mean) / sd;
}

static const char *find_fault(const flx_fit_task *task)
{
    if (task->n < 1 || task->d < 1)
        return "there are no rows or no inputs to fit trees to";
    if (task->wants_residuals && task->n < 2)
        return "one row cannot be left out of one";
    for (int i = 0; i < task->n; i++)
        if (!(fabs(task->y[i]) <= 1e150))
            return "a target value is no number up to 1e150";
    return NULL;
}

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
    const char *fault = find_fault(task);
    if (fault) {
        flx_fit_result_fail(result, fault);
        return FLX_OK;
    }
    flx_folds_assign(task->n, task->seed, p->fold);
    standardize(p);
    return FLX_OK;
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

/* Back to the unit of y: answers, their error and their variance. */
static void settle(pupil *p)
{
    flx_fit_result *r = p->result;
    for (int k = 0; k < PIECES && !r->has_failed; k++)
        if (p->failures[k].status != FLX_OK)
            flx_fit_result_fail(r, p->failures[k].message);
    if (r->has_failed)
        return;
    double sum = 0, squares = 0;
    for (int i = 0; i < p->task->n; i++) {
        p->answer[i] = r->predictor.y_mean + r->predictor.y_sd * p->answer[i];
        double miss = p->answer[i] - p->task->y[i];
        sum += fabs(miss) / p->task->n;
        squares += miss * miss / p->task->n;
    }
    r->predictor.variance = squares;
    r->starts = 1;
    r->predictor.evaluations = p->task->wants_residuals ? PIECES : 1;
    if (!p->task->wants_residuals)
        return;
    r->loo_mean = p->answer;
    r->predictor.loo_mae = sum;
    p->answer = NULL;
}

static flx_status fit(flx_backend *backend, const flx_fit_task *const *tasks, int count,
                      flx_fit_result *const *results, const flx_progress *progress,
                      flx_error *error)
{
    flx_status status = FLX_OK;
    pupil *pupils = calloc((size_t)count + 1, sizeof *pupils);
    if (!pupils)
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for %d fits", count);
    for (int t = 0; t < count && status == FLX_OK; t++)
        status = enrol(&pupils[t], tasks[t], results[t], error);
    if (status == FLX_OK)
        do_all(backend, pupils, count, progress);
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

static flx_status prepare(const flx_predictor *predictor, void **state, flx_error *error)
{
    flx_trees *trees;
    *state = NULL;
    FLX_TRY(flx_trees_load(predictor->bytes, predictor->n_bytes, predictor->n_features,
                           &trees, error));
    *state = trees;
    if (flx_trees_outputs(trees) == 1)
        return FLX_OK;
    int outputs = flx_trees_outputs(trees);
    flx_trees_release(trees);
    *state = NULL;
    return flx_fail(error, FLX_BAD_INPUT, "the trees answer with %d numbers, not one",
                    outputs);
}

static void release(void *state)
{
    flx_trees_release(state);
}

static flx_status predict(const flx_predictor *predictor, const void *state,
                          const double *X, int m, double *mean, double *slopes,
                          flx_error *error)
{
    if (slopes)
        memset(slopes, 0, (size_t)m * (size_t)predictor->n_metrics * sizeof *slopes);
    return flx_trees_predict(state, X, m, mean, error);
}

const flx_regressor flx_xgboost_regressor = {FLX_PREDICTOR_XGBOOST, fit, prepare, release,
                                             predict};
const flx_regressor flx_forest_regressor = {FLX_PREDICTOR_FOREST, fit, prepare, release,
                                            predict};
