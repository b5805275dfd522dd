/* SPDX-License-Identifier: MIT
 * The searches of host/optimization/optimizer.h on a device: populations stay there
 * (kernels/search.h), and only the best, and now and then a population for the archive
 * of good settings, come back. Same options, same defaults, same draws and decisions as
 * on the host.
 *
 * One deviation: the archive of good settings sees populations at intervals instead of
 * every evaluation, random search the best of all; the best setting is always in it. */
#ifndef FLX_DEVICE_SEARCH_H
#define FLX_DEVICE_SEARCH_H

#include "host/optimization/optimizer.h"
#include "kernels/backend.h"

/* One search, on a device or on the host. */
typedef struct {
    const char *optimizer;         /* a name of host/optimization/optimizer.h */
    flx_problem problem;           /* borrowed */
    flx_optimizer_options options; /* `progress` is not called */
    int objective;                 /* blend of a set; 0 for a graph */
    bool is_normalized;            /* see flx_population_search, as the next */
    bool is_maximized;
} flx_search_task;

/* What is searched, one of the two: settings of a graph, or weights of a set of blends.
 */
typedef struct {
    flx_backend *backend;
    flx_resident_graph *graph;
    flx_weighting_set *set;
} flx_device_objective;

/* Whether a device takes searches of this size: otherwise the host's loop is for it. */
bool flx_device_search_fits(const flx_search_task *search);

/* Runs all of them to the end, in groups that fit into the device's memory; fills optima
 * (count), NULL on failure. FLX_BAD_INPUT for bad options, FLX_NUMERIC where a search met
 * no finite value. `progress` may be NULL; it counts evaluations. */
flx_status flx_device_search_run(const flx_device_objective *objective,
                                 const flx_search_task *searches, int count,
                                 const flx_progress *progress, flx_optimum **optima,
                                 flx_error *error);
#endif
