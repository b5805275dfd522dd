/* SPDX-License-Identifier: MIT
 * The panel kernels for one instruction set. Compiled once for each with FLX_PANEL_WIDTH
 * and FLX_PANEL_TABLE set by kernels/CMakeLists.txt; everything but the table is static.
 */
#include "kernels/cpu/panel/panel.h"

#include <string.h>

#include "kernels/cpu/panel/vector.h"

#include "kernels/cpu/panel/cholesky.h"

#include "kernels/cpu/panel/covariance.h"
#include "kernels/cpu/panel/gradient.h"
#include "kernels/cpu/panel/multiply.h"
#include "kernels/cpu/panel/predict.h"
#include "kernels/cpu/panel/uniforms.h"
#include "kernels/cpu/panel/weighting.h"
#include "kernels/formulas/theta.h"

#define LOG_2PI 1.8378770664093454836

static int panels_of(int n)
{
    return (n + W - 1) / W;
}

static size_t lower_size(int n)
{
    return lower_offset(panels_of(n));
}

static size_t upper_size(int n)
{
    int panels = panels_of(n), whole = (panels + GROUP - 1) / GROUP * GROUP;
    return upper_offset(whole, panels) + (size_t)W * W * GROUP;
}

static size_t rounded(size_t count)
{
    return (count + 7) / 8 * 8;
}

static double *take(double **memory, size_t count)
{
    double *taken = *memory;
    *memory += rounded(count);
    return taken;
}

static size_t scratch_size(int n, int d)
{
    size_t rows = rounded((size_t)panels_of(n) * W), inputs = (size_t)d;
    return rows * inputs + 2 * rounded(lower_size(n)) + rounded(upper_size(n)) +
           4 * rows + 2 * rounded(inputs) + rounded(inputs * W) + 64;
}

static void bind_scratch(flx_panel_scratch *scratch, int n, int d, double *memory)
{
    size_t rows = (size_t)panels_of(n) * W, inputs = (size_t)d;
    scratch->Z = take(&memory, rows * inputs);
    scratch->L = take(&memory, lower_size(n));
    scratch->G = take(&memory, lower_size(n));
    scratch->U = take(&memory, upper_size(n));
    scratch->alpha = take(&memory, rows);
    scratch->forward = take(&memory, rows);
    scratch->inverse_diagonal = take(&memory, rows);
    scratch->row_sum = take(&memory, rows);
    scratch->inverse_ell = take(&memory, inputs);
    scratch->slope = take(&memory, inputs);
    scratch->slope_lanes = take(&memory, inputs * W);
}

static void scale_inputs(const flx_panel_data *data, const double *theta,
                         double *inverse_ell, double *Z)
{
    for (int k = 0; k < data->d; k++)
        inverse_ell[k] = flx_inverse_length_scale(theta, data->is_isotropic, k);
    size_t panel_size = (size_t)data->d * W;
    for (int p = 0; p < data->panels; p++)
        for (int k = 0; k < data->d; k++) {
            size_t at = (size_t)p * panel_size + (size_t)k * W;
            store(Z + at, load(data->X + at) * splat(inverse_ell[k]));
        }
}

/* forward = L^-1 y, column by column; returns forward'forward = y' K^-1 y. */
static double solve_forward(int panels, const double *L, const double *reciprocal,
                            const double *y, double *forward)
{
    double square = 0;
    for (int p = 0; p < panels; p++) {
        const double *L_p = L + lower_offset(p);
        vec even = load(y + p * W), odd = splat(0.0);
        for (int j = 0; j < p * W; j += 2) {
            even -= load(L_p + (size_t)j * W) * splat(forward[j]);
            odd -= load(L_p + (size_t)(j + 1) * W) * splat(forward[j + 1]);
        }
        double x[W] __attribute__((aligned(64)));
        store(x, even + odd);
        const double *block = L_p + (size_t)p * W * W;
        for (int c = 0; c < W; c++) {
            x[c] *= reciprocal[p * W + c];
            square += x[c] * x[c];
            for (int i = c + 1; i < W; i++)
                x[i] -= block[c * W + i] * x[c];
        }
        memcpy(forward + p * W, x, sizeof x);
    }
    return square;
}

/* alpha = L^-T forward = U forward. */
static void solve_backward(int panels, const double *U, const double *forward,
                           double *alpha)
{
    for (int p = 0; p < panels; p++) {
        const double *U_p = U + upper_offset(p, panels);
        int first = group_start(p) * W;
        vec even = splat(0.0), odd = splat(0.0);
        for (int j = first; j < panels * W; j += 2) {
            even += load(U_p + (size_t)(j - first) * W) * splat(forward[j]);
            odd += load(U_p + (size_t)(j + 1 - first) * W) * splat(forward[j + 1]);
        }
        store(alpha + p * W, even + odd);
    }
}

static double log_determinant(int n, const double *reciprocal)
{
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum -= log(reciprocal[i]);
    return 2.0 * sum;
}

static int theta_size(const flx_panel_data *data)
{
    return flx_theta_size(data->d, data->is_isotropic);
}

/* Fills gradient from the factor in `scratch`. */
static void differentiate(const flx_panel_data *data, const double *theta, double jitter,
                          double square, flx_panel_scratch *scratch, double *gradient)
{
    weight_slopes(data->panels, scratch->U, scratch->alpha, scratch->G,
                  scratch->inverse_diagonal);
    reduce_slopes(data, scratch->Z, scratch->G, scratch->row_sum, scratch->slope_lanes,
                  scratch->slope);
    double trace = 0;
    for (int i = 0; i < data->n; i++)
        trace += scratch->alpha[i] * scratch->alpha[i] - scratch->inverse_diagonal[i];
    double sn2 = flx_noise_variance(theta, data->d, data->is_isotropic);
    memset(gradient, 0, (size_t)theta_size(data) * sizeof *gradient);
    gradient[FLX_THETA_SIGNAL] = 0.5 * (square - data->n - (sn2 + jitter) * trace);
    gradient[flx_theta_noise(data->d, data->is_isotropic)] = 0.5 * sn2 * trace;
    for (int k = 0; k < data->d; k++)
        gradient[flx_theta_scale(data->is_isotropic, k)] += scratch->slope[k];
}

/* The input of a single point has no part in the value: that it is not finite shows only
 * in the gradient. */
static bool is_finite(int count, const double *values)
{
    double sum = 0;
    for (int k = 0; k < count; k++)
        sum += values[k] - values[k];
    return sum == 0.0;
}

static int evaluate(const flx_panel_data *data, const double *theta, double jitter,
                    flx_panel_scratch *scratch, double *value, double *gradient)
{
    double s2 = flx_signal_variance(theta);
    double sn2 = flx_noise_variance(theta, data->d, data->is_isotropic);
    double *reciprocal = scratch->row_sum; /* free until reduce_slopes */
    scale_inputs(data, theta, scratch->inverse_ell, scratch->Z);
    build_covariance(data, scratch->Z, s2, sn2 + jitter, scratch->L, scratch->G);
    int info = factor_cholesky(data->panels, scratch->L, reciprocal);
    if (info)
        return info;
    double square =
        solve_forward(data->panels, scratch->L, reciprocal, data->y, scratch->forward);
    *value = -0.5 * (square + log_determinant(data->n, reciprocal) + data->n * LOG_2PI);
    if (!(*value - *value == 0.0))
        return -1;
    if (!gradient)
        return 0;
    invert_factor(data->panels, scratch->L, reciprocal, scratch->U);
    solve_backward(data->panels, scratch->U, scratch->forward, scratch->alpha);
    differentiate(data, theta, jitter, square, scratch, gradient);
    return is_finite(theta_size(data), gradient) ? 0 : -1;
}

static size_t posterior_size(int n, int d)
{
    size_t rows = rounded((size_t)panels_of(n) * W), inputs = (size_t)d;
    return rows * inputs + 2 * rounded(inputs) + rows + rounded(lower_size(n)) + 64;
}

/* Packed lower panels of L^-1 = U', block by block. */
static void transpose_upper(int panels, const double *U, double *inverse_L)
{
    for (int p = 0; p < panels; p++)
        for (int q = 0; q <= p; q++) {
            const double *from =
                U + upper_offset(q, panels) + (size_t)(p - group_start(q)) * W * W;
            double *to = inverse_L + lower_offset(p) + (size_t)q * W * W;
            for (int c = 0; c < W; c++)
                for (int i = 0; i < W; i++)
                    to[c * W + i] = from[i * W + c];
        }
}

/* Queries have a covariance with the padding points too: their rows of L^-1 must not
 * count. */
static void clear_padding(const flx_panel_data *data, double *inverse_L)
{
    int last = data->panels - 1, first = data->n - last * W;
    double *panel = inverse_L + lower_offset(last);
    for (int j = 0; j < data->rows; j++)
        for (int i = first; i < W; i++)
            panel[j * W + i] = 0.0;
}

static void keep_posterior(const flx_panel_data *data, const double *theta,
                           const flx_panel_scratch *scratch, double *memory,
                           flx_panel_posterior *posterior)
{
    size_t rows = (size_t)data->rows, inputs = (size_t)data->d;
    posterior->d = data->d;
    posterior->panels = data->panels;
    posterior->covariance = data->covariance;
    posterior->s2 = flx_signal_variance(theta);
    posterior->sn2 = flx_noise_variance(theta, data->d, data->is_isotropic);
    posterior->Z = take(&memory, rows * inputs);
    posterior->center = take(&memory, inputs);
    posterior->inverse_ell = take(&memory, inputs);
    posterior->alpha = take(&memory, rows);
    posterior->inverse_L = take(&memory, lower_size(data->n));
    posterior->is_valid = 1;
    memcpy(posterior->Z, scratch->Z, rows * inputs * sizeof(double));
    memcpy(posterior->center, data->center, inputs * sizeof(double));
    memcpy(posterior->inverse_ell, scratch->inverse_ell, inputs * sizeof(double));
    memcpy(posterior->alpha, scratch->alpha, rows * sizeof(double));
    transpose_upper(data->panels, scratch->U, posterior->inverse_L);
    clear_padding(data, posterior->inverse_L);
}

bool FLX_PANEL_SUPPORTED(void);

const flx_panel_kernels FLX_PANEL_TABLE = {
    .name = FLX_PANEL_NAME,
    .width = W,
    .is_supported = FLX_PANEL_SUPPORTED,
    .scratch_size = scratch_size,
    .bind_scratch = bind_scratch,
    .evaluate = evaluate,
    .posterior_size = posterior_size,
    .keep_posterior = keep_posterior,
    .predict_size = predict_size,
    .predict = predict,
    .covariance_rows = covariance_rows,
    .losses_size = losses_size,
    .losses = weighting_losses,
    .multiply = multiply,
    .uniforms = uniforms,
};
