/* SPDX-License-Identifier: MIT
 * The table that a testbed's runs fill: one column a knob, state and metric
 * (formats/SCHEMA.md, "Names of columns"), instance columns where a service has replicas,
 * beside them the plain columns over all instances, which is what callers see. */
#ifndef FLX_SIMULATOR_REPORT_H
#define FLX_SIMULATOR_REPORT_H

#include "experiments/simulator/engine.h"
#include "experiments/simulator/testbed.h"
#include "formats/dataset.h"

/* A logged group: one operation of one service, at one instance or over all of them. */
typedef struct {
    int service, operation;        /* indices into the deployment */
    int instance;                  /* -1: all */
    int first_channel, n_channels; /* its part of the engine's log */
    int rate;                      /* column of its rps, or -1 */
    int metrics;                   /* first column of its metrics */
} flx_report_group;

/* A column of the state cpu_limit. */
typedef struct {
    int column, service;
} flx_report_limit;

typedef struct {
    const flx_testbed *testbed; /* borrowed */
    int n_groups, n_limits, n_columns;
    flx_report_group *groups;
    flx_report_limit *limits;
} flx_report;

/* Lays out the columns and makes the table of that many rows. */
flx_status flx_report_create(const flx_testbed *testbed, int rows, flx_report **out,
                             flx_dataset **table, flx_error *error);
void flx_report_destroy(flx_report *report); /* NULL is fine */

/* Room for one thread's sorting. */
typedef struct {
    float *values, *sorted, *scratch; /* (capacity) */
    size_t capacity;
    size_t *start; /* (channels + 1) */
} flx_report_space;
void flx_report_space_release(flx_report_space *space);

/* Fills row `row`. Latencies in us; NaN for a group without a finished call. */
flx_status flx_report_fill(const flx_report *report, const double *settings, int row,
                           const flx_run *run, flx_report_space *space,
                           flx_dataset *table, flx_error *error);
#endif
