/* SPDX-License-Identifier: MIT */
#include "host/training/training_set.h"

#include "formats/memory.h"

#include <math.h>
#include <stdlib.h>

flx_training_view flx_training_view_of(const flx_model *model)
{
    return (flx_training_view){.deployment = model->deployment,
                               .graph = model->graph,
                               .rows = model->rows,
                               .composition = model->composition,
                               .prior = model->prior,
                               .covariance = model->covariance,
                               .paper_mode = model->paper_mode,
                               .wants_log = model->wants_log};
}

flx_training_view flx_training_view_of_member(const flx_model *model,
                                              const flx_member *member)
{
    if (!member->graph) /* the first: the model's own */
        return flx_training_view_of(model);
    return (flx_training_view){.deployment = model->deployment,
                               .graph = member->graph,
                               .rows = model->rows,
                               .composition = member->composition,
                               .prior = member->prior,
                               .covariance = model->covariance,
                               .wants_log = member->wants_log};
}

/* Vertices that reference assignment a, into `vertices`; returns how many. */
static int list_vertices(const flx_graph *graph, int a, int *vertices)
{
    int count = 0;
    for (int v = 0; v < graph->n_vertices; v++)
        if (graph->vertices[v].assignment == a)
            vertices[count++] = v;
    return count;
}

static void copy_inputs(const flx_graph *graph, const flx_column_binding *binding,
                        const flx_dataset *inputs, int vertex, int row, double *raw)
{
    int n = graph->assignments[graph->vertices[vertex].assignment].n_inputs;
    for (int i = 0; i < n; i++)
        raw[i] = flx_column_ref_value(binding->inputs[vertex][i], inputs, row);
}

/* Row r: replica r mod R, or the next one that has an output. */
static void gather_rows(const flx_training_view *view, const flx_column_binding *binding,
                        const int *vertices, int count, int n_inputs,
                        flx_training_set *set)
{
    const flx_dataset *inputs = view->inputs ? view->inputs : view->rows;
    for (int r = 0; r < view->rows->rows; r++)
        for (int k = 0; k < count; k++) {
            int v = vertices[(r + k) % count];
            double y = flx_column_ref_value(binding->outputs[v], view->rows, r);
            if (isnan(y))
                continue;
            copy_inputs(view->graph, binding, inputs, v, r,
                        set->raw + (size_t)set->n * (size_t)n_inputs);
            set->row[set->n] = r;
            set->vertex[set->n] = v;
            set->y[set->n++] = y;
            break;
        }
}

flx_status flx_training_set_build(const flx_training_view *view,
                                  const flx_column_binding *binding, int a,
                                  flx_training_set *set, flx_error *error)
{
    const flx_graph *graph = view->graph;
    const flx_graph_assignment *assignment = &graph->assignments[a];
    size_t rows = (size_t)view->rows->rows, width = (size_t)assignment->n_inputs;
    FLX_SCOPED int *vertices = malloc((size_t)graph->n_vertices * sizeof *vertices);
    *set = (flx_training_set){.raw = malloc((rows * width + 1) * sizeof(double)),
                              .y = malloc((rows + 1) * sizeof(double)),
                              .row = malloc((rows + 1) * sizeof(int)),
                              .vertex = malloc((rows + 1) * sizeof(int))};
    if (!vertices || !set->raw || !set->y || !set->row || !set->vertex)
        return flx_no_memory(error, "the %zu rows of %s", rows, assignment->name);
    int count = list_vertices(graph, a, vertices);
    gather_rows(view, binding, vertices, count, (int)width, set);
    return FLX_OK;
}

void flx_training_set_clear(flx_training_set *set)
{
    free(set->raw);
    free(set->row);
    free(set->vertex);
    free(set->y);
    *set = (flx_training_set){0};
}

void flx_training_set_transform_output(flx_training_set *set, bool wants_log,
                                       flx_predictor *p)
{
    double low = INFINITY, high = -INFINITY;
    for (int i = 0; i < set->n; i++) {
        low = fmin(low, set->y[i]);
        high = fmax(high, set->y[i]);
    }
    double margin = 0.5 * (high - low);
    p->output_low = low >= 0 ? fmax(0, low - margin) : low - margin;
    p->output_high = high + margin;
    p->is_log = wants_log && set->n > 0 && low > 0;
    for (int i = 0; i < set->n && p->is_log; i++)
        set->y[i] = log(set->y[i]);
}

void flx_training_set_make_constant(const flx_training_set *set, flx_predictor *p)
{
    double mean = 0, square = 0;
    for (int i = 0; i < set->n; i++)
        mean += set->y[i] / set->n;
    for (int i = 0; i < set->n; i++)
        square += (set->y[i] - mean) * (set->y[i] - mean);
    p->kind = FLX_PREDICTOR_CONSTANT;
    p->constant = mean;
    p->variance = set->n > 1 ? square / (set->n - 1) : 0.0;
    p->n = set->n;
    if (set->n == 0)
        p->output_low = p->output_high = 0;
}

bool flx_training_set_is_constant(const flx_training_set *set)
{
    for (int i = 1; i < set->n; i++)
        if (fabs(set->y[i] - set->y[0]) > 1e-12 * fmax(1.0, fabs(set->y[0])))
            return false;
    return true;
}

flx_status flx_training_set_measure_rule(const flx_training_set *set,
                                         const flx_graph_assignment *assignment,
                                         const flx_predictor *p, double *mae,
                                         flx_error *error)
{
    size_t inputs = (size_t)assignment->n_inputs;
    FLX_SCOPED double *weights = NULL;
    double sum = 0;
    int count = 0;
    if (!FLX_NEW(weights, inputs))
        return flx_no_memory(error, "a rule");
    for (int i = 0; i < set->n; i++) {
        const double *raw = set->raw + (size_t)i * inputs;
        double mean = flx_aggregation_rule_apply(assignment, raw, weights);
        if (isnan(mean))
            continue;
        sum += fabs(mean - (p->is_log ? exp(set->y[i]) : set->y[i]));
        count++;
    }
    *mae = count ? sum / count : INFINITY;
    return FLX_OK;
}
