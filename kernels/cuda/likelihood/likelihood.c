/* SPDX-License-Identifier: MIT
 * Evaluations on the device. Sorted by size, so that members of about one size share a
 * launch: up to fused_limit points one fused kernel a bucket of 32, above it one sequence
 * of library calls a bucket. As many at a time as memory holds. */
#include "kernels/cuda/likelihood.h"
#include "kernels/cuda/likelihood/launches.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A member is a y index of the libraries' path, and a grid has 65535 of those. */
enum { MOST_MEMBERS = 32768 };
#define LOG_2PI 1.8378770664093454836

/* One chunk of evaluations: the first `count` of `sorted`. */
typedef struct {
    flx_cuda *cuda;
    flx_cuda_job *jobs;
    const flx_cuda_sorted_job *sorted;
    int count;
    bool is_fused;
    flx_cuda_layout layout;
    size_t members, matrices, inverses; /* offsets; the last two are arrays of pointers */
    size_t infos;
} chunk;

/* n rounded up, so that few launches serve all sizes; on either path at most an eighth of
 * the rows of a larger member is padding. */
static int order_of(const flx_cuda *cuda, int n)
{
    int step = n <= 512 ? 32 : n <= 1024 ? 64 : 128;
    int order = (n + step - 1) / step * step;
    bool is_fused = n <= cuda->fused_limit;
    return is_fused && order > cuda->fused_limit ? cuda->fused_limit : order;
}

static flx_cuda_job *job_at(const chunk *c, int i)
{
    return &c->jobs[c->sorted[i].job];
}

static size_t bytes(size_t doubles)
{
    return doubles * sizeof(double);
}

/* Where the arrays of one job lie. */
typedef struct {
    size_t inverse_ell, sums, alpha, precision, Z, forward, products;
} places;

static places place_job(flx_cuda_layout *l, const flx_cuda_job *job)
{
    size_t n = (size_t)job->data->n, d = (size_t)job->data->d;
    return (places){
        .inverse_ell = flx_cuda_take(&l->upload, bytes(d)),
        .sums = flx_cuda_take(&l->download, bytes(FLX_CUDA_SUMS + d)),
        .alpha = flx_cuda_take(&l->scratch, bytes(n)),
        .precision = flx_cuda_take(&l->scratch, bytes(n)),
        .Z = flx_cuda_take(&l->scratch, bytes(n * d)),
        .forward = flx_cuda_take(&l->scratch, bytes(n)),
        .products = flx_cuda_take(&l->scratch, bytes(n * d)),
    };
}

/* What the members of a chunk share, then K and L^-1 of all of them in a row. */
static void place_shared(chunk *c, flx_cuda_layout *l, size_t *K, size_t *inverse)
{
    size_t m = (size_t)c->count, order = (size_t)c->sorted[0].order;
    size_t matrices = c->is_fused ? 0 : m * order * order;
    c->members = flx_cuda_take(&l->upload, m * sizeof(flx_cuda_member));
    c->matrices = flx_cuda_take(&l->upload, m * sizeof(double *));
    c->inverses = flx_cuda_take(&l->upload, m * sizeof(double *));
    c->infos = flx_cuda_take(&l->download, m * sizeof(int));
    *K = flx_cuda_take(&l->scratch, bytes(matrices));
    *inverse = flx_cuda_take(&l->scratch, bytes(matrices));
}

static double *device_doubles(const chunk *c, size_t at)
{
    return flx_cuda_on_device(c->cuda, at);
}

static void fill_scales(const flx_cuda_job *job, double *inverse_ell)
{
    for (int k = 0; k < job->data->d; k++)
        inverse_ell[k] = flx_inverse_length_scale(job->theta, job->data->is_isotropic, k);
}

static double noise_of(const flx_cuda_job *job)
{
    return flx_noise_variance(job->theta, job->data->d, job->data->is_isotropic);
}

static flx_cuda_member describe(const chunk *c, const flx_cuda_job *job, const places *at)
{
    const flx_cuda_results *results = job->results;
    fill_scales(job, flx_cuda_on_host(c->cuda, at->inverse_ell));
    return (flx_cuda_member){
        .n = job->data->n,
        .d = job->data->d,
        .has_gradient = job->gradient != NULL,
        .covariance = job->data->covariance,
        .X = job->data->X,
        .y = job->data->y,
        .inverse_ell = device_doubles(c, at->inverse_ell),
        .s2 = flx_signal_variance(job->theta),
        .diagonal = noise_of(job) + job->jitter,
        .Z = results ? results->Z : device_doubles(c, at->Z),
        .forward = device_doubles(c, at->forward),
        .alpha = results ? results->alpha : device_doubles(c, at->alpha),
        .precision = results ? results->precision : device_doubles(c, at->precision),
        .factor = results ? results->factor : NULL,
        .products = device_doubles(c, at->products),
        .sums = device_doubles(c, at->sums),
    };
}

static void fill_members(chunk *c, size_t K, size_t inverse)
{
    flx_cuda_layout *l = &c->layout;
    flx_cuda_member *members = flx_cuda_on_host(c->cuda, c->members);
    double **matrices = flx_cuda_on_host(c->cuda, c->matrices);
    double **inverses = flx_cuda_on_host(c->cuda, c->inverses);
    for (int i = 0; i < c->count; i++) {
        places at = place_job(l, job_at(c, i));
        size_t order = (size_t)c->sorted[i].order, offset = (size_t)i * order * order;
        members[i] = describe(c, job_at(c, i), &at);
        members[i].order = c->sorted[i].order;
        members[i].info = (int *)flx_cuda_on_device(c->cuda, c->infos) + i;
        if (c->is_fused)
            continue;
        members[i].K = matrices[i] = device_doubles(c, K) + offset;
        members[i].inverse = inverses[i] = device_doubles(c, inverse) + offset;
    }
}

/* One past the last job of the size of job `first`. */
static int end_of_size(const chunk *c, int first)
{
    int last = first;
    while (last < c->count && c->sorted[last].order == c->sorted[first].order)
        last++;
    return last;
}

static int count_sizes(const chunk *c)
{
    int sizes = 0;
    for (int first = 0; first < c->count; first = end_of_size(c, first))
        sizes++;
    return sizes;
}

static flx_status launch_sizes(const chunk *c, int sizes, flx_error *error)
{
    const flx_cuda_member *members = flx_cuda_on_device(c->cuda, c->members);
    for (int first = 0, size = 0, last; first < c->count; first = last, size++) {
        last = end_of_size(c, first);
        cudaStream_t stream = sizes > 1 ? c->cuda->streams[size].stream : c->cuda->stream;
        FLX_TRY(flx_cuda_check(
            flx_cuda_fused(members + first, last - first, c->sorted[first].order, stream),
            "launching the fused kernel", error));
    }
    return FLX_OK;
}

/* Every size in a stream of its own. They are joined whatever happens, as the workspace
 * is used again. */
static flx_status run_fused(const chunk *c, flx_error *error)
{
    int sizes = count_sizes(c);
    if (sizes == 1)
        return launch_sizes(c, sizes, error);
    FLX_TRY(flx_cuda_fork(c->cuda, sizes, error));
    flx_status status = launch_sizes(c, sizes, error);
    flx_status joined = flx_cuda_join(c->cuda, sizes, status == FLX_OK ? error : NULL);
    return status != FLX_OK ? status : joined;
}

static flx_status check_library(int result, const char *what, flx_error *error)
{
    if (result == 0)
        return FLX_OK;
    return flx_fail(error, FLX_DEVICE_FAILED, "cuda: %s failed with status %d", what,
                    result);
}

/* K <- its factor L, inverse <- L^-1. */
static flx_status factor(const chunk *c, flx_error *error)
{
    const flx_cuda_libraries *call = &c->cuda->libraries;
    const double one = 1;
    int order = c->sorted[0].order;
    double **K = flx_cuda_on_device(c->cuda, c->matrices);
    double **inverse = flx_cuda_on_device(c->cuda, c->inverses);
    int *info = flx_cuda_on_device(c->cuda, c->infos);
    FLX_TRY(check_library(
        (int)call->cusolverDnDpotrfBatched_(c->cuda->solver, CUBLAS_FILL_MODE_LOWER,
                                            order, K, order, info, c->count),
        "cusolverDnDpotrfBatched", error));
    return check_library((int)call->cublasDtrsmBatched_(
                             c->cuda->blas, CUBLAS_SIDE_LEFT, CUBLAS_FILL_MODE_LOWER,
                             CUBLAS_OP_N, CUBLAS_DIAG_NON_UNIT, order, order, &one,
                             (const double *const *)K, order, inverse, order, c->count),
                         "cublasDtrsmBatched", error);
}

/* K <- L^-T L^-1. */
static flx_status multiply_inverses(const chunk *c, size_t K, size_t inverse,
                                    flx_error *error)
{
    const double one = 1, zero = 0;
    int order = c->sorted[0].order;
    long long stride = (long long)order * order;
    double *L = device_doubles(c, inverse);
    return check_library((int)c->cuda->libraries.cublasDgemmStridedBatched_(
                             c->cuda->blas, CUBLAS_OP_T, CUBLAS_OP_N, order, order, order,
                             &one, L, order, stride, L, order, stride, &zero,
                             device_doubles(c, K), order, stride, c->count),
                         "cublasDgemmStridedBatched", error);
}

static flx_status run_library(const chunk *c, size_t K, size_t inverse, flx_error *error)
{
    const flx_cuda_member *members = flx_cuda_on_device(c->cuda, c->members);
    cudaStream_t stream = c->cuda->stream;
    int order = c->sorted[0].order;
    FLX_TRY(flx_cuda_check(flx_cuda_build_covariance(members, c->count, order, stream),
                           "launching the covariance", error));
    FLX_TRY(factor(c, error));
    FLX_TRY(flx_cuda_check(flx_cuda_solve_vectors(members, c->count, order, stream),
                           "launching the solves", error));
    bool has_gradient = false;
    for (int i = 0; i < c->count; i++)
        has_gradient = has_gradient || job_at(c, i)->gradient;
    if (!has_gradient)
        return FLX_OK;
    FLX_TRY(multiply_inverses(c, K, inverse, error));
    return flx_cuda_check(flx_cuda_differentiate(members, c->count, order, stream),
                          "launching the gradient", error);
}

static int theta_size(const flx_cuda_data *data)
{
    return flx_theta_size(data->d, data->is_isotropic);
}

static void fill_gradient(flx_cuda_job *job, const double *sums)
{
    const flx_cuda_data *data = job->data;
    double sn2 = noise_of(job), *gradient = job->gradient;
    memset(gradient, 0, (size_t)theta_size(data) * sizeof *gradient);
    gradient[FLX_THETA_SIGNAL] =
        0.5 * (sums[0] - data->n - (sn2 + job->jitter) * sums[2]);
    gradient[flx_theta_noise(data->d, data->is_isotropic)] = 0.5 * sn2 * sums[2];
    for (int k = 0; k < data->d; k++)
        gradient[flx_theta_scale(data->is_isotropic, k)] += sums[FLX_CUDA_SUMS + k];
}

/* As on the CPU: what is not finite shows in the value or only in the gradient. */
static bool is_finite_job(const flx_cuda_job *job)
{
    bool is_finite = isfinite(job->value);
    int size = theta_size(job->data);
    for (int k = 0; job->gradient && k < size; k++)
        is_finite = is_finite && isfinite(job->gradient[k]);
    return is_finite;
}

static void finish_job(flx_cuda_job *job, int info, const double *sums)
{
    job->info = info;
    if (info == 0) {
        job->value = -0.5 * (sums[0] + 2 * sums[1] + job->data->n * LOG_2PI);
        if (job->gradient)
            fill_gradient(job, sums);
        job->info = is_finite_job(job) ? 0 : -1;
    }
    if (job->info == 0)
        return;
    job->value = -INFINITY;
    int size = theta_size(job->data);
    for (int k = 0; job->gradient && k < size; k++)
        job->gradient[k] = 0;
}

/* Goes over the layout as fill_members does. */
static void finish_jobs(chunk *c, flx_cuda_layout l)
{
    const int *infos = flx_cuda_on_host(c->cuda, c->infos);
    for (int i = 0; i < c->count; i++) {
        flx_cuda_job *job = job_at(c, i);
        places at = place_job(&l, job);
        finish_job(job, infos[i], flx_cuda_on_host(c->cuda, at.sums));
    }
}

static flx_status run_chunk(chunk *c, flx_error *error)
{
    flx_cuda_layout counted = {0}, after_shared;
    size_t K, inverse;
    place_shared(c, &counted, &K, &inverse);
    for (int i = 0; i < c->count; i++)
        place_job(&counted, job_at(c, i));
    c->layout = flx_cuda_layout_after(counted);
    FLX_TRY(flx_cuda_layout_reserve(c->cuda, &c->layout, error));
    place_shared(c, &c->layout, &K, &inverse);
    after_shared = c->layout;
    fill_members(c, K, inverse);
    FLX_TRY(flx_cuda_layout_upload(c->cuda, &c->layout, error));
    FLX_TRY(c->is_fused ? run_fused(c, error) : run_library(c, K, inverse, error));
    FLX_TRY(flx_cuda_layout_download(c->cuda, &c->layout, error));
    finish_jobs(c, after_shared);
    return FLX_OK;
}

static size_t job_size(const chunk *c, int i)
{
    flx_cuda_layout l = {0};
    size_t order = (size_t)c->sorted[i].order;
    place_job(&l, job_at(c, i));
    return l.upload + l.download + l.scratch + sizeof(flx_cuda_member) + 64 +
           (c->is_fused ? 0 : bytes(2 * order * order));
}

/* How many of the next `left` jobs one chunk takes: all fused or none, on the libraries'
 * path of one order, and no more than fit; at least one. */
static int chunk_length(const chunk *c, int left, size_t *budget)
{
    size_t size = 0;
    int length = 0;
    while (length < left) {
        const flx_cuda_job *job = job_at(c, length);
        if ((job->data->n <= c->cuda->fused_limit) != c->is_fused ||
            (!c->is_fused && c->sorted[length].order != c->sorted[0].order) ||
            length == MOST_MEMBERS)
            break;
        size += job_size(c, length);
        if (length > 0 && !flx_cuda_fits(c->cuda, size, budget))
            break;
        length++;
    }
    return length;
}

/* Largest first, ties by index: a chunk of the smallest members comes last. */
static int compare_sizes(const void *a, const void *b)
{
    const flx_cuda_sorted_job *first = a, *second = b;
    if (first->order != second->order)
        return first->order > second->order ? -1 : 1;
    return first->job < second->job ? -1 : 1;
}

flx_status flx_cuda_evaluate_jobs(flx_cuda *cuda, flx_cuda_job *jobs, int count,
                                  flx_cuda_sorted_job *sorted, flx_error *error)
{
    for (int i = 0; i < count; i++)
        sorted[i] = (flx_cuda_sorted_job){order_of(cuda, jobs[i].data->n), i};
    if (count > 0) /* qsort of nothing wants an array all the same */
        qsort(sorted, (size_t)count, sizeof *sorted, compare_sizes);
    size_t budget = 0;
    for (int first = 0; first < count;) {
        chunk c = {.cuda = cuda, .jobs = jobs, .sorted = sorted + first};
        c.is_fused = job_at(&c, 0)->data->n <= cuda->fused_limit;
        c.count = chunk_length(&c, count - first, &budget);
        FLX_TRY(run_chunk(&c, error));
        first += c.count;
    }
    return FLX_OK;
}
