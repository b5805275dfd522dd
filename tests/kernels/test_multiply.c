/* SPDX-License-Identifier: MIT
 * Batches of matrix products, on every instruction set, against plain loops. */
#include "kernels/backend.h"

#include "kernels/formulas/philox.h"
#include "tests/close.h"
#include "tests/kernels/every_backend.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <string.h>

enum { MAX = 300 * 140 };

static double A[MAX], B[MAX], C[MAX], expected[MAX];

static void fill(void)
{
    for (uint32_t i = 0; i < MAX; i++) {
        A[i] = 2 * flx_uniform(11, 1, i, 0, 0) - 1;
        B[i] = 2 * flx_uniform(11, 2, i, 0, 0) - 1;
        C[i] = expected[i] = 2 * flx_uniform(11, 3, i, 0, 0) - 1;
    }
}

static void multiply_plainly(const flx_product *x, double *result)
{
    for (int i = 0; i < x->m; i++)
        for (int j = 0; j < x->n; j++) {
            double sum = 0, *c = &result[i * x->n + j];
            for (int p = 0; p < x->k; p++)
                sum += x->A[x->is_A_transposed ? p * x->m + i : i * x->k + p] *
                       x->B[x->is_B_transposed ? j * x->k + p : p * x->n + j];
            *c = x->alpha * sum + (x->beta == 0 ? 0 : x->beta * *c);
        }
}

static void run(flx_backend *backend, const flx_product *products, int count)
{
    flx_error error = {0};
    assert_int(backend->operations->multiply(backend, products, count, &error), FLX_OK);
}

static void compare_with_plain(flx_backend *backend)
{
    static const int sizes[][3] = {
        {1, 1, 1},    {3, 2, 5},   {8, 24, 8}, {9, 25, 7}, {96, 1, 30}, {97, 98, 40},
        {20, 200, 3}, {5, 7, 300}, {2, 3, 0},  {0, 4, 4},  {4, 0, 4},   {130, 33, 129}};
    static const double factors[][2] = {{1, 0}, {-2, 1}, {0.5, -3}, {0, 2}};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
        for (int way = 0; way < 16; way++) {
            fill();
            flx_product x = {.m = sizes[s][0],
                             .n = sizes[s][1],
                             .k = sizes[s][2],
                             .is_A_transposed = way & 1,
                             .is_B_transposed = way & 2,
                             .alpha = factors[way / 4][0],
                             .beta = factors[way / 4][1],
                             .A = A,
                             .B = B,
                             .C = C};
            multiply_plainly(&x, expected);
            run(backend, &x, 1);
            double worst = 0;
            for (int i = 0; i < MAX; i++) /* also that nothing else was written */
                worst = fmax(worst, fabs(C[i] - expected[i]));
            /* sums of up to 300 products below 1, in another order */
            assert_close(worst, 0, 0, 1e-13);
        }
}

static void every_backend_agrees_with_plain_loops(void)
{
    with_every_backend(compare_with_plain);
}

static void works_by_hand(void)
{
    double a[] = {1, 2, 3, 4, 5, 6}, b[] = {1, 0, 2, 1, 0, 3}, c[] = {10, 20, 30, 40};
    double t[] = {NAN, NAN, NAN, NAN};
    flx_backend *backend;
    flx_error error = {0};
    assert_int(flx_backend_open("cpu", 1, &backend, &error), FLX_OK);
    /* (1 2 3; 4 5 6) (1 0; 2 1; 0 3) = (5 11; 14 23) */
    flx_product products[] = {
        {2, 2, 3, false, false, 1, -1, a, b, c},
        /* (1 4; 2 5; 3 6)' is the same matrix again */
        {2, 2, 3, true, false, 2, 0, (double[]){1, 4, 2, 5, 3, 6}, b, t}};
    run(backend, products, 2);
    double sums[] = {5 - 10, 11 - 20, 14 - 30, 23 - 40};
    for (int i = 0; i < 4; i++)
        assert_close(c[i], sums[i], 0, 0);
    double doubled[] = {10, 22, 28, 46}; /* NaN is overwritten where beta is 0 */
    for (int i = 0; i < 4; i++)
        assert_close(t[i], doubled[i], 0, 0);
    products[1].k = -1;
    assert_int(backend->operations->multiply(backend, products, 2, &error),
               FLX_BAD_INPUT);
    assert_contains(error.message, "product 1 has 2 x -1 x 2");
    run(backend, NULL, 0);
    flx_backend_close(backend);
}

/* The same bits alone, among others, and for any number of threads. */
static void neighbours_and_threads_change_nothing(void)
{
    enum { M = 200, N = 70, K = 140, COUNT = 5 };
    static double alone[M * N], among[COUNT][M * N];
    fill();
    flx_backend *one, *three;
    flx_error error = {0};
    assert_int(flx_backend_open("cpu", 1, &one, &error), FLX_OK);
    assert_int(flx_backend_open("cpu", 3, &three, &error), FLX_OK);
    flx_product products[COUNT], whole = {M, N, K, false, true, 1, 0, A, B, alone};
    run(one, &whole, 1);
    for (int i = 0; i < COUNT; i++) {
        products[i] = whole;
        products[i].m = M - 37 * i; /* the first rows of the same product */
        products[i].C = among[i];
    }
    run(three, products, COUNT);
    for (int i = 0; i < COUNT; i++)
        assert_int(memcmp(among[i], alone, (size_t)products[i].m * N * sizeof(double)),
                   0);
    flx_backend_close(one);
    flx_backend_close(three);
}

static void a_number_that_is_none_spoils_its_row_only(void)
{
    fill();
    double result[4 * 3];
    flx_backend *backend;
    flx_error error = {0};
    assert_int(flx_backend_open("cpu", 1, &backend, &error), FLX_OK);
    A[2 * 9 + 4] = NAN;
    run(backend, &(flx_product){4, 3, 9, false, false, 1, 0, A, B, result}, 1);
    for (int i = 0; i < 12; i++)
        assert_true(isnan(result[i]) == (i / 3 == 2));
    flx_backend_close(backend);
}

CU_TestInfo multiply_tests[] = {
    {"works by hand", works_by_hand},
    {"every panel agrees with plain loops", every_backend_agrees_with_plain_loops},
    {"neighbours and threads change nothing", neighbours_and_threads_change_nothing},
    {"a number that is none spoils its row only",
     a_number_that_is_none_spoils_its_row_only},
    CU_TEST_INFO_NULL,
};
