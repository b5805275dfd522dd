/* SPDX-License-Identifier: MIT
 * The values of a window as a table of rows and columns. */
#ifndef FLX_WINDOW_TABLE_H
#define FLX_WINDOW_TABLE_H

#include "host/ingestion/window_streams.h"

typedef struct {
    int column; /* -1: no value */
    int64_t seq_num, arrival;
    double value;
} flx_window_value;

typedef struct {
    flx_window_report *report; /* from and until are read, the rest is filled */
    int64_t every;
    int n_columns;
    const flx_window_column *columns;
    const flx_window_value
        *initial; /* (n_columns) knobs: last value at or before `from` */
    size_t count;
    flx_window_value *values; /* (count) within (from, until], any order; is sorted */
} flx_window_data;

/* Rows and columns as host/ingestion/time_window.h says. `folder` and `system` describe
 * the dataset. FLX_BAD_INPUT where no state and no metric was measured. */
flx_status flx_window_table(flx_window_data *data, const char *folder, const char *system,
                            flx_dataset **out, flx_error *error);
#endif
