/* SPDX-License-Identifier: MIT
 * A model follows its deployment: scale, replace, refit. The face of the room
 * host/engine: what other rooms include. */
#ifndef FLX_FACE_ENGINE_H
#define FLX_FACE_ENGINE_H

#include "host/engine/ensemble_refit.h"
#include "host/engine/graph_engine.h"

#endif
