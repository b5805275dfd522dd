/* SPDX-License-Identifier: MIT
 * JSON with lines: every error says where. The face of the room formats/json: what
 * other rooms include. */
#ifndef FLX_FACE_FORMATS_JSON_H
#define FLX_FACE_FORMATS_JSON_H

#include "formats/json/json_fields.h"
#include "formats/json/json_source.h"

#endif
