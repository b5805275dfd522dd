/* SPDX-License-Identifier: MIT
 * Output weighting as a whole: the search and the polish, batches, threads, bad input,
 * and the reference problem where its files are there. */
#include "host/optimization/output_weighting.h"

#include "kernels/formulas/philox.h"
#include "tests/close.h"
#include "tests/skip.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N = 60, K = 6 };

static double P[N * K], y[N];

static flx_output_weighting_problem make_problem(flx_output_weighting_form form,
                                                 flx_output_weighting_loss loss)
{
    for (uint32_t i = 0; i < N; i++) {
        double base = 100 + 80 * flx_uniform(2, 1, i, 0, 0);
        for (uint32_t j = 0; j < K; j++)
            P[i * K + j] = base * (0.6 + 0.1 * j) + 15 * flx_normal(2, 2, i, j, 0);
        y[i] = base + 5 * flx_normal(2, 3, i, 0, 0);
    }
    return (flx_output_weighting_problem){
        .name = "web:p90", .n = N, .k = K, .P = P, .y = y, .form = form, .loss = loss};
}

static flx_backend *open_cpu(int threads)
{
    flx_backend *backend = NULL;
    flx_error error = {0};
    assert_int(flx_backend_open("cpu", threads, &backend, &error), FLX_OK);
    return backend;
}

static flx_output_weighting_result solve(const flx_output_weighting_problem *problem,
                                         flx_output_weighting_options options)
{
    flx_backend *backend = open_cpu(1);
    flx_output_weighting_result result;
    flx_error error = {0};
    assert_int(flx_output_weighting_solve(backend, problem, 1, &options, &result, &error),
               FLX_OK);
    flx_backend_close(backend);
    return result;
}

static void finds_and_proves_the_optimum(void)
{
    for (int form = 0; form < 2; form++)
        for (int loss = 0; loss < 2; loss++) {
            flx_output_weighting_problem p = make_problem(
                (flx_output_weighting_form)form, (flx_output_weighting_loss)loss);
            flx_output_weighting_result r = solve(&p, (flx_output_weighting_options){0});
            double sum = 0;
            for (int j = 0; j < K; j++) {
                assert_true(r.weights[j] >= 0 && r.weights[j] <= 1);
                sum += r.weights[j];
            }
            if (p.form == FLX_FORM_MEAN)
                assert_close(sum, 1, 1e-14, 0);
            assert_close(flx_output_weighting_loss_of(&p, r.weights), r.loss, 1e-14, 0);
            assert_true(r.loss <= r.loss_before_polish);
            assert_close(r.loss_before_polish, r.loss, 1e-5, 0);
            assert_true(r.gap >= 0 && r.gap <= 1e-10 * r.loss);
            assert_true(r.evaluations > 0 && r.evaluations <= 3000 * K);
            flx_output_weighting_result_clear(&r);
            assert_true(r.weights == NULL);
        }
}

static void forms_are_told_apart(void)
{
    /* two models that are half the target each: the sum is exact, no mean is */
    double half[] = {1, 1, 2, 2}, target[] = {2, 4};
    flx_output_weighting_problem p = {.n = 2, .k = 2, .P = half, .y = target};
    flx_output_weighting_result mean = solve(&p, (flx_output_weighting_options){0});
    p.form = FLX_FORM_SUM;
    flx_output_weighting_result sum = solve(&p, (flx_output_weighting_options){0});
    assert_close(mean.loss, 1.5, 1e-14, 0);
    assert_close(sum.loss, 0, 0, 1e-14);
    assert_close(sum.weights[0] + sum.weights[1], 2, 1e-14, 0);
    flx_output_weighting_result_clear(&mean);
    flx_output_weighting_result_clear(&sum);
}

static void one_model_and_one_row(void)
{
    double one[] = {4}, target[] = {3};
    for (int form = 0; form < 2; form++) {
        flx_output_weighting_problem p = {.n = 1,
                                          .k = 1,
                                          .P = one,
                                          .y = target,
                                          .form = (flx_output_weighting_form)form};
        flx_output_weighting_result r = solve(&p, (flx_output_weighting_options){0});
        assert_close(r.weights[0], form == FLX_FORM_SUM ? 0.75 : 1, 1e-14, 0);
        assert_close(r.loss, form == FLX_FORM_SUM ? 0 : 1, 0, 1e-14);
        flx_output_weighting_result_clear(&r);
    }
}

static void paper_mode_neither_seeds_nor_polishes(void)
{
    flx_output_weighting_problem p = make_problem(FLX_FORM_SUM, FLX_LOSS_ABSOLUTE);
    flx_output_weighting_options options = {.is_paper = true, .evaluations = 500};
    flx_output_weighting_result rough = solve(&p, options);
    assert_close(rough.loss, rough.loss_before_polish, 0, 0);
    assert_true(rough.gap > 1e-6 * rough.loss);
    assert_int((long)rough.evaluations, 500);
    options.evaluations = 20000;
    flx_output_weighting_result longer = solve(&p, options);
    assert_true(longer.loss < rough.loss);
    flx_output_weighting_result best = solve(&p, (flx_output_weighting_options){0});
    assert_true(longer.loss >= best.loss);
    assert_close(rough.loss - rough.gap, best.loss, 1e-10, 0);
    /* the cached optimum is never lost */
    p.cached = best.weights;
    p.n_cached = 1;
    options.evaluations = 300;
    flx_output_weighting_result seeded = solve(&p, options);
    assert_close(seeded.loss, best.loss, 1e-14, 0);
    flx_output_weighting_result_clear(&rough);
    flx_output_weighting_result_clear(&longer);
    flx_output_weighting_result_clear(&best);
    flx_output_weighting_result_clear(&seeded);
}

static void many_cached_weights_fit(void)
{
    flx_output_weighting_problem p = make_problem(FLX_FORM_MEAN, FLX_LOSS_ABSOLUTE);
    double *cached = calloc(300 * K, sizeof *cached); /* all zero: a mean of nothing */
    p.cached = cached;
    p.n_cached = 300;
    for (int paper = 0; paper < 2; paper++) {
        flx_output_weighting_options options = {.is_paper = paper, .evaluations = 1000};
        if (paper)
            cached[0] = 1;
        flx_output_weighting_result r = solve(&p, options);
        assert_true(isfinite(r.loss));
        flx_output_weighting_result_clear(&r);
    }
    free(cached);
}

static void restarts_count_and_help(void)
{
    flx_output_weighting_problem p = make_problem(FLX_FORM_SUM, FLX_LOSS_ABSOLUTE);
    flx_output_weighting_options options = {
        .is_paper = true, .evaluations = 400, .restarts = 5};
    flx_output_weighting_result five = solve(&p, options);
    options.restarts = 1;
    flx_output_weighting_result one = solve(&p, options);
    assert_int((long)five.evaluations, 2000);
    assert_true(five.loss <= one.loss);
    flx_output_weighting_result_clear(&five);
    flx_output_weighting_result_clear(&one);
}

/* The same bits alone, in a batch of different problems, and for any threads. */
static void batch_and_threads_change_nothing(void)
{
    flx_output_weighting_problem problems[5];
    for (int i = 0; i < 5; i++) {
        problems[i] = make_problem((flx_output_weighting_form)(i % 2),
                                   (flx_output_weighting_loss)(i / 2 % 2));
        problems[i].n = N - 7 * i;
        problems[i].k = K;
    }
    flx_output_weighting_options options = {
        .evaluations = 1500, .restarts = 2, .seed = 11};
    flx_output_weighting_result batch[5];
    flx_error error = {0};
    flx_backend *backend = open_cpu(3);
    assert_int(flx_output_weighting_solve(backend, problems, 5, &options, batch, &error),
               FLX_OK);
    flx_backend_close(backend);
    for (int i = 0; i < 5; i++) {
        flx_output_weighting_result alone = solve(&problems[i], options);
        assert_close(batch[i].loss, alone.loss, 0, 0);
        assert_close(batch[i].loss_before_polish, alone.loss_before_polish, 0, 0);
        assert_int((long)batch[i].evaluations, (long)alone.evaluations);
        for (int j = 0; j < K; j++)
            assert_close(batch[i].weights[j], alone.weights[j], 0, 0);
        flx_output_weighting_result_clear(&alone);
        flx_output_weighting_result_clear(&batch[i]);
    }
}

static void note(void *context, double done, double total)
{
    double *seen = context;
    assert_true(done >= seen[0] && done <= total);
    seen[0] = done;
    seen[1]++;
}

static void tells_how_far_it_is(void)
{
    double seen[2] = {0};
    flx_progress progress = {note, seen};
    flx_output_weighting_problem p = make_problem(FLX_FORM_SUM, FLX_LOSS_ABSOLUTE);
    flx_output_weighting_options options = {
        .is_paper = true, .evaluations = 1000, .progress = &progress};
    flx_output_weighting_result r = solve(&p, options);
    assert_close(seen[0], 1000, 0, 0);
    assert_close(seen[1], 10, 0, 0);
    flx_output_weighting_result_clear(&r);
}

static void refuse(const flx_output_weighting_problem *problem,
                   flx_output_weighting_options options, const char *words)
{
    flx_backend *backend = open_cpu(1);
    flx_output_weighting_problem two[] = {make_problem(FLX_FORM_MEAN, FLX_LOSS_ABSOLUTE),
                                          *problem};
    flx_output_weighting_result results[2];
    memset(results, 0x5a, sizeof results);
    flx_error error = {0};
    assert_int(flx_output_weighting_solve(backend, two, 2, &options, results, &error),
               FLX_BAD_INPUT);
    assert_contains(error.message, words);
    assert_true(results[0].weights == NULL && results[1].weights == NULL);
    flx_backend_close(backend);
}

static void bad_input_is_refused_by_name(void)
{
    double table[] = {1, 2, NAN, 4}, target[] = {1, 2}, good[] = {1, 2, 3, 4};
    double huge[] = {1, 1e101}, odd[] = {1, -INFINITY}, cached[] = {0, 1, 0.5, 1.5};
    flx_output_weighting_options none = {0};
    flx_output_weighting_problem p = {
        .name = "db:p50", .n = 2, .k = 2, .P = table, .y = target};
    refuse(&p, none, "db:p50: the prediction of model 0 for row 1 is nan");
    p.P = good;
    p.y = odd;
    refuse(&p, none, "db:p50: the target of row 1 is -inf");
    p.y = huge;
    refuse(&p, none, "the target of row 1 is 1e+101, not a number up to 1e+100");
    p.y = target;
    p.cached = cached;
    p.n_cached = 2;
    refuse(&p, none, "db:p50: cached weights 1 give model 1 a weight of 1.5");
    p.n_cached = 0;
    p.n = 0;
    p.name = NULL;
    refuse(&p, none, "the weighting has 0 points and 2 models");
    p.n = 2;
    p.k = 0;
    refuse(&p, none, "0 models");
    p.k = 2;
    refuse(&p, (flx_output_weighting_options){.restarts = -1}, "-1 restarts");
    refuse(&p, (flx_output_weighting_options){.evaluations = -5}, "-5 evaluations");
    refuse(&p, (flx_output_weighting_options){.population = 3}, "population");
}

static double *read_reference(const char *name, size_t count)
{
    const char *root = getenv("FLUXION_DATA");
    char path[1024];
    if (root)
        snprintf(path, sizeof path, "%s/../reference/de/%s", root, name);
    else
        snprintf(path, sizeof path, "%s/../shared/reference/de/%s", FLX_SOURCE_DIR, name);
    FILE *file = fopen(path, "rb");
    if (!file)
        return NULL;
    double *values = malloc(count * sizeof *values);
    if (values && fread(values, sizeof *values, count, file) != count) {
        free(values);
        values = NULL;
    }
    fclose(file);
    return values;
}

/* 2000 rows, 30 models; the optima were found by linear programming. */
static void the_reference_problem_is_solved(void)
{
    static const double optimum[] = {
        [FLX_FORM_MEAN] = 182.09060533659513, [FLX_FORM_SUM] = 181.87318743957405};
    double *table = read_reference("P_2000x30_rowmajor_le_f64.bin", 60000);
    double *target = read_reference("y_2000_le_f64.bin", 2000);
    if (!table || !target)
        skip_test("the files of the reference problem are not there");
    for (int form = 0; form < 2 && table && target; form++)
        for (uint64_t seed = 0; seed < 3; seed++) {
            flx_output_weighting_problem p = {.n = 2000,
                                              .k = 30,
                                              .P = table,
                                              .y = target,
                                              .form = (flx_output_weighting_form)form};
            flx_output_weighting_result r =
                solve(&p, (flx_output_weighting_options){.seed = seed});
            assert_true(r.evaluations <= 90450);
            assert_close(r.loss_before_polish, optimum[form], 1e-5, 0);
            assert_close(r.loss, optimum[form], 1e-11, 0);
            assert_true(r.gap <= 1e-11 * r.loss);
            flx_output_weighting_result_clear(&r);
        }
    free(table);
    free(target);
}

CU_TestInfo output_weighting_tests[] = {
    {"finds and proves the optimum", finds_and_proves_the_optimum},
    {"forms are told apart", forms_are_told_apart},
    {"one model and one row", one_model_and_one_row},
    {"paper mode neither seeds nor polishes", paper_mode_neither_seeds_nor_polishes},
    {"many cached weights fit", many_cached_weights_fit},
    {"restarts count and help", restarts_count_and_help},
    {"batch and threads change nothing", batch_and_threads_change_nothing},
    {"tells how far it is", tells_how_far_it_is},
    {"bad input is refused by name", bad_input_is_refused_by_name},
    {"the reference problem is solved", the_reference_problem_is_solved},
    CU_TEST_INFO_NULL,
};
