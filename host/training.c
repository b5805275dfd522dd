/* SPDX-License-Identifier: MIT */
#include "host/training.h"

#include "host/binding.h"
#include "host/feature.h"
#include "host/fit.h"
#include "host/lesson.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct {
    flx_model *model;
    const flx_training_options *options;
    const flx_binding *binding;
    flx_lesson *lessons; /* (n_assignments) */
    flx_fit_task *tasks; /* (n_assignments) */
    flx_fit_result *results;
    int n_tasks;
} school;

/* The one model that training gives every assignment. */
static flx_predictor *predictor_of(const school *s, int a)
{
    return &s->model->assignments[a].models[0].predictor;
}

static flx_status note_dropped(school *s, int a, const bool *is_dropped, flx_error *error)
{
    const flx_graph_assignment *assignment = &s->model->graph->assignments[a];
    for (int i = 0; i < assignment->n_inputs; i++)
        if (is_dropped[i] &&
            !flx_model_add_note(
                s->model, assignment->name, false,
                "input %s is missing in more than half of its %d rows and "
                "was dropped",
                assignment->inputs[i].label, s->lessons[a].n))
            return flx_fail(error, FLX_NO_MEMORY, "out of memory for notes");
    return FLX_OK;
}

static flx_status learn_features(school *s, int a, flx_predictor *p, flx_error *error)
{
    const flx_graph_assignment *assignment = &s->model->graph->assignments[a];
    const flx_lesson *l = &s->lessons[a];
    flx_feature_options options = {
        .keep_unit_cube = s->model->prior == FLX_PRIOR_NONE,
        .log_metrics = s->model->deployment->log_target,
    };
    bool *is_dropped = calloc((size_t)assignment->n_inputs + 1, 1);
    if (!is_dropped)
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for notes");
    flx_status status =
        flx_features_learn(l->raw, l->n, assignment, &options, p, is_dropped, error);
    if (status == FLX_OK)
        status = note_dropped(s, a, is_dropped, error);
    free(is_dropped);
    return status;
}

/* Fewer rows say nothing of a function; with more, one covariance matrix takes 2 GB and
 * each of some hundred factorisations half a minute. */
enum { FEWEST_ROWS = 5, MOST_ROWS = 16384 };

/* Puts the assignment's fit into the batch. */
static flx_status submit_fit(school *s, int a, flx_predictor *p, flx_error *error)
{
    flx_lesson *l = &s->lessons[a];
    const char *name = s->model->graph->assignments[a].name;
    if (l->n > MOST_ROWS)
        return flx_fail(
            error, FLX_BAD_INPUT,
            "%s has %d rows to be trained on, but at most %d are possible: draw "
            "fewer with --rows",
            name, l->n, MOST_ROWS);
    p->X = malloc((size_t)l->n * (size_t)p->n_features * sizeof(double));
    if (!p->X)
        return flx_fail(error, FLX_NO_MEMORY, "%s: out of memory for its inputs", name);
    flx_features_apply(p, l->raw, l->n, p->X);
    p->kind = FLX_PREDICTOR_GP;
    p->n = l->n;
    p->is_isotropic = s->options->paper_mode || s->model->composition == FLX_MONOLITH_ISO;
    l->task = s->n_tasks++;
    s->tasks[l->task] = (flx_fit_task){.name = name,
                                       .n = l->n,
                                       .d = p->n_features,
                                       .X = p->X,
                                       .y = l->y,
                                       .prior = s->model->prior,
                                       .is_isotropic = p->is_isotropic};
    return FLX_OK;
}

/* A rule's output lies among its inputs: it is in their unit and needs no bounds. */
static void free_output(flx_predictor *p)
{
    p->output_low = -INFINITY;
    p->output_high = INFINITY;
    p->is_log = false;
}

static flx_status prepare(school *s, int a, flx_error *error)
{
    const flx_graph_assignment *assignment = &s->model->graph->assignments[a];
    flx_predictor *p = predictor_of(s, a);
    flx_lesson *l = &s->lessons[a];
    FLX_TRY(flx_lesson_gather(s->model, s->binding, a, l, error));
    p->n_inputs = assignment->n_inputs;
    flx_lesson_describe(l, s->model->deployment->log_target, p);
    if (l->n < FEWEST_ROWS && assignment->kind == FLX_SERVICE_VERTEX) {
        p->kind = FLX_PREDICTOR_RULE;
        free_output(p);
        return FLX_OK;
    }
    flx_lesson_make_constant(l, p);
    if (l->n < FEWEST_ROWS)
        return flx_model_add_note(s->model, assignment->name, false,
                                  "has an output in only %d of %d rows and became a "
                                  "constant",
                                  l->n, s->model->rows->rows)
                   ? FLX_OK
                   : flx_fail(error, FLX_NO_MEMORY, "out of memory for notes");
    FLX_TRY(learn_features(s, a, p, error));
    if (flx_lesson_is_constant(l) || p->n_features == 0)
        return FLX_OK;
    return submit_fit(s, a, p, error);
}

static void drop_points(flx_predictor *p)
{
    free(p->X);
    free(p->y);
    free(p->theta);
    p->X = p->y = p->theta = NULL;
    p->n_theta = 0;
}

static flx_status accept_fit(school *s, int a, flx_error *error)
{
    flx_predictor *p = predictor_of(s, a);
    flx_lesson *l = &s->lessons[a];
    flx_fit_result *result = &s->results[l->task];
    p->evaluations = result->evaluations;
    if (result->has_failed) {
        drop_points(p);
        flx_lesson_make_constant(l, p);
        return flx_model_add_note(s->model, s->tasks[l->task].name, true, "%s",
                                  result->why)
                   ? FLX_OK
                   : flx_fail(error, FLX_NO_MEMORY, "out of memory for notes");
    }
    p->y = l->y;
    p->theta = result->theta;
    l->y = result->theta = NULL;
    p->n_theta = result->n_theta;
    p->jitter = result->jitter;
    p->y_mean = result->y_mean;
    p->y_sd = result->y_sd;
    p->lml = result->lml;
    double sum = 0;
    for (int i = 0; i < l->n && p->is_log; i++)
        sum += fabs(exp(result->loo_mean[i]) - exp(p->y[i]));
    p->loo_mae = p->is_log ? sum / l->n : result->loo_mae;
    return FLX_OK;
}

/* A service-vertex keeps its rule where the fit is no better out of sample. */
static flx_status compare_with_rule(school *s, int a, flx_error *error)
{
    flx_predictor *p = predictor_of(s, a);
    if (s->model->graph->assignments[a].kind != FLX_SERVICE_VERTEX ||
        s->options->paper_mode)
        return FLX_OK;
    double mae, fitted = p->kind == FLX_PREDICTOR_GP ? p->loo_mae : INFINITY;
    FLX_TRY(flx_lesson_measure_rule(&s->lessons[a], &s->model->graph->assignments[a], p,
                                    &mae, error));
    if (mae > fitted || isinf(mae))
        return FLX_OK;
    p->kind = FLX_PREDICTOR_RULE;
    p->loo_mae = mae;
    free_output(p);
    return FLX_OK;
}

static flx_status run_fits(school *s, flx_backend *backend, const flx_progress *progress,
                           flx_training_report *report, flx_error *error)
{
    int count = s->model->graph->n_assignments;
    s->results = calloc((size_t)count + 1, sizeof *s->results);
    if (!s->results)
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for %d fits", s->n_tasks);
    FLX_TRY(flx_fit_all(backend, s->tasks, s->n_tasks, s->results, progress, error));
    report->fits = s->n_tasks;
    for (int t = 0; t < s->n_tasks; t++)
        report->evaluations += s->results[t].evaluations;
    return FLX_OK;
}

static flx_status finish(school *s, flx_error *error)
{
    for (int a = 0; a < s->model->graph->n_assignments; a++) {
        if (s->lessons[a].task < 0)
            continue;
        FLX_TRY(accept_fit(s, a, error));
        FLX_TRY(compare_with_rule(s, a, error));
        if (predictor_of(s, a)->kind != FLX_PREDICTOR_GP)
            drop_points(predictor_of(s, a));
    }
    return FLX_OK;
}

static flx_status check_target(const school *s, flx_error *error)
{
    const flx_graph *graph = s->model->graph;
    const flx_vertex *output = &graph->vertices[graph->output];
    if (s->lessons[output->assignment].n == 0)
        return flx_fail(error, FLX_BAD_INPUT,
                        "the target %s has no value in any of the %d training rows",
                        output->name, s->model->rows->rows);
    for (int i = 0; i < s->model->n_notes; i++) {
        const flx_note *note = &s->model->notes[i];
        if (note->is_failure &&
            strcmp(note->assignment, graph->assignments[output->assignment].name) == 0)
            return flx_fail(error, FLX_NUMERIC, "the target %s could not be fitted: %s",
                            output->name, note->text);
    }
    return FLX_OK;
}

static void dismiss(school *s)
{
    int count = s->model->graph->n_assignments;
    for (int a = 0; a < count && s->lessons; a++)
        flx_lesson_clear(&s->lessons[a]);
    for (int t = 0; t < s->n_tasks && s->results; t++)
        flx_fit_result_clear(&s->results[t]);
    free(s->lessons);
    free(s->tasks);
    free(s->results);
}

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
        flx_hosted_model hosted = {.weight = 1.0};
        find_period(model->rows, &hosted);
        FLX_TRY(flx_assignment_add(&model->assignments[a], &hosted, error));
    }
    return FLX_OK;
}

static flx_status teach(school *s, flx_backend *backend, const flx_progress *progress,
                        flx_training_report *report, flx_error *error)
{
    size_t count = (size_t)s->model->graph->n_assignments;
    s->lessons = calloc(count, sizeof *s->lessons);
    s->tasks = calloc(count, sizeof *s->tasks);
    s->model->assignments = calloc(count, sizeof *s->model->assignments);
    if (!s->lessons || !s->tasks || !s->model->assignments)
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for %zu assignments", count);
    FLX_TRY(open_assignments(s->model, error));
    for (size_t a = 0; a < count; a++)
        FLX_TRY(prepare(s, (int)a, error));
    FLX_TRY(check_target(s, error));
    FLX_TRY(run_fits(s, backend, progress, report, error));
    FLX_TRY(finish(s, error));
    return check_target(s, error);
}

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

flx_status flx_train_model(flx_model *model, const flx_training_options *options,
                           flx_backend *backend, const flx_progress *progress,
                           flx_training_report *report, flx_error *error)
{
    double started = seconds_now();
    flx_binding *binding = NULL;
    *report = (flx_training_report){0};
    FLX_TRY(flx_binding_create(model->graph, model->deployment, model->rows, &binding,
                               error));
    school s = {.model = model, .options = options, .binding = binding};
    flx_status status = teach(&s, backend, progress, report, error);
    dismiss(&s);
    flx_binding_destroy(binding);
    report->wall_s = seconds_now() - started;
    return status;
}

flx_status flx_train_take(flx_deployment *deployment, flx_dataset *rows,
                          const flx_training_options *options, flx_backend *backend,
                          const flx_progress *progress, flx_model **out,
                          flx_training_report *report, flx_error *error)
{
    *out = NULL;
    *report = (flx_training_report){0};
    flx_model *model = calloc(1, sizeof *model);
    if (!model) {
        flx_deployment_destroy(deployment);
        flx_dataset_destroy(rows);
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for a model");
    }
    model->deployment = deployment;
    model->rows = rows;
    model->composition = options->composition;
    model->paper_mode = options->paper_mode;
    model->prior = options->paper_mode ? FLX_PRIOR_NONE : options->prior;
    flx_status status = flx_model_build_graph(deployment, options->composition,
                                              options->paper_mode, options->spectrum,
                                              options->n_spectrum, &model->graph, error);
    if (status == FLX_OK)
        status = flx_train_model(model, options, backend, progress, report, error);
    if (status == FLX_OK)
        *out = model;
    else
        flx_model_destroy(model);
    return status;
}
