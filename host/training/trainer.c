/* SPDX-License-Identifier: MIT */
#include "host/training/trainer.h"

#include "formats/memory.h"

#include <math.h>
#include <stdlib.h>

flx_status flx_trainer_create(flx_trainer *t, flx_error *error)
{
    int count = t->view.graph->n_assignments;
    if (t->view.composition == FLX_SKIP_CONNECTED) {
        FLX_TRY(flx_dataset_copy(t->view.rows, &t->predictions, error));
        t->view.inputs = t->predictions;
    }
    if (!FLX_NEW(t->fits, count))
        return flx_no_memory(error, "%d assignments", count);
    return flx_column_binding_create(t->view.graph, t->view.deployment, t->view.rows,
                                     &t->binding, error);
}

void flx_trainer_destroy(flx_trainer *t)
{
    int count = t->view.graph ? t->view.graph->n_assignments : 0;
    for (int a = 0; a < count && t->fits; a++)
        flx_assignment_fit_clear(&t->fits[a]);
    free(t->fits);
    flx_assignments_destroy(t->assignments, count);
    flx_warning_list_clear(&t->warnings);
    flx_column_binding_destroy(t->binding);
    flx_dataset_destroy(t->predictions);
    *t = (flx_trainer){0};
}

/* The stage in which an assignment is fitted: its level, or 0 where measured inputs do.
 */
static int stage_of(const flx_trainer *t, int a)
{
    const flx_graph *graph = t->view.graph;
    for (int v = 0; t->predictions && v < graph->n_vertices; v++)
        if (graph->vertices[v].assignment == a)
            return graph->vertices[v].level;
    return 0;
}

static flx_status check_target(const flx_trainer *t, int stage, flx_error *error)
{
    const flx_vertex *output = &t->view.graph->vertices[t->view.graph->output];
    const flx_assignment_fit *fit = &t->fits[output->assignment];
    if (t->may_fail || stage_of(t, output->assignment) != stage)
        return FLX_OK;
    if (fit->set.n == 0)
        return flx_fail(error, FLX_BAD_INPUT,
                        "the target %s has no value in any of the %d training rows of %s",
                        output->name, t->view.rows->rows,
                        flx_dataset_title(t->view.rows));
    if (fit->result.has_failed)
        return flx_fail(error, FLX_NUMERIC, "the target %s could not be fitted to %s: %s",
                        output->name, flx_dataset_title(t->view.rows), fit->result.why);
    return FLX_OK;
}

/* --- What each assignment is fitted to --- */

/* A rule's output lies among its inputs: it is in their unit and needs no bounds. */
static void make_rule(flx_predictor *p)
{
    p->kind = FLX_PREDICTOR_RULE;
    p->output_low = -INFINITY;
    p->output_high = INFINITY;
    p->is_log = false;
}

static flx_status warn_of(flx_trainer *t, const flx_assignment_fit *fit, flx_error *error)
{
    const flx_graph_assignment *assignment = fit->assignment;
    for (int i = 0; fit->is_dropped && i < assignment->n_inputs; i++)
        if (fit->is_dropped[i])
            FLX_TRY(flx_warning_list_add(
                &t->warnings, error, assignment->name, false,
                "input %s is missing in more than half of its %d rows and was dropped",
                assignment->inputs[i].label, fit->set.n));
    if (fit->outcome == FLX_FIT_FEW_ROWS || fit->outcome == FLX_FIT_NO_INPUT)
        return flx_warning_list_add(&t->warnings, error, assignment->name, false,
                                    "%s %d of %d rows and became a constant",
                                    fit->outcome == FLX_FIT_FEW_ROWS
                                        ? "has an output in only"
                                        : "has no input that varies in its",
                                    fit->set.n, t->view.rows->rows);
    return FLX_OK;
}

static flx_status prepare(flx_trainer *t, int a, flx_error *error)
{
    flx_assignment_fit *fit = &t->fits[a];
    flx_assignment_fit_options options = {
        .starts = t->starts,
        .warm = t->warm ? &t->warm[a].models[0].predictor : NULL,
        .seed = t->seed,
        .wants_residuals = t->wants_residuals};
    fit->assignment = &t->view.graph->assignments[a];
    flx_dataset_find_period(t->view.rows, &fit->model.first_time, &fit->model.last_time);
    FLX_TRY(flx_training_set_build(&t->view, t->binding, a, &fit->set, error));
    FLX_TRY(flx_assignment_fit_submit(fit, &t->view, &options, error));
    if (fit->outcome == FLX_FIT_FEW_ROWS && fit->assignment->kind == FLX_SERVICE_VERTEX) {
        fit->model.predictor = (flx_predictor){.n_inputs = fit->assignment->n_inputs};
        make_rule(&fit->model.predictor);
        return FLX_OK;
    }
    return warn_of(t, fit, error);
}

static flx_status prepare_stage(flx_trainer *t, int stage, flx_error *error)
{
    for (int a = 0; a < t->view.graph->n_assignments; a++)
        if (stage_of(t, a) == stage)
            FLX_TRY(prepare(t, a, error));
    return check_target(t, stage, error);
}

/* --- What comes of the fits --- */

/* A service-vertex keeps its rule where the fit is no better out of sample. */
static flx_status compare_with_rule(flx_trainer *t, flx_assignment_fit *fit,
                                    flx_error *error)
{
    flx_predictor *p = &fit->model.predictor;
    if (fit->assignment->kind != FLX_SERVICE_VERTEX || t->view.paper_mode)
        return FLX_OK;
    double mae, fitted = p->kind == FLX_PREDICTOR_CONSTANT ? INFINITY : p->loo_mae;
    FLX_TRY(flx_training_set_measure_rule(&fit->set, fit->assignment, p, &mae, error));
    if (mae > fitted || isinf(mae))
        return FLX_OK;
    make_rule(p);
    p->loo_mae = mae;
    free(p->X);
    free(p->y);
    free(p->theta);
    p->X = p->y = p->theta = NULL;
    p->n_theta = 0;
    return FLX_OK;
}

static flx_status accept(flx_trainer *t, flx_assignment_fit *fit, flx_error *error)
{
    if (fit->result.has_failed)
        FLX_TRY(flx_warning_list_add(&t->warnings, error, fit->assignment->name, true,
                                     "%s", fit->result.why));
    FLX_TRY(compare_with_rule(t, fit, error));
    if (fit->model.predictor.kind != fit->task.kind)
        fit->model.fit_key[0] = '\0'; /* that of a fit which was not kept */
    return FLX_OK;
}

/* What was left out of the fit, predicted; in the unit of the output. */
static double predict_left_out(const flx_assignment_fit *fit, int i)
{
    const flx_predictor *p = &fit->model.predictor;
    const flx_training_set *set = &fit->set;
    double value;
    if (p->kind == FLX_PREDICTOR_CONSTANT) {
        double y = set->y[i], others = p->constant + (p->constant - y) / (set->n - 1);
        value = set->n > 1 ? others : p->constant;
    } else {
        value = fit->result.loo_mean[i];
    }
    value = p->is_log ? exp(value) : value;
    return fmin(fmax(value, p->output_low), p->output_high);
}

static double *cell_of(flx_dataset *table, int row, int column)
{
    return &table->values[(size_t)row * (size_t)table->n_columns + (size_t)column];
}

/* What the rule makes of the predictions for its instances. */
static flx_status feed_rule(flx_trainer *t, int vertex, flx_error *error)
{
    const flx_graph *graph = t->view.graph;
    const flx_graph_assignment *assignment =
        &graph->assignments[graph->vertices[vertex].assignment];
    int inputs = assignment->n_inputs, column = t->binding->outputs[vertex].column;
    FLX_SCOPED double *raw = NULL;
    if (!FLX_NEW(raw, 2 * inputs))
        return flx_no_memory(error, "a rule");
    for (int r = 0; r < t->predictions->rows && column >= 0; r++) {
        for (int i = 0; i < inputs; i++)
            raw[i] =
                flx_column_ref_value(t->binding->inputs[vertex][i], t->predictions, r);
        double mean = flx_aggregation_rule_apply(assignment, raw, raw + inputs);
        if (!isnan(mean))
            *cell_of(t->predictions, r, column) = mean;
    }
    return FLX_OK;
}

/* The measured outputs of an assignment give way to what it predicts of rows it was not
 * fitted to: that is what the vertices above are fitted to. */
static flx_status feed_predictions(flx_trainer *t, int a, flx_error *error)
{
    const flx_assignment_fit *fit = &t->fits[a];
    const flx_training_set *set = &fit->set;
    bool is_rule = fit->model.predictor.kind == FLX_PREDICTOR_RULE;
    for (int i = 0; i < set->n && !is_rule; i++)
        *cell_of(t->predictions, set->row[i],
                 t->binding->outputs[set->vertex[i]].column) = predict_left_out(fit, i);
    for (int v = 0; v < t->view.graph->n_vertices && is_rule; v++)
        if (t->view.graph->vertices[v].assignment == a)
            FLX_TRY(feed_rule(t, v, error));
    return FLX_OK;
}

static flx_status accept_stage(flx_trainer *t, int stage, flx_error *error)
{
    int count = t->view.graph->n_assignments;
    for (int a = 0; a < count; a++)
        if (stage_of(t, a) == stage && t->fits[a].outcome == FLX_FIT_SUBMITTED)
            FLX_TRY(accept(t, &t->fits[a], error));
    for (int a = 0; a < count && t->predictions; a++)
        if (stage_of(t, a) == stage)
            FLX_TRY(feed_predictions(t, a, error));
    return check_target(t, stage, error);
}

/* --- All stages of all trainers --- */

static flx_status fit_stage(flx_trainer *trainers, int count, int stage,
                            flx_backend *backend, const flx_fit_options *options,
                            flx_training_report *report, flx_error *error)
{
    int total = 0, n = 0;
    FLX_SCOPED flx_assignment_fit **fits = NULL;
    for (int i = 0; i < count; i++)
        total += trainers[i].view.graph->n_assignments;
    if (!FLX_NEW(fits, total))
        return flx_no_memory(error, "%d fits", total);
    for (int i = 0; i < count; i++)
        for (int a = 0; a < trainers[i].view.graph->n_assignments; a++)
            if (stage_of(&trainers[i], a) == stage)
                fits[n++] = &trainers[i].fits[a];
    return flx_assignment_fits_run(fits, n, backend, options, report, error);
}

static flx_status finish(flx_trainer *t, flx_error *error)
{
    int count = t->view.graph->n_assignments;
    if (!FLX_NEW(t->assignments, count))
        return flx_no_memory(error, "%d assignments", count);
    for (int a = 0; a < count; a++)
        FLX_TRY(flx_assignment_add(&t->assignments[a], &t->fits[a].model, error));
    return FLX_OK;
}

flx_status flx_trainer_run(flx_trainer *trainers, int count, flx_backend *backend,
                           const flx_fit_options *options, flx_training_report *report,
                           flx_error *error)
{
    flx_fit_options later = {.repository = options ? options->repository : NULL};
    int stages = 1;
    for (int i = 0; i < count; i++) {
        trainers[i].seed = options ? options->seed : 0;
        if (trainers[i].predictions && trainers[i].view.graph->n_levels > stages)
            stages = trainers[i].view.graph->n_levels;
    }
    for (int stage = 0; stage < stages; stage++) {
        for (int i = 0; i < count; i++)
            FLX_TRY(prepare_stage(&trainers[i], stage, error));
        FLX_TRY(fit_stage(trainers, count, stage, backend, stage ? &later : options,
                          report, error));
        for (int i = 0; i < count; i++)
            FLX_TRY(accept_stage(&trainers[i], stage, error));
    }
    for (int i = 0; i < count; i++)
        FLX_TRY(finish(&trainers[i], error));
    return FLX_OK;
}

static flx_status train_alone(flx_trainer *t, flx_backend *backend,
                              const flx_fit_options *options, flx_training_report *report,
                              flx_error *error)
{
    FLX_TRY(flx_trainer_create(t, error));
    return flx_trainer_run(t, 1, backend, options, report, error);
}

flx_status flx_train_graph(const flx_training_view *view, flx_backend *backend,
                           flx_learning_assignment **assignments, flx_error *error)
{
    flx_trainer trainer = {.view = *view, .wants_residuals = true};
    flx_training_report report = {0};
    flx_status status = train_alone(&trainer, backend, NULL, &report, error);
    *assignments = trainer.assignments;
    trainer.assignments = NULL;
    flx_trainer_destroy(&trainer);
    return status;
}

flx_status flx_train_model(flx_model *model, flx_backend *backend,
                           const flx_fit_options *options, flx_training_report *report,
                           flx_error *error)
{
    flx_trainer trainer = {.view = flx_training_view_of(model), .wants_residuals = true};
    *report = (flx_training_report){0};
    flx_status status = train_alone(&trainer, backend, options, report, error);
    model->assignments = trainer.assignments;
    model->warnings = trainer.warnings;
    trainer.assignments = NULL;
    trainer.warnings = (flx_warning_list){0};
    flx_trainer_destroy(&trainer);
    return status;
}
