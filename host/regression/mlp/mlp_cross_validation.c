/* SPDX-License-Identifier: MIT */
#include "host/regression/mlp/mlp_cross_validation.h"

#include "host/regression/regressor_target.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static double *take(double **memory, size_t count)
{
    double *taken = *memory;
    *memory += count;
    return taken;
}

static void standardize_inputs(flx_mlp_cross_validation *l)
{
    size_t n = (size_t)l->task->n, d = (size_t)l->task->d;
    for (size_t k = 0; k < d; k++) {
        double mean = 0, square = 0;
        for (size_t i = 0; i < n; i++)
            mean += l->task->X[i * d + k] / (double)n;
        for (size_t i = 0; i < n; i++) {
            double off = l->task->X[i * d + k] - mean;
            square += off * off / (double)n;
        }
        double sd = sqrt(square);
        l->center[k] = mean;
        l->inverse_sd[k] = sd > 1e-12 * fabs(mean) ? 1 / sd : 0;
        for (size_t i = 0; i < n; i++)
            l->X[i * d + k] = (l->task->X[i * d + k] - mean) * l->inverse_sd[k];
    }
}

/* Rows of fold f are left out and the others taught. */
static void pack_fold(flx_mlp_cross_validation *l, int f, double **memory)
{
    size_t n = (size_t)l->task->n, d = (size_t)l->task->d;
    double *X = take(memory, n * d), *y = take(memory, n);
    int left_out = 0, taught = 0;
    for (size_t i = 0; i < n; i++)
        left_out += l->row_fold[i] == f;
    double *asked = X + (n - (size_t)left_out) * d,
           *expected = y + (n - (size_t)left_out);
    l->fold[f] = (flx_mlp_fold){(int)n - left_out, left_out, X, y, asked, expected};
    left_out = 0;
    for (size_t i = 0; i < n; i++) {
        bool is_asked = l->row_fold[i] == f;
        size_t to = (size_t)(is_asked ? left_out++ : taught++);
        memcpy((is_asked ? asked : X) + to * d, l->X + i * d, d * sizeof *X);
        (is_asked ? expected : y)[to] = l->y[i];
    }
}

flx_status flx_mlp_cross_validation_prepare(flx_mlp_cross_validation *l,
                                            const flx_fit_task *task,
                                            flx_fit_result *result, flx_error *error)
{
    *l = (flx_mlp_cross_validation){.task = task, .result = result};
    if (!flx_regressor_target_admit(task, result))
        return FLX_OK;
    int n_groups;
    size_t n = (size_t)task->n, d = (size_t)task->d;
    l->folds = task->n < FLX_FOLDS ? task->n : FLX_FOLDS;
    l->row_fold = malloc(n * sizeof *l->row_fold);
    l->memory = malloc((2 * d + (1 + (size_t)l->folds) * n * (d + 1)) * sizeof(double));
    if (!l->row_fold || !l->memory)
        return flx_fail(error, FLX_NO_MEMORY, "%s: out of memory for %zu rows",
                        task->name, n);
    double *memory = l->memory;
    l->center = take(&memory, d);
    l->inverse_sd = take(&memory, d);
    l->X = take(&memory, n * d);
    l->y = take(&memory, n);
    flx_regressor_target_standardize(task, result, l->y);
    standardize_inputs(l);
    FLX_TRY(flx_folds_deal(NULL, task->n, task->seed, l->row_fold, &n_groups, error));
    for (int f = 0; f < l->folds; f++)
        pack_fold(l, f, &memory);
    return FLX_OK;
}

void flx_mlp_cross_validation_clear(flx_mlp_cross_validation *l)
{
    for (int k = 0; k < l->n_kept; k++)
        free(l->kept[k].weights);
    free(l->memory);
    free(l->row_fold);
    *l = (flx_mlp_cross_validation){0};
}

void flx_mlp_cross_validation_take(flx_mlp_cross_validation *l, flx_mlp_run *course)
{
    l->result->predictor.evaluations += course->taken_steps * course->folds;
    l->result->starts++;
    if (l->n_kept == FLX_MLP_KEPT) {
        if (!(course->loss < l->kept[FLX_MLP_KEPT - 1].loss)) {
            free(course->weights);
            return;
        }
        free(l->kept[--l->n_kept].weights);
    }
    int at = l->n_kept++;
    for (; at > 0 && course->loss < l->kept[at - 1].loss; at--)
        l->kept[at] = l->kept[at - 1];
    l->kept[at] = *course;
}

/* Inputs as they come instead of standardized ones: W / sd, and less center' W / sd. */
static void absorb_scaling(const flx_mlp_cross_validation *l, const flx_mlp_shape *shape,
                           double *weights)
{
    size_t d = (size_t)shape->size[0], out = (size_t)shape->size[1];
    double *biases = weights + d * out;
    for (size_t k = 0; k < d; k++)
        for (size_t j = 0; j < out; j++) {
            weights[k * out + j] *= l->inverse_sd[k];
            biases[j] -= l->center[k] * weights[k * out + j];
        }
}

static double *write_network(const flx_mlp_cross_validation *l, const flx_mlp_run *course,
                             int f, double *to)
{
    const flx_mlp_shape *shape = &course->trial.shape;
    size_t count = flx_mlp_count_weights(shape);
    *to++ = shape->activation;
    *to++ = shape->layers;
    for (int k = 0; k <= shape->layers; k++)
        *to++ = shape->size[k];
    memcpy(to, course->weights + (size_t)f * count, count * sizeof *to);
    absorb_scaling(l, shape, to);
    return to + count;
}

static flx_status write_parameters(flx_mlp_cross_validation *l, flx_error *error)
{
    size_t count = 1;
    for (int k = 0; k < l->n_kept; k++) {
        const flx_mlp_shape *shape = &l->kept[k].trial.shape;
        count +=
            (size_t)l->folds * (3 + (size_t)shape->layers + flx_mlp_count_weights(shape));
    }
    double *to = malloc(count * sizeof *to);
    if (!to)
        return flx_fail(error, FLX_NO_MEMORY, "%s: out of memory for %zu weights",
                        l->task->name, count);
    l->result->predictor.parameters = to;
    l->result->predictor.n_parameters = count;
    *to++ = l->n_kept * l->folds;
    for (int k = 0; k < l->n_kept; k++)
        for (int f = 0; f < l->folds; f++)
            to = write_network(l, &l->kept[k], f, to);
    return FLX_OK;
}

/* Every row by the networks that were not taught it. */
static flx_status answer_left_out(const flx_mlp_cross_validation *l, double *answers,
                                  flx_error *error)
{
    size_t n = (size_t)l->task->n, d = (size_t)l->task->d;
    memset(answers, 0, n * sizeof *answers);
    for (int k = 0; k < l->n_kept; k++) {
        const flx_mlp_shape *shape = &l->kept[k].trial.shape;
        size_t count = flx_mlp_count_weights(shape);
        double *scratch = malloc(flx_mlp_count_work(shape, 1) * sizeof *scratch);
        if (!scratch)
            return flx_fail(error, FLX_NO_MEMORY, "out of memory for answers");
        for (size_t i = 0; i < n; i++)
            answers[i] += flx_mlp_predict_all(
                              shape, l->kept[k].weights + (size_t)l->row_fold[i] * count,
                              l->X + i * d, scratch, 0, NULL) /
                          l->n_kept;
        free(scratch);
    }
    return FLX_OK;
}

flx_status flx_mlp_cross_validation_finish(flx_mlp_cross_validation *l, flx_error *error)
{
    FLX_TRY(write_parameters(l, error));
    double *answers = malloc((size_t)l->task->n * sizeof *answers);
    flx_status status = answers
                            ? answer_left_out(l, answers, error)
                            : flx_fail(error, FLX_NO_MEMORY, "out of memory for answers");
    if (status == FLX_OK)
        flx_regressor_target_take_predictions(l->task, l->result, answers);
    else
        free(answers);
    return status;
}
