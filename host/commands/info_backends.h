/* SPDX-License-Identifier: MIT
 * What `fluxion info` says of this machine: which backends there are. */
#ifndef FLX_INFO_BACKENDS_H
#define FLX_INFO_BACKENDS_H

#include "host/commands/frame.h"

#define FLX_CUDA_NOTE                                                                    \
    "the cuda backend has not yet run on a GPU, only under its emulator: with one, run " \
    "fluxion selftest --backend cuda"

flx_status flx_info_report_backends(const flx_arguments *arguments, flx_error *error);
#endif
