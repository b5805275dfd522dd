/* SPDX-License-Identifier: MIT
 * Losses of weight vectors on the CPU: predictions packed once, blocks of candidates of
 * all queries spread over the threads.
 *
 * A waiting thread of OpenMP spins and costs as much as a working one. So a single small
 * problem stays on one thread: more are used where there are as many queries, or work
 * enough that a thread computes for milliseconds. */
#include "kernels/cpu/cpu.h"

#include "formats/memory.h"

#include <omp.h>
#include <stdlib.h>
#include <string.h>

enum { GROUP_PANELS = 3 };
static const double FLOPS_WORTH_A_THREAD = 64e6;

struct flx_weighting_set {
    const flx_panel_kernels *kernels;
    int count, threads;
    flx_panel_weighting *members; /* (count) each owns one block of memory, in P */
    size_t stride;                /* doubles of scratch of one thread */
    double *scratch;
};

static void fill_member(const flx_weighting_problem *problem, int width,
                        flx_panel_weighting *member)
{
    size_t k = (size_t)problem->k, w = (size_t)width;
    for (size_t i = 0; i < (size_t)problem->n; i++) {
        double *to = member->P + i / w * k * w + i % w;
        for (size_t j = 0; j < k; j++)
            to[j * w] = problem->P[i * k + j];
        member->y[i] = problem->y[i];
    }
}

static flx_status pack_member(const flx_weighting_problem *problem, int width,
                              flx_panel_weighting *member, flx_error *error)
{
    int height = GROUP_PANELS * width, n = problem->n, k = problem->k;
    if (n < 1 || k < 1)
        return flx_fail(error, FLX_BAD_INPUT, "a weighting of %d points and %d models", n,
                        k);
    *member = (flx_panel_weighting){
        .k = k, .groups = (n - 1) / height + 1, .is_squared = problem->is_squared};
    size_t rows = (size_t)member->groups * (size_t)height;
    member->P = flx_cpu_allocate(rows * ((size_t)k + 1));
    if (!member->P)
        return flx_no_memory(error, "%d points x %d models", n, k);
    member->y = member->P + rows * (size_t)k;
    fill_member(problem, width, member);
    return FLX_OK;
}

static flx_status allocate_scratch(flx_weighting_set *set, flx_error *error)
{
    for (int i = 0; i < set->count; i++) {
        size_t size = set->kernels->losses_size(set->members[i].k);
        set->stride = size > set->stride ? size : set->stride;
    }
    set->stride = (set->stride + 63) / 64 * 64;
    set->scratch = flx_cpu_allocate(set->stride * (size_t)set->threads);
    if (!set->scratch)
        return flx_no_memory(error, "%d threads x %zu bytes", set->threads,
                             set->stride * sizeof(double));
    return FLX_OK;
}

static flx_status fill(flx_weighting_set *set, const flx_weighting_problem *problems,
                       int count, flx_error *error)
{
    if (!FLX_NEW(set->members, count))
        return flx_no_memory(error, "%d weightings", count);
    for (int i = 0; i < count; i++, set->count++)
        FLX_TRY(pack_member(&problems[i], set->kernels->width, &set->members[i], error));
    return allocate_scratch(set, error);
}

flx_status flx_cpu_weighting_create(flx_backend *backend,
                                    const flx_weighting_problem *problems, int count,
                                    flx_weighting_set **out, flx_error *error)
{
    *out = NULL;
    flx_weighting_set *set;
    if (!FLX_NEW(set, 1))
        return flx_no_memory(error, "a set of weightings");
    set->kernels = backend->state;
    set->threads = backend->threads;
    flx_status status = fill(set, problems, count, error);
    if (status != FLX_OK)
        flx_cpu_weighting_release(set);
    else
        *out = set;
    return status;
}

void flx_cpu_weighting_release(flx_weighting_set *set)
{
    if (!set)
        return;
    for (int i = 0; i < set->count; i++)
        free(set->members[i].P);
    free(set->members);
    free(set->scratch);
    free(set);
}

static int blocks_of(int count)
{
    return (count + FLX_WEIGHTING_BLOCK - 1) / FLX_WEIGHTING_BLOCK;
}

static int threads_worth_waking(const flx_weighting_set *set,
                                const flx_weighting_query *queries, int count)
{
    double flops = 0;
    for (int q = 0; q < count; q++) {
        const flx_panel_weighting *member = &set->members[queries[q].problem];
        flops += 2.0 * GROUP_PANELS * set->kernels->width * member->groups * member->k *
                 queries[q].count;
    }
    double wanted = flops / FLOPS_WORTH_A_THREAD;
    wanted = wanted > count ? wanted : count;
    return wanted < 1 ? 1 : wanted < set->threads ? (int)wanted : set->threads;
}

static void losses_of_block(const flx_weighting_set *set,
                            const flx_weighting_query *query, int block, double *work)
{
    const flx_panel_weighting *member = &set->members[query->problem];
    int first = block * FLX_WEIGHTING_BLOCK, count = query->count - first;
    set->kernels->losses(member, query->weights + (size_t)first * (size_t)member->k,
                         count < FLX_WEIGHTING_BLOCK ? count : FLX_WEIGHTING_BLOCK, work,
                         query->losses + first);
}

flx_status flx_cpu_weighting_losses(flx_weighting_set *set,
                                    const flx_weighting_query *queries, int count,
                                    flx_error *error)
{
    int most = 0;
    for (int q = 0; q < count; q++) {
        if (queries[q].problem < 0 || queries[q].problem >= set->count)
            return flx_fail(error, FLX_BAD_INPUT, "query %d names weighting %d of %d", q,
                            queries[q].problem, set->count);
        int blocks = blocks_of(queries[q].count);
        most = blocks > most ? blocks : most;
    }
    int threads = threads_worth_waking(set, queries, count);
    long long tasks = (long long)count * most;
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads) if (threads > 1)
    for (long long t = 0; t < tasks; t++) {
        int q = (int)(t / most), block = (int)(t % most);
        if (block < blocks_of(queries[q].count))
            losses_of_block(set, &queries[q], block,
                            set->scratch + (size_t)omp_get_thread_num() * set->stride);
    }
    return FLX_OK;
}
