/* SPDX-License-Identifier: MIT
 * Settings whose predicted target is best. The face of the room host/tuning: what
 * other rooms include. */
#ifndef FLX_FACE_TUNING_H
#define FLX_FACE_TUNING_H

#include "host/tuning/compiled_graph.h"
#include "host/tuning/search_space.h"
#include "host/tuning/tuning.h"
#include "host/tuning/tuning_device.h"
#include "host/tuning/tuning_objective.h"

#endif
