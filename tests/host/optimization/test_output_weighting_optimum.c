/* SPDX-License-Identifier: MIT
 * The exact solvers behind output weighting: cases worked by hand, brute force on a grid,
 * and tables that are hard on an active set: copies, constants, ties, fewer rows than
 * models. Every answer must be feasible and proved by its own bound. */
#include "host/optimization/least_absolute.h"
#include "host/optimization/least_absolute_basis.h"
#include "host/optimization/nnls.h"
#include "kernels/formulas/philox.h"
#include "tests/close.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_K = 60 };

/* Solves exactly; checks feasibility and that the bound meets the loss. Returns the loss.
 */
static double solve(const flx_output_weighting_problem *p, double *w)
{
    flx_error error = {0};
    double bound = -1, sum = 0, scale = 0;
    if (p->loss == FLX_LOSS_SQUARED) {
        flx_triangle triangle;
        assert_int(flx_triangle_create(p, &triangle, &error), FLX_OK);
        assert_int(flx_nnls(&triangle, p->form, w, &bound, &error), FLX_OK);
        flx_triangle_clear(&triangle);
    } else {
        assert_int(flx_least_absolute(p, w, &bound, &error), FLX_OK);
    }
    for (int j = 0; j < p->k; j++) {
        assert_true(w[j] >= 0 && w[j] <= 1);
        sum += w[j];
    }
    if (p->form == FLX_FORM_MEAN)
        assert_close(sum, 1, 1e-14, 0);
    for (int i = 0; i < p->n; i++)
        for (int j = 0; j < p->k; j++)
            scale = fmax(scale, fmax(fabs(p->y[i]), fabs(p->P[i * p->k + j])));
    double loss = flx_output_weighting_loss_of(p, w);
    double noise = p->loss == FLX_LOSS_SQUARED ? scale * scale : scale;
    assert_true(bound <= loss + 1e-13 * noise);
    assert_close(bound, loss, 1e-10, 1e-12 * noise);
    return loss;
}

static double solve_from_equal(const flx_output_weighting_problem *p, double *w)
{
    for (int j = 0; j < p->k; j++)
        w[j] = 1.0 / p->k;
    return solve(p, w);
}

static void one_model_is_a_median_or_a_mean(void)
{
    /* median .2, mean .4 */
    double P[] = {1, 1, 1}, y[] = {0.1, 0.2, 0.9}, w[1];
    flx_output_weighting_problem p = {
        .n = 3, .k = 1, .P = P, .y = y, .form = FLX_FORM_SUM};
    assert_close(solve_from_equal(&p, w), 0.8 / 3, 1e-14, 0);
    assert_close(w[0], 0.2, 1e-14, 0);
    p.loss = FLX_LOSS_SQUARED;
    solve_from_equal(&p, w);
    assert_close(w[0], 0.4, 1e-14, 0);
    p.form = FLX_FORM_MEAN;
    solve_from_equal(&p, w);
    assert_close(w[0], 1, 0, 0);
    p.loss = FLX_LOSS_ABSOLUTE;
    assert_close(solve_from_equal(&p, w), 1.8 / 3, 1e-14, 0);
}

static void bounds_hold_the_answer(void)
{
    /* 3 p1 would be best: w1 stops at 1; p2 only hurts */
    double P[] = {1, -1, 2, -1, 3, -1}, y[] = {3, 6, 9}, w[2];
    flx_output_weighting_problem p = {
        .n = 3, .k = 2, .P = P, .y = y, .form = FLX_FORM_SUM};
    for (int loss = 0; loss < 2; loss++) {
        p.loss = (flx_output_weighting_loss)loss;
        solve_from_equal(&p, w);
        assert_close(w[0], 1, 0, 0);
        assert_close(w[1], 0, 0, 0);
    }
}

static void an_exact_blend_is_found(void)
{
    double P[40], y[10], w[4], truth[] = {0.4, 0, 0.1, 0.5};
    for (uint32_t i = 0; i < 40; i++)
        P[i] = 100 * flx_uniform(1, 1, i, 0, 0);
    for (int i = 0; i < 10; i++) {
        y[i] = 0;
        for (int j = 0; j < 4; j++)
            y[i] += P[i * 4 + j] * truth[j];
    }
    for (int form = 0; form < 2; form++)
        for (int loss = 0; loss < 2; loss++) {
            flx_output_weighting_problem p = {.n = 10,
                                              .k = 4,
                                              .P = P,
                                              .y = y,
                                              .form = (flx_output_weighting_form)form,
                                              .loss = (flx_output_weighting_loss)loss};
            assert_close(solve_from_equal(&p, w), 0, 0, 1e-12);
            for (int j = 0; j < 4; j++)
                assert_close(w[j], truth[j], 0, 1e-12);
        }
}

/* Fills a random problem; `kind` makes it awkward. */
static void fill(int n, int k, uint64_t seed, int kind, double *P, double *y)
{
    for (int i = 0; i < n; i++) {
        double base = 50 + 100 * flx_uniform(seed, 1, (uint32_t)i, 0, 0);
        for (int j = 0; j < k; j++) {
            double noise = flx_normal(seed, 2, (uint32_t)i, (uint32_t)j, 0);
            double value = base * (0.5 + (double)j / k) + 20 * noise;
            if (kind == 1 && j >= k / 2) /* copies of the first half */
                value = P[i * k + j - k / 2];
            if (kind == 2 && j % 3 == 0) /* constants, a zero among them */
                value = 10.0 * j;
            if (kind == 3) /* few values: ties everywhere */
                value = floor(value / 40);
            P[i * k + j] = value;
        }
        y[i] = base + 10 * flx_normal(seed, 3, (uint32_t)i, 0, 0);
        if (kind == 3)
            y[i] = floor(y[i] / 40);
        if (kind == 4 && i > 0 && i % 2) { /* every row twice */
            memcpy(P + i * k, P + (i - 1) * k, (size_t)k * sizeof *P);
            y[i] = y[i - 1];
        }
        if (kind == 5) /* nothing to explain */
            y[i] = 0;
    }
}

static void brute_force_finds_nothing_better(void)
{
    enum { N = 23, STEPS = 40 };
    double P[N * 3], y[N], w[3], grid[3];
    for (uint64_t seed = 1; seed <= 6; seed++)
        for (int form = 0; form < 2; form++)
            for (int loss = 0; loss < 2; loss++) {
                fill(N, 3, seed, 0, P, y);
                flx_output_weighting_problem p = {.n = N,
                                                  .k = 3,
                                                  .P = P,
                                                  .y = y,
                                                  .form = (flx_output_weighting_form)form,
                                                  .loss =
                                                      (flx_output_weighting_loss)loss};
                double best = HUGE_VAL, found = solve_from_equal(&p, w);
                for (int c = 1; c < (STEPS + 1) * (STEPS + 1) * (STEPS + 1); c++) {
                    grid[0] = c % (STEPS + 1) / (double)STEPS;
                    grid[1] = c / (STEPS + 1) % (STEPS + 1) / (double)STEPS;
                    grid[2] = c / (STEPS + 1) / (STEPS + 1) / (double)STEPS;
                    best = fmin(best, flx_output_weighting_loss_of(&p, grid));
                }
                assert_true(found <= best);
                assert_true(found > best * 0.9 - 1); /* and the grid comes near */
            }
}

static void awkward_tables_are_solved(void)
{
    static const int sizes[][2] = {{1, 1}, {1, 7}, {5, 20}, {20, 20}, {60, 9}, {300, 60}};
    double *P = malloc(300 * MAX_K * sizeof *P), *y = malloc(300 * sizeof *y), w[MAX_K];
    for (int kind = 0; kind < 6; kind++)
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
            for (int form = 0; form < 2; form++)
                for (int loss = 0; loss < 2; loss++) {
                    fill(sizes[s][0], sizes[s][1], 10 + s, kind, P, y);
                    flx_output_weighting_problem p = {
                        .n = sizes[s][0],
                        .k = sizes[s][1],
                        .P = P,
                        .y = y,
                        .form = (flx_output_weighting_form)form,
                        .loss = (flx_output_weighting_loss)loss};
                    solve_from_equal(&p, w);
                }
    free(P);
    free(y);
}

/* Rows that come twice and few values, far from zero: no vertex is simple. */
static void ties_far_from_zero_are_solved(void)
{
    enum { N2 = 90, K2 = 20 };
    double P[N2 * K2], y[N2], w[K2];
    for (uint64_t seed = 1; seed <= 12; seed++)
        for (int form = 0; form < 2; form++) {
            fill(N2, K2, seed, seed % 2 ? 3 : 4, P, y);
            for (int i = 0; i < N2 * K2; i++)
                P[i] += 5000;
            for (int i = 0; i < N2; i++)
                y[i] += 5000;
            flx_output_weighting_problem p = {.n = N2,
                                              .k = K2,
                                              .P = P,
                                              .y = y,
                                              .form = (flx_output_weighting_form)form};
            solve_from_equal(&p, w);
        }
}

static void the_start_does_not_change_the_loss(void)
{
    enum { N = 120, K = 12 };
    double P[N * K], y[N], w[K], first = 0;
    for (int form = 0; form < 2; form++)
        for (int start = 0; start < 8; start++) {
            fill(N, K, 4, 3, P, y);
            flx_output_weighting_problem p = {
                .n = N, .k = K, .P = P, .y = y, .form = (flx_output_weighting_form)form};
            double sum = 0;
            for (int j = 0; j < K; j++) {
                double u = flx_uniform(5, 5, (uint32_t)start, (uint32_t)j, 0);
                w[j] = start == 0 ? j == 3 : start % 2 && j % 2 ? 0 : u;
                sum += w[j];
            }
            for (int j = 0; j < K && form == FLX_FORM_MEAN; j++)
                w[j] /= sum;
            double loss = solve(&p, w);
            first = start == 0 ? loss : first;
            assert_close(loss, first, 1e-9, 0);
        }
}

static void scale_of_the_unit_does_not_matter(void)
{
    enum { N = 80, K = 10 };
    double P[N * K], y[N], w[K], plain[K];
    for (int exponent = -12; exponent <= 12; exponent += 12) {
        fill(N, K, 8, 0, P, y);
        double unit = pow(10, exponent);
        for (int i = 0; i < N * K; i++)
            P[i] *= unit;
        for (int i = 0; i < N; i++)
            y[i] *= unit;
        flx_output_weighting_problem p = {.n = N, .k = K, .P = P, .y = y};
        solve_from_equal(&p, w);
        if (exponent == -12)
            memcpy(plain, w, sizeof w);
        for (int j = 0; j < K; j++)
            assert_close(w[j], plain[j], 0, 1e-9);
    }
}

static void a_basis_leaves_along_its_edges(void)
{
    double P[] = {2, 1, 1, 3}, y[] = {1, 1}, w[] = {0.5, 0.25}, products[2];
    flx_output_weighting_problem p = {
        .n = 2, .k = 2, .P = P, .y = y, .form = FLX_FORM_SUM};
    flx_basis basis;
    flx_error error = {0};
    assert_int(flx_basis_create(&p, w, &basis, &error), FLX_OK);
    flx_active_constraint row = {FLX_CONSTRAINT_ROW, 1, 1};
    for (int l = 0; l < 2; l++)
        products[l] = flx_constraint_product(&basis, row, basis.edges + 2 * l);
    assert_close(products[0], 1, 0, 0);
    assert_close(products[1], 3, 0, 0);
    flx_basis_replace(&basis, 1, row, products);
    /* along edge 0 the row (1, 3) stays and w_1 grows; edge 1 keeps w_1 */
    assert_close(basis.edges[0], 1, 1e-15, 0);
    assert_close(basis.edges[1], -1.0 / 3, 1e-15, 0);
    assert_close(basis.edges[2], 0, 0, 0);
    assert_close(basis.edges[3], 1.0 / 3, 1e-15, 0);
    assert_true(flx_basis_refresh(&basis, w));
    assert_close(w[0], 0.5, 1e-15, 0);
    assert_close(w[1], 0.5 / 3, 1e-15, 0);
    assert_close(basis.edges[1], -1.0 / 3, 1e-15, 0);
    basis.active[0] = row; /* twice the same row */
    assert_true(!flx_basis_refresh(&basis, w));
    assert_close(w[0], 0.5, 1e-15, 0);
    flx_basis_clear(&basis);
}

static void the_triangle_has_the_losses_of_the_table(void)
{
    enum { N = 17, K = 5 };
    double P[N * K], y[N], w[K];
    fill(N, K, 2, 0, P, y);
    for (int n = 1; n <= N; n += 4) {
        flx_output_weighting_problem p = {.n = n,
                                          .k = K,
                                          .P = P,
                                          .y = y,
                                          .form = FLX_FORM_SUM,
                                          .loss = FLX_LOSS_SQUARED};
        flx_triangle t;
        flx_error error = {0};
        assert_int(flx_triangle_create(&p, &t, &error), FLX_OK);
        for (uint32_t c = 0; c < 5; c++) {
            double total = 0;
            for (int j = 0; j < K; j++)
                w[j] = flx_uniform(9, 9, c, (uint32_t)j, 0);
            for (int i = 0; i <= K; i++) {
                double r = t.z[i];
                for (int j = 0; j < K; j++)
                    r -= t.R[i * K + j] * w[j];
                total += r * r;
            }
            assert_close(total / n, flx_output_weighting_loss_of(&p, w), 1e-12, 1e-9);
        }
        flx_triangle_clear(&t);
    }
}

CU_TestInfo output_weighting_optimum_tests[] = {
    {"one model is a median or a mean", one_model_is_a_median_or_a_mean},
    {"bounds hold the answer", bounds_hold_the_answer},
    {"an exact blend is found", an_exact_blend_is_found},
    {"brute force finds nothing better", brute_force_finds_nothing_better},
    {"awkward tables are solved", awkward_tables_are_solved},
    {"ties far from zero are solved", ties_far_from_zero_are_solved},
    {"the start does not change the loss", the_start_does_not_change_the_loss},
    {"scale of the unit does not matter", scale_of_the_unit_does_not_matter},
    {"a basis leaves along its edges", a_basis_leaves_along_its_edges},
    {"the triangle has the losses of the table",
     the_triangle_has_the_losses_of_the_table},
    CU_TEST_INFO_NULL,
};
