/* SPDX-License-Identifier: MIT
 * Finds the settings whose predicted target is best. Sees the model only as a function
 * from settings to predictions; the default setting is always among the candidates, so
 * the result is never predicted to be worse. What is found is the optimum of the model:
 * its gain is a prediction, which is why intervals and unlike alternatives are reported
 * beside it. */
#ifndef FLX_TUNING_H
#define FLX_TUNING_H

#include "host/optimization.h"
#include "host/tuning/search_space.h"

/* Predicted target (count) of settings (count, n_knobs) row-major, in the knobs' own
 * units. lower and upper (count) are the bounds of the 90% interval; both NULL where they
 * are not wanted. NaN where there is no prediction. */
typedef flx_status (*flx_predict_settings)(void *context, const double *settings,
                                           int count, double *mean, double *lower,
                                           double *upper, flx_error *error);

/* The whole search on a device that predicts by itself. *out NULL and FLX_OK: it cannot,
 * and the host loops over predictions. */
typedef flx_status (*flx_search_settings)(void *context, const flx_search_task *search,
                                          flx_optimum **out, flx_error *error);

typedef struct {
    const flx_search_space *space;
    flx_predict_settings predict;
    flx_search_settings search; /* NULL: there is no such device */
    void *context;              /* of both */
    bool maximize;
    const char *optimizer;         /* a name of host/optimization/optimizer.h */
    flx_optimizer_options options; /* seed, budget, ...; all zero: the defaults */
    bool finish; /* knobs go back to their default also where the prediction improves by
                    it; without, the result is the optimizer's own, and can be compared
                    with others */
    int top;     /* settings wanted in the list, 0: none */
} flx_tuning;

typedef struct {
    double predicted, lower90, upper90;
    double *settings; /* (n_knobs) */
} flx_tuned_setting;

typedef struct {
    int n_knobs;
    int64_t evaluations, finishing_evaluations; /* by the search; to put knobs back */
    double wall_s;
    bool is_on_device; /* the search */
    flx_tuned_setting best;
    flx_tuned_setting baseline; /* defaults and fixed settings */
    double *ablation_costs; /* (n_knobs) how much worse the best prediction becomes when
                               that knob alone goes back to its default; 0 where it is
                               there */
    int n_top;              /* <= tuning->top */
    flx_tuned_setting *top; /* the best first, then others that are good and unlike it */
} flx_tuned;

/* FLX_BAD_INPUT where no knob is left to tune or for an unknown optimizer; FLX_NUMERIC
 * where no setting has a finite prediction; else what `predict` failed with. */
flx_status flx_tune(const flx_tuning *tuning, flx_tuned **out, flx_error *error);
void flx_tuned_destroy(flx_tuned *tuned); /* NULL is fine */
#endif
