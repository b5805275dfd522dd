/* SPDX-License-Identifier: MIT
 * The folder of a telemetry store: its marker, which is also its lock, and the names of
 * its segments. */
#ifndef FLX_TELEMETRY_FOLDER_H
#define FLX_TELEMETRY_FOLDER_H

#include "formats/telemetry/telemetry_segment.h"

/* Makes the folder and its marker where there are none, and locks it for this process;
 * *lock is closed to give it back. */
flx_status flx_store_claim(const char *folder, int *lock, flx_error *error);
/* FLX_BAD_INPUT where there is no store. */
flx_status flx_store_check(const char *folder, flx_error *error);

/* The segments there are, ascending, with their number only; the caller frees *out. */
flx_status flx_store_list(const char *folder, flx_segment_state **out, int *count,
                          flx_error *error);
/* FOLDER/segment-NUMBER.telemetry, allocated; NULL when out of memory. */
char *flx_segment_path(const char *folder, uint64_t number);
/* Flushes the names in a folder to the disk. 0, or -1 with errno. */
int flx_flush_folder(const char *folder);
#endif
