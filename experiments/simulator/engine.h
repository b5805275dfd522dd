/* SPDX-License-Identifier: MIT
 * The event loop: open arrivals, queues in front of instances, call trees.
 *
 * A call travels (rpc), waits for a worker and a server of its instance, is served, makes
 * its own calls stage by stage, and returns. Instances take turns (round robin, one turn
 * for all callers of a service). A server is busy with its own work only, a worker until
 * the call returns. Where an instance's quota is below its servers, it works at full
 * speed until the quota of the 100 ms period is used up and then waits for the next one,
 * as the kernel's CFS bandwidth control has it. A request that finds `limit` others in
 * flight is rejected and counted: the load generator has that many connections.
 *
 * Everything is allocated before the loop, except the log, which doubles when full. */
#ifndef FLX_SIMULATOR_ENGINE_H
#define FLX_SIMULATOR_ENGINE_H

#include "experiments/simulator/scenario.h"
#include "formats/status.h"

#include <stddef.h>

/* One finished call. */
typedef struct {
    int channel;   /* (service, operation, instance) */
    float latency; /* seconds, from the caller's sending to the reply */
} flx_log_entry;

typedef struct {
    int64_t arrived, rejected, completed, in_flight; /* requests, warm-up included */
    int64_t measured, refused; /* completed and rejected after the warm-up */
    double area;               /* integral of requests in flight after the warm-up */
    double *busy;              /* (n_stations) server seconds after the warm-up; under a
                                  quota, CPU seconds */
    int64_t *visits;           /* (n_stations) calls sent to each instance */
    flx_log_entry *log;        /* (n_log) calls finished after the warm-up */
    size_t n_log;
} flx_run;

typedef struct flx_engine flx_engine;

/* An engine may run any number of scenarios that need no more stations and frames than
 * the one it was made for. Not shared between threads. */
flx_status flx_engine_create(const flx_scenario *largest, flx_engine **out,
                             flx_error *error);
void flx_engine_destroy(flx_engine *engine); /* NULL is fine */

/* `run` points into the engine and is valid until its next run. */
flx_status flx_engine_run(flx_engine *engine, const flx_scenario *scenario,
                          const flx_run **run, flx_error *error);
#endif
