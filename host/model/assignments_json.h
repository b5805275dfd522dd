/* SPDX-License-Identifier: MIT
 * "assignments" in graph.json: what each learning assignment of a graph hosts. Inside the
 * library. */
#ifndef FLX_ASSIGNMENTS_JSON_H
#define FLX_ASSIGNMENTS_JSON_H

#include "formats/json.h"
#include "host/model/model.h"

#include <jansson.h>

json_t *flx_assignments_describe(const flx_model *model);

/* Of the object `owner`, into model->assignments; the graph of the model stands. Every
 * file is checked against the digest that graph.json names, and against the assignment.
 */
flx_status flx_assignments_read(const flx_json_source *source, const json_t *owner,
                                const char *folder, flx_model *model, flx_error *error);
#endif
