/* SPDX-License-Identifier: MIT
 * The telemetry store: a folder of append-only segments. What flx_store_append has
 * returned FLX_OK for is on the disk: a kill at any byte, a full disk and a power cut
 * leave at most the beginning of a later block, which the next writer cuts off. One
 * writer at a time; readers need no lock. Layout: formats/SCHEMA.md. */
#ifndef FLX_TELEMETRY_STORE_H
#define FLX_TELEMETRY_STORE_H

#include "formats/telemetry/telemetry_segment.h"

#define FLX_STORE_MARKER "fluxion-store"

/* --- reading --- */

typedef struct {
    int n_segments;
    int64_t bytes, blocks, damaged_bytes, torn_bytes;
} flx_store_health;

/* Every good block, in the order in which they arrived. FLX_BAD_INPUT where `folder` is
 * no store. Segments that a writer drops meanwhile are left out. */
flx_status flx_store_read(const char *folder, int64_t limit,
                          const flx_block_visitor *visitor, flx_store_health *health,
                          flx_error *error);

/* --- writing --- */

typedef struct flx_store flx_store;

/* Makes the store where there is none, or an empty folder; locks it; reads what it holds
 * (visitor->visit may be NULL) and cuts off a torn end. FLX_BAD_INPUT where the folder
 * holds other things or cannot be made, FLX_IO_FAILED where another process is writing.
 */
flx_status flx_store_open(const char *folder, int64_t limit,
                          const flx_block_visitor *visitor, flx_store **out,
                          flx_error *error);
void flx_store_close(flx_store *store); /* NULL is fine */

/* What was found on opening. */
flx_store_health flx_store_health_at_open(const flx_store *store);

/* Writes a sealed block and flushes it to the disk. On failure the segment is cut back to
 * where it was and nothing more may be appended. */
flx_status flx_store_append(flx_store *store, const flx_block *block, int64_t limit,
                            flx_error *error);
/* The next block begins a new segment. */
void flx_store_seal(flx_store *store);

/* The segment that the next block goes to. */
uint64_t flx_store_next_segment(const flx_store *store);
/* Segments on the disk, oldest first; borrowed until the next append or drop. The last
 * one may still grow. */
const flx_segment_state *flx_store_segments(const flx_store *store, int *count);
/* Reads one again, with its samples. */
flx_status flx_store_read_segment(const flx_store *store, int index,
                                  const flx_block_visitor *visitor, flx_error *error);
/* Removes one. */
flx_status flx_store_drop(flx_store *store, int index, flx_error *error);
#endif
