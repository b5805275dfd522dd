/* SPDX-License-Identifier: MIT */
#include "host/training/training_set.h"

#include "host/graph.h"

#include <math.h>
#include <stdlib.h>

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
static void gather_rows(const flx_model *model, const flx_column_binding *binding,
                        const flx_dataset *inputs, const int *vertices, int count,
                        int n_inputs, flx_training_set *l)
{
    const flx_dataset *rows = model->rows;
    for (int r = 0; r < rows->rows; r++)
        for (int k = 0; k < count; k++) {
            int v = vertices[(r + k) % count];
            double y = flx_column_ref_value(binding->outputs[v], rows, r);
            if (isnan(y))
                continue;
            copy_inputs(model->graph, binding, inputs, v, r,
                        l->raw + (size_t)l->n * (size_t)n_inputs);
            l->row[l->n] = r;
            l->vertex[l->n] = v;
            l->y[l->n++] = y;
            break;
        }
}

flx_status flx_training_set_build(const flx_model *model,
                                  const flx_column_binding *binding,
                                  const flx_dataset *inputs, int a, flx_training_set *l,
                                  flx_error *error)
{
    const flx_graph *graph = model->graph;
    size_t rows = (size_t)model->rows->rows;
    size_t width = (size_t)graph->assignments[a].n_inputs;
    int *vertices = malloc((size_t)graph->n_vertices * sizeof *vertices);
    *l = (flx_training_set){.raw = malloc((rows * width + 1) * sizeof(double)),
                            .y = malloc((rows + 1) * sizeof(double)),
                            .row = malloc((rows + 1) * sizeof(int)),
                            .vertex = malloc((rows + 1) * sizeof(int)),
                            .labels = calloc(width + 1, sizeof(char *)),
                            .task = -1};
    if (!vertices || !l->raw || !l->y || !l->row || !l->vertex || !l->labels) {
        free(vertices);
        return flx_fail(error, FLX_NO_MEMORY, "%s: out of memory for %zu rows",
                        graph->assignments[a].name, rows);
    }
    for (size_t i = 0; i < width; i++)
        l->labels[i] = graph->assignments[a].inputs[i].label;
    int count = list_vertices(graph, a, vertices);
    gather_rows(model, binding, inputs ? inputs : model->rows, vertices, count,
                (int)width, l);
    free(vertices);
    return FLX_OK;
}

void flx_training_set_clear(flx_training_set *l)
{
    free(l->raw);
    free(l->row);
    free(l->vertex);
    free(l->labels);
    free(l->X);
    free(l->y);
    *l = (flx_training_set){.task = -1};
}

void flx_training_set_set_output_range(flx_training_set *l, bool wants_log,
                                       flx_predictor *p)
{
    double low = INFINITY, high = -INFINITY;
    for (int i = 0; i < l->n; i++) {
        low = fmin(low, l->y[i]);
        high = fmax(high, l->y[i]);
    }
    double margin = 0.5 * (high - low);
    p->output_low = low >= 0 ? fmax(0, low - margin) : low - margin;
    p->output_high = high + margin;
    p->is_log = wants_log && l->n > 0 && low > 0;
    for (int i = 0; i < l->n && p->is_log; i++)
        l->y[i] = log(l->y[i]);
}

void flx_training_set_make_constant(const flx_training_set *l, flx_predictor *p)
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

bool flx_training_set_is_constant(const flx_training_set *l)
{
    for (int i = 1; i < l->n; i++)
        if (fabs(l->y[i] - l->y[0]) > 1e-12 * fmax(1.0, fabs(l->y[0])))
            return false;
    return true;
}

flx_status flx_training_set_measure_rule(const flx_training_set *l,
                                         const flx_graph_assignment *assignment,
                                         const flx_predictor *p, double *mae,
                                         flx_error *error)
{
    size_t inputs = (size_t)assignment->n_inputs;
    double *weights = malloc((inputs + 1) * sizeof *weights), sum = 0;
    if (!weights)
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for a rule");
    int count = 0;
    for (int i = 0; i < l->n; i++) {
        const double *raw = l->raw + (size_t)i * inputs;
        double mean = flx_aggregation_rule_apply(assignment, raw, weights);
        if (isnan(mean))
            continue;
        sum += fabs(mean - (p->is_log ? exp(l->y[i]) : l->y[i]));
        count++;
    }
    free(weights);
    *mae = count ? sum / count : INFINITY;
    return FLX_OK;
}
