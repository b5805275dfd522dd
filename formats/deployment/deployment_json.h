/* SPDX-License-Identifier: MIT
 * Parts of a deployment as JSON, for those who edit one. NULL when out of memory. */
#ifndef FLX_DEPLOYMENT_JSON_H
#define FLX_DEPLOYMENT_JSON_H

#include "formats/deployment/deployment.h"
#include "formats/json.h"

/* What a deployment file holds: reading it back gives an equal deployment. */
json_t *flx_deployment_describe(const flx_deployment *deployment);
/* An entry of "knobs". */
json_t *flx_knob_describe(const flx_knob *knob);
#endif
