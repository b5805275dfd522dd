/* SPDX-License-Identifier: MIT
 * Minima: L-BFGS, differential evolution, L-SHADE, random search, and exact convex
 * weights, on the host or on the device. The face of the room host/optimization: what
 * other rooms include. */
#ifndef FLX_FACE_OPTIMIZATION_H
#define FLX_FACE_OPTIMIZATION_H

#include "host/optimization/device_search.h"
#include "host/optimization/elite_archive.h"
#include "host/optimization/lbfgs.h"
#include "host/optimization/optimizer.h"
#include "host/optimization/output_weighting.h"
#include "host/optimization/weight_search.h"

#endif
