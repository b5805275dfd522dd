/* SPDX-License-Identifier: MIT */
#include "host/training/ensemble_training.h"

#include "formats/memory.h"

#include "host/model.h"
#include "host/statistics.h"
#include "host/training/ensemble_weights.h"
#include "host/training/trainer.h"

#include <math.h>
#include <stdlib.h>

enum { FOLDS = FLX_FOLDS, FEWEST_ROWS = 10, MOST_FOLD_ROWS = 400, MEMBER_STARTS = 2 };

/* One training: the ensemble that grows, and what its folds need. */
typedef struct {
    flx_model *host;
    flx_ensemble *ensemble;
    flx_backend *backend;
    const flx_fit_options *options;
    flx_training_report *report;
    int n;             /* rows with a target that take part in the folds */
    int *rows, *fold;  /* (n) row number, fold */
    double *y;         /* (n) */
    double *predicted; /* (n, n_members) out of sample */
    flx_dataset *train_rows[FOLDS], *test_rows[FOLDS];
    flx_learning_assignment **fold_models; /* (FOLDS, n_members) */
    flx_trainer *trainers;                 /* (FOLDS * n_members) */
} training;

static const flx_graph *graph_of(const training *t, int k)
{
    return k ? t->ensemble->members[k].graph : t->host->graph;
}

static flx_status build_members(training *t, flx_error *error)
{
    flx_ensemble *ensemble = NULL;
    if (!FLX_NEW(ensemble, 1))
        return flx_no_memory(error, "an ensemble");
    t->ensemble = ensemble;
    ensemble->replicas = flx_ensemble_count_replicas(t->host->deployment);
    if (!FLX_NEW(ensemble->members, FLX_ENSEMBLE_TRAINED) || !ensemble->replicas)
        return flx_no_memory(error, "an ensemble");
    for (int i = 0; i < FLX_ENSEMBLE_TRAINED; i++) {
        bool is_there;
        FLX_TRY(flx_ensemble_build_member(
            t->host, NULL, i, &ensemble->members[ensemble->n_members], &is_there, error));
        ensemble->n_members += is_there;
    }
    return FLX_OK;
}

/* Progress of one of the two batches. */
typedef struct {
    const flx_progress *whole;
    double from, to;
} stage;

static void report_stage(void *context, double done, double total)
{
    const stage *s = context;
    double share = total > 0 ? done / total : 1;
    flx_progress_report(s->whole, s->from + (s->to - s->from) * share, 1.0);
}

/* Runs `count` trainers, whose models are taken to models (count). */
static flx_status run_trainers(training *t, int count, double from, double to,
                               flx_learning_assignment **models, flx_error *error)
{
    stage s = {t->options->progress, from, to};
    flx_progress progress = {report_stage, &s};
    flx_fit_options options = {t->options->repository, &progress, t->options->seed};
    flx_status status = FLX_OK;
    for (int i = 0; i < count && status == FLX_OK; i++)
        status = flx_trainer_create(&t->trainers[i], error);
    if (status == FLX_OK)
        status =
            flx_trainer_run(t->trainers, count, t->backend, &options, t->report, error);
    for (int i = 0; i < count; i++) {
        models[i] = t->trainers[i].assignments;
        t->trainers[i].assignments = NULL;
    }
    if (status == FLX_OK && models != t->fold_models) { /* those of the graph itself */
        t->host->warnings = t->trainers[0].warnings;
        t->trainers[0].warnings = (flx_warning_list){0};
    }
    for (int i = 0; i < count; i++)
        flx_trainer_destroy(&t->trainers[i]);
    return status;
}

/* The graph's own models get all the starts they ask for; the others two. */
static flx_status train_members(training *t, flx_error *error)
{
    flx_learning_assignment *models[FLX_ENSEMBLE_TRAINED] = {0};
    int count = t->ensemble->n_members;
    for (int k = 0; k < count; k++)
        t->trainers[k] = (flx_trainer){
            .view = flx_training_view_of_member(t->host, &t->ensemble->members[k]),
            .may_fail = k > 0,
            .starts = k ? MEMBER_STARTS : 0};
    flx_status status = run_trainers(t, count, 0.0, 0.6, models, error);
    t->host->assignments = models[0];
    for (int k = 1; k < count; k++)
        t->ensemble->members[k].assignments = models[k];
    return status;
}

static flx_status select_rows(const training *t, int f, bool is_test, flx_dataset **out,
                              flx_error *error)
{
    FLX_SCOPED int *rows = NULL;
    int count = 0;
    if (!FLX_NEW(rows, t->n))
        return flx_no_memory(error, "%d rows", t->n);
    for (int i = 0; i < t->n; i++)
        if ((t->fold[i] == f) == is_test)
            rows[count++] = t->rows[i];
    return flx_dataset_select_rows(t->host->rows, rows, count, out, error);
}

/* Fold f: the members' graphs on the rows of the other folds. */
static flx_status add_fold(training *t, int f, flx_error *error)
{
    FLX_TRY(select_rows(t, f, false, &t->train_rows[f], error));
    FLX_TRY(select_rows(t, f, true, &t->test_rows[f], error));
    for (int k = 0; k < t->ensemble->n_members; k++) {
        flx_trainer *trainer = &t->trainers[f * t->ensemble->n_members + k];
        *trainer = (flx_trainer){
            .view = flx_training_view_of_member(t->host, &t->ensemble->members[k]),
            .may_fail = true,
            .warm = k ? t->ensemble->members[k].assignments : t->host->assignments,
            .starts = MEMBER_STARTS};
        trainer->view.rows = t->train_rows[f];
    }
    return FLX_OK;
}

/* The rows of fold f, predicted by member k fitted without them. */
static flx_status predict_fold(training *t, int f, int k, flx_error *error)
{
    int members = t->ensemble->n_members, count = t->test_rows[f]->rows, next = 0;
    flx_fitted_graph fitted = {t->host->deployment, graph_of(t, k),
                               t->fold_models[f * members + k]};
    FLX_SCOPED double *mean = NULL;
    if (!FLX_NEW(mean, count))
        return flx_no_memory(error, "%d rows", count);
    FLX_TRY(flx_predict_graph_target(fitted, t->backend, t->test_rows[f], mean, error));
    for (int i = 0; i < t->n; i++)
        if (t->fold[i] == f)
            t->predicted[(size_t)i * (size_t)members + (size_t)k] =
                fmin(fmax(mean[next++], t->ensemble->low), t->ensemble->high);
    return FLX_OK;
}

static flx_status cross_validate(training *t, flx_error *error)
{
    int members = t->ensemble->n_members;
    for (int f = 0; f < FOLDS; f++)
        FLX_TRY(add_fold(t, f, error));
    FLX_TRY(run_trainers(t, FOLDS * members, 0.6, 0.95, t->fold_models, error));
    for (int f = 0; f < FOLDS; f++)
        for (int k = 0; k < members; k++)
            FLX_TRY(predict_fold(t, f, k, error));
    return FLX_OK;
}

/* Rows with a target; at most MOST_FOLD_ROWS, drawn. */
static flx_status list_rows(training *t, int *n_groups, flx_error *error)
{
    const flx_dataset *rows = t->host->rows;
    const flx_graph *graph = t->host->graph;
    int column = flx_dataset_find(rows, graph->vertices[graph->output].name), drawn = 0;
    int *chosen = NULL;
    FLX_TRY(flx_subsample_rows(rows, MOST_FOLD_ROWS, t->options->seed, &chosen, &drawn,
                               error));
    size_t room = (size_t)drawn + 1;
    t->rows = chosen;
    t->fold = malloc(room * sizeof *t->fold);
    t->y = malloc(room * sizeof *t->y);
    if (!t->fold || !t->y)
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for %d rows", drawn);
    for (int i = 0; i < drawn && column >= 0; i++) {
        double y =
            rows->values[(size_t)chosen[i] * (size_t)rows->n_columns + (size_t)column];
        if (isnan(y))
            continue;
        t->rows[t->n] = chosen[i];
        t->y[t->n++] = y;
    }
    FLX_SCOPED int64_t *group = NULL;
    if (!FLX_NEW(group, t->n))
        return flx_no_memory(error, "%d rows", t->n);
    for (int i = 0; i < t->n; i++)
        group[i] = rows->group ? rows->group[t->rows[i]] : i;
    return flx_folds_deal(group, t->n, t->options->seed, t->fold, n_groups, error);
}

/* Half the range beyond what all training rows held, never below 0 where nothing was. */
static void set_range(training *t)
{
    const flx_dataset *rows = t->host->rows;
    const flx_graph *graph = t->host->graph;
    int column = flx_dataset_find(rows, graph->vertices[graph->output].name);
    double low = INFINITY, high = -INFINITY;
    for (int r = 0; r < rows->rows && column >= 0; r++) {
        double y = rows->values[(size_t)r * (size_t)rows->n_columns + (size_t)column];
        low = fmin(low, y);
        high = fmax(high, y);
    }
    double margin = 0.5 * (high - low);
    t->ensemble->low = low >= 0 ? fmax(0, low - margin) : low - margin;
    t->ensemble->high = high + margin;
}

static flx_status allocate(training *t, flx_error *error)
{
    int members = t->ensemble->n_members;
    if (FLX_NEW(t->fold_models, FOLDS * members) &&
        FLX_NEW(t->trainers, FOLDS * members) &&
        FLX_NEW(t->predicted, (size_t)t->n * (size_t)members))
        return FLX_OK;
    return flx_no_memory(error, "%d models", FOLDS * members);
}

static void free_all(training *t)
{
    int members = t->ensemble ? t->ensemble->n_members : 0;
    for (int i = 0; i < FOLDS * members && t->fold_models; i++)
        flx_assignments_destroy(t->fold_models[i],
                                graph_of(t, i % members)->n_assignments);
    for (int f = 0; f < FOLDS; f++) {
        flx_dataset_destroy(t->train_rows[f]);
        flx_dataset_destroy(t->test_rows[f]);
    }
    free(t->rows);
    free(t->fold);
    free(t->y);
    free(t->predicted);
    free(t->fold_models);
    free(t->trainers);
}

static flx_status train_alone(training *t, int n_groups, flx_error *error)
{
    const flx_graph *graph = t->host->graph;
    FLX_TRY(flx_train_model(t->host, t->backend, t->options, t->report, error));
    return flx_warning_list_add(&t->host->warnings, error,
                                graph->vertices[graph->output].name, false,
                                "%d rows in %d groups are too few to weigh the composed "
                                "graph against other models: it stands alone",
                                t->n, n_groups);
}

static flx_status run(training *t, flx_error *error)
{
    int n_groups = 0;
    FLX_TRY(build_members(t, error));
    FLX_TRY(list_rows(t, &n_groups, error));
    if (t->n < FEWEST_ROWS || n_groups < FOLDS)
        return train_alone(t, n_groups, error);
    set_range(t);
    FLX_TRY(allocate(t, error));
    FLX_TRY(train_members(t, error));
    FLX_TRY(cross_validate(t, error));
    FLX_TRY(flx_ensemble_weigh(t->ensemble, t->predicted, t->y, t->n, t->backend, error));
    t->host->ensemble = t->ensemble;
    flx_progress_report(t->options->progress, 1, 1);
    return FLX_OK;
}

flx_status flx_ensemble_train(flx_model *model, flx_backend *backend,
                              const flx_fit_options *options, flx_training_report *report,
                              flx_error *error)
{
    static const flx_fit_options none = {0};
    *report = (flx_training_report){0};
    options = options ? options : &none;
    training t = {
        .host = model, .backend = backend, .options = options, .report = report};
    flx_status status = run(&t, error);
    free_all(&t);
    if (!model->ensemble)
        flx_ensemble_destroy(t.ensemble);
    return status;
}
