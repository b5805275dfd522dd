/* SPDX-License-Identifier: MIT
 * What the operations of the graph engine have in common: what a model becomes is built
 * aside and installed when nothing can fail any more. Inside the library. */
#ifndef FLX_GRAPH_REBUILD_H
#define FLX_GRAPH_REBUILD_H

#include "host/engine/model_transfer.h"

/* What a model becomes. */
typedef struct {
    flx_deployment *deployment; /* NULL: the model's own. Another one ends an ensemble,
                                   whose members know the deployment before */
    flx_graph *graph;
    flx_learning_assignment *assignments; /* (graph->n_assignments); NULL: none yet */
    int *row_replicas;                    /* (services) as in flx_model */
} flx_rebuilt_model;

/* The service must be declared and the model a composed graph. */
flx_status flx_engine_check(const flx_model *model, const char *service, int *found,
                            flx_error *error);

/* How the rows of a model were measured, for the services of a deployment: as
 * row_replicas of flx_model, 0 for services that the model does not have. Allocated; NULL
 * when out of memory. */
int *flx_engine_row_replicas(const flx_model *model, const flx_deployment *deployment);

/* Fills in what the assignments of rebuilt->graph host. `model`: that becomes it, NULL:
 * there is none yet. The change says what was reused and what is no more. */
flx_status flx_rebuilt_model_fill(flx_rebuilt_model *rebuilt, const flx_model *model,
                                  const flx_transfer_lookup *lookup, flx_change *change,
                                  flx_error *error);

/* The model takes over all of it; what it had is released, with warnings on assignments
 * that are no more. */
void flx_rebuilt_model_install(flx_rebuilt_model *rebuilt, flx_model *model);

/* Frees what was not installed. */
void flx_rebuilt_model_clear(flx_rebuilt_model *rebuilt);

/* The model's own assignments, by name. */
flx_transfer_lookup flx_transfer_from_model(const flx_model *model);
#endif
