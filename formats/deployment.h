/* SPDX-License-Identifier: MIT
 * Services, knobs, states, metrics, and who calls whom. The face of the room
 * formats/deployment: what other rooms include. */
#ifndef FLX_FACE_FORMATS_DEPLOYMENT_H
#define FLX_FACE_FORMATS_DEPLOYMENT_H

#include "formats/deployment/deployment.h"
#include "formats/deployment/deployment_json.h"

#endif
