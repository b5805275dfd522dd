/* SPDX-License-Identifier: MIT
 * Lines of telemetry, and the store that keeps them. The face of the room
 * formats/telemetry: what other rooms include. */
#ifndef FLX_FACE_FORMATS_TELEMETRY_H
#define FLX_FACE_FORMATS_TELEMETRY_H

#include "formats/telemetry/telemetry.h"
#include "formats/telemetry/telemetry_block.h"
#include "formats/telemetry/telemetry_store.h"

#endif
