/* SPDX-License-Identifier: MIT
 * A graph without edges in which every model is a vertex of its own and the raw inputs
 * are the columns of a table: asked like any other. */
#include "host/model/predict_each.h"

#include "host/model/inference.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_LENGTH = 16 };

typedef struct {
    flx_graph graph;
    flx_model model;
    flx_dataset *table;
    flx_source *sources;        /* (inputs) shared by all vertices */
    char (*names)[NAME_LENGTH]; /* (inputs) columns of the table */
    flx_hosted_model *hosted;   /* (count) */
    int level_start[2];
} courtroom;

static bool allocate(courtroom *c, int count, int inputs)
{
    size_t members = (size_t)count, width = (size_t)inputs;
    c->graph.vertices = calloc(members + 1, sizeof *c->graph.vertices);
    c->graph.assignments = calloc(members + 1, sizeof *c->graph.assignments);
    c->model.assignments = calloc(members + 1, sizeof *c->model.assignments);
    c->hosted = calloc(members + 1, sizeof *c->hosted);
    c->sources = calloc(width + 1, sizeof *c->sources);
    c->names = calloc(width + 1, sizeof *c->names);
    return c->graph.vertices && c->graph.assignments && c->model.assignments &&
           c->hosted && c->sources && c->names;
}

/* Everything but the arrays themselves is borrowed. */
static void seat(courtroom *c, const flx_graph_assignment *assignment,
                 const flx_predictor *const *predictors, int count)
{
    for (int i = 0; i < assignment->n_inputs; i++) {
        snprintf(c->names[i], NAME_LENGTH, "%d", i);
        c->sources[i] = (flx_source){-1, c->names[i], NULL, 1.0};
    }
    for (int k = 0; k < count; k++) {
        c->graph.assignments[k] = *assignment;
        c->graph.vertices[k] = (flx_vertex){.name = assignment->name,
                                            .kind = assignment->kind,
                                            .service = assignment->service,
                                            .operation = assignment->operation,
                                            .instance = -1,
                                            .metric = assignment->metric,
                                            .assignment = k,
                                            .sources = c->sources};
        c->hosted[k] = (flx_hosted_model){.predictor = *predictors[k], .weight = 1};
        c->model.assignments[k] = (flx_learning_assignment){1, &c->hosted[k]};
    }
    c->graph.n_vertices = c->graph.n_assignments = count;
    c->graph.n_levels = 1;
    c->level_start[1] = count;
    c->graph.level_start = c->level_start;
    c->model.graph = &c->graph;
}

static flx_status lay_table(courtroom *c, const double *raw, int rows, int inputs,
                            flx_error *error)
{
    FLX_TRY(flx_dataset_create(rows, inputs, &c->table, error));
    for (int i = 0; i < inputs; i++)
        FLX_TRY(flx_dataset_name_column(c->table, i, c->names[i], FLX_STATE, "", error));
    if (rows > 0 && inputs > 0)
        memcpy(c->table->values, raw,
               (size_t)rows * (size_t)inputs * sizeof *c->table->values);
    return FLX_OK;
}

static void release(courtroom *c)
{
    flx_dataset_destroy(c->table);
    free(c->graph.vertices);
    free(c->graph.assignments);
    free(c->model.assignments);
    free(c->hosted);
    free(c->sources);
    free(c->names);
}

flx_status flx_predict_each(const flx_model *model,
                            const flx_graph_assignment *assignment,
                            const flx_predictor *const *predictors, int count,
                            const double *raw, int rows, flx_backend *backend,
                            double *mean, flx_error *error)
{
    courtroom c = {.model = {.deployment = model->deployment}};
    flx_status status = FLX_OK;
    if (count == 0 || rows == 0)
        return FLX_OK;
    if (!allocate(&c, count, assignment->n_inputs))
        status = flx_fail(error, FLX_NO_MEMORY, "%s: out of memory for %d models",
                          assignment->name, count);
    if (status == FLX_OK) {
        seat(&c, assignment, predictors, count);
        status = lay_table(&c, raw, rows, assignment->n_inputs, error);
    }
    if (status == FLX_OK)
        status = flx_predict_vertices(&c.model, backend, c.table, FLX_FROM_MEASUREMENTS,
                                      mean, error);
    release(&c);
    return status;
}
