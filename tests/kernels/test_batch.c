/* SPDX-License-Identifier: MIT
 * Many members in one batch: mixed sizes, failing neighbours, thread counts. Whatever
 * stands beside a member must not change one bit of it. */
#include "tests/close.h"
#include "tests/kernels/every_backend.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_MEMBERS = 80 };

/* A sample set as problems and evaluations, in order. */
typedef struct {
    flx_sample_set set;
    flx_gp_problem problems[MAX_MEMBERS];
    flx_gp_evaluation evaluations[MAX_MEMBERS];
    double gradients[MAX_MEMBERS][MAX_THETA];
} fleet;

static fleet *make_fleet(int max_n)
{
    flx_error error;
    fleet *f = calloc(1, sizeof *f);
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    assert_int(flx_sample_set_create(max_n, &f->set, &error), FLX_OK);
    for (int i = 0; i < f->set.count; i++) {
        f->problems[i] = f->set.samples[i].problem;
        f->evaluations[i] = (flx_gp_evaluation){
            .problem = i, .theta = f->set.samples[i].theta, .gradient = f->gradients[i]};
    }
    return f;
}

static void free_fleet(fleet *f)
{
    flx_sample_set_clear(&f->set);
    free(f);
}

static void evaluate(flx_backend *backend, const flx_gp_problem *problems, int n_problems,
                     flx_gp_evaluation *evaluations, int count)
{
    flx_error error = {0};
    flx_gp_batch *batch = NULL;
    assert_int(
        backend->operations->batch_create(backend, problems, n_problems, &batch, &error),
        FLX_OK);
    assert_int(backend->operations->evaluate(batch, evaluations, count, &error), FLX_OK);
    backend->operations->batch_release(batch);
}

static void check_mixed(flx_backend *backend)
{
    fleet *f = make_fleet(50);
    evaluate(backend, f->problems, f->set.count, f->evaluations, f->set.count);
    for (int i = 0; i < f->set.count; i++) {
        double value, gradient[MAX_THETA];
        int size = flx_gp_theta_size(&f->problems[i]);
        assert_int(evaluate_alone(backend, &f->problems[i], f->evaluations[i].theta, 0,
                                  &value, gradient),
                   0);
        assert_close(f->evaluations[i].value, value, 0, 0);
        assert_true(memcmp(f->gradients[i], gradient, (size_t)size * sizeof(double)) ==
                    0);
    }
    free_fleet(f);
}

static void a_member_is_the_same_alone_and_in_a_batch(void)
{
    with_every_backend(check_mixed);
}

static void assert_same(const fleet *a, const fleet *b)
{
    for (int i = 0; i < a->set.count; i++) {
        assert_close(a->evaluations[i].value, b->evaluations[i].value, 0, 0);
        assert_true(memcmp(a->gradients[i], b->gradients[i], sizeof a->gradients[i]) ==
                    0);
    }
}

static void the_number_of_threads_changes_no_bit(void)
{
    flx_backend one, more;
    for (int i = 0; panel_backend(i, 1, &one); i++) {
        if (!one.operations)
            continue;
        fleet *a = make_fleet(50);
        evaluate(&one, a->problems, a->set.count, a->evaluations, a->set.count);
        for (int threads = 2; threads <= 3; threads++) {
            fleet *b = make_fleet(50);
            panel_backend(i, threads, &more);
            evaluate(&more, b->problems, b->set.count, b->evaluations, b->set.count);
            assert_same(a, b);
            free_fleet(b);
        }
        free_fleet(a);
    }
}

/* The same problem at several theta, backwards and with gaps. */
static void check_any_order(flx_backend *backend)
{
    fleet *f = make_fleet(9);
    double theta[4][MAX_THETA], gradients[4][MAX_THETA];
    flx_gp_evaluation evaluations[4];
    int chosen[4] = {30, 3, 30, 14};
    for (int i = 0; i < 4; i++) {
        memcpy(theta[i], f->set.samples[chosen[i]].theta,
               (size_t)flx_gp_theta_size(&f->problems[chosen[i]]) * sizeof(double));
        theta[i][1] += 0.25 * i;
        evaluations[i] = (flx_gp_evaluation){
            .problem = chosen[i], .theta = theta[i], .gradient = gradients[i]};
    }
    evaluate(backend, f->problems, f->set.count, evaluations, 4);
    for (int i = 0; i < 4; i++) {
        double value, gradient[MAX_THETA];
        evaluate_alone(backend, &f->problems[chosen[i]], theta[i], 0, &value, gradient);
        assert_close(evaluations[i].value, value, 0, 0);
        assert_close(gradients[i][1], gradient[1], 0, 0);
    }
    assert_true(evaluations[0].value != evaluations[2].value);
    free_fleet(f);
}

static void evaluations_come_in_any_order(void)
{
    with_every_backend(check_any_order);
}

/* Members at even places are fine, those at odd ones are singular. */
static void check_failing_neighbours(flx_backend *backend)
{
    flx_sample samples[5];
    flx_gp_problem problems[5];
    flx_gp_evaluation evaluations[5];
    double gradients[5][5];
    for (int i = 0; i < 5; i++) {
        samples[i] = make_sample(10 + 7 * i, 3, false,
                                 i % 2 ? FLX_SAMPLE_SINGULAR : FLX_SAMPLE_PLAIN);
        problems[i] = samples[i].problem;
        evaluations[i] = (flx_gp_evaluation){
            .problem = i, .theta = samples[i].theta, .gradient = gradients[i]};
    }
    evaluate(backend, problems, 5, evaluations, 5);
    for (int i = 0; i < 5; i++) {
        double value, gradient[5];
        evaluate_alone(backend, &problems[i], samples[i].theta, 0, &value, gradient);
        assert_int(evaluations[i].info, i % 2 ? 2 : 0);
        assert_close(evaluations[i].value, i % 2 ? -INFINITY : value, 0, 0);
        for (int k = 0; k < 5; k++)
            assert_close(gradients[i][k], i % 2 ? 0 : gradient[k], 0, 0);
        flx_sample_clear(&samples[i]);
    }
}

static void a_failing_member_leaves_its_neighbours(void)
{
    with_every_backend(check_failing_neighbours);
}

static void check_rescue(flx_backend *backend)
{
    flx_sample sample = make_sample(17, 3, false, FLX_SAMPLE_SINGULAR);
    double value, gradient[5];
    assert_int(
        evaluate_alone(backend, &sample.problem, sample.theta, 0, &value, gradient), 2);
    assert_int(
        evaluate_alone(backend, &sample.problem, sample.theta, 1e-6, &value, gradient),
        0);
    assert_true(isfinite(value) && isfinite(gradient[1]));
    flx_sample_clear(&sample);
}

static void jitter_rescues_a_singular_member(void)
{
    with_every_backend(check_rescue);
}

static void assert_refused(flx_backend *backend, const flx_sample *sample)
{
    double value, gradient[5] = {1, 1, 1, 1, 1};
    assert_true(evaluate_alone(backend, &sample->problem, sample->theta, 0, &value,
                               gradient) != 0);
    assert_close(value, -INFINITY, 0, 0);
    for (int k = 0; k < 5; k++)
        assert_close(gradient[k], 0, 0, 0);
}

static void check_poison(flx_backend *backend)
{
    const double poisons[] = {NAN, INFINITY, -INFINITY};
    const int sizes[] = {1, 2, 9, 24};
    for (int s = 0; s < 4; s++)
        for (int p = 0; p < 3; p++) {
            flx_sample sample = make_sample(sizes[s], 3, false, FLX_SAMPLE_PLAIN);
            double *places[] = {&sample.X[sizes[s] * 3 - 2], &sample.y[sizes[s] - 1]};
            for (int i = 0; i < 2; i++) {
                double kept = *places[i];
                *places[i] = poisons[p];
                assert_refused(backend, &sample);
                *places[i] = kept;
            }
            sample.theta[4] = NAN;
            assert_refused(backend, &sample);
            flx_sample_clear(&sample);
        }
}

static void what_is_not_finite_is_refused_by_info(void)
{
    with_every_backend(check_poison);
}

static void check_empty(flx_backend *backend)
{
    flx_error error = {0};
    flx_gp_batch *batch = NULL;
    assert_int(backend->operations->batch_create(backend, NULL, 0, &batch, &error),
               FLX_OK);
    assert_int(backend->operations->evaluate(batch, NULL, 0, &error), FLX_OK);
    backend->operations->batch_release(batch);
    backend->operations->batch_release(NULL);
    const double one[1] = {1};
    flx_gp_problem problems[2] = {{.n = 1, .d = 1, .X = one, .y = one},
                                  {.n = 0, .d = 1, .X = one, .y = one}};
    batch = (flx_gp_batch *)&error;
    assert_int(backend->operations->batch_create(backend, problems, 2, &batch, &error),
               FLX_BAD_INPUT);
    assert_true(batch == NULL);
    assert_contains(error.message, "0 points and 1 inputs");
    problems[1] = (flx_gp_problem){.n = 1, .d = 0, .X = one, .y = one};
    assert_int(backend->operations->batch_create(backend, problems, 2, &batch, &error),
               FLX_BAD_INPUT);
}

static void empty_batches_work_and_empty_problems_do_not(void)
{
    with_every_backend(check_empty);
}

CU_TestInfo batch_tests[] = {
    {"a member is the same alone and in a batch",
     a_member_is_the_same_alone_and_in_a_batch},
    {"the number of threads changes no bit", the_number_of_threads_changes_no_bit},
    {"evaluations come in any order", evaluations_come_in_any_order},
    {"a failing member leaves its neighbours", a_failing_member_leaves_its_neighbours},
    {"jitter rescues a singular member", jitter_rescues_a_singular_member},
    {"what is not finite is refused by info", what_is_not_finite_is_refused_by_info},
    {"empty batches work and empty problems do not",
     empty_batches_work_and_empty_problems_do_not},
    CU_TEST_INFO_NULL,
};
