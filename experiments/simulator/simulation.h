/* SPDX-License-Identifier: MIT
 * Measures settings on a testbed: every row is a run of its own, rows are shared out to
 * threads, and the table does not depend on how many there are. */
#ifndef FLX_SIMULATOR_SIMULATION_H
#define FLX_SIMULATOR_SIMULATION_H

#include "experiments/simulator/settings.h"
#include "formats/dataset.h"
#include "formats/progress.h"

typedef struct {
    int64_t arrived, rejected; /* over all rows, warm-up included */
    int rejecting_rows;        /* that rejected more than 1 % of their requests */
    double *utilization; /* (services of the system) mean share of its CPU or servers in
                            use */
} flx_simulation_totals;

/* Row r measures setting r / repeats; with repeats > 1 the settings are the table's
 * groups. `totals` may be NULL; its utilization is the caller's (n_services doubles) or
 * NULL. */
flx_status flx_simulate(const flx_testbed *testbed, const flx_settings *settings,
                        int repeats, int threads, const flx_progress *progress,
                        flx_dataset **out, flx_simulation_totals *totals,
                        flx_error *error);
#endif
