/* SPDX-License-Identifier: MIT */
#include "tests/host/training/two_services.h"

#include "host/model/target_predictor.h"

#include "kernels/formulas/philox.h"
#include "tests/close.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char deployment_text[] =
    "{\"format\": \"fluxion-deployment\", \"version\": 1, \"name\": \"two\",\n"
    " \"target\": {\"service\": \"web\", \"metric\": \"p90\", \"goal\": \"min\",\n"
    "            \"transform\": \"%s\"},\n"
    " \"services\": [\n"
    "  {\"name\": \"web\", \"replicas\": 1, \"knobs\": [\n"
    "    {\"name\": \"a\", \"type\": \"continuous\", \"min\": 0, \"max\": 1,"
    " \"default\": 0.5}],\n"
    "   \"states\": [\"rps\"], \"metrics\": [\"p90\"], \"calls\": [\"db\"]},\n"
    "  {\"name\": \"db\", \"replicas\": %d, \"knobs\": [\n"
    "    {\"name\": \"c\", \"type\": \"continuous\", \"min\": 0, \"max\": 1,"
    " \"default\": 0.5}],\n"
    "   \"states\": [\"rps\"], \"metrics\": [\"p90\"], \"calls\": []}]}\n";

flx_deployment *two_services(int replicas, const char *transform)
{
    char text[2048];
    flx_deployment *deployment = NULL;
    flx_error error = {0};
    snprintf(text, sizeof text, deployment_text, transform, replicas);
    assert_int(flx_deployment_parse(text, "test", &deployment, &error), FLX_OK);
    assert_text(error.message, "");
    return deployment;
}

double *two_services_cell(const flx_dataset *table, int row, const char *column)
{
    int at = flx_dataset_find(table, column);
    if (at < 0) {
        fprintf(stderr, "no column %s\n", column);
        abort();
    }
    return &table->values[row * table->n_columns + at];
}

void two_services_fill(flx_dataset *table, const char *column, double value)
{
    for (int r = 0; r < table->rows; r++)
        *two_services_cell(table, r, column) = value;
}

static void name_columns(flx_dataset *table, int replicas)
{
    flx_error error = {0};
    int c = 0;
    char name[32];
    flx_dataset_name_column(table, c++, "web:a", FLX_KNOB, "", &error);
    flx_dataset_name_column(table, c++, "web:rps", FLX_STATE, "", &error);
    flx_dataset_name_column(table, c++, "db:c", FLX_KNOB, "", &error);
    for (int i = 0; i < replicas && replicas > 1; i++) {
        snprintf(name, sizeof name, "db/%d:rps", i);
        flx_dataset_name_column(table, c++, name, FLX_STATE, "", &error);
        snprintf(name, sizeof name, "db/%d:p90", i);
        flx_dataset_name_column(table, c++, name, FLX_METRIC, "ms", &error);
    }
    if (replicas == 1)
        flx_dataset_name_column(table, c++, "db:rps", FLX_STATE, "", &error);
    flx_dataset_name_column(table, c++, "db:p90", FLX_METRIC, "ms", &error);
    flx_dataset_name_column(table, c++, "web:p90", FLX_METRIC, "ms", &error);
    assert_int(c, table->n_columns);
}

static void fill_row(flx_dataset *table, int row, int replicas, uint64_t seed)
{
    double c = flx_uniform(seed, 91, (uint32_t)row, 0, 0), rate = 0, sum = 0;
    *two_services_cell(table, row, "db:c") = c;
    for (int i = 0; i < replicas; i++) {
        char name[32];
        double rps = 20 + 80 * flx_uniform(seed, 91, (uint32_t)row, 1, (uint32_t)i);
        double p90 = 10 + 6 * (c - 0.3) * (c - 0.3) + 0.04 * rps;
        snprintf(name, sizeof name, replicas > 1 ? "db/%d:rps" : "db:rps", i);
        *two_services_cell(table, row, name) = rps;
        snprintf(name, sizeof name, replicas > 1 ? "db/%d:p90" : "db:p90", i);
        *two_services_cell(table, row, name) = p90;
        rate += rps;
        sum += rps * p90;
    }
    double a = flx_uniform(seed, 91, (uint32_t)row, 2, 0);
    *two_services_cell(table, row, "db:p90") = sum / rate;
    *two_services_cell(table, row, "web:a") = a;
    *two_services_cell(table, row, "web:rps") = rate;
    *two_services_cell(table, row, "web:p90") = 2 + 1.5 * sum / rate + 3 * a;
}

flx_dataset *two_services_rows(int rows, int replicas, uint64_t seed)
{
    flx_dataset *table = NULL;
    flx_error error = {0};
    int columns = replicas > 1 ? 5 + 2 * replicas : 6;
    assert_int(flx_dataset_create(rows, columns, &table, &error), FLX_OK);
    name_columns(table, replicas);
    assert_int(flx_dataset_describe(table, "two", "made by a test", &error), FLX_OK);
    for (int r = 0; r < rows; r++)
        fill_row(table, r, replicas, seed);
    return table;
}

flx_backend *two_services_backend(int threads)
{
    flx_backend *backend = NULL;
    flx_error error = {0};
    assert_int(flx_backend_open("cpu", threads, &backend, &error), FLX_OK);
    return backend;
}

flx_model *two_services_train(int replicas, const char *transform,
                              const flx_dataset *rows, flx_training_options options,
                              flx_backend *backend)
{
    flx_model *model = NULL;
    flx_dataset *copy = NULL;
    flx_training_report report;
    flx_error error = {0};
    int *drawn = NULL, n = 0;
    assert_int(flx_subsample_rows(rows, 0, 0, &drawn, &n, &error), FLX_OK);
    assert_int(flx_dataset_select_rows(rows, drawn, n, &copy, &error), FLX_OK);
    assert_int(flx_train_take(two_services(replicas, transform), copy, &options, backend,
                              NULL, &model, &report, &error),
               FLX_OK);
    assert_text(error.message, "");
    model->drawn = drawn;
    model->n_drawn = model->source_rows = n;
    flx_dataset_digest(rows, model->source_digest);
    return model;
}

flx_model *train_ensemble(flx_backend *backend, int rows, const char *transform)
{
    flx_dataset *table = two_services_rows(rows, 1, 1);
    flx_model *model = two_services_train(
        1, transform, table,
        (flx_training_options){.prior = FLX_PRIOR_DENSITY, .hosts_ensemble = true},
        backend);
    flx_dataset_destroy(table);
    return model;
}

double *predict_target(const flx_model *model, flx_backend *backend,
                       const flx_dataset *table)
{
    flx_target_predictor *f = NULL;
    flx_error error = {0};
    double *mean = malloc((size_t)table->rows * sizeof *mean);
    assert_int(flx_target_predictor_create(model, backend, table, &f, &error), FLX_OK);
    assert_int(flx_target_predictor_predict(f, mean, &error), FLX_OK);
    flx_target_predictor_destroy(f);
    return mean;
}
