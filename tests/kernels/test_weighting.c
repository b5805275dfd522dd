/* SPDX-License-Identifier: MIT
 * Losses of many weight vectors, on every instruction set, against a plain loop. */
#include "kernels/backend.h"

#include "kernels/cpu/panel/panel.h"
#include "kernels/formulas/philox.h"
#include "tests/close.h"
#include "tests/kernels/every_backend.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_N = 130, MAX_K = 31, MAX_COUNT = 150 };

static double P[MAX_N * MAX_K], y[MAX_N], weights[MAX_COUNT * MAX_K];

static void fill(void)
{
    for (uint32_t i = 0; i < MAX_N * MAX_K; i++)
        P[i] = 200 * flx_uniform(3, 1, i, 0, 0) - 60;
    for (uint32_t i = 0; i < MAX_N; i++)
        y[i] = 300 * flx_uniform(3, 2, i, 0, 0);
    for (uint32_t i = 0; i < MAX_COUNT * MAX_K; i++)
        weights[i] = flx_uniform(3, 3, i, 0, 0);
}

static double plain_loss(flx_weighting_problem p, const double *w)
{
    double total = 0;
    for (int i = 0; i < p.n; i++) {
        double r = p.y[i];
        for (int j = 0; j < p.k; j++)
            r -= p.P[i * p.k + j] * w[j];
        total += p.is_squared ? r * r : fabs(r);
    }
    return total;
}

static void blend_alone(flx_backend *backend, flx_weighting_problem problem, int count,
                        double *losses)
{
    flx_error error = {0};
    flx_weighting_set *set = NULL;
    flx_weighting_query query = {0, count, weights, losses};
    assert_int(backend->operations->weighting_create(backend, &problem, 1, &set, &error),
               FLX_OK);
    assert_int(backend->operations->weighting_losses(set, &query, 1, &error), FLX_OK);
    backend->operations->weighting_release(set);
}

static void compare_with_plain(flx_backend *backend)
{
    static const int sizes[][3] = {{1, 1, 1},   {2, 1, 9},    {11, 2, 3},    {12, 3, 8},
                                   {24, 7, 64}, {25, 30, 65}, {130, 31, 150}};
    double losses[MAX_COUNT];
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
        for (int squared = 0; squared < 2; squared++) {
            flx_weighting_problem p = {sizes[s][0], sizes[s][1], squared, P, y};
            blend_alone(backend, p, sizes[s][2], losses);
            for (int c = 0; c < sizes[s][2]; c++)
                assert_close(losses[c], plain_loss(p, weights + c * p.k), 1e-13, 1e-9);
        }
}

static void every_backend_agrees_with_a_plain_loop(void)
{
    fill();
    with_every_backend(compare_with_plain);
}

static void works_by_hand(void)
{
    /* residuals of w = (1, 0): 1, -2; of (0, 1): -1, 0; of (.5, .5): 0, -1 */
    double table[] = {1, 3, 4, 2}, target[] = {2, 2}, w[] = {1, 0, 0, 1, 0.5, 0.5};
    double losses[3];
    flx_weighting_problem problems[] = {{2, 2, false, table, target},
                                        {2, 2, true, table, target}};
    flx_backend *backend;
    flx_error error = {0};
    flx_weighting_set *set;
    assert_int(flx_backend_open("cpu", 1, &backend, &error), FLX_OK);
    assert_int(backend->operations->weighting_create(backend, problems, 2, &set, &error),
               FLX_OK);
    flx_weighting_query queries[] = {{0, 3, w, losses}};
    assert_int(backend->operations->weighting_losses(set, queries, 1, &error), FLX_OK);
    assert_close(losses[0], 3, 1e-15, 0);
    assert_close(losses[1], 1, 1e-15, 0);
    assert_close(losses[2], 1, 1e-15, 0);
    queries[0].problem = 1;
    assert_int(backend->operations->weighting_losses(set, queries, 1, &error), FLX_OK);
    assert_close(losses[0], 5, 1e-15, 0);
    queries[0].problem = 2;
    assert_int(backend->operations->weighting_losses(set, queries, 1, &error),
               FLX_BAD_INPUT);
    assert_contains(error.message, "weighting 2 of 2");
    backend->operations->weighting_release(set);
    backend->operations->weighting_release(NULL);
    flx_backend_close(backend);
}

/* A candidate's loss is the same bits alone, among others, and for any threads. */
static void neighbours_and_threads_change_nothing(void)
{
    fill();
    double together[MAX_COUNT], alone, spread[4][MAX_COUNT];
    flx_weighting_problem p = {MAX_N, MAX_K, false, P, y}, four[] = {p, p, p, p};
    flx_backend *one, *three;
    flx_error error = {0};
    assert_int(flx_backend_open("cpu", 1, &one, &error), FLX_OK);
    assert_int(flx_backend_open("cpu", 3, &three, &error), FLX_OK);
    blend_alone(one, p, MAX_COUNT, together);
    flx_weighting_set *set;
    flx_weighting_query queries[4];
    assert_int(three->operations->weighting_create(three, four, 4, &set, &error), FLX_OK);
    for (int q = 0; q < 4; q++)
        queries[q] = (flx_weighting_query){q, MAX_COUNT, weights, spread[q]};
    assert_int(three->operations->weighting_losses(set, queries, 4, &error), FLX_OK);
    for (int c = 0; c < MAX_COUNT; c += 7) {
        queries[0] = (flx_weighting_query){1, 1, weights + c * MAX_K, &alone};
        assert_int(three->operations->weighting_losses(set, queries, 1, &error), FLX_OK);
        assert_close(alone, together[c], 0, 0);
        for (int q = 0; q < 4; q++)
            assert_close(spread[q][c], together[c], 0, 0);
    }
    three->operations->weighting_release(set);
    flx_backend_close(one);
    flx_backend_close(three);
}

static void weights_that_are_no_number_spoil_only_themselves(void)
{
    fill();
    double losses[4];
    weights[MAX_K] = NAN;
    flx_backend *backend;
    flx_error error = {0};
    assert_int(flx_backend_open("cpu", 1, &backend, &error), FLX_OK);
    flx_weighting_problem p = {MAX_N, MAX_K, false, P, y};
    blend_alone(backend, p, 4, losses);
    assert_true(isnan(losses[1]));
    assert_true(isfinite(losses[0]) && isfinite(losses[2]) && isfinite(losses[3]));
    flx_weighting_problem none = {0, 3, false, P, y};
    flx_weighting_set *set = (flx_weighting_set *)&error;
    assert_int(backend->operations->weighting_create(backend, &none, 1, &set, &error),
               FLX_BAD_INPUT);
    assert_true(set == NULL);
    assert_contains(error.message, "0 points and 3 models");
    flx_backend_close(backend);
}

static void rows_of_random_numbers_are_those_of_philox(void)
{
    for (int table = 0; flx_panel_at(table); table++) {
        const flx_panel_kernels *kernels = flx_panel_at(table);
        if (!kernels->is_supported())
            continue;
        for (int count = 1; count < 40; count++) {
            double row[41];
            row[count] = -7;
            kernels->uniforms(0x123456789abcdefu, 5, 6, 7, count, row);
            for (int d = 0; d < count; d++)
                assert_close(row[d],
                             flx_uniform(0x123456789abcdefu, 5, 6, 7, (uint32_t)d), 0, 0);
            assert_close(row[count], -7, 0, 0);
        }
    }
}

CU_TestInfo weighting_tests[] = {
    {"works by hand", works_by_hand},
    {"every backend agrees with a plain loop", every_backend_agrees_with_a_plain_loop},
    {"neighbours and threads change nothing", neighbours_and_threads_change_nothing},
    {"weights that are no number spoil only themselves",
     weights_that_are_no_number_spoil_only_themselves},
    {"rows of random numbers are those of philox",
     rows_of_random_numbers_are_those_of_philox},
    CU_TEST_INFO_NULL,
};
