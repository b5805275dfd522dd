/* SPDX-License-Identifier: MIT
 * fluxion backtest: walks a table in the order of time and compares an ensemble of models
 * of many periods with models that are trained anew for every period. */
#include "host/commands/commands.h"
#include "host/commands/owned.h"

#include "host/evaluation.h"

FLX_OWNS(flx_time_series, flx_time_series_destroy)
FLX_OWNS(flx_backtest, flx_backtest_destroy)

static const flx_option options[] = {
    OPT_TEXT("deployment", "DEP.json", "what is deployed: inputs and target",
             .is_required = true),
    OPT_TEXT("data", "DATA.h5", "table with /time, in its order", .is_required = true),
    OPT_INTEGER("period", "SECONDS", 1, 1e12, "length of a period; a day is 86400",
                .is_required = true),
    OPT_INTEGER("reweight-period", "SECONDS", 1, 1e12,
                "how often the weights are computed anew (default: 7200)",
                .alias = "reweight"),
    OPT_INTEGER("max-rows", "ROWS", 1, 1e7,
                "recent rows that weights are computed on, at most (default: 20000)",
                .alias = "recent"),
    OPT_NUMBER("retrain-below", "ACCURACY", 1e-9, 1,
               "a period below this accuracy adds a model (default: 0.85)",
               .alias = "accuracy"),
    OPT_CHOICE("regressor", "KIND", "xgboost|forest", "kind of the models of periods",
               .usual = "xgboost", .alias = "model"),
    OPT_FLAG("no-baselines", "without the forests and boosted trees to compare with",
             .alias = "alone"),
    {0}};

static const char *const keys[FLX_BACKTEST_PREDICTORS] = {
    "hosted", "forest_previous", "forest_all", "xgboost_previous", "xgboost_all"};

static void format_time(int64_t seconds, char text[32])
{
    time_t time = (time_t)seconds;
    struct tm parts;
    if (!gmtime_r(&time, &parts) || strftime(text, 32, "%Y-%m-%dT%H:%M:%S", &parts) == 0)
        snprintf(text, 32, "%lld", (long long)seconds);
}

static json_t *describe_period(const flx_backtest_period *period)
{
    char start[32];
    format_time(period->start, start);
    json_t *item =
        json_pack("{s:s, s:I, s:i, s:i, s:b, s:i, s:f}", "start", start, "start_s",
                  (json_int_t)period->start, "rows", period->rows, "models",
                  period->models, "adds_model", period->adds_model, "reweightings",
                  period->reweightings, "reweight_s", period->reweight_s);
    for (int who = 0; who < FLX_BACKTEST_PREDICTORS; who++) {
        const flx_backtest_score *score = &period->scores[who];
        json_object_set_new(item, keys[who],
                            json_pack("{s:o, s:o, s:o}", "mae", flx_json_real(score->mae),
                                      "accuracy", flx_json_real(score->accuracy),
                                      "train_s", flx_json_real(score->train_s)));
    }
    return item;
}

static json_t *describe(const flx_time_series *series, const flx_backtest *backtest,
                        double threshold)
{
    json_t *periods = json_array();
    for (int p = 0; p < backtest->n_periods; p++)
        json_array_append_new(periods, describe_period(&backtest->periods[p]));
    return json_pack("{s:s, s:s, s:i, s:f, s:o, s:o}", "target", series->target, "unit",
                     series->unit, "buckets", series->classes, "adds_model_below",
                     threshold, "periods", periods, "total",
                     describe_period(&backtest->total));
}

#define SCORES(format)                                                                   \
    {"hosted", "{hosted." format "}"},                                                   \
        {"forest, previous", "{forest_previous." format "}"},                            \
        {"forest, all", "{forest_all." format "}"},                                      \
        {"xgboost, previous", "{xgboost_previous." format "}"},                          \
    {                                                                                    \
        "xgboost, all", "{xgboost_all." format "}"                                       \
    }

static const flx_table_column accuracies[] = {
    {"period from", "{start}"}, {"rows", "{rows}"},     {"models", "{models}"},
    {"", "{adds_model:+1|}"},   SCORES("accuracy:.2%"), {0}};
static const flx_table_column errors[] = {
    {"period from", "{start}"}, SCORES("mae:.4g"), {0}};
static const flx_table_column seconds[] = {{"period from", "{start}"},
                                           SCORES("train_s:.2f"),
                                           {"weights", "{reweight_s:.2f}"},
                                           {0}};

static void print_text(json_t *report)
{
    json_t *periods = json_object_get(report, "periods"), *period;
    json_t *total = json_object_get(report, "total");
    int added = 0, count = (int)json_array_size(periods);
    size_t i;
    json_array_foreach(periods, i, period)
        added += json_is_true(json_object_get(period, "adds_model"));
    json_object_set_new(total, "start", json_string("all"));
    json_array_append(periods, total);
    bool has_buckets = json_integer_value(json_object_get(report, "buckets")) > 0;
    flx_print_line(report, has_buckets
                               ? "{target}: rows in the right one of {buckets} buckets"
                               : "{target}: 1 - mean absolute error / mean");
    flx_print_table(periods, accuracies);
    flx_print_line(report, "\n{target}: mean absolute error{ unit}");
    flx_print_table(periods, errors);
    printf("\nSeconds of one core for training, and seconds for weights\n");
    flx_print_table(periods, seconds);
    flx_print_line(report,
                   "\nA period with an accuracy below {adds_model_below:g} adds a model "
                   "(+1) that is trained on it.");
    printf("%d of %d periods did. hosted: the ensemble of all models so far, weighted by "
           "their errors on recent rows.\n",
           added, count);
}

static flx_backtest_options read_options(const flx_arguments *arguments)
{
    static const flx_predictor_kind kinds[] = {FLX_PREDICTOR_XGBOOST,
                                               FLX_PREDICTOR_FOREST};
    return (flx_backtest_options){
        .period_s = flx_integer(arguments, "period", 0),
        .reweight_s = flx_integer(arguments, "reweight-period", 7200),
        .recent = (int)flx_integer(arguments, "max-rows", 20000),
        .accuracy = flx_number(arguments, "retrain-below", 0.85),
        .kind = kinds[flx_choice(arguments, "regressor")],
        .has_no_baselines = flx_is_set(arguments, "no-baselines"),
        .seed = flx_seed(arguments)};
}

static flx_status read_series(const flx_arguments *arguments, flx_time_series **out,
                              flx_error *error)
{
    FLX_OWNED(flx_deployment) deployment = NULL;
    FLX_OWNED(flx_dataset) table = NULL;
    FLX_TRY(
        flx_deployment_read(flx_text(arguments, "deployment", NULL), &deployment, error));
    FLX_TRY(flx_dataset_read(flx_text(arguments, "data", NULL), &table, error));
    return flx_time_series_create(deployment, table, out, error);
}

static flx_status run(const flx_arguments *arguments, flx_error *error)
{
    flx_backtest_options settings = read_options(arguments);
    FLX_OWNED(flx_time_series) series = NULL;
    FLX_OWNED(flx_backend) backend = NULL;
    FLX_OWNED(flx_backtest) backtest = NULL;
    FLX_TRY(read_series(arguments, &series, error));
    FLX_TRY(flx_open_backend(arguments, &backend, error));
    flx_bar bar;
    flx_progress progress = flx_bar_start(&bar, "backtest");
    settings.progress = &progress;
    flx_status status = flx_backtest_run(series, &settings, backend, &backtest, error);
    flx_bar_finish(&bar);
    FLX_TRY(status);
    return flx_report(arguments, describe(series, backtest, settings.accuracy), NULL,
                      print_text, error);
}

const flx_command flx_backtest_command = {
    .name = "backtest",
    .alias = "replay",
    .summary =
        "compare, over time, an ensemble of models of many periods with retraining",
    .usage = "--deployment DEP.json --data DATA.h5 --period SECONDS [options]",
    .details =
        "At the end of every period whose accuracy was below --retrain-below a model is "
        "trained on its rows and joins the earlier ones. The accuracy is the share of "
        "rows "
        "in the right bucket where the target's unit is \"bucket\", else 1 - MAE / mean "
        "|target|. (The paper prints the rule the other way round.) Every "
        "--reweight-period seconds the weights are computed anew, on recent rows that no "
        "model of the ensemble was trained on.\n"
        "\n"
        "Compared with are forests and boosted trees that are trained anew at the "
        "beginning of each period, on the previous period and on all before it.",
    .options = options,
    .run = run,
};
