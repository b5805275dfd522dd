/* SPDX-License-Identifier: MIT
 * Error measures, quantiles, order, folds and samples of rows. The face of the room
 * host/statistics: what other rooms include. */
#ifndef FLX_FACE_STATISTICS_H
#define FLX_FACE_STATISTICS_H

#include "host/statistics/argsort.h"
#include "host/statistics/cross_validation.h"
#include "host/statistics/error_metrics.h"
#include "host/statistics/row_groups.h"
#include "host/statistics/subsample.h"
#include "host/statistics/symmetric_eigen.h"

#endif
