/* SPDX-License-Identifier: MIT
 * What `fluxion info` reports of other things than a table. */
#ifndef FLX_INFO_H
#define FLX_INFO_H

#include "host/commands/frame.h"

#define FLX_CUDA_NOTE                                                                    \
    "the cuda backend has not yet run on a GPU, only under its emulator: with one, run " \
    "fluxion selftest --backend cuda"

/* Of this machine: which backends there are. */
flx_status flx_info_report_backends(const flx_arguments *arguments, flx_error *error);

/* Reads the model, so that a damaged one is found. */
flx_status flx_info_report_model(const flx_arguments *arguments, const char *path,
                                 flx_error *error);

/* Whether the folder is no model but holds fitted ones. */
bool flx_info_is_repository(const char *path);

/* Reads every model, so that a damaged one is found and named. */
flx_status flx_info_report_repository(const flx_arguments *arguments, const char *path,
                                      flx_error *error);
#endif
