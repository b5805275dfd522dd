/* SPDX-License-Identifier: MIT
 * One append-only file of the telemetry store: block after block. Reading goes from
 * block to block; damaged bytes are stepped over to the next header that checks out,
 * so that no other block is lost. */
#ifndef FLX_TELEMETRY_SEGMENT_H
#define FLX_TELEMETRY_SEGMENT_H

#include "formats/status.h"
#include "formats/telemetry/telemetry_block.h"

#include <stdbool.h>
#include <stdint.h>

/* What is called for every good block, in order; a status other than FLX_OK ends the
 * reading with that status. */
typedef struct {
    flx_status (*visit)(void *context, uint64_t segment, const flx_stored_block *block,
                        flx_error *error);
    void *context;
    bool with_samples; /* else dictionaries only, which is quick */
} flx_block_visitor;

typedef struct {
    uint64_t number;
    bool is_gone; /* another process dropped it meanwhile: nothing was read */
    int64_t bytes, blocks;
    int64_t damaged_bytes;
    int64_t torn_bytes; /* at the end: the beginning of a block, or zeros, as a killed or
                           cut-off writer leaves them (or one at work just now) */
    int64_t first, newest; /* seq_num: where its first block ends, and the one that ends
                              last; -1 without blocks within the limit */
} flx_segment_state;

/* Reads the file `path`, segment `state->number`, and fills the rest of *state. Times
 * later than `limit` come from a wrong clock: a block with such times is taken to end
 * at its oldest, and is not counted where that is too late as well. */
flx_status flx_segment_read(const char *path, int64_t limit,
                            const flx_block_visitor *visitor, flx_segment_state *state,
                            flx_error *error);

/* Enters a block that was read or appended into first and newest. */
void flx_segment_span(flx_segment_state *state, int64_t oldest, int64_t newest,
                      int64_t limit);
#endif
