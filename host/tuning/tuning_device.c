/* SPDX-License-Identifier: MIT */
#include "host/tuning/tuning_device.h"

static flx_status create(flx_compiled_graph *compiled, flx_uploaded_graph *uploaded,
                         flx_error *error)
{
    flx_backend *backend = uploaded->backend;
    FLX_TRY(backend->operations->condition(
        backend, compiled->members, compiled->n_members, &uploaded->posterior, error));
    for (int i = 0; i < compiled->n_members; i++)
        if (compiled->members[i].info)
            return flx_fail(error, FLX_NUMERIC,
                            "the covariance of model %d of %d is not positive definite",
                            i, compiled->n_members);
    return backend->operations->graph_create(backend, uploaded->posterior,
                                             &compiled->graph, &uploaded->graph, error);
}

flx_status flx_compiled_graph_upload(flx_compiled_graph *compiled, flx_backend *backend,
                                     flx_uploaded_graph *out, flx_error *error)
{
    *out = (flx_uploaded_graph){.backend = backend};
    if (!backend->operations->graph_create)
        return flx_fail(error, FLX_NO_BACKEND, "the %s backend keeps no graphs",
                        backend->name);
    flx_status status = create(compiled, out, error);
    if (status != FLX_OK)
        flx_uploaded_graph_release(out);
    return status;
}

void flx_uploaded_graph_release(flx_uploaded_graph *uploaded)
{
    if (uploaded->graph)
        uploaded->backend->operations->graph_release(uploaded->graph);
    if (uploaded->posterior)
        uploaded->backend->operations->posterior_release(uploaded->posterior);
    *uploaded = (flx_uploaded_graph){0};
}

flx_status flx_compiled_graph_search(flx_compiled_graph *compiled, flx_backend *backend,
                                     const flx_search_task *search, flx_optimum **out,
                                     flx_error *error)
{
    flx_uploaded_graph uploaded;
    FLX_TRY(flx_compiled_graph_upload(compiled, backend, &uploaded, error));
    flx_device_objective objective = {.backend = backend, .graph = uploaded.graph};
    flx_status status = flx_device_search_run(&objective, search, 1,
                                              search->options.progress, out, error);
    flx_uploaded_graph_release(&uploaded);
    return status;
}
