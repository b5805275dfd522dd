/* SPDX-License-Identifier: MIT
 * Matrix products of operands in host memory, as many at a time as memory holds: the
 * copies take most of the time, the launches are one a chunk. */
#include "kernels/cuda/memory.h"
#include "kernels/cuda/products.h"
#include "kernels/cuda/products/launches.h"

#include <string.h>

typedef struct {
    flx_cuda *cuda;
    const flx_product *products;
    int count, n_tiles;
    size_t tiles; /* offset */
} chunk;

typedef struct {
    size_t A, B, C;
} places;

static int blocks_of(int extent)
{
    return (extent + FLX_CUDA_TILE - 1) / FLX_CUDA_TILE;
}

static int tiles_of(const flx_product *x)
{
    return blocks_of(x->m) * blocks_of(x->n);
}

static size_t bytes(int rows, int columns)
{
    return (size_t)rows * (size_t)columns * sizeof(double);
}

/* C is downloaded; where it is also read, it is uploaded to the same place. */
static places place_product(flx_cuda_layout *l, const flx_product *x)
{
    return (places){.A = flx_cuda_take(&l->upload, bytes(x->m, x->k)),
                    .B = flx_cuda_take(&l->upload, bytes(x->k, x->n)),
                    .C = flx_cuda_take(&l->download, bytes(x->m, x->n))};
}

static int fill_tiles(const chunk *c, const flx_product *x, places at,
                      flx_cuda_product_tile *tiles)
{
    bool tA = x->is_A_transposed, tB = x->is_B_transposed;
    size_t m = (size_t)x->m, n = (size_t)x->n, k = (size_t)x->k;
    int used = 0;
    for (int row = 0; row < x->m; row += FLX_CUDA_TILE)
        for (int column = 0; column < x->n; column += FLX_CUDA_TILE)
            tiles[used++] =
                (flx_cuda_product_tile){.m = x->m,
                                        .n = x->n,
                                        .k = x->k,
                                        .row = row,
                                        .column = column,
                                        .A_row = tA ? 1 : k,
                                        .A_column = tA ? m : 1,
                                        .B_row = tB ? 1 : n,
                                        .B_column = tB ? k : 1,
                                        .alpha = x->alpha,
                                        .beta = x->beta,
                                        .A = flx_cuda_on_device(c->cuda, at.A),
                                        .B = flx_cuda_on_device(c->cuda, at.B),
                                        .C = flx_cuda_on_device(c->cuda, at.C)};
    return used;
}

static void copy(const flx_cuda *cuda, size_t at, const double *from, size_t size)
{
    if (size)
        memcpy(flx_cuda_on_host(cuda, at), from, size);
}

static void fill_chunk(const chunk *c, flx_cuda_layout l)
{
    flx_cuda_product_tile *tiles = flx_cuda_on_host(c->cuda, c->tiles);
    for (int i = 0; i < c->count; i++) {
        const flx_product *x = &c->products[i];
        places at = place_product(&l, x);
        copy(c->cuda, at.A, x->A, bytes(x->m, x->k));
        copy(c->cuda, at.B, x->B, bytes(x->k, x->n));
        copy(c->cuda, at.C, x->C, x->beta == 0 ? 0 : bytes(x->m, x->n));
        tiles += fill_tiles(c, x, at, tiles);
    }
}

static void collect(const chunk *c, flx_cuda_layout l)
{
    for (int i = 0; i < c->count; i++) {
        const flx_product *x = &c->products[i];
        places at = place_product(&l, x);
        if (x->m > 0 && x->n > 0)
            memcpy(x->C, flx_cuda_on_host(c->cuda, at.C), bytes(x->m, x->n));
    }
}

/* What the staging buffer holds; with C where a product reads it. */
static flx_status upload(const flx_cuda *cuda, const flx_cuda_layout *l, bool reads_C,
                         flx_error *error)
{
    size_t size = reads_C ? l->first_scratch : l->first_download;
    return flx_cuda_upload(cuda, cuda->device.memory, cuda->host.memory, size, error);
}

static flx_status run_chunk(chunk *c, flx_error *error)
{
    flx_cuda *cuda = c->cuda;
    bool reads_C = false;
    if (c->n_tiles == 0)
        return FLX_OK;
    flx_cuda_layout l = {0};
    flx_cuda_take(&l.upload, (size_t)c->n_tiles * sizeof(flx_cuda_product_tile));
    for (int i = 0; i < c->count; i++) {
        place_product(&l, &c->products[i]);
        reads_C = reads_C || c->products[i].beta != 0;
    }
    l = flx_cuda_layout_after(l);
    FLX_TRY(flx_cuda_layout_reserve(cuda, &l, error));
    c->tiles =
        flx_cuda_take(&l.upload, (size_t)c->n_tiles * sizeof(flx_cuda_product_tile));
    fill_chunk(c, l);
    FLX_TRY(upload(cuda, &l, reads_C, error));
    FLX_TRY(flx_cuda_check(flx_cuda_product_tiles(flx_cuda_on_device(cuda, c->tiles),
                                                  c->n_tiles, cuda->stream),
                           "launching the products", error));
    FLX_TRY(flx_cuda_layout_download(cuda, &l, error));
    collect(c, l);
    return FLX_OK;
}

static size_t product_size(const flx_product *x)
{
    flx_cuda_layout l = {0};
    place_product(&l, x);
    return l.upload + l.download + (size_t)tiles_of(x) * sizeof(flx_cuda_product_tile);
}

static flx_status check_extents(const flx_product *products, int count, flx_error *error)
{
    for (int i = 0; i < count; i++)
        if (products[i].m < 0 || products[i].n < 0 || products[i].k < 0)
            return flx_fail(error, FLX_BAD_INPUT, "product %d has %d x %d x %d elements",
                            i, products[i].m, products[i].k, products[i].n);
    return FLX_OK;
}

flx_status flx_cuda_multiply(flx_backend *backend, const flx_product *products, int count,
                             flx_error *error)
{
    FLX_TRY(check_extents(products, count, error));
    chunk c = {.cuda = backend->state, .products = products};
    size_t budget = 0, used = 0;
    for (int i = 0; i < count; i++) {
        size_t size = product_size(&products[i]);
        if (c.count > 0 && (used + size > FLX_CUDA_PINNED ||
                            !flx_cuda_fits(c.cuda, used + size, &budget))) {
            FLX_TRY(run_chunk(&c, error));
            c = (chunk){.cuda = backend->state, .products = products + i};
            used = 0;
        }
        used += size;
        c.n_tiles += tiles_of(&products[i]);
        c.count++;
    }
    return run_chunk(&c, error);
}
