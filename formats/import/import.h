/* SPDX-License-Identifier: MIT
 * CSV files to a dataset, as an import map says (formats/import/import_map.h,
 * formats/SCHEMA.md). Nothing is guessed: a column that the map does not mention is an
 * error. */
#ifndef FLX_IMPORT_H
#define FLX_IMPORT_H

#include "formats/dataset.h"
#include "formats/import/import_map.h"
#include "formats/import/import_table.h"

/* What an import did. */
typedef struct {
    int lines, kept_lines; /* of the CSV files; kept: by "where" */
    int rows, knobs, states, metrics;
    long long missing; /* cells of the dataset */
    int ignored;       /* CSV columns */
    int n_dropped;
    char **dropped; /* (n_dropped) CSV columns that were the same as another */
} flx_import_report;

/* Makes the dataset in memory; the paths of the request are read. `report` may be NULL;
 * its lists are released with flx_import_report_release. */
flx_status flx_import(const flx_import_map *map, const flx_import_request *request,
                      flx_dataset **out, flx_import_report *report, flx_error *error);
void flx_import_report_release(flx_import_report *report);
#endif
