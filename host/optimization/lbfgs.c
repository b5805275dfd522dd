/* SPDX-License-Identifier: MIT */
#include "host/optimization/lbfgs.h"

#include <math.h>
#include <string.h>

size_t flx_lbfgs_memory_size(int size)
{
    return (size_t)size * (4 + 2 * FLX_LBFGS_MEMORY) + FLX_LBFGS_MEMORY;
}

void flx_lbfgs_bind(flx_lbfgs *state, int size, const flx_lbfgs_options *options,
                    const double *lower, const double *upper, double *memory)
{
    size_t row = (size_t)size;
    *state =
        (flx_lbfgs){.size = size, .options = options, .lower = lower, .upper = upper};
    state->x = memory;
    state->gradient = state->x + row;
    state->trial = state->gradient + row;
    state->direction = state->trial + row;
    state->s = state->direction + row;
    state->y = state->s + row * FLX_LBFGS_MEMORY;
    state->alpha = state->y + row * FLX_LBFGS_MEMORY;
}

static double clamp(double x, double low, double high)
{
    return x < low ? low : x > high ? high : x;
}

void flx_lbfgs_begin(flx_lbfgs *state, const double *start)
{
    for (int i = 0; i < state->size; i++)
        state->trial[i] = clamp(start[i], state->lower[i], state->upper[i]);
    state->stored = state->newest = state->iteration = state->backtracks = 0;
    state->is_started = state->is_done = false;
    state->value = INFINITY;
}

/* At a bound, with the gradient pushing outwards. */
static bool is_fixed(const flx_lbfgs *state, int i)
{
    return (state->x[i] <= state->lower[i] && state->gradient[i] > 0) ||
           (state->x[i] >= state->upper[i] && state->gradient[i] < 0);
}

static double free_dot(const flx_lbfgs *state, const double *a, const double *b)
{
    double sum = 0;
    for (int i = 0; i < state->size; i++)
        if (!is_fixed(state, i))
            sum += a[i] * b[i];
    return sum;
}

static double largest_free_gradient(const flx_lbfgs *state)
{
    double largest = 0;
    for (int i = 0; i < state->size; i++)
        if (!is_fixed(state, i))
            largest = fmax(largest, fabs(state->gradient[i]));
    return largest;
}

static void add_scaled(const flx_lbfgs *state, double factor, const double *a, double *to)
{
    for (int i = 0; i < state->size; i++)
        to[i] += factor * a[i];
}

/* direction <- H * direction by the two-loop recursion over the stored pairs that still
 * have positive curvature in the free variables. */
static void apply_inverse_hessian(flx_lbfgs *state)
{
    double *q = state->direction, scale = 0;
    for (int k = 0; k < state->stored; k++) {
        int at = (state->newest - k + FLX_LBFGS_MEMORY) % FLX_LBFGS_MEMORY;
        const double *s = state->s + at * state->size, *y = state->y + at * state->size;
        double sy = free_dot(state, s, y);
        state->alpha[at] = 0;
        if (sy <= 0)
            continue;
        state->alpha[at] = free_dot(state, s, q) / sy;
        add_scaled(state, -state->alpha[at], y, q);
        if (scale == 0)
            scale = sy / free_dot(state, y, y);
    }
    for (int i = 0; i < state->size && scale > 0; i++)
        q[i] *= scale;
    for (int k = state->stored - 1; k >= 0; k--) {
        int at = (state->newest - k + FLX_LBFGS_MEMORY) % FLX_LBFGS_MEMORY;
        const double *s = state->s + at * state->size, *y = state->y + at * state->size;
        double sy = free_dot(state, s, y);
        if (sy > 0)
            add_scaled(state, state->alpha[at] - free_dot(state, y, q) / sy, s, q);
    }
}

static void point_downhill(flx_lbfgs *state)
{
    for (int i = 0; i < state->size; i++)
        state->direction[i] = is_fixed(state, i) ? 0 : -state->gradient[i];
}

/* trial = x + step * direction, projected into the box; slope = gradient . displacement.
 */
static void place_trial(flx_lbfgs *state)
{
    state->slope = 0;
    for (int i = 0; i < state->size; i++) {
        state->trial[i] = clamp(state->x[i] + state->step * state->direction[i],
                                state->lower[i], state->upper[i]);
        state->slope += state->gradient[i] * (state->trial[i] - state->x[i]);
    }
}

static void begin_line_search(flx_lbfgs *state)
{
    point_downhill(state);
    apply_inverse_hessian(state);
    for (int i = 0; i < state->size; i++)
        if (is_fixed(state, i))
            state->direction[i] = 0;
    if (free_dot(state, state->direction, state->gradient) >= 0) {
        state->stored = 0;
        point_downhill(state);
    }
    double largest = 0, square = 0;
    for (int i = 0; i < state->size; i++) {
        largest = fmax(largest, fabs(state->direction[i]));
        square += state->direction[i] * state->direction[i];
    }
    state->step = state->stored ? 1.0 : fmin(1.0 / sqrt(square), 1e3);
    if (state->step * largest > state->options->step_cap)
        state->step = state->options->step_cap / largest;
    state->backtracks = 0;
    place_trial(state);
}

static void remember_step(flx_lbfgs *state, const double *gradient)
{
    int at = (state->newest + 1) % FLX_LBFGS_MEMORY;
    double *s = state->s + at * state->size, *y = state->y + at * state->size;
    double sy = 0, ss = 0, yy = 0;
    for (int i = 0; i < state->size; i++) {
        s[i] = state->trial[i] - state->x[i];
        y[i] = gradient[i] - state->gradient[i];
        sy += s[i] * y[i];
        ss += s[i] * s[i];
        yy += y[i] * y[i];
    }
    if (sy <= 1e-10 * sqrt(ss * yy))
        return;
    state->newest = at;
    if (state->stored < FLX_LBFGS_MEMORY)
        state->stored++;
}

/* Shorter step by the parabola through the known values, within a tenth and a half. */
static void shorten_step(flx_lbfgs *state, double value)
{
    double factor = 0.25;
    if (isfinite(value)) {
        double curvature = 2.0 * (value - state->value - state->slope);
        factor = curvature > 0 ? clamp(-state->slope / curvature, 0.1, 0.5) : 0.5;
    }
    state->step *= factor;
    if (++state->backtracks > 20)
        state->is_done = true;
    else
        place_trial(state);
}

static void accept_trial(flx_lbfgs *state, double value, const double *gradient)
{
    size_t bytes = (size_t)state->size * sizeof(double);
    double decrease = state->value - value;
    bool was_started = state->is_started;
    if (was_started)
        remember_step(state, gradient);
    memcpy(state->x, state->trial, bytes);
    memcpy(state->gradient, gradient, bytes);
    state->value = value;
    state->is_started = true;
    if (was_started)
        state->iteration++;
    const flx_lbfgs_options *options = state->options;
    bool is_flat =
        was_started && decrease <= options->value_tolerance * fmax(1.0, fabs(value));
    if (is_flat || state->iteration >= options->max_iterations ||
        largest_free_gradient(state) <= options->gradient_tolerance)
        state->is_done = true;
    else
        begin_line_search(state);
}

void flx_lbfgs_tell(flx_lbfgs *state, double value, const double *gradient)
{
    bool is_finite = isfinite(value);
    if (!state->is_started) {
        if (is_finite)
            accept_trial(state, value, gradient);
        else
            state->is_done = true;
    } else if (is_finite && value <= state->value + 1e-4 * state->slope) {
        accept_trial(state, value, gradient);
    } else {
        shorten_step(state, value);
    }
}
