/* SPDX-License-Identifier: MIT
 * fluxion export: the newest telemetry of a store as a dataset. */
#include "host/commands/commands.h"
#include "host/commands/owned.h"

#include "host/ingestion.h"

static const flx_option options[] = {
    OPT_INTEGER("window", "SECONDS", 1, 1e15, "how far back the table goes",
                .is_required = true),
    OPT_INTEGER("interval", "SECONDS", 1, 1e15, "from row to row", .alias = "every",
                .is_required = true),
    OPT_TEXT("deployment", "DEP.json", "what the streams mean", .is_required = true),
    OPT_TEXT("output", "DATA.h5", "dataset to write", .letter = 'o', .is_required = true),
    OPT_INTEGER("until", "SEQ", 0, 4e18,
                "seq_num of the last row (default: the newest seq_num)"),
    OPT_TEXT("system", "NAME",
             "first part of stream_uri (default: the deployment's name)"),
    {0}};

typedef struct {
    int knobs, states, metrics;
    json_int_t missing;
} table_counts;

static table_counts count_table(const flx_dataset *table)
{
    table_counts counts = {0};
    for (int j = 0; j < table->n_columns; j++) {
        counts.knobs += table->columns[j].kind == FLX_KNOB;
        counts.states += table->columns[j].kind == FLX_STATE;
        counts.metrics += table->columns[j].kind == FLX_METRIC;
    }
    size_t cells = (size_t)table->rows * (size_t)table->n_columns;
    for (size_t i = 0; i < cells; i++)
        counts.missing += table->values[i] != table->values[i];
    return counts;
}

static json_t *describe(const flx_dataset *table, const flx_window_report *report,
                        const char *path)
{
    table_counts counts = count_table(table);
    return json_pack(
        "{s:s, s:i, s:i, s:i, s:i, s:i, s:I, s:I, s:I, s:I, s:I, s:I, s:I, "
        "s:i, s:i, s:I}",
        "output", path, "rows", table->rows, "rows_left_out", report->rows_left_out,
        "knobs", counts.knobs, "states", counts.states, "metrics", counts.metrics,
        "missing", counts.missing, "from", (json_int_t)report->from, "until",
        (json_int_t)report->until, "values", (json_int_t)report->values, "replaced",
        (json_int_t)report->replaced, "ahead", (json_int_t)report->ahead,
        "unknown_labels", (json_int_t)report->unknown_labels, "streams", report->streams,
        "ignored", report->ignored, "damaged_bytes", (json_int_t)report->damaged_bytes);
}

static void print_text(json_t *report)
{
    flx_print_table_size(report);
    flx_print_line(report,
                   "after seq_num {from}, until {until}: {values} values, {replaced} "
                   "replaced by a later one");
    flx_print_line_if(report, "rows_left_out",
                      "rows left out, nothing was measured in them: {rows_left_out}");
    flx_print_line_if(report, "ahead",
                      "values after seq_num {until} left out: {ahead} (--until takes a "
                      "later end)");
    flx_print_line_if(report, "ignored",
                      "streams that are no column of the deployment: {ignored}, the "
                      "first: {first_ignored}");
    flx_print_line_if(report, "unknown_labels",
                      "unknown choices, taken as missing: {unknown_labels}, the first: "
                      "{first_unknown}");
    flx_print_line_if(report, "damaged_bytes",
                      "damaged and not readable: {damaged_bytes} bytes of the store");
}

static flx_status run(const flx_arguments *arguments, flx_error *error)
{
    const char *path = flx_text(arguments, "output", NULL);
    FLX_OWNED(flx_deployment) deployment = NULL;
    FLX_OWNED(flx_dataset) table = NULL;
    flx_window_request request = {.folder = flx_positional(arguments, 0),
                                  .system = flx_text(arguments, "system", NULL),
                                  .window = flx_integer(arguments, "window", 0),
                                  .every = flx_integer(arguments, "interval", 0),
                                  .until = flx_integer(arguments, "until", -1)};
    flx_window_report report;
    FLX_TRY(
        flx_deployment_read(flx_text(arguments, "deployment", NULL), &deployment, error));
    FLX_TRY(flx_window_query(&request, deployment, &table, &report, error));
    FLX_TRY(flx_dataset_write(table, path, error));
    return flx_report(arguments, describe(table, &report, path),
                      json_pack("{s:s, s:s}", "first_unknown", report.first_unknown,
                                "first_ignored", report.first_ignored),
                      print_text, error);
}

const flx_command flx_export_command = {
    .name = "export",
    .summary = "make a dataset from the newest telemetry of a store",
    .usage = "STORE/ --window SECONDS --interval SECONDS --deployment DEP.json "
             "-o DATA.h5",
    .details =
        "Rows are --interval seconds apart, back from the newest seq_num that is not "
        "more "
        "than an hour ahead of this machine's clock; seq_num counts seconds. The cell of "
        "a state or a metric is the mean of its values since the row before. The cell of "
        "a knob is its last value, because a knob keeps its value until it is changed; "
        "that of a choice is its index. Of two values with the same seq_num in a stream "
        "the one received last counts. Rows without any measurement and columns without "
        "any value are left out.",
    .options = options,
    .min_positional = 1,
    .max_positional = 1,
    .run = run,
};
