/* SPDX-License-Identifier: MIT
 * What the fit queue (host/regression/fit_queue.h) takes and what it gives back: rows to
 * fit a model to, and the model. */
#ifndef FLX_FIT_TASK_H
#define FLX_FIT_TASK_H

#include "formats/predictor.h"
#include "host/regression/gp_prior.h"

#include <stdint.h>

typedef struct {
    const char *name; /* for reports; borrowed */
    int n, d;
    const double *X; /* (n, d) row-major, scaled; borrowed until the fit returns */
    const double *y; /* (n) in its own unit; standardized inside */
    flx_predictor_kind kind; /* one of host/regression/regressor.h, or gp */
    flx_gp_prior prior;      /* gp only, with is_isotropic and covariance */
    bool is_isotropic;
    flx_covariance covariance;
    int starts;              /* gp: this many starts and no more; 0: as many as the fit
                                asks for */
    const double *start;     /* gp: the only start (n_theta), such as the optimum on more
                                rows; NULL: none. Borrowed */
    uint64_t seed;           /* of kinds that draw random numbers */
    bool wants_paper_ranges; /* mlp: hyper-parameters of the paper's appendix */
    bool wants_residuals; /* kinds other than gp, which always has them: fill loo_mean */
    /* The predictor before its fit: features, output range, is_log. Borrowed. NULL: X is
     * what the predictor reads. */
    const flx_predictor *predictor_template;
    const char *const *inputs; /* (predictor_template->n_inputs) names; borrowed */
} flx_fit_task;

typedef struct {
    bool has_failed;
    char why[200]; /* one sentence where it has */
    /* Whole and independent of the task, unless the fit has failed. loo_mae: mean
     * absolute error of loo_mean in the unit of y, NAN without. variance, of kinds other
     * than gp: mean square of the residuals, out of sample where wanted, unit of y
     * squared. */
    flx_predictor predictor;
    double *loo_mean,
        *loo_variance; /* (n) out-of-sample predictions in the unit of y; gp:
                          leave-one-out, of the noisy y. Other kinds: by
                          their own folds, where wanted; loo_variance NULL */
    char *output;      /* name of what it predicts: that of the task */
    double objective;  /* what was minimized */
    int starts;
    int64_t created;   /* when it was fitted, Unix seconds */
    bool is_cache_hit; /* from a repository: the counts are of its fit then */
} flx_fit_result;

/* The result of a task before its fit: the template with the task's kind. FLX_NO_MEMORY
 * leaves what clear frees. */
flx_status flx_fit_result_begin(const flx_fit_task *task, flx_fit_result *result,
                                flx_error *error);
void flx_fit_result_fail(flx_fit_result *result, const char *why);
void flx_fit_result_clear(flx_fit_result *result);
#endif
