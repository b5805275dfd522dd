/* SPDX-License-Identifier: MIT
 * The mixture in graph.json: "mixture", null where the target hosts none. Inside the
 * library. */
#ifndef FLX_MIXTURE_FILES_H
#define FLX_MIXTURE_FILES_H

#include "formats/json_source.h"
#include "host/model_files.h"

json_t *flx_mixture_describe(const flx_model *model);

/* Into model->mixture; deployment and graph of the model stand. */
flx_status flx_mixture_read(const flx_json_source *source, const char *folder,
                            flx_model *model, flx_error *error);
#endif
