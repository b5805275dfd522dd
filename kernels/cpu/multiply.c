/* SPDX-License-Identifier: MIT
 * Batches of matrix products on the CPU: blocks of rows of all products spread over the
 * threads. Which thread computes a block, and how many there are, changes no bit.
 *
 * As in weighting.c a waiting thread costs as much as a working one: a batch too small to
 * be worth waking others stays on one, and so does one of several calls at a time. */
#include "kernels/cpu/cpu.h"

#include <omp.h>

enum { BLOCK_ROWS = 96 };
static const double FLOPS_WORTH_A_THREAD = 16e6;

static int blocks_of(const flx_product *product)
{
    return (product->m + BLOCK_ROWS - 1) / BLOCK_ROWS;
}

static int threads_worth_waking(const flx_backend *backend, const flx_product *products,
                                int count)
{
    double flops = 0;
    if (omp_in_parallel())
        return 1;
    for (int i = 0; i < count; i++)
        flops += 2.0 * products[i].m * products[i].n * products[i].k;
    double wanted = flops / FLOPS_WORTH_A_THREAD;
    return wanted < 1 ? 1 : wanted < backend->threads ? (int)wanted : backend->threads;
}

static void multiply_rows(const flx_panel_kernels *kernels, const flx_product *product,
                          int block)
{
    bool tA = product->is_A_transposed, tB = product->is_B_transposed;
    size_t m = (size_t)product->m, n = (size_t)product->n, k = (size_t)product->k;
    flx_panel_product rows = {.n = product->n,
                              .k = product->k,
                              .alpha = product->alpha,
                              .beta = product->beta,
                              .A = product->A,
                              .B = product->B,
                              .A_row = tA ? 1 : k,
                              .A_column = tA ? m : 1,
                              .B_row = tB ? 1 : n,
                              .B_column = tB ? k : 1,
                              .C = product->C};
    int first = block * BLOCK_ROWS, left = product->m - first;
    kernels->multiply(&rows, first, left < BLOCK_ROWS ? left : BLOCK_ROWS);
}

flx_status flx_cpu_multiply(flx_backend *backend, const flx_product *products, int count,
                            flx_error *error)
{
    const flx_panel_kernels *kernels = backend->state;
    int most = 0;
    for (int i = 0; i < count; i++) {
        const flx_product *p = &products[i];
        if (p->m < 0 || p->n < 0 || p->k < 0)
            return flx_fail(error, FLX_BAD_INPUT, "product %d has %d x %d x %d elements",
                            i, p->m, p->k, p->n);
        most = blocks_of(p) > most ? blocks_of(p) : most;
    }
    int threads = threads_worth_waking(backend, products, count);
    long long tasks = (long long)count * most;
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads) if (threads > 1)
    for (long long t = 0; t < tasks; t++) {
        const flx_product *product = &products[t / most];
        if (t % most < blocks_of(product))
            multiply_rows(kernels, product, (int)(t % most));
    }
    return FLX_OK;
}
