/* SPDX-License-Identifier: MIT */
#include "host/graph/column_binding.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct flx_column_index {
    int count;
    const flx_column *columns; /* borrowed */
    int *order;                /* by name */
};

static int compare_columns(const void *a, const void *b, void *columns)
{
    const flx_column *c = columns;
    return strcmp(c[*(const int *)a].name, c[*(const int *)b].name);
}

flx_column_index *flx_column_index_create(const flx_dataset *table)
{
    flx_column_index *index = malloc(sizeof *index);
    int *order = malloc(((size_t)table->n_columns + 1) * sizeof *order);
    if (!index || !order) {
        free(index);
        free(order);
        return NULL;
    }
    for (int i = 0; i < table->n_columns; i++)
        order[i] = i;
    qsort_r(order, (size_t)table->n_columns, sizeof *order, compare_columns,
            table->columns);
    *index = (flx_column_index){table->n_columns, table->columns, order};
    return index;
}

int flx_column_index_find(const flx_column_index *index, const char *name)
{
    int low = 0, high = index->count;
    while (low < high) {
        int middle = low + (high - low) / 2;
        int order = strcmp(index->columns[index->order[middle]].name, name);
        if (order == 0)
            return index->order[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return -1;
}

void flx_column_index_destroy(flx_column_index *index)
{
    if (index)
        free(index->order);
    free(index);
}

static flx_column_ref bind_source(const flx_column_index *index, const flx_source *source)
{
    int column = flx_column_index_find(index, source->column);
    if (column >= 0 || !source->fallback)
        return (flx_column_ref){column, 1.0};
    return (flx_column_ref){flx_column_index_find(index, source->fallback),
                            source->share};
}

/* An instance without a column of its own shows what its service shows. */
static flx_status bind_output(const flx_column_index *index, const flx_vertex *vertex,
                              const flx_deployment *deployment, flx_column_ref *cell,
                              flx_error *error)
{
    *cell = (flx_column_ref){flx_column_index_find(index, vertex->name), 1.0};
    if (cell->column >= 0 || vertex->instance < 0)
        return FLX_OK;
    const flx_service *service = &deployment->services[vertex->service];
    char *plain = flx_column_text(
        service->name, service->operations[vertex->operation].name, -1, vertex->metric);
    if (!plain)
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for column names");
    cell->column = flx_column_index_find(index, plain);
    free(plain);
    return FLX_OK;
}

static flx_status bind_all(flx_column_binding *binding, const flx_graph *graph,
                           const flx_deployment *deployment, const flx_dataset *table,
                           flx_error *error)
{
    flx_column_index *index = flx_column_index_create(table);
    if (!index)
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for %d columns",
                        table->n_columns);
    flx_status status = FLX_OK;
    flx_column_ref *next = binding->cells;
    for (int v = 0; v < graph->n_vertices && status == FLX_OK; v++) {
        const flx_vertex *vertex = &graph->vertices[v];
        int inputs = graph->assignments[vertex->assignment].n_inputs;
        binding->inputs[v] = next;
        for (int i = 0; i < inputs; i++)
            *next++ = bind_source(index, &vertex->sources[i]);
        status = bind_output(index, vertex, deployment, &binding->outputs[v], error);
    }
    flx_column_index_destroy(index);
    return status;
}

flx_status flx_column_binding_create(const flx_graph *graph,
                                     const flx_deployment *deployment,
                                     const flx_dataset *table, flx_column_binding **out,
                                     flx_error *error)
{
    *out = NULL;
    size_t cells = 1, vertices = (size_t)graph->n_vertices;
    for (int v = 0; v < graph->n_vertices; v++)
        cells += (size_t)graph->assignments[graph->vertices[v].assignment].n_inputs;
    flx_column_binding *binding = calloc(1, sizeof *binding);
    if (binding) {
        binding->outputs = calloc(vertices, sizeof *binding->outputs);
        binding->inputs = calloc(vertices, sizeof *binding->inputs);
        binding->cells = calloc(cells, sizeof *binding->cells);
    }
    flx_status status = FLX_OK;
    if (!binding || !binding->outputs || !binding->inputs || !binding->cells)
        status = flx_fail(error, FLX_NO_MEMORY, "out of memory for %zu inputs", cells);
    else
        status = bind_all(binding, graph, deployment, table, error);
    if (status == FLX_OK)
        *out = binding;
    else
        flx_column_binding_destroy(binding);
    return status;
}

void flx_column_binding_destroy(flx_column_binding *binding)
{
    if (!binding)
        return;
    free(binding->outputs);
    free(binding->inputs);
    free(binding->cells);
    free(binding);
}

double flx_column_ref_value(flx_column_ref cell, const flx_dataset *table, int row)
{
    if (cell.column < 0)
        return NAN;
    return cell.share *
           table->values[(size_t)row * (size_t)table->n_columns + (size_t)cell.column];
}
