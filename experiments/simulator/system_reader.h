/* SPDX-License-Identifier: MIT
 * The parts of reading a system: services with their endpoints, and sequences of steps.
 */
#ifndef FLX_SIMULATOR_SYSTEM_READER_H
#define FLX_SIMULATOR_SYSTEM_READER_H

#include "experiments/simulator/system.h"
#include "formats/json.h"
#include "formats/memory.h"

/* Services, endpoints and their calls; fills system->services and system->endpoints. */
flx_status flx_system_read_services(const flx_json_source *source, const json_t *root,
                                    flx_system *system, flx_error *error);

/* Orchestration steps, once services and requests are known. */
flx_status flx_system_read_sequences(const flx_json_source *source, const json_t *root,
                                     flx_system *system, flx_error *error);

/* Kind and constants of a service or of what replaces it. */
flx_status flx_system_read_profile(const flx_json_source *source, const json_t *object,
                                   flx_profile *profile, flx_error *error);

/* A required number above `above` and at most `most`. */
flx_status flx_system_get_positive(const flx_json_source *source, const json_t *object,
                                   const char *key, double above, double most,
                                   double *out, flx_error *error);

/* A copy of a required text. */
flx_status flx_system_get_text(const flx_json_source *source, const json_t *object,
                               const char *key, char **out, flx_error *error);
#endif
