/* SPDX-License-Identifier: MIT
 * The fit queue: everything that trains a model submits tasks here and gets results in
 * order. Tasks of any n, d and kind mix. Of a Gaussian process every (task, start) is one
 * L-BFGS state; all live states are evaluated as one batch on the backend, finished ones
 * drop out. Minimized is -(log marginal likelihood + log prior) / n over log
 * hyper-parameters. The other kinds (host/regression/regressor.h) get all tasks of theirs
 * at once. A failing task says why and never spoils the batch. */
#ifndef FLX_GP_FIT_H
#define FLX_GP_FIT_H

#include "formats/predictor.h"
#include "formats/progress.h"
#include "host/regression/gp_prior.h"
#include "host/regression/model_repository.h"
#include "kernels/backend.h"

#include <stdint.h>

typedef struct {
    const char *name; /* for reports; borrowed */
    int n, d;
    const double *X; /* (n, d) row-major, scaled; borrowed until the fit returns */
    const double *y; /* (n) in its own unit; standardized inside */
    flx_predictor_kind
        kind;           /* 0: Gaussian process; else one of host/regression/regressor.h */
    flx_gp_prior prior; /* gp only, with is_isotropic */
    bool is_isotropic;
    int starts;              /* gp: this many starts and no more; 0: as many as the fit
                                asks for */
    const double *start;     /* gp: the only start (n_theta), such as the optimum on more
                                rows; NULL: none. Borrowed */
    uint64_t seed;           /* of kinds that draw random numbers */
    bool wants_paper_ranges; /* mlp: hyper-parameters of the paper's appendix */
    bool wants_residuals; /* kinds other than gp, which always has them: fill loo_mean */
    /* Of the model it will be, for the repository (host/regression/fit_key.h); NULL: X as
     * it is. */
    const flx_predictor *frame; /* features and range; borrowed */
    const char *const *inputs;  /* (frame->n_inputs) names; borrowed */
} flx_fit_task;

typedef struct {
    bool has_failed;
    char why[200]; /* one sentence where it has */
    int n_theta;
    double *theta; /* (n_theta) */
    double jitter;
    double y_mean, y_sd; /* of the standardization (population) */
    double lml;          /* nats, of the standardized target, constants included */
    double objective;    /* what was minimized */
    double *loo_mean, *loo_variance; /* (n) in the unit of y; of the noisy y. Other kinds
                                        than gp: out of sample, by their own folds, where
                                        asked for; loo_variance NULL */
    double loo_mae;  /* mean absolute error of loo_mean, unit of y; NAN without */
    double variance; /* other kinds than gp: mean square of the residuals, out of
                        sample where asked for, unit of y squared */
    size_t n_parameters;
    double *parameters; /* (n_parameters) what flx_predictor keeps of such a kind */
    size_t n_bytes;
    unsigned char *bytes; /* (n_bytes) likewise */
    int evaluations, starts;
    bool was_found;  /* looked up in a repository: the counts are of its fit then */
    int64_t created; /* when it was fitted, Unix seconds */
} flx_fit_result;

typedef struct {
    const flx_repository *repository; /* or NULL */
    const flx_progress *progress;     /* or NULL */
    uint64_t seed; /* what training gives the tasks of kinds that draw random numbers;
                      the queue itself reads that of each task */
} flx_fit_options;

/* Fits all tasks; results (count) are the caller's to clear, also after a failing call.
 * With a repository every task is looked up there first, and a fit is stored as soon as
 * it is done: what a kill interrupts goes on from there when it is asked for again. Fails
 * only when the backend, memory or the repository does; failed tasks are not stored.
 * `options` may be NULL. */
flx_status flx_fit_with(flx_backend *backend, const flx_fit_task *tasks, int count,
                        flx_fit_result *results, const flx_fit_options *options,
                        flx_error *error);
/* Without a repository. */
flx_status flx_fit_all(flx_backend *backend, const flx_fit_task *tasks, int count,
                       flx_fit_result *results, const flx_progress *progress,
                       flx_error *error);
void flx_fit_result_clear(flx_fit_result *result);
#endif
