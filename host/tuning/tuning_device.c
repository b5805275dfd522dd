/* SPDX-License-Identifier: MIT */
#include "host/tuning/tuning_device.h"

#include <stdio.h>

static flx_status create_population(void *context, const flx_population_search *searches,
                                    int count, flx_population **out, flx_error *error)
{
    const flx_uploaded_graph *placed = context;
    return placed->backend->operations->graph_search(placed->graph, searches, count, out,
                                                     error);
}

static flx_status search_placed(flx_device_graph *plan, flx_backend *backend,
                                const flx_device_search *search, flx_optimum **out,
                                flx_error *error)
{
    flx_uploaded_graph placed;
    FLX_TRY(flx_device_graph_upload(plan, backend, &placed, error));
    flx_device_objective objective = {backend, create_population, &placed};
    flx_status status = flx_device_search_run(&objective, search, 1,
                                              search->options.progress, out, error);
    flx_device_graph_release(&placed);
    return status;
}

flx_status flx_tuning_device_search(void *context, const flx_device_search *search,
                                    flx_optimum **out, flx_error *error)
{
    flx_tuning_device *device = context;
    flx_device_graph *plan = NULL;
    flx_error failure = {0};
    *out = NULL;
    device->reason[0] = '\0';
    if (!device->backend->operations->graph_search)
        return FLX_OK;
    FLX_TRY(flx_tuning_objective_plan(device->model, &plan, device->reason, error));
    if (!plan)
        return FLX_OK;
    flx_status status = search_placed(plan, device->backend, search, out, &failure);
    flx_compiled_graph_destroy(plan);
    if (status == FLX_NO_MEMORY) { /* the host's loop predicts in chunks */
        snprintf(device->reason, sizeof device->reason, "%.*s",
                 FLX_DEVICE_GRAPH_REASON - 1, failure.message);
        return FLX_OK;
    }
    if (status != FLX_OK && error)
        *error = failure;
    return status;
}
