/* SPDX-License-Identifier: MIT */
#include "host/engine/graph_rebuild.h"

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

flx_status flx_engine_name_change(flx_change *change, const char *service,
                                  flx_error *error)
{
    change->service = strdup(service);
    return change->service ? FLX_OK
                           : flx_fail(error, FLX_NO_MEMORY, "out of memory for a change");
}

flx_status flx_engine_remember_rows(flx_model *model, flx_error *error)
{
    int count = model->deployment->n_services;
    if (model->row_replicas)
        return FLX_OK;
    model->row_replicas = calloc((size_t)count + 1, sizeof *model->row_replicas);
    if (!model->row_replicas)
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for %d services", count);
    for (int s = 0; s < count; s++)
        model->row_replicas[s] = model->deployment->services[s].replicas;
    return FLX_OK;
}

flx_status flx_engine_build(const flx_model *model, const flx_deployment *deployment,
                            flx_graph **out, flx_error *error)
{
    flx_graph_scope scope = flx_graph_scope_of(model->graph);
    return flx_model_build_graph(deployment, model->composition, model->paper_mode,
                                 &scope, out, error);
}

flx_status flx_engine_drop_ensemble(flx_model *model, flx_change *change,
                                    flx_error *error)
{
    if (!model->ensemble)
        return FLX_OK;
    if (!flx_name_list_add(&change->removed, "the ensemble of the target"))
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for names");
    flx_ensemble_destroy(model->ensemble);
    model->ensemble = NULL;
    return FLX_OK;
}

static bool find_own(const void *context, const flx_graph_assignment *assignment,
                     flx_model_transfer *adoption)
{
    const flx_model *model = context;
    int a = flx_graph_find_assignment(model->graph, assignment->name);
    if (a < 0)
        return false;
    *adoption =
        (flx_model_transfer){&model->graph->assignments[a], NULL, &model->assignments[a]};
    return true;
}

flx_donors flx_engine_own_donors(const flx_model *model)
{
    return (flx_donors){find_own, model};
}

static void drop_notes(flx_model *model)
{
    int kept = 0;
    for (int i = 0; i < model->n_warnings; i++) {
        if (flx_graph_find_assignment(model->graph, model->warnings[i].assignment) >= 0) {
            model->warnings[kept++] = model->warnings[i];
            continue;
        }
        free(model->warnings[i].assignment);
        free(model->warnings[i].text);
    }
    model->n_warnings = kept;
}

void flx_engine_install(flx_model *model, flx_graph *graph,
                        flx_learning_assignment *assignments)
{
    for (int a = 0; model->assignments && a < model->graph->n_assignments; a++)
        flx_assignment_clear(&model->assignments[a]);
    free(model->assignments);
    flx_graph_destroy(model->graph);
    model->graph = graph;
    model->assignments = assignments;
    drop_notes(model);
}
