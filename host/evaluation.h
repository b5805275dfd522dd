/* SPDX-License-Identifier: MIT
 * How good a model is, which vertex is at fault, and how well it would have done in time.
 * The face of the room host/evaluation: what other rooms include. */
#ifndef FLX_FACE_EVALUATION_H
#define FLX_FACE_EVALUATION_H

#include "host/evaluation/backtest.h"
#include "host/evaluation/debug_loop.h"
#include "host/evaluation/evaluation.h"
#include "host/evaluation/fault_localization.h"
#include "host/evaluation/modularity.h"
#include "host/evaluation/retraining.h"
#include "host/evaluation/time_series.h"

#endif
