/* SPDX-License-Identifier: MIT
 * The host side of the cuda backend; private to kernels/cuda. One stream, which others
 * fork from and join again, and one workspace that only grows; work that does not fit is
 * done in chunks. */
#ifndef FLX_CUDA_H
#define FLX_CUDA_H

#include "kernels/backend.h"
#include "kernels/cuda/launches.h"
#include "kernels/cuda/likelihood/libraries.h"

#include <cuda_runtime_api.h>

/* Memory that only grows. */
typedef struct {
    void *memory;
    size_t size;
} flx_cuda_workspace;

/* As many as the fused kernel has sizes. */
enum { FLX_CUDA_STREAMS = (FLX_CUDA_FUSED_LIMIT + FLX_CUDA_TILE - 1) / FLX_CUDA_TILE };
typedef struct {
    cudaStream_t stream;
    cudaEvent_t joined;
} flx_cuda_stream;

typedef struct {
    cudaStream_t stream;
    flx_cuda_stream streams[FLX_CUDA_STREAMS];
    cudaEvent_t forked;
    flx_cuda_libraries libraries;
    cublasHandle_t blas;
    cusolverDnHandle_t solver;
    int fused_limit;           /* the largest n that the fused kernel takes here */
    int processors;            /* streaming multiprocessors */
    flx_cuda_workspace device; /* uploaded data, results, scratch */
    flx_cuda_workspace host;   /* pinned staging buffer: uploaded data, results */
} flx_cuda;

/* memory.c. FLX_NO_MEMORY where the device has none left, else FLX_DEVICE_FAILED, with
 * `what` was to be done. */
flx_status flx_cuda_check(cudaError_t result, const char *what, flx_error *error);
/* Before it fails it releases the workspace, which is allocated again when it is needed:
 * no call may be using it. */
flx_status flx_cuda_allocate(flx_cuda *cuda, void **out, size_t size, const char *what,
                             flx_error *error);
/* Bytes that one chunk of work may take. Queries the device, which takes as long as a few
 * launches. */
size_t flx_cuda_budget(const flx_cuda *cuda);
/* Whether a chunk of `size` bytes fits. `budget` is 0 at the start of a call: it is
 * queried once a call, and not where the workspace suffices. */
bool flx_cuda_fits(const flx_cuda *cuda, size_t size, size_t *budget);
/* The most of a chunk's uploads and downloads: they go through pinned memory, which is
 * scarce, and larger chunks would save nothing. */
enum { FLX_CUDA_PINNED = 256 << 20 };
/* Workspace and staging buffer at least so large; what they held is lost. */
flx_status flx_cuda_grow_workspace(flx_cuda *cuda, size_t device, size_t host,
                                   flx_error *error);
void flx_cuda_release_workspace(flx_cuda *cuda);
flx_status flx_cuda_upload(const flx_cuda *cuda, void *to, const void *from, size_t size,
                           flx_error *error);
flx_status flx_cuda_download(const flx_cuda *cuda, void *to, const void *from,
                             size_t size, flx_error *error);
flx_status flx_cuda_wait(const flx_cuda *cuda, flx_error *error);

/* streams.c: the streams streams[0 .. count - 1] go on from where the backend's stream
 * is, and it goes on when all of them are done. */
flx_status flx_cuda_streams_create(flx_cuda *cuda, flx_error *error);
void flx_cuda_streams_release(flx_cuda *cuda);
flx_status flx_cuda_fork(const flx_cuda *cuda, int count, flx_error *error);
flx_status flx_cuda_join(const flx_cuda *cuda, int count, flx_error *error);

/* Reserves `size` bytes in a region: returns their aligned offset and moves the cursor
 * on.
 */
size_t flx_cuda_take(size_t *cursor, size_t size);

/* Offsets of a chunk's three regions: uploaded, downloaded, scratch. The first two also
 * stand in the staging buffer, at the same offsets. */
typedef struct {
    size_t upload, download, scratch; /* cursors */
    size_t first_download, first_scratch, end;
} flx_cuda_layout;
/* Regions for what the cursors of a dry run counted. */
flx_cuda_layout flx_cuda_layout_after(flx_cuda_layout counted);
static inline void *flx_cuda_on_device(const flx_cuda *cuda, size_t at)
{
    return (char *)cuda->device.memory + at;
}
static inline void *flx_cuda_on_host(const flx_cuda *cuda, size_t at)
{
    return (char *)cuda->host.memory + at;
}
/* Workspace for a layout, and its transfers. The first waits before it reserves: a call
 * that failed may have left copies from the staging buffer under way. */
flx_status flx_cuda_layout_reserve(flx_cuda *cuda, const flx_cuda_layout *l,
                                   flx_error *error);
flx_status flx_cuda_layout_upload(const flx_cuda *cuda, const flx_cuda_layout *l,
                                  flx_error *error);
flx_status flx_cuda_layout_download(const flx_cuda *cuda, const flx_cuda_layout *l,
                                    flx_error *error); /* waits */

/* data.c: problems in device memory, in one allocation. */
typedef struct {
    int n, d;
    bool is_isotropic;
    flx_covariance covariance;
    const double *X, *y; /* device: centred, input by input (d, n); (n) */
    double *center;      /* host (d), within flx_cuda_data_set */
} flx_cuda_data;

typedef struct {
    int count;
    flx_cuda_data *members; /* (count) */
    double *centers;        /* host: all centers */
    void *memory;           /* device */
} flx_cuda_data_set;

/* problem (i) is read through `at`, so that structs around a problem do as well. */
typedef const flx_gp_problem *flx_cuda_problem_at(const void *items, int i);
flx_status flx_cuda_data_create(flx_cuda *cuda, const void *items, int count,
                                flx_cuda_problem_at *at, flx_cuda_data_set *out,
                                flx_error *error);
void flx_cuda_data_release(flx_cuda_data_set *set);

/* What conditioning keeps of a member in device memory. */
typedef struct {
    double *Z, *alpha, *precision, *factor; /* as in flx_cuda_member */
} flx_cuda_results;

/* likelihood.c: one evaluation, for both evaluate and condition. */
typedef struct {
    const flx_cuda_data *data;
    const double *theta;
    double jitter;
    double *gradient;                /* (2 + L) out, or NULL */
    const flx_cuda_results *results; /* where they are kept, or NULL */
    double value;                    /* out */
    int info;                        /* out */
} flx_cuda_job;
typedef struct {
    int order, job; /* size that members share a launch with; which job */
} flx_cuda_sorted_job;
/* `sorted`: memory for `count`. */
flx_status flx_cuda_evaluate_jobs(flx_cuda *cuda, flx_cuda_job *jobs, int count,
                                  flx_cuda_sorted_job *sorted, flx_error *error);

/* The operations of kernels/backend.h. */
flx_status flx_cuda_batch_create(flx_backend *backend, const flx_gp_problem *problems,
                                 int count, flx_gp_batch **out, flx_error *error);
flx_status flx_cuda_evaluate(flx_gp_batch *batch, flx_gp_evaluation *evaluations,
                             int count, flx_error *error);
void flx_cuda_batch_release(flx_gp_batch *batch);
flx_status flx_cuda_condition(flx_backend *backend, flx_gp_condition *members, int count,
                              flx_gp_posterior **out, flx_error *error);
flx_status flx_cuda_predict(const flx_gp_posterior *posterior, flx_gp_query *queries,
                            int count, flx_error *error);
void flx_cuda_posterior_release(flx_gp_posterior *posterior);
flx_status flx_cuda_weighting_create(flx_backend *backend,
                                     const flx_weighting_problem *problems, int count,
                                     flx_weighting_set **out, flx_error *error);
flx_status flx_cuda_weighting_losses(flx_weighting_set *set,
                                     const flx_weighting_query *queries, int count,
                                     flx_error *error);
flx_status flx_cuda_weighting_search(flx_weighting_set *set,
                                     const flx_population_search *searches, int count,
                                     flx_population **out, flx_error *error);
void flx_cuda_weighting_release(flx_weighting_set *set);
flx_status flx_cuda_search_advance(flx_population *population, int generations,
                                   flx_population_report *reports, flx_error *error);
flx_status flx_cuda_search_read(flx_population *population, int search,
                                const flx_population_state *out, flx_error *error);
void flx_cuda_search_release(flx_population *population);
flx_status flx_cuda_multiply(flx_backend *backend, const flx_product *products, int count,
                             flx_error *error);
#endif
