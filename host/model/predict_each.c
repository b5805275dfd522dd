/* SPDX-License-Identifier: MIT
 * A graph without edges in which every predictor is a vertex of its own and the raw
 * inputs are the columns of a table: predicted like any other. */
#include "host/model/predict_each.h"

#include "formats/memory.h"
#include "host/model/inference.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_LENGTH = 16 };

typedef struct {
    flx_graph graph;
    flx_learning_assignment *assignments; /* (count) */
    flx_hosted_model *models;             /* (count) */
    flx_dataset *table;
    flx_source *sources;        /* (inputs) shared by all vertices */
    char (*names)[NAME_LENGTH]; /* (inputs) columns of the table */
    int level_start[2];
} scratch_graph;

static bool allocate(scratch_graph *s, int count, int inputs)
{
    return FLX_NEW(s->graph.vertices, count) && FLX_NEW(s->graph.assignments, count) &&
           FLX_NEW(s->assignments, count) && FLX_NEW(s->models, count) &&
           FLX_NEW(s->sources, inputs) && FLX_NEW(s->names, inputs);
}

/* Everything but the arrays themselves is borrowed. */
static void fill_vertices(scratch_graph *s, const flx_predictor_queries *queries)
{
    const flx_graph_assignment *assignment = queries->assignment;
    for (int i = 0; i < assignment->n_inputs; i++) {
        snprintf(s->names[i], NAME_LENGTH, "%d", i);
        s->sources[i] = (flx_source){-1, s->names[i], NULL, 1.0};
    }
    for (int k = 0; k < queries->count; k++) {
        s->graph.assignments[k] = *assignment;
        s->graph.vertices[k] = (flx_vertex){.name = assignment->name,
                                            .kind = assignment->kind,
                                            .service = assignment->service,
                                            .operation = assignment->operation,
                                            .instance = -1,
                                            .metric = assignment->metric,
                                            .assignment = k,
                                            .sources = s->sources};
        s->models[k] =
            (flx_hosted_model){.predictor = *queries->predictors[k], .weight = 1};
        s->assignments[k] = (flx_learning_assignment){1, &s->models[k]};
    }
    s->graph.n_vertices = s->graph.n_assignments = queries->count;
    s->graph.n_levels = 1;
    s->level_start[1] = queries->count;
    s->graph.level_start = s->level_start;
}

static flx_status fill_table(scratch_graph *s, const flx_predictor_queries *queries,
                             flx_error *error)
{
    int rows = queries->rows, inputs = queries->assignment->n_inputs;
    FLX_TRY(flx_dataset_create(rows, inputs, &s->table, error));
    for (int i = 0; i < inputs; i++)
        FLX_TRY(flx_dataset_name_column(s->table, i, s->names[i], FLX_STATE, "", error));
    if (inputs > 0)
        memcpy(s->table->values, queries->raw,
               (size_t)rows * (size_t)inputs * sizeof *s->table->values);
    return FLX_OK;
}

static void release(scratch_graph *s)
{
    flx_dataset_destroy(s->table);
    free(s->graph.vertices);
    free(s->graph.assignments);
    free(s->assignments);
    free(s->models);
    free(s->sources);
    free(s->names);
}

static flx_status predict(scratch_graph *s, const flx_predictor_queries *queries,
                          flx_backend *backend, double *mean, flx_error *error)
{
    if (!allocate(s, queries->count, queries->assignment->n_inputs))
        return flx_no_memory(error, "%d models", queries->count);
    fill_vertices(s, queries);
    FLX_TRY(fill_table(s, queries, error));
    flx_fitted_graph fitted = {NULL, &s->graph, s->assignments};
    return flx_predict_vertices(fitted, backend, s->table, FLX_FROM_MEASUREMENTS, mean,
                                error);
}

flx_status flx_predict_each(const flx_predictor_queries *queries, flx_backend *backend,
                            double *mean, flx_error *error)
{
    scratch_graph s = {0};
    if (queries->count == 0 || queries->rows == 0)
        return FLX_OK;
    flx_status status = predict(&s, queries, backend, mean, error);
    release(&s);
    return status;
}
