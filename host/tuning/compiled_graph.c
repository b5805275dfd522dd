/* SPDX-License-Identifier: MIT */
#include "host/tuning/compiled_graph.h"

#include "host/graph.h"
#include "host/model.h"
#include "host/tuning/compiled_graph_lists.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* One graph of the plan: the model's own, or a member of its ensemble. */
typedef struct {
    const flx_model *model;
    flx_column_binding *binding;
    int *first_model; /* (n_assignments) in the plan */
    int *number;      /* (n_vertices) of its vertices in the plan */
} part;

typedef struct {
    const flx_model *model;
    const flx_search_space *space;
    const flx_dataset *table;
    int n_parts;
    part *parts; /* (n_parts) */
    flx_compiled_graph_lists lists;
    char *reason; /* (FLX_DEVICE_GRAPH_REASON) */
} maker;

static flx_status out_of_memory(const maker *m, flx_error *error)
{
    return flx_fail(error, FLX_NO_MEMORY, "out of memory for a plan of %d graphs",
                    m->n_parts);
}

static flx_status open_part(const maker *m, int k, flx_error *error)
{
    part *p = &m->parts[k];
    const flx_model *own =
        m->model->ensemble ? m->model->ensemble->members[k].model : NULL;
    p->model = own ? own : m->model;
    const flx_graph *graph = p->model->graph;
    p->first_model = calloc((size_t)graph->n_assignments, sizeof *p->first_model);
    p->number = calloc((size_t)graph->n_vertices, sizeof *p->number);
    if (!p->first_model || !p->number)
        return out_of_memory(m, error);
    return flx_column_binding_create(graph, p->model->deployment, m->table, &p->binding,
                                     error);
}

/* A knob with a gene, or what is held: its default, or the table's first row. */
static flx_status add_column(maker *m, int c, flx_error *error)
{
    const flx_search_space_knob *knob =
        c < m->space->n_knobs ? &m->space->knobs[c] : NULL;
    flx_device_graph_column column = {.gene = -1, .first_value = -1};
    if (!knob)
        column.value = m->table->values[c];
    else if (knob->gene < 0)
        column.value = knob->value;
    const double *list = knob ? flx_knob_list(knob->knob) : NULL;
    if (knob && knob->gene >= 0) {
        column.gene = knob->gene;
        column.scale = flx_knob_scale_of(knob->knob);
    }
    if (column.gene >= 0 && list) {
        column.first_value = m->lists.values.count;
        double *added =
            flx_compiled_graph_add(&m->lists.values, knob->knob->n_values, sizeof *added);
        if (!added)
            return out_of_memory(m, error);
        memcpy(added, list, (size_t)knob->knob->n_values * sizeof *added);
    }
    flx_device_graph_column *added =
        flx_compiled_graph_add(&m->lists.columns, 1, sizeof *added);
    if (!added)
        return out_of_memory(m, error);
    *added = column;
    return FLX_OK;
}

static flx_status add_models(maker *m, part *p, flx_error *error)
{
    const flx_graph *graph = p->model->graph;
    for (int a = 0; a < graph->n_assignments; a++) {
        const flx_learning_assignment *hosting = &p->model->assignments[a];
        p->first_model[a] = m->lists.models.count;
        if (hosting->n_models == 0)
            return flx_fail(error, FLX_BAD_INPUT,
                            "%s hosts no model yet: fit it before the graph is asked",
                            graph->assignments[a].name);
        for (int k = 0; k < hosting->n_models && !m->reason[0]; k++)
            FLX_TRY(flx_compiled_graph_add_model(&m->lists, &graph->assignments[a],
                                                 &hosting->models[k], m->reason, error));
    }
    return FLX_OK;
}

static flx_status add_vertex(maker *m, part *p, int v, flx_error *error)
{
    const flx_vertex *vertex = &p->model->graph->vertices[v];
    int n = p->model->graph->assignments[vertex->assignment].n_inputs;
    flx_device_graph_vertex place = {
        .first_input = m->lists.inputs.count,
        .n_inputs = n,
        .first_model = p->first_model[vertex->assignment],
        .n_models = p->model->assignments[vertex->assignment].n_models};
    flx_device_graph_input *inputs =
        flx_compiled_graph_add(&m->lists.inputs, n, sizeof *inputs);
    p->number[v] = m->lists.vertices.count;
    flx_device_graph_vertex *added =
        flx_compiled_graph_add(&m->lists.vertices, 1, sizeof *added);
    if (!inputs || !added)
        return out_of_memory(m, error);
    *added = place;
    for (int i = 0; i < n; i++) {
        int from = vertex->sources[i].vertex;
        flx_column_ref cell = p->binding->inputs[v][i];
        inputs[i] = from >= 0 ? (flx_device_graph_input){p->number[from], -1, 1}
                              : (flx_device_graph_input){-1, cell.column, cell.share};
    }
    return FLX_OK;
}

/* One level of all graphs that have so many. */
static flx_status add_level(maker *m, int level, flx_error *error)
{
    int *start = flx_compiled_graph_add(&m->lists.levels, 1, sizeof *start);
    if (!start)
        return out_of_memory(m, error);
    *start = m->lists.vertices.count;
    for (int k = 0; k < m->n_parts; k++) {
        const flx_graph *graph = m->parts[k].model->graph;
        int end = level < graph->n_levels ? graph->level_start[level + 1] : 0;
        for (int v = end ? graph->level_start[level] : 0; v < end; v++)
            FLX_TRY(add_vertex(m, &m->parts[k], v, error));
    }
    return FLX_OK;
}

static flx_status add_targets(maker *m, flx_error *error)
{
    const flx_ensemble *ensemble = m->model->ensemble;
    for (int k = 0; k < m->n_parts; k++) {
        const part *p = &m->parts[k];
        flx_device_graph_target *added =
            flx_compiled_graph_add(&m->lists.targets, 1, sizeof *added);
        if (!added)
            return out_of_memory(m, error);
        *added = (flx_device_graph_target){p->number[p->model->graph->output], 1, 1};
        if (ensemble) {
            added->near_weight = flx_ensemble_weight(ensemble, k, false);
            added->far_weight = flx_ensemble_weight(ensemble, k, true);
        }
    }
    return FLX_OK;
}

static flx_status add_ranges(maker *m, flx_error *error)
{
    const flx_model *box = flx_ensemble_black_box(m->model->ensemble);
    const flx_predictor *p = box ? flx_model_leading(box, 0) : NULL;
    const part *owner = m->parts;
    while (box && owner->model != box)
        owner++;
    for (int k = 0; p && k < p->n_features; k++) {
        flx_column_ref cell = owner->binding->inputs[0][p->features[k].input];
        double low, high;
        if (cell.column < 0 || !flx_ensemble_range(&p->features[k], &low, &high))
            continue;
        flx_device_graph_range *added =
            flx_compiled_graph_add(&m->lists.ranges, 1, sizeof *added);
        if (!added)
            return out_of_memory(m, error);
        *added = (flx_device_graph_range){cell.column, cell.share, low, high};
    }
    return FLX_OK;
}

static flx_status make(maker *m, flx_error *error)
{
    int levels = 0;
    m->parts = calloc((size_t)m->n_parts, sizeof *m->parts);
    if (!m->parts)
        return out_of_memory(m, error);
    for (int k = 0; k < m->n_parts && !m->reason[0]; k++) {
        FLX_TRY(open_part(m, k, error));
        FLX_TRY(add_models(m, &m->parts[k], error));
        int own = m->parts[k].model->graph->n_levels;
        levels = own > levels ? own : levels;
    }
    if (m->reason[0])
        return FLX_OK;
    for (int c = 0; c < m->table->n_columns; c++)
        FLX_TRY(add_column(m, c, error));
    for (int level = 0; level <= levels; level++)
        FLX_TRY(add_level(m, level, error));
    FLX_TRY(add_targets(m, error));
    return add_ranges(m, error);
}

static void close_parts(maker *m)
{
    for (int k = 0; k < m->n_parts && m->parts; k++) {
        flx_column_binding_destroy(m->parts[k].binding);
        free(m->parts[k].first_model);
        free(m->parts[k].number);
    }
    free(m->parts);
}

/* Takes the arrays over. */
static void take_lists(flx_device_graph *plan, const maker *m)
{
    const flx_compiled_graph_lists *l = &m->lists;
    const flx_ensemble *ensemble = m->model->ensemble;
    plan->numbers = (flx_inference_device_graph){.n_genes = m->space->n_genes,
                                                 .n_columns = l->columns.count,
                                                 .n_values = l->values.count,
                                                 .n_inputs = l->inputs.count,
                                                 .n_vertices = l->vertices.count,
                                                 .n_levels = l->levels.count - 1,
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
                                                 .level_start = l->levels.items,
                                                 .models = l->models.items,
                                                 .features = l->features.items,
                                                 .parameters = l->parameters.items,
                                                 .roots = l->roots.items,
                                                 .nodes = l->nodes.items,
                                                 .targets = l->targets.items,
                                                 .ranges = l->ranges.items,
                                                 .is_blended = ensemble != NULL,
                                                 .low = ensemble ? ensemble->low : 0,
                                                 .high = ensemble ? ensemble->high : 0};
    plan->n_members = l->members.count;
    plan->members = l->members.items;
    plan->targets = l->outputs.items;
    double *y = plan->targets;
    for (int i = 0; i < plan->n_members; i++) {
        plan->members[i].problem.y = y;
        y += plan->members[i].problem.n;
    }
}

flx_status flx_compiled_graph_create(const flx_model *model,
                                     const flx_search_space *space,
                                     const flx_dataset *table, flx_device_graph **out,
                                     char reason[FLX_DEVICE_GRAPH_REASON],
                                     flx_error *error)
{
    *out = NULL;
    reason[0] = '\0';
    maker m = {.model = model,
               .space = space,
               .table = table,
               .n_parts = model->ensemble ? model->ensemble->n_members : 1,
               .reason = reason};
    flx_status status = make(&m, error);
    flx_device_graph *plan = NULL;
    if (status == FLX_OK && !reason[0]) {
        plan = calloc(1, sizeof *plan);
        status = plan ? FLX_OK : out_of_memory(&m, error);
    }
    if (plan)
        take_lists(plan, &m);
    else
        flx_compiled_graph_lists_clear(&m.lists);
    close_parts(&m);
    *out = plan;
    return status;
}

void flx_compiled_graph_destroy(flx_device_graph *plan)
{
    if (!plan)
        return;
    const flx_inference_device_graph *n = &plan->numbers;
    const void *all[] = {n->columns,     n->values, n->inputs,   n->vertices,
                         n->level_start, n->models, n->features, n->parameters,
                         n->roots,       n->nodes,  n->targets,  n->ranges};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        free((void *)all[i]);
    free(plan->members);
    free(plan->targets);
    free(plan);
}
