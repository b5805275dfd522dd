/* SPDX-License-Identifier: MIT
 * What the verbs open, and give back at the end of a scope:
 *     FLX_OWNED(flx_model) model = NULL; */
#ifndef FLX_COMMANDS_OWNED_H
#define FLX_COMMANDS_OWNED_H

#include "formats/dataset.h"
#include "formats/deployment.h"
#include "formats/memory.h"
#include "host/commands/frame.h"
#include "host/model.h"
#include "kernels/backend.h"

FLX_OWNS(flx_backend, flx_backend_close)
FLX_OWNS(flx_dataset, flx_dataset_destroy)
FLX_OWNS(flx_deployment, flx_deployment_destroy)
FLX_OWNS(flx_model, flx_model_destroy)

/* The backend of --backend and --threads. */
static inline flx_status flx_open_backend(const flx_arguments *arguments,
                                          flx_backend **backend, flx_error *error)
{
    return flx_backend_open(flx_backend_name(arguments), flx_threads(arguments), backend,
                            error);
}
#endif
