/* SPDX-License-Identifier: MIT */
#include "kernels/baseline.h"

#include "formats/memory.h"
#include "kernels/cpu/panel/panel.h"

#include <cblas.h>
#include <lapacke.h>
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#define LOG_2PI 1.8378770664093454836

/* One thread's arrays, n and d at their largest. */
typedef struct {
    double *Z, *Zt, *K, *C, *alpha, *product;
} workspace;

static size_t workspace_size(size_t n, size_t d)
{
    return 3 * n * d + 2 * n * n + n;
}

static workspace divide(double *memory, size_t n, size_t d)
{
    workspace w = {.Z = memory};
    w.Zt = w.Z + n * d;
    w.product = w.Zt + n * d;
    w.K = w.product + n * d;
    w.C = w.K + n * n;
    w.alpha = w.C + n * n;
    return w;
}

/* Centred and scaled inputs, by rows and by columns. */
static void scale(const flx_gp_problem *p, const double *theta, workspace *w)
{
    for (int k = 0; k < p->d; k++) {
        double inverse = flx_inverse_length_scale(theta, p->is_isotropic, k), mean = 0;
        for (int i = 0; i < p->n; i++)
            mean += p->X[i * p->d + k] / p->n;
        for (int i = 0; i < p->n; i++) {
            double z = (p->X[i * p->d + k] - mean) * inverse;
            w->Z[i * p->d + k] = w->Zt[k * p->n + i] = z;
        }
    }
}

/* W o C in the upper triangle (column-major), and the row sums of the whole. */
static double weigh(int n, workspace *w, double *row_sum)
{
    double trace = 0;
    memset(row_sum, 0, (size_t)n * sizeof *row_sum);
    for (int j = 0; j < n; j++) {
        double *k = w->K + (size_t)j * (size_t)n, *c = w->C + (size_t)j * (size_t)n;
        trace += w->alpha[j] * w->alpha[j] - k[j];
        for (int i = 0; i <= j; i++) {
            c[i] *= w->alpha[i] * w->alpha[j] - k[i];
            row_sum[i] += c[i];
            if (i != j)
                row_sum[j] += c[i];
        }
    }
    return trace;
}

static void differentiate(const flx_gp_problem *p, double sn2, double jitter,
                          double square, workspace *w, double *gradient)
{
    int n = p->n, d = p->d;
    double *row_sum = w->Zt; /* no longer needed */
    double trace = weigh(n, w, row_sum);
    cblas_dsymm(CblasRowMajor, CblasLeft, CblasLower, n, d, 1.0, w->C, n, w->Z, d, 0.0,
                w->product, d);
    memset(gradient, 0, (size_t)flx_gp_theta_size(p) * sizeof *gradient);
    for (int i = 0; i < n; i++)
        for (int k = 0; k < d; k++) {
            double z = w->Z[i * d + k];
            gradient[flx_theta_scale(p->is_isotropic, k)] +=
                z * (row_sum[i] * z - w->product[i * d + k]);
        }
    gradient[FLX_THETA_SIGNAL] = 0.5 * (square - n - (sn2 + jitter) * trace);
    gradient[flx_theta_noise(d, p->is_isotropic)] = 0.5 * sn2 * trace;
}

static int evaluate(const flx_gp_problem *p, flx_gp_evaluation *e, workspace w)
{
    int n = p->n;
    double s2 = flx_signal_variance(e->theta);
    double sn2 = flx_noise_variance(e->theta, p->d, p->is_isotropic);
    scale(p, e->theta, &w);
    flx_panel_choose()->covariance_rows(p->covariance, n, p->d, w.Zt, s2, w.K, w.C);
    for (int i = 0; i < n; i++)
        w.K[i * n + i] += sn2 + e->jitter;
    int info = LAPACKE_dpotrf_work(LAPACK_COL_MAJOR, 'U', n, w.K, n);
    if (info)
        return info;
    double logs = 0;
    for (int i = 0; i < n; i++)
        logs += log(w.K[i * n + i]);
    memcpy(w.alpha, p->y, (size_t)n * sizeof(double));
    LAPACKE_dpotrs_work(LAPACK_COL_MAJOR, 'U', n, 1, w.K, n, w.alpha, n);
    double square = cblas_ddot(n, p->y, 1, w.alpha, 1);
    e->value = -0.5 * square - logs - 0.5 * n * LOG_2PI;
    LAPACKE_dpotri_work(LAPACK_COL_MAJOR, 'U', n, w.K, n);
    differentiate(p, sn2, e->jitter, square, &w, e->gradient);
    return 0;
}

flx_status flx_baseline_evaluate(const flx_gp_problem *problems,
                                 flx_gp_evaluation *evaluations, int count, int threads,
                                 flx_error *error)
{
    size_t n = 1, d = 1;
    for (int i = 0; i < count; i++) {
        const flx_gp_problem *p = &problems[evaluations[i].problem];
        n = (size_t)p->n > n ? (size_t)p->n : n;
        d = (size_t)p->d > d ? (size_t)p->d : d;
    }
    size_t size = workspace_size(n, d);
    FLX_SCOPED double *memory = NULL;
    if (!FLX_NEW(memory, size * (size_t)threads))
        return flx_no_memory(error, "the baseline");
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads)
    for (int i = 0; i < count; i++) {
        flx_gp_evaluation *e = &evaluations[i];
        double *mine = memory + (size_t)omp_get_thread_num() * size;
        e->info = evaluate(&problems[e->problem], e, divide(mine, n, d));
    }
    return FLX_OK;
}
