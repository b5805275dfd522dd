/* SPDX-License-Identifier: MIT
 * Which lines of the table make which row of the dataset: usually each line makes one;
 * in a long table ("pivot") all lines of one key do. Rows of a long table are ordered
 * by time where the map names one, else by first appearance. */
#ifndef FLX_IMPORT_ROWS_H
#define FLX_IMPORT_ROWS_H

#include "formats/import/import_keys.h"
#include "formats/import/import_table.h"

#include <stdint.h>

typedef struct {
    int n_rows;
    int *row_of; /* (kept lines) */
    int *first;  /* (n_rows) first kept line of every row */
} flx_import_rows;

/* `time` (kept lines) orders the rows of a long table; NULL for none. */
flx_status flx_import_rows_create(flx_import_table *table, const flx_import_map *map,
                                  const int64_t *time, flx_import_rows *rows,
                                  flx_error *error);
/* Also after an error. */
void flx_import_rows_release(flx_import_rows *rows);

/* Texts of all kept lines in these columns together, numbered: number (kept lines) is the
 * caller's. `what` as in flx_import_table_require. Where `are_numbers` is not NULL, it
 * tells whether a single column held integers only, which then stand in `number`. */
flx_status flx_import_number_lines(flx_import_table *table, const flx_text_list *columns,
                                   const char *what, int64_t *number, bool *are_numbers,
                                   flx_error *error);

/* Times of all kept lines, (kept lines), allocated; to be freed also after an error. */
flx_status flx_import_read_times(flx_import_table *table, const flx_import_map *map,
                                 int64_t **out, flx_error *error);

/* FLX_BAD_INPUT that names the place of a kept line before the sentence. */
flx_status flx_import_line_fail(const flx_import_table *table, int line, flx_error *error,
                                const char *format, ...)
    __attribute__((format(printf, 4, 5)));
#endif
