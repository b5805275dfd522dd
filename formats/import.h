/* SPDX-License-Identifier: MIT
 * CSV files to a dataset, by a map. The face of the room formats/import: what
 * other rooms include. */
#ifndef FLX_FACE_FORMATS_IMPORT_H
#define FLX_FACE_FORMATS_IMPORT_H

#include "formats/import/import.h"

#endif
