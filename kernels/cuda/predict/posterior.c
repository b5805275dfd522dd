/* SPDX-License-Identifier: MIT
 * Conditioned members in device memory, in one allocation, with what leave-one-out wants
 * first, so that it comes back in one copy. */
#include "kernels/cuda/predict.h"

#include "formats/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const flx_gp_problem *problem_of(const void *items, int i)
{
    return &((const flx_gp_condition *)items)[i].problem;
}

/* Offsets in doubles of the parts of the allocation. */
typedef struct {
    size_t precision, scales, Z, factor, end; /* alpha: at 0 */
} sections;

static sections measure(const flx_gp_condition *members, int count)
{
    size_t points = 0, inputs = 0, entries = 0, factors = 0;
    for (int i = 0; i < count; i++) {
        size_t n = (size_t)members[i].problem.n, d = (size_t)members[i].problem.d;
        points += n;
        inputs += d;
        entries += n * d;
        factors += n * (n + 1) / 2;
    }
    sections s = {.precision = points, .scales = 2 * points};
    s.Z = s.scales + 2 * inputs;
    s.factor = s.Z + entries;
    s.end = s.factor + factors;
    return s;
}

/* The host's copy of the scales: centers and 1 / ell of every member in turn. */
static void fill_scales(const flx_gp_posterior *posterior,
                        const flx_gp_condition *members, double *scales)
{
    for (int i = 0; i < posterior->count; i++) {
        const flx_cuda_data *data = &posterior->data.members[i];
        memcpy(scales, data->center, (size_t)data->d * sizeof *scales);
        for (int k = 0; k < data->d; k++)
            scales[data->d + k] =
                flx_inverse_length_scale(members[i].theta, data->is_isotropic, k);
        scales += 2 * data->d;
    }
}

static void place_members(flx_gp_posterior *posterior, const flx_gp_condition *members,
                          sections s)
{
    double *memory = posterior->memory;
    size_t points = 0, scales = s.scales, Z = s.Z, factor = s.factor;
    for (int i = 0; i < posterior->count; i++) {
        const flx_cuda_data *data = &posterior->data.members[i];
        size_t n = (size_t)data->n, d = (size_t)data->d;
        posterior->results[i] =
            (flx_cuda_results){.Z = memory + Z,
                               .alpha = memory + points,
                               .precision = memory + s.precision + points,
                               .factor = memory + factor};
        posterior->members[i] = (flx_cuda_conditioned){
            .n = data->n,
            .d = data->d,
            .covariance = data->covariance,
            .s2 = flx_signal_variance(members[i].theta),
            .sn2 = flx_noise_variance(members[i].theta, data->d, data->is_isotropic),
            .Z = memory + Z,
            .center = memory + scales,
            .inverse_ell = memory + scales + d,
            .alpha = memory + points,
            .factor = memory + factor};
        points += n;
        scales += 2 * d;
        Z += n * d;
        factor += n * (n + 1) / 2;
    }
}

static flx_status upload_scales(const flx_gp_posterior *posterior,
                                const flx_gp_condition *members, sections s,
                                flx_error *error)
{
    size_t size = (s.Z - s.scales) * sizeof(double);
    FLX_SCOPED double *scales = NULL;
    if (!FLX_NEW(scales, s.Z - s.scales))
        return flx_no_memory(error, "%d posteriors", posterior->count);
    fill_scales(posterior, members, scales);
    FLX_TRY(flx_cuda_upload(posterior->cuda, (double *)posterior->memory + s.scales,
                            scales, size, error));
    return flx_cuda_wait(posterior->cuda, error);
}

/* R&W eq. 5.12, from alpha and the diagonal of K^-1. */
static void leave_one_out(const flx_gp_posterior *posterior, flx_gp_condition *members,
                          const double *alpha, const double *precision)
{
    for (int i = 0; i < posterior->count; i++) {
        flx_gp_condition *member = &members[i];
        int n = member->problem.n;
        for (int r = 0; r < n && member->info == 0; r++) {
            if (member->loo_mean)
                member->loo_mean[r] = member->problem.y[r] - alpha[r] / precision[r];
            if (member->loo_variance)
                member->loo_variance[r] = 1.0 / precision[r];
        }
        alpha += n;
        precision += n;
    }
}

static flx_status download_leave_one_out(const flx_gp_posterior *posterior,
                                         flx_gp_condition *members, sections s,
                                         flx_error *error)
{
    bool is_wanted = false;
    for (int i = 0; i < posterior->count; i++)
        is_wanted = is_wanted || members[i].loo_mean || members[i].loo_variance;
    if (!is_wanted)
        return FLX_OK;
    FLX_SCOPED double *values = NULL;
    if (!FLX_NEW(values, s.scales))
        return flx_no_memory(error, "%d posteriors", posterior->count);
    FLX_TRY(flx_cuda_download(posterior->cuda, values, posterior->memory,
                              s.scales * sizeof *values, error));
    FLX_TRY(flx_cuda_wait(posterior->cuda, error));
    leave_one_out(posterior, members, values, values + s.precision);
    return FLX_OK;
}

static flx_status evaluate(flx_gp_posterior *posterior, flx_gp_condition *members,
                           flx_error *error)
{
    int count = posterior->count;
    FLX_SCOPED flx_cuda_job *jobs = NULL;
    FLX_SCOPED flx_cuda_sorted_job *sorted = NULL;
    if (!FLX_NEW(jobs, count) || !FLX_NEW(sorted, count))
        return flx_no_memory(error, "%d posteriors", count);
    for (int i = 0; i < count; i++)
        jobs[i] = (flx_cuda_job){.data = &posterior->data.members[i],
                                 .theta = members[i].theta,
                                 .jitter = members[i].jitter,
                                 .results = &posterior->results[i]};
    FLX_TRY(flx_cuda_evaluate_jobs(posterior->cuda, jobs, count, sorted, error));
    for (int i = 0; i < count; i++) {
        members[i].value = jobs[i].value;
        members[i].info = jobs[i].info;
        posterior->is_valid[i] = jobs[i].info == 0;
    }
    return FLX_OK;
}

static flx_status condition(flx_gp_posterior *posterior, flx_gp_condition *members,
                            flx_error *error)
{
    if (!FLX_NEW(posterior->members, posterior->count) ||
        !FLX_NEW(posterior->results, posterior->count) ||
        !FLX_NEW(posterior->is_valid, posterior->count))
        return flx_no_memory(error, "%d posteriors", posterior->count);
    FLX_TRY(flx_cuda_data_create(posterior->cuda, members, posterior->count, problem_of,
                                 &posterior->data, error));
    sections s = measure(members, posterior->count);
    FLX_TRY(flx_cuda_allocate(posterior->cuda, &posterior->memory, s.end * sizeof(double),
                              "the conditioned members", error));
    place_members(posterior, members, s);
    FLX_TRY(upload_scales(posterior, members, s, error));
    FLX_TRY(evaluate(posterior, members, error));
    FLX_TRY(download_leave_one_out(posterior, members, s, error));
    flx_cuda_data_release(&posterior->data);
    size_t size = (size_t)posterior->count * sizeof *posterior->members;
    FLX_TRY(flx_cuda_allocate(posterior->cuda, &posterior->on_device, size,
                              "the conditioned members", error));
    FLX_TRY(flx_cuda_upload(posterior->cuda, posterior->on_device, posterior->members,
                            size, error));
    return flx_cuda_wait(posterior->cuda, error);
}

flx_status flx_cuda_condition(flx_backend *backend, flx_gp_condition *members, int count,
                              flx_gp_posterior **out, flx_error *error)
{
    *out = NULL;
    flx_gp_posterior *posterior;
    if (!FLX_NEW(posterior, 1))
        return flx_no_memory(error, "%d posteriors", count);
    posterior->cuda = backend->state;
    posterior->count = count;
    flx_status status = condition(posterior, members, error);
    if (status != FLX_OK)
        flx_cuda_posterior_release(posterior);
    else
        *out = posterior;
    return status;
}

void flx_cuda_posterior_release(flx_gp_posterior *posterior)
{
    if (!posterior)
        return;
    flx_cuda_data_release(&posterior->data);
    cudaFree(posterior->memory);
    cudaFree(posterior->on_device);
    free(posterior->members);
    free(posterior->results);
    free(posterior->is_valid);
    free(posterior);
}
