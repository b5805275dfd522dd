/* SPDX-License-Identifier: MIT
 * GE.scale (paper 4.1.2): another number of instances, the same learning assignments. */
#include "host/engine/graph_engine.h"

#include "formats/memory.h"
#include "host/engine/graph_rebuild.h"
#include "host/model.h"

#include <string.h>

enum { MOST_INSTANCES = 10000 };

static flx_status check(const flx_model *model, const char *service, int instances,
                        int *found, flx_error *error)
{
    FLX_TRY(flx_engine_check(model, service, found, error));
    if (instances < 1 || instances > MOST_INSTANCES)
        return flx_fail(error, FLX_BAD_INPUT, "%s cannot have %d instances: give 1 to %d",
                        service, instances, MOST_INSTANCES);
    return FLX_OK;
}

/* The deployment has the new number already. */
static flx_status rebuild(flx_model *model, flx_rebuilt_model *rebuilt,
                          flx_change *change, flx_error *error)
{
    flx_graph_scope scope = flx_graph_scope_of(model->graph);
    flx_transfer_lookup own = flx_transfer_from_model(model);
    FLX_TRY(flx_model_build_graph(model->deployment, model->composition,
                                  model->paper_mode, &scope, &rebuilt->graph, error));
    FLX_TRY(flx_rebuilt_model_fill(rebuilt, model, &own, change, error));
    return flx_ensemble_follow(model, error);
}

flx_status flx_graph_engine_scale(flx_model *model, const char *service, int instances,
                                  flx_change *change, flx_error *error)
{
    int s;
    *change = (flx_change){.event = "scale", .instances = instances};
    FLX_TRY(check(model, service, instances, &s, error));
    flx_rebuilt_model rebuilt = {.row_replicas =
                                     flx_engine_row_replicas(model, model->deployment)};
    change->service = strdup(service);
    int before = model->deployment->services[s].replicas;
    model->deployment->services[s].replicas = instances;
    flx_status status = change->service && rebuilt.row_replicas
                            ? rebuild(model, &rebuilt, change, error)
                            : flx_no_memory(error, "a change");
    if (status == FLX_OK)
        flx_rebuilt_model_install(&rebuilt, model);
    else
        model->deployment->services[s].replicas = before;
    flx_rebuilt_model_clear(&rebuilt);
    return status;
}
