/* SPDX-License-Identifier: MIT
 * fluxion predict: the target for every row of a table, with intervals on request. */
#include "host/commands/commands.h"
#include "host/commands/frame.h"

#include "formats/files.h"
#include "host/evaluation.h"
#include "host/model.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const flx_option options[] = {
    {.name = "data",
     .type = FLX_TEXT,
     .argument = "IN.h5|IN.csv",
     .help = "settings and states to predict for (required)"},
    {.name = "output",
     .letter = 'o',
     .type = FLX_TEXT,
     .argument = "OUT.csv",
     .help = "CSV file: row,prediction[,lower,upper] (required)"},
    {.name = "interval",
     .type = FLX_NUMBER,
     .min = 0.01,
     .max = 0.999,
     .argument = "P",
     .help = "add the central interval of probability P, e.g. 0.9"},
    {0}};

typedef struct {
    double *mean, *lower, *upper; /* (rows); bounds NULL without --interval */
} answers;

static void print_number(FILE *out, double value)
{
    if (isfinite(value))
        fprintf(out, ",%.12g", value);
    else
        fputc(',', out);
}

static flx_status write_answers(const char *path, const answers *a, int rows,
                                flx_error *error)
{
    flx_output *output = NULL;
    FLX_TRY(flx_output_begin(path, &output, error));
    FILE *out = flx_output_stream(output);
    if (!out) {
        flx_output_abandon(output);
        return flx_fail(error, FLX_IO_FAILED, "%s cannot be written", path);
    }
    fprintf(out, a->lower ? "row,prediction,lower,upper\n" : "row,prediction\n");
    for (int i = 0; i < rows; i++) {
        fprintf(out, "%d", i);
        print_number(out, a->mean[i]);
        if (a->lower) {
            print_number(out, a->lower[i]);
            print_number(out, a->upper[i]);
        }
        fputc('\n', out);
    }
    return flx_output_commit(output, error);
}

static flx_status predict(const flx_arguments *arguments, const flx_model *model,
                          const flx_dataset *table, flx_backend *backend, answers *a,
                          flx_error *error)
{
    size_t rows = (size_t)table->rows;
    bool wants_interval = flx_is_set(arguments, "interval");
    a->mean = malloc(rows * sizeof(double));
    if (wants_interval) {
        a->lower = malloc(rows * sizeof(double));
        a->upper = malloc(rows * sizeof(double));
    }
    if (!a->mean || (wants_interval && (!a->lower || !a->upper)))
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for %zu rows", rows);
    flx_target_predictor *forecast = NULL;
    FLX_TRY(flx_target_predictor_create(model, backend, &forecast, error));
    flx_status status = flx_target_predictor_bind(forecast, table, error);
    if (status == FLX_OK) {
        int total,
            absent =
                flx_inference_count_absent(flx_target_predictor_graph(forecast), &total);
        flx_warn_absent(absent, total);
    }
    if (status == FLX_OK)
        status = flx_target_predictor_target(forecast, a->mean, error);
    if (status == FLX_OK && wants_interval)
        status = flx_target_predictor_intervals(
            forecast, flx_number(arguments, "interval", 0.9), FLX_GRAPH_SAMPLES,
            flx_seed(arguments), a->lower, a->upper, error);
    flx_target_predictor_destroy(forecast);
    return status;
}

static flx_status print_answer(const flx_model *model, int rows, flx_error *error)
{
    const char *target = model->graph->vertices[model->graph->output].name;
    return flx_print_json(json_pack("{s:s, s:s, s:i}", "target", target, "unit",
                                    flx_model_unit(model), "rows", rows),
                          error);
}

static flx_status run(const flx_arguments *arguments, flx_error *error)
{
    const char *path = flx_text(arguments, "output", NULL);
    const char *data = flx_text(arguments, "data", NULL);
    if (!data || !path)
        return flx_fail(error, FLX_BAD_INPUT, "predict needs --data IN and -o OUT.csv");
    flx_model *model = NULL;
    flx_dataset *table = NULL;
    flx_backend *backend = NULL;
    answers a = {0};
    FLX_TRY(flx_model_read(flx_positional(arguments, 0), &model, error));
    flx_status status = flx_prediction_input_read(data, model, &table, error);
    if (status == FLX_OK)
        status = flx_backend_open(flx_backend_name(arguments), flx_threads(arguments),
                                  &backend, error);
    if (status == FLX_OK)
        status = predict(arguments, model, table, backend, &a, error);
    if (status == FLX_OK)
        status = write_answers(path, &a, table->rows, error);
    if (status == FLX_OK && flx_wants_json(arguments))
        status = print_answer(model, table->rows, error);
    else if (status == FLX_OK)
        fprintf(stderr, "%s: %d predictions of %s\n", path, table->rows,
                model->graph->vertices[model->graph->output].name);
    free(a.mean);
    free(a.lower);
    free(a.upper);
    flx_backend_close(backend);
    flx_dataset_destroy(table);
    flx_model_destroy(model);
    return status;
}

const flx_command flx_predict_command = {
    .name = "predict",
    .summary = "predict the target for settings and states of a table",
    .usage = "MODEL/ --data IN.h5|IN.csv -o OUT.csv [--interval 0.9]",
    .details =
        "Intervals are conformal, or of a composed graph alone come from samples drawn "
        "through it. A column that the "
        "table lacks counts as missing: the training median stands in for it.",
    .options = options,
    .min_positional = 1,
    .max_positional = 1,
    .run = run,
};
