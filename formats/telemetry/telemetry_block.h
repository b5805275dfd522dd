/* SPDX-License-Identifier: MIT
 * A block of telemetry as bytes: what the store writes in one piece, flushes and only
 * then acknowledges. A block is complete in itself: it names its streams, so that any
 * other block may be lost or dropped. Three checksums (CRC-32) detect a damaged
 * header, dictionary or samples; the header's lets a reader find the next block behind
 * damaged bytes. Layout: formats/SCHEMA.md. */
#ifndef FLX_TELEMETRY_BLOCK_H
#define FLX_TELEMETRY_BLOCK_H

#include "formats/deployment.h"
#include "formats/files.h"
#include "formats/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FLX_BLOCK_HEADER_BYTES 52
#define FLX_BLOCK_MAGIC        "FLXTELB1"

typedef struct {
    const char *uri;
    flx_knob_type type;
    int64_t newest; /* highest seq_num in this block */
} flx_block_stream;

typedef struct {
    int stream; /* index into the block's streams */
    int64_t seq_num;
    double number;     /* continuous and discrete */
    const char *label; /* choices; else NULL */
} flx_block_sample;

/* --- writing --- */

typedef struct {
    int n_streams, n_samples;
    size_t stream_room;
    flx_block_stream *streams; /* uri is borrowed until the block is cleared */
    int64_t oldest, newest, previous;
    flx_byte_buffer samples, whole;
} flx_block; /* begins as {0} */

void flx_block_clear(flx_block *block);   /* keeps its memory */
void flx_block_release(flx_block *block); /* and begins as {0} again */
/* Index of a new stream; -1 when out of memory. */
int flx_block_add_stream(flx_block *block, const char *uri, flx_knob_type type);
/* Memory that runs out is reported by flx_block_seal. */
void flx_block_add_sample(flx_block *block, const flx_block_sample *sample);
/* The bytes of the block, in block->whole; false when out of memory. */
bool flx_block_seal(flx_block *block);

/* --- reading --- */

typedef struct {
    uint32_t dictionary_bytes, sample_bytes;
    int n_streams, n_samples;
    int64_t oldest, newest; /* seq_num */
    uint32_t dictionary_sum, sample_sum;
} flx_block_header;

/* False where these FLX_BLOCK_HEADER_BYTES bytes are not a header. */
bool flx_block_read_header(const uint8_t *bytes, flx_block_header *header);
/* `streams` has room for header->n_streams; texts point into `bytes`. False where the
 * dictionary is damaged. */
bool flx_block_read_dictionary(const flx_block_header *header, const uint8_t *bytes,
                               flx_block_stream *streams);
bool flx_block_check_samples(const flx_block_header *header, const uint8_t *bytes);

/* A block as it was found; everything is borrowed. */
typedef struct {
    flx_block_header header;
    const flx_block_stream *streams;
    const uint8_t *samples; /* NULL where only dictionaries were read */
} flx_stored_block;

typedef struct {
    const flx_stored_block *block;
    flx_byte_cursor bytes;
    int done;
    int64_t previous;
} flx_sample_cursor;

flx_sample_cursor flx_block_samples(const flx_stored_block *block);
/* The next sample, in order of arrival; false at the end, or where the samples are
 * invalid in spite of their checksum. */
bool flx_block_next(flx_sample_cursor *cursor, flx_block_sample *sample);
#endif
