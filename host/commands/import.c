/* SPDX-License-Identifier: MIT
 * fluxion import: CSV files to a dataset, as an import map says. */
#include "host/commands/commands.h"
#include "host/commands/owned.h"

#include "formats/import.h"

FLX_OWNS(flx_import_map, flx_import_map_destroy)

static const flx_option options[] = {
    OPT_TEXT("map", "MAP.json", "what the columns mean", .is_required = true),
    OPT_TEXT("output", "DATA.h5", "dataset to write", .letter = 'o', .is_required = true),
    OPT_TEXT("where", "COLUMN=TEXT",
             "keep the lines whose COLUMN is TEXT; one '*' stands for any text",
             .is_repeatable = true),
    {0}};

/* Positional and repeated words as one list of borrowed texts. */
static flx_status list_words(const flx_arguments *arguments, flx_import_request *request,
                             const char ***words, flx_error *error)
{
    int n_paths = flx_positional_count(arguments);
    int n_where = flx_repeat_count(arguments, "where");
    if (!FLX_NEW(*words, n_paths + n_where))
        return flx_no_memory(error, "%d arguments", n_paths + n_where);
    for (int i = 0; i < n_paths; i++)
        (*words)[i] = flx_positional(arguments, i);
    for (int i = 0; i < n_where; i++)
        (*words)[n_paths + i] = flx_repeat(arguments, "where", i);
    *request = (flx_import_request){n_paths, *words, n_where, *words + n_paths};
    return FLX_OK;
}

static json_t *describe(const flx_import_report *report, const flx_dataset *dataset,
                        const char *path)
{
    json_t *dropped = json_array();
    for (int i = 0; i < report->n_dropped; i++)
        json_array_append_new(dropped, json_string(report->dropped[i]));
    return json_pack("{s:s, s:s, s:s, s:i, s:i, s:i, s:i, s:i, s:i, s:I, s:i, s:o}",
                     "output", path, "system", dataset->system, "source", dataset->source,
                     "lines", report->lines, "kept_lines", report->kept_lines, "rows",
                     report->rows, "knobs", report->knobs, "states", report->states,
                     "metrics", report->metrics, "missing", (json_int_t)report->missing,
                     "ignored", report->ignored, "dropped", dropped);
}

static void print_text(json_t *report)
{
    flx_print_table_size(report);
    if (!json_equal(json_object_get(report, "lines"),
                    json_object_get(report, "kept_lines")))
        flx_print_line(report, "lines kept: {kept_lines} of {lines}");
    flx_print_line(report, "ignored CSV columns: {ignored}");
    flx_print_line_if(report, "dropped", "dropped as the same as another: {dropped}");
}

static flx_status run(const flx_arguments *arguments, flx_error *error)
{
    const char *path = flx_text(arguments, "output", NULL);
    FLX_SCOPED const char **words = NULL;
    FLX_OWNED(flx_import_map) map = NULL;
    FLX_OWNED(flx_dataset) dataset = NULL;
    flx_import_request request;
    flx_import_report report = {0};
    FLX_TRY(list_words(arguments, &request, &words, error));
    FLX_TRY(flx_import_map_read(flx_text(arguments, "map", NULL), &map, error));
    FLX_TRY(flx_import(map, &request, &dataset, &report, error));
    flx_status status = flx_dataset_write(dataset, path, error);
    if (status == FLX_OK)
        status = flx_report(arguments, describe(&report, dataset, path), NULL, print_text,
                            error);
    flx_import_report_release(&report);
    return status;
}

const flx_command flx_import_command = {
    .name = "import",
    .summary = "make a dataset from CSV files",
    .usage = "CSV... --map MAP.json -o DATA.h5 [--where COLUMN=TEXT ...]",
    .details =
        "The files are plain or gzip'ed CSV. Several are read one below the other, with "
        "the same columns, or side by side where the map says \"join\": \"row\". A "
        "column that the map neither maps nor ignores is an error. Single measured "
        "values "
        "that arrive over time are telemetry: see 'fluxion ingest'.\n"
        "\n"
        "Conditions (--where) on different columns must all hold; of several on one "
        "column one must. They replace the map's own conditions on that column. The keys "
        "of a map: formats/SCHEMA.md.",
    .options = options,
    .min_positional = 1,
    .max_positional = -1,
    .run = run,
};
