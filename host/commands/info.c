/* SPDX-License-Identifier: MIT
 * fluxion info: what a table holds; models, repositories and backends have files of
 * their own. */
#include "host/commands/info.h"
#include "host/commands/commands.h"
#include "host/commands/owned.h"

#include "formats/dataset.h"

#include <math.h>
#include <stdlib.h>
#include <sys/stat.h>

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

static json_t *describe_column(const flx_column *column, column_summary summary)
{
    return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:i}", "name", column->name, "kind",
                     flx_column_role_text(column->kind), "unit", column->unit, "min",
                     flx_json_real(summary.min), "median", flx_json_real(summary.median),
                     "max", flx_json_real(summary.max), "missing", summary.missing);
}

static flx_status print_columns(const flx_dataset *table, flx_error *error)
{
    static const flx_table_column columns[] = {
        {"column", "{name}"},       {"kind", "{kind}"},
        {"unit", "{unit}"},         {"min", "{min:.6g}"},
        {"median", "{median:.6g}"}, {"max", "{max:.6g}"},
        {"missing", "{missing}"},   {0}};
    FLX_SCOPED double *present = NULL;
    json_auto_t *lines = json_array();
    if (!FLX_NEW(present, table->rows))
        return flx_no_memory(error, "a summary of %d columns", table->n_columns);
    for (int j = 0; j < table->n_columns; j++)
        json_array_append_new(
            lines, describe_column(&table->columns[j], summarize(table, j, present)));
    flx_print_table(lines, columns);
    return FLX_OK;
}

/* As the paper counts, where it counts otherwise; NULL: it does not. */
static json_t *describe_counted(const flx_dataset *table)
{
    json_t *counted = json_object();
    if (table->counted_services > 0)
        json_object_set_new(counted, "services", json_integer(table->counted_services));
    if (table->counted_inputs > 0)
        json_object_set_new(counted, "inputs", json_integer(table->counted_inputs));
    if (json_object_size(counted) > 0)
        return counted;
    json_decref(counted);
    return NULL;
}

static json_t *describe(const flx_dataset *table, const flx_dataset_counts *counts)
{
    return json_pack(
        "{s:s, s:i, s:i, s:i, s:i, s:i, s:i, s:b, s:i, s:s, s:s, s:b, s:b, s:b, s:o*}",
        "system", table->system, "rows", table->rows, "services", counts->services,
        "inputs", counts->knobs + counts->states, "knobs", counts->knobs, "states",
        counts->states, "metrics", counts->metrics, "simulated", (int)table->simulated,
        "columns", table->n_columns, "source", table->source, "created", table->created,
        "time", table->time != NULL, "step", table->step != NULL, "group",
        table->group != NULL, "counted", describe_counted(table));
}

static flx_status print_text(const char *path, const flx_dataset *table,
                             const flx_dataset_counts *counts, flx_error *error)
{
    json_auto_t *report = describe(table, counts);
    puts(path);
    flx_print_line(
        report, "{simulated:simulated|measured} table: {rows} rows, {services} "
                "services, {inputs} inputs ({knobs} knobs, {states} states), {metrics} "
                "metrics");
    flx_print_line_if(report, "counted.services",
                      "as the paper counts: {counted.services} services");
    flx_print_line_if(report, "counted.inputs",
                      "as the paper counts: {counted.inputs} inputs");
    flx_print_line_if(report, "system", "system: {system}");
    flx_print_line_if(report, "source", "source: {source}");
    flx_print_line_if(report, "created", "created: {created}");
    flx_print_line(report, "with times: {time}, steps: {step}, groups: {group}\n");
    return print_columns(table, error);
}

static flx_status report_dataset(const flx_arguments *arguments, const char *path,
                                 flx_error *error)
{
    FLX_OWNED(flx_dataset) table = NULL;
    flx_dataset_counts counts;
    FLX_TRY(flx_dataset_read(path, &table, error));
    FLX_TRY(flx_dataset_count(table, &counts, error));
    return flx_wants_json(arguments) ? flx_print_json(describe(table, &counts), error)
                                     : print_text(path, table, &counts, error);
}

static bool is_folder(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

static flx_status run(const flx_arguments *arguments, flx_error *error)
{
    const char *path = flx_positional(arguments, 0);
    if (!path)
        return flx_info_report_backends(arguments, error);
    if (!is_folder(path))
        return report_dataset(arguments, path, error);
    return flx_info_is_repository(path)
               ? flx_info_report_repository(arguments, path, error)
               : flx_info_report_model(arguments, path, error);
}

const flx_command flx_info_command = {
    .name = "info",
    .summary =
        "show what a table, a model or a repository holds, or which backends there "
        "are",
    .usage = "[DATA.h5 | MODEL/ | REPOSITORY/]",
    .details =
        "Of a table: its columns with kind, unit, range and missing cells, and its "
        "services and inputs counted by instance. Of a model: its target, its "
        "assignments "
        "and their models with size, date and the period of the rows they were trained "
        "on. Of a repository: its models. Without an argument: the backends of this "
        "machine.",
    .max_positional = 1,
    .run = run,
};
