/* SPDX-License-Identifier: MIT
 * fluxion info: what a table holds; models, repositories and backends have files of
 * their own. */
#include "host/commands/commands.h"
#include "host/commands/info_backends.h"
#include "host/commands/info_model.h"
#include "host/commands/info_repository.h"

#include "formats/dataset.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static const flx_option options[] = {{0}};

/* Of the cells that are present. */
typedef struct {
    double min, median, max; /* NaN where all are missing */
    int missing;
} column_summary;

static int compare_numbers(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* `present` has room for all rows. */
static column_summary summarize(const flx_dataset *table, int column, double *present)
{
    column_summary summary = {NAN, NAN, NAN, 0};
    int n = 0;
    for (int i = 0; i < table->rows; i++) {
        size_t cell = (size_t)i * (size_t)table->n_columns + (size_t)column;
        if (!isnan(table->values[cell]))
            present[n++] = table->values[cell];
    }
    summary.missing = table->rows - n;
    if (n == 0)
        return summary;
    qsort(present, (size_t)n, sizeof *present, compare_numbers);
    summary.min = present[0];
    summary.max = present[n - 1];
    summary.median = present[(n - 1) / 2] / 2 + present[n / 2] / 2;
    return summary;
}

static void add_row(flx_table *cells, const flx_column *column, column_summary summary)
{
    const double numbers[3] = {summary.min, summary.median, summary.max};
    char text[3][32] = {""}, missing[16];
    for (int i = 0; i < 3; i++)
        if (!isnan(numbers[i]))
            snprintf(text[i], sizeof text[i], "%.6g", numbers[i]);
    snprintf(missing, sizeof missing, "%d", summary.missing);
    const char *row[] = {column->name, flx_column_role_text(column->kind),
                         column->unit, text[0],
                         text[1],      text[2],
                         missing};
    flx_table_row(cells, row);
}

static flx_status print_columns(const flx_dataset *table, flx_error *error)
{
    static const char *const titles[] = {"column", "kind", "unit",   "min",
                                         "median", "max",  "missing"};
    double *present = malloc((size_t)table->rows * sizeof *present);
    flx_table *cells = flx_table_create(7, titles, "lllrrrr");
    flx_status status = FLX_OK;
    if (present && cells) {
        for (int j = 0; j < table->n_columns; j++)
            add_row(cells, &table->columns[j], summarize(table, j, present));
        flx_table_print(cells);
    } else {
        status = flx_fail(error, FLX_NO_MEMORY, "no memory for a summary of %d columns",
                          table->n_columns);
    }
    flx_table_destroy(cells);
    free(present);
    return status;
}

static void print_counted(const flx_dataset *table)
{
    if (table->counted_services > 0)
        printf("as the paper counts: %d services\n", table->counted_services);
    if (table->counted_inputs > 0)
        printf("as the paper counts: %d inputs\n", table->counted_inputs);
}

static const char *or_else(const char *text, const char *otherwise)
{
    return text[0] ? text : otherwise;
}

static flx_status print_text(const char *path, const flx_dataset *table,
                             const flx_dataset_counts *counts, flx_error *error)
{
    printf("%s\n%s table: %d rows, %d services, %d inputs (%d knobs, %d states), "
           "%d metrics\n",
           path, table->simulated ? "simulated" : "measured", table->rows,
           counts->services, counts->knobs + counts->states, counts->knobs,
           counts->states, counts->metrics);
    print_counted(table);
    printf("system: %s\nsource: %s\ncreated: %s\n", or_else(table->system, "not named"),
           or_else(table->source, "not given"), or_else(table->created, "not known"));
    printf("with times: %s, steps: %s, groups: %s\n\n", table->time ? "yes" : "no",
           table->step ? "yes" : "no", table->group ? "yes" : "no");
    return print_columns(table, error);
}

static json_t *describe(const flx_dataset *table, const flx_dataset_counts *counts)
{
    json_t *answer = json_pack(
        "{s:s, s:i, s:i, s:i, s:i, s:i, s:i, s:b, s:i, s:s, s:s, s:b, s:b, s:b}",
        "system", table->system, "rows", table->rows, "services", counts->services,
        "inputs", counts->knobs + counts->states, "knobs", counts->knobs, "states",
        counts->states, "metrics", counts->metrics, "simulated", (int)table->simulated,
        "columns", table->n_columns, "source", table->source, "created", table->created,
        "time", table->time != NULL, "step", table->step != NULL, "group",
        table->group != NULL);
    json_t *counted = json_object();
    if (table->counted_services > 0)
        json_object_set_new(counted, "services", json_integer(table->counted_services));
    if (table->counted_inputs > 0)
        json_object_set_new(counted, "inputs", json_integer(table->counted_inputs));
    if (json_object_size(counted) > 0)
        json_object_set(answer, "counted", counted);
    json_decref(counted);
    return answer;
}

static flx_status print_dataset(const char *path, bool wants_json, flx_error *error)
{
    flx_dataset *table;
    flx_dataset_counts counts;
    FLX_TRY(flx_dataset_read(path, &table, error));
    flx_status status = flx_dataset_count(table, &counts, error);
    if (status == FLX_OK && wants_json)
        status = flx_print_json(describe(table, &counts), error);
    else if (status == FLX_OK)
        status = print_text(path, table, &counts, error);
    flx_dataset_destroy(table);
    return status;
}

static bool is_folder(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

static flx_status run(const flx_arguments *arguments, flx_error *error)
{
    if (flx_positional_count(arguments) == 0)
        return flx_info_print_backends(flx_wants_json(arguments), error);
    const char *path = flx_positional(arguments, 0);
    if (is_folder(path))
        return flx_info_is_repository(path)
                   ? flx_info_print_repository(path, flx_wants_json(arguments), error)
                   : flx_info_print_model(path, flx_wants_json(arguments), error);
    return print_dataset(path, flx_wants_json(arguments), error);
}

const flx_command flx_info_command = {
    .name = "info",
    .summary = "what a table, a model or a repository of models holds; which backends "
               "this machine has",
    .usage = "[DATA.h5 | MODEL/ | REPOSITORY/]",
    .details = "Of a table: the columns with kind, unit, range and missing cells, and "
               "services and inputs counted by instance. Of a model: its target, its "
               "assignments and their models with size, date and the period of the rows "
               "they were trained on. Of a repository: its models. Without an "
               "argument: the backends of this machine.\n",
    .options = options,
    .min_positional = 0,
    .max_positional = 1,
    .run = run,
};
