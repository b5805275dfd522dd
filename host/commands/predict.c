/* SPDX-License-Identifier: MIT
 * fluxion predict: the target for every row of a table, with intervals on request. */
#include "host/commands/commands.h"
#include "host/commands/frame.h"
#include "host/commands/owned.h"

#include "formats/files.h"
#include "host/evaluation.h"
#include "host/model.h"

#include <math.h>
#include <stdlib.h>

FLX_OWNS(flx_target_predictor, flx_target_predictor_destroy)

static const flx_option options[] = {
    OPT_TEXT("data", "IN.h5|IN.csv", "settings and states to predict for",
             .is_required = true),
    OPT_TEXT("output", "OUT.csv", "CSV file: row,prediction[,lower,upper]", .letter = 'o',
             .is_required = true),
    OPT_NUMBER("interval", "P", 0.01, 0.999,
               "add the central interval of probability P, e.g. 0.9"),
    {0}};

/* mean, and with --interval lower and upper, (rows) each. */
typedef struct {
    double *mean, *lower, *upper; /* bounds: NULL without --interval */
} predictions;

static void clear(predictions *p)
{
    free(p->mean);
    free(p->lower);
    free(p->upper);
}

static void print_number(FILE *out, double value)
{
    if (isfinite(value))
        fprintf(out, ",%.12g", value);
    else
        fputc(',', out);
}

static flx_status write_predictions(const char *path, const predictions *p, int rows,
                                    flx_error *error)
{
    flx_output *output = NULL;
    FLX_TRY(flx_output_begin(path, &output, error));
    FILE *out = flx_output_stream(output);
    if (!out) {
        flx_output_abandon(output);
        return flx_fail(error, FLX_IO_FAILED, "%s cannot be written", path);
    }
    fprintf(out, p->lower ? "row,prediction,lower,upper\n" : "row,prediction\n");
    for (int i = 0; i < rows; i++) {
        fprintf(out, "%d", i);
        print_number(out, p->mean[i]);
        if (p->lower) {
            print_number(out, p->lower[i]);
            print_number(out, p->upper[i]);
        }
        fputc('\n', out);
    }
    return flx_output_commit(output, error);
}

static flx_status predict(const flx_arguments *arguments, const flx_model *model,
                          const flx_dataset *table, predictions *p, flx_error *error)
{
    bool wants_interval = flx_is_set(arguments, "interval");
    FLX_OWNED(flx_backend) backend = NULL;
    FLX_OWNED(flx_target_predictor) predictor = NULL;
    int absent, total;
    if (!FLX_NEW(p->mean, table->rows) ||
        (wants_interval &&
         (!FLX_NEW(p->lower, table->rows) || !FLX_NEW(p->upper, table->rows))))
        return flx_no_memory(error, "the predictions of %d rows", table->rows);
    FLX_TRY(flx_open_backend(arguments, &backend, error));
    FLX_TRY(flx_target_predictor_create(model, backend, table, &predictor, error));
    absent = flx_inference_count_absent(flx_target_predictor_graph(predictor), &total);
    flx_warn_absent(absent, total);
    FLX_TRY(flx_target_predictor_predict(predictor, p->mean, error));
    if (!wants_interval)
        return FLX_OK;
    return flx_target_predictor_intervals(
        predictor, flx_number(arguments, "interval", 0.9), FLX_GRAPH_SAMPLES,
        flx_seed(arguments), p->lower, p->upper, error);
}

static flx_status run(const flx_arguments *arguments, flx_error *error)
{
    const char *path = flx_text(arguments, "output", NULL);
    FLX_OWNED(flx_model) model = NULL;
    FLX_OWNED(flx_dataset) table = NULL;
    FLX_CLEARED(clear) predictions p = {0};
    FLX_TRY(flx_model_read(flx_positional(arguments, 0), &model, error));
    FLX_TRY(flx_prediction_input_read(flx_text(arguments, "data", NULL), model, &table,
                                      error));
    FLX_TRY(predict(arguments, model, table, &p, error));
    FLX_TRY(write_predictions(path, &p, table->rows, error));
    const char *target = model->graph->vertices[model->graph->output].name;
    if (flx_wants_json(arguments))
        return flx_print_json(json_pack("{s:s, s:s, s:i}", "target", target, "unit",
                                        flx_model_unit(model), "rows", table->rows),
                              error);
    fprintf(stderr, "%s: %d predictions of %s\n", path, table->rows, target);
    return FLX_OK;
}

const flx_command flx_predict_command = {
    .name = "predict",
    .summary = "predict the target for settings and states of a table",
    .usage = "MODEL/ --data IN.h5|IN.csv -o OUT.csv [--interval 0.9]",
    .details =
        "The intervals of an ensemble are conformal; those of a composed graph alone "
        "come "
        "from samples drawn through it. A column that the table lacks counts as missing: "
        "the training median stands in for it.",
    .options = options,
    .min_positional = 1,
    .max_positional = 1,
    .run = run,
};
