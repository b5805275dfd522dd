/* SPDX-License-Identifier: MIT
 * An HDF5 file put together in memory and saved at once: libhdf5 never meets a full disk,
 * and the file appears whole or not at all. Chunked and compressed (gzip after shuffle),
 * without time stamps, so that equal content gives equal bytes.
 *
 * The first failure is kept and reported by flx_hdf5_save; the calls between need no
 * check. */
#ifndef FLX_HDF5_WRITE_H
#define FLX_HDF5_WRITE_H

#include "formats/status.h"

#include <stddef.h>
#include <stdint.h>

typedef struct flx_hdf5_writer flx_hdf5_writer;

/* With format and version as attributes of the root. NULL when out of memory, which the
 * calls below accept and flx_hdf5_save reports. */
flx_hdf5_writer *flx_hdf5_create(const char *format, int version);
void flx_hdf5_discard(
    flx_hdf5_writer *writer); /* NULL is fine; not needed after saving */

void flx_hdf5_make_group(flx_hdf5_writer *writer, const char *name);

/* Rank 0..4; data row-major; rank 0 is a scalar and not compressed. */
void flx_hdf5_write_doubles(flx_hdf5_writer *writer, const char *name, int rank,
                            const size_t *dims, const double *data);
void flx_hdf5_write_int64(flx_hdf5_writer *writer, const char *name, int rank,
                          const size_t *dims, const int64_t *data);
void flx_hdf5_write_int32(flx_hdf5_writer *writer, const char *name, int rank,
                          const size_t *dims, const int32_t *data);
void flx_hdf5_write_bytes(flx_hdf5_writer *writer, const char *name, size_t count,
                          const unsigned char *data);
/* UTF-8, fixed length (the longest). */
void flx_hdf5_write_strings(flx_hdf5_writer *writer, const char *name, size_t count,
                            const char *const *strings);

/* Attributes of an object ("/" for the file). */
void flx_hdf5_put_text(flx_hdf5_writer *writer, const char *object, const char *name,
                       const char *text);
void flx_hdf5_put_integer(flx_hdf5_writer *writer, const char *object, const char *name,
                          int64_t value);
void flx_hdf5_put_number(flx_hdf5_writer *writer, const char *object, const char *name,
                         double value);

/* Writes beside `path`, renames, and releases the writer in every case. */
flx_status flx_hdf5_save(flx_hdf5_writer *writer, const char *path, flx_error *error);
/* The same with a checksum at the end (formats/files/checksum_trailer.h). */
flx_status flx_hdf5_save_with_trailer(flx_hdf5_writer *writer, const char *path,
                                      flx_error *error);
#endif
