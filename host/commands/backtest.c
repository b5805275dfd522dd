/* SPDX-License-Identifier: MIT
 * fluxion replay: walks a table in the order of time and says what models of many
 * periods, weighted, are worth beside models taught anew. */
#include "host/commands/commands.h"

#include "host/evaluation.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static const flx_option options[] = {
    {.name = "deployment",
     .type = FLX_TEXT,
     .argument = "DEP.json",
     .help = "what is deployed: inputs and target (required)"},
    {.name = "data",
     .type = FLX_TEXT,
     .argument = "DATA.h5",
     .help = "table with /time, in its order (required)"},
    {.name = "period",
     .type = FLX_INTEGER,
     .min = 1,
     .max = 1e12,
     .argument = "SECONDS",
     .help = "length of a period (required; a day is 86400)"},
    {.name = "reweight",
     .type = FLX_INTEGER,
     .min = 1,
     .max = 1e12,
     .argument = "SECONDS",
     .help = "weights are found anew so often (default 7200)"},
    {.name = "recent",
     .type = FLX_INTEGER,
     .min = 1,
     .max = 1e7,
     .argument = "ROWS",
     .help = "rows that weights are found on, at most (default 20000)"},
    {.name = "accuracy",
     .type = FLX_NUMBER,
     .min = 1e-9,
     .max = 1,
     .argument = "SHARE",
     .help = "a period below it adds a model (default 0.85)"},
    {.name = "model",
     .type = FLX_TEXT,
     .argument = "KIND",
     .help = "kind of the hosted models: xgboost (default) or forest"},
    {.name = "alone",
     .type = FLX_FLAG,
     .help = "without the forests and boosted trees to compare with"},
    {0}};

static const char *const keys[FLX_BACKTEST_PREDICTORS] = {
    "hosted", "forest_previous", "forest_all", "xgboost_previous", "xgboost_all"};

static json_t *number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

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
        json_t *part = json_object();
        json_object_set_new(part, "mae", number(score->mae));
        json_object_set_new(part, "accuracy", number(score->accuracy));
        json_object_set_new(part, "train_s", number(score->train_s));
        json_object_set_new(item, keys[who], part);
    }
    return item;
}

static flx_status print_answer(const flx_time_series *history, const flx_backtest *replay,
                               double accuracy, flx_error *error)
{
    json_t *periods = json_array();
    for (int p = 0; p < replay->n_periods; p++)
        json_array_append_new(periods, describe_period(&replay->periods[p]));
    json_t *answer =
        json_pack("{s:s, s:s, s:i, s:f, s:o, s:o}", "target", history->target, "unit",
                  history->unit, "buckets", history->classes, "adds_model_below",
                  accuracy, "periods", periods, "total", describe_period(&replay->total));
    return flx_print_json(answer, error);
}

typedef enum { MAE, ACCURACY, SECONDS } measure;

static void format_score(const flx_backtest_period *period, int who, measure what,
                         char text[32])
{
    const flx_backtest_score *score = &period->scores[who];
    double value = what == MAE        ? score->mae
                   : what == ACCURACY ? 100 * score->accuracy
                                      : score->train_s;
    if (what == SECONDS && value == 0)
        snprintf(text, 32, "-");
    else if (isfinite(value))
        snprintf(text, 32, what == MAE ? "%.4g" : "%.2f", value);
    else
        snprintf(text, 32, "-");
}

static void add_row(flx_table *table, const char *title,
                    const flx_backtest_period *period, measure what)
{
    char rows[32], models[32], weights[32], cells[FLX_BACKTEST_PREDICTORS][32];
    snprintf(rows, sizeof rows, "%d", period->rows);
    snprintf(models, sizeof models, "%d%s", period->models,
             period->adds_model ? " +1" : "   ");
    snprintf(weights, sizeof weights, "%.2f", period->reweight_s);
    for (int who = 0; who < FLX_BACKTEST_PREDICTORS; who++)
        format_score(period, who, what, cells[who]);
    flx_table_row(table, (const char *[]){title, rows, models, cells[0], cells[1],
                                          cells[2], cells[3], cells[4], weights});
}

static void print_table(const flx_backtest *replay, const char *title, measure what)
{
    static const char *const titles[] = {"period from",
                                         "rows",
                                         "models",
                                         "hosted",
                                         "forest, previous",
                                         "forest, all",
                                         "xgboost, previous",
                                         "xgboost, all",
                                         "weights"};
    int columns = what == SECONDS ? 9 : 8;
    flx_table *table =
        flx_table_create(columns, titles, columns == 9 ? "lrrrrrrrr" : "lrrrrrrr");
    if (!table)
        return;
    for (int p = 0; p < replay->n_periods; p++) {
        char start[32];
        format_time(replay->periods[p].start, start);
        add_row(table, start, &replay->periods[p], what);
    }
    add_row(table, "all", &replay->total, what);
    printf("%s\n", title);
    flx_table_print(table);
    printf("\n");
    flx_table_destroy(table);
}

static void print_tables(const flx_time_series *history, const flx_backtest *replay,
                         double accuracy)
{
    char title[200];
    int added = 0;
    for (int p = 0; p < replay->n_periods; p++)
        added += replay->periods[p].adds_model;
    if (history->classes)
        snprintf(title, sizeof title, "%s: rows in the right one of %d buckets, %%",
                 history->target, history->classes);
    else
        snprintf(title, sizeof title, "%s: 100 (1 - mean absolute error / mean), %%",
                 history->target);
    print_table(replay, title, ACCURACY);
    snprintf(title, sizeof title, "%s: mean absolute error, %s", history->target,
             history->unit[0] ? history->unit : "no unit");
    print_table(replay, title, MAE);
    print_table(replay, "training: seconds of one core; weights: seconds", SECONDS);
    printf("A period whose accuracy is below %g %% adds a model (+1) taught on it: %d of "
           "%d periods did.\nhosted: all models so far, weighted by what they are worth "
           "on recent rows.\n",
           100 * accuracy, added, replay->n_periods);
}

static flx_status read_options(const flx_arguments *arguments,
                               flx_backtest_options *replay, flx_error *error)
{
    const char *kind = flx_text(arguments, "model", "xgboost");
    if (!flx_is_set(arguments, "period"))
        return flx_fail(error, FLX_BAD_INPUT, "replay needs --period SECONDS");
    *replay =
        (flx_backtest_options){.period_s = flx_integer(arguments, "period", 0),
                               .reweight_s = flx_integer(arguments, "reweight", 7200),
                               .recent = (int)flx_integer(arguments, "recent", 20000),
                               .accuracy = flx_number(arguments, "accuracy", 0.85),
                               .kind = FLX_PREDICTOR_XGBOOST,
                               .has_no_baselines = flx_is_set(arguments, "alone"),
                               .seed = flx_seed(arguments)};
    if (strcmp(kind, "forest") == 0)
        replay->kind = FLX_PREDICTOR_FOREST;
    else if (strcmp(kind, "xgboost") != 0)
        return flx_fail(error, FLX_BAD_INPUT, "--model %s: give xgboost or forest", kind);
    return FLX_OK;
}

static flx_status read_history(const flx_arguments *arguments, flx_time_series **out,
                               flx_error *error)
{
    const char *deployed, *data;
    flx_deployment *deployment = NULL;
    flx_dataset *table = NULL;
    FLX_TRY(flx_required_text(arguments, "deployment", &deployed, error));
    FLX_TRY(flx_required_text(arguments, "data", &data, error));
    FLX_TRY(flx_deployment_read(deployed, &deployment, error));
    flx_status status = flx_dataset_read(data, &table, error);
    if (status == FLX_OK)
        status = flx_time_series_create(deployment, table, out, error);
    flx_dataset_destroy(table);
    flx_deployment_destroy(deployment);
    return status;
}

static flx_status replay_history(const flx_arguments *arguments,
                                 const flx_time_series *history,
                                 flx_backtest_options *settings, flx_error *error)
{
    flx_backend *backend = NULL;
    flx_backtest *replay = NULL;
    flx_bar bar;
    FLX_TRY(flx_backend_open(flx_backend_name(arguments), flx_threads(arguments),
                             &backend, error));
    flx_progress progress = flx_bar_start(&bar, "replay");
    settings->progress = &progress;
    flx_status status = flx_backtest_run(history, settings, backend, &replay, error);
    flx_bar_finish(&bar);
    if (status == FLX_OK && flx_wants_json(arguments))
        status = print_answer(history, replay, settings->accuracy, error);
    else if (status == FLX_OK)
        print_tables(history, replay, settings->accuracy);
    flx_backtest_destroy(replay);
    flx_backend_close(backend);
    return status;
}

static flx_status run(const flx_arguments *arguments, flx_error *error)
{
    flx_backtest_options settings;
    flx_time_series *history = NULL;
    FLX_TRY(read_options(arguments, &settings, error));
    FLX_TRY(read_history(arguments, &history, error));
    flx_status status = replay_history(arguments, history, &settings, error);
    flx_time_series_destroy(history);
    return status;
}

const flx_command flx_backtest_command = {
    .name = "replay",
    .summary = "walk a table in time: models of many periods, weighted, or taught anew",
    .usage = "--deployment DEP.json --data DATA.h5 --period SECONDS "
             "[--reweight SECONDS] [--json]",
    .details =
        "At the end of each period a model is taught on it and hosted beside the earlier "
        "ones if the period's accuracy was below --accuracy: the share of rows in the "
        "right bucket where the target's unit is \"bucket\", else 1 - MAE / mean "
        "|target|. "
        "(The paper prints the rule the other way round.) Weights are found anew every "
        "--reweight seconds on recent rows that no hosted model was taught. Beside it: "
        "forests and boosted trees taught anew at each beginning, on the previous period "
        "and on all.",
    .options = options,
    .run = run,
};
