/* SPDX-License-Identifier: MIT
 * What stands in a model folder: the names of its files, and graph.json as a document.
 * Shared by writing and reading, so that what is read can be compared with what would be
 * written. Inside the library. */
#ifndef FLX_MODEL_JSON_H
#define FLX_MODEL_JSON_H

#include "formats/json.h"
#include "host/model/model.h"

#include <jansson.h>

#define FLX_MODEL_FORMAT "fluxion-graph"
enum { FLX_MODEL_VERSION = 1 };

/* Words of graph.json, in the order of their enums; end with NULL. */
extern const char *const flx_composition_words[];
extern const char *const flx_prior_words[];

/* "FOLDER/name" and "FOLDER/models/DIGEST.h5", allocated; NULL when out of memory. */
char *flx_model_file(const char *folder, const char *name);
char *flx_model_predictor_file(const char *folder, const char *digest);

/* The whole of graph.json; NULL when out of memory. */
json_t *flx_model_describe(const flx_model *model);

/* "assignments" of graph.json: what each hosts. */
json_t *flx_model_describe_assignments(const flx_model *model);
/* Of the object `owner`, into model->assignments; the graph of the model stands. */
flx_status flx_model_read_assignments(const flx_json_source *source, const json_t *owner,
                                      const char *folder, flx_model *model,
                                      flx_error *error);

flx_status flx_model_out_of_memory(flx_error *error);
#endif
