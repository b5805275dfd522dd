/* SPDX-License-Identifier: MIT
 * Gaussian processes with every covariance function: scikit-learn's numbers, and members
 * with different ones in one batch. The sample sets of the other suites have all of them
 * in turn, against plain loops. */
#include "tests/close.h"
#include "tests/kernels/every_backend.h"
#include "tests/kernels/scikit_learn.h"

#include <CUnit/CUnit.h>
#include <math.h>

enum { N_CASES = sizeof sklearn_cases / sizeof *sklearn_cases };

static flx_gp_problem sklearn_problem(int i)
{
    return (flx_gp_problem){.n = SKLEARN_POINTS,
                            .d = 2,
                            .is_isotropic = sklearn_cases[i].is_isotropic,
                            .covariance = sklearn_cases[i].covariance,
                            .X = sklearn_X,
                            .y = sklearn_y};
}

static void check_likelihoods(flx_backend *backend)
{
    assert_int(N_CASES, 2 * FLX_COVARIANCES);
    for (int i = 0; i < N_CASES; i++) {
        flx_gp_problem problem = sklearn_problem(i);
        double value, gradient[4];
        assert_int(evaluate_alone(backend, &problem, sklearn_cases[i].theta, 0, &value,
                                  gradient),
                   0);
        assert_close(value, sklearn_cases[i].value, 1e-13, 0);
        for (int k = 0; k < flx_gp_theta_size(&problem); k++)
            assert_close(gradient[k], sklearn_cases[i].gradient[k], 1e-12, 0);
    }
}

static void likelihoods_are_scikit_learns(void)
{
    with_every_backend(check_likelihoods);
}

/* All cases as one set of members. */
static void check_predictions(flx_backend *backend)
{
    flx_error error = {0};
    flx_gp_condition members[N_CASES];
    flx_gp_query queries[N_CASES];
    double mean[N_CASES][SKLEARN_QUERIES], variance[N_CASES][SKLEARN_QUERIES];
    flx_gp_posterior *posterior = NULL;
    for (int i = 0; i < N_CASES; i++) {
        members[i] = (flx_gp_condition){.problem = sklearn_problem(i),
                                        .theta = sklearn_cases[i].theta};
        queries[i] = (flx_gp_query){.member = i,
                                    .m = SKLEARN_QUERIES,
                                    .queries = sklearn_queries,
                                    .mean = mean[i],
                                    .variance = variance[i]};
    }
    assert_int(
        backend->operations->condition(backend, members, N_CASES, &posterior, &error),
        FLX_OK);
    assert_int(backend->operations->predict(posterior, queries, N_CASES, &error), FLX_OK);
    for (int i = 0; i < N_CASES; i++)
        for (int q = 0; q < SKLEARN_QUERIES; q++) {
            assert_close(mean[i][q], sklearn_cases[i].mean[q], 1e-12, 1e-13);
            assert_close(variance[i][q], sklearn_cases[i].variance[q], 1e-12, 0);
        }
    backend->operations->posterior_release(posterior);
}

static void predictions_are_scikit_learns(void)
{
    with_every_backend(check_predictions);
}

CU_TestInfo covariance_functions_tests[] = {
    {"likelihoods are scikit-learn's", likelihoods_are_scikit_learns},
    {"predictions are scikit-learn's", predictions_are_scikit_learns},
    CU_TEST_INFO_NULL,
};
