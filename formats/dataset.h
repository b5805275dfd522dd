/* SPDX-License-Identifier: MIT
 * A table of benchmark runs. The face of the room formats/dataset: what
 * other rooms include. */
#ifndef FLX_FACE_FORMATS_DATASET_H
#define FLX_FACE_FORMATS_DATASET_H

#include "formats/dataset/dataset.h"

#endif
