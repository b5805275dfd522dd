/* SPDX-License-Identifier: MIT
 * A training table from the newest part of a telemetry store: streams joined on time.
 *
 * Rows stand at T, T - every, T - 2 every, ...; T is the newest seq_num of the
 * deployment's streams. A cell of a state or metric is the mean of its values in (t -
 * every, t]. A cell of a knob is its last value at or before t, however long before: a
 * knob keeps its value until it is changed. Of two values with one seq_num in a stream
 * the last one received counts. Missing cells are NaN; a row in which no state and no
 * metric was measured, and a column without any value, are left out. */
#ifndef FLX_TIME_WINDOW_H
#define FLX_TIME_WINDOW_H

#include "formats/dataset.h"
#include "formats/deployment.h"

#include <stdint.h>

typedef struct {
    const char *folder;    /* of the store */
    const char *system;    /* first part of the streams' addresses; NULL: the deployment's
                              name */
    int64_t window, every; /* seconds, the unit of seq_num; rows: window / every */
    int64_t until; /* T; below 0: the newest seq_num that is not more than an hour ahead
                      of this machine's clock (where all are, the newest) */
} flx_window_request;

typedef struct {
    int64_t from, until;    /* the table covers (from, until] */
    int64_t values;         /* inside, duplicates counted once */
    int64_t replaced;       /* values that a later one with the same seq_num replaced */
    int64_t ahead;          /* values later than `until` */
    int64_t unknown_labels; /* values that are none of their knob's choices: missing */
    int64_t damaged_bytes;
    int rows_left_out;
    int streams;             /* of this system and deployment */
    int ignored;             /* streams of this system that are not */
    char first_ignored[300]; /* one of them and why; "" where there is none */
    char first_unknown[300]; /* the first unknown label */
} flx_window_report;

/* FLX_BAD_INPUT where the folder is no store, or has nothing of this system, deployment
 * and window. */
flx_status flx_window_query(const flx_window_request *request,
                            const flx_deployment *deployment, flx_dataset **out,
                            flx_window_report *report, flx_error *error);
#endif
