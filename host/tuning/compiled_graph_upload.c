/* SPDX-License-Identifier: MIT
 * A plan on a backend: its members conditioned, its graph created. */
#include "host/tuning/compiled_graph.h"

static flx_status place(flx_device_graph *plan, flx_uploaded_graph *placed,
                        flx_error *error)
{
    const struct flx_backend_operations *call = placed->backend->operations;
    FLX_TRY(call->condition(placed->backend, plan->members, plan->n_members,
                            &placed->posterior, error));
    for (int i = 0; i < plan->n_members; i++)
        if (plan->members[i].info)
            return flx_fail(error, FLX_NUMERIC,
                            "the covariance of model %d of %d is not positive definite",
                            i, plan->n_members);
    return call->graph_create(placed->backend, placed->posterior, &plan->numbers,
                              &placed->graph, error);
}

flx_status flx_device_graph_upload(flx_device_graph *plan, flx_backend *backend,
                                   flx_uploaded_graph *out, flx_error *error)
{
    *out = (flx_uploaded_graph){.backend = backend};
    if (!backend->operations->graph_create)
        return flx_fail(error, FLX_NO_BACKEND, "the %s backend keeps no graphs",
                        backend->name);
    flx_status status = place(plan, out, error);
    if (status != FLX_OK)
        flx_device_graph_release(out);
    return status;
}

void flx_device_graph_release(flx_uploaded_graph *placed)
{
    if (placed->graph)
        placed->backend->operations->graph_release(placed->graph);
    if (placed->posterior)
        placed->backend->operations->posterior_release(placed->posterior);
    *placed = (flx_uploaded_graph){0};
}
