/* SPDX-License-Identifier: MIT */
#include "host/regression/mlp/mlp_cross_validation.h"

#include "formats/memory.h"
#include "host/regression/regressor_target.h"
#include "kernels/formulas/philox.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CONFIG_STREAM = 0x4d4c5054 /* "MLPT" */ };

/* What a space draws from. */
typedef struct {
    int fewest_layers, most_layers;
    double narrowest, widest;
    double slowest, fastest;
    double least_decay, most_decay;
    flx_mlp_optimizer optimizer;
    bool has_relu;
} ranges;

static double draw_log(double low, double high, uint64_t seed, uint32_t config,
                       uint32_t what)
{
    return low * pow(high / low, flx_uniform(seed, CONFIG_STREAM, config, 0, what));
}

static flx_mlp_config draw_config(const ranges *r, int d, uint64_t seed, uint32_t config)
{
    enum { LAYERS, ACTIVATION, RATE, DECAY, FIRST_WIDTH };
    int hidden = r->fewest_layers + flx_below(seed, CONFIG_STREAM, config, 0, LAYERS,
                                              r->most_layers - r->fewest_layers + 1);
    bool is_relu =
        r->has_relu && flx_below(seed, CONFIG_STREAM, config, 0, ACTIVATION, 2) == 1;
    flx_mlp_config drawn = {
        .shape = {.activation = is_relu ? FLX_MLP_RELU : FLX_MLP_TANH,
                  .layers = hidden + 1},
        .optimizer = r->optimizer,
        .rate = draw_log(r->slowest, r->fastest, seed, config, RATE),
        .decay = draw_log(r->least_decay, r->most_decay, seed, config, DECAY),
    };
    drawn.shape.size[0] = d;
    for (int l = 1; l <= hidden; l++)
        drawn.shape.size[l] = (int)round(
            draw_log(r->narrowest, r->widest, seed, config, FIRST_WIDTH + (uint32_t)l));
    drawn.shape.size[hidden + 1] = 1;
    return drawn;
}

void flx_mlp_draw_configs(flx_mlp_search_space space, int d, uint64_t seed,
                          flx_mlp_config *configs)
{
    static const ranges small = {1, 3, 16, 128, 0.001, 0.01, 0.01, 3, FLX_MLP_ADAM, true};
    static const ranges paper = {3,   7,    100,  2048,        0.001,
                                 0.1, 1e-4, 1e-4, FLX_MLP_SGD, false};
    for (uint32_t c = 0; c < FLX_MLP_CONFIG_COUNT; c++)
        configs[c] = draw_config(space == FLX_MLP_PAPER ? &paper : &small, d, seed, c);
}

static double *take(double **memory, size_t count)
{
    double *taken = *memory;
    *memory += count;
    return taken;
}

static void standardize_inputs(flx_mlp_cross_validation *v)
{
    size_t n = (size_t)v->task->n, d = (size_t)v->task->d;
    for (size_t k = 0; k < d; k++) {
        double mean = 0, square = 0;
        for (size_t i = 0; i < n; i++)
            mean += v->task->X[i * d + k] / (double)n;
        for (size_t i = 0; i < n; i++) {
            double off = v->task->X[i * d + k] - mean;
            square += off * off / (double)n;
        }
        double sd = sqrt(square);
        v->center[k] = mean;
        v->inverse_sd[k] = sd > 1e-12 * fabs(mean) ? 1 / sd : 0;
        for (size_t i = 0; i < n; i++)
            v->X[i * d + k] = (v->task->X[i * d + k] - mean) * v->inverse_sd[k];
    }
}

/* Rows of fold f are left out, the others are training rows. */
static void pack_fold(flx_mlp_cross_validation *v, int f, double **memory)
{
    size_t rows = (size_t)v->task->n, d = (size_t)v->task->d;
    double *X = take(memory, rows * d), *y = take(memory, rows);
    int n = 0, m = 0;
    for (size_t i = 0; i < rows; i++)
        m += v->row_fold[i] == f;
    n = (int)rows - m;
    double *test_X = X + (size_t)n * d, *test_y = y + n;
    v->fold[f] = (flx_mlp_fold){n, m, X, y, test_X, test_y};
    n = m = 0;
    for (size_t i = 0; i < rows; i++) {
        bool is_test = v->row_fold[i] == f;
        size_t to = (size_t)(is_test ? m++ : n++);
        memcpy((is_test ? test_X : X) + to * d, v->X + i * d, d * sizeof *X);
        (is_test ? test_y : y)[to] = v->y[i];
    }
}

flx_status flx_mlp_cross_validation_prepare(flx_mlp_cross_validation *v,
                                            const flx_fit_task *task,
                                            flx_fit_result *result, flx_error *error)
{
    *v = (flx_mlp_cross_validation){.task = task, .result = result};
    if (!flx_regressor_target_admit(task, result))
        return FLX_OK;
    int n_groups;
    size_t n = (size_t)task->n, d = (size_t)task->d;
    v->folds = task->n < FLX_FOLDS ? task->n : FLX_FOLDS;
    size_t doubles = 2 * d + (1 + (size_t)v->folds) * n * (d + 1);
    if (!FLX_NEW(v->row_fold, n) || !FLX_NEW(v->memory, doubles))
        return flx_no_memory(error, "the %zu rows of %s", n, task->name);
    double *memory = v->memory;
    v->center = take(&memory, d);
    v->inverse_sd = take(&memory, d);
    v->X = take(&memory, n * d);
    v->y = take(&memory, n);
    flx_regressor_target_standardize(task, result, v->y);
    standardize_inputs(v);
    FLX_TRY(flx_folds_deal(NULL, task->n, task->seed, v->row_fold, &n_groups, error));
    for (int f = 0; f < v->folds; f++)
        pack_fold(v, f, &memory);
    return FLX_OK;
}

void flx_mlp_cross_validation_clear(flx_mlp_cross_validation *v)
{
    for (int k = 0; k < v->n_kept; k++)
        free(v->kept[k].weights);
    free(v->memory);
    free(v->row_fold);
    *v = (flx_mlp_cross_validation){0};
}

void flx_mlp_cross_validation_take(flx_mlp_cross_validation *v, flx_mlp_run *run)
{
    v->result->predictor.evaluations += run->taken_steps * run->folds;
    v->result->starts++;
    if (v->n_kept == FLX_MLP_KEPT) {
        if (!(run->loss < v->kept[FLX_MLP_KEPT - 1].loss)) {
            free(run->weights);
            return;
        }
        free(v->kept[--v->n_kept].weights);
    }
    int at = v->n_kept++;
    for (; at > 0 && run->loss < v->kept[at - 1].loss; at--)
        v->kept[at] = v->kept[at - 1];
    v->kept[at] = *run;
}

/* Inputs as they come instead of standardized ones: W / sd, and less center' W / sd. */
static void absorb_scaling(const flx_mlp_cross_validation *v, const flx_mlp_shape *shape,
                           double *weights)
{
    size_t d = (size_t)shape->size[0], out = (size_t)shape->size[1];
    double *biases = weights + d * out;
    for (size_t k = 0; k < d; k++)
        for (size_t j = 0; j < out; j++) {
            weights[k * out + j] *= v->inverse_sd[k];
            biases[j] -= v->center[k] * weights[k * out + j];
        }
}

static double *write_network(const flx_mlp_cross_validation *v, const flx_mlp_run *run,
                             int f, double *to)
{
    const flx_mlp_shape *shape = &run->config.shape;
    size_t count = flx_mlp_count_weights(shape);
    *to++ = shape->activation;
    *to++ = shape->layers;
    for (int k = 0; k <= shape->layers; k++)
        *to++ = shape->size[k];
    memcpy(to, run->weights + (size_t)f * count, count * sizeof *to);
    absorb_scaling(v, shape, to);
    return to + count;
}

static flx_status write_parameters(flx_mlp_cross_validation *v, flx_error *error)
{
    size_t count = 1;
    for (int k = 0; k < v->n_kept; k++) {
        const flx_mlp_shape *shape = &v->kept[k].config.shape;
        count +=
            (size_t)v->folds * (3 + (size_t)shape->layers + flx_mlp_count_weights(shape));
    }
    double *to = FLX_NEW(v->result->predictor.parameters, count);
    if (!to)
        return flx_no_memory(error, "the %zu weights of %s", count, v->task->name);
    v->result->predictor.n_parameters = count;
    *to++ = v->n_kept * v->folds;
    for (int k = 0; k < v->n_kept; k++)
        for (int f = 0; f < v->folds; f++)
            to = write_network(v, &v->kept[k], f, to);
    return FLX_OK;
}

/* Every row by the networks that were not trained on it. */
static flx_status predict_left_out(const flx_mlp_cross_validation *v, double *predictions,
                                   flx_error *error)
{
    size_t n = (size_t)v->task->n, d = (size_t)v->task->d;
    for (int k = 0; k < v->n_kept; k++) {
        const flx_mlp_shape *shape = &v->kept[k].config.shape;
        size_t count = flx_mlp_count_weights(shape);
        FLX_SCOPED double *scratch = NULL;
        if (!FLX_NEW(scratch, flx_mlp_count_work(shape, 1)))
            return flx_no_memory(error, "the predictions of %s", v->task->name);
        for (size_t i = 0; i < n; i++)
            predictions[i] +=
                flx_mlp_predict_row(shape,
                                    v->kept[k].weights + (size_t)v->row_fold[i] * count,
                                    v->X + i * d, scratch, 0, NULL) /
                v->n_kept;
    }
    return FLX_OK;
}

flx_status flx_mlp_cross_validation_finish(flx_mlp_cross_validation *v, flx_error *error)
{
    FLX_SCOPED double *predictions = NULL;
    FLX_TRY(write_parameters(v, error));
    if (!FLX_NEW(predictions, v->task->n))
        return flx_no_memory(error, "the predictions of %s", v->task->name);
    FLX_TRY(predict_left_out(v, predictions, error));
    flx_regressor_target_take_predictions(v->task, v->result, predictions);
    predictions = NULL;
    return FLX_OK;
}
