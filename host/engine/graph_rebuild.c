/* SPDX-License-Identifier: MIT */
#include "host/engine/graph_rebuild.h"

#include "formats/memory.h"
#include "host/model.h"

#include <stdlib.h>
#include <string.h>

flx_status flx_engine_check(const flx_model *model, const char *service, int *found,
                            flx_error *error)
{
    if (model->composition != FLX_COMPOSED)
        return flx_fail(error, FLX_BAD_INPUT,
                        "the model is one black box (%s): only a composed graph can "
                        "follow its deployment",
                        flx_composition_text(model->composition));
    *found = flx_deployment_find_service(model->deployment, service);
    if (*found < 0)
        return flx_fail(error, FLX_BAD_INPUT,
                        "deployment %s has no service %s: 'fluxion graph' lists them",
                        model->deployment->name, service);
    return FLX_OK;
}

int *flx_engine_row_replicas(const flx_model *model, const flx_deployment *deployment)
{
    int *replicas = NULL;
    if (!FLX_NEW(replicas, deployment->n_services))
        return NULL;
    for (int s = 0; s < deployment->n_services; s++) {
        const flx_deployment *now = model->deployment;
        int before = flx_deployment_find_service(now, deployment->services[s].name);
        if (before >= 0)
            replicas[s] = model->row_replicas ? model->row_replicas[before]
                                              : now->services[before].replicas;
    }
    return replicas;
}

flx_status flx_rebuilt_model_fill(flx_rebuilt_model *rebuilt, const flx_model *model,
                                  const flx_transfer_lookup *lookup, flx_change *change,
                                  flx_error *error)
{
    bool ends_ensemble = model && model->ensemble && rebuilt->deployment;
    FLX_TRY(flx_model_transfer_all(rebuilt->graph, lookup, model ? model->graph : NULL,
                                   &rebuilt->assignments, change, error));
    if (ends_ensemble &&
        !flx_name_list_add(&change->removed, "the ensemble of the target"))
        return flx_no_memory(error, "names");
    return FLX_OK;
}

static void drop_warnings(flx_model *model)
{
    flx_warning_list *list = &model->warnings;
    int left = 0;
    for (int i = 0; i < list->count; i++) {
        if (flx_graph_find_assignment(model->graph, list->items[i].assignment) >= 0) {
            list->items[left++] = list->items[i];
            continue;
        }
        free(list->items[i].assignment);
        free(list->items[i].text);
    }
    list->count = left;
}

static void clear_graph(flx_graph *graph, flx_learning_assignment *assignments)
{
    if (graph)
        flx_assignments_destroy(assignments, graph->n_assignments);
    flx_graph_destroy(graph);
}

void flx_rebuilt_model_install(flx_rebuilt_model *rebuilt, flx_model *model)
{
    clear_graph(model->graph, model->assignments);
    model->graph = rebuilt->graph;
    model->assignments = rebuilt->assignments;
    free(model->row_replicas);
    model->row_replicas = rebuilt->row_replicas;
    if (rebuilt->deployment) {
        flx_ensemble_destroy(model->ensemble);
        model->ensemble = NULL;
        flx_deployment_destroy(model->deployment);
        model->deployment = rebuilt->deployment;
    }
    drop_warnings(model);
    *rebuilt = (flx_rebuilt_model){0};
}

void flx_rebuilt_model_clear(flx_rebuilt_model *rebuilt)
{
    clear_graph(rebuilt->graph, rebuilt->assignments);
    free(rebuilt->row_replicas);
    flx_deployment_destroy(rebuilt->deployment);
    *rebuilt = (flx_rebuilt_model){0};
}

static bool find_own(const void *context, const flx_graph_assignment *assignment,
                     flx_transfer_source *source)
{
    const flx_model *model = context;
    int a = flx_graph_find_assignment(model->graph, assignment->name);
    if (a < 0)
        return false;
    *source = (flx_transfer_source){&model->graph->assignments[a], NULL,
                                    &model->assignments[a]};
    return true;
}

flx_transfer_lookup flx_transfer_from_model(const flx_model *model)
{
    return (flx_transfer_lookup){find_own, model};
}
