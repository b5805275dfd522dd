/* SPDX-License-Identifier: MIT
 * The fit queue: everything that trains a Gaussian process submits tasks here and gets results
 * in order. Tasks of any n and d mix. Every (task, start) is one L-BFGS state; all live
 * states are evaluated as one batch on the backend, finished ones drop out. Minimised is
 * -(log marginal likelihood + log prior) / n over log hyper-parameters. A failing task says
 * why and never spoils the batch. */
#ifndef FLX_FIT_H
#define FLX_FIT_H

#include "host/gp.h"
#include "host/progress.h"
#include "kernels/backend.h"

typedef struct {
    const char *name;      /* for reports; borrowed */
    int n, d;
    const double *X;       /* (n, d) row-major, scaled; borrowed until the fit returns */
    const double *y;       /* (n) in its own unit; standardised inside */
    flx_gp_prior prior;
    bool is_isotropic;
} flx_fit_task;

typedef struct {
    bool has_failed;
    char why[200];         /* one sentence where it has */
    int n_theta;
    double *theta;         /* (n_theta) */
    double jitter;
    double y_mean, y_sd;   /* of the standardisation (population) */
    double lml;            /* nats, of the standardised target, constants included */
    double objective;      /* what was minimised */
    double *loo_mean, *loo_variance; /* (n) in the unit of y; of the noisy y */
    double loo_mae;        /* mean absolute leave-one-out error, unit of y */
    int evaluations, starts;
} flx_fit_result;

/* Fits all tasks; results (count) are the caller's to clear, also after a failing call.
 * Fails only when the backend or memory does. */
flx_status flx_fit_all(flx_backend *backend, const flx_fit_task *tasks, int count,
                       flx_fit_result *results, const flx_progress *progress,
                       flx_error *error);
void flx_fit_result_clear(flx_fit_result *result);
#endif
