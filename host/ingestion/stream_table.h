/* SPDX-License-Identifier: MIT
 * The streams of a telemetry store by address. A balanced tree: addresses come from
 * outside, and no choice of them makes it slow. */
#ifndef FLX_STREAM_TABLE_H
#define FLX_STREAM_TABLE_H

#include "formats/deployment.h"

#include <stdint.h>

/* More streams than this are refused, so that a sender that invents addresses cannot
 * use up all memory. */
#define FLX_STREAMS_MAX (1 << 20)

/* A highest seq_num and where its last arrival lies. */
typedef struct {
    int64_t seq_num;       /* -1 before the first sample */
    uint64_t segment;      /* number */
    uint64_t carried_from; /* the dropped segment in which it lay before, or 0 */
} flx_latest;

typedef struct {
    char *uri;
    flx_knob_type type;
    int index;            /* from 0, in order of appearance */
    flx_latest newest;    /* of all samples */
    flx_latest plausible; /* of those whose seq_num is plausible as a time
                             (host/ingestion/ingestion.h) */
    uint64_t block;       /* number of the block that knows it as `block_index` */
    int block_index;
} flx_stream;

typedef struct {
    int count;
    size_t room;
    flx_stream **streams; /* (count) */
    void *tree;
} flx_stream_table; /* begins as {0} */

flx_stream *flx_stream_find(const flx_stream_table *table, const char *uri); /* or NULL */
/* An address that is not there yet. FLX_BAD_INPUT where there are too many. */
flx_status flx_stream_add(flx_stream_table *table, const char *uri, flx_knob_type type,
                          flx_stream **out, flx_error *error);
void flx_stream_table_release(flx_stream_table *table);
#endif
