/* SPDX-License-Identifier: MIT
 * Input selection on a graph whose functions are known. The web server before a database
 * and a cache:
 *     db:p50  = 10 + 6 (db:k0 - 0.3)^2 + 0.04 db:rps
 *     db:p90  = noise
 *     cache   shows noise
 *     web:p90 = 2 + 1.5 db:p50 + 3 k0
 *
 * `noise_share` of the database's noise reaches the web server too. */
#include "host/training/metric_selection.h"

#include "host/training/out_of_fold.h"
#include "host/training/training.h"
#include "kernels/formulas/philox.h"
#include "tests/close.h"
#include "tests/host/graph/deployments.h"
#include "tests/host/graph/graphs.h"
#include "tests/host/training/two_services.h"
#include "tests/scratch.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 40 };

static flx_deployment *make_shop(void)
{
    static const service_words words[] = {
        {"web", 1, 1, "", "db cache", NULL},
        {"db", 1, 1, "", "", NULL},
        {"cache", 1, 1, "", "", NULL},
    };
    return make_deployment("shop", words, 3, "p50 p90", "p90");
}

static double noise(int row, uint32_t which)
{
    return flx_normal(11, 5, (uint32_t)row, which, 0);
}

static void fill_row(flx_dataset *table, int row, double noise_share)
{
    static const char *const free_columns[] = {"web:k0", "db:k0", "cache:k0"};
    static const char *const rates[] = {"web:rps", "db:rps", "cache:rps"};
    for (uint32_t i = 0; i < 3; i++) {
        *two_services_cell(table, row, free_columns[i]) =
            flx_uniform(11, 6, (uint32_t)row, i, 0);
        *two_services_cell(table, row, rates[i]) =
            20 + 80 * flx_uniform(11, 7, (uint32_t)row, i, 0);
    }
    double k0 = *two_services_cell(table, row, "db:k0"), shock = noise(row, 0);
    double p50 = 10 + 6 * (k0 - 0.3) * (k0 - 0.3) +
                 0.04 * *two_services_cell(table, row, "db:rps");
    *two_services_cell(table, row, "db:p50") = p50;
    *two_services_cell(table, row, "db:p90") = 30 + shock;
    *two_services_cell(table, row, "cache:p50") = 3 + 0.1 * noise(row, 1);
    *two_services_cell(table, row, "cache:p90") = 5 + 0.3 * noise(row, 2);
    *two_services_cell(table, row, "web:p90") =
        2 + 1.5 * p50 + 3 * *two_services_cell(table, row, "web:k0") +
        noise_share * shock;
}

static flx_dataset *make_rows(double noise_share)
{
    static const char *const names[] = {"web:k0",    "db:k0",     "cache:k0", "web:rps",
                                        "db:rps",    "cache:rps", "db:p50",   "db:p90",
                                        "cache:p50", "cache:p90", "web:p90"};
    flx_dataset *table = NULL;
    flx_error error = {0};
    assert_int(flx_dataset_create(ROWS, 11, &table, &error), FLX_OK);
    for (int c = 0; c < 11; c++)
        flx_dataset_name_column(table, c, names[c],
                                c < 3   ? FLX_KNOB
                                : c < 6 ? FLX_STATE
                                        : FLX_METRIC,
                                "", &error);
    flx_dataset_describe(table, "shop", "made by a test", &error);
    for (int r = 0; r < ROWS; r++)
        fill_row(table, r, noise_share);
    return table;
}

/* Deployment, rows and the graph of all metrics, untrained. */
static flx_model *make_model(double noise_share)
{
    flx_model *model = calloc(1, sizeof *model);
    const char **names;
    flx_graph_scope scope = {0};
    flx_error error = {0};
    if (!model)
        abort();
    model->deployment = make_shop();
    model->rows = make_rows(noise_share);
    model->prior = FLX_PRIOR_DENSITY;
    assert_int(flx_declared_metrics(model->deployment, &names, &scope.n_spectrum, &error),
               FLX_OK);
    scope.spectrum = names;
    assert_int(flx_model_build_graph(model->deployment, FLX_COMPOSED, false, &scope,
                                     &model->graph, &error),
               FLX_OK);
    free(names);
    return model;
}

static flx_input_subsets *choose(const flx_model *model, const flx_dataset *inputs,
                                 flx_metric_selection_options options)
{
    flx_backend *backend = two_services_backend(1);
    flx_input_subsets *readings = NULL;
    flx_error error = {0};
    flx_training_view view = flx_training_view_of(model);
    view.inputs = inputs;
    assert_int(flx_metric_selection(&view, &options, backend, &readings, &error), FLX_OK);
    assert_text(error.message, "");
    flx_backend_close(backend);
    return readings;
}

static void the_target_metric_leads_the_declared(void)
{
    static const service_words words[] = {{"a", 1, 0, "", "b", "p50 p99"},
                                          {"b", 1, 0, "", "", "avg p50 p85"}};
    flx_deployment *deployment = make_deployment("two", words, 2, "", "p99");
    const char **names;
    int count;
    flx_error error = {0};
    assert_int(flx_declared_metrics(deployment, &names, &count, &error), FLX_OK);
    assert_int(count, 4);
    assert_text(names[0], "p99");
    assert_text(names[1], "p50");
    assert_text(names[2], "avg");
    assert_text(names[3], "p85");
    free(names);
    flx_deployment_destroy(deployment);
}

static void finds_the_metric_that_counts(void)
{
    flx_model *model = make_model(0);
    flx_input_subsets *readings =
        choose(model, NULL, (flx_metric_selection_options){.k = 1});
    const flx_input_subset *web = find_subset(readings, "web:p90");
    assert_int(web->n_labels, 2); /* and one of the cache, to keep its knobs */
    assert_text(web->labels[0], "db:p50");
    assert_true(!flx_input_subset_has(web, "db:p90"));
    assert_int(readings->count, 2 + 1); /* of the leaves that are read: nothing */
    flx_input_subsets_destroy(readings);
    readings =
        choose(model, NULL, (flx_metric_selection_options){.may_lose_services = true});
    web = find_subset(readings, "web:p90");
    assert_true(flx_input_subset_has(web, "db:p50"));
    assert_true(!flx_input_subset_has(web, "db:p90") || web->n_labels > 1);
    flx_input_subsets_destroy(readings);
    flx_model_destroy(model);
}

/* Measured, the noise of the database explains the web server; nothing predicts it. */
static void noise_is_not_foreseen(void)
{
    flx_model *model = make_model(9);
    flx_metric_selection_options one = {.k = 1, .may_lose_services = true};
    flx_input_subsets *measured = choose(model, NULL, one);
    assert_true(flx_input_subset_has(find_subset(measured, "web:p90"), "db:p90"));
    flx_backend *backend = two_services_backend(1);
    flx_dataset *inputs = NULL;
    flx_error error = {0};
    flx_training_view view = flx_training_view_of(model);
    assert_int(flx_predict_out_of_fold(&view, backend, &inputs, &error), FLX_OK);
    assert_true(model->assignments == NULL);
    for (int r = 0; r < ROWS; r++) {
        double seen = *two_services_cell(model->rows, r, "db:p50");
        assert_close(*two_services_cell(inputs, r, "db:p50"), seen, 0, 0.3);
        assert_close(*two_services_cell(inputs, r, "db:p90"), 30, 0, 2);
        assert_close(*two_services_cell(inputs, r, "db:k0"),
                     *two_services_cell(model->rows, r, "db:k0"), 0, 0);
    }
    flx_input_subsets *foreseen = choose(model, inputs, one);
    assert_true(!flx_input_subset_has(find_subset(foreseen, "web:p90"), "db:p90"));
    flx_input_subsets_destroy(measured);
    flx_input_subsets_destroy(foreseen);
    flx_dataset_destroy(inputs);
    flx_backend_close(backend);
    flx_model_destroy(model);
}

static void gaps_and_absent_columns(void)
{
    flx_model *model = make_model(0);
    two_services_fill(model->rows, "cache:p50", NAN);
    two_services_fill(model->rows, "cache:p90", NAN);
    for (int r = 0; r < ROWS; r += 3)
        *two_services_cell(model->rows, r, "db:p50") = NAN;
    flx_input_subsets *readings = choose(model, NULL, (flx_metric_selection_options){0});
    const flx_input_subset *web = find_subset(readings, "web:p90");
    assert_true(flx_input_subset_has(web, "db:p50"));
    assert_true(!flx_input_subset_has(web, "cache:p50") &&
                !flx_input_subset_has(web, "cache:p90"));
    flx_input_subsets_destroy(readings);
    /* nothing to choose by: as the default spectrum */
    two_services_fill(model->rows, "db:p50", NAN);
    two_services_fill(model->rows, "db:p90", NAN);
    readings = choose(model, NULL, (flx_metric_selection_options){0});
    web = find_subset(readings, "web:p90");
    assert_int(web->n_labels, 2);
    assert_true(flx_input_subset_has(web, "db:p90") &&
                flx_input_subset_has(web, "cache:p90"));
    flx_input_subsets_destroy(readings);
    flx_model_destroy(model);
}

static flx_model *train(int threads)
{
    flx_training_options options = {
        .prior = FLX_PRIOR_DENSITY, .selects_metrics = true, .n_selected = 1};
    flx_training_report report;
    flx_backend *backend = two_services_backend(threads);
    flx_model *model = NULL;
    flx_error error = {0};
    assert_int(flx_train_take(make_shop(), make_rows(0), &options, backend, NULL, &model,
                              &report, &error),
               FLX_OK);
    assert_text(error.message, "");
    flx_backend_close(backend);
    return model;
}

static void a_pruned_model_is_read_back(void)
{
    flx_model *model = train(1), *again = NULL, *threads = train(3);
    flx_error error = {0};
    assert_int(model->graph->n_vertices, 3);
    assert_true(find_vertex(model->graph, "db:p50") >= 0);
    scratch_begin();
    assert_int(flx_model_write(model, scratch_path("model"), "train", &error), FLX_OK);
    assert_int(flx_model_read(scratch_path("model"), &again, &error), FLX_OK);
    assert_text(error.message, "");
    for (int v = 0; v < 3 && again->graph->n_vertices == 3; v++) {
        assert_text(again->graph->vertices[v].name, model->graph->vertices[v].name);
        assert_text(threads->graph->vertices[v].name, model->graph->vertices[v].name);
    }
    assert_int(again->graph->n_vertices, 3);
    assert_int(threads->graph->n_vertices, 3);
    assert_true(again->graph->input_subsets != NULL);
    scratch_end();
    flx_model_destroy(threads);
    flx_model_destroy(again);
    flx_model_destroy(model);
}

CU_TestInfo metric_selection_tests[] = {
    {"the target metric leads the declared", the_target_metric_leads_the_declared},
    {"finds the metric that counts", finds_the_metric_that_counts},
    {"noise is not foreseen", noise_is_not_foreseen},
    {"gaps and absent columns", gaps_and_absent_columns},
    {"a pruned model is read back", a_pruned_model_is_read_back},
    CU_TEST_INFO_NULL,
};
