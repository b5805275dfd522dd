/* SPDX-License-Identifier: MIT
 * fluxion import: CSV files to a dataset, as an import map says. */
#include "host/commands/commands.h"

#include "formats/import.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

static const flx_option options[] = {
    {.name = "map",
     .type = FLX_TEXT,
     .argument = "MAP.json",
     .help = "what the columns mean (required)"},
    {.name = "output",
     .letter = 'o',
     .type = FLX_TEXT,
     .argument = "DATA.h5",
     .help = "the dataset to write (required)"},
    {.name = "where",
     .type = FLX_TEXT,
     .is_repeatable = true,
     .argument = "COLUMN=TEXT",
     .help = "keep the lines whose COLUMN is TEXT; one '*' stands for any text"},
    {0}};

/* Positional and repeated words as one list of borrowed texts. */
static flx_status list_words(const flx_arguments *arguments, flx_import_request *request,
                             const char ***words, flx_error *error)
{
    int n_paths = flx_positional_count(arguments);
    int n_where = flx_repeat_count(arguments, "where");
    *words = malloc(((size_t)n_paths + (size_t)n_where + 1) * sizeof **words);
    if (!*words)
        return flx_fail(error, FLX_NO_MEMORY, "no memory left for the arguments");
    for (int i = 0; i < n_paths; i++)
        (*words)[i] = flx_positional(arguments, i);
    for (int i = 0; i < n_where; i++)
        (*words)[n_paths + i] = flx_repeat(arguments, "where", i);
    *request = (flx_import_request){n_paths, *words, n_where, *words + n_paths};
    return FLX_OK;
}

static json_t *json_of(const flx_import_report *report, const flx_dataset *dataset,
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

static void print_report(const flx_import_report *report, const flx_dataset *dataset,
                         const char *path)
{
    double cells = (double)dataset->rows * (double)dataset->n_columns;
    printf("%s: %d rows of %d columns: %d knobs, %d states, %d metrics\n", path,
           dataset->rows, dataset->n_columns, report->knobs, report->states,
           report->metrics);
    if (report->kept_lines != report->lines)
        printf("lines kept: %d of %d\n", report->kept_lines, report->lines);
    printf("missing cells: %lld (%.3g %%)\n", report->missing,
           100.0 * (double)report->missing / cells);
    printf("ignored CSV columns: %d\n", report->ignored);
    printf("dropped as the same as another: %d", report->n_dropped);
    for (int i = 0; i < report->n_dropped; i++)
        printf("%s%s", i ? ", " : ": ", report->dropped[i]);
    putchar('\n');
}

static flx_status import(const flx_arguments *arguments, const flx_import_map *map,
                         const flx_import_request *request, const char *path,
                         flx_error *error)
{
    flx_dataset *dataset = NULL;
    flx_import_report report = {0};
    FLX_TRY(flx_import(map, request, &dataset, &report, error));
    flx_status status = flx_dataset_write(dataset, path, error);
    if (status == FLX_OK && flx_wants_json(arguments))
        status = flx_print_json(json_of(&report, dataset, path), error);
    else if (status == FLX_OK)
        print_report(&report, dataset, path);
    flx_import_report_release(&report);
    flx_dataset_destroy(dataset);
    return status;
}

static flx_status run(const flx_arguments *arguments, flx_error *error)
{
    const char *map_path = flx_text(arguments, "map", NULL);
    const char *path = flx_text(arguments, "output", NULL);
    if (!map_path || !path)
        return flx_fail(error, FLX_BAD_INPUT,
                        "import needs --map MAP.json and -o DATA.h5");
    flx_import_map *map = NULL;
    flx_import_request request;
    const char **words = NULL;
    FLX_TRY(list_words(arguments, &request, &words, error));
    flx_status status = flx_import_map_read(map_path, &map, error);
    if (status == FLX_OK)
        status = import(arguments, map, &request, path, error);
    flx_import_map_destroy(map);
    free(words);
    return status;
}

const flx_command flx_import_command = {
    .name = "import",
    .summary = "make a dataset from CSV files",
    .usage = "CSV... --map MAP.json -o DATA.h5 [--where COLUMN=TEXT ...]",
    .details =
        "Plain or gzip'ed CSV. Several files stand below each other (same columns), or "
        "side by side where the map says \"join\": \"row\". A column that the map "
        "neither maps nor ignores is an error. Conditions on several columns must all "
        "hold, of several on one column one must; they replace the map's own on that "
        "column. The keys of the map: formats/SCHEMA.md.",
    .options = options,
    .min_positional = 1,
    .max_positional = -1,
    .run = run,
};
