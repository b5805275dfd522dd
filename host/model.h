/* SPDX-License-Identifier: MIT
 * A trained graph or ensemble: its folder, and its prediction of a table. The face of the
 * room host/model: what other rooms include. */
#ifndef FLX_FACE_MODEL_H
#define FLX_FACE_MODEL_H

#include "host/model/assignment.h"
#include "host/model/change_log.h"
#include "host/model/ensemble.h"
#include "host/model/feature_transform.h"
#include "host/model/inference.h"
#include "host/model/model.h"
#include "host/model/predict_each.h"
#include "host/model/prediction_input.h"
#include "host/model/recalibration.h"
#include "host/model/target_predictor.h"

#endif
