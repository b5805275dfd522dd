/* SPDX-License-Identifier: MIT */
#include "host/graph/column_binding.h"

#include "formats/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Columns of a table by name, for many look-ups. */
typedef struct {
    int count;
    const flx_column *columns; /* borrowed */
    int *order;                /* (count) by name */
} column_index;

static int compare_columns(const void *a, const void *b, void *columns)
{
    const flx_column *c = columns;
    return strcmp(c[*(const int *)a].name, c[*(const int *)b].name);
}

/* The column of that name, or -1. */
static int find_column(const column_index *index, const char *name)
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

static flx_column_ref bind_source(const column_index *index, const flx_source *source)
{
    int column = find_column(index, source->column);
    if (column >= 0 || !source->fallback)
        return (flx_column_ref){column, 1.0};
    return (flx_column_ref){find_column(index, source->fallback), source->share};
}

/* An instance without a column of its own shows what its service shows. */
static flx_status bind_output(const column_index *index, const flx_vertex *vertex,
                              const flx_deployment *deployment, flx_column_ref *ref,
                              flx_error *error)
{
    *ref = (flx_column_ref){find_column(index, vertex->name), 1.0};
    if (ref->column >= 0 || vertex->instance < 0)
        return FLX_OK;
    const flx_service *service = &deployment->services[vertex->service];
    FLX_SCOPED char *plain = flx_column_text(
        service->name, service->operations[vertex->operation].name, -1, vertex->metric);
    if (!plain)
        return flx_no_memory(error, "column names");
    ref->column = find_column(index, plain);
    return FLX_OK;
}

static flx_status bind_all(flx_column_binding *binding, const flx_graph *graph,
                           const flx_deployment *deployment, const flx_dataset *table,
                           flx_error *error)
{
    FLX_SCOPED int *order = NULL;
    if (!FLX_NEW(order, table->n_columns))
        return flx_no_memory(error, "%d columns", table->n_columns);
    for (int c = 0; c < table->n_columns; c++)
        order[c] = c;
    qsort_r(order, (size_t)table->n_columns, sizeof *order, compare_columns,
            table->columns);
    column_index index = {table->n_columns, table->columns, order};
    flx_column_ref *next = binding->refs;
    for (int v = 0; v < graph->n_vertices; v++) {
        const flx_vertex *vertex = &graph->vertices[v];
        binding->inputs[v] = next;
        for (int i = 0; i < graph->assignments[vertex->assignment].n_inputs; i++)
            *next++ = bind_source(&index, &vertex->sources[i]);
        FLX_TRY(bind_output(&index, vertex, deployment, &binding->outputs[v], error));
    }
    return FLX_OK;
}

flx_status flx_column_binding_create(const flx_graph *graph,
                                     const flx_deployment *deployment,
                                     const flx_dataset *table, flx_column_binding **out,
                                     flx_error *error)
{
    *out = NULL;
    size_t inputs = 0;
    for (int v = 0; v < graph->n_vertices; v++)
        inputs += (size_t)graph->assignments[graph->vertices[v].assignment].n_inputs;
    flx_column_binding *binding;
    bool is_whole = FLX_NEW(binding, 1) && FLX_NEW(binding->outputs, graph->n_vertices) &&
                    FLX_NEW(binding->inputs, graph->n_vertices) &&
                    FLX_NEW(binding->refs, inputs);
    flx_status status = is_whole ? bind_all(binding, graph, deployment, table, error)
                                 : flx_no_memory(error, "%zu inputs", inputs);
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
    free(binding->refs);
    free(binding);
}

double flx_column_ref_value(flx_column_ref ref, const flx_dataset *table, int row)
{
    if (ref.column < 0)
        return NAN;
    return ref.share *
           table->values[(size_t)row * (size_t)table->n_columns + (size_t)ref.column];
}
