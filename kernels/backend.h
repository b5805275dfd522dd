/* SPDX-License-Identifier: MIT
 * The backend contract: what a device must do for batches of Gaussian processes, of
 * output weightings and of matrix products. `host` calls nothing else, so a new backend
 * is one new table of these functions and one line in kernels/backends/open.c.
 *
 * Dimension letters: n training points, d inputs, m queries, L length scales (d, or 1
 * when all inputs share one). Model of every member (paper, appendix; Rasmussen &
 * Williams 2006):
 *
 *   cov(x, x') = s2 c(r) + sn2 [x = x'],   r^2 = sum_k ((x_k - x'_k) / ell_k)^2
 *   c one of the covariance functions of kernels/formulas/covariance.h
 *   theta (2 + L) = log s2, log ell_1 .. log ell_L, log sn2   (kernels/formulas/theta.h)
 *
 * y is standardized by the caller; all matrices are float64 row-major.
 *
 * Two levels of failure. A call fails with a status only when the device or memory does.
 * A member fails with info != 0 (LAPACK: order of the first leading minor that is not
 * positive definite; -1: not finite) and never touches its neighbours. Results do not
 * depend on the number of threads. */
#ifndef FLX_BACKEND_H
#define FLX_BACKEND_H

#include "formats/status.h"
#include "kernels/device_graph.h"
#include "kernels/formulas/covariance.h"
#include "kernels/formulas/theta.h"
#include "kernels/search.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    int n, d;
    bool is_isotropic; /* one length scale for all inputs */
    flx_covariance covariance;
    const double *X; /* (n, d) row-major, borrowed for the call */
    const double *y; /* (n) */
} flx_gp_problem;

/* One evaluation of the log marginal likelihood, R&W eq. 2.30 and 5.9. */
typedef struct {
    int problem;         /* index into the batch */
    const double *theta; /* (2 + L) */
    double jitter;       /* added to the diagonal beside sn2 */
    double value;        /* out: nats, constant term included; -inf where info != 0 */
    double *gradient;    /* (2 + L) out: d value / d theta; zeros where info != 0 */
    int info;            /* out */
} flx_gp_evaluation;

/* A problem and the hyper-parameters it is conditioned on. */
typedef struct {
    flx_gp_problem problem;
    const double *theta; /* (2 + L) */
    double jitter;
    double *loo_mean;     /* (n) out or NULL: R&W eq. 5.12, of the noisy y */
    double *loo_variance; /* (n) out or NULL */
    double value;         /* out: log marginal likelihood */
    int info;             /* out */
} flx_gp_condition;

/* Queries to one member of a set of posteriors. */
typedef struct {
    int member, m;
    const double *queries; /* (m, d) */
    double *mean;          /* (m) out */
    double *variance;      /* (m) out or NULL; noise included */
    int n_slopes;          /* 0, or how many of the last inputs want a slope */
    double *slopes; /* (m, n_slopes) out: d mean / d x_k, k = d - n_slopes .. d - 1 */
} flx_gp_query;

/* Predictions of k models at n points, to be weighted (paper 4.1): y ~ P w. */
typedef struct {
    int n, k;
    bool is_squared;
    const double *P; /* (n, k) */
    const double *y; /* (n) */
} flx_weighting_problem;

/* Candidate weights of one problem of a set. */
typedef struct {
    int problem, count;
    const double *weights; /* (count, k), taken as they are */
    double *losses;        /* (count) out: sum_i |y_i - p_i' w|, or of squares */
} flx_weighting_query;

/* One matrix product: C = alpha op(A) op(B) + beta C, op(M) = M or its transpose. All
 * dense and row-major in host memory. C overlaps no operand of any product of the same
 * call. */
typedef struct {
    int m, n, k; /* op(A) (m, k), op(B) (k, n); m, n >= 0; k = 0: op(A) op(B) = 0 */
    bool is_A_transposed, is_B_transposed;
    double alpha, beta;
    const double *A; /* (m, k); transposed: (k, m) */
    const double *B; /* (k, n); transposed: (n, k) */
    double *C;       /* (m, n) in and out; beta = 0: not read, NaN there does not count */
} flx_product;

typedef struct flx_backend flx_backend;
typedef struct flx_gp_batch flx_gp_batch;         /* problems, resident on the device */
typedef struct flx_gp_posterior flx_gp_posterior; /* conditioned members, likewise */
typedef struct flx_weighting_set
    flx_weighting_set; /* predictions and targets, likewise */
typedef struct flx_resident_graph
    flx_resident_graph; /* a graph over a posterior, likewise */

struct flx_backend {
    const char *name;      /* "cpu" */
    char description[256]; /* instruction set or device, for reports */
    int threads;           /* host threads the backend may use */
    int predict_streams;   /* calls of predict, or of multiply, that may run at the same
                              time: the threads of a processor, 1 for a device with one
                              queue */
    const struct flx_backend_operations *operations;
    void *state; /* the backend's own */
};

/* Batch-level operations. One call at a time for one backend, but for `predict` and
 * `multiply`, of which predict_streams may run at once. `evaluate` allocates nothing once
 * a batch has grown. */
struct flx_backend_operations {
    flx_status (*batch_create)(flx_backend *backend, const flx_gp_problem *problems,
                               int count, flx_gp_batch **out, flx_error *error);
    flx_status (*evaluate)(flx_gp_batch *batch, flx_gp_evaluation *evaluations, int count,
                           flx_error *error);
    void (*batch_release)(flx_gp_batch *batch);

    /* A failed member stays in the set and predicts NaN. */
    flx_status (*condition)(flx_backend *backend, flx_gp_condition *members, int count,
                            flx_gp_posterior **out, flx_error *error);
    flx_status (*predict)(const flx_gp_posterior *posterior, flx_gp_query *queries,
                          int count, flx_error *error);
    void (*posterior_release)(flx_gp_posterior *posterior);

    /* A candidate's loss does not depend on its neighbours; weighting_losses allocates
     * nothing. */
    flx_status (*weighting_create)(flx_backend *backend,
                                   const flx_weighting_problem *problems, int count,
                                   flx_weighting_set **out, flx_error *error);
    flx_status (*weighting_losses)(flx_weighting_set *set,
                                   const flx_weighting_query *queries, int count,
                                   flx_error *error);
    /* Searches that stay on the device, kernels/search.h; all NULL: the host's optimizers
     * do as well there. Independent, each as if alone. Nothing is evaluated before the
     * first search_advance. The set is borrowed until search_release. FLX_BAD_INPUT, with
     * the search and its numbers, for what no search can be. */
    flx_status (*weighting_search)(flx_weighting_set *set,
                                   const flx_population_search *searches, int count,
                                   flx_population **out, flx_error *error);
    void (*weighting_release)(flx_weighting_set *set);

    /* At most `generations` of every search that is not done. reports (count). */
    flx_status (*search_advance)(flx_population *population, int generations,
                                 flx_population_report *reports, flx_error *error);
    flx_status (*search_read)(flx_population *population, int search,
                              const flx_population_state *out, flx_error *error);
    void (*search_release)(flx_population *population);

    /* Independent products of any shapes: neural networks take one call for a layer of
     * all of them. An element's value does not depend on its neighbours in the batch.
     * FLX_BAD_INPUT for a negative extent. Allocates nothing on the host. */
    flx_status (*multiply)(flx_backend *backend, const flx_product *products, int count,
                           flx_error *error);

    /* A composed graph that stays on the device, kernels/device_graph.h; NULL: the host's
     * own inference does as well there. `posterior` is borrowed until the release.
     * FLX_BAD_INPUT where it is no graph, or a model's member failed or has other
     * inputs. graph_predict: mean (count) of settings (count, n_columns), NaN = missing;
     * a candidate's mean does not depend on its neighbours. */
    flx_status (*graph_create)(flx_backend *backend, const flx_gp_posterior *posterior,
                               const flx_device_graph *graph, flx_resident_graph **out,
                               flx_error *error);
    flx_status (*graph_predict)(flx_resident_graph *graph, const double *settings,
                                int count, double *mean, flx_error *error);
    /* As weighting_search: settings whose mean is smallest, or largest. */
    flx_status (*graph_search)(flx_resident_graph *graph,
                               const flx_population_search *searches, int count,
                               flx_population **out, flx_error *error);
    void (*graph_release)(flx_resident_graph *graph);

    void (*close)(flx_backend *backend);
};

/* name: "cpu", "cuda", or "auto": cuda where there is a device, else cpu, whose
 * description then says what is wrong with a device that is there. threads 0 = all cores.
 * FLX_NO_BACKEND, with what to do, where the name is known but there is no device,
 * FLX_BAD_INPUT for another name. */
flx_status flx_backend_open(const char *name, int threads, flx_backend **out,
                            flx_error *error);
void flx_backend_close(flx_backend *backend); /* NULL is fine */

/* 2 + L of a problem. */
static inline int flx_gp_theta_size(const flx_gp_problem *problem)
{
    return flx_theta_size(problem->d, problem->is_isotropic);
}
#endif
