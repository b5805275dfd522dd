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

#include "formats/dataset/dataset.h"
#include "formats/deployment/deployment.h"
#include "formats/predictor/predictor.h"

#include "kernels/backend.h"

/* The order of the data flow, not of the alphabet. */
/* clang-format off */
#include "host/progress.h"
#include "host/graph/metric_list.h"
#include "host/graph/graph.h"
#include "host/graph/graph_pruning.h"
#include "host/regression/gp_prior.h"
#include "host/regression/model_repository.h"
#include "host/regression/gp_fit.h"
#include "host/regression/fit_key.h"
#include "host/model/assignment.h"
#include "host/model/model.h"
#include "host/training/training.h"
#include "host/model/inference.h"
#include "host/model/ensemble.h"
#include "host/training/ensemble_training.h"
#include "host/engine/ensemble_refit.h"
#include "host/model/target_predictor.h"
#include "host/statistics/error_metrics.h"
#include "host/evaluation/evaluation.h"
#include "host/evaluation/fault_localization.h"
#include "host/evaluation/retraining.h"
#include "host/evaluation/debug_loop.h"
#include "host/optimization/output_weighting.h"
#include "host/selection/selection.h"
#include "host/training/metric_selection.h"
#include "host/model/change_log.h"
#include "host/engine/graph_engine.h"
#include "host/tuning/search_space.h"
#include "host/tuning/compiled_graph.h"
#include "host/optimization/optimizer.h"
#include "host/tuning/tuning.h"
#include "host/tuning/tuning_objective.h"
#include "host/ingestion/ingestion.h"
#include "host/ingestion/time_window.h"
#include "host/evaluation/time_series.h"
#include "host/evaluation/backtest.h"
/* clang-format on */

#endif
