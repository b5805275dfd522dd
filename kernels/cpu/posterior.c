/* SPDX-License-Identifier: MIT
 * Conditioned members on the CPU, and prediction in blocks of queries that stay in cache.
 */
#include "kernels/cpu/cpu.h"

#include "formats/memory.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

struct flx_gp_posterior {
    const flx_panel_kernels *kernels;
    int threads, count;
    flx_panel_posterior *members; /* (count) */
    double **memory;              /* (count) what a member's arrays lie in */
    size_t work_size;             /* doubles of scratch a predicting thread needs */
};

static void leave_one_out(const flx_panel_data *data, const flx_panel_scratch *scratch,
                          flx_gp_condition *member)
{
    for (int i = 0; i < data->n; i++) {
        double precision = scratch->inverse_diagonal[i];
        if (member->loo_mean)
            member->loo_mean[i] = data->y[i] - scratch->alpha[i] / precision;
        if (member->loo_variance)
            member->loo_variance[i] = 1.0 / precision;
    }
}

static void condition_one(flx_gp_posterior *posterior, int i, const flx_panel_data *data,
                          double *scratch_memory, double *gradient,
                          flx_gp_condition *member)
{
    const flx_panel_kernels *kernels = posterior->kernels;
    flx_panel_scratch scratch;
    kernels->bind_scratch(&scratch, data->n, data->d, scratch_memory);
    member->info = kernels->evaluate(data, member->theta, member->jitter, &scratch,
                                     &member->value, gradient);
    if (member->info) {
        member->value = -INFINITY;
        return;
    }
    leave_one_out(data, &scratch, member);
    posterior->memory[i] = flx_cpu_allocate(kernels->posterior_size(data->n, data->d));
    if (posterior->memory[i])
        kernels->keep_posterior(data, member->theta, &scratch, posterior->memory[i],
                                &posterior->members[i]);
}

static flx_status condition_all(flx_gp_posterior *posterior, const flx_panel_data *data,
                                flx_gp_condition *members, flx_cpu_arena arena,
                                flx_error *error)
{
    int count = posterior->count, widest = 0;
    for (int i = 0; i < count; i++)
        widest = data[i].d > widest ? data[i].d : widest;
    size_t row = (size_t)widest + 2;
    FLX_SCOPED double *gradients = NULL;
    if (!FLX_NEW(gradients, (size_t)arena.threads * row))
        return flx_no_memory(error, "%d posteriors", count);
#pragma omp parallel for schedule(dynamic, 1) num_threads(arena.threads)
    for (int i = 0; i < count; i++) {
        size_t thread = (size_t)omp_get_thread_num();
        condition_one(posterior, i, &data[i], arena.memory + thread * arena.stride,
                      gradients + thread * row, &members[i]);
    }
    for (int i = 0; i < count; i++)
        if (members[i].info == 0 && !posterior->memory[i])
            return flx_no_memory(error, "%d posteriors", count);
    return FLX_OK;
}

/* Packs the problems of all members for as long as they are conditioned. */
static flx_status fill(flx_gp_posterior *posterior, flx_gp_condition *members,
                       flx_error *error)
{
    int count = posterior->count;
    FLX_SCOPED flx_panel_data *data = NULL;
    flx_cpu_arena arena = {0};
    if (!FLX_NEW(data, count) || !FLX_NEW(posterior->members, count) ||
        !FLX_NEW(posterior->memory, count))
        return flx_no_memory(error, "%d posteriors", count);
    flx_status status = FLX_OK;
    for (int i = 0; i < count && status == FLX_OK; i++)
        status =
            flx_cpu_pack(&members[i].problem, posterior->kernels->width, &data[i], error);
    if (status == FLX_OK)
        status = flx_cpu_arena_create(posterior->kernels, posterior->threads, data, count,
                                      &arena, error);
    if (status == FLX_OK)
        status = condition_all(posterior, data, members, arena, error);
    for (int i = 0; i < count; i++)
        flx_cpu_unpack(&data[i]);
    free(arena.memory);
    return status;
}

flx_status flx_cpu_condition(flx_backend *backend, flx_gp_condition *members, int count,
                             flx_gp_posterior **out, flx_error *error)
{
    *out = NULL;
    flx_gp_posterior *posterior;
    if (!FLX_NEW(posterior, 1))
        return flx_no_memory(error, "%d posteriors", count);
    *posterior = (flx_gp_posterior){
        .kernels = backend->state, .threads = backend->threads, .count = count};
    flx_status status = fill(posterior, members, error);
    if (status != FLX_OK) {
        flx_cpu_posterior_release(posterior);
        return status;
    }
    for (int i = 0; i < count; i++) {
        size_t size = posterior->members[i].is_valid
                          ? posterior->kernels->predict_size(&posterior->members[i])
                          : 0;
        posterior->work_size = size > posterior->work_size ? size : posterior->work_size;
    }
    *out = posterior;
    return FLX_OK;
}

void flx_cpu_posterior_release(flx_gp_posterior *posterior)
{
    if (!posterior)
        return;
    for (int i = 0; posterior->memory && i < posterior->count; i++)
        free(posterior->memory[i]);
    free(posterior->memory);
    free(posterior->members);
    free(posterior);
}

static void fill_nan(const flx_gp_query *query, int first, int m)
{
    for (int i = first; i < first + m; i++) {
        query->mean[i] = NAN;
        if (query->variance)
            query->variance[i] = NAN;
        for (int s = 0; s < query->n_slopes; s++)
            query->slopes[(size_t)i * (size_t)query->n_slopes + (size_t)s] = NAN;
    }
}

/* Queries first .. first + m - 1 of one job. */
static void predict_block(const flx_gp_posterior *posterior, const flx_gp_query *query,
                          int first, int m, double *work)
{
    const flx_panel_posterior *member = &posterior->members[query->member];
    if (!member->is_valid) {
        fill_nan(query, first, m);
        return;
    }
    size_t at = (size_t)first;
    flx_panel_query block = {
        .m = m,
        .queries = query->queries + at * (size_t)member->d,
        .mean = query->mean + at,
        .variance = query->variance ? query->variance + at : NULL,
        .n_slopes = query->n_slopes,
        .slopes = query->n_slopes ? query->slopes + at * (size_t)query->n_slopes : NULL,
    };
    posterior->kernels->predict(member, &block, work);
}

/* Which query a block of the flat list belongs to: blocks of all queries in a row. */
static void predict_flat(const flx_gp_posterior *posterior, flx_gp_query *queries,
                         int count, long block, double *work)
{
    int size = 3 * posterior->kernels->width;
    for (int j = 0; j < count; j++) {
        long blocks = (queries[j].m + size - 1) / size;
        if (block < blocks) {
            int first = (int)block * size, left = queries[j].m - first;
            predict_block(posterior, &queries[j], first, left < size ? left : size, work);
            return;
        }
        block -= blocks;
    }
}

flx_status flx_cpu_predict(const flx_gp_posterior *posterior, flx_gp_query *queries,
                           int count, flx_error *error)
{
    int size = 3 * posterior->kernels->width;
    long blocks = 0;
    for (int j = 0; j < count; j++)
        blocks += (queries[j].m + size - 1) / size;
    int threads = blocks < posterior->threads ? (int)blocks : posterior->threads;
    threads = threads > 0 ? threads : 1;
    size_t stride = (posterior->work_size + 63) / 64 * 64;
    double *memory = flx_cpu_allocate(stride * (size_t)threads);
    if (!memory)
        return flx_no_memory(error, "predictions");
#pragma omp parallel for schedule(dynamic, 8) num_threads(threads)
    for (long b = 0; b < blocks; b++)
        predict_flat(posterior, queries, count, b,
                     memory + (size_t)omp_get_thread_num() * stride);
    free(memory);
    return FLX_OK;
}
