/* SPDX-License-Identifier: MIT
 * What `fluxion info` says of this machine: which backends there are. */
#ifndef FLX_INFO_BACKENDS_H
#define FLX_INFO_BACKENDS_H

#include "formats/status.h"

#include <stdbool.h>

#define FLX_CUDA_NOTE                                                                    \
    "the cuda backend has not yet run on a GPU, only under its emulator: with one, run " \
    "fluxion selftest --backend cuda"

flx_status flx_info_print_backends(bool as_json, flx_error *error);
#endif
