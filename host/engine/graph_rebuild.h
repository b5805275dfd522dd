/* SPDX-License-Identifier: MIT
 * What all operations of the graph engine do to a model: check it, build its graph anew,
 * hand its assignments over. Inside the library. */
#ifndef FLX_GRAPH_REBUILD_H
#define FLX_GRAPH_REBUILD_H

#include "host/engine/model_transfer.h"

/* The service must be declared and the model a composed graph. */
flx_status flx_engine_check(const flx_model *model, const char *service, int *found,
                            flx_error *error);

flx_status flx_engine_name_change(flx_change *change, const char *service,
                                  flx_error *error);

/* Writes down in model->row_replicas how the rows were measured, where nothing says so
 * yet. */
flx_status flx_engine_remember_rows(flx_model *model, flx_error *error);

/* The graph of a deployment with the spectrum and mode of the model. */
flx_status flx_engine_build(const flx_model *model, const flx_deployment *deployment,
                            flx_graph **out, flx_error *error);

/* An ensemble whose members know another deployment is given up; the change says so. */
flx_status flx_engine_drop_ensemble(flx_model *model, flx_change *change,
                                    flx_error *error);

/* The model's own assignments, by name. */
flx_donors flx_engine_own_donors(const flx_model *model);

/* The model takes over a graph and what it hosts; what it had is released, with notes on
 * assignments that are no more. */
void flx_engine_install(flx_model *model, flx_graph *graph,
                        flx_learning_assignment *assignments);
#endif
