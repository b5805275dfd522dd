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
#include "host/progress.h"
#include "host/spectrum.h"
#include "host/graph.h"
#include "host/pruning.h"
#include "host/gp.h"
#include "host/repository.h"
#include "host/fit.h"
#include "host/cause.h"
#include "host/assignment.h"
#include "host/model.h"
#include "host/training.h"
#include "host/inference.h"
#include "host/mixture.h"
#include "host/mixture_training.h"
#include "host/mixture_refit.h"
#include "host/forecast.h"
#include "host/accuracy.h"
#include "host/evaluation.h"
#include "host/testing_engine.h"
#include "host/retraining.h"
#include "host/debugging.h"
#include "host/weighting.h"
#include "host/selection.h"
#include "host/metric_selection.h"
#include "host/change.h"
#include "host/engine.h"
#include "host/knob_space.h"
#include "host/plan.h"
#include "host/optimiser.h"
#include "host/tuning.h"
#include "host/tuning_model.h"
#include "host/ingestion.h"
#include "host/window.h"
#include "host/history.h"
#include "host/replay.h"
/* clang-format on */

#endif
