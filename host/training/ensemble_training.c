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
    flx_dataset *taught[FOLDS], *tested[FOLDS];
    int n_pupils;
    flx_model *pupils; /* (FOLDS, n_members) models of the folds */
    flx_trainer *schools;
} trainer;

static flx_model *member_of(const trainer *t, int k)
{
    return k ? t->ensemble->members[k].model : t->host;
}

static flx_status build_members(trainer *t, flx_error *error)
{
    t->ensemble = calloc(1, sizeof *t->ensemble);
    if (t->ensemble) {
        t->ensemble->members = calloc(FLX_ENSEMBLE_TRAINED, sizeof *t->ensemble->members);
        t->ensemble->replicas = flx_ensemble_count_replicas(t->host->deployment);
    }
    if (!t->ensemble || !t->ensemble->members || !t->ensemble->replicas)
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for an ensemble");
    for (int i = 0; i < FLX_ENSEMBLE_TRAINED; i++) {
        flx_model *model = NULL;
        FLX_TRY(flx_ensemble_build_member(t->host, NULL, i, &model, error));
        if (i == 0 || model)
            t->ensemble->members[t->ensemble->n_members++] =
                (flx_member){.name = flx_ensemble_name(i),
                             .model = model,
                             .is_composed = flx_ensemble_is_composed(i)};
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

static flx_status teach(trainer *t, int count, double from, double to, flx_error *error)
{
    stage s = {t->options->progress, from, to};
    flx_progress progress = {report_stage, &s};
    flx_fit_options options = {t->options->repository, &progress, t->options->seed};
    flx_status status = FLX_OK;
    for (int i = 0; i < count && status == FLX_OK; i++)
        status = flx_trainer_create(&t->schools[i], error);
    if (status == FLX_OK)
        status =
            flx_trainer_run(t->schools, count, t->backend, &options, t->report, error);
    for (int i = 0; i < count; i++)
        flx_trainer_destroy(&t->schools[i]);
    return status;
}

/* The graph's own models get all the starts they ask for; the others two. */
static flx_status teach_members(trainer *t, flx_error *error)
{
    int count = t->ensemble->n_members;
    for (int k = 0; k < count; k++)
        t->schools[k] = (flx_trainer){
            .model = member_of(t, k), .may_fail = k > 0, .starts = k ? MEMBER_STARTS : 0};
    return teach(t, count, 0.0, 0.6, error);
}

/* The models of fold f: the members' graphs on the rows of the other folds. */
static flx_status enrol_fold(trainer *t, int f, flx_error *error)
{
    int *taught = malloc((size_t)t->n * sizeof *taught), n_taught = 0;
    int *tested = malloc((size_t)t->n * sizeof *tested), n_tested = 0;
    flx_status status = taught && tested ? FLX_OK
                                         : flx_fail(error, FLX_NO_MEMORY,
                                                    "out of memory for %d rows", t->n);
    for (int i = 0; i < t->n && status == FLX_OK; i++)
        if (t->fold[i] == f)
            tested[n_tested++] = t->rows[i];
        else
            taught[n_taught++] = t->rows[i];
    if (status == FLX_OK)
        status = flx_dataset_select_rows(t->host->rows, taught, n_taught, &t->taught[f],
                                         error);
    if (status == FLX_OK)
        status = flx_dataset_select_rows(t->host->rows, tested, n_tested, &t->tested[f],
                                         error);
    free(taught);
    free(tested);
    for (int k = 0; k < t->ensemble->n_members && status == FLX_OK; k++) {
        int i = f * t->ensemble->n_members + k;
        const flx_model *member = member_of(t, k);
        t->pupils[i] = (flx_model){.composition = member->composition,
                                   .prior = member->prior,
                                   .covariance = member->covariance,
                                   .wants_log = member->wants_log,
                                   .deployment = member->deployment,
                                   .graph = member->graph,
                                   .rows = t->taught[f]};
        t->schools[i] = (flx_trainer){.model = &t->pupils[i],
                                      .may_fail = true,
                                      .warm = member,
                                      .starts = MEMBER_STARTS};
    }
    return status;
}

/* What one model of fold f says of the rows it has not seen. */
static flx_status predict_fold(trainer *t, int f, int k, flx_error *error)
{
    int members = t->ensemble->n_members, count = t->tested[f]->rows, next = 0;
    FLX_SCOPED double *mean = malloc((size_t)count * sizeof *mean);
    if (!mean)
        return flx_no_memory(error, "%d rows", count);
    FLX_TRY(flx_predict_graph_target(&t->pupils[f * members + k], t->backend,
                                     t->tested[f], mean, error));
    for (int i = 0; i < t->n; i++)
        if (t->fold[i] == f)
            t->predicted[(size_t)i * (size_t)members + (size_t)k] =
                fmin(fmax(mean[next++], t->ensemble->low), t->ensemble->high);
    return FLX_OK;
}

static flx_status teach_folds(trainer *t, flx_error *error)
{
    int members = t->ensemble->n_members;
    for (int f = 0; f < FOLDS; f++)
        FLX_TRY(enrol_fold(t, f, error));
    FLX_TRY(teach(t, FOLDS * members, 0.6, 0.95, error));
    for (int f = 0; f < FOLDS; f++)
        for (int k = 0; k < members; k++)
            FLX_TRY(predict_fold(t, f, k, error));
    return FLX_OK;
}

/* Rows with a target; at most MOST_FOLD_ROWS, drawn. */
static flx_status list_rows(trainer *t, int *n_groups, flx_error *error)
{
    const flx_dataset *rows = t->host->rows;
    const flx_graph *graph = t->host->graph;
    int column = flx_dataset_find(rows, graph->vertices[graph->output].name), drawn = 0;
    int *chosen = NULL;
    FLX_TRY(flx_subsample_rows(rows, MOST_FOLD_ROWS, 0, &chosen, &drawn, error));
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
    return flx_folds_deal(group, t->n, 0, t->fold, n_groups, error);
}

/* Half the range beyond what all training rows held, never below 0 where nothing was. */
static void set_range(trainer *t)
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

static flx_status allocate(trainer *t, flx_error *error)
{
    size_t members = (size_t)t->ensemble->n_members, pupils = FOLDS * members;
    t->pupils = calloc(pupils, sizeof *t->pupils);
    t->schools = calloc(pupils, sizeof *t->schools);
    t->predicted = calloc((size_t)t->n * members + 1, sizeof *t->predicted);
    t->n_pupils = t->pupils ? (int)pupils : 0;
    if (t->pupils && t->schools && t->predicted)
        return FLX_OK;
    return flx_fail(error, FLX_NO_MEMORY, "out of memory for %zu models", pupils);
}

static void dismiss(trainer *t)
{
    for (int i = 0; i < t->n_pupils; i++)
        if (t->pupils[i].graph)
            flx_model_clear_fits(&t->pupils[i]);
    for (int f = 0; f < FOLDS; f++) {
        flx_dataset_destroy(t->taught[f]);
        flx_dataset_destroy(t->tested[f]);
    }
    flx_ensemble_destroy(t->ensemble);
    free(t->rows);
    free(t->fold);
    free(t->y);
    free(t->predicted);
    free(t->pupils);
    free(t->schools);
}

static flx_status run(trainer *t, flx_error *error)
{
    int n_groups = 0;
    FLX_TRY(build_members(t, error));
    FLX_TRY(list_rows(t, &n_groups, error));
    if (t->n < FEWEST_ROWS || n_groups < FOLDS) {
        const flx_graph *graph = t->host->graph;
        FLX_TRY(flx_train_model(t->host, t->backend, t->options, t->report, error));
        return flx_model_add_warning(
                   t->host, graph->vertices[graph->output].name, false,
                   "%d rows in %d groups are too few to weigh the composed "
                   "graph against other models: it stands alone",
                   t->n, n_groups)
                   ? FLX_OK
                   : flx_fail(error, FLX_NO_MEMORY, "out of memory for notes");
    }
    set_range(t);
    FLX_TRY(allocate(t, error));
    FLX_TRY(teach_members(t, error));
    FLX_TRY(teach_folds(t, error));
    FLX_TRY(flx_ensemble_weigh(t->ensemble, t->predicted, t->y, t->n, t->backend, error));
    t->host->ensemble = t->ensemble;
    t->ensemble = NULL;
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
    trainer t = {.host = model, .backend = backend, .options = options, .report = report};
    flx_status status = run(&t, error);
    dismiss(&t);
    return status;
}
