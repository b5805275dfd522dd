/* SPDX-License-Identifier: MIT
 * From rows to a trained model or ensemble. The face of the room host/training: what
 * other rooms include. */
#ifndef FLX_FACE_TRAINING_H
#define FLX_FACE_TRAINING_H

#include "host/training/assignment_fit.h"
#include "host/training/ensemble_training.h"
#include "host/training/metric_selection.h"
#include "host/training/trainer.h"
#include "host/training/training.h"
#include "host/training/training_set.h"

#endif
