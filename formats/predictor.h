/* SPDX-License-Identifier: MIT
 * One fitted regressor in a file. The face of the room formats/predictor: what
 * other rooms include. */
#ifndef FLX_FACE_FORMATS_PREDICTOR_H
#define FLX_FACE_FORMATS_PREDICTOR_H

#include "formats/predictor/predictor.h"

#endif
