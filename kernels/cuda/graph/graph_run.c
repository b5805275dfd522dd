/* SPDX-License-Identifier: MIT
 * Candidates through a graph: passes of as many tiles as memory holds, each a number of
 * launches that depends on the levels only. Settings are given by the caller; the genes
 * of searches lie on the device already. */
#include "kernels/cuda/graph/graph.h"

#include <stdlib.h>
#include <string.h>

void flx_cuda_graph_upload(const flx_resident_graph *graph, int n_tiles, void *memory,
                           size_t *cursor, flx_cuda_graph_pass *pass)
{
    const flx_inference_device_graph *plan = &graph->pass.plan;
    size_t width = (size_t)n_tiles * FLX_CUDA_TILE;
    size_t rows = (size_t)plan->n_columns + (size_t)plan->n_vertices;
    size_t jobs = (size_t)n_tiles * (size_t)graph->most_asks;
    size_t blocks = jobs < (size_t)graph->pass.blocks ? jobs : (size_t)graph->pass.blocks;
    size_t values = flx_cuda_take(cursor, rows * width * sizeof(double));
    size_t means =
        flx_cuda_take(cursor, (size_t)graph->most_asks * width * sizeof(double));
    size_t scratch = flx_cuda_take(cursor, blocks * graph->pass.stride * sizeof(double));
    if (!memory)
        return;
    *pass = graph->pass;
    pass->n_tiles = n_tiles;
    pass->width = width;
    pass->blocks = (int)blocks;
    pass->values = (void *)((char *)memory + values);
    pass->means = (void *)((char *)memory + means);
    pass->scratch = (void *)((char *)memory + scratch);
}

flx_status flx_cuda_graph_run(const flx_resident_graph *graph,
                              const flx_cuda_graph_pass *pass, flx_error *error)
{
    cudaStream_t stream = graph->cuda->stream;
    cudaError_t result = cudaSuccess;
    if (pass->plan.n_columns > 0)
        result = flx_cuda_graph_columns(pass, stream);
    for (int level = 0; level < pass->plan.n_levels && result == cudaSuccess; level++) {
        int first = graph->level_start[level], ask = graph->level_ask[level];
        int vertices = graph->level_start[level + 1] - first;
        int asks = graph->level_ask[level + 1] - ask;
        if (asks > 0)
            result = flx_cuda_graph_means(pass, ask, asks, stream);
        if (vertices > 0 && result == cudaSuccess)
            result = flx_cuda_graph_settle(pass, first, vertices, stream);
    }
    if (result == cudaSuccess)
        result = flx_cuda_graph_answer(pass, stream);
    return flx_cuda_check(result, "launching the levels of a graph", error);
}

/* Where one pass of given settings lies. */
typedef struct {
    size_t tiles, settings, mean; /* offsets */
    flx_cuda_graph_pass pass;
} places;

static void place(const flx_resident_graph *graph, int count, void *memory,
                  flx_cuda_layout *l, places *at)
{
    int n_tiles = flx_cuda_graph_tiles(count);
    size_t columns = (size_t)graph->pass.plan.n_columns;
    at->tiles = flx_cuda_take(&l->upload, (size_t)n_tiles * sizeof(flx_cuda_graph_tile));
    at->settings = flx_cuda_take(&l->upload, (size_t)count * columns * sizeof(double));
    at->mean = flx_cuda_take(&l->answer, (size_t)count * sizeof(double));
    flx_cuda_graph_upload(graph, n_tiles, memory, &l->scratch, &at->pass);
}

static void fill_tiles(const flx_resident_graph *graph, const double *settings, int count,
                       const places *at)
{
    const flx_cuda *cuda = graph->cuda;
    flx_cuda_graph_tile *tiles = flx_cuda_on_host(cuda, at->tiles);
    size_t columns = (size_t)graph->pass.plan.n_columns;
    const double *rows = flx_cuda_on_device(cuda, at->settings);
    double *values = flx_cuda_on_device(cuda, at->mean);
    memcpy(flx_cuda_on_host(cuda, at->settings), settings,
           (size_t)count * columns * sizeof(double));
    for (int first = 0; first < count; first += FLX_CUDA_TILE)
        tiles[first / FLX_CUDA_TILE] = (flx_cuda_graph_tile){
            .rows = rows + (size_t)first * columns,
            .row = (int)columns,
            .is_settings = 1,
            .first = first,
            .count = count - first < FLX_CUDA_TILE ? count - first : FLX_CUDA_TILE,
            .values = values + first};
}

static flx_status predict_pass(flx_resident_graph *graph, const double *settings,
                               int count, double *mean, flx_error *error)
{
    flx_cuda *cuda = graph->cuda;
    flx_cuda_layout l = {0};
    places at = {0};
    place(graph, count, NULL, &l, &at);
    l = flx_cuda_layout_after(l);
    FLX_TRY(flx_cuda_layout_reserve(cuda, &l, error));
    place(graph, count, cuda->device.memory, &l, &at);
    fill_tiles(graph, settings, count, &at);
    at.pass.tiles = flx_cuda_on_device(cuda, at.tiles);
    FLX_TRY(flx_cuda_layout_upload(cuda, &l, error));
    FLX_TRY(flx_cuda_graph_run(graph, &at.pass, error));
    FLX_TRY(flx_cuda_layout_answer(cuda, &l, error));
    memcpy(mean, flx_cuda_on_host(cuda, at.mean), (size_t)count * sizeof(double));
    return FLX_OK;
}

flx_status flx_cuda_graph_predict(flx_resident_graph *graph, const double *settings,
                                  int count, double *mean, flx_error *error)
{
    int most = graph->most_tiles * FLX_CUDA_TILE;
    size_t columns = (size_t)graph->pass.plan.n_columns;
    for (int first = 0; first < count; first += most)
        FLX_TRY(predict_pass(graph, settings + (size_t)first * columns,
                             count - first < most ? count - first : most, mean + first,
                             error));
    return FLX_OK;
}
