/* SPDX-License-Identifier: MIT
 * A deployment while it is being edited: the document of its file (jansson), so that what
 * comes of it passes every check that a file passes. Inside the library. */
#ifndef FLX_DEPLOYMENT_EDITOR_H
#define FLX_DEPLOYMENT_EDITOR_H

#include "formats/deployment.h"

#include <jansson.h>

/* The document of a deployment; NULL when out of memory. */
json_t *flx_document_of(const flx_deployment *deployment);

/* The deployment of a document; `place` names it in errors. */
flx_status flx_document_parse(const json_t *document, const char *place,
                              flx_deployment **out, flx_error *error);

/* "SERVICE" (*operation NULL) or "SERVICE.OPERATION"; false where there is no such. */
bool flx_document_find(const json_t *document, const char *text, json_t **service,
                       const char **operation);

/* `caller` calls `callee`, both as above, besides what it calls already. */
flx_status flx_document_connect(json_t *document, const char *callee, const char *caller,
                                flx_error *error);

/* "knobs" of a service; NULL when out of memory. */
json_t *flx_document_knobs(const flx_knob *knobs, int count);

/* Every list of calls of a service: its own, and those of its operations; visits as many
 * as there are. NULL where there is none of that number. */
json_t *flx_document_calls(const json_t *service, size_t number);
#endif
