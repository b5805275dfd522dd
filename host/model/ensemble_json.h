/* SPDX-License-Identifier: MIT
 * The ensemble in graph.json: "ensemble", null where the target hosts none. Inside the
 * library. */
#ifndef FLX_ENSEMBLE_JSON_H
#define FLX_ENSEMBLE_JSON_H

#include "formats/json.h"
#include "host/model/model.h"

#include <jansson.h>

json_t *flx_ensemble_describe(const flx_model *model);

/* Into model->ensemble; deployment and graph of the model stand. */
flx_status flx_ensemble_read(const flx_json_source *source, const char *folder,
                             flx_model *model, flx_error *error);
#endif
