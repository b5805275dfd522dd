/* SPDX-License-Identifier: MIT
 * A whole file as text in memory. */
#ifndef FLX_TEXT_FILE_H
#define FLX_TEXT_FILE_H

#include "formats/status.h"

#include <stddef.h>

/* Reads at most `max_bytes`; a NUL is put after the text, `*length` does not count it.
 * FLX_BAD_INPUT where the file is absent, a folder, not readable or longer; FLX_IO_FAILED
 * where reading breaks. The caller frees `*out`. */
flx_status flx_text_file_read(const char *path, size_t max_bytes, char **out,
                              size_t *length, flx_error *error);
#endif
