/* SPDX-License-Identifier: MIT */
#include "host/training.h"

#include "host/binding.h"
#include "host/feature.h"
#include "host/fit.h"
#include "host/rule.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The training rows of one assignment, and its place in the batch of fits. */
typedef struct {
    int n;
    double *raw; /* (n, inputs) */
    double *y;   /* (n) measured output */
    int task;    /* index into the batch, -1: nothing to fit */
} lesson;

typedef struct {
    flx_model *model;
    const flx_training_options *options;
    const flx_binding *binding;
    lesson *lessons;      /* (n_assignments) */
    flx_fit_task *tasks;  /* (n_assignments) */
    flx_fit_result *results;
    int n_tasks;
} school;

/* Vertices that reference assignment a, into `vertices`; returns how many. */
static int list_vertices(const flx_graph *graph, int a, int *vertices)
{
    int count = 0;
    for (int v = 0; v < graph->n_vertices; v++)
        if (graph->vertices[v].assignment == a)
            vertices[count++] = v;
    return count;
}

static void copy_inputs(const school *s, int vertex, int row, double *raw)
{
    const flx_graph *graph = s->model->graph;
    int n = graph->assignments[graph->vertices[vertex].assignment].n_inputs;
    for (int i = 0; i < n; i++)
        raw[i] = flx_cell_value(s->binding->inputs[vertex][i], s->model->rows, row);
}

/* Row r: replica r mod R, or the next one that has an output. */
static void gather_rows(const school *s, const int *vertices, int count, int n_inputs,
                        lesson *l)
{
    const flx_dataset *rows = s->model->rows;
    for (int r = 0; r < rows->rows; r++)
        for (int k = 0; k < count; k++) {
            int v = vertices[(r + k) % count];
            double y = flx_cell_value(s->binding->outputs[v], rows, r);
            if (isnan(y))
                continue;
            copy_inputs(s, v, r, l->raw + (size_t)l->n * (size_t)n_inputs);
            l->y[l->n++] = y;
            break;
        }
}

static flx_status gather_lesson(school *s, int a, flx_error *error)
{
    const flx_graph *graph = s->model->graph;
    lesson *l = &s->lessons[a];
    size_t rows = (size_t)s->model->rows->rows;
    size_t inputs = (size_t)graph->assignments[a].n_inputs;
    int *vertices = malloc((size_t)graph->n_vertices * sizeof *vertices);
    l->raw = malloc((rows * inputs + 1) * sizeof(double));
    l->y = malloc((rows + 1) * sizeof(double));
    l->task = -1;
    if (!vertices || !l->raw || !l->y) {
        free(vertices);
        return flx_fail(error, FLX_NO_MEMORY, "%s: out of memory for %zu rows",
                        graph->assignments[a].name, rows);
    }
    int count = list_vertices(graph, a, vertices);
    gather_rows(s, vertices, count, (int)inputs, l);
    free(vertices);
    return FLX_OK;
}

/* Range of the output, and whether it is modelled in logarithms (then y becomes its log). */
static void describe_output(const school *s, lesson *l, flx_predictor *p)
{
    double low = INFINITY, high = -INFINITY;
    for (int i = 0; i < l->n; i++) {
        low = fmin(low, l->y[i]);
        high = fmax(high, l->y[i]);
    }
    double margin = 0.5 * (high - low);
    p->output_low = low >= 0 ? fmax(0, low - margin) : low - margin;
    p->output_high = high + margin;
    p->is_log = s->model->deployment->log_target && l->n > 0 && low > 0;
    for (int i = 0; i < l->n && p->is_log; i++)
        l->y[i] = log(l->y[i]);
}

static void make_constant(const lesson *l, flx_predictor *p)
{
    double mean = 0, square = 0;
    for (int i = 0; i < l->n; i++)
        mean += l->y[i] / l->n;
    for (int i = 0; i < l->n; i++)
        square += (l->y[i] - mean) * (l->y[i] - mean);
    p->kind = FLX_PREDICTOR_CONSTANT;
    p->constant = mean;
    p->variance = l->n > 1 ? square / (l->n - 1) : 0.0;
    p->n = l->n;
    if (l->n == 0)
        p->output_low = p->output_high = 0;
}

static flx_status note_dropped(school *s, int a, const bool *is_dropped, flx_error *error)
{
    const flx_graph_assignment *assignment = &s->model->graph->assignments[a];
    for (int i = 0; i < assignment->n_inputs; i++)
        if (is_dropped[i] &&
            !flx_model_add_note(s->model, assignment->name, false,
                                "input %s is missing in more than half of its %d rows and "
                                "was dropped",
                                assignment->inputs[i].label, s->lessons[a].n))
            return flx_fail(error, FLX_NO_MEMORY, "out of memory for notes");
    return FLX_OK;
}

static flx_status learn_features(school *s, int a, flx_predictor *p, flx_error *error)
{
    const flx_graph_assignment *assignment = &s->model->graph->assignments[a];
    const lesson *l = &s->lessons[a];
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

static bool is_constant(const lesson *l)
{
    for (int i = 1; i < l->n; i++)
        if (fabs(l->y[i] - l->y[0]) > 1e-12 * fmax(1.0, fabs(l->y[0])))
            return false;
    return true;
}

/* Puts the assignment's fit into the batch. */
static flx_status submit_fit(school *s, int a, flx_predictor *p, flx_error *error)
{
    lesson *l = &s->lessons[a];
    const char *name = s->model->graph->assignments[a].name;
    p->X = malloc((size_t)l->n * (size_t)p->n_features * sizeof(double));
    if (!p->X)
        return flx_fail(error, FLX_NO_MEMORY, "%s: out of memory for its inputs", name);
    flx_features_apply(p, l->raw, l->n, p->X);
    p->kind = FLX_PREDICTOR_GP;
    p->n = l->n;
    p->is_isotropic =
        s->options->paper_mode || s->model->composition == FLX_MONOLITH_ISO;
    l->task = s->n_tasks++;
    s->tasks[l->task] = (flx_fit_task){.name = name, .n = l->n, .d = p->n_features,
                                       .X = p->X, .y = l->y, .prior = s->model->prior,
                                       .is_isotropic = p->is_isotropic};
    return FLX_OK;
}

enum { FEWEST_ROWS = 5 };

static flx_status prepare(school *s, int a, flx_error *error)
{
    const flx_graph_assignment *assignment = &s->model->graph->assignments[a];
    flx_predictor *p = &s->model->predictors[a];
    FLX_TRY(gather_lesson(s, a, error));
    lesson *l = &s->lessons[a];
    p->n_inputs = assignment->n_inputs;
    describe_output(s, l, p);
    if (l->n < FEWEST_ROWS && assignment->kind == FLX_SERVICE_VERTEX) {
        p->kind = FLX_PREDICTOR_RULE;
        p->output_low = -INFINITY;
        p->output_high = INFINITY;
        p->is_log = false;
        return FLX_OK;
    }
    make_constant(l, p);
    if (l->n < FEWEST_ROWS)
        return flx_model_add_note(s->model, assignment->name, false,
                                  "has an output in only %d of %d rows and became a "
                                  "constant", l->n, s->model->rows->rows)
                   ? FLX_OK
                   : flx_fail(error, FLX_NO_MEMORY, "out of memory for notes");
    FLX_TRY(learn_features(s, a, p, error));
    if (is_constant(l) || p->n_features == 0)
        return FLX_OK;
    return submit_fit(s, a, p, error);
}

/* Mean absolute error of the rule on an assignment's own rows. */
static flx_status measure_rule(const school *s, int a, double *mae, flx_error *error)
{
    const flx_graph_assignment *assignment = &s->model->graph->assignments[a];
    const flx_predictor *p = &s->model->predictors[a];
    const lesson *l = &s->lessons[a];
    const double *y = p->y ? p->y : l->y;
    size_t inputs = (size_t)assignment->n_inputs;
    double *weights = malloc((inputs + 1) * sizeof *weights), sum = 0;
    if (!weights)
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for a rule");
    int count = 0;
    for (int i = 0; i < l->n; i++) {
        const double *raw = l->raw + (size_t)i * inputs;
        if (!flx_rule_weigh(assignment, raw, weights))
            continue;
        double mean = 0;
        for (size_t k = 0; k < inputs; k++)
            mean += weights[k] > 0 ? weights[k] * raw[k] : 0;
        sum += fabs(mean - (p->is_log ? exp(y[i]) : y[i]));
        count++;
    }
    free(weights);
    *mae = count ? sum / count : INFINITY;
    return FLX_OK;
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
    flx_predictor *p = &s->model->predictors[a];
    lesson *l = &s->lessons[a];
    flx_fit_result *result = &s->results[l->task];
    p->evaluations = result->evaluations;
    if (result->has_failed) {
        drop_points(p);
        make_constant(l, p);
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
    flx_predictor *p = &s->model->predictors[a];
    if (s->model->graph->assignments[a].kind != FLX_SERVICE_VERTEX || s->options->paper_mode)
        return FLX_OK;
    double mae, fitted = p->kind == FLX_PREDICTOR_GP ? p->loo_mae : INFINITY;
    FLX_TRY(measure_rule(s, a, &mae, error));
    if (mae > fitted || isinf(mae))
        return FLX_OK;
    p->kind = FLX_PREDICTOR_RULE;
    p->loo_mae = mae;
    p->output_low = -INFINITY;
    p->output_high = INFINITY;
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
        if (s->model->predictors[a].kind != FLX_PREDICTOR_GP)
            drop_points(&s->model->predictors[a]);
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
    int count = s->model->graph ? s->model->graph->n_assignments : 0;
    for (int a = 0; a < count && s->lessons; a++) {
        free(s->lessons[a].raw);
        free(s->lessons[a].y);
    }
    for (int t = 0; t < s->n_tasks && s->results; t++)
        flx_fit_result_clear(&s->results[t]);
    free(s->lessons);
    free(s->tasks);
    free(s->results);
}

static flx_status teach(school *s, flx_backend *backend, const flx_progress *progress,
                        flx_training_report *report, flx_error *error)
{
    size_t count = (size_t)s->model->graph->n_assignments;
    s->lessons = calloc(count, sizeof *s->lessons);
    s->tasks = calloc(count, sizeof *s->tasks);
    s->model->predictors = calloc(count, sizeof *s->model->predictors);
    if (!s->lessons || !s->tasks || !s->model->predictors)
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for %zu assignments", count);
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

flx_status flx_train_take(flx_deployment *deployment, flx_dataset *rows,
                          const flx_training_options *options, flx_backend *backend,
                          const flx_progress *progress, flx_model **out,
                          flx_training_report *report, flx_error *error)
{
    double started = seconds_now();
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
    flx_binding *binding = NULL;
    school s = {.model = model, .options = options};
    flx_status status = flx_model_build_graph(
        deployment, options->composition, options->paper_mode, options->spectrum,
        options->n_spectrum, &model->graph, error);
    if (status == FLX_OK)
        status = flx_binding_create(model->graph, deployment, rows, &binding, error);
    s.binding = binding;
    if (status == FLX_OK)
        status = teach(&s, backend, progress, report, error);
    dismiss(&s);
    flx_binding_destroy(binding);
    report->wall_s = seconds_now() - started;
    if (status == FLX_OK)
        *out = model;
    else
        flx_model_destroy(model);
    return status;
}
