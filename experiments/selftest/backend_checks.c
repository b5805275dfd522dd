/* SPDX-License-Identifier: MIT
 * Checks of an opened backend against the plain loops of experiments/selftest/plain_gp.h
 * and against finite differences, on the made-up problems of selftest_sample.h. */
#include "experiments/selftest/checks.h"
#include "experiments/selftest/plain_gp.h"
#include "experiments/selftest/sample.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_N = 100, MAX_THETA = 2 + 17, QUERIES = 26 };

/* A whole sample set evaluated as one batch. */
typedef struct {
    flx_sample_set set;
    flx_gp_problem *problems;
    flx_gp_evaluation *evaluations;
    double *gradients; /* (count, MAX_THETA) */
} evaluated_set;

static void release_set(evaluated_set *e)
{
    flx_sample_set_clear(&e->set);
    free(e->problems);
    free(e->evaluations);
    free(e->gradients);
}

static flx_status evaluate_batch(flx_backend *backend, const flx_gp_problem *problems,
                                 int n_problems, flx_gp_evaluation *evaluations,
                                 int count, flx_error *error)
{
    flx_gp_batch *batch;
    FLX_TRY(
        backend->operations->batch_create(backend, problems, n_problems, &batch, error));
    flx_status status = backend->operations->evaluate(batch, evaluations, count, error);
    backend->operations->batch_release(batch);
    return status;
}

/* Plain loops and differences take long: no more than MAX_N points. */
static int largest_of(const flx_check_context *context)
{
    return context->largest < MAX_N ? context->largest : MAX_N;
}

static flx_status evaluate_set(const flx_check_context *context, evaluated_set *e,
                               flx_error *error)
{
    FLX_TRY(flx_sample_set_create(largest_of(context), &e->set, error));
    int count = e->set.count;
    if (!FLX_NEW(e->problems, count) || !FLX_NEW(e->evaluations, count) ||
        !FLX_NEW(e->gradients, count * MAX_THETA))
        return flx_no_memory(error, "%d samples", count);
    for (int i = 0; i < e->set.count; i++) {
        e->problems[i] = e->set.samples[i].problem;
        e->evaluations[i] = (flx_gp_evaluation){.problem = i,
                                                .theta = e->set.samples[i].theta,
                                                .gradient = e->gradients + i * MAX_THETA};
    }
    return evaluate_batch(context->backend, e->problems, e->set.count, e->evaluations,
                          e->set.count, error);
}

/* Errors of value and gradient of every sample. */
static flx_status compare_set(const flx_check_context *context, double *value_error,
                              double *gradient_error, flx_error *error)
{
    FLX_CLEARED(release_set) evaluated_set e = {0};
    FLX_TRY(evaluate_set(context, &e, error));
    for (int i = 0; i < e.set.count; i++) {
        const flx_sample *sample = &e.set.samples[i];
        double value, gradient[MAX_THETA];
        int info =
            flx_plain_gp_evaluate(&sample->problem, sample->theta, 0, &value, gradient);
        *value_error = flx_worse(
            *value_error, info ? NAN : flx_mixed_error(e.evaluations[i].value, value));
        *gradient_error = flx_worse(
            *gradient_error, flx_gradient_error(flx_gp_theta_size(&sample->problem),
                                                e.evaluations[i].gradient, gradient));
    }
    return FLX_OK;
}

flx_status flx_check_likelihood(const flx_check_context *context, double *worst,
                                flx_error *error)
{
    double gradient_error = 0;
    return compare_set(context, worst, &gradient_error, error);
}

flx_status flx_check_gradient(const flx_check_context *context, double *worst,
                              flx_error *error)
{
    double value_error = 0;
    return compare_set(context, &value_error, worst, error);
}

/* Central differences of the backend's own likelihoods, one batch for all entries. */
static flx_status difference_sample(flx_backend *backend, const flx_sample *sample,
                                    double *worst, flx_error *error)
{
    const double h = 1e-5;
    int size = flx_gp_theta_size(&sample->problem), count = 2 * size + 1;
    double thetas[2 * MAX_THETA + 1][MAX_THETA], gradients[2 * MAX_THETA + 1][MAX_THETA];
    flx_gp_evaluation evaluations[2 * MAX_THETA + 1];
    for (int i = 0; i < count; i++) {
        memcpy(thetas[i], sample->theta, (size_t)size * sizeof(double));
        if (i < 2 * size)
            thetas[i][i / 2] += i % 2 ? -h : h;
        evaluations[i] =
            (flx_gp_evaluation){.theta = thetas[i], .gradient = gradients[i]};
    }
    FLX_TRY(evaluate_batch(backend, &sample->problem, 1, evaluations, count, error));
    double largest = 1;
    for (int k = 0; k < size; k++)
        largest = fmax(largest, fabs(gradients[2 * size][k]));
    for (int k = 0; k < size; k++) {
        double slope =
            (evaluations[2 * k].value - evaluations[2 * k + 1].value) / (2 * h);
        *worst = flx_worse(*worst, fabs(gradients[2 * size][k] - slope) / largest);
    }
    return FLX_OK;
}

flx_status flx_check_differences(const flx_check_context *context, double *worst,
                                 flx_error *error)
{
    FLX_CLEARED(flx_sample_set_clear) flx_sample_set set = {0};
    FLX_TRY(flx_sample_set_create(largest_of(context), &set, error));
    for (int i = 0; i < set.count; i++)
        FLX_TRY(difference_sample(context->backend, &set.samples[i], worst, error));
    return FLX_OK;
}

/* The problem without its point `left_out`; X and y have room for n - 1 points. */
static flx_gp_problem leave_out(const flx_gp_problem *p, int left_out, double *X,
                                double *y)
{
    int kept = 0;
    for (int i = 0; i < p->n; i++) {
        if (i == left_out)
            continue;
        memcpy(X + kept * p->d, p->X + i * p->d, (size_t)p->d * sizeof *X);
        y[kept++] = p->y[i];
    }
    return (flx_gp_problem){.n = kept,
                            .d = p->d,
                            .is_isotropic = p->is_isotropic,
                            .covariance = p->covariance,
                            .X = X,
                            .y = y};
}

static flx_status compare_left_out(flx_backend *backend, const flx_sample *sample,
                                   double *worst, flx_error *error)
{
    const flx_gp_problem *p = &sample->problem;
    double mean[MAX_N], variance[MAX_N], X[MAX_N * 17], y[MAX_N];
    flx_gp_condition member = {.problem = *p,
                               .theta = sample->theta,
                               .loo_mean = mean,
                               .loo_variance = variance};
    flx_gp_posterior *posterior;
    FLX_TRY(backend->operations->condition(backend, &member, 1, &posterior, error));
    backend->operations->posterior_release(posterior);
    for (int i = 0; i < p->n; i++) {
        double expected, expected_variance;
        flx_gp_problem rest = leave_out(p, i, X, y);
        int info = flx_plain_gp_predict(&rest, sample->theta, 0, p->X + i * p->d,
                                        &expected, &expected_variance);
        bool has_failed = info || member.info;
        double off = has_failed ? NAN : flx_mixed_error(mean[i], expected);
        *worst = flx_worse(*worst, off);
        off = has_failed ? NAN : flx_mixed_error(variance[i], expected_variance);
        *worst = flx_worse(*worst, off);
    }
    return FLX_OK;
}

flx_status flx_check_leave_one_out(const flx_check_context *context, double *worst,
                                   flx_error *error)
{
    FLX_CLEARED(flx_sample_set_clear) flx_sample_set set = {0};
    FLX_TRY(flx_sample_set_create(25, &set, error));
    for (int i = 0; i < set.count; i++)
        if (set.samples[i].problem.n > 1)
            FLX_TRY(compare_left_out(context->backend, &set.samples[i], worst, error));
    return FLX_OK;
}

/* One sample's predictions to QUERIES queries; slopes of all inputs. */
typedef struct {
    double queries[QUERIES * 17], mean[QUERIES], variance[QUERIES], slopes[QUERIES * 17];
} predictions;

static flx_status predict_sample(flx_backend *backend, const flx_sample *sample,
                                 predictions *out, flx_error *error)
{
    int d = sample->problem.d;
    flx_sample_queries(QUERIES, d, 7, out->queries);
    flx_gp_condition member = {.problem = sample->problem, .theta = sample->theta};
    flx_gp_query query = {.m = QUERIES,
                          .queries = out->queries,
                          .mean = out->mean,
                          .variance = out->variance,
                          .n_slopes = d,
                          .slopes = out->slopes};
    flx_gp_posterior *posterior;
    FLX_TRY(backend->operations->condition(backend, &member, 1, &posterior, error));
    flx_status status = backend->operations->predict(posterior, &query, 1, error);
    backend->operations->posterior_release(posterior);
    return status;
}

static double reference_mean(const flx_sample *sample, const double *x, double *variance)
{
    double mean;
    int info =
        flx_plain_gp_predict(&sample->problem, sample->theta, 0, x, &mean, variance);
    return info ? NAN : mean;
}

/* Error of the prediction of query i. */
typedef double compare_function(const flx_sample *sample, const predictions *a, int i);

static double compare_mean(const flx_sample *sample, const predictions *a, int i)
{
    double variance;
    const double *x = a->queries + i * sample->problem.d;
    return flx_mixed_error(a->mean[i], reference_mean(sample, x, &variance));
}

static double compare_variance(const flx_sample *sample, const predictions *a, int i)
{
    double variance;
    reference_mean(sample, a->queries + i * sample->problem.d, &variance);
    return flx_mixed_error(a->variance[i], variance);
}

static double compare_slopes(const flx_sample *sample, const predictions *a, int i)
{
    const double h = 1e-5;
    int d = sample->problem.d;
    double x[17], variance, worst = 0;
    memcpy(x, a->queries + i * d, (size_t)d * sizeof *x);
    for (int k = 0; k < d; k++) {
        double middle = x[k];
        x[k] = middle + h;
        double above = reference_mean(sample, x, &variance);
        x[k] = middle - h;
        double slope = (above - reference_mean(sample, x, &variance)) / (2 * h);
        x[k] = middle;
        worst = flx_worse(worst, flx_mixed_error(a->slopes[i * d + k], slope));
    }
    return worst;
}

/* The first and the last query of every sample of at most max_n points. */
static flx_status compare_predictions(flx_backend *backend, int max_n,
                                      compare_function *compare, double *worst,
                                      flx_error *error)
{
    FLX_CLEARED(flx_sample_set_clear) flx_sample_set set = {0};
    FLX_TRY(flx_sample_set_create(max_n, &set, error));
    for (int i = 0; i < set.count; i++) {
        predictions a;
        FLX_TRY(predict_sample(backend, &set.samples[i], &a, error));
        for (int q = 0; q < QUERIES; q += QUERIES - 1)
            *worst = flx_worse(*worst, compare(&set.samples[i], &a, q));
    }
    return FLX_OK;
}

flx_status flx_check_means(const flx_check_context *context, double *worst,
                           flx_error *error)
{
    return compare_predictions(context->backend, largest_of(context), compare_mean, worst,
                               error);
}

flx_status flx_check_variances(const flx_check_context *context, double *worst,
                               flx_error *error)
{
    return compare_predictions(context->backend, largest_of(context), compare_variance,
                               worst, error);
}

flx_status flx_check_slopes(const flx_check_context *context, double *worst,
                            flx_error *error)
{
    return compare_predictions(context->backend, 33, compare_slopes, worst, error);
}

/* A member that is not positive definite amid two that are: it must say so, and the
 * others' numbers must be those of a batch without it. */
static double count_changes(const flx_gp_evaluation *with,
                            const flx_gp_evaluation *without, int size)
{
    double changes = (with[1].info != 2) + (with[1].value != -INFINITY);
    for (int i = 0; i < 3; i += 2) {
        changes += with[i].info != 0 || with[i].value != without[i].value;
        for (int k = 0; k < size; k++)
            changes += with[i].gradient[k] != without[i].gradient[k];
    }
    for (int k = 0; k < size; k++)
        changes += with[1].gradient[k] != 0;
    return changes;
}

flx_status flx_check_failed_member(const flx_check_context *context, double *worst,
                                   flx_error *error)
{
    flx_sample samples[3] = {0};
    flx_status status = FLX_OK;
    for (int i = 0; i < 3 && status == FLX_OK; i++)
        status = flx_sample_create(33 - 4 * i, 3, false,
                                   i == 1 ? FLX_SAMPLE_SINGULAR : FLX_SAMPLE_PLAIN,
                                   &samples[i], error);
    flx_gp_evaluation with[3], without[3];
    double gradients[3][5], alone[3][5];
    flx_gp_problem problems[3];
    for (int i = 0; i < 3; i++) {
        problems[i] = samples[i].problem;
        with[i] = (flx_gp_evaluation){
            .problem = i, .theta = samples[i].theta, .gradient = gradients[i]};
        without[i] = with[i];
        without[i].gradient = alone[i];
    }
    if (status == FLX_OK)
        status = evaluate_batch(context->backend, problems, 3, with, 3, error);
    for (int i = 0; i < 3 && status == FLX_OK; i += 2)
        status = evaluate_batch(context->backend, problems, 3, &without[i], 1, error);
    if (status == FLX_OK)
        *worst = count_changes(with, without, 5);
    for (int i = 0; i < 3; i++)
        flx_sample_clear(&samples[i]);
    return status;
}
