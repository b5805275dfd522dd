/* SPDX-License-Identifier: MIT
 * Files and bytes: text, CSV, digests, outputs that appear only when complete. The
 * face of the room formats/files: what other rooms include. */
#ifndef FLX_FACE_FORMATS_FILES_H
#define FLX_FACE_FORMATS_FILES_H

#include "formats/files/byte_buffer.h"
#include "formats/files/checksum_trailer.h"
#include "formats/files/csv.h"
#include "formats/files/digest.h"
#include "formats/files/output.h"
#include "formats/files/text_file.h"

#endif
