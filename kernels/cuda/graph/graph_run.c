/* SPDX-License-Identifier: MIT
 * Candidates through a graph: passes of as many tiles as memory holds, each a number of
 * launches that depends on the levels only. Settings are given by the caller; the
 * dimensions of searches lie on the device already. */
#include "kernels/cuda/graph.h"

#include <stdlib.h>
#include <string.h>

void flx_cuda_graph_upload(const flx_resident_graph *resident, int n_tiles, void *memory,
                           size_t *cursor, flx_cuda_graph_pass *pass)
{
    const flx_device_graph *graph = &resident->pass.graph;
    size_t width = (size_t)n_tiles * FLX_CUDA_TILE;
    size_t rows = (size_t)graph->n_columns + (size_t)graph->n_vertices;
    size_t jobs = (size_t)n_tiles * (size_t)resident->most_evaluations;
    size_t blocks =
        jobs < (size_t)resident->pass.blocks ? jobs : (size_t)resident->pass.blocks;
    size_t values = flx_cuda_take(cursor, rows * width * sizeof(double));
    size_t means = flx_cuda_take(cursor, (size_t)resident->most_evaluations * width *
                                             sizeof(double));
    size_t scratch =
        flx_cuda_take(cursor, blocks * resident->pass.stride * sizeof(double));
    if (!memory)
        return;
    *pass = resident->pass;
    pass->n_tiles = n_tiles;
    pass->width = width;
    pass->blocks = (int)blocks;
    pass->values = (void *)((char *)memory + values);
    pass->means = (void *)((char *)memory + means);
    pass->scratch = (void *)((char *)memory + scratch);
}

flx_status flx_cuda_graph_run(const flx_resident_graph *resident,
                              const flx_cuda_graph_pass *pass, flx_error *error)
{
    cudaStream_t stream = resident->cuda->stream;
    cudaError_t result = cudaSuccess;
    if (pass->graph.n_columns > 0)
        result = flx_cuda_graph_columns(pass, stream);
    for (int level = 0; level < pass->graph.n_levels && result == cudaSuccess; level++) {
        int first = resident->level_start[level],
            evaluation = resident->level_evaluation[level];
        int vertices = resident->level_start[level + 1] - first;
        int evaluations = resident->level_evaluation[level + 1] - evaluation;
        if (evaluations > 0)
            result = flx_cuda_graph_means(pass, evaluation, evaluations, stream);
        if (vertices > 0 && result == cudaSuccess)
            result = flx_cuda_graph_vertices(pass, first, vertices, stream);
    }
    if (result == cudaSuccess)
        result = flx_cuda_graph_targets(pass, stream);
    return flx_cuda_check(result, "launching the levels of a graph", error);
}

/* Where one pass of given settings lies. */
typedef struct {
    size_t tiles, settings, mean; /* offsets */
    flx_cuda_graph_pass pass;
} places;

static void place(const flx_resident_graph *resident, int count, void *memory,
                  flx_cuda_layout *l, places *at)
{
    int n_tiles = flx_cuda_graph_tiles(count);
    size_t columns = (size_t)resident->pass.graph.n_columns;
    at->tiles = flx_cuda_take(&l->upload, (size_t)n_tiles * sizeof(flx_cuda_graph_tile));
    at->settings = flx_cuda_take(&l->upload, (size_t)count * columns * sizeof(double));
    at->mean = flx_cuda_take(&l->download, (size_t)count * sizeof(double));
    flx_cuda_graph_upload(resident, n_tiles, memory, &l->scratch, &at->pass);
}

static void fill_tiles(const flx_resident_graph *resident, const double *settings,
                       int count, const places *at)
{
    const flx_cuda *cuda = resident->cuda;
    flx_cuda_graph_tile *tiles = flx_cuda_on_host(cuda, at->tiles);
    size_t columns = (size_t)resident->pass.graph.n_columns;
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

static flx_status predict_pass(flx_resident_graph *resident, const double *settings,
                               int count, double *mean, flx_error *error)
{
    flx_cuda *cuda = resident->cuda;
    flx_cuda_layout l = {0};
    places at = {0};
    place(resident, count, NULL, &l, &at);
    l = flx_cuda_layout_after(l);
    FLX_TRY(flx_cuda_layout_reserve(cuda, &l, error));
    place(resident, count, cuda->device.memory, &l, &at);
    fill_tiles(resident, settings, count, &at);
    at.pass.tiles = flx_cuda_on_device(cuda, at.tiles);
    FLX_TRY(flx_cuda_layout_upload(cuda, &l, error));
    FLX_TRY(flx_cuda_graph_run(resident, &at.pass, error));
    FLX_TRY(flx_cuda_layout_download(cuda, &l, error));
    memcpy(mean, flx_cuda_on_host(cuda, at.mean), (size_t)count * sizeof(double));
    return FLX_OK;
}

flx_status flx_cuda_graph_predict(flx_resident_graph *resident, const double *settings,
                                  int count, double *mean, flx_error *error)
{
    int most = resident->most_tiles * FLX_CUDA_TILE;
    size_t columns = (size_t)resident->pass.graph.n_columns;
    for (int first = 0; first < count; first += most)
        FLX_TRY(predict_pass(resident, settings + (size_t)first * columns,
                             count - first < most ? count - first : most, mean + first,
                             error));
    return FLX_OK;
}
