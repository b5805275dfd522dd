/* SPDX-License-Identifier: MIT
 * A composed graph in device memory, in one allocation. */
#include "kernels/cuda/graph.h"

#include "formats/memory.h"

#include <stdlib.h>
#include <string.h>

/* As in predict.c. */
enum { BLOCKS_A_PROCESSOR = 4 };
/* One pass takes at most a part of the memory, as populations want some, and so many
 * tiles that its blocks can be counted. */
enum { PARTS_OF_MEMORY = 4, MOST_TILES = 4096 };

/* Whether the model is evaluated by a block of its own. */
static bool takes_a_block(const flx_device_graph_model *model)
{
    return model->kind == FLX_DEVICE_GRAPH_GP || model->kind == FLX_DEVICE_GRAPH_TREES;
}

static flx_status check_members(const flx_gp_posterior *posterior,
                                const flx_device_graph *graph, flx_error *error)
{
    for (int m = 0; m < graph->n_models; m++) {
        const flx_device_graph_model *model = &graph->models[m];
        if (model->kind != FLX_DEVICE_GRAPH_GP)
            continue;
        if (!posterior->is_valid[model->member])
            return flx_fail(error, FLX_BAD_INPUT,
                            "model %d of the graph is member %d, which failed", m,
                            model->member);
        if (posterior->members[model->member].d != model->n_features)
            return flx_fail(error, FLX_BAD_INPUT,
                            "model %d of the graph has %d features, member %d has %d", m,
                            model->n_features, model->member,
                            posterior->members[model->member].d);
    }
    return FLX_OK;
}

/* The models that blocks evaluate, level by level; evaluations and first_evaluation may
 * be NULL. Returns how many. */
static int list_evaluations(const flx_device_graph *graph, flx_resident_graph *resident,
                            flx_cuda_graph_evaluation *evaluations, int *first_evaluation)
{
    int count = 0;
    for (int level = 0; level < graph->n_levels; level++) {
        int start = count;
        resident->level_evaluation[level] = start;
        for (int v = graph->level_start[level]; v < graph->level_start[level + 1]; v++) {
            const flx_device_graph_vertex *vertex = &graph->vertices[v];
            if (first_evaluation)
                first_evaluation[v] = count - start;
            for (int m = 0; m < vertex->n_models; m++) {
                int model = vertex->first_model + m;
                if (!takes_a_block(&graph->models[model]))
                    continue;
                if (evaluations)
                    evaluations[count] = (flx_cuda_graph_evaluation){v, model};
                count++;
            }
        }
        if (count - start > resident->most_evaluations)
            resident->most_evaluations = count - start;
    }
    resident->level_evaluation[graph->n_levels] = count;
    return count;
}

/* Copies arrays one behind the other; without memory it only measures. */
typedef struct {
    char *host, *device;
    size_t cursor;
} packer;

/* The device's copy of an array. */
static const void *put(packer *p, const void *from, int count, size_t size)
{
    size_t at = flx_cuda_take(&p->cursor, (size_t)count * size);
    if (!p->host)
        return NULL;
    if (count > 0)
        memcpy(p->host + at, from, (size_t)count * size);
    return p->device + at;
}

static void pack(packer *p, const flx_device_graph *graph,
                 const flx_cuda_graph_evaluation *evaluations, int n_evaluations,
                 const int *first_evaluation, flx_cuda_graph_pass *pass)
{
    flx_device_graph *to = &pass->graph;
    *to = *graph;
    to->columns = put(p, graph->columns, graph->n_columns, sizeof *graph->columns);
    to->values = put(p, graph->values, graph->n_values, sizeof *graph->values);
    to->inputs = put(p, graph->inputs, graph->n_inputs, sizeof *graph->inputs);
    to->vertices = put(p, graph->vertices, graph->n_vertices, sizeof *graph->vertices);
    to->level_start = NULL; /* the host's own */
    to->models = put(p, graph->models, graph->n_models, sizeof *graph->models);
    to->features = put(p, graph->features, graph->n_features, sizeof *graph->features);
    to->parameters =
        put(p, graph->parameters, graph->n_parameters, sizeof *graph->parameters);
    to->roots = put(p, graph->roots, graph->n_roots, sizeof *graph->roots);
    to->nodes = put(p, graph->nodes, graph->n_nodes, sizeof *graph->nodes);
    to->targets = put(p, graph->targets, graph->n_targets, sizeof *graph->targets);
    to->ranges = put(p, graph->ranges, graph->n_ranges, sizeof *graph->ranges);
    pass->evaluations = put(p, evaluations, n_evaluations, sizeof *evaluations);
    pass->first_evaluation =
        put(p, first_evaluation, graph->n_vertices, sizeof *first_evaluation);
}

static flx_status upload(flx_resident_graph *resident, const flx_device_graph *graph,
                         const flx_cuda_graph_evaluation *evaluations, int n_evaluations,
                         const int *first_evaluation, flx_error *error)
{
    packer p = {0};
    pack(&p, graph, evaluations, n_evaluations, first_evaluation, &resident->pass);
    size_t size = p.cursor;
    FLX_TRY(flx_cuda_allocate(resident->cuda, &resident->memory, size,
                              "the composed graph", error));
    FLX_SCOPED char *host = NULL;
    if (!FLX_NEW(host, size))
        return flx_no_memory(error, "a graph of %zu bytes", size);
    p = (packer){host, resident->memory, 0};
    pack(&p, graph, evaluations, n_evaluations, first_evaluation, &resident->pass);
    FLX_TRY(flx_cuda_upload(resident->cuda, resident->memory, host, size, error));
    return flx_cuda_wait(resident->cuda, error);
}

/* Doubles of a tile in a pass's rows. */
static size_t tile_rows(const flx_resident_graph *resident)
{
    const flx_device_graph *graph = &resident->pass.graph;
    size_t rows = (size_t)graph->n_columns + (size_t)graph->n_vertices;
    return (rows + (size_t)resident->most_evaluations) * FLX_CUDA_TILE;
}

/* What the kernels need besides the graph's own arrays. */
static void prepare_pass(flx_resident_graph *resident, const flx_device_graph *graph)
{
    flx_cuda_graph_pass *pass = &resident->pass;
    pass->members = resident->posterior->on_device;
    for (int m = 0; m < graph->n_models; m++) {
        size_t scratch = flx_cuda_graph_scratch(graph->models[m].n_features);
        if (takes_a_block(&graph->models[m]) && scratch > pass->stride)
            pass->stride = scratch;
    }
    pass->blocks = resident->cuda->processors * BLOCKS_A_PROCESSOR;
    size_t tile = tile_rows(resident) * sizeof(double);
    size_t most = flx_cuda_budget(resident->cuda) / PARTS_OF_MEMORY / tile;
    resident->most_tiles = most < 1 ? 1 : most > MOST_TILES ? MOST_TILES : (int)most;
}

static flx_status fill(flx_resident_graph *resident, const flx_device_graph *graph,
                       flx_error *error)
{
    int levels = graph->n_levels + 1;
    FLX_SCOPED int *first_evaluation = NULL;
    FLX_SCOPED flx_cuda_graph_evaluation *evaluations = NULL;
    if (!FLX_NEW(resident->level_start, levels) ||
        !FLX_NEW(resident->level_evaluation, levels) ||
        !FLX_NEW(first_evaluation, graph->n_vertices))
        return flx_no_memory(error, "a graph of %d vertices", graph->n_vertices);
    memcpy(resident->level_start, graph->level_start, (size_t)levels * sizeof(int));
    int count = list_evaluations(graph, resident, NULL, NULL);
    if (!FLX_NEW(evaluations, count))
        return flx_no_memory(error, "%d evaluations of models", count);
    list_evaluations(graph, resident, evaluations, first_evaluation);
    FLX_TRY(upload(resident, graph, evaluations, count, first_evaluation, error));
    prepare_pass(resident, graph);
    return FLX_OK;
}

flx_status flx_cuda_graph_create(flx_backend *backend, const flx_gp_posterior *posterior,
                                 const flx_device_graph *graph, flx_resident_graph **out,
                                 flx_error *error)
{
    *out = NULL;
    FLX_TRY(flx_device_graph_check(graph, posterior->count, error));
    FLX_TRY(check_members(posterior, graph, error));
    flx_resident_graph *resident;
    if (!FLX_NEW(resident, 1))
        return flx_no_memory(error, "a composed graph");
    resident->cuda = backend->state;
    resident->posterior = posterior;
    flx_status status = fill(resident, graph, error);
    if (status != FLX_OK)
        flx_cuda_graph_release(resident);
    else
        *out = resident;
    return status;
}

void flx_cuda_graph_release(flx_resident_graph *resident)
{
    if (!resident)
        return;
    cudaFree(resident->memory);
    free(resident->level_start);
    free(resident->level_evaluation);
    free(resident);
}
