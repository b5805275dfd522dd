/* SPDX-License-Identifier: MIT
 * Fluxion as a library: the one header to include, in the order in which data flows.
 *
 *   dataset (what was measured), deployment (who calls whom) -> graph of assignments
 *   -> fit tasks, one batch on a backend -> model -> inference, evaluation -> tuning
 *   the graph engine follows the deployment: scale, replace, fit
 *
 * Build and link with `pkg-config --cflags --libs fluxion`. Every function that can fail
 * returns a flx_status and fills the caller's flx_error; nothing here prints or exits. */
#ifndef FLX_FLUXION_H
#define FLX_FLUXION_H

#include "formats/status.h"

#include "formats/dataset.h"
#include "formats/deployment.h"
#include "formats/predictor.h"

#include "kernels/backend.h"

/* The order of the data flow, not of the alphabet. */
/* clang-format off */
#include "formats/progress.h"
#include "host/graph.h"
#include "host/regression.h"
#include "host/model.h"
#include "host/training.h"
#include "host/engine.h"
#include "host/statistics.h"
#include "host/evaluation.h"
#include "host/optimization.h"
#include "host/selection.h"
#include "host/tuning.h"
#include "host/ingestion.h"
/* clang-format on */

#endif
