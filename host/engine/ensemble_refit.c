/* SPDX-License-Identifier: MIT */
#include "host/engine/ensemble_refit.h"

#include "formats/memory.h"
#include "host/engine/pooled_rows.h"
#include "host/model.h"
#include "host/statistics.h"
#include "host/training.h"

#include <math.h>
#include <stdlib.h>

#define CERTAIN 1.645 /* standard errors: one chance in twenty of a gain that is none */

enum { MIN_ROWS = 10 };

typedef struct {
    flx_model *model;
    flx_pooled_rows rows;
    double *before_change; /* (rows.n_fresh) what the model predicts as it is */
    double *refitted;      /* (rows.n_fresh) mean of the new members, out of sample */
} refit;

/* A table that is predicted says nothing of the change: it lies behind. */
static void assume_since(flx_member *member)
{
    flx_predictor *p = &member->assignments[0].models[0].predictor;
    for (int f = 0; f < p->n_features; f++)
        if (p->features[f].input == p->n_inputs - 1)
            p->features[f].fill = 1;
}

static flx_trainer trainer_of(const refit *r, const flx_member *member,
                              const flx_dataset *rows)
{
    flx_trainer trainer = {.view = flx_training_view_of_member(r->model, member),
                           .may_fail = true,
                           .starts = 2};
    trainer.view.rows = rows;
    return trainer;
}

/* All trainers as one batch; their models are taken to models (count). */
static flx_status run_trainers(flx_trainer *trainers, int count, flx_backend *backend,
                               const flx_fit_options *options,
                               flx_training_report *report,
                               flx_learning_assignment **models, flx_error *error)
{
    flx_status status = FLX_OK;
    for (int k = 0; k < count && status == FLX_OK; k++)
        status = flx_trainer_create(&trainers[k], error);
    if (status == FLX_OK)
        status = flx_trainer_run(trainers, count, backend, options, report, error);
    for (int k = 0; k < count; k++) {
        models[k] = trainers[k].assignments;
        trainers[k].assignments = NULL;
        flx_trainer_destroy(&trainers[k]);
    }
    return status;
}

static flx_status fit_members(refit *r, flx_member *members, int count,
                              flx_backend *backend, const flx_fit_options *options,
                              flx_training_report *report, flx_error *error)
{
    flx_trainer trainers[2] = {{.starts = 0}};
    flx_learning_assignment *models[2] = {0};
    for (int k = 0; k < count; k++)
        trainers[k] = trainer_of(r, &members[k], r->rows.stacked);
    flx_status status =
        run_trainers(trainers, count, backend, options, report, models, error);
    for (int k = 0; k < count; k++) {
        members[k].assignments = models[k];
        if (status == FLX_OK)
            assume_since(&members[k]);
    }
    return status;
}

/* The target at the new rows as the model predicts it now. */
static flx_status predict_before(refit *r, flx_backend *backend, flx_error *error)
{
    const flx_dataset *fresh = r->rows.fresh;
    int column = flx_dataset_find(fresh, r->rows.graph_after->vertices[0].name), next = 0;
    FLX_SCOPED double *mean = malloc((size_t)fresh->rows * sizeof *mean);
    if (!mean)
        return flx_no_memory(error, "%d rows", fresh->rows);
    FLX_TRY(flx_predict_target(r->model, backend, fresh, mean, error));
    for (int row = 0; row < fresh->rows && column >= 0; row++)
        if (!isnan(
                fresh->values[(size_t)row * (size_t)fresh->n_columns + (size_t)column]))
            r->before_change[next++] = mean[row];
    return FLX_OK;
}

/* Rows of the stacked table: without the new ones of fold f, or those alone. */
static flx_status select_fold(const refit *r, const int *fold, int f, bool is_tested,
                              flx_dataset **out, flx_error *error)
{
    int old = r->rows.stacked->rows - r->rows.n_fresh, count = 0;
    int *rows = malloc((size_t)r->rows.stacked->rows * sizeof *rows);
    if (!rows)
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for a fold");
    for (int i = 0; i < r->rows.stacked->rows; i++) {
        bool is_in_fold = i >= old && fold[i - old] == f;
        if (is_in_fold == is_tested)
            rows[count++] = i;
    }
    flx_status status = flx_dataset_select_rows(r->rows.stacked, rows, count, out, error);
    free(rows);
    return status;
}

/* Adds the predictions of one fold model to their mean. */
static flx_status predict_fold(refit *r, flx_fitted_graph fold_model,
                               const flx_dataset *test, const int *fold, int f, int count,
                               flx_backend *backend, flx_error *error)
{
    FLX_SCOPED double *mean = malloc(((size_t)test->rows + 1) * sizeof *mean);
    if (!mean)
        return flx_no_memory(error, "%d rows", test->rows);
    FLX_TRY(flx_predict_graph_target(fold_model, backend, test, mean, error));
    for (int i = 0, next = 0; i < r->rows.n_fresh; i++)
        if (fold[i] == f)
            r->refitted[i] += mean[next++] / count;
    return FLX_OK;
}

/* One fold: the members fitted without its rows, from the optima of all rows. */
static flx_status test_fold(refit *r, const flx_member *members, int count,
                            const int *fold, int f, flx_backend *backend,
                            flx_training_report *report, flx_error *error)
{
    flx_dataset *train = NULL, *test = NULL;
    flx_trainer trainers[2] = {{.starts = 0}};
    flx_learning_assignment *models[2] = {0};
    flx_status status = select_fold(r, fold, f, false, &train, error);
    if (status == FLX_OK)
        status = select_fold(r, fold, f, true, &test, error);
    for (int k = 0; k < count; k++) {
        trainers[k] = trainer_of(r, &members[k], train);
        trainers[k].warm = members[k].assignments;
    }
    if (status == FLX_OK)
        status = run_trainers(trainers, count, backend, NULL, report, models, error);
    for (int k = 0; k < count; k++) {
        flx_fitted_graph fold_model = {r->model->deployment, members[k].graph, models[k]};
        if (status == FLX_OK)
            status = predict_fold(r, fold_model, test, fold, f, count, backend, error);
        flx_assignments_destroy(models[k], members[k].graph->n_assignments);
    }
    flx_dataset_destroy(train);
    flx_dataset_destroy(test);
    return status;
}

static double new_share(const refit *r)
{
    return 2.0 / 3 * r->rows.n_fresh / (r->rows.n_fresh + 10.0);
}

/* Whether the new members lower the error for certain. */
static bool is_gain(const refit *r)
{
    size_t width = (size_t)r->rows.stacked->n_columns;
    int old = r->rows.stacked->rows - r->rows.n_fresh, n = r->rows.n_fresh;
    double share = new_share(r), sum = 0, square = 0;
    for (int i = 0; i < n; i++) {
        double y = r->rows.stacked->values[(size_t)(old + i) * width + width - 1];
        double mixed = (1 - share) * r->before_change[i] + share * r->refitted[i];
        double gain = fabs(r->before_change[i] - y) - fabs(mixed - y);
        sum += gain;
        square += gain * gain;
    }
    double mean = sum / n, variance = (square - n * mean * mean) / (n - 1);
    return mean > CERTAIN * sqrt(fmax(variance, 0) / n);
}

/* The new rows dealt into folds, the rows of a group together; returns how many folds
 * there are: fewer than usual where there are few groups. */
static flx_status assign_folds(const refit *r, uint64_t seed, int *fold, int *n_folds,
                               flx_error *error)
{
    const flx_dataset *stacked = r->rows.stacked;
    int n = r->rows.n_fresh, n_groups;
    const int64_t *group = stacked->group ? stacked->group + (stacked->rows - n)
                                          : NULL; /* of the new rows */
    FLX_TRY(flx_folds_deal(group, n, seed, fold, &n_groups, error));
    *n_folds = n_groups < FLX_FOLDS ? n_groups : FLX_FOLDS;
    return FLX_OK;
}

/* Out-of-sample trial of the new members on the new rows; a single group allows none. */
static flx_status try_members(refit *r, const flx_member *members, int count,
                              flx_backend *backend, uint64_t seed,
                              flx_training_report *report, bool *is_better,
                              flx_error *error)
{
    int n = r->rows.n_fresh, n_folds;
    FLX_SCOPED int *fold = NULL;
    *is_better = false;
    if (!FLX_NEW(fold, n) || !FLX_NEW(r->before_change, n) || !FLX_NEW(r->refitted, n))
        return flx_no_memory(error, "%d rows", n);
    FLX_TRY(assign_folds(r, seed, fold, &n_folds, error));
    if (n_folds < 2)
        return FLX_OK;
    FLX_TRY(predict_before(r, backend, error));
    for (int f = 0; f < n_folds; f++)
        FLX_TRY(test_fold(r, members, count, fold, f, backend, report, error));
    *is_better = is_gain(r);
    return FLX_OK;
}

/* Takes out the members of an earlier refit; the weights of the rest sum to 1 again. */
static void remove_refitted(flx_ensemble *ensemble)
{
    double sum = 0;
    int kept = 0;
    for (int k = 0; k < ensemble->n_members; k++) {
        if (flx_ensemble_is_refitted(flx_ensemble_find(ensemble->members[k].name))) {
            flx_member_clear(&ensemble->members[k]);
            continue;
        }
        sum += ensemble->members[k].weight;
        ensemble->members[kept++] = ensemble->members[k];
    }
    ensemble->n_members = kept;
    for (int k = 0; k < kept; k++)
        ensemble->members[k].weight =
            sum > 0 ? ensemble->members[k].weight / sum : 1.0 / kept;
}

/* Takes the members in; the change says so. */
static flx_status admit(refit *r, flx_member *members, int count, flx_change *change,
                        flx_error *error)
{
    flx_ensemble *ensemble = r->model->ensemble;
    flx_member *grown =
        realloc(ensemble->members, (size_t)(ensemble->n_members + count) * sizeof *grown);
    if (!grown)
        return flx_no_memory(error, "%d members", count);
    ensemble->members = grown;
    if (!flx_name_list_add(&change->fitted, "the ensemble of the target"))
        return flx_no_memory(error, "names");
    remove_refitted(ensemble);
    double share = new_share(r);
    for (int k = 0; k < ensemble->n_members; k++)
        grown[k].weight *= 1 - share;
    for (int k = 0; k < count; k++) {
        members[k].weight = share / count;
        grown[ensemble->n_members++] = members[k];
        members[k] = (flx_member){0};
    }
    return FLX_OK;
}

static flx_status build_members(refit *r, flx_member *members, int *count,
                                flx_error *error)
{
    for (int i = FLX_ENSEMBLE_TRAINED; i < FLX_ENSEMBLE_MEMBERS; i++) {
        bool is_there;
        FLX_TRY(flx_ensemble_build_member(r->model, r->model->ensemble->replicas, i,
                                          &members[*count], &is_there, error));
        *count += is_there;
    }
    return FLX_OK;
}

static flx_status run(refit *r, const flx_dataset *fresh, flx_backend *backend,
                      const flx_fit_options *options, flx_change *change,
                      flx_error *error)
{
    flx_member members[2] = {{0}};
    flx_training_report report = {0};
    bool is_better = false;
    int count = 0;
    FLX_TRY(flx_pooled_rows_open(r->model, fresh, &r->rows, error));
    if (r->rows.n_fresh < MIN_ROWS)
        return FLX_OK;
    flx_status status = build_members(r, members, &count, error);
    if (status == FLX_OK)
        status = fit_members(r, members, count, backend, options, &report, error);
    if (status == FLX_OK)
        status = try_members(r, members, count, backend, options->seed, &report,
                             &is_better, error);
    if (status == FLX_OK && is_better)
        status = admit(r, members, count, change, error);
    for (int k = 0; k < count; k++)
        flx_member_clear(&members[k]);
    return status;
}

flx_status flx_ensemble_refit(flx_model *model, const flx_dataset *rows,
                              flx_backend *backend, const flx_fit_options *options,
                              flx_change *change, flx_error *error)
{
    refit r = {.model = model};
    if (!model->ensemble)
        return FLX_OK;
    flx_status status = run(&r, rows, backend, options, change, error);
    flx_pooled_rows_close(&r.rows);
    free(r.before_change);
    free(r.refitted);
    return status;
}
