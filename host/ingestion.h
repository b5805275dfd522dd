/* SPDX-License-Identifier: MIT
 * Telemetry lines to a store, a store to a table. The face of the room host/ingestion:
 * what other rooms include. */
#ifndef FLX_FACE_INGESTION_H
#define FLX_FACE_INGESTION_H

#include "host/ingestion/ingestion.h"
#include "host/ingestion/ingestion_input.h"
#include "host/ingestion/time_window.h"

#endif
