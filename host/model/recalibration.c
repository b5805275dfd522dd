/* SPDX-License-Identifier: MIT */
#include "host/model/recalibration.h"

#include "formats/memory.h"

#include <math.h>
#include <stdlib.h>

static const double pseudo_rows = 5;
static const double flattest = 0.2, steepest = 5; /* beyond, a line is an accident */

/* The pair on the scale of the model; false where it has none. */
static bool make_pair(double predicted, double measured, bool is_log, double *x,
                      double *residual)
{
    if (is_log && !(predicted > 0 && measured > 0))
        return false;
    *x = is_log ? log(predicted) : predicted;
    *residual = (is_log ? log(measured) : measured) - *x;
    return isfinite(*x) && isfinite(*residual);
}

/* Sums over the pairs about (mean_x, mean_r). */
typedef struct {
    int n;
    double x, r, xx, xr;
} sums;

static sums add_up(const double *predicted, const double *measured, int n, bool is_log,
                   double mean_x, double mean_r)
{
    sums s = {0};
    for (int i = 0; i < n; i++) {
        double x, r;
        if (!make_pair(predicted[i], measured[i], is_log, &x, &r))
            continue;
        s.n++;
        s.x += x - mean_x;
        s.r += r - mean_r;
        s.xx += (x - mean_x) * (x - mean_x);
        s.xr += (x - mean_x) * (r - mean_r);
    }
    return s;
}

/* Mean square distance of the model's training targets from x; 0 where it has none. */
static double training_spread(const flx_predictor *model, double x)
{
    bool has_none =
        model->kind == FLX_PREDICTOR_RULE || model->kind == FLX_PREDICTOR_CONSTANT;
    double away = model->y_mean - x;
    return has_none ? 0 : model->y_sd * model->y_sd + away * away;
}

/* Residuals r on predictions x: r = shift + tilt (x - mean x), both drawn toward 0. */
flx_recalibration flx_recalibration_estimate(const flx_predictor *model,
                                             const double *predicted,
                                             const double *measured, int n)
{
    flx_recalibration line = {0, 1, 0};
    bool is_log = model->is_log;
    sums first = add_up(predicted, measured, n, is_log, 0, 0);
    if (first.n == 0)
        return line;
    double mean_x = first.x / first.n, mean_r = first.r / first.n;
    sums about = add_up(predicted, measured, n, is_log, mean_x, mean_r);
    double spread = fmax(about.xx / first.n, training_spread(model, mean_x));
    double tilt = about.xx > 0 ? about.xr / (about.xx + pseudo_rows * spread) : 0;
    line.slope = fmin(fmax(1 + tilt, flattest), steepest);
    line.intercept =
        first.n / (first.n + pseudo_rows) * mean_r - (line.slope - 1) * mean_x;
    for (int i = 0; i < n; i++) {
        double x, r;
        if (!make_pair(predicted[i], measured[i], is_log, &x, &r))
            continue;
        double left = r - line.intercept - (line.slope - 1) * x;
        line.variance += left * left / first.n;
    }
    return line;
}

double flx_recalibration_apply(const flx_recalibration *line, double predicted,
                               bool is_log)
{
    if (!is_log)
        return line->intercept + line->slope * predicted;
    return predicted > 0 ? exp(line->intercept + line->slope * log(predicted))
                         : predicted;
}

/* Of a rule: a line through the line it has. */
static flx_status recalibrate_rule(const flx_recalibration *line, flx_predictor *p,
                                   flx_error *error)
{
    if (p->n_parameters == 0) {
        if (!FLX_NEW(p->parameters, 3))
            return flx_no_memory(error, "a rule");
        p->parameters[1] = 1;
        p->n_parameters = 3;
    }
    p->parameters[0] = line->intercept + line->slope * p->parameters[0];
    p->parameters[1] *= line->slope;
    p->parameters[2] = line->variance;
    return FLX_OK;
}

/* The bounds of the output move with it; what was never below zero stays so. */
static void move_bounds(const flx_recalibration *line, flx_predictor *p)
{
    bool is_positive = p->output_low >= 0;
    if (isfinite(p->output_low))
        p->output_low = flx_recalibration_apply(line, p->output_low, p->is_log);
    if (isfinite(p->output_high))
        p->output_high = flx_recalibration_apply(line, p->output_high, p->is_log);
    if (is_positive && p->output_low < 0)
        p->output_low = 0;
}

flx_status flx_recalibrate(const flx_recalibration *line, flx_predictor *p,
                           flx_error *error)
{
    if (p->kind == FLX_PREDICTOR_RULE)
        return recalibrate_rule(line, p, error);
    move_bounds(line, p);
    p->constant = line->intercept + line->slope * p->constant;
    p->variance *= line->slope * line->slope;
    for (int i = 0; i < p->n && p->y; i++)
        p->y[i] = line->intercept + line->slope * p->y[i];
    p->y_mean = line->intercept + line->slope * p->y_mean;
    p->y_sd *= line->slope;
    return FLX_OK;
}
