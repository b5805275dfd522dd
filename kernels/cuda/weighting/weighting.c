/* SPDX-License-Identifier: MIT
 * Predictions to be weighted in device memory; candidates of all queries in tiles. */
#include "kernels/cuda/weighting.h"

#include "formats/memory.h"

#include <stdlib.h>
#include <string.h>

/* One call's queries first .. last - 1. */
typedef struct {
    flx_weighting_set *set;
    const flx_weighting_query *queries;
    int count, n_tiles;
    size_t tiles, sums, weights; /* offsets; weights: of the first query */
} chunk;

static flx_status measure(const flx_weighting_problem *problems, int count,
                          size_t *doubles, flx_error *error)
{
    for (int i = 0; i < count; i++) {
        if (problems[i].n < 1 || problems[i].k < 1)
            return flx_fail(error, FLX_BAD_INPUT,
                            "a weighting of %d points and %d models", problems[i].n,
                            problems[i].k);
        *doubles += (size_t)problems[i].n * ((size_t)problems[i].k + 1);
    }
    return FLX_OK;
}

static flx_status fill(flx_weighting_set *set, const flx_weighting_problem *problems,
                       flx_error *error)
{
    double *at = set->memory;
    for (int i = 0; i < set->count; i++) {
        const flx_weighting_problem *p = &problems[i];
        size_t n = (size_t)p->n, k = (size_t)p->k;
        set->members[i] =
            (flx_cuda_weighting_member){p->n, p->k, p->is_squared, at, at + n * k};
        FLX_TRY(flx_cuda_upload(set->cuda, at, p->P, n * k * sizeof(double), error));
        FLX_TRY(flx_cuda_upload(set->cuda, at + n * k, p->y, n * sizeof(double), error));
        at += n * (k + 1);
    }
    return flx_cuda_wait(set->cuda, error);
}

static flx_status create(flx_weighting_set *set, const flx_weighting_problem *problems,
                         flx_error *error)
{
    size_t doubles = 0;
    FLX_TRY(measure(problems, set->count, &doubles, error));
    if (!FLX_NEW(set->members, set->count))
        return flx_no_memory(error, "%d weightings", set->count);
    FLX_TRY(flx_cuda_allocate(set->cuda, &set->memory, doubles * sizeof(double),
                              "the predictions to weight", error));
    return fill(set, problems, error);
}

flx_status flx_cuda_weighting_create(flx_backend *backend,
                                     const flx_weighting_problem *problems, int count,
                                     flx_weighting_set **out, flx_error *error)
{
    *out = NULL;
    flx_weighting_set *set;
    if (!FLX_NEW(set, 1))
        return flx_no_memory(error, "a set of weightings");
    *set = (flx_weighting_set){.cuda = backend->state, .count = count};
    flx_status status = create(set, problems, error);
    if (status != FLX_OK)
        flx_cuda_weighting_release(set);
    else
        *out = set;
    return status;
}

void flx_cuda_weighting_release(flx_weighting_set *set)
{
    if (!set)
        return;
    cudaFree(set->memory);
    free(set->members);
    free(set);
}

int flx_cuda_weighting_parts(const flx_cuda_weighting_member *m)
{
    return (m->n + FLX_CUDA_WEIGHTING_ROWS - 1) / FLX_CUDA_WEIGHTING_ROWS;
}

int flx_cuda_weighting_tile_count(const flx_cuda_weighting_member *m, int count)
{
    return flx_cuda_weighting_parts(m) * ((count + FLX_CUDA_TILE - 1) / FLX_CUDA_TILE);
}

/* Where weights, partial sums and losses of one query lie. */
typedef struct {
    size_t weights, partial, losses;
} places;

static places place_query(const chunk *c, int q, flx_cuda_layout *l)
{
    const flx_cuda_weighting_member *m = &c->set->members[c->queries[q].problem];
    size_t count = (size_t)c->queries[q].count;
    return (places){
        .weights = flx_cuda_take(&l->upload, count * (size_t)m->k * sizeof(double)),
        .partial = flx_cuda_take(
            &l->scratch, count * (size_t)flx_cuda_weighting_parts(m) * sizeof(double)),
        .losses = flx_cuda_take(&l->download, count * sizeof(double)),
    };
}

static void place_shared(chunk *c, flx_cuda_layout *l)
{
    c->tiles =
        flx_cuda_take(&l->upload, (size_t)c->n_tiles * sizeof(flx_cuda_weighting_tile));
    c->sums =
        flx_cuda_take(&l->upload, (size_t)c->count * sizeof(flx_cuda_weighting_sum));
}

int flx_cuda_weighting_fill(const flx_cuda_weighting_member *m,
                            const flx_cuda_weighting_query *query,
                            flx_cuda_weighting_tile *tiles, flx_cuda_weighting_sum *sum)
{
    int used = 0, count = query->count, parts = flx_cuda_weighting_parts(m);
    for (int part = 0; part < parts; part++)
        for (int first = 0; first < count; first += FLX_CUDA_TILE) {
            int row = part * FLX_CUDA_WEIGHTING_ROWS, rows = m->n - row,
                left = count - first;
            tiles[used++] = (flx_cuda_weighting_tile){
                .rows = rows < FLX_CUDA_WEIGHTING_ROWS ? rows : FLX_CUDA_WEIGHTING_ROWS,
                .k = m->k,
                .first = first,
                .count = left < FLX_CUDA_TILE ? left : FLX_CUDA_TILE,
                .is_squared = m->is_squared,
                .live = query->live,
                .P = m->P + (size_t)row * (size_t)m->k,
                .y = m->y + row,
                .weights = query->weights + (size_t)first * (size_t)m->k,
                .partial = query->partial + (size_t)part * (size_t)count + first};
        }
    *sum = (flx_cuda_weighting_sum){parts, count, query->live, query->partial,
                                    query->losses};
    return used;
}

static void fill_chunk(const chunk *c, flx_cuda_layout *l)
{
    const flx_cuda *cuda = c->set->cuda;
    flx_cuda_weighting_tile *tiles = flx_cuda_on_host(cuda, c->tiles);
    flx_cuda_weighting_sum *sums = flx_cuda_on_host(cuda, c->sums);
    for (int q = 0; q < c->count; q++) {
        const flx_weighting_query *query = &c->queries[q];
        const flx_cuda_weighting_member *m = &c->set->members[query->problem];
        places at = place_query(c, q, l);
        memcpy(flx_cuda_on_host(cuda, at.weights), query->weights,
               (size_t)query->count * (size_t)m->k * sizeof(double));
        flx_cuda_weighting_query candidates = {
            query->count, NULL, flx_cuda_on_device(cuda, at.weights),
            flx_cuda_on_device(cuda, at.partial), flx_cuda_on_device(cuda, at.losses)};
        tiles += flx_cuda_weighting_fill(m, &candidates, tiles, &sums[q]);
    }
}

static void collect(const chunk *c, flx_cuda_layout l)
{
    for (int q = 0; q < c->count; q++) {
        places at = place_query(c, q, &l);
        memcpy(c->queries[q].losses, flx_cuda_on_host(c->set->cuda, at.losses),
               (size_t)c->queries[q].count * sizeof(double));
    }
}

static flx_status run_chunk(chunk *c, flx_error *error)
{
    flx_cuda *cuda = c->set->cuda;
    if (c->n_tiles == 0)
        return FLX_OK;
    flx_cuda_layout l = {0}, after_shared;
    place_shared(c, &l);
    for (int q = 0; q < c->count; q++)
        place_query(c, q, &l);
    l = flx_cuda_layout_after(l);
    FLX_TRY(flx_cuda_layout_reserve(cuda, &l, error));
    place_shared(c, &l);
    after_shared = l;
    fill_chunk(c, &l);
    FLX_TRY(flx_cuda_layout_upload(cuda, &l, error));
    FLX_TRY(flx_cuda_check(flx_cuda_weighting_tiles(flx_cuda_on_device(cuda, c->tiles),
                                                    c->n_tiles, cuda->stream),
                           "launching the losses", error));
    FLX_TRY(flx_cuda_check(flx_cuda_weighting_sums(flx_cuda_on_device(cuda, c->sums),
                                                   c->count, cuda->stream),
                           "launching the sums of losses", error));
    FLX_TRY(flx_cuda_layout_download(cuda, &l, error));
    collect(c, after_shared);
    return FLX_OK;
}

static size_t query_size(const chunk *c, int q)
{
    flx_cuda_layout l = {0};
    const flx_weighting_query *query = &c->queries[q];
    const flx_cuda_weighting_member *m = &c->set->members[query->problem];
    place_query(c, q, &l);
    return l.upload + l.download + l.scratch + sizeof(flx_cuda_weighting_sum) +
           (size_t)flx_cuda_weighting_tile_count(m, query->count) *
               sizeof(flx_cuda_weighting_tile);
}

flx_status flx_cuda_weighting_losses(flx_weighting_set *set,
                                     const flx_weighting_query *queries, int count,
                                     flx_error *error)
{
    for (int q = 0; q < count; q++)
        if (queries[q].problem < 0 || queries[q].problem >= set->count)
            return flx_fail(error, FLX_BAD_INPUT, "query %d names weighting %d of %d", q,
                            queries[q].problem, set->count);
    size_t budget = 0, used = 0;
    chunk c = {.set = set, .queries = queries};
    for (int q = 0; q < count; q++) {
        size_t size = query_size(&c, c.count);
        if (c.count > 0 && (used + size > FLX_CUDA_PINNED ||
                            !flx_cuda_fits(set->cuda, used + size, &budget))) {
            FLX_TRY(run_chunk(&c, error));
            c = (chunk){.set = set, .queries = queries + q};
            used = 0;
        }
        used += size;
        const flx_weighting_query *query = &queries[q];
        c.n_tiles +=
            flx_cuda_weighting_tile_count(&set->members[query->problem], query->count);
        c.count++;
    }
    return run_chunk(&c, error);
}
