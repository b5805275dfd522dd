/* SPDX-License-Identifier: MIT
 * What becomes of an ensemble when the deployment is scaled. */
#include "host/graph.h"
#include "host/model/ensemble.h"

#include <stdlib.h>
#include <string.h>

int *flx_ensemble_count_replicas(const flx_deployment *deployment)
{
    int *replicas = malloc(((size_t)deployment->n_services + 1) * sizeof *replicas);
    for (int s = 0; s < deployment->n_services && replicas; s++)
        replicas[s] = deployment->services[s].replicas;
    return replicas;
}

static bool has_moved(const flx_model *model)
{
    for (int s = 0; s < model->deployment->n_services; s++)
        if (model->deployment->services[s].replicas != model->ensemble->replicas[s])
            return true;
    return false;
}

/* The inputs of the black boxes, found anew in the deployment as it is now. */
static flx_status rebuild_graphs(flx_model *model, flx_error *error)
{
    flx_ensemble *ensemble = model->ensemble;
    for (int k = 0; k < ensemble->n_members; k++) {
        const flx_member *member = &ensemble->members[k];
        flx_graph *graph = NULL;
        if (member->is_composed)
            continue;
        FLX_TRY(flx_ensemble_build_graph(model, ensemble->replicas,
                                         flx_ensemble_find(member->name), &graph, error));
        flx_graph_destroy(member->model->graph);
        member->model->graph = graph;
    }
    return FLX_OK;
}

/* Of the composed family only the first stays. */
static void drop_relatives(flx_ensemble *ensemble)
{
    int kept = 0;
    for (int k = 0; k < ensemble->n_members; k++) {
        if (k && ensemble->members[k].is_composed)
            flx_ensemble_destroy_member(ensemble->members[k].model);
        else
            ensemble->members[kept++] = ensemble->members[k];
    }
    ensemble->n_members = kept;
}

static void halve(flx_ensemble *ensemble)
{
    double others = 0;
    for (int k = 1; k < ensemble->n_members; k++)
        others += ensemble->members[k].weight;
    for (int k = 1; k < ensemble->n_members; k++) {
        double *weight = &ensemble->members[k].weight;
        *weight = 0.5 * (others > 0 ? *weight / others : 1.0 / (ensemble->n_members - 1));
    }
    ensemble->members[0].weight = ensemble->n_members > 1 ? 0.5 : 1.0;
}

flx_status flx_ensemble_follow(flx_model *model, flx_error *error)
{
    if (!model->ensemble)
        return FLX_OK;
    FLX_TRY(rebuild_graphs(model, error));
    if (has_moved(model)) {
        drop_relatives(model->ensemble);
        halve(model->ensemble);
    }
    return FLX_OK;
}
