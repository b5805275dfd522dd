/* SPDX-License-Identifier: MIT
 * The minimizer on functions whose minimum is known, with and without active bounds. */
#include "host/optimization/lbfgs.h"

#include "tests/close.h"

#include <CUnit/CUnit.h>
#include <math.h>

enum {
    MAX_SIZE = 10,
    MAX_MEMORY = MAX_SIZE * (4 + 2 * FLX_LBFGS_MEMORY) + FLX_LBFGS_MEMORY
};

typedef double function(int size, const double *x, double *gradient);

/* One search; `calls` counts evaluations, `longest` the longest move of one entry. */
typedef struct {
    flx_lbfgs state;
    double memory[MAX_MEMORY];
    double lower[MAX_SIZE], upper[MAX_SIZE];
    int calls;
} search;

static const flx_lbfgs_options options = {500, 1e-8, 1e-15, 2.0};

static void prepare(search *s, int size, double lower, double upper)
{
    for (int i = 0; i < size; i++) {
        s->lower[i] = lower;
        s->upper[i] = upper;
    }
    s->calls = 0;
    assert_true(flx_lbfgs_memory_size(size) <= MAX_MEMORY);
    flx_lbfgs_bind(&s->state, size, &options, s->lower, s->upper, s->memory);
}

static void minimize(search *s, function *f, const double *start)
{
    double gradient[MAX_SIZE];
    flx_lbfgs_begin(&s->state, start);
    while (!s->state.is_done && s->calls < 5000) {
        for (int i = 0; i < s->state.size; i++)
            assert_true(s->state.trial[i] >= s->lower[i] &&
                        s->state.trial[i] <= s->upper[i]);
        double value = f(s->state.size, s->state.trial, gradient);
        s->calls++;
        flx_lbfgs_tell(&s->state, value, gradient);
    }
    assert_true(s->state.is_done);
}

/* sum_i (i + 1)^2 / 2 (x_i - i)^2, minimum 0 at x_i = i. */
static double quadratic(int size, const double *x, double *gradient)
{
    double sum = 0;
    for (int i = 0; i < size; i++) {
        double weight = (i + 1.0) * (i + 1.0);
        sum += 0.5 * weight * (x[i] - i) * (x[i] - i);
        gradient[i] = weight * (x[i] - i);
    }
    return sum;
}

static void finds_the_minimum_of_a_quadratic(void)
{
    search s;
    const double start[MAX_SIZE] = {9, -9, 9, -9, 9, -9, 9, -9, 9, -9};
    prepare(&s, MAX_SIZE, -20, 20);
    minimize(&s, quadratic, start);
    for (int i = 0; i < MAX_SIZE; i++)
        assert_close(s.state.x[i], i, 0, 1e-6);
    assert_close(s.state.value, 0, 0, 1e-12);
    assert_true(s.calls < 100);
}

/* Separable: the constrained minimum is each entry's own, clamped. */
static void stops_at_active_bounds(void)
{
    search s;
    const double start[6] = {2, 2, 2, 2, 2, 2};
    prepare(&s, 6, 1.5, 3.25);
    minimize(&s, quadratic, start);
    const double expected[6] = {1.5, 1.5, 2, 3, 3.25, 3.25};
    for (int i = 0; i < 6; i++)
        assert_close(s.state.x[i], expected[i], 0, 1e-7);
}

static double rosenbrock(int size, const double *x, double *gradient)
{
    double sum = 0;
    for (int i = 0; i < size; i++)
        gradient[i] = 0;
    for (int i = 0; i + 1 < size; i++) {
        double a = x[i + 1] - x[i] * x[i], b = 1 - x[i];
        sum += 100 * a * a + b * b;
        gradient[i] -= 400 * a * x[i] + 2 * b;
        gradient[i + 1] += 200 * a;
    }
    return sum;
}

static void follows_the_curved_valley(void)
{
    search s;
    const double start[2] = {-1.2, 1.0};
    prepare(&s, 2, -5, 5);
    minimize(&s, rosenbrock, start);
    assert_close(s.state.x[0], 1, 0, 1e-6);
    assert_close(s.state.x[1], 1, 0, 1e-6);
    assert_true(s.calls < 200);
}

/* With x0 <= 0.5 the minimum is at (0.5, 0.25), value 0.25. */
static void follows_the_valley_to_the_wall(void)
{
    search s;
    const double start[2] = {-1.2, 1.0};
    prepare(&s, 2, -5, 5);
    s.upper[0] = 0.5;
    minimize(&s, rosenbrock, start);
    assert_close(s.state.x[0], 0.5, 0, 0);
    assert_close(s.state.x[1], 0.25, 0, 1e-6);
    assert_close(s.state.value, 0.25, 0, 1e-9);
}

static void moves_a_start_into_the_box(void)
{
    search s;
    const double start[3] = {-100, 0.5, 100};
    prepare(&s, 3, 0, 1);
    flx_lbfgs_begin(&s.state, start);
    assert_close(s.state.trial[0], 0, 0, 0);
    assert_close(s.state.trial[1], 0.5, 0, 0);
    assert_close(s.state.trial[2], 1, 0, 0);
}

/* Started in the corner that is its constrained minimum. */
static void a_minimum_in_the_corner_ends_at_once(void)
{
    search s;
    const double start[2] = {5, 5};
    prepare(&s, 2, 5, 6);
    minimize(&s, quadratic, start);
    assert_int(s.calls, 1);
    assert_close(s.state.x[0], 5, 0, 0);
}

/* log x below its domain is not finite: x - log x has its minimum at 1. */
static double barrier(int size, const double *x, double *gradient)
{
    double sum = 0;
    for (int i = 0; i < size; i++) {
        sum += x[i] > 0.9 ? x[i] - log(x[i]) : NAN;
        gradient[i] = 1 - 1 / x[i];
    }
    return sum;
}

static void steps_that_are_not_finite_are_shortened(void)
{
    search s;
    const double start[2] = {6, 3};
    prepare(&s, 2, -10, 10);
    minimize(&s, barrier, start);
    assert_close(s.state.x[0], 1, 0, 1e-6);
    assert_close(s.state.x[1], 1, 0, 1e-6);
}

static double nowhere(int size, const double *x, double *gradient)
{
    for (int i = 0; i < size; i++)
        gradient[i] = x[i];
    return INFINITY;
}

static void a_start_that_is_not_finite_gives_up(void)
{
    search s;
    const double start[2] = {0, 0};
    prepare(&s, 2, -1, 1);
    minimize(&s, nowhere, start);
    assert_int(s.calls, 1);
    assert_true(!s.state.is_started);
    assert_close(s.state.value, INFINITY, 0, 0);
}

/* A gradient with the wrong sign: no step can decrease, so it must end all the same. */
static double liar(int size, const double *x, double *gradient)
{
    double value = quadratic(size, x, gradient);
    for (int i = 0; i < size; i++)
        gradient[i] = -gradient[i];
    return value;
}

static void a_wrong_gradient_does_not_loop_for_ever(void)
{
    search s;
    const double start[2] = {3, 3};
    prepare(&s, 2, -10, 10);
    minimize(&s, liar, start);
    assert_true(s.calls < 30);
    assert_close(s.state.x[0], 3, 0, 0);
    assert_close(s.state.x[1], 3, 0, 0);
}

/* The value kept is the best one told, and no accepted step is longer than the cap. */
static void watch(function *f, const double *start)
{
    search s;
    double gradient[2], kept = INFINITY, x[2] = {start[0], start[1]};
    prepare(&s, 2, -20, 20);
    flx_lbfgs_begin(&s.state, start);
    while (!s.state.is_done) {
        flx_lbfgs_tell(&s.state, f(2, s.state.trial, gradient), gradient);
        assert_true(s.state.value <= kept);
        for (int i = 0; i < 2; i++) {
            assert_true(fabs(s.state.x[i] - x[i]) <= options.step_cap * (1 + 1e-12));
            x[i] = s.state.x[i];
        }
        kept = s.state.value;
    }
    assert_close(kept, f(2, s.state.x, gradient), 0, 0);
}

static void never_climbs_and_never_leaps(void)
{
    watch(rosenbrock, (double[2]){-1.9, 2.0});
    watch(quadratic, (double[2]){18.0, 19.0}); /* a Newton step would go all the way */
}

static double flat(int size, const double *x, double *gradient)
{
    (void)x;
    for (int i = 0; i < size; i++)
        gradient[i] = 0;
    return 4.0;
}

static void a_flat_function_ends_at_once(void)
{
    search s;
    const double start[3] = {1, 2, 3};
    prepare(&s, 3, -5, 5);
    minimize(&s, flat, start);
    assert_int(s.calls, 1);
    assert_close(s.state.value, 4, 0, 0);
}

CU_TestInfo lbfgs_tests[] = {
    {"finds the minimum of a quadratic", finds_the_minimum_of_a_quadratic},
    {"stops at active bounds", stops_at_active_bounds},
    {"follows the curved valley", follows_the_curved_valley},
    {"follows the valley to the wall", follows_the_valley_to_the_wall},
    {"moves a start into the box", moves_a_start_into_the_box},
    {"a minimum in the corner ends at once", a_minimum_in_the_corner_ends_at_once},
    {"steps that are not finite are shortened", steps_that_are_not_finite_are_shortened},
    {"a start that is not finite gives up", a_start_that_is_not_finite_gives_up},
    {"a wrong gradient does not loop for ever", a_wrong_gradient_does_not_loop_for_ever},
    {"never climbs and never leaps", never_climbs_and_never_leaps},
    {"a flat function ends at once", a_flat_function_ends_at_once},
    CU_TEST_INFO_NULL,
};
