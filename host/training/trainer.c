/* SPDX-License-Identifier: MIT */
#include "host/training/trainer.h"

#include "host/graph.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* First and last /time of the training rows; zeros where they have none. */
static void find_period(const flx_dataset *rows, flx_hosted_model *hosted)
{
    for (int r = 0; rows->time && r < rows->rows; r++) {
        int64_t time = rows->time[r];
        hosted->first_time = r && hosted->first_time < time ? hosted->first_time : time;
        hosted->last_time = r && hosted->last_time > time ? hosted->last_time : time;
    }
}

/* Every assignment hosts one model, yet to be fitted. */
static flx_status open_assignments(flx_model *model, flx_error *error)
{
    for (int a = 0; a < model->graph->n_assignments; a++) {
        flx_hosted_model hosted = {.weight = 1.0, .created = (int64_t)time(NULL)};
        find_period(model->rows, &hosted);
        FLX_TRY(flx_assignment_add(&model->assignments[a], &hosted, error));
    }
    return FLX_OK;
}

flx_status flx_trainer_create(flx_trainer *s, flx_error *error)
{
    size_t count = (size_t)s->model->graph->n_assignments;
    bool feeds_predictions = s->model->composition == FLX_SKIP_CONNECTED;
    if (feeds_predictions)
        FLX_TRY(flx_dataset_copy(s->model->rows, &s->inputs, error));
    s->lessons = calloc(count, sizeof *s->lessons);
    s->tasks = calloc(count, sizeof *s->tasks);
    s->results = calloc(count, sizeof *s->results);
    s->model->assignments = calloc(count, sizeof *s->model->assignments);
    if (!s->lessons || !s->tasks || !s->results || !s->model->assignments)
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for %zu assignments", count);
    FLX_TRY(open_assignments(s->model, error));
    return flx_column_binding_create(s->model->graph, s->model->deployment,
                                     s->model->rows, &s->binding, error);
}

void flx_trainer_destroy(flx_trainer *s)
{
    int count = s->model->graph->n_assignments;
    for (int a = 0; a < count && s->lessons; a++)
        flx_training_set_clear(&s->lessons[a]);
    for (int t = 0; t < s->n_tasks && s->results; t++)
        flx_fit_result_clear(&s->results[t]);
    flx_column_binding_destroy(s->binding);
    flx_dataset_destroy(s->inputs);
    free(s->lessons);
    free(s->tasks);
    free(s->results);
    s->binding = NULL;
    s->inputs = NULL;
    s->lessons = NULL;
    s->tasks = NULL;
    s->results = NULL;
}

static flx_status check_target(const flx_trainer *s, flx_error *error)
{
    const flx_graph *graph = s->model->graph;
    const flx_vertex *output = &graph->vertices[graph->output];
    if (s->may_fail)
        return FLX_OK;
    if (s->lessons[output->assignment].n == 0)
        return flx_fail(error, FLX_BAD_INPUT,
                        "the target %s has no value in any of the %d training rows of %s",
                        output->name, s->model->rows->rows,
                        flx_dataset_title(s->model->rows));
    for (int i = 0; i < s->model->n_warnings; i++) {
        const flx_warning *note = &s->model->warnings[i];
        if (note->is_failure &&
            strcmp(note->assignment, graph->assignments[output->assignment].name) == 0)
            return flx_fail(error, FLX_NUMERIC,
                            "the target %s could not be fitted to %s: %s", output->name,
                            flx_dataset_title(s->model->rows), note->text);
    }
    return FLX_OK;
}

/* The round in which an assignment is taught: its level, or 0 where measured inputs do.
 */
static int round_of(const flx_trainer *s, int a)
{
    const flx_graph *graph = s->model->graph;
    if (s->model->composition != FLX_SKIP_CONNECTED)
        return 0;
    for (int v = 0; v < graph->n_vertices; v++)
        if (graph->vertices[v].assignment == a)
            return graph->vertices[v].level;
    return 0;
}

static flx_status prepare_round(flx_trainer *s, int round, flx_error *error)
{
    s->n_done = s->n_tasks;
    for (int a = 0; a < s->model->graph->n_assignments; a++)
        if (round_of(s, a) == round)
            FLX_TRY(flx_trainer_prepare(s, a, error));
    const flx_graph *graph = s->model->graph;
    bool has_target = round_of(s, graph->vertices[graph->output].assignment) == round;
    return has_target ? check_target(s, error) : FLX_OK;
}

/* What was left out of the fit, predicted; in the unit of the output. */
static double predict_left_out(const flx_trainer *s, int a, int i)
{
    const flx_predictor *p = &s->model->assignments[a].models[0].predictor;
    const flx_training_set *l = &s->lessons[a];
    double value;
    if (p->kind == FLX_PREDICTOR_CONSTANT) {
        double y = l->y[i], others = p->constant + (p->constant - y) / (l->n - 1);
        value = l->n > 1 ? others : p->constant;
    } else {
        value = s->results[l->task].loo_mean[i];
    }
    value = p->is_log ? exp(value) : value;
    return fmin(fmax(value, p->output_low), p->output_high);
}

/* The rule's answers from what its instances were predicted. */
static flx_status feed_rule(flx_trainer *s, int a, int vertex, int column,
                            flx_error *error)
{
    const flx_graph_assignment *assignment = &s->model->graph->assignments[a];
    flx_dataset *inputs = s->inputs;
    double *raw = malloc((2 * (size_t)assignment->n_inputs + 1) * sizeof *raw);
    if (!raw)
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for a rule");
    for (int r = 0; r < inputs->rows; r++) {
        for (int i = 0; i < assignment->n_inputs; i++)
            raw[i] = flx_column_ref_value(s->binding->inputs[vertex][i], inputs, r);
        double mean =
            flx_aggregation_rule_apply(assignment, raw, raw + assignment->n_inputs);
        if (!isnan(mean))
            inputs->values[(size_t)r * (size_t)inputs->n_columns + (size_t)column] = mean;
    }
    free(raw);
    return FLX_OK;
}

/* The measured outputs of an assignment give way to what it predicts of rows it does not
 * know: that is what the vertices above learn from. */
static flx_status feed_predictions(flx_trainer *s, int a, flx_error *error)
{
    const flx_training_set *l = &s->lessons[a];
    const flx_graph *graph = s->model->graph;
    flx_dataset *inputs = s->inputs;
    size_t width = (size_t)inputs->n_columns;
    if (s->model->assignments[a].models[0].predictor.kind != FLX_PREDICTOR_RULE) {
        for (int i = 0; i < l->n; i++) {
            int column = s->binding->outputs[l->vertex[i]].column;
            inputs->values[(size_t)l->row[i] * width + (size_t)column] =
                predict_left_out(s, a, i);
        }
        return FLX_OK;
    }
    for (int v = 0; v < graph->n_vertices; v++)
        if (graph->vertices[v].assignment == a && s->binding->outputs[v].column >= 0)
            FLX_TRY(feed_rule(s, a, v, s->binding->outputs[v].column, error));
    return FLX_OK;
}

static flx_status accept_round(flx_trainer *s, int round, flx_error *error)
{
    const flx_graph *graph = s->model->graph;
    int target = graph->vertices[graph->output].assignment;
    for (int a = 0; a < graph->n_assignments; a++)
        if (s->lessons[a].task >= s->n_done && round_of(s, a) == round)
            FLX_TRY(flx_trainer_accept(s, a, error));
    for (int a = 0; a < graph->n_assignments && s->inputs; a++)
        if (round_of(s, a) == round)
            FLX_TRY(feed_predictions(s, a, error));
    return round_of(s, target) == round ? check_target(s, error) : FLX_OK;
}

/* Fits the tasks that a round added to all schools, as one batch. */
static flx_status fit_round(flx_trainer *schools, int count, flx_backend *backend,
                            const flx_fit_options *options, flx_training_report *report,
                            flx_error *error)
{
    size_t total = 0, at = 0;
    for (int i = 0; i < count; i++)
        total += (size_t)(schools[i].n_tasks - schools[i].n_done);
    flx_fit_task *tasks = malloc((total + 1) * sizeof *tasks);
    flx_fit_result *results = calloc(total + 1, sizeof *results);
    flx_status status = FLX_OK;
    if (!tasks || !results)
        status = flx_fail(error, FLX_NO_MEMORY, "out of memory for %zu fits", total);
    for (int i = 0; i < count && status == FLX_OK; i++)
        for (int t = schools[i].n_done; t < schools[i].n_tasks; t++)
            tasks[at++] = schools[i].tasks[t];
    if (status == FLX_OK)
        status = flx_fit_with(backend, tasks, (int)total, results, options, error);
    at = 0;
    for (int i = 0; i < count && results; i++)
        for (int t = schools[i].n_done; t < schools[i].n_tasks && at < total; t++) {
            report->cache_hits += results[at].is_cache_hit;
            report->evaluations +=
                results[at].is_cache_hit ? 0 : results[at].predictor.evaluations;
            schools[i].results[t] = results[at++];
        }
    report->fits += (int)total;
    free(tasks);
    free(results);
    return status;
}

flx_status flx_trainer_run(flx_trainer *schools, int count, flx_backend *backend,
                           const flx_fit_options *options, flx_training_report *report,
                           flx_error *error)
{
    flx_fit_options later = {.repository = options ? options->repository : NULL};
    int rounds = 1;
    for (int i = 0; i < count; i++)
        schools[i].seed = options ? options->seed : 0;
    for (int i = 0; i < count; i++)
        if (schools[i].inputs && schools[i].model->graph->n_levels > rounds)
            rounds = schools[i].model->graph->n_levels;
    for (int round = 0; round < rounds; round++) {
        for (int i = 0; i < count; i++)
            FLX_TRY(prepare_round(&schools[i], round, error));
        FLX_TRY(
            fit_round(schools, count, backend, round ? &later : options, report, error));
        for (int i = 0; i < count; i++)
            FLX_TRY(accept_round(&schools[i], round, error));
    }
    return FLX_OK;
}

flx_status flx_train_model(flx_model *model, flx_backend *backend,
                           const flx_fit_options *options, flx_training_report *report,
                           flx_error *error)
{
    *report = (flx_training_report){0};
    flx_trainer school = {.model = model, .wants_residuals = true};
    flx_status status = flx_trainer_create(&school, error);
    if (status == FLX_OK)
        status = flx_trainer_run(&school, 1, backend, options, report, error);
    flx_trainer_destroy(&school);
    return status;
}
