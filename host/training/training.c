/* SPDX-License-Identifier: MIT */
#include "host/training/training.h"

#include "formats/clock.h"
#include "formats/memory.h"
#include "host/graph.h"
#include "host/training/ensemble_training.h"
#include "host/training/metric_selection.h"
#include "host/training/out_of_fold.h"

#include <stdlib.h>

/* Chooses on what a graph of all metrics predicts; the paper on measured inputs. */
static flx_status prune_graph(flx_model *model,
                              const flx_metric_selection_options *choice,
                              flx_backend *backend, flx_error *error)
{
    flx_training_view view = flx_training_view_of(model);
    flx_input_subsets *subsets = NULL;
    flx_dataset *predictions = NULL;
    flx_status status = FLX_OK;
    if (!model->paper_mode)
        status = flx_predict_out_of_fold(&view, backend, &predictions, error);
    view.inputs = predictions;
    if (status == FLX_OK)
        status = flx_metric_selection(&view, choice, backend, &subsets, error);
    if (status == FLX_OK)
        status = flx_graph_prune(model->graph, subsets, error);
    flx_dataset_destroy(predictions);
    flx_input_subsets_destroy(subsets);
    return status;
}

/* The graph of all declared metrics, pruned to those that are chosen. */
static flx_status build_selected(flx_model *model, const flx_training_options *options,
                                 flx_backend *backend, flx_error *error)
{
    flx_metric_selection_options choice = {.k = options->n_selected,
                                           .seed = options->seed};
    FLX_SCOPED const char **names = NULL;
    flx_graph_scope scope = {0};
    FLX_TRY(flx_declared_metrics(model->deployment, &names, &scope.n_spectrum, error));
    scope.spectrum = names;
    FLX_TRY(flx_model_build_graph(model->deployment, model->composition,
                                  model->paper_mode, &scope, &model->graph, error));
    return prune_graph(model, &choice, backend, error);
}

static flx_status build_graph(flx_model *model, const flx_training_options *options,
                              flx_backend *backend, flx_error *error)
{
    if (options->selects_metrics && model->composition == FLX_COMPOSED)
        return build_selected(model, options, backend, error);
    flx_graph_scope scope = {options->spectrum, options->n_spectrum, NULL};
    return flx_model_build_graph(model->deployment, model->composition, model->paper_mode,
                                 &scope, &model->graph, error);
}

flx_status flx_train_take(flx_deployment *deployment, flx_dataset *rows,
                          const flx_training_options *options, flx_backend *backend,
                          const flx_progress *progress, flx_model **out,
                          flx_training_report *report, flx_error *error)
{
    *out = NULL;
    *report = (flx_training_report){0};
    flx_model *model = NULL;
    if (!FLX_NEW(model, 1)) {
        flx_deployment_destroy(deployment);
        flx_dataset_destroy(rows);
        return flx_no_memory(error, "a model");
    }
    model->deployment = deployment;
    model->rows = rows;
    model->composition = options->composition;
    model->paper_mode = options->paper_mode;
    model->wants_log = deployment->log_target;
    model->prior = options->paper_mode ? FLX_PRIOR_NONE : options->prior;
    model->covariance = options->paper_mode ? FLX_MATERN52 : options->covariance;
    flx_status status = build_graph(model, options, backend, error);
    double started = flx_clock_seconds();
    flx_fit_options fit = {options->repository, progress, options->seed};
    bool hosts_ensemble = options->hosts_ensemble && model->composition == FLX_COMPOSED &&
                          model->prior != FLX_PRIOR_NONE;
    if (status == FLX_OK)
        status = (hosts_ensemble ? flx_ensemble_train
                                 : flx_train_model)(model, backend, &fit, report, error);
    report->wall_s = flx_clock_seconds() - started;
    if (status == FLX_OK)
        *out = model;
    else
        flx_model_destroy(model);
    return status;
}
