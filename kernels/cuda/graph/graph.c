/* SPDX-License-Identifier: MIT
 * A plan in device memory, in one allocation. */
#include "kernels/cuda/graph/graph.h"

#include <stdlib.h>
#include <string.h>

/* As in predict.c. */
enum { BLOCKS_A_PROCESSOR = 4 };
/* One pass takes at most a part of the memory, as populations want some, and so many
 * tiles that its blocks can be counted. */
enum { PARTS_OF_MEMORY = 4, MOST_TILES = 4096 };

/* Whether a block answers for the model. */
static bool is_asked(const flx_device_graph_model *model)
{
    return model->kind == FLX_DEVICE_GRAPH_GP || model->kind == FLX_DEVICE_GRAPH_TREES;
}

static flx_status check_members(const flx_gp_posterior *posterior,
                                const flx_inference_device_graph *plan, flx_error *error)
{
    for (int m = 0; m < plan->n_models; m++) {
        const flx_device_graph_model *model = &plan->models[m];
        if (model->kind != FLX_DEVICE_GRAPH_GP)
            continue;
        if (!posterior->is_valid[model->member])
            return flx_fail(error, FLX_BAD_INPUT,
                            "model %d of the plan is member %d, which failed", m,
                            model->member);
        if (posterior->members[model->member].d != model->n_features)
            return flx_fail(error, FLX_BAD_INPUT,
                            "model %d of the plan has %d features, member %d has %d", m,
                            model->n_features, model->member,
                            posterior->members[model->member].d);
    }
    return FLX_OK;
}

/* Asks of all levels; asks and first_ask may be NULL. Returns how many. */
static int list_asks(const flx_inference_device_graph *plan, flx_resident_graph *graph,
                     flx_cuda_graph_evaluate *asks, int *first_ask)
{
    int count = 0;
    for (int level = 0; level < plan->n_levels; level++) {
        int start = count;
        graph->level_ask[level] = start;
        for (int v = plan->level_start[level]; v < plan->level_start[level + 1]; v++) {
            const flx_device_graph_vertex *vertex = &plan->vertices[v];
            if (first_ask)
                first_ask[v] = count - start;
            for (int m = 0; m < vertex->n_models; m++) {
                int model = vertex->first_model + m;
                if (!is_asked(&plan->models[model]))
                    continue;
                if (asks)
                    asks[count] = (flx_cuda_graph_evaluate){v, model};
                count++;
            }
        }
        if (count - start > graph->most_asks)
            graph->most_asks = count - start;
    }
    graph->level_ask[plan->n_levels] = count;
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

static void pack(packer *p, const flx_inference_device_graph *plan,
                 const flx_cuda_graph_evaluate *asks, int n_asks, const int *first_ask,
                 flx_cuda_graph_pass *pass)
{
    flx_inference_device_graph *to = &pass->plan;
    *to = *plan;
    to->columns = put(p, plan->columns, plan->n_columns, sizeof *plan->columns);
    to->values = put(p, plan->values, plan->n_values, sizeof *plan->values);
    to->inputs = put(p, plan->inputs, plan->n_inputs, sizeof *plan->inputs);
    to->vertices = put(p, plan->vertices, plan->n_vertices, sizeof *plan->vertices);
    to->level_start = NULL; /* the host's own */
    to->models = put(p, plan->models, plan->n_models, sizeof *plan->models);
    to->features = put(p, plan->features, plan->n_features, sizeof *plan->features);
    to->parameters =
        put(p, plan->parameters, plan->n_parameters, sizeof *plan->parameters);
    to->roots = put(p, plan->roots, plan->n_roots, sizeof *plan->roots);
    to->nodes = put(p, plan->nodes, plan->n_nodes, sizeof *plan->nodes);
    to->targets = put(p, plan->targets, plan->n_targets, sizeof *plan->targets);
    to->ranges = put(p, plan->ranges, plan->n_ranges, sizeof *plan->ranges);
    pass->asks = put(p, asks, n_asks, sizeof *asks);
    pass->first_ask = put(p, first_ask, plan->n_vertices, sizeof *first_ask);
}

static flx_status upload(flx_resident_graph *graph,
                         const flx_inference_device_graph *plan,
                         const flx_cuda_graph_evaluate *asks, int n_asks,
                         const int *first_ask, flx_error *error)
{
    packer p = {0};
    pack(&p, plan, asks, n_asks, first_ask, &graph->pass);
    size_t size = p.cursor;
    FLX_TRY(flx_cuda_allocate(graph->cuda, &graph->memory, size, "the composed graph",
                              error));
    char *host = calloc(size, 1);
    if (!host)
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for a graph of %zu bytes",
                        size);
    p = (packer){host, graph->memory, 0};
    pack(&p, plan, asks, n_asks, first_ask, &graph->pass);
    flx_status status = flx_cuda_upload(graph->cuda, graph->memory, host, size, error);
    if (status == FLX_OK)
        status = flx_cuda_wait(graph->cuda, error);
    free(host);
    return status;
}

/* Doubles of a tile in a pass's rows. */
static size_t tile_rows(const flx_resident_graph *graph)
{
    const flx_inference_device_graph *plan = &graph->pass.plan;
    size_t rows = (size_t)plan->n_columns + (size_t)plan->n_vertices;
    return (rows + (size_t)graph->most_asks) * FLX_CUDA_TILE;
}

/* What the kernels want besides the plan's own arrays. */
static void prepare_pass(flx_resident_graph *graph,
                         const flx_inference_device_graph *plan)
{
    flx_cuda_graph_pass *pass = &graph->pass;
    pass->members = graph->posterior->on_device;
    for (int m = 0; m < plan->n_models; m++) {
        size_t scratch = flx_cuda_graph_scratch(plan->models[m].n_features);
        if (is_asked(&plan->models[m]) && scratch > pass->stride)
            pass->stride = scratch;
    }
    pass->blocks = graph->cuda->processors * BLOCKS_A_PROCESSOR;
    size_t tile = tile_rows(graph) * sizeof(double);
    size_t most = flx_cuda_budget(graph->cuda) / PARTS_OF_MEMORY / tile;
    graph->most_tiles = most < 1 ? 1 : most > MOST_TILES ? MOST_TILES : (int)most;
}

static flx_status fill(flx_resident_graph *graph, const flx_inference_device_graph *plan,
                       flx_error *error)
{
    size_t levels = (size_t)plan->n_levels + 1;
    graph->level_start = malloc(levels * sizeof *graph->level_start);
    graph->level_ask = malloc(levels * sizeof *graph->level_ask);
    int *first_ask = malloc((size_t)plan->n_vertices * sizeof *first_ask);
    flx_cuda_graph_evaluate *asks = NULL;
    int n_asks = 0;
    if (graph->level_start && graph->level_ask && first_ask) {
        memcpy(graph->level_start, plan->level_start, levels * sizeof(int));
        n_asks = list_asks(plan, graph, NULL, NULL);
        asks = malloc(((size_t)n_asks + 1) * sizeof *asks);
    }
    flx_status status = FLX_OK;
    if (!asks)
        status = flx_fail(error, FLX_NO_MEMORY,
                          "out of memory for a graph of %d vertices", plan->n_vertices);
    else
        list_asks(plan, graph, asks, first_ask);
    if (status == FLX_OK)
        status = upload(graph, plan, asks, n_asks, first_ask, error);
    if (status == FLX_OK)
        prepare_pass(graph, plan);
    free(first_ask);
    free(asks);
    return status;
}

flx_status flx_cuda_graph_create(flx_backend *backend, const flx_gp_posterior *posterior,
                                 const flx_inference_device_graph *plan,
                                 flx_resident_graph **out, flx_error *error)
{
    *out = NULL;
    FLX_TRY(flx_inference_device_graph_check(plan, posterior->count, error));
    FLX_TRY(check_members(posterior, plan, error));
    flx_resident_graph *graph = calloc(1, sizeof *graph);
    if (!graph)
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for a composed graph");
    graph->cuda = backend->state;
    graph->posterior = posterior;
    flx_status status = fill(graph, plan, error);
    if (status != FLX_OK)
        flx_cuda_graph_release(graph);
    else
        *out = graph;
    return status;
}

void flx_cuda_graph_release(flx_resident_graph *graph)
{
    if (!graph)
        return;
    cudaFree(graph->memory);
    free(graph->level_start);
    free(graph->level_ask);
    free(graph);
}
