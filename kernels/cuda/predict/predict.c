/* SPDX-License-Identifier: MIT
 * Queries cut into tiles, as many at a time as memory holds; queries to a member that
 * failed never reach the device. */
#include "kernels/cuda/predict.h"

#include "formats/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Blocks a multiprocessor: enough to hide latency, few enough that scratch stays small.
 */
enum { BLOCKS_A_PROCESSOR = 4 };

/* Where one query, or its part in this chunk, lies; offsets of the layout. */
typedef struct {
    int query, first, m; /* the part first .. first + m - 1 */
    size_t queries, mean, variance, slopes;
} part;

typedef struct {
    const flx_gp_posterior *posterior;
    const flx_gp_query *queries;
    part *parts;
    int count, n_tiles;
    size_t stride, tiles; /* doubles of scratch a block; offset of the tiles */
} chunk;

static void fill_nan(const flx_gp_query *query)
{
    for (int i = 0; i < query->m; i++) {
        query->mean[i] = NAN;
        if (query->variance)
            query->variance[i] = NAN;
        for (int s = 0; s < query->n_slopes; s++)
            query->slopes[(size_t)i * (size_t)query->n_slopes + (size_t)s] = NAN;
    }
}

static int tiles_of(int m)
{
    return (m + FLX_CUDA_TILE - 1) / FLX_CUDA_TILE;
}

static const flx_cuda_conditioned *member_of(const chunk *c, const part *p)
{
    return &c->posterior->members[c->queries[p->query].member];
}

static void place_part(const chunk *c, part *p, flx_cuda_layout *l)
{
    const flx_gp_query *query = &c->queries[p->query];
    size_t m = (size_t)p->m, d = (size_t)member_of(c, p)->d;
    size_t slopes = m * (size_t)query->n_slopes;
    p->queries = flx_cuda_take(&l->upload, m * d * sizeof(double));
    p->mean = flx_cuda_take(&l->download, m * sizeof(double));
    p->variance = flx_cuda_take(&l->download, query->variance ? m * sizeof(double) : 0);
    p->slopes = flx_cuda_take(&l->download, slopes * sizeof(double));
}

static void fill_tiles(const chunk *c, const part *p, flx_cuda_query_tile *tiles)
{
    const flx_cuda *cuda = c->posterior->cuda;
    const flx_gp_query *query = &c->queries[p->query];
    size_t d = (size_t)member_of(c, p)->d;
    memcpy(flx_cuda_on_host(cuda, p->queries), query->queries + (size_t)p->first * d,
           (size_t)p->m * d * sizeof(double));
    for (int t = 0; t < tiles_of(p->m); t++) {
        size_t at = (size_t)t * FLX_CUDA_TILE;
        int left = p->m - (int)at;
        tiles[t] = (flx_cuda_query_tile){
            .member = query->member,
            .m = left < FLX_CUDA_TILE ? left : FLX_CUDA_TILE,
            .n_slopes = query->n_slopes,
            .queries = (double *)flx_cuda_on_device(cuda, p->queries) + at * d,
            .mean = (double *)flx_cuda_on_device(cuda, p->mean) + at,
            .variance = query->variance
                            ? (double *)flx_cuda_on_device(cuda, p->variance) + at
                            : NULL,
            .slopes = (double *)flx_cuda_on_device(cuda, p->slopes) +
                      at * (size_t)query->n_slopes};
    }
}

static void collect_part(const chunk *c, const part *p)
{
    const flx_cuda *cuda = c->posterior->cuda;
    const flx_gp_query *query = &c->queries[p->query];
    size_t first = (size_t)p->first, m = (size_t)p->m, s = (size_t)query->n_slopes;
    memcpy(query->mean + first, flx_cuda_on_host(cuda, p->mean), m * sizeof(double));
    if (query->variance)
        memcpy(query->variance + first, flx_cuda_on_host(cuda, p->variance),
               m * sizeof(double));
    if (s)
        memcpy(query->slopes + first * s, flx_cuda_on_host(cuda, p->slopes),
               m * s * sizeof(double));
}

static int blocks_of(const chunk *c)
{
    int most = c->posterior->cuda->processors * BLOCKS_A_PROCESSOR;
    return c->n_tiles < most ? c->n_tiles : most;
}

/* Layout of all parts; `scratch` is where the blocks' scratch begins. */
static void place(chunk *c, flx_cuda_layout *l, size_t *scratch)
{
    c->tiles =
        flx_cuda_take(&l->upload, (size_t)c->n_tiles * sizeof(flx_cuda_query_tile));
    for (int i = 0; i < c->count; i++)
        place_part(c, &c->parts[i], l);
    *scratch =
        flx_cuda_take(&l->scratch, (size_t)blocks_of(c) * c->stride * sizeof(double));
}

static flx_status run_chunk(chunk *c, flx_error *error)
{
    flx_cuda *cuda = c->posterior->cuda;
    flx_cuda_layout l = {0};
    size_t scratch;
    place(c, &l, &scratch);
    l = flx_cuda_layout_after(l);
    FLX_TRY(flx_cuda_layout_reserve(cuda, &l, error));
    place(c, &l, &scratch);
    flx_cuda_query_tile *tiles = flx_cuda_on_host(cuda, c->tiles);
    for (int i = 0; i < c->count; i++) {
        fill_tiles(c, &c->parts[i], tiles);
        tiles += tiles_of(c->parts[i].m);
    }
    flx_cuda_predict_arguments arguments = {.members = c->posterior->on_device,
                                            .tiles = flx_cuda_on_device(cuda, c->tiles),
                                            .count = c->n_tiles,
                                            .blocks = blocks_of(c),
                                            .scratch = flx_cuda_on_device(cuda, scratch),
                                            .stride = c->stride};
    FLX_TRY(flx_cuda_layout_upload(cuda, &l, error));
    FLX_TRY(flx_cuda_check(flx_cuda_predict_tiles(&arguments, cuda->stream),
                           "launching the predictions", error));
    FLX_TRY(flx_cuda_layout_download(cuda, &l, error));
    for (int i = 0; i < c->count; i++)
        collect_part(c, &c->parts[i]);
    return FLX_OK;
}

/* Bytes of one tile of a query with its results. */
static size_t tile_size(const flx_cuda_conditioned *member, const flx_gp_query *query)
{
    size_t columns = (size_t)member->d + 2 + (size_t)query->n_slopes;
    return columns * FLX_CUDA_TILE * sizeof(double) + sizeof(flx_cuda_query_tile);
}

static size_t size_of_all(const chunk *c, int count)
{
    size_t size = 0;
    for (int q = 0; q < count; q++) {
        const flx_gp_query *query = &c->queries[q];
        size += (size_t)tiles_of(query->m) *
                tile_size(&c->posterior->members[query->member], query);
    }
    return size;
}

static size_t widest_scratch(const flx_gp_posterior *posterior,
                             const flx_gp_query *queries, int count)
{
    size_t widest = 0;
    for (int q = 0; q < count; q++) {
        const flx_cuda_conditioned *member = &posterior->members[queries[q].member];
        size_t size = flx_cuda_predict_scratch(member->n, member->d, queries[q].n_slopes);
        widest = size > widest ? size : widest;
    }
    return widest;
}

/* Adds what is left of a query, as far as `budget` allows; at least a tile where the
 * chunk is empty. Returns how many of its queries were taken. */
static int add_part(chunk *c, int query, int first, size_t *used, size_t budget)
{
    const flx_gp_query *q = &c->queries[query];
    size_t size = tile_size(&c->posterior->members[q->member], q);
    size_t left = budget > *used ? (budget - *used) / size : 0;
    int tiles = tiles_of(q->m - first);
    if ((size_t)tiles > left)
        tiles = (int)left;
    if (tiles == 0 && c->count == 0)
        tiles = 1;
    if (tiles == 0)
        return 0;
    int m = q->m - first < tiles * FLX_CUDA_TILE ? q->m - first : tiles * FLX_CUDA_TILE;
    c->parts[c->count++] = (part){.query = query, .first = first, .m = m};
    c->n_tiles += tiles;
    *used += (size_t)tiles * size;
    return m;
}

static flx_status predict_all(chunk *c, int count, size_t budget, flx_error *error)
{
    size_t used = 0;
    for (int q = 0, first = 0; q < count;) {
        const flx_gp_query *query = &c->queries[q];
        if (!c->posterior->is_valid[query->member] && first == 0)
            fill_nan(query);
        bool is_done = !c->posterior->is_valid[query->member] || first >= query->m;
        int taken = is_done ? 0 : add_part(c, q, first, &used, budget);
        first = is_done ? 0 : first + taken;
        q += is_done;
        if (is_done || taken)
            continue;
        FLX_TRY(run_chunk(c, error));
        c->count = c->n_tiles = 0;
        used = 0;
    }
    return c->count ? run_chunk(c, error) : FLX_OK;
}

flx_status flx_cuda_predict(const flx_gp_posterior *posterior, flx_gp_query *queries,
                            int count, flx_error *error)
{
    /* A chunk holds at most one part of a query. */
    FLX_SCOPED part *parts = NULL;
    if (!FLX_NEW(parts, count))
        return flx_no_memory(error, "%d queries", count);
    chunk c = {.posterior = posterior, .queries = queries, .parts = parts};
    c.stride = widest_scratch(posterior, queries, count);
    size_t blocks = (size_t)(posterior->cuda->processors * BLOCKS_A_PROCESSOR);
    size_t scratch = blocks * c.stride * sizeof(double);
    size_t held = posterior->cuda->device.size, budget = held;
    if (scratch + size_of_all(&c, count) > held)
        budget = flx_cuda_budget(posterior->cuda);
    budget = budget > scratch ? budget - scratch : 0;
    budget = budget < FLX_CUDA_PINNED ? budget : FLX_CUDA_PINNED;
    return predict_all(&c, count, budget, error);
}
