/* SPDX-License-Identifier: MIT
 * "assignments" in graph.json: what each learning assignment of a graph hosts. Inside the
 * library. */
#ifndef FLX_ASSIGNMENTS_JSON_H
#define FLX_ASSIGNMENTS_JSON_H

#include "formats/json.h"
#include "host/model/model.h"

#include <jansson.h>

json_t *flx_assignments_describe(const flx_graph *graph,
                                 const flx_learning_assignment *assignments);

/* Of the object `owner`, into *assignments (graph->n_assignments), which is the caller's
 * to destroy also after a failure. Every file is checked against the digest that
 * graph.json names, and against the assignment. */
flx_status flx_assignments_read(const flx_json_source *source, const json_t *owner,
                                const char *folder, const flx_graph *graph,
                                flx_learning_assignment **assignments, flx_error *error);
#endif
