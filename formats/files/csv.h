/* SPDX-License-Identifier: MIT
 * Comma-separated text, plain or gzip'ed, as a table of text cells with line numbers.
 *
 * Accepted: a byte-order mark, LF, CRLF or CR line ends, quoted fields (with "" for a
 * quote, commas and line ends inside), no line end after the last row, empty lines at
 * the end. The whole file is held in memory and cut in place: half a million rows in a
 * fraction of a second, at the cost of memory for the decompressed text. */
#ifndef FLX_CSV_H
#define FLX_CSV_H

#include "formats/status.h"

#include <stddef.h>

/* Larger (decompressed) text is refused: a small gzip file may hold any amount. */
#define FLX_CSV_MAX_BYTES ((size_t)4 << 30)

typedef struct {
    char *path; /* as given, for messages */
    int n_columns, n_rows;
    char **names; /* (n_columns) from the first line, or as given; each once */
    char **cells; /* (n_rows, n_columns) row-major, NUL-terminated; never NULL */
    int *lines;   /* (n_rows) line of the file on which the row begins, from 1 */
    char *text;   /* what the cells point into */
} flx_csv;

/* Reads a file. `header` names the columns of a file that has no header line (n_header of
 * them); NULL takes the first line. FLX_BAD_INPUT, with file and line, for a file that
 * cannot be opened, is empty, damaged, holds NUL bytes, repeats a column name, or has a
 * row of another width. A file may have no rows. */
flx_status flx_csv_read(const char *path, const char *const *header, int n_header,
                        flx_csv **out, flx_error *error);
void flx_csv_destroy(flx_csv *csv); /* NULL is fine */

/* Index of the column of that name, or -1. */
int flx_csv_find(const flx_csv *csv, const char *name);
/* The cell of a row (from 0) and column. */
const char *flx_csv_cell(const flx_csv *csv, int row, int column);
#endif
