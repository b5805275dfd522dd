/* SPDX-License-Identifier: MIT
 * The ingestion engine (paper 4.3): takes lines of telemetry, IE.add_data, and keeps them
 * in a store that survives a kill at any byte (formats/telemetry/telemetry_store.h).
 *
 * Lines are gathered into blocks; a block is written, flushed and then acknowledged. A
 * line may come late (a seq_num below its stream's highest) and is taken. A seq_num that
 * a stream has had before is taken too: the last one received wins when the store is
 * read, so that sending again after a crash does no harm. */
#ifndef FLX_INGESTION_H
#define FLX_INGESTION_H

#include "formats/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    int64_t keep_seconds; /* 0: for ever. Segments whose samples are all older than the
                             newest one by more are dropped. Times more than an hour ahead
                             of this machine's clock are not plausible and do not count */
    int64_t keep_bytes;   /* 0: any. The oldest segments are dropped above it */
    /* Called after a block is safe, with the seq_num of its last line: that line and all
     * good lines before it are stored. May be NULL; a status other than FLX_OK stops. */
    flx_status (*acknowledge)(void *context, int64_t seq_num, flx_error *error);
    void *context;
} flx_ingestion_options;

typedef struct {
    int64_t stored, bad;    /* lines: acknowledged, refused */
    int64_t late, repeated; /* among the good ones: below their stream's highest seq_num
                               (some may repeat an older one), equal to it */
    int64_t blocks, bytes;  /* written */
    int64_t acknowledged;   /* seq_num of the last line that is safe; -1: none */
    int64_t dropped_segments,
        carried; /* by retention; samples carried into a newer segment */
    int64_t damaged_bytes, torn_bytes; /* found on opening; the torn ones were cut off */
    int streams;                       /* in the store */
} flx_ingestion_counts;

typedef struct flx_ingestion flx_ingestion;

/* Opens or makes the store `folder` and takes its lock. */
flx_status flx_ingestion_open(const char *folder, const flx_ingestion_options *options,
                              flx_ingestion **out, flx_error *error);
/* What was not committed is lost. NULL is fine. */
void flx_ingestion_close(flx_ingestion *ingestion);

/* One line, without need of a NUL or line end. FLX_BAD_INPUT: the line is no telemetry or
 * of another type than its stream; it is counted and the next one may follow. Any other
 * failure is final. Commits by itself whenever enough lines have gathered, where it can
 * between two seq_nums. */
flx_status flx_ingestion_add_data(flx_ingestion *ingestion, const char *line,
                                  size_t length, flx_error *error);
/* Makes everything added so far safe and acknowledges it. */
flx_status flx_ingestion_commit(flx_ingestion *ingestion, flx_error *error);

flx_ingestion_counts flx_ingestion_count(const flx_ingestion *ingestion);

/* The latest seq_num that is plausible as a time: an hour ahead of this machine's
 * clock. */
int64_t flx_ingestion_latest(void);
#endif
