/* SPDX-License-Identifier: MIT
 * The calls of cuBLAS and cuSOLVER that the backend makes, over OpenBLAS: strict about
 * arguments, and what the libraries leave undefined becomes NaN. Our reading of their
 * documentation, so no larger than needed. */
#include "tests/emulator/emulator.h"

#include <cublas_v2.h>
#include <cusolverDn.h>

#include <algorithm>
#include <cblas.h>
#include <cmath>
#undef I

extern "C" void dpotrf_(const char *uplo, const int *n, double *A, const int *lda,
                        int *info, size_t);

struct cublasContext {
    cudaStream_t stream;
};

struct cusolverDnContext {
    cudaStream_t stream;
};

using namespace emu;

static void need(const void *p, size_t bytes, const char *what)
{
    if (bytes && !is_device_range(p, bytes))
        fail("%s: %zu bytes at %p are not device memory", what, bytes, p);
}

/* Bytes of a column-major matrix from its first to its last entry. */
static size_t extent(int rows, int columns, int ld)
{
    bool is_empty = rows == 0 || columns == 0;
    return is_empty
               ? 0
               : ((size_t)ld * (size_t)(columns - 1) + (size_t)rows) * sizeof(double);
}

cublasStatus_t cublasCreate_v2(cublasHandle_t *handle)
{
    if (!settings().has_device)
        return CUBLAS_STATUS_NOT_INITIALIZED;
    *handle = new cublasContext{nullptr};
    count_living(1);
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasDestroy_v2(cublasHandle_t handle)
{
    count_living(handle ? -1 : 0);
    delete handle;
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasSetStream_v2(cublasHandle_t handle, cudaStream_t stream)
{
    if (!handle)
        return CUBLAS_STATUS_NOT_INITIALIZED;
    handle->stream = stream;
    return CUBLAS_STATUS_SUCCESS;
}

cusolverStatus_t cusolverDnCreate(cusolverDnHandle_t *handle)
{
    if (!settings().has_device)
        return CUSOLVER_STATUS_NOT_INITIALIZED;
    *handle = new cusolverDnContext{nullptr};
    count_living(1);
    return CUSOLVER_STATUS_SUCCESS;
}

cusolverStatus_t cusolverDnDestroy(cusolverDnHandle_t handle)
{
    count_living(handle ? -1 : 0);
    delete handle;
    return CUSOLVER_STATUS_SUCCESS;
}

cusolverStatus_t cusolverDnSetStream(cusolverDnHandle_t handle, cudaStream_t stream)
{
    if (!handle)
        return CUSOLVER_STATUS_NOT_INITIALIZED;
    handle->stream = stream;
    return CUSOLVER_STATUS_SUCCESS;
}

/* The other triangle and a factor that failed are not the caller's to read. */
static void spoil(bool is_lower, int n, double *A, int lda, bool has_failed)
{
    for (int j = 0; j < n; j++)
        for (int i = 0; i < n; i++)
            if (has_failed || (is_lower ? i < j : i > j))
                A[(size_t)j * (size_t)lda + (size_t)i] = NAN;
}

/* The diagonal entry at which a factorization stopped, counted from 1. */
static double pivot_of(const double *A, int lda, int stopped_at)
{
    return A[(size_t)(stopped_at - 1) * ((size_t)lda + 1)];
}

/* LAPACK takes a pivot that is no number for a failure; cuSOLVER does not promise to, and
 * here it never does. */
cusolverStatus_t cusolverDnDpotrfBatched(cusolverDnHandle_t handle, cublasFillMode_t uplo,
                                         int n, double *A[], int lda, int *info,
                                         int count)
{
    if (!handle)
        return CUSOLVER_STATUS_NOT_INITIALIZED;
    bool is_lower = uplo == CUBLAS_FILL_MODE_LOWER;
    if (n < 0 || lda < std::max(1, n) || count < 0 ||
        (!is_lower && uplo != CUBLAS_FILL_MODE_UPPER))
        return CUSOLVER_STATUS_INVALID_VALUE;
    enqueue(handle->stream, [=] {
        Open opened;
        need(A, sizeof *A * (size_t)count, "potrfBatched: matrices");
        need(info, sizeof *info * (size_t)count, "potrfBatched: info");
        for (int b = 0; b < count; b++) {
            need(A[b], extent(n, n, lda), "potrfBatched: a matrix");
            dpotrf_(is_lower ? "L" : "U", &n, A[b], &lda, &info[b], 1);
            bool is_number = info[b] <= 0 || !std::isnan(pivot_of(A[b], lda, info[b]));
            spoil(is_lower, n, A[b], lda, info[b] > 0);
            info[b] = is_number ? info[b] : 0;
        }
    });
    return CUSOLVER_STATUS_SUCCESS;
}

static CBLAS_TRANSPOSE transposed(cublasOperation_t operation)
{
    return operation == CUBLAS_OP_N ? CblasNoTrans : CblasTrans;
}

cublasStatus_t cublasDtrsmBatched(cublasHandle_t handle, cublasSideMode_t side,
                                  cublasFillMode_t uplo, cublasOperation_t operation,
                                  cublasDiagType_t diagonal, int m, int n,
                                  const double *alpha, const double *const A[], int lda,
                                  double *const B[], int ldb, int count)
{
    if (!handle)
        return CUBLAS_STATUS_NOT_INITIALIZED;
    int order = side == CUBLAS_SIDE_LEFT ? m : n;
    if (m < 0 || n < 0 || count < 0 || lda < std::max(1, order) || ldb < std::max(1, m))
        return CUBLAS_STATUS_INVALID_VALUE;
    double scale = *alpha; /* a host scalar is read when the call is made */
    enqueue(handle->stream, [=] {
        Open opened;
        need(A, sizeof *A * (size_t)count, "trsmBatched: matrices");
        need(B, sizeof *B * (size_t)count, "trsmBatched: right sides");
        for (int b = 0; b < count; b++) {
            need(A[b], extent(order, order, lda), "trsmBatched: a matrix");
            need(B[b], extent(m, n, ldb), "trsmBatched: a right side");
            cblas_dtrsm(CblasColMajor, side == CUBLAS_SIDE_LEFT ? CblasLeft : CblasRight,
                        uplo == CUBLAS_FILL_MODE_LOWER ? CblasLower : CblasUpper,
                        transposed(operation),
                        diagonal == CUBLAS_DIAG_UNIT ? CblasUnit : CblasNonUnit, m, n,
                        scale, A[b], lda, B[b], ldb);
        }
    });
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasDgemmStridedBatched(cublasHandle_t handle, cublasOperation_t on_A,
                                         cublasOperation_t on_B, int m, int n, int k,
                                         const double *alpha, const double *A, int lda,
                                         long long stride_A, const double *B, int ldb,
                                         long long stride_B, const double *beta,
                                         double *C, int ldc, long long stride_C,
                                         int count)
{
    if (!handle)
        return CUBLAS_STATUS_NOT_INITIALIZED;
    int rows_A = on_A == CUBLAS_OP_N ? m : k, rows_B = on_B == CUBLAS_OP_N ? k : n;
    if (m < 0 || n < 0 || k < 0 || count < 0 || lda < std::max(1, rows_A) ||
        ldb < std::max(1, rows_B) || ldc < std::max(1, m))
        return CUBLAS_STATUS_INVALID_VALUE;
    double scale = *alpha, keep = *beta;
    enqueue(handle->stream, [=] {
        Open opened;
        for (int b = 0; b < count; b++) {
            const double *A_b = A + b * stride_A, *B_b = B + b * stride_B;
            double *C_b = C + b * stride_C;
            need(A_b, extent(rows_A, on_A == CUBLAS_OP_N ? k : m, lda), "gemm: A");
            need(B_b, extent(rows_B, on_B == CUBLAS_OP_N ? n : k, ldb), "gemm: B");
            need(C_b, extent(m, n, ldc), "gemm: C");
            cblas_dgemm(CblasColMajor, transposed(on_A), transposed(on_B), m, n, k, scale,
                        A_b, lda, B_b, ldb, keep, C_b, ldc);
        }
    });
    return CUBLAS_STATUS_SUCCESS;
}
