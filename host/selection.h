/* SPDX-License-Identifier: MIT
 * Which inputs predict an output best. The face of the room host/selection: what
 * other rooms include. */
#ifndef FLX_FACE_SELECTION_H
#define FLX_FACE_SELECTION_H

#include "host/selection/selection.h"
#include "host/selection/subset_ridge.h"

#endif
