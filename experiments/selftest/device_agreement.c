/* SPDX-License-Identifier: MIT
 * Checks of a device's backend against the cpu backend, which the other checks hold to
 * plain loops: larger problems, in one mixed batch, with members that must fail between
 * them. */
#include "experiments/selftest/checks.h"
#include "experiments/selftest/sample.h"

#include <stdlib.h>
#include <string.h>

enum { N_SIZES = 9, N_KINDS = 4, MOST = N_SIZES * N_KINDS, MOST_INPUTS = 17 };
enum { MOST_THETA = MOST_INPUTS + 2, QUERIES = 70 };

/* Around the warps, the tiles and the limit of the fused kernel. */
static const int sizes[N_SIZES] = {1, 2, 31, 32, 33, 100, 240, 241, 500};
static const flx_sample_kind kinds[N_KINDS] = {FLX_SAMPLE_PLAIN, FLX_SAMPLE_DUPLICATES,
                                               FLX_SAMPLE_CONSTANT, FLX_SAMPLE_SINGULAR};

/* What one backend says of every sample. */
typedef struct {
    double value, gradient[MOST_THETA];
    int info;
    double *loo; /* (2, n) means, variances */
    double mean[QUERIES], variance[QUERIES], slopes[QUERIES * MOST_INPUTS];
} result;

typedef struct {
    int count;
    flx_sample samples[MOST];
    flx_gp_problem problems[MOST];
    flx_gp_evaluation evaluations[MOST];
    flx_gp_condition members[MOST];
    flx_gp_query queries[MOST];
    result results[2][MOST]; /* cpu, the other */
    double at[QUERIES * MOST_INPUTS];
} comparison;

static flx_status make_samples(int largest, comparison *c, flx_error *error)
{
    static const int inputs[3] = {1, 3, MOST_INPUTS};
    for (int i = 0; i < MOST; i++) {
        int n = sizes[i / N_KINDS], d = inputs[i % 3];
        flx_sample_kind kind = kinds[i % N_KINDS];
        if (n > largest || (n == 1 && kind == FLX_SAMPLE_SINGULAR))
            continue;
        FLX_TRY(flx_sample_create(n, d, i % 5 == 0, kind, &c->samples[c->count], error));
        c->problems[c->count] = c->samples[c->count].problem;
        c->count++;
    }
    flx_sample_queries(QUERIES, MOST_INPUTS, 11, c->at);
    return FLX_OK;
}

static void release(comparison *c)
{
    for (int i = 0; c && i < c->count; i++) {
        flx_sample_clear(&c->samples[i]);
        free(c->results[0][i].loo);
        free(c->results[1][i].loo);
    }
    free(c);
}

FLX_OWNS(comparison, release)

static flx_status prepare(comparison *c, result *results, flx_error *error)
{
    for (int i = 0; i < c->count; i++) {
        const flx_sample *sample = &c->samples[i];
        result *a = &results[i];
        size_t n = (size_t)sample->problem.n;
        if (!FLX_NEW(a->loo, 2 * n))
            return flx_no_memory(error, "%zu points", n);
        c->evaluations[i] = (flx_gp_evaluation){
            .problem = i, .theta = sample->theta, .gradient = a->gradient};
        c->members[i] = (flx_gp_condition){.problem = sample->problem,
                                           .theta = sample->theta,
                                           .loo_mean = a->loo,
                                           .loo_variance = a->loo + n};
        c->queries[i] = (flx_gp_query){.member = i,
                                       .m = QUERIES,
                                       .queries = c->at,
                                       .mean = a->mean,
                                       .variance = a->variance,
                                       .n_slopes = sample->problem.d,
                                       .slopes = a->slopes};
    }
    return FLX_OK;
}

static flx_status run(comparison *c, flx_backend *backend, result *results,
                      flx_error *error)
{
    const struct flx_backend_operations *call = backend->operations;
    flx_gp_batch *batch = NULL;
    flx_gp_posterior *posterior = NULL;
    FLX_TRY(prepare(c, results, error));
    FLX_TRY(call->batch_create(backend, c->problems, c->count, &batch, error));
    flx_status status = call->evaluate(batch, c->evaluations, c->count, error);
    call->batch_release(batch);
    for (int i = 0; i < c->count && status == FLX_OK; i++) {
        results[i].value = c->evaluations[i].value;
        results[i].info = c->evaluations[i].info;
    }
    if (status == FLX_OK)
        status = call->condition(backend, c->members, c->count, &posterior, error);
    if (status == FLX_OK)
        status = call->predict(posterior, c->queries, c->count, error);
    call->posterior_release(posterior);
    return status;
}

static flx_status compare(const flx_check_context *context, comparison *c,
                          flx_error *error)
{
    FLX_OWNED(flx_backend) cpu = NULL;
    FLX_TRY(make_samples(context->largest, c, error));
    FLX_TRY(flx_backend_open("cpu", 1, &cpu, error));
    FLX_TRY(run(c, cpu, c->results[0], error));
    return run(c, context->backend, c->results[1], error);
}

static double info_error(const flx_sample *sample, const result *a, const result *b)
{
    (void)sample;
    return a->info != b->info;
}

/* A failed member must tell -inf, zeros and NaN, like the cpu's. */
static double value_error(const flx_sample *sample, const result *a, const result *b)
{
    (void)sample;
    if (a->info)
        return a->value == b->value ? 0 : NAN;
    return flx_mixed_error(b->value, a->value);
}

static double gradient_error(const flx_sample *sample, const result *a, const result *b)
{
    return flx_gradient_error(flx_gp_theta_size(&sample->problem), b->gradient,
                              a->gradient);
}

static double loo_error(const flx_sample *sample, const result *a, const result *b)
{
    return a->info ? 0 : flx_worst_of(2 * sample->problem.n, b->loo, a->loo);
}

static double prediction_error(const flx_sample *sample, const result *a, const result *b)
{
    if (a->info)
        return isnan(b->mean[0]) && isnan(b->variance[QUERIES - 1]) ? 0 : NAN;
    double worst = flx_worst_of(QUERIES, b->mean, a->mean);
    worst = flx_worse(worst, flx_worst_of(QUERIES, b->variance, a->variance));
    return flx_worse(worst,
                     flx_worst_of(QUERIES * sample->problem.d, b->slopes, a->slopes));
}

/* Error of one sample of which the cpu backend says a, the other b. */
typedef double error_function(const flx_sample *sample, const result *a, const result *b);

static flx_status agree(const flx_check_context *context, int kind, double *worst,
                        flx_error *error)
{
    static error_function *const errors[FLX_AGREED_COUNT] = {
        info_error, value_error, gradient_error, loo_error, prediction_error};
    flx_agreement *agreed = context->agreed;
    if (!agreed->is_known) {
        FLX_OWNED(comparison) c = NULL;
        if (!FLX_NEW(c, 1))
            return flx_no_memory(error, "the comparison");
        FLX_TRY(compare(context, c, error));
        for (int i = 0; i < c->count; i++)
            for (int k = 0; k < FLX_AGREED_COUNT; k++)
                agreed->worst[k] = flx_worse(
                    agreed->worst[k],
                    errors[k](&c->samples[i], &c->results[0][i], &c->results[1][i]));
        agreed->is_known = true;
    }
    *worst = agreed->worst[kind];
    return FLX_OK;
}

flx_status flx_check_agreed_infos(const flx_check_context *context, double *worst,
                                  flx_error *error)
{
    return agree(context, FLX_AGREED_INFO, worst, error);
}

flx_status flx_check_agreed_values(const flx_check_context *context, double *worst,
                                   flx_error *error)
{
    return agree(context, FLX_AGREED_VALUE, worst, error);
}

flx_status flx_check_agreed_gradients(const flx_check_context *context, double *worst,
                                      flx_error *error)
{
    return agree(context, FLX_AGREED_GRADIENT, worst, error);
}

flx_status flx_check_agreed_left_out(const flx_check_context *context, double *worst,
                                     flx_error *error)
{
    return agree(context, FLX_AGREED_LEFT_OUT, worst, error);
}

flx_status flx_check_agreed_predictions(const flx_check_context *context, double *worst,
                                        flx_error *error)
{
    return agree(context, FLX_AGREED_PREDICTION, worst, error);
}
