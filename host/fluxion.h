/* SPDX-License-Identifier: MIT
 * Fluxion as a library: the one header to include, in the order in which data flows.
 *
 *   dataset (what was measured) and deployment (who calls whom) -> graph of assignments
 *
 * Build and link with `pkg-config --cflags --libs fluxion`. Every function that can fail
 * returns a flx_status and fills the caller's flx_error; nothing here prints or exits. */
#ifndef FLX_FLUXION_H
#define FLX_FLUXION_H

#include "formats/status.h"

#include "formats/dataset.h"
#include "formats/deployment.h"

#include "host/graph.h"
#include "host/progress.h"

#endif
