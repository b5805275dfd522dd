/* SPDX-License-Identifier: MIT */
#include "host/tuning/compiled_graph.h"

#include "formats/memory.h"
#include "host/graph.h"
#include "host/model.h"
#include "host/tuning/compiled_graph_lists.h"

#include <stdlib.h>

/* One of the graphs: the model's own, or a member of its ensemble. */
typedef struct {
    flx_fitted_graph fitted;
    flx_column_binding *binding;
    int *first_model; /* (n_assignments) in the compiled graph */
    int *index;       /* (n_vertices) of its vertices in the compiled graph */
} part;

typedef struct {
    const flx_model *model;
    const flx_search_space *space;
    const flx_dataset *table;
    int n_parts;
    part *parts; /* (n_parts) */
    flx_compiled_graph_lists lists;
    char *reason; /* (FLX_COMPILED_GRAPH_REASON) */
} compiler;

static flx_status out_of_memory(const compiler *c, flx_error *error)
{
    return flx_no_memory(error, "a compiled graph of %d graphs", c->n_parts);
}

static flx_status add_one(const compiler *c, flx_compiled_graph_list *list,
                          const void *item, size_t size, flx_error *error)
{
    return flx_compiled_graph_add(list, item, 1, size) ? FLX_OK : out_of_memory(c, error);
}

static flx_status open_part(const compiler *c, int k, flx_error *error)
{
    part *p = &c->parts[k];
    p->fitted = flx_model_member_graph(c->model, k);
    const flx_graph *graph = p->fitted.graph;
    if (!FLX_NEW(p->first_model, graph->n_assignments) ||
        !FLX_NEW(p->index, graph->n_vertices))
        return out_of_memory(c, error);
    return flx_column_binding_create(graph, p->fitted.deployment, c->table, &p->binding,
                                     error);
}

/* A knob with a dimension, or what is fixed: its value, or the table's first row. */
static flx_status add_column(compiler *c, int index, flx_error *error)
{
    flx_device_graph_column column = {.dimension = -1, .first_value = -1};
    if (index >= c->space->n_knobs) {
        column.value = c->table->values[index];
        return add_one(c, &c->lists.columns, &column, sizeof column, error);
    }
    const flx_search_space_knob *place = &c->space->knobs[index];
    const double *list = flx_knob_list(place->knob);
    if (place->dimension < 0) {
        column.value = place->value;
        return add_one(c, &c->lists.columns, &column, sizeof column, error);
    }
    column.dimension = place->dimension;
    column.scale = flx_knob_scale_of(place->knob);
    if (list) {
        column.first_value = c->lists.values.count;
        if (!flx_compiled_graph_add(&c->lists.values, list, place->knob->n_values,
                                    sizeof *list))
            return out_of_memory(c, error);
    }
    return add_one(c, &c->lists.columns, &column, sizeof column, error);
}

static flx_status add_models(compiler *c, part *p, flx_error *error)
{
    const flx_graph *graph = p->fitted.graph;
    for (int a = 0; a < graph->n_assignments; a++) {
        const flx_learning_assignment *assignment = &p->fitted.assignments[a];
        p->first_model[a] = c->lists.models.count;
        if (assignment->n_models == 0)
            return flx_fail(error, FLX_BAD_INPUT,
                            "%s has no model yet: fit it before the graph predicts",
                            graph->assignments[a].name);
        for (int k = 0; k < assignment->n_models && !c->reason[0]; k++)
            FLX_TRY(flx_compiled_graph_add_model(&c->lists, &graph->assignments[a],
                                                 &assignment->models[k], c->reason,
                                                 error));
    }
    return FLX_OK;
}

static flx_status add_vertex(compiler *c, part *p, int v, flx_error *error)
{
    const flx_vertex *vertex = &p->fitted.graph->vertices[v];
    int n = p->fitted.graph->assignments[vertex->assignment].n_inputs;
    flx_device_graph_vertex added = {
        .first_input = c->lists.inputs.count,
        .n_inputs = n,
        .first_model = p->first_model[vertex->assignment],
        .n_models = p->fitted.assignments[vertex->assignment].n_models};
    flx_device_graph_input *inputs =
        flx_compiled_graph_add(&c->lists.inputs, NULL, n, sizeof *inputs);
    if (!inputs)
        return out_of_memory(c, error);
    for (int i = 0; i < n; i++) {
        int from = vertex->sources[i].vertex;
        flx_column_ref ref = p->binding->inputs[v][i];
        inputs[i] = from >= 0 ? (flx_device_graph_input){p->index[from], -1, 1}
                              : (flx_device_graph_input){-1, ref.column, ref.share};
    }
    p->index[v] = c->lists.vertices.count;
    return add_one(c, &c->lists.vertices, &added, sizeof added, error);
}

/* One level of all graphs that have so many. */
static flx_status add_level(compiler *c, int level, flx_error *error)
{
    FLX_TRY(
        add_one(c, &c->lists.level_start, &c->lists.vertices.count, sizeof(int), error));
    for (int k = 0; k < c->n_parts; k++) {
        const flx_graph *graph = c->parts[k].fitted.graph;
        int end = level < graph->n_levels ? graph->level_start[level + 1] : 0;
        for (int v = end ? graph->level_start[level] : 0; v < end; v++)
            FLX_TRY(add_vertex(c, &c->parts[k], v, error));
    }
    return FLX_OK;
}

static flx_status add_targets(compiler *c, flx_error *error)
{
    const flx_ensemble *ensemble = c->model->ensemble;
    for (int k = 0; k < c->n_parts; k++) {
        const part *p = &c->parts[k];
        flx_device_graph_target target = {p->index[p->fitted.graph->output], 1, 1};
        if (ensemble) {
            target.weight = flx_ensemble_weight(ensemble, k, false);
            target.extrapolating_weight = flx_ensemble_weight(ensemble, k, true);
        }
        FLX_TRY(add_one(c, &c->lists.targets, &target, sizeof target, error));
    }
    return FLX_OK;
}

static flx_status add_ranges(compiler *c, flx_error *error)
{
    int box = flx_ensemble_black_box(c->model->ensemble);
    if (box < 0)
        return FLX_OK;
    const part *owner = &c->parts[box];
    const flx_predictor *p = flx_assignment_leading(&owner->fitted.assignments[0]);
    for (int k = 0; k < p->n_features; k++) {
        flx_column_ref ref = owner->binding->inputs[0][p->features[k].input];
        flx_device_graph_range range = {.column = ref.column, .share = ref.share};
        if (ref.column >= 0 &&
            flx_ensemble_range(&p->features[k], &range.low, &range.high))
            FLX_TRY(add_one(c, &c->lists.ranges, &range, sizeof range, error));
    }
    return FLX_OK;
}

static flx_status compile(compiler *c, flx_error *error)
{
    int levels = 0;
    if (!FLX_NEW(c->parts, c->n_parts))
        return out_of_memory(c, error);
    for (int k = 0; k < c->n_parts && !c->reason[0]; k++) {
        FLX_TRY(open_part(c, k, error));
        FLX_TRY(add_models(c, &c->parts[k], error));
        int own = c->parts[k].fitted.graph->n_levels;
        levels = own > levels ? own : levels;
    }
    if (c->reason[0])
        return FLX_OK;
    for (int i = 0; i < c->table->n_columns; i++)
        FLX_TRY(add_column(c, i, error));
    for (int level = 0; level <= levels; level++)
        FLX_TRY(add_level(c, level, error));
    FLX_TRY(add_targets(c, error));
    return add_ranges(c, error);
}

static void close_parts(compiler *c)
{
    for (int k = 0; k < c->n_parts && c->parts; k++) {
        flx_column_binding_destroy(c->parts[k].binding);
        free(c->parts[k].first_model);
        free(c->parts[k].index);
    }
    free(c->parts);
}

/* Takes the arrays over, whole or not. */
static void take_lists(flx_compiled_graph *compiled, const compiler *c)
{
    const flx_compiled_graph_lists *l = &c->lists;
    const flx_ensemble *ensemble = c->model->ensemble;
    compiled->graph = (flx_device_graph){.n_dimensions = c->space->n_dimensions,
                                         .n_columns = l->columns.count,
                                         .n_values = l->values.count,
                                         .n_inputs = l->inputs.count,
                                         .n_vertices = l->vertices.count,
                                         .n_levels = l->level_start.count - 1,
                                         .n_models = l->models.count,
                                         .n_features = l->features.count,
                                         .n_parameters = l->parameters.count,
                                         .n_roots = l->roots.count,
                                         .n_nodes = l->nodes.count,
                                         .n_targets = l->targets.count,
                                         .n_ranges = l->ranges.count,
                                         .columns = l->columns.items,
                                         .values = l->values.items,
                                         .inputs = l->inputs.items,
                                         .vertices = l->vertices.items,
                                         .level_start = l->level_start.items,
                                         .models = l->models.items,
                                         .features = l->features.items,
                                         .parameters = l->parameters.items,
                                         .roots = l->roots.items,
                                         .nodes = l->nodes.items,
                                         .targets = l->targets.items,
                                         .ranges = l->ranges.items,
                                         .is_ensemble = ensemble != NULL,
                                         .low = ensemble ? ensemble->low : 0,
                                         .high = ensemble ? ensemble->high : 0};
    compiled->n_members = l->members.count;
    compiled->members = l->members.items;
    compiled->targets = l->outputs.items;
    double *y = compiled->targets;
    for (int i = 0; i < compiled->n_members; i++) {
        compiled->members[i].problem.y = y;
        y += compiled->members[i].problem.n;
    }
}

flx_status flx_compiled_graph_create(const flx_model *model,
                                     const flx_search_space *space,
                                     const flx_dataset *table, flx_compiled_graph **out,
                                     char reason[FLX_COMPILED_GRAPH_REASON],
                                     flx_error *error)
{
    compiler c = {.model = model,
                  .space = space,
                  .table = table,
                  .n_parts = model->ensemble ? model->ensemble->n_members : 1,
                  .reason = reason};
    flx_compiled_graph *compiled;
    *out = NULL;
    reason[0] = '\0';
    if (!FLX_NEW(compiled, 1))
        return out_of_memory(&c, error);
    flx_status status = compile(&c, error);
    take_lists(compiled, &c);
    close_parts(&c);
    if (status == FLX_OK && !reason[0])
        *out = compiled;
    else
        flx_compiled_graph_destroy(compiled);
    return status;
}

void flx_compiled_graph_destroy(flx_compiled_graph *compiled)
{
    if (!compiled)
        return;
    const flx_device_graph *g = &compiled->graph;
    const void *all[] = {g->columns,     g->values, g->inputs,   g->vertices,
                         g->level_start, g->models, g->features, g->parameters,
                         g->roots,       g->nodes,  g->targets,  g->ranges};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        free((void *)all[i]);
    free(compiled->members);
    free(compiled->targets);
    free(compiled);
}
