/* SPDX-License-Identifier: MIT
 * What a refit is about: assignments by the names a user knows. */
#include "host/engine/graph_engine.h"
#include "host/engine/model_transfer.h"

#include <string.h>

/* "SERVICE" (operation NULL) or "SERVICE.OPERATION"; the longest service that fits. */
static bool resolve(const flx_deployment *deployment, const char *text, int *service,
                    const char **operation)
{
    size_t longest = 0;
    bool is_found = false;
    for (int s = 0; s < deployment->n_services; s++) {
        const char *name = deployment->services[s].name;
        size_t length = strlen(name);
        if (strncmp(text, name, length) != 0 || (is_found && length < longest))
            continue;
        if (text[length] != '\0' &&
            (text[length] != '.' ||
             flx_service_find_operation(&deployment->services[s], text + length + 1) < 0))
            continue;
        *service = s;
        *operation = text[length] ? text + length + 1 : NULL;
        longest = length;
        is_found = true;
    }
    return is_found;
}

static bool is_wanted(const flx_model *model, const flx_graph_assignment *assignment,
                      int service, const char *operation, const char *metric)
{
    const flx_service *declared = &model->deployment->services[service];
    return assignment->service == service && strcmp(assignment->metric, metric) == 0 &&
           (!operation ||
            strcmp(declared->operations[assignment->operation].name, operation) == 0);
}

flx_status flx_graph_engine_find(const flx_model *model, const char *service,
                                 const char *metric, flx_fit_choice choice,
                                 int *assignments, int *count, flx_error *error)
{
    int s = 0;
    const char *operation = NULL;
    *count = 0;
    if (!resolve(model->deployment, service, &s, &operation))
        return flx_fail(error, FLX_BAD_INPUT,
                        "deployment %s has no service or operation %s: 'fluxion graph' "
                        "lists them",
                        model->deployment->name, service);
    bool is_replicated =
        model->composition == FLX_COMPOSED && model->deployment->services[s].replicas > 1;
    flx_vertex_kind kind = choice == FLX_FIT_SHOWN && is_replicated ? FLX_SERVICE_VERTEX
                                                                    : FLX_INSTANCE_VERTEX;
    for (int a = 0; a < model->graph->n_assignments; a++) {
        const flx_graph_assignment *assignment = &model->graph->assignments[a];
        if (assignment->kind == kind &&
            is_wanted(model, assignment, s, operation, metric))
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
