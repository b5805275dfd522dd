/* SPDX-License-Identifier: MIT
 * Which streams of a store are columns of a deployment: names of services may hold any
 * character, so an address can only be understood with the declared ones. */
#ifndef FLX_WINDOW_STREAMS_H
#define FLX_WINDOW_STREAMS_H

#include "formats/telemetry.h"
#include "host/ingestion/stream_table.h"
#include "host/ingestion/time_window.h"

typedef struct {
    int stream; /* index into the table of streams */
    int service, operation, item,
        instance; /* operation -1: a knob's; instance -1: plain */
    flx_column_role kind;
    const flx_knob *knob; /* NULL unless kind is FLX_KNOB */
    char *name;           /* of the column */
} flx_window_column;

typedef struct {
    flx_stream_table streams; /* every stream of the store */
    int *column_of;           /* (streams.count) index, or -1: not a column */
    int n_columns;
    flx_window_column *columns; /* in the order of the deployment */
} flx_window_streams;           /* begins as {0} */

/* Enters the streams of a block. FLX_BAD_INPUT where there are too many. */
flx_status flx_window_add_streams(flx_window_streams *all, const flx_stored_block *block,
                                  flx_error *error);
/* Once all streams are added: finds the columns. Counts streams and ignored ones in
 * the report. */
flx_status flx_window_match(flx_window_streams *all, const flx_deployment *deployment,
                            const char *system, flx_window_report *report,
                            flx_error *error);
/* The column of a block's stream, or -1. */
int flx_window_column_of(const flx_window_streams *all, const flx_block_stream *stream);
void flx_window_streams_release(flx_window_streams *all);
#endif
