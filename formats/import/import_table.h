/* SPDX-License-Identifier: MIT
 * The CSV files of one import seen as one table of text: below each other (same columns)
 * or, with "join": "row", side by side line by line; only the lines that "where" keeps
 * count. A column of the table is an array of its index in every file, -1 where a file
 * lacks it. */
#ifndef FLX_IMPORT_TABLE_H
#define FLX_IMPORT_TABLE_H

#include "formats/files.h"
#include "formats/import/import_map.h"

#include <stdbool.h>

typedef struct {
    int n_files;
    flx_csv **files;
    char **stems;   /* (n_files) name without folder, ".gz" and the ending before it */
    bool **is_used; /* (n_files, columns of the file) used for time, group, step, pivot,
                       ... */
    bool is_joined;
    int n_all; /* lines before the filter */
    int n_lines;
    int *lines; /* (n_lines) kept ones, from 0 over all lines of the table */
    int *first; /* (n_files + 1) first line of every file; joined: 0 and n_all */
} flx_import_table;

/* A text and where it stands. */
typedef struct {
    const char *text; /* NULL where the file has no such column */
    const flx_csv *file;
    int row, column; /* of that file */
    int index;       /* of that file */
} flx_import_cell;

/* Lines whose column (before the first '=') holds one of the texts after it are kept;
 * conditions on a column replace the map's own ones. */
typedef struct {
    int n_paths;
    const char *const *paths;
    int n_where;
    const char *const *where; /* (n_where) "COLUMN=TEXT" */
} flx_import_request;

/* Reads the files and applies the filter. */
flx_status flx_import_table_open(const flx_import_map *map,
                                 const flx_import_request *request,
                                 flx_import_table **out, flx_error *error);
void flx_import_table_close(flx_import_table *table); /* NULL is fine */

/* Finds a column by its name, or by FILE_STEM#NAME, and marks it as used. `column`
 * (n_files) is filled; returns false where no file has it. */
bool flx_import_table_find(flx_import_table *table, const char *name, int *column);
/* The same where it must exist: in every file, or, where files are joined, in one of
 * them; joined files that repeat it must agree on every line. `what` is a word for the
 * message: "time". */
flx_status flx_import_table_require(flx_import_table *table, const char *name,
                                    const char *what, int *column, flx_error *error);

/* The cell of a kept line (0 .. n_lines - 1). */
flx_import_cell flx_import_table_cell(const flx_import_table *table, int line,
                                      const int *column);
/* File and row of a kept line; of joined files the first. */
const flx_csv *flx_import_table_place(const flx_import_table *table, int line, int *row);

/* FLX_BAD_INPUT with "FILE line N: column "NAME" " before the sentence. */
flx_status flx_import_cell_fail(const flx_import_cell *cell, flx_error *error,
                                const char *format, ...)
    __attribute__((format(printf, 3, 4)));
#endif
