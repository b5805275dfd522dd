/* SPDX-License-Identifier: MIT
 * A file that ends with a line of its own: the SHA-256 of all that stands before it.
 * Any changed, lost or added byte shows before the content is parsed; HDF5 tools
 * ignore what follows their data and read such a file like any other. */
#ifndef FLX_CHECKSUM_TRAILER_H
#define FLX_CHECKSUM_TRAILER_H

#include "formats/status.h"

#include <stddef.h>

/* "\nfluxion-sha256 ", 64 hexadecimal digits, "\n" */
enum { FLX_CHECKSUM_TRAILER_LENGTH = 81 };

/* The trailer of these bytes, and a NUL. */
void flx_checksum_trailer_make(const void *bytes, size_t length,
                               char trailer[FLX_CHECKSUM_TRAILER_LENGTH + 1]);

/* FLX_BAD_INPUT, naming the file, where it cannot be opened, has no trailer at its end
 * (cut short, or never had one) or does not give its checksum. */
flx_status flx_checksum_trailer_check(const char *path, flx_error *error);
/* The same, but a file without a trailer passes: older programs wrote none. */
flx_status flx_checksum_trailer_check_if_any(const char *path, flx_error *error);
#endif
