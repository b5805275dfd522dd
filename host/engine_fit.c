/* SPDX-License-Identifier: MIT
 * GE.fit (paper 4.1.2) for any number of assignments at once: all folds of all of them
 * are one batch of the fit queue, all their weights one batch of output weighting. */
#include "host/engine.h"
#include "host/inference.h"
#include "host/kept_rows.h"
#include "host/mixture_refit.h"
#include "host/refit.h"
#include "host/weighting.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    flx_model *model;
    const flx_dataset *rows;
    const flx_refit_options *options;
    flx_backend *backend;
    int count;
    const int *assignments;        /* (count) */
    flx_refit_case *cases;         /* (count) */
    flx_learning_assignment *next; /* (count) what is hosted afterwards, or nothing */
    flx_refit *reports;            /* (count) in the change */
    char cause[65];                /* digest of the rows */
} session;

static flx_status out_of_memory(flx_error *error)
{
    return flx_fail(error, FLX_NO_MEMORY, "out of memory for a refit");
}

/* A case without a word in its report is refitted. */
static bool is_open(const session *s, int i)
{
    return !s->reports[i].is_kept;
}

static void keep(session *s, int i, const char *format, int number)
{
    s->reports[i].is_kept = true;
    snprintf(s->reports[i].why, sizeof s->reports[i].why, format, number);
}

/* --- What is taught --- */

static flx_status gather_fresh(session *s, flx_error *error)
{
    flx_model view = {.deployment = s->model->deployment,
                      .graph = s->model->graph,
                      .rows = (flx_dataset *)s->rows}; /* read only */
    flx_binding *binding = NULL;
    FLX_TRY(flx_binding_create(s->model->graph, s->model->deployment, s->rows, &binding,
                               error));
    flx_status status = FLX_OK;
    for (int i = 0; i < s->count && status == FLX_OK; i++) {
        flx_refit_case *one = &s->cases[i];
        status = flx_lesson_gather(&view, binding, NULL, s->assignments[i], &one->fresh,
                                   error);
        s->reports[i].rows = one->fresh.n;
        if (one->fresh.n == 0 ||
            (one->fresh.n < FLX_FEWEST_ROWS && one->hosting->n_models > 0))
            keep(s, i, "only %d of the rows have its output, 5 are needed", one->fresh.n);
    }
    flx_binding_destroy(binding);
    return status;
}

static bool is_complete(const flx_model *model)
{
    for (int a = 0; a < model->graph->n_assignments; a++)
        if (model->assignments[a].n_models == 0)
            return false;
    return true;
}

/* Metrics among the inputs become what the graph predicts; values (vertices, rows) or
 * NULL. */
static flx_status judge_inputs(session *s, flx_refit_case *one, const double *values,
                               flx_error *error)
{
    size_t width = (size_t)one->assignment->n_inputs, n = (size_t)one->fresh.n;
    one->judged = malloc((n * width + 1) * sizeof *one->judged);
    if (!one->judged)
        return out_of_memory(error);
    memcpy(one->judged, one->fresh.raw, n * width * sizeof *one->judged);
    for (size_t i = 0; i < n && values; i++) {
        const flx_vertex *vertex = &s->model->graph->vertices[one->fresh.vertex[i]];
        for (size_t k = 0; k < width; k++)
            if (vertex->sources[k].vertex >= 0)
                one->judged[i * width + k] =
                    values[(size_t)vertex->sources[k].vertex * (size_t)s->rows->rows +
                           (size_t)one->fresh.row[i]];
    }
    return FLX_OK;
}

static flx_status predict_all(session *s, double **values, flx_error *error)
{
    flx_inference *inference = NULL;
    *values = NULL;
    if (!is_complete(s->model))
        return FLX_OK;
    size_t cells = (size_t)s->model->graph->n_vertices * (size_t)s->rows->rows;
    double *mean = malloc((cells + 1) * sizeof *mean);
    flx_status status =
        mean ? flx_inference_create(s->model, s->backend, &inference, error)
             : out_of_memory(error);
    if (status == FLX_OK)
        status = flx_inference_bind(inference, s->rows, error);
    if (status == FLX_OK)
        status =
            flx_inference_vertices(inference, FLX_FROM_PREDICTIONS, mean, NULL, error);
    flx_inference_destroy(inference);
    if (status == FLX_OK)
        *values = mean;
    else
        free(mean);
    return status;
}

static flx_status judge_all(session *s, flx_error *error)
{
    double *values = NULL;
    FLX_TRY(predict_all(s, &values, error));
    flx_status status = FLX_OK;
    for (int i = 0; i < s->count && status == FLX_OK; i++)
        status = judge_inputs(s, &s->cases[i], values, error);
    free(values);
    return status;
}

static flx_status teach_all(session *s, flx_error *error)
{
    flx_kept_rows *kept = NULL;
    FLX_TRY(flx_kept_rows_open(s->model, &kept, error));
    flx_status status = FLX_OK;
    for (int i = 0; i < s->count && status == FLX_OK; i++) {
        flx_lesson old = {.task = -1};
        if (!is_open(s, i))
            continue;
        status = flx_refit_deal(&s->cases[i], s->rows->group, s->options->seed, error);
        bool wants_old =
            !s->options->only_weights &&
            !(s->model->paper_mode && s->cases[i].assignment->kind == FLX_SERVICE_VERTEX);
        if (status == FLX_OK && wants_old)
            status = flx_kept_rows_gather(kept, s->assignments[i], &old, error);
        s->reports[i].old_rows = old.n;
        if (status == FLX_OK && !s->options->only_weights)
            status = flx_refit_teach(&s->cases[i], &old, error);
        flx_lesson_clear(&old);
    }
    flx_kept_rows_close(kept);
    return status;
}

/* --- What is fitted --- */

static flx_status submit_all(session *s, flx_fit_task *tasks, int *count,
                             flx_error *error)
{
    for (int i = 0; i < s->count; i++) {
        flx_refit_case *one = &s->cases[i];
        for (int f = 0; f <= one->n_folds && is_open(s, i); f++) {
            bool is_fit;
            FLX_TRY(flx_study_prepare(&one->lessons[f], one->assignment, s->model,
                                      &one->fitted[f], &tasks[*count], &is_fit, error));
            if (is_fit)
                one->lessons[f].task = (*count)++;
        }
    }
    return FLX_OK;
}

static void accept_all(session *s, flx_fit_result *results)
{
    for (int i = 0; i < s->count; i++)
        for (int f = 0; f <= FLX_REFIT_FOLDS; f++) {
            flx_refit_case *one = &s->cases[i];
            if (one->lessons[f].raw && one->lessons[f].task >= 0)
                flx_study_accept(&one->lessons[f], &results[one->lessons[f].task],
                                 &one->fitted[f]);
        }
}

static flx_status fit_all(session *s, flx_error *error)
{
    size_t most = (size_t)s->count * (FLX_REFIT_FOLDS + 1);
    flx_fit_task *tasks = calloc(most + 1, sizeof *tasks);
    flx_fit_result *results = calloc(most + 1, sizeof *results);
    int count = 0;
    flx_status status =
        tasks && results ? submit_all(s, tasks, &count, error) : out_of_memory(error);
    if (status == FLX_OK)
        status =
            flx_fit_all(s->backend, tasks, count, results, s->options->progress, error);
    if (status == FLX_OK)
        accept_all(s, results);
    for (int t = 0; t < count && results; t++)
        flx_fit_result_clear(&results[t]);
    free(tasks);
    free(results);
    return status;
}

/* --- How it is weighed --- */

/* Models that were fitted on these very rows would seem too good; where nothing else is
 * left, all count. */
static flx_status ask_one(session *s, flx_refit_case *one, flx_error *error)
{
    int hosted = one->hosting->n_models, seen = 0;
    bool *is_seen = calloc((size_t)hosted + 1, sizeof *is_seen);
    if (!is_seen)
        return out_of_memory(error);
    for (int k = 0; k < hosted && !s->options->only_weights; k++)
        seen += is_seen[k] = strcmp(one->hosting->models[k].cause, s->cause) == 0;
    if (seen == hosted)
        memset(is_seen, 0, (size_t)hosted * sizeof *is_seen);
    flx_status status = flx_refit_ask(one, s->model, !s->options->only_weights, is_seen,
                                      s->backend, error);
    free(is_seen);
    return status;
}

static flx_status ask_all(session *s, flx_error *error)
{
    for (int i = 0; i < s->count; i++) {
        if (!is_open(s, i))
            continue;
        FLX_TRY(ask_one(s, &s->cases[i], error));
        if (!flx_refit_is_testable(&s->cases[i]) && s->cases[i].hosting->n_models > 0)
            keep(s, i,
                 "its models cannot be tested on the %d rows: all missing, or one "
                 "group",
                 s->cases[i].fresh.n);
        else if (s->cases[i].n_columns == 1 && s->cases[i].columns[0].before > 0)
            keep(s, i, "it hosts %d model, whose weight is 1", 1);
    }
    return FLX_OK;
}

static bool is_weighed(const session *s, int i)
{
    return is_open(s, i) && s->cases[i].n_columns > 1 &&
           (!s->model->paper_mode || s->options->only_weights);
}

/* Problems of all cases: each is weighed without every fold, then on all rows. */
static flx_status pose_all(session *s, flx_weighting_problem *problems, int *count,
                           flx_error *error)
{
    for (int i = 0; i < s->count; i++)
        for (int f = 0; f <= s->cases[i].n_folds && is_weighed(s, i); f++) {
            bool is_last = f == s->cases[i].n_folds;
            FLX_TRY(flx_refit_pose(&s->cases[i], is_last ? -1 : f, &problems[(*count)++],
                                   error));
        }
    return FLX_OK;
}

/* Where nothing is weighed, what was fitted takes the place of what was there. */
static void settle_all(session *s, const flx_weighting_result *results)
{
    const flx_weighting_result *next = results;
    for (int i = 0; i < s->count; i++) {
        if (!is_open(s, i))
            continue;
        const flx_weighting_result *found = is_weighed(s, i) ? next : NULL;
        next += found ? s->cases[i].n_folds + 1 : 0;
        bool is_better = flx_refit_settle(&s->cases[i], found, &s->reports[i].mae_before,
                                          &s->reports[i].mae_after);
        if (!is_better && found)
            keep(s, i, "nothing does clearly better on the %d rows",
                 s->cases[i].n_judged);
    }
}

static flx_status weigh_all(session *s, flx_error *error)
{
    size_t most = (size_t)s->count * (FLX_REFIT_FOLDS + 1) + 1;
    flx_weighting_problem *problems = calloc(most, sizeof *problems);
    flx_weighting_result *results = calloc(most, sizeof *results);
    flx_weighting_options options = {.seed = s->options->seed};
    int count = 0;
    flx_status status =
        problems && results ? pose_all(s, problems, &count, error) : out_of_memory(error);
    if (status == FLX_OK && count > 0)
        status =
            flx_weighting_solve(s->backend, problems, count, &options, results, error);
    if (status == FLX_OK)
        settle_all(s, results);
    for (int p = 0; p < count; p++) {
        free((double *)problems[p].P);
        free((double *)problems[p].y);
        flx_weighting_result_clear(&results[p]);
    }
    free(problems);
    free(results);
    return status;
}

/* --- What comes of it --- */

static flx_status report_models(const session *s, int i, flx_error *error)
{
    static const char *const origins[] = {[FLX_IN_PLACE] = "in place",
                                          [FLX_RECALIBRATED] = "recalibrated",
                                          [FLX_FITTED] = "old and new rows"};
    const flx_refit_case *one = &s->cases[i];
    flx_refit *report = &s->reports[i];
    report->models = calloc((size_t)one->n_columns + 1, sizeof *report->models);
    if (!report->models)
        return out_of_memory(error);
    for (int c = 0; c < one->n_columns; c++) {
        const flx_refit_column *column = &one->columns[c];
        bool is_new = column->origin == FLX_FITTED;
        const flx_predictor *p = is_new ? &one->fitted[one->n_folds]
                                        : &one->hosting->models[column->model].predictor;
        report->models[report->n_models++] = (flx_weighed_model){
            is_new && one->n_kept == 0 ? "new rows" : origins[column->origin],
            flx_predictor_kind_text(p->kind),
            is_open(s, i) ? column->after : column->before, column->mae};
    }
    return FLX_OK;
}

static flx_status install_all(session *s, flx_error *error)
{
    for (int i = 0; i < s->count; i++) {
        if (is_open(s, i))
            FLX_TRY(flx_refit_install(&s->cases[i], &s->next[i], error));
        FLX_TRY(report_models(s, i, error));
    }
    return FLX_OK;
}

/* The rows become the model's own where it has none. */
static flx_status keep_rows(session *s, flx_error *error)
{
    if (s->model->rows || s->rows->rows == 0)
        return FLX_OK;
    int *all = malloc((size_t)s->rows->rows * sizeof *all);
    if (!all)
        return out_of_memory(error);
    for (int r = 0; r < s->rows->rows; r++)
        all[r] = r;
    flx_status status =
        flx_dataset_select_rows(s->rows, all, s->rows->rows, &s->model->rows, error);
    free(all);
    return status;
}

static bool list_assignments(const session *s, flx_change *change)
{
    bool is_whole = true;
    for (int i = 0; i < s->count; i++)
        if (is_open(s, i))
            is_whole &=
                flx_name_list_add(&change->fitted, "%s", s->cases[i].assignment->name);
    for (int a = 0; a < s->model->graph->n_assignments; a++) {
        const char *name = s->model->graph->assignments[a].name;
        if (!flx_name_list_holds(&change->fitted, name))
            is_whole &= flx_name_list_add(&change->reused, "%s", name);
    }
    return is_whole;
}

/* New rows for the target teach the black boxes beside the graph too. */
static flx_status fit_mixture(session *s, flx_change *change, flx_error *error)
{
    const flx_fit_options options = {.progress = s->options->progress};
    const flx_graph *graph = s->model->graph;
    flx_training_report report = {0};
    bool is_target = false, was_changed = false;
    for (int i = 0; i < s->count; i++)
        is_target |= graph->assignments[s->assignments[i]].service ==
                     s->model->deployment->target_service;
    if (!is_target || s->options->only_weights || !s->model->mixture)
        return FLX_OK;
    FLX_TRY(flx_mixture_refit(s->model, s->rows, s->backend, &options, &report,
                              &was_changed, error));
    return !was_changed || flx_name_list_add(&change->fitted, "the mixture of the target")
               ? FLX_OK
               : out_of_memory(error);
}

static flx_status run(session *s, flx_change *change, flx_error *error)
{
    FLX_TRY(gather_fresh(s, error));
    FLX_TRY(judge_all(s, error));
    FLX_TRY(teach_all(s, error));
    if (!s->options->only_weights)
        FLX_TRY(fit_all(s, error));
    FLX_TRY(ask_all(s, error));
    FLX_TRY(weigh_all(s, error));
    FLX_TRY(install_all(s, error));
    if (!list_assignments(s, change))
        return out_of_memory(error);
    FLX_TRY(keep_rows(s, error));
    FLX_TRY(fit_mixture(s, change, error));
    for (int i = 0; i < s->count; i++) {
        if (!is_open(s, i))
            continue;
        flx_assignment_clear(&s->model->assignments[s->assignments[i]]);
        s->model->assignments[s->assignments[i]] = s->next[i];
        s->next[i] = (flx_learning_assignment){0};
    }
    return FLX_OK;
}

static flx_status open_cases(session *s, flx_change *change, flx_error *error)
{
    size_t count = (size_t)s->count;
    s->cases = calloc(count + 1, sizeof *s->cases);
    s->next = calloc(count + 1, sizeof *s->next);
    s->reports = change->refits = calloc(count + 1, sizeof *change->refits);
    if (!s->cases || !s->next || !s->reports)
        return out_of_memory(error);
    change->rows = s->rows->rows;
    for (int i = 0; i < s->count; i++) {
        int a = s->assignments[i];
        s->cases[i] = (flx_refit_case){.assignment = &s->model->graph->assignments[a],
                                       .hosting = &s->model->assignments[a],
                                       .cause = s->cause};
        flx_refit_date(&s->cases[i], s->rows);
        change->refits[i].assignment = strdup(s->cases[i].assignment->name);
        if (!change->refits[i].assignment)
            return out_of_memory(error);
        change->n_refits++;
    }
    return FLX_OK;
}

flx_status flx_graph_engine_fit(flx_model *model, const int *assignments, int count,
                                const flx_dataset *rows, const flx_refit_options *options,
                                flx_backend *backend, flx_change *change,
                                flx_error *error)
{
    session s = {.model = model,
                 .rows = rows,
                 .options = options,
                 .backend = backend,
                 .count = count,
                 .assignments = assignments};
    *change = (flx_change){.event = "fit"};
    if (rows->rows == 0)
        return flx_fail(error, FLX_BAD_INPUT, "there is no row to fit on");
    if (!options->only_weights && model->composition != FLX_COMPOSED)
        return flx_fail(error, FLX_BAD_INPUT,
                        "the model is no composed graph (%s): train it anew on all rows",
                        flx_composition_text(model->composition));
    flx_dataset_digest(rows, s.cause);
    flx_status status = open_cases(&s, change, error);
    if (status == FLX_OK)
        status = run(&s, change, error);
    for (int i = 0; i < count && s.cases; i++)
        flx_refit_clear(&s.cases[i]);
    for (int i = 0; i < count && s.next; i++)
        flx_assignment_clear(&s.next[i]);
    free(s.cases);
    free(s.next);
    return status;
}
