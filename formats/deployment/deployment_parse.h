/* SPDX-License-Identifier: MIT
 * The parts of reading a deployment, shared by the files deployment_*.c only. */
#ifndef FLX_DEPLOYMENT_PARSE_H
#define FLX_DEPLOYMENT_PARSE_H

#include "formats/deployment/deployment.h"
#include "formats/json.h"

/* One entry of "knobs". */
flx_status flx_parse_knob(const flx_json_source *source, const json_t *object,
                          flx_knob *knob, flx_error *error);

/* One entry of "services", without its calls and inputs. */
flx_status flx_parse_service(const flx_json_source *source, const json_t *object,
                             flx_service *service, flx_error *error);

/* Second pass, once all services are known: "calls" and "inputs" of every operation, and
 * that the calls make no cycle. `services` is the list of the file. */
flx_status flx_parse_calls(const flx_json_source *source, const json_t *services,
                           flx_deployment *deployment, flx_error *error);
flx_status flx_parse_inputs(const flx_json_source *source, const json_t *services,
                            flx_deployment *deployment, flx_error *error);

/* What an operation sees unless told otherwise: all knobs of its service and its own
 * states. */
bool flx_is_own_state(const flx_operation *operation, const flx_input *state);
/* A knob as it stands in a deployment file; NULL when out of memory. */
json_t *flx_knob_describe(const flx_knob *knob);
#endif
