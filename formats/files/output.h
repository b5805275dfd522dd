/* SPDX-License-Identifier: MIT
 * Files and folders that appear under their name only when complete: they are written
 * beside it under a hidden name, flushed to the disk and renamed. A full disk leaves
 * nothing behind.
 *
 * A path that exists and is a device or a pipe (/dev/stdout) cannot be renamed over: its
 * content is collected in a temporary file and copied on commit. Symbolic links are
 * followed, so that the file they point to is replaced and the link stays. */
#ifndef FLX_OUTPUT_H
#define FLX_OUTPUT_H

#include "formats/status.h"

#include <stddef.h>
#include <stdio.h>

typedef struct flx_output flx_output;

/* Makes an empty file beside `path`. FLX_IO_FAILED where that is not possible,
 * FLX_BAD_INPUT where `path` is a folder or its folder does not exist. */
flx_status flx_output_begin(const char *path, flx_output **out, flx_error *error);

/* Makes an empty folder beside `path` (a trailing '/' is fine). An older folder of
 * that name is replaced on commit, but only where it is empty or holds a file named
 * `marker`: a folder with other content is never replaced. */
flx_status flx_output_begin_directory(const char *path, const char *marker,
                                      flx_output **out, flx_error *error);

/* Where to write meanwhile; valid until commit or abandon. */
const char *flx_output_path(const flx_output *output);

/* A stream on that file (opened on the first call, closed by commit and abandon), or NULL
 * where it cannot be opened. Write errors may be left to commit, which sees them. */
FILE *flx_output_stream(flx_output *output);

/* Flushes, renames and releases `output` in every case. On failure nothing is left
 * behind and what was there under the name before is still there. */
flx_status flx_output_commit(flx_output *output, flx_error *error);

/* Removes what was written; NULL is fine. */
void flx_output_abandon(flx_output *output);

/* In one call: the file holds exactly these bytes. */
flx_status flx_output_write(const char *path, const void *bytes, size_t length,
                            flx_error *error);
#endif
