/* SPDX-License-Identifier: MIT
 * fluxion export: the newest telemetry of a store as a dataset. */
#include "host/commands/commands.h"
#include "host/commands/frame.h"

#include "host/ingestion.h"

#include <jansson.h>
#include <stdio.h>

static const flx_option options[] = {
    {.name = "window",
     .type = FLX_INTEGER,
     .min = 1,
     .max = 1e15,
     .argument = "SECONDS",
     .help = "how far back the table goes (required)"},
    {.name = "every",
     .type = FLX_INTEGER,
     .min = 1,
     .max = 1e15,
     .argument = "SECONDS",
     .help = "from row to row (required)"},
    {.name = "deployment",
     .type = FLX_TEXT,
     .argument = "DEP.json",
     .help = "what the streams mean (required)"},
    {.name = "output",
     .letter = 'o',
     .type = FLX_TEXT,
     .argument = "DATA.h5",
     .help = "the dataset to write (required)"},
    {.name = "until",
     .type = FLX_INTEGER,
     .min = 0,
     .max = 4e18,
     .argument = "SEQ",
     .help = "the last row stands here (default: the newest seq_num)"},
    {.name = "system",
     .type = FLX_TEXT,
     .argument = "NAME",
     .help = "first part of stream_uri (default: the deployment's name)"},
    {0}};

typedef struct {
    int knobs, states, metrics;
    long long missing;
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

static json_t *json_of(const flx_dataset *table, const flx_window_report *report,
                       const char *path)
{
    table_counts counts = count_table(table);
    return json_pack(
        "{s:s, s:i, s:i, s:i, s:i, s:i, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:i, s:i, "
        "s:I}",
        "output", path, "rows", table->rows, "rows_left_out", report->rows_left_out,
        "knobs", counts.knobs, "states", counts.states, "metrics", counts.metrics,
        "missing", (json_int_t)counts.missing, "from", (json_int_t)report->from, "until",
        (json_int_t)report->until, "values", (json_int_t)report->values, "replaced",
        (json_int_t)report->replaced, "ahead", (json_int_t)report->ahead,
        "unknown_labels", (json_int_t)report->unknown_labels, "streams", report->streams,
        "ignored", report->ignored, "damaged_bytes", (json_int_t)report->damaged_bytes);
}

/* Texts in the report come from the senders of telemetry. */
static void print_first(const char *what, long long count, const char *first)
{
    if (count == 0)
        return;
    printf("%s: %lld, the first: ", what, count);
    flx_text_put(first, stdout);
    putchar('\n');
}

static void print_report(const flx_dataset *table, const flx_window_report *report,
                         const char *path)
{
    table_counts counts = count_table(table);
    double cells = (double)table->rows * (double)table->n_columns;
    flx_text_put(path, stdout);
    printf(": %d rows of %d columns: %d knobs, %d states, %d metrics\n", table->rows,
           table->n_columns, counts.knobs, counts.states, counts.metrics);
    printf("seq_num %lld to %lld: %lld values, %lld replaced by a later one\n",
           (long long)report->from + 1, (long long)report->until,
           (long long)report->values, (long long)report->replaced);
    printf("missing cells: %lld (%.3g %%)\n", counts.missing,
           100.0 * (double)counts.missing / cells);
    if (report->rows_left_out > 0)
        printf("rows left out, nothing was measured in them: %d\n",
               report->rows_left_out);
    if (report->ahead > 0)
        printf("values after seq_num %lld left out: %lld (--until takes a later end)\n",
               (long long)report->until, (long long)report->ahead);
    print_first("streams that are no column of the deployment", report->ignored,
                report->first_ignored);
    print_first("unknown choices, taken as missing", report->unknown_labels,
                report->first_unknown);
    if (report->damaged_bytes > 0)
        printf("damaged and not readable: %lld bytes of the store\n",
               (long long)report->damaged_bytes);
}

static flx_status export(const flx_arguments *arguments, const flx_deployment *deployment,
                         const char *path, flx_error *error)
{
    flx_window_request request = {.folder = flx_positional(arguments, 0),
                                  .system = flx_text(arguments, "system", NULL),
                                  .window = flx_integer(arguments, "window", 0),
                                  .every = flx_integer(arguments, "every", 0),
                                  .until = flx_integer(arguments, "until", -1)};
    flx_dataset *table;
    flx_window_report report;
    FLX_TRY(flx_window_query(&request, deployment, &table, &report, error));
    flx_status status = flx_dataset_write(table, path, error);
    if (status == FLX_OK && flx_wants_json(arguments))
        status = flx_print_json(json_of(table, &report, path), error);
    else if (status == FLX_OK)
        print_report(table, &report, path);
    flx_dataset_destroy(table);
    return status;
}

static flx_status run(const flx_arguments *arguments, flx_error *error)
{
    const char *needed, *path, *deployment_path;
    FLX_TRY(flx_required_text(arguments, "window", &needed, error));
    FLX_TRY(flx_required_text(arguments, "every", &needed, error));
    FLX_TRY(flx_required_text(arguments, "deployment", &deployment_path, error));
    FLX_TRY(flx_required_text(arguments, "output", &path, error));
    flx_deployment *deployment;
    FLX_TRY(flx_deployment_read(deployment_path, &deployment, error));
    flx_status status = export(arguments, deployment, path, error);
    flx_deployment_destroy(deployment);
    return status;
}

const flx_command flx_export_command = {
    .name = "export",
    .summary = "make a dataset from the newest telemetry of a store",
    .usage = "STORE/ --window SECONDS --every SECONDS --deployment DEP.json -o DATA.h5\n"
             "STORE/ ... [--until SEQ] [--system NAME] [--json]",
    .details =
        "Rows stand every SECONDS, back from the newest seq_num (one that is not more\n"
        "than an hour ahead of this machine's clock). A cell of a state or metric is "
        "the\n"
        "mean of its values since the row before. A cell of a knob is its last value, "
        "since\n"
        "a knob holds until it is changed; a choice is its index. Of two values with "
        "one\n"
        "seq_num in a stream the last one received counts. Rows without any measurement\n"
        "and columns without any value are left out. seq_num counts seconds.",
    .options = options,
    .min_positional = 1,
    .max_positional = 1,
    .run = run,
};
