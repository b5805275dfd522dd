/* SPDX-License-Identifier: MIT
 * What becomes of an ensemble when the deployment is scaled. */
#include "formats/memory.h"
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

/* The inputs of the black boxes, found anew in the deployment as it is now: graphs
 * (n_members), NULL for those of the composed family. */
static flx_status build_graphs(const flx_model *model, flx_graph **graphs,
                               flx_error *error)
{
    const flx_ensemble *ensemble = model->ensemble;
    for (int k = 0; k < ensemble->n_members; k++) {
        int index = flx_ensemble_find(ensemble->members[k].name);
        if (!ensemble->members[k].is_composed)
            FLX_TRY(flx_ensemble_build_graph(model, ensemble->replicas, index, &graphs[k],
                                             error));
    }
    return FLX_OK;
}

/* Exchanges them with those that the members have. */
static void swap_graphs(flx_ensemble *ensemble, flx_graph **graphs)
{
    for (int k = 0; k < ensemble->n_members; k++)
        if (graphs[k]) {
            flx_graph *before = ensemble->members[k].graph;
            ensemble->members[k].graph = graphs[k];
            graphs[k] = before;
        }
}

/* Of the composed family only the first stays. */
static void drop_relatives(flx_ensemble *ensemble)
{
    int kept = 0;
    for (int k = 0; k < ensemble->n_members; k++) {
        if (k && ensemble->members[k].is_composed)
            flx_member_clear(&ensemble->members[k]);
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
    FLX_SCOPED flx_graph **graphs = NULL;
    flx_ensemble *ensemble = model->ensemble;
    int count = ensemble ? ensemble->n_members : 0;
    if (!FLX_NEW(graphs, count))
        return flx_no_memory(error, "the graphs of an ensemble");
    flx_status status = ensemble ? build_graphs(model, graphs, error) : FLX_OK;
    if (status == FLX_OK && ensemble) {
        swap_graphs(ensemble, graphs);
        if (has_moved(model)) {
            drop_relatives(ensemble);
            halve(ensemble);
        }
    }
    for (int k = 0; k < count; k++)
        flx_graph_destroy(graphs[k]);
    return status;
}
