/* SPDX-License-Identifier: MIT
 * A graph as what searches minimize: the tiles of all their candidates, described once,
 * then launches only. */
#include "kernels/cuda/graph.h"

#include "formats/memory.h"

#include <stdlib.h>

/* A list's candidates begin a tile of their own. */
static int count_tiles(const flx_cuda_candidates *lists, int count)
{
    int tiles = 0;
    for (int i = 0; i < count; i++)
        tiles += flx_cuda_graph_tiles(lists[i].capacity);
    return tiles;
}

/* Where the rows of a pass lie behind the tiles of all lists. */
static flx_cuda_graph_pass place(const flx_resident_graph *resident, int tiles,
                                 void *memory, size_t *cursor)
{
    flx_cuda_graph_pass pass = resident->pass;
    flx_cuda_take(cursor, (size_t)tiles * sizeof(flx_cuda_graph_tile));
    flx_cuda_graph_upload(resident,
                          tiles < resident->most_tiles ? tiles : resident->most_tiles,
                          memory, cursor, &pass);
    return pass;
}

static size_t workspace_size(const void *state, const flx_cuda_candidates *lists,
                             int count)
{
    size_t cursor = 0;
    place(state, count_tiles(lists, count), NULL, &cursor);
    return cursor;
}

static void describe(const flx_cuda_candidates *list, flx_cuda_graph_tile *tiles)
{
    for (int first = 0; first < list->capacity; first += FLX_CUDA_TILE) {
        int left = list->capacity - first;
        tiles[first / FLX_CUDA_TILE] = (flx_cuda_graph_tile){
            .rows = list->candidates + (size_t)first * (size_t)list->n_dimensions,
            .row = list->n_dimensions,
            .first = first,
            .count = left < FLX_CUDA_TILE ? left : FLX_CUDA_TILE,
            .live = list->live,
            .values = list->values + first};
    }
}

static flx_status prepare(void *state, const flx_cuda_candidates *lists, int count,
                          void *memory, flx_error *error)
{
    const flx_resident_graph *resident = state;
    int n_tiles = count_tiles(lists, count), used = 0,
        dimensions = resident->pass.graph.n_dimensions;
    for (int i = 0; i < count; i++)
        if (lists[i].n_dimensions != dimensions)
            return flx_fail(error, FLX_BAD_INPUT,
                            "search %d has %d dimensions, the graph has %d", i,
                            lists[i].n_dimensions, dimensions);
    size_t size = (size_t)n_tiles * sizeof(flx_cuda_graph_tile);
    FLX_SCOPED flx_cuda_graph_tile *tiles = NULL;
    if (!FLX_NEW(tiles, n_tiles))
        return flx_no_memory(error, "%d tiles", n_tiles);
    for (int i = 0; i < count; i++) {
        describe(&lists[i], tiles + used);
        used += flx_cuda_graph_tiles(lists[i].capacity);
    }
    FLX_TRY(flx_cuda_upload(resident->cuda, memory, tiles, size, error));
    return flx_cuda_wait(resident->cuda, error);
}

static flx_status evaluate(void *state, const flx_cuda_candidates *lists, int count,
                           void *memory, flx_error *error)
{
    const flx_resident_graph *resident = state;
    const flx_cuda_graph_tile *tiles = memory;
    int n_tiles = count_tiles(lists, count);
    size_t cursor = 0;
    flx_cuda_graph_pass pass = place(resident, n_tiles, memory, &cursor);
    for (int first = 0; first < n_tiles; first += resident->most_tiles) {
        int left = n_tiles - first;
        pass.tiles = tiles + first;
        pass.n_tiles = left < resident->most_tiles ? left : resident->most_tiles;
        FLX_TRY(flx_cuda_graph_run(resident, &pass, error));
    }
    return FLX_OK;
}

flx_cuda_objective flx_cuda_graph_objective(flx_resident_graph *resident)
{
    return (flx_cuda_objective){resident, workspace_size, prepare, evaluate};
}

flx_status flx_cuda_graph_search(flx_resident_graph *resident,
                                 const flx_population_search *searches, int count,
                                 flx_population **out, flx_error *error)
{
    *out = NULL;
    for (int i = 0; i < count; i++)
        if (searches[i].problem != 0 || searches[i].is_normalized)
            return flx_fail(
                error, FLX_BAD_INPUT, "search %d names graph %d of one%s", i,
                searches[i].problem,
                searches[i].is_normalized ? ", and for settings over their sum" : "");
    return flx_cuda_search_create(resident->cuda, flx_cuda_graph_objective(resident),
                                  searches, count, out, error);
}
