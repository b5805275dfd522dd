/* SPDX-License-Identifier: MIT
 * Boosted trees and forests: what they learn, that their bytes, threads and missing
 * inputs change nothing that they should not, and bad input. */
#include "host/regression/tree_ensemble.h"

#include "host/regression/fit_queue.h"
#include "host/regression/tree_export.h"
#include "kernels/formulas/philox.h"
#include "tests/close.h"
#include "tests/host/regression/predict_rows.h"
#include "tests/scratch.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

enum { N = 80, D = 3 };

static const flx_predictor_kind kinds[] = {FLX_PREDICTOR_XGBOOST, FLX_PREDICTOR_FOREST};
static double X[N * D], y[N];

/* A step in the first column, 10 below 0.5 and 30 above; the others say nothing. */
static void make_step(void)
{
    for (uint32_t i = 0; i < N; i++) {
        for (uint32_t k = 0; k < D; k++)
            X[i * D + k] = flx_uniform(4, 1, i, k, 0);
        y[i] = X[i * D] < 0.5 ? 10 : 30;
    }
}

static flx_trees *grow(const flx_trees_options *options, const double *rows,
                       const double *target, int n, int d)
{
    unsigned char *bytes;
    size_t size;
    flx_trees *trees = NULL;
    flx_error error = {0};
    assert_int(flx_trees_fit(options, rows, target, n, d, &bytes, &size, &error), FLX_OK);
    assert_int(flx_trees_load(bytes, size, d, &trees, &error), FLX_OK);
    free(bytes);
    return trees;
}

static double ask_one(const flx_trees *trees, const double *x)
{
    double answer = NAN;
    flx_error error = {0};
    assert_int(flx_trees_predict(trees, x, 1, &answer, &error), FLX_OK);
    return answer;
}

static void a_step_is_learnt(void)
{
    make_step();
    for (int k = 0; k < 2; k++) {
        flx_trees *trees =
            grow(&(flx_trees_options){.kind = kinds[k], .seed = 1}, X, y, N, D);
        assert_int(flx_trees_outputs(trees), 1);
        /* Half of the splits see the first column, the others pull towards 20. */
        assert_close(ask_one(trees, (double[]){0.2, 0.5, 0.5}), 10, 0, 2.5);
        assert_close(ask_one(trees, (double[]){0.8, 0.5, 0.5}), 30, 0, 2.5);
        flx_trees_release(trees);
    }
}

/* One tree of depth 1 over one column with two values: whichever rows it is taught. */
static void a_stump_is_the_mean_of_each_side(void)
{
    double x[400], target[400];
    for (int i = 0; i < 400; i++) {
        x[i] = i < 100 ? 1 : 2;
        target[i] = i < 100 ? 5 : -7;
    }
    flx_trees_options stump = {.kind = FLX_PREDICTOR_FOREST, .trees = 1, .depth = 1};
    flx_trees *trees = grow(&stump, x, target, 400, 1);
    assert_close(ask_one(trees, (double[]){1}), 5, 1e-6, 0);
    assert_close(ask_one(trees, (double[]){2}), -7, 1e-6, 0);
    assert_close(ask_one(trees, (double[]){1.49}), 5, 1e-6, 0);
    assert_close(ask_one(trees, (double[]){1.51}), -7, 1e-6, 0);
    flx_trees_release(trees);
}

/* 5 below 1.5 and -7 above it, as three nodes. */
static void a_stump_has_three_nodes(void)
{
    double x[100], target[100];
    for (int i = 0; i < 100; i++) {
        x[i] = i < 50 ? 1 : 2;
        target[i] = i < 50 ? 5 : -7;
    }
    flx_trees_options stump = {.kind = FLX_PREDICTOR_FOREST, .trees = 1, .depth = 1};
    flx_trees *trees = grow(&stump, x, target, 100, 1);
    flx_tree_nodes nodes;
    flx_error error = {0};
    assert_int(flx_tree_nodes_read(trees, &nodes, &error), FLX_OK);
    assert_int(nodes.n_roots, 1);
    assert_int(nodes.roots[0], 0);
    assert_int(nodes.n_nodes, 3);
    assert_int(nodes.nodes[0].feature, 0);
    assert_close((double)nodes.nodes[0].value, 1.5, 1e-6, 0);
    assert_close((double)nodes.nodes[nodes.nodes[0].left].value, 5, 1e-6, 0);
    assert_close((double)nodes.nodes[nodes.nodes[0].right].value, -7, 1e-6, 0);
    assert_int(nodes.nodes[1].feature, -1);
    assert_close(nodes.base, 0, 0, 0);
    flx_tree_nodes_clear(&nodes);
    flx_trees_release(trees);
}

static void an_ensemble_of_classes_is_no_list_of_nodes(void)
{
    make_step();
    for (int i = 0; i < N; i++)
        y[i] = floor(3 * X[i * D]);
    flx_trees_options options = {.kind = kinds[0], .classes = 3, .trees = 2};
    flx_trees *trees = grow(&options, X, y, N, D);
    flx_tree_nodes nodes;
    flx_error error = {0};
    assert_int(flx_tree_nodes_read(trees, &nodes, &error), FLX_BAD_INPUT);
    assert_contains(error.message, "predict 3 numbers, not one");
    assert_true(nodes.nodes == NULL && nodes.roots == NULL);
    flx_trees_release(trees);
}

/* Class 0 below 1/3, class 1 to 2/3, class 2 above, of the first column. */
static void classes_get_probabilities(void)
{
    make_step();
    for (int i = 0; i < N; i++)
        y[i] = floor(3 * X[i * D]);
    for (int k = 0; k < 2; k++) {
        flx_trees_options options = {.kind = kinds[k], .classes = 3, .trees = 60};
        flx_trees *trees = grow(&options, X, y, N, D);
        assert_int(flx_trees_outputs(trees), 3);
        for (int class = 0; class < 3; class ++) {
            double x[] = {class / 3.0 + 1 / 6.0, 0.5, 0.5}, p[3];
            flx_error error = {0};
            assert_int(flx_trees_predict(trees, x, 1, p, &error), FLX_OK);
            assert_close(p[0] + p[1] + p[2], 1, 0, 1e-6);
            for (int other = 0; other < 3; other++)
                assert_true(other == class || p[other] < 0.3);
            assert_true(p[class] > 0.5);
        }
        flx_trees_release(trees);
    }
}

/* Rows whose first column is missing have 30: they go where the large values are. */
static void missing_inputs_take_a_side(void)
{
    make_step();
    for (int i = 0; i < N; i += 2) {
        X[i * D] = NAN;
        y[i] = 30;
    }
    for (int k = 0; k < 2; k++) {
        flx_trees *trees = grow(&(flx_trees_options){.kind = kinds[k]}, X, y, N, D);
        assert_close(ask_one(trees, (double[]){NAN, 0.5, 0.5}), 30, 0, 3);
        assert_close(ask_one(trees, (double[]){0.2, 0.5, 0.5}), 10, 0, 3.5);
        flx_trees_release(trees);
    }
}

/* More than 2048 rows are taught by quantiles. */
static void many_rows_are_taught_too(void)
{
    enum { MANY = 5000 };
    double *x = malloc(MANY * sizeof *x), *target = malloc(MANY * sizeof *target);
    for (uint32_t i = 0; i < MANY; i++) {
        x[i] = flx_uniform(5, 1, i, 0, 0);
        target[i] = floor(4 * x[i]);
    }
    for (int k = 0; k < 2; k++) {
        flx_trees_options options = {.kind = kinds[k], .trees = 100};
        flx_trees *trees = grow(&options, x, target, MANY, 1);
        for (int i = 0; i < 4; i++)
            assert_close(ask_one(trees, (double[]){i / 4.0 + 0.125}), i, 0.02, 0.02);
        flx_trees_release(trees);
    }
    free(x);
    free(target);
}

static void answers_do_not_depend_on_threads(void)
{
    make_step();
    flx_trees *trees =
        grow(&(flx_trees_options){.seed = 3, .kind = kinds[0]}, X, y, N, D);
    double alone[N];
    flx_error error = {0};
    assert_int(flx_trees_predict(trees, X, N, alone, &error), FLX_OK);
    int wrong = 0;
#pragma omp parallel for num_threads(4) reduction(+ : wrong)
    for (int i = 0; i < 400; i++) {
        double few[N];
        int first = i % 11, count = N - 20 + i % 9;
        flx_error own = {0};
        wrong += flx_trees_predict(trees, X + first * D, count, few, &own) != FLX_OK ||
                 memcmp(few, alone + first, (size_t)count * sizeof *few) != 0;
    }
    assert_int(wrong, 0);
    flx_trees_release(trees);
}

static flx_backend *open_cpu(int threads)
{
    flx_backend *backend = NULL;
    flx_error error = {0};
    assert_int(flx_backend_open("cpu", threads, &backend, &error), FLX_OK);
    return backend;
}

static void list_tasks(flx_fit_task tasks[4])
{
    for (int t = 0; t < 4; t++)
        tasks[t] = (flx_fit_task){.name = "web:p90",
                                  .n = N - 7 * t,
                                  .d = D,
                                  .X = X,
                                  .y = y,
                                  .kind = kinds[t / 2],
                                  .seed = (uint64_t)t / 2,
                                  .wants_residuals = t % 2 == 0};
}

static void fits_do_not_depend_on_threads(void)
{
    flx_fit_task tasks[4];
    flx_fit_result one[4], three[4];
    flx_error error = {0};
    make_step();
    list_tasks(tasks);
    flx_backend *serial = open_cpu(1), *parallel = open_cpu(3);
    assert_int(flx_fit_all(serial, tasks, 4, one, NULL, &error), FLX_OK);
    assert_int(flx_fit_all(parallel, tasks, 4, three, NULL, &error), FLX_OK);
    for (int t = 0; t < 4; t++) {
        size_t n = (size_t)tasks[t].n;
        assert_true(!one[t].has_failed && one[t].predictor.n_bytes > 0);
        assert_true(one[t].predictor.n_bytes == three[t].predictor.n_bytes &&
                    memcmp(one[t].predictor.bytes, three[t].predictor.bytes,
                           one[t].predictor.n_bytes) == 0);
        assert_close(one[t].predictor.variance, three[t].predictor.variance, 0, 0);
        if (tasks[t].wants_residuals)
            assert_true(memcmp(one[t].loo_mean, three[t].loo_mean, n * sizeof(double)) ==
                        0);
        else
            assert_true(one[t].loo_mean == NULL && isnan(one[t].predictor.loo_mae));
        flx_fit_result_clear(&one[t]);
        flx_fit_result_clear(&three[t]);
    }
    flx_backend_close(serial);
    flx_backend_close(parallel);
}

/* Half of the rows have 10 and half 30, by a fair coin that no input knows: out of sample
 * the error is that of a guess, 10 on average or more, though forests know the rows they
 * were taught. */
static void residuals_are_out_of_sample(void)
{
    flx_fit_task tasks[4];
    flx_fit_result results[4];
    flx_error error = {0};
    make_step();
    for (uint32_t i = 0; i < N; i++)
        y[i] = flx_uniform(9, 2, i, 0, 0) < 0.5 ? 10 : 30;
    list_tasks(tasks);
    flx_backend *backend = open_cpu(2);
    assert_int(flx_fit_all(backend, tasks, 4, results, NULL, &error), FLX_OK);
    for (int t = 0; t < 4; t++) {
        double mae = 0, square = 0;
        for (int i = 0; i < tasks[t].n && results[t].loo_mean; i++) {
            mae += fabs(results[t].loo_mean[i] - y[i]) / tasks[t].n;
            square += pow(results[t].loo_mean[i] - y[i], 2) / tasks[t].n;
        }
        if (tasks[t].wants_residuals) {
            assert_close(results[t].predictor.loo_mae, mae, 1e-12, 0);
            assert_close(results[t].predictor.variance, square, 1e-12, 0);
            assert_true(mae > 8 && results[t].predictor.variance > 80);
        } else
            assert_true(results[t].predictor.variance < 60);
        flx_fit_result_clear(&results[t]);
    }
    flx_backend_close(backend);
}

static void a_kind_predicts_what_it_was_taught(void)
{
    make_step();
    flx_backend *backend = open_cpu(2);
    for (int k = 0; k < 2; k++) {
        flx_fit_task task = {
            .name = "a", .n = N, .d = D, .X = X, .y = y, .kind = kinds[k], .seed = 7};
        flx_fit_result result;
        flx_error error = {0};
        assert_int(flx_fit_all(backend, &task, 1, &result, NULL, &error), FLX_OK);
        flx_predictor p = {.kind = kinds[k],
                           .n_features = D,
                           .n_metrics = 1,
                           .bytes = result.predictor.bytes,
                           .n_bytes = result.predictor.n_bytes};
        double mean[N], slopes[N], squares = 0;
        slopes[3] = 1;
        assert_int(predict_rows(&p, X, N, mean, slopes, &error), FLX_OK);
        for (int i = 0; i < N; i++)
            squares +=
                pow(result.predictor.y_mean + result.predictor.y_sd * mean[i] - y[i], 2) /
                N;
        assert_close(squares, result.predictor.variance, 1e-12, 0);
        assert_close(slopes[3], 0, 0, 0);
        flx_fit_result_clear(&result);
    }
    flx_backend_close(backend);
}

/* To a file and back: the same bytes, the same answers. */
static void a_file_restores_them_bit_for_bit(void)
{
    flx_error error = {0};
    flx_feature features[D] = {{0}};
    flx_trees_options options = {.kind = FLX_PREDICTOR_FOREST, .trees = 30, .seed = 5};
    flx_predictor p = {.kind = options.kind,
                       .n_inputs = D,
                       .n_features = D,
                       .features = features,
                       .y_sd = 1},
                  restored;
    make_step();
    scratch_begin();
    assert_int(flx_trees_fit(&options, X, y, N, D, &p.bytes, &p.n_bytes, &error), FLX_OK);
    assert_int(flx_predictor_write(&p, scratch_path("p.h5"), &error), FLX_OK);
    assert_int(flx_predictor_read(scratch_path("p.h5"), &restored, &error), FLX_OK);
    double before[N], after[N];
    const flx_predictor *both[] = {&p, &restored};
    for (int i = 0; i < 2; i++) {
        assert_int(predict_rows(both[i], X, N, i ? after : before, NULL, &error), FLX_OK);
    }
    assert_true(restored.n_bytes == p.n_bytes &&
                memcmp(restored.bytes, p.bytes, p.n_bytes) == 0);
    assert_true(memcmp(before, after, sizeof before) == 0);
    flx_predictor_clear(&restored);
    free(p.bytes);
    scratch_end();
}

static void a_constant_target_is_kept(void)
{
    make_step();
    flx_backend *backend = open_cpu(1);
    for (int i = 0; i < N; i++)
        y[i] = 42.5;
    for (int k = 0; k < 2; k++) {
        flx_fit_task task = {.name = "a",
                             .n = N,
                             .d = D,
                             .X = X,
                             .y = y,
                             .kind = kinds[k],
                             .wants_residuals = true};
        flx_fit_result result;
        flx_error error = {0};
        assert_int(flx_fit_all(backend, &task, 1, &result, NULL, &error), FLX_OK);
        assert_close(result.predictor.y_mean, 42.5, 1e-15, 0);
        assert_close(result.loo_mean[5], 42.5, 1e-15, 0);
        assert_close(result.predictor.variance, 0, 0, 1e-20);
        flx_fit_result_clear(&result);
    }
    flx_backend_close(backend);
}

static void bad_bytes_give_a_sentence(void)
{
    unsigned char *bytes, junk[200] = "{nothing good";
    size_t size;
    flx_trees *trees;
    flx_error error = {0};
    make_step();
    assert_int(flx_trees_load(junk, sizeof junk, D, &trees, &error), FLX_BAD_INPUT);
    assert_contains(error.message, "XGBoost could not read its trees: Expecting");
    assert_true(strchr(error.message, '\n') == NULL && trees == NULL);
    assert_int(flx_trees_load(junk, 0, D, &trees, &error), FLX_BAD_INPUT);
    assert_contains(error.message, "0 bytes over 3 columns are no trees");
    flx_trees_options options = {.kind = FLX_PREDICTOR_XGBOOST, .trees = 3};
    assert_int(flx_trees_fit(&options, X, y, N, D, &bytes, &size, &error), FLX_OK);
    assert_int(flx_trees_load(bytes, size / 2, D, &trees, &error), FLX_BAD_INPUT);
    assert_contains(error.message, "XGBoost could not read its trees");
    assert_int(flx_trees_load(bytes, size, 4, &trees, &error), FLX_BAD_INPUT);
    assert_contains(error.message, "the trees are over 3 columns, not 4");
    free(bytes);
}

static void refuse(flx_trees_options options, int n, int d, const char *words)
{
    unsigned char *bytes;
    size_t size;
    flx_error error = {0};
    assert_int(flx_trees_fit(&options, X, y, n, d, &bytes, &size, &error), FLX_BAD_INPUT);
    assert_contains(error.message, words);
    assert_true(bytes == NULL && size == 0);
}

static void bad_rows_are_refused(void)
{
    flx_trees_options boosted = {.kind = FLX_PREDICTOR_XGBOOST, .trees = 2};
    make_step();
    refuse(boosted, 0, D, "there are 0 and 3");
    refuse((flx_trees_options){.kind = FLX_PREDICTOR_RULE}, N, D, "rule is no kind");
    boosted.classes = 1;
    refuse(boosted, N, D, "2 trees of depth 0 for 1 classes cannot be grown");
    boosted.classes = 30;
    y[0] = 10;
    y[1] = 30;
    refuse(boosted, 2, D, "the target of row 1 is 30, which is no class");
    boosted.classes = 0;
    y[2] = NAN;
    refuse(boosted, N, D, "the target of row 2 is nan, which is no number");
    y[2] = 10;
    X[7] = INFINITY;
    refuse(boosted, N, D, "XGBoost could not take the rows: ");
}

CU_TestInfo tree_ensemble_tests[] = {
    {"a step is learnt", a_step_is_learnt},
    {"a stump is the mean of each side", a_stump_is_the_mean_of_each_side},
    {"a stump has three nodes", a_stump_has_three_nodes},
    {"an ensemble of classes is no list of nodes",
     an_ensemble_of_classes_is_no_list_of_nodes},
    {"classes get probabilities", classes_get_probabilities},
    {"missing inputs take a side", missing_inputs_take_a_side},
    {"many rows are taught too", many_rows_are_taught_too},
    {"answers do not depend on threads", answers_do_not_depend_on_threads},
    {"fits do not depend on threads", fits_do_not_depend_on_threads},
    {"residuals are out of sample", residuals_are_out_of_sample},
    {"a kind predicts what it was taught", a_kind_predicts_what_it_was_taught},
    {"a file restores them bit for bit", a_file_restores_them_bit_for_bit},
    {"a constant target is kept", a_constant_target_is_kept},
    {"bad bytes give a sentence", bad_bytes_give_a_sentence},
    {"bad rows are refused", bad_rows_are_refused},
    CU_TEST_INFO_NULL,
};
