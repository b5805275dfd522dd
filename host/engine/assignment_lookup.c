/* SPDX-License-Identifier: MIT
 * What a refit is about: assignments by the names a user knows. */
#include "host/engine/graph_engine.h"
#include "host/engine/model_transfer.h"

#include <string.h>

static bool is_wanted(const flx_graph_assignment *assignment, flx_call place,
                      const char *metric)
{
    return assignment->service == place.service &&
           (place.operation < 0 || assignment->operation == place.operation) &&
           strcmp(assignment->metric, metric) == 0;
}

flx_status flx_graph_engine_find(const flx_model *model, const char *service,
                                 const char *metric, flx_fit_choice choice,
                                 int *assignments, int *count, flx_error *error)
{
    flx_call place = {0, -1};
    *count = 0;
    if (!flx_deployment_resolve(model->deployment, service, &place))
        return flx_fail(error, FLX_BAD_INPUT,
                        "deployment %s has no service or operation %s: 'fluxion graph' "
                        "lists them",
                        model->deployment->name, service);
    bool is_replicated = model->composition == FLX_COMPOSED &&
                         model->deployment->services[place.service].replicas > 1;
    flx_vertex_kind kind = choice == FLX_FIT_SHOWN && is_replicated ? FLX_SERVICE_VERTEX
                                                                    : FLX_INSTANCE_VERTEX;
    for (int a = 0; a < model->graph->n_assignments; a++) {
        const flx_graph_assignment *assignment = &model->graph->assignments[a];
        if (assignment->kind == kind && is_wanted(assignment, place, metric))
            assignments[(*count)++] = a;
    }
    if (*count == 0)
        return flx_fail(error, FLX_BAD_INPUT,
                        "the graph has no vertex of %s for the metric %s: 'fluxion "
                        "graph' lists them",
                        service, metric);
    return FLX_OK;
}

int flx_graph_engine_untrained(const flx_model *model, int *assignments)
{
    int count = 0;
    for (int a = 0; a < model->graph->n_assignments; a++)
        if (flx_is_untrained(&model->graph->assignments[a], &model->assignments[a]))
            assignments[count++] = a;
    return count;
}
