/* SPDX-License-Identifier: MIT
 * The rows of a table as they happened: what the learning assignment of the target saw
 * and what came out, in the order of time. What a backtest walks along. */
#ifndef FLX_TIME_SERIES_H
#define FLX_TIME_SERIES_H

#include "formats/dataset.h"
#include "formats/deployment.h"

typedef struct {
    char *target, *unit;
    int n, d;       /* rows that have the target; inputs */
    int classes;    /* 0: y are numbers; else buckets from 0 to classes - 1 */
    double *X;      /* (n, d) raw inputs, metrics of callees as measured; NaN = missing */
    double *y;      /* (n) */
    bool is_log;    /* numbers are modelled in logarithms */
    int64_t *time;  /* (n) Unix seconds, never falling */
    int64_t *group; /* (n) rows of a group stay together; a row without one is its own */
} flx_time_series;

/* A target whose unit is "bucket" (what "derive" with "how": "bucket" of an import map
 * makes) is a class, any other a number. FLX_BAD_INPUT: no /time, a row before its
 * predecessor, no row with the target, a bucket that is no whole number up to 255. */
flx_status flx_time_series_create(const flx_deployment *deployment,
                                  const flx_dataset *table, flx_time_series **out,
                                  flx_error *error);
void flx_time_series_destroy(flx_time_series *series); /* NULL is fine */

/* First row at or after `time`, n where there is none. */
int flx_time_series_find(const flx_time_series *series, int64_t time);

/* Numbers of a prediction: 1, or one probability a bucket. */
int flx_time_series_width(const flx_time_series *series);

/* A prediction (width) as one value: the number, or the likeliest bucket, the lower of
 * equals.
 */
double flx_time_series_value(const flx_time_series *series, const double *prediction);
#endif
