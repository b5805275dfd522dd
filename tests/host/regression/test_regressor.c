/* SPDX-License-Identifier: MIT
 * What holds for every kind in the table of regressors: the same rows give the same
 * predictor by every road, and a predictor the same predictions in any company. */
#include "host/regression/fit_queue.h"

#include "host/regression/regressor.h"
#include "kernels/formulas/philox.h"
#include "tests/close.h"
#include "tests/host/regression/predict_rows.h"
#include "tests/scratch.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { N = 24, D = 3, METRICS = 2, KINDS = 5 };

static const flx_predictor_kind kinds[KINDS] = {FLX_PREDICTOR_GP, FLX_PREDICTOR_RIDGE,
                                                FLX_PREDICTOR_MLP, FLX_PREDICTOR_XGBOOST,
                                                FLX_PREDICTOR_FOREST};
static double X[N * D], y[N];
static flx_feature features[D];
static flx_predictor template;
static const char *const inputs[D] = {"a", "b", "c"};

static void fill(void)
{
    for (uint32_t i = 0; i < N; i++) {
        for (uint32_t k = 0; k < D; k++)
            X[i * D + k] = 2 * flx_uniform(23, 1, i, k, 0) - 1;
        y[i] = 50 + 9 * X[i * D] + 4 * sin(3 * X[i * D + 1]) - 2 * X[i * D + 2];
    }
    for (int k = 0; k < D; k++)
        features[k] = (flx_feature){.input = k, .low = -2, .high = 2, .scale = 1};
    template = (flx_predictor){.n_inputs = D,
                               .n_features = D,
                               .n_metrics = METRICS,
                               .features = features,
                               .output_low = 0,
                               .output_high = 100,
                               .constant = 50,
                               .variance = 3};
}

static flx_fit_task make_task(flx_predictor_kind kind)
{
    return (flx_fit_task){.name = "web:p90",
                          .n = N,
                          .d = D,
                          .X = X,
                          .y = y,
                          .kind = kind,
                          .seed = 5,
                          .wants_residuals = true,
                          .predictor_template = &template,
                          .inputs = inputs};
}

static void fit_in(const char *folder, int threads, const flx_fit_task *tasks, int count,
                   flx_fit_result *results)
{
    flx_backend *backend = NULL;
    flx_repository *repository = NULL;
    flx_error error = {0};
    assert_int(flx_backend_open("cpu", threads, &backend, &error), FLX_OK);
    if (folder)
        assert_int(flx_repository_open(folder, &repository, &error), FLX_OK);
    const flx_fit_options options = {.repository = repository};
    assert_int(flx_fit_with(backend, tasks, count, results, &options, &error), FLX_OK);
    for (int t = 0; t < count; t++)
        assert_true(!results[t].has_failed);
    flx_repository_close(repository);
    flx_backend_close(backend);
}

static void assert_same(const flx_fit_result *a, const flx_fit_result *b)
{
    char first[65], second[65];
    flx_predictor_digest(&a->predictor, first);
    flx_predictor_digest(&b->predictor, second);
    assert_text(first, second);
    assert_close(a->predictor.loo_mae, b->predictor.loo_mae, 0, 0);
    assert_close(a->predictor.lml, b->predictor.lml, 0, 0);
    assert_int(memcmp(a->loo_mean, b->loo_mean, N * sizeof(double)), 0);
}

static void the_same_rows_give_the_same_predictor_by_every_road(void)
{
    flx_fit_task tasks[KINDS];
    flx_fit_result crowd[KINDS], stored[KINDS], found[KINDS], alone;
    scratch_begin();
    fill();
    for (int k = 0; k < KINDS; k++)
        tasks[k] = make_task(kinds[k]);
    fit_in(NULL, 3, tasks, KINDS, crowd);
    fit_in(scratch_path("models"), 1, tasks, KINDS, stored);
    fit_in(scratch_path("models"), 2, tasks, KINDS, found);
    for (int k = 0; k < KINDS; k++) {
        fit_in(NULL, 1, &tasks[k], 1, &alone);
        assert_int(alone.predictor.kind, kinds[k]);
        assert_true(!stored[k].is_cache_hit && found[k].is_cache_hit);
        assert_same(&alone, &crowd[k]);
        assert_same(&alone, &stored[k]);
        assert_same(&alone, &found[k]);
        flx_fit_result_clear(&alone);
        flx_fit_result_clear(&crowd[k]);
        flx_fit_result_clear(&stored[k]);
        flx_fit_result_clear(&found[k]);
    }
    scratch_end();
}

/* The result stands without its task, and keeps what the template says. */
static void a_result_is_a_whole_predictor(void)
{
    for (int k = 0; k < KINDS; k++) {
        flx_fit_result result;
        double before[N], after[N];
        flx_error error = {0};
        fill();
        flx_fit_task task = make_task(kinds[k]);
        fit_in(NULL, 1, &task, 1, &result);
        const flx_predictor *p = &result.predictor;
        assert_true(p->n == N && p->n_features == D && p->n_metrics == METRICS);
        assert_close(p->output_high, 100, 0, 0);
        assert_close(p->constant, 50, 0, 0);
        assert_int(memcmp(p->features, features, sizeof features), 0);
        double rows[N * D], square = 0;
        memcpy(rows, X, sizeof rows);
        assert_int(predict_rows(p, rows, N, before, NULL, &error), FLX_OK);
        for (int i = 0; i < N; i++)
            square += pow(p->y_mean + p->y_sd * before[i] - y[i], 2) / N;
        assert_true(square < 0.5 * p->y_sd * p->y_sd);
        memset(X, 0, sizeof X);
        memset(y, 0, sizeof y);
        assert_int(predict_rows(p, rows, N, after, NULL, &error), FLX_OK);
        assert_int(memcmp(before, after, sizeof before), 0);
        flx_fit_result_clear(&result);
    }
}

/* Two predictors prepared together, queries in any order, some with variance and slopes:
 * bit for bit what each predicts alone, and slopes of differences. */
static void queries_do_not_see_each_other(void)
{
    enum { M = 300 };
    static double rows[M * D], mean[3][M], variance[2][M], slopes[M * METRICS], alone[M];
    fill();
    for (uint32_t i = 0; i < M * D; i++)
        rows[i] = 2 * flx_uniform(29, 2, i, 0, 0) - 1;
    for (int k = 0; k < KINDS; k++) {
        flx_fit_task tasks[2] = {make_task(kinds[k]), make_task(kinds[k])};
        flx_fit_result results[2];
        tasks[1].n = N - 6;
        fit_in(NULL, 1, tasks, 2, results);
        const flx_regressor *regressor = flx_regressor_of(kinds[k]);
        const flx_query_target targets[] = {{"first", &results[0].predictor},
                                            {"second", &results[1].predictor}};
        flx_query queries[] = {{.member = 1, .m = M, .queries = rows, .mean = mean[0]},
                               {.member = 0,
                                .m = M,
                                .queries = rows,
                                .mean = mean[1],
                                .variance = variance[0],
                                .n_slopes = METRICS,
                                .slopes = slopes},
                               {.member = 1,
                                .m = 7,
                                .queries = rows,
                                .mean = mean[2],
                                .variance = variance[1]}};
        flx_backend *backend = NULL;
        void *prepared = NULL;
        flx_error error = {0};
        assert_int(flx_backend_open("cpu", 3, &backend, NULL), FLX_OK);
        assert_int(regressor->prepare(backend, targets, 2, &prepared, &error), FLX_OK);
        assert_int(regressor->predict(prepared, queries, 3, &error), FLX_OK);
        regressor->release(prepared);
        flx_backend_close(backend);
        for (int t = 0; t < 2; t++) {
            assert_int(predict_rows(&results[t].predictor, rows, M, alone, NULL, &error),
                       FLX_OK);
            assert_int(memcmp(alone, mean[1 - t], sizeof alone), 0);
        }
        assert_int(memcmp(alone, mean[2], 7 * sizeof *alone), 0);
        for (int i = 0; i < M; i++)
            assert_true(variance[0][i] > 0);
        bool is_smooth = kinds[k] == FLX_PREDICTOR_GP || kinds[k] == FLX_PREDICTOR_RIDGE;
        for (int i = 0; i < 5 && is_smooth; i++) {
            double moved[2 * D], ends[2], h = 1e-5;
            memcpy(moved, rows + i * D, D * sizeof(double));
            memcpy(moved + D, rows + i * D, D * sizeof(double));
            moved[1] -= h, moved[D + 1] += h;
            assert_int(predict_rows(&results[0].predictor, moved, 2, ends, NULL, &error),
                       FLX_OK);
            assert_close(slopes[i * METRICS], (ends[1] - ends[0]) / (2 * h), 1e-4, 1e-6);
        }
        flx_fit_result_clear(&results[0]);
        flx_fit_result_clear(&results[1]);
    }
}

static void every_kind_refuses_the_same_tasks(void)
{
    for (int k = 0; k < KINDS; k++) {
        flx_fit_task tasks[3];
        flx_fit_result results[3];
        flx_backend *backend = NULL;
        flx_error error = {0};
        fill();
        for (int t = 0; t < 3; t++)
            tasks[t] = make_task(kinds[k]);
        tasks[0].n = 1;
        tasks[1].d = 0;
        y[20] = NAN; /* which the last one does not see */
        tasks[2].n = 20;
        assert_int(flx_backend_open("cpu", 1, &backend, NULL), FLX_OK);
        assert_int(flx_fit_all(backend, tasks, 3, results, NULL, &error), FLX_OK);
        assert_contains(results[0].why, "fewer than 2 rows");
        assert_contains(results[1].why, "no inputs");
        assert_true(!results[2].has_failed);
        flx_backend_close(backend);
        for (int t = 0; t < 3; t++)
            flx_fit_result_clear(&results[t]);
    }
}

CU_TestInfo regressor_tests[] = {
    {"the same rows give the same predictor by every road",
     the_same_rows_give_the_same_predictor_by_every_road},
    {"a result is a whole predictor", a_result_is_a_whole_predictor},
    {"queries do not see each other", queries_do_not_see_each_other},
    {"every kind refuses the same tasks", every_kind_refuses_the_same_tasks},
    CU_TEST_INFO_NULL,
};
