/* SPDX-License-Identifier: MIT
 * A batch of problems on the CPU: packed once at creation, scratch for every thread
 * allocated once, evaluations in parallel with the largest members first. */
#include "kernels/cpu/cpu.h"

#include "formats/memory.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

struct flx_gp_batch {
    const flx_panel_kernels *kernels;
    int count;
    flx_panel_data *data; /* (count) */
    flx_cpu_arena arena;
    int *order; /* work list of one evaluate call, grown at creation */
    int order_capacity;
};

double *flx_cpu_allocate(size_t doubles)
{
    size_t bytes = (doubles * sizeof(double) + 63) / 64 * 64;
    double *memory = aligned_alloc(64, bytes ? bytes : 64);
    if (memory)
        memset(memory, 0, bytes);
    return memory;
}

static void center_columns(const flx_gp_problem *problem, double *center)
{
    for (int k = 0; k < problem->d; k++) {
        double sum = 0;
        for (int i = 0; i < problem->n; i++)
            sum += problem->X[(size_t)i * (size_t)problem->d + (size_t)k];
        center[k] = sum / problem->n;
    }
}

flx_status flx_cpu_pack(const flx_gp_problem *problem, int width, flx_panel_data *data,
                        flx_error *error)
{
    int n = problem->n, d = problem->d, panels = (n + width - 1) / width;
    size_t rows = (size_t)panels * (size_t)width, inputs = (size_t)d;
    *data = (flx_panel_data){.n = n,
                             .d = d,
                             .panels = panels,
                             .rows = (int)rows,
                             .is_isotropic = problem->is_isotropic,
                             .covariance = problem->covariance};
    if (n < 1 || d < 1)
        return flx_fail(error, FLX_BAD_INPUT, "a problem of %d points and %d inputs", n,
                        d);
    size_t padded = (rows + 7) / 8 * 8;
    data->X = flx_cpu_allocate(rows * inputs + padded + inputs + 8);
    if (!data->X)
        return flx_no_memory(error, "%d points x %d inputs", n, d);
    data->y = data->X + (rows * inputs + 7) / 8 * 8;
    data->center = data->y + padded;
    center_columns(problem, data->center);
    memcpy(data->y, problem->y, (size_t)n * sizeof(double));
    for (int i = 0; i < n; i++) {
        double *to = data->X + (size_t)(i / width) * inputs * (size_t)width + i % width;
        for (int k = 0; k < d; k++)
            to[k * width] = problem->X[(size_t)i * inputs + (size_t)k] - data->center[k];
    }
    return FLX_OK;
}

void flx_cpu_unpack(flx_panel_data *data)
{
    free(data->X);
    data->X = NULL;
}

flx_status flx_cpu_arena_create(const flx_panel_kernels *kernels, int threads,
                                const flx_panel_data *data, int count,
                                flx_cpu_arena *arena, flx_error *error)
{
    size_t stride = 0;
    for (int i = 0; i < count; i++) {
        size_t size = kernels->scratch_size(data[i].n, data[i].d);
        stride = size > stride ? size : stride;
    }
    arena->threads = threads;
    arena->stride = (stride + 63) / 64 * 64;
    arena->memory = flx_cpu_allocate(arena->stride * (size_t)threads);
    if (!arena->memory)
        return flx_no_memory(error, "%d threads x %zu bytes", threads,
                             arena->stride * sizeof(double));
    return FLX_OK;
}

static flx_status fill(flx_gp_batch *batch, const flx_gp_problem *problems, int count,
                       int threads, flx_error *error)
{
    if (!FLX_NEW(batch->data, count))
        return flx_no_memory(error, "%d problems", count);
    for (int i = 0; i < count; i++, batch->count++)
        FLX_TRY(
            flx_cpu_pack(&problems[i], batch->kernels->width, &batch->data[i], error));
    return flx_cpu_arena_create(batch->kernels, threads, batch->data, count,
                                &batch->arena, error);
}

flx_status flx_cpu_batch_create(flx_backend *backend, const flx_gp_problem *problems,
                                int count, flx_gp_batch **out, flx_error *error)
{
    *out = NULL;
    flx_gp_batch *batch;
    if (!FLX_NEW(batch, 1))
        return flx_no_memory(error, "a batch");
    batch->kernels = backend->state;
    flx_status status = fill(batch, problems, count, backend->threads, error);
    if (status != FLX_OK)
        flx_cpu_batch_release(batch);
    else
        *out = batch;
    return status;
}

void flx_cpu_batch_release(flx_gp_batch *batch)
{
    if (!batch)
        return;
    for (int i = 0; i < batch->count; i++)
        flx_cpu_unpack(&batch->data[i]);
    free(batch->data);
    free(batch->arena.memory);
    free(batch->order);
    free(batch);
}

/* Indices of the evaluations, largest member first: a counting order by n, stable. */
static flx_status order_by_size(flx_gp_batch *batch, const flx_gp_evaluation *evaluations,
                                int count, flx_error *error)
{
    if (count > batch->order_capacity) {
        int *grown = realloc(batch->order, (size_t)count * sizeof *grown);
        if (!grown)
            return flx_no_memory(error, "%d evaluations", count);
        batch->order = grown;
        batch->order_capacity = count;
    }
    for (int i = 0; i < count; i++)
        batch->order[i] = i;
    for (int gap = count / 2; gap > 0; gap /= 2)
        for (int i = gap; i < count; i++) {
            int moving = batch->order[i], n = batch->data[evaluations[moving].problem].n;
            int j = i;
            for (; j >= gap &&
                   batch->data[evaluations[batch->order[j - gap]].problem].n < n;
                 j -= gap)
                batch->order[j] = batch->order[j - gap];
            batch->order[j] = moving;
        }
    return FLX_OK;
}

static void evaluate_one(const flx_gp_batch *batch, flx_gp_evaluation *evaluation,
                         double *memory)
{
    const flx_panel_data *data = &batch->data[evaluation->problem];
    flx_panel_scratch scratch;
    batch->kernels->bind_scratch(&scratch, data->n, data->d, memory);
    evaluation->info =
        batch->kernels->evaluate(data, evaluation->theta, evaluation->jitter, &scratch,
                                 &evaluation->value, evaluation->gradient);
    if (evaluation->info == 0)
        return;
    evaluation->value = -INFINITY;
    int size = flx_theta_size(data->d, data->is_isotropic);
    for (int k = 0; evaluation->gradient && k < size; k++)
        evaluation->gradient[k] = 0;
}

flx_status flx_cpu_evaluate(flx_gp_batch *batch, flx_gp_evaluation *evaluations,
                            int count, flx_error *error)
{
    FLX_TRY(order_by_size(batch, evaluations, count, error));
    int threads = batch->arena.threads < count ? batch->arena.threads : count;
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads > 0 ? threads : 1)
    for (int i = 0; i < count; i++)
        evaluate_one(batch, &evaluations[batch->order[i]],
                     batch->arena.memory +
                         (size_t)omp_get_thread_num() * batch->arena.stride);
    return FLX_OK;
}
