/* SPDX-License-Identifier: MIT */
#include "host/tuning_device.h"

#include <stdio.h>

static flx_status create_population(void *context, const flx_population_search *searches,
                                    int count, flx_population **out, flx_error *error)
{
    const flx_placed_plan *placed = context;
    return placed->backend->operations->graph_search(placed->graph, searches, count, out,
                                                     error);
}

static flx_status search_placed(flx_plan *plan, flx_backend *backend,
                                const flx_device_search *search, flx_optimum **out,
                                flx_error *error)
{
    flx_placed_plan placed;
    FLX_TRY(flx_plan_place(plan, backend, &placed, error));
    flx_device_objective objective = {backend, create_population, &placed};
    flx_status status = flx_device_search_run(&objective, search, 1,
                                              search->options.progress, out, error);
    flx_plan_displace(&placed);
    return status;
}

flx_status flx_tuning_device_search(void *context, const flx_device_search *search,
                                    flx_optimum **out, flx_error *error)
{
    flx_tuning_device *device = context;
    flx_plan *plan = NULL;
    flx_error failure = {0};
    *out = NULL;
    device->reason[0] = '\0';
    if (!device->backend->operations->graph_search)
        return FLX_OK;
    FLX_TRY(flx_tuning_model_plan(device->model, &plan, device->reason, error));
    if (!plan)
        return FLX_OK;
    flx_status status = search_placed(plan, device->backend, search, out, &failure);
    flx_plan_destroy(plan);
    if (status == FLX_NO_MEMORY) { /* the host's loop predicts in chunks */
        snprintf(device->reason, sizeof device->reason, "%.*s", FLX_PLAN_REASON - 1,
                 failure.message);
        return FLX_OK;
    }
    if (status != FLX_OK && error)
        *error = failure;
    return status;
}
