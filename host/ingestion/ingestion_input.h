/* SPDX-License-Identifier: MIT
 * Feeds the ingestion engine from a file or a pipe, line by line. What has come in is
 * made safe whenever the sender pauses, at the latest after a second. */
#ifndef FLX_INGESTION_INPUT_H
#define FLX_INGESTION_INPUT_H

#include "formats/progress.h"
#include "host/ingestion/ingestion.h"

#define FLX_TELEMETRY_LINE_BYTES 65536 /* a longer line is a bad one */

typedef struct {
    int file;            /* to read from; stays open */
    const char *name;    /* for messages */
    bool is_strict;      /* the first bad line ends it; what came before is committed */
    int64_t total_bytes; /* for the progress; 0 where not known */
    const flx_progress *progress;
    /* Called for every bad line that is skipped, with a sentence that names file and
     * line; may be NULL. */
    void (*skip)(void *context, const char *message);
    void *context;
} flx_ingestion_input;

/* Up to the end of the input; commits everything. Blank lines are nothing; a last line
 * needs no line end. *lines counts those that are not blank. FLX_BAD_INPUT only where
 * is_strict. */
flx_status flx_ingestion_read(flx_ingestion *ingestion, const flx_ingestion_input *input,
                              int64_t *lines, flx_error *error);
#endif
