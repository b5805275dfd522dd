/* SPDX-License-Identifier: MIT
 * graph.json of a model folder as a document, and back. Inside the library. */
#ifndef FLX_MODEL_JSON_H
#define FLX_MODEL_JSON_H

#include "formats/json.h"
#include "host/model/model.h"

#include <jansson.h>

/* The whole of graph.json; NULL when out of memory. */
json_t *flx_model_describe(const flx_model *model);

/* Into a model whose deployment stands: all but its rows, which graph.json only names. */
flx_status flx_model_read_description(const flx_json_source *source, const char *folder,
                                      flx_model *model, flx_error *error);
#endif
