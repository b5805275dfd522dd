/* SPDX-License-Identifier: MIT
 * The parts of a deployment file, each read and written in one place; shared by the files
 * deployment_*.c only. */
#ifndef FLX_DEPLOYMENT_PARTS_H
#define FLX_DEPLOYMENT_PARTS_H

#include "formats/deployment/deployment_json.h"

/* An entry of "knobs"; finish: what its rows cannot say. */
extern const flx_json_schema flx_knob_schema;
flx_status flx_knob_finish(const flx_json_source *source, const json_t *object,
                           flx_knob *knob, flx_error *error);

/* An entry of "services"; its calls and inputs are read below. The context of writing is
 * the deployment. */
extern const flx_json_schema flx_service_schema;
flx_status flx_service_finish(const flx_json_source *source, const json_t *object,
                              const flx_service *service, flx_error *error);

/* Once all services are known: "calls" and "inputs" of every operation, and that the
 * calls make no cycle. `services` is the list of the file. */
flx_status flx_calls_read(const flx_json_source *source, const json_t *services,
                          flx_deployment *deployment, flx_error *error);
json_t *flx_calls_describe(const flx_deployment *deployment,
                           const flx_operation *operation);
flx_status flx_inputs_read(const flx_json_source *source, const json_t *services,
                           flx_deployment *deployment, flx_error *error);
json_t *flx_inputs_describe(const flx_operation *operation);
/* Whether an operation sees what it would see without a list. */
bool flx_has_default_inputs(const flx_service *service, const flx_operation *operation);
/* A state as it is listed: "rps", or "read:rps". */
json_t *flx_state_describe(const flx_input *state);
#endif
