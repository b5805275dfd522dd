/* SPDX-License-Identifier: MIT
 * GE.scale (paper 4.1.2): another number of instances, the same learning assignments. */
#include "host/engine/graph_engine.h"
#include "host/engine/graph_rebuild.h"
#include "host/engine/model_transfer.h"
#include "host/model.h"

#include <stdlib.h>
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

flx_status flx_graph_engine_scale(flx_model *model, const char *service, int instances,
                                  flx_change *change, flx_error *error)
{
    int s;
    flx_graph *graph = NULL;
    flx_learning_assignment *next = NULL;
    *change = (flx_change){.event = "scale", .instances = instances};
    FLX_TRY(check(model, service, instances, &s, error));
    FLX_TRY(flx_engine_name_change(change, service, error));
    FLX_TRY(flx_engine_remember_rows(model, error));
    flx_service *scaled = &model->deployment->services[s];
    int before = scaled->replicas;
    scaled->replicas = instances;
    flx_status status = flx_engine_build(model, model->deployment, &graph, error);
    flx_donors donors = flx_engine_own_donors(model);
    if (status == FLX_OK)
        status =
            flx_model_transfer_all(graph, &donors, model->graph, &next, change, error);
    if (status != FLX_OK) {
        scaled->replicas = before;
        flx_graph_destroy(graph);
        return status;
    }
    flx_engine_install(model, graph, next);
    return flx_ensemble_follow(model, error); /* fails for want of memory only */
}
