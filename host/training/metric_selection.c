/* SPDX-License-Identifier: MIT
 * Vertices from the last to the first: every reader has chosen before those it reads are
 * looked at. Replicas share an assignment, which chooses once. */
#include "host/training/metric_selection.h"

#include "formats/memory.h"
#include "host/selection.h"
#include "host/training/assignment_fit.h"
#include "host/training/metric_selection_problem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PAPER_METRICS = 3 };

typedef struct {
    const flx_training_view *view;
    const flx_metric_selection_options *options;
    flx_backend *backend;
    flx_column_binding *binding;
    bool *is_needed; /* (n_assignments) */
    bool *is_done;   /* (n_assignments) */
    flx_input_subsets *subsets;
} selector;

static bool is_listed(const char *const *names, int count, const char *name)
{
    for (int i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

flx_status flx_declared_metrics(const flx_deployment *deployment, const char ***names,
                                int *count, flx_error *error)
{
    size_t most = 1;
    for (int s = 0; s < deployment->n_services; s++)
        most += (size_t)deployment->services[s].n_metrics;
    *count = 0;
    if (!FLX_NEW(*names, most))
        return flx_no_memory(error, "%zu metrics", most);
    (*names)[(*count)++] = deployment->target_metric;
    for (int s = 0; s < deployment->n_services; s++)
        for (int k = 0; k < deployment->services[s].n_metrics; k++) {
            const char *name = deployment->services[s].metrics[k];
            if (!is_listed(*names, *count, name))
                (*names)[(*count)++] = name;
        }
    return FLX_OK;
}

/* The first vertex of an assignment. */
static const flx_vertex *vertex_of(const flx_graph *graph, int a)
{
    int v = 0;
    while (graph->vertices[v].assignment != a)
        v++;
    return &graph->vertices[v];
}

static const flx_vertex *feeder_of(const flx_graph *graph, int a, int input)
{
    return &graph->vertices[vertex_of(graph, a)->sources[input].vertex];
}

static bool is_same_group(const flx_vertex *a, const flx_vertex *b)
{
    return a->service == b->service && a->operation == b->operation;
}

/* The candidate of one callee with which the chosen (*k) predict best, joins them. */
static flx_status add_best_of(const flx_selection_ridge *ridge, const int *of_callee,
                              int count, int *chosen, int *k, flx_error *error)
{
    double best = INFINITY, mae;
    int added = of_callee[0];
    for (int i = 0; i < count; i++) {
        chosen[*k] = of_callee[i];
        FLX_TRY(flx_selection_ridge_score(ridge, chosen, 1, *k + 1, &mae, error));
        if (mae < best) {
            best = mae;
            added = of_callee[i];
        }
    }
    chosen[(*k)++] = added;
    return FLX_OK;
}

/* Whether a chosen candidate shows the same callee as candidate `j`. */
static bool is_represented(const selector *s, int a,
                           const flx_metric_selection_problem *selection,
                           const int *chosen, int k, int j)
{
    const flx_graph *graph = s->view->graph;
    const flx_vertex *callee = feeder_of(graph, a, selection->input[j]);
    for (int i = 0; i < k; i++)
        if (is_same_group(feeder_of(graph, a, selection->input[chosen[i]]), callee))
            return true;
    return false;
}

/* Callees without a chosen metric get one each. chosen (m) and of_callee (m). */
static flx_status represent_callees(const selector *s, int a,
                                    const flx_metric_selection_problem *selection,
                                    int *chosen, int *k, int *of_callee, flx_error *error)
{
    const flx_graph *graph = s->view->graph;
    flx_selection_ridge *ridge = NULL;
    FLX_TRY(flx_selection_ridge_create(&selection->problem, s->backend->threads, &ridge,
                                       error));
    flx_status status = FLX_OK;
    for (int j = 0; j < selection->problem.m && status == FLX_OK; j++) {
        int count = 0;
        if (is_represented(s, a, selection, chosen, *k, j))
            continue;
        for (int i = j; i < selection->problem.m; i++)
            if (is_same_group(feeder_of(graph, a, selection->input[i]),
                              feeder_of(graph, a, selection->input[j])))
                of_callee[count++] = i;
        status = add_best_of(ridge, of_callee, count, chosen, k, error);
    }
    flx_selection_ridge_destroy(ridge);
    return status;
}

/* Which candidates an assignment reads, into chosen (m). */
static flx_status choose(const selector *s, const flx_metric_selection_problem *selection,
                         int *chosen, int *k, flx_error *error)
{
    const flx_selection_problem *problem = &selection->problem;
    int wanted = s->options->k;
    bool is_paper = s->view->paper_mode;
    wanted = wanted == 0 && is_paper ? PAPER_METRICS : wanted;
    flx_selection_options options = {.k = wanted < problem->m ? wanted : problem->m,
                                     .is_paper = is_paper,
                                     .seed = s->options->seed};
    flx_selection_result result;
    FLX_TRY(flx_selection_choose(s->backend, problem, &options, &result, error));
    *k = result.k;
    memcpy(chosen, result.chosen, (size_t)result.k * sizeof *chosen);
    flx_selection_result_clear(&result);
    return FLX_OK;
}

/* The assignment reads these inputs (k) and no other metrics. */
static flx_status record(selector *s, int a, const int *inputs, int k, flx_error *error)
{
    const flx_graph_assignment *assignment = &s->view->graph->assignments[a];
    bool is_whole = flx_input_subsets_add(s->subsets, assignment->name);
    for (int i = 0; i < k && is_whole; i++) {
        is_whole =
            flx_input_subsets_add_label(s->subsets, assignment->inputs[inputs[i]].label);
        s->is_needed[feeder_of(s->view->graph, a, inputs[i])->assignment] = true;
    }
    return is_whole ? FLX_OK : flx_no_memory(error, "the inputs of %s", assignment->name);
}

static flx_status decide(selector *s, int a,
                         const flx_metric_selection_problem *selection, flx_error *error)
{
    int m = selection->problem.m, k = 0;
    FLX_SCOPED int *chosen = NULL;
    if (!FLX_NEW(chosen, 2 * m))
        return flx_no_memory(error, "%d metrics", m);
    FLX_TRY(choose(s, selection, chosen, &k, error));
    if (!s->options->may_lose_services)
        FLX_TRY(represent_callees(s, a, selection, chosen, &k, chosen + m, error));
    for (int i = 0; i < k; i++)
        chosen[i] = selection->input[chosen[i]];
    return record(s, a, chosen, k, error);
}

/* Everything that an assignment reads is needed. */
static void need_all(selector *s, int a)
{
    const flx_graph *graph = s->view->graph;
    const flx_vertex *vertex = vertex_of(graph, a);
    for (int i = 0; i < graph->assignments[a].n_inputs; i++)
        if (vertex->sources[i].vertex >= 0)
            s->is_needed[graph->vertices[vertex->sources[i].vertex].assignment] = true;
}

/* Whether an input is what the default spectrum would read of its callee: the target
 * metric, or where it does not show that, its first. */
static bool is_usual(const selector *s, int a, int input)
{
    const flx_graph *graph = s->view->graph;
    const char *target = s->view->deployment->target_metric;
    const flx_vertex *vertex = vertex_of(graph, a);
    bool is_first = true, has_target = false;
    if (vertex->sources[input].vertex < 0)
        return false;
    const flx_vertex *callee = feeder_of(graph, a, input);
    for (int i = 0; i < graph->assignments[a].n_inputs; i++) {
        if (vertex->sources[i].vertex < 0 ||
            !is_same_group(feeder_of(graph, a, i), callee))
            continue;
        is_first &= i >= input;
        has_target |= strcmp(feeder_of(graph, a, i)->metric, target) == 0;
    }
    return has_target ? strcmp(callee->metric, target) == 0 : is_first;
}

/* Where there is nothing to choose by. */
static flx_status take_usual(selector *s, int a, flx_error *error)
{
    int k = 0, count = s->view->graph->assignments[a].n_inputs;
    FLX_SCOPED int *inputs = NULL;
    if (!FLX_NEW(inputs, count))
        return flx_no_memory(error, "%d inputs", count);
    for (int i = 0; i < count; i++)
        if (is_usual(s, a, i))
            inputs[k++] = i;
    return record(s, a, inputs, k, error);
}

static bool has_choice(const flx_selection_problem *problem)
{
    bool is_one = true;
    for (int r = 1; r < problem->n; r++)
        is_one &= problem->group[r] == problem->group[0];
    return problem->m > 0 && problem->n >= FLX_MIN_ROWS && !is_one;
}

static flx_status visit(selector *s, int a, flx_error *error)
{
    flx_metric_selection_problem selection;
    if (s->view->graph->assignments[a].kind != FLX_INSTANCE_VERTEX) {
        need_all(s, a);
        return FLX_OK;
    }
    flx_status status =
        flx_metric_selection_problem_gather(s->view, s->binding, a, &selection, error);
    if (status == FLX_OK && has_choice(&selection.problem))
        status = decide(s, a, &selection, error);
    else if (status == FLX_OK)
        status = take_usual(s, a, error);
    flx_metric_selection_problem_clear(&selection);
    return status;
}

static flx_status visit_all(selector *s, flx_error *error)
{
    const flx_graph *graph = s->view->graph;
    s->is_needed[graph->vertices[graph->output].assignment] = true;
    for (int v = graph->n_vertices - 1; v >= 0; v--) {
        int a = graph->vertices[v].assignment;
        if (!s->is_needed[a] || s->is_done[a])
            continue;
        s->is_done[a] = true;
        FLX_TRY(visit(s, a, error));
        flx_progress_report(s->options->progress, graph->n_vertices - v,
                            graph->n_vertices);
    }
    return FLX_OK;
}

static flx_status run(selector *s, flx_error *error)
{
    const flx_training_view *view = s->view;
    int count = view->graph->n_assignments;
    if (s->options->k < 0)
        return flx_fail(error, FLX_BAD_INPUT, "%d metrics cannot be chosen",
                        s->options->k);
    s->subsets = flx_input_subsets_create();
    if (!FLX_NEW(s->is_needed, count) || !FLX_NEW(s->is_done, count) || !s->subsets)
        return flx_no_memory(error, "%d assignments", count);
    FLX_TRY(flx_column_binding_create(view->graph, view->deployment, view->rows,
                                      &s->binding, error));
    return visit_all(s, error);
}

flx_status flx_metric_selection(const flx_training_view *view,
                                const flx_metric_selection_options *options,
                                flx_backend *backend, flx_input_subsets **out,
                                flx_error *error)
{
    static const flx_metric_selection_options defaults = {0};
    selector s = {
        .view = view, .options = options ? options : &defaults, .backend = backend};
    flx_status status = run(&s, error);
    flx_column_binding_destroy(s.binding);
    free(s.is_needed);
    free(s.is_done);
    *out = status == FLX_OK ? s.subsets : NULL;
    if (status != FLX_OK)
        flx_input_subsets_destroy(s.subsets);
    return status;
}
