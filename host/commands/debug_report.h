/* SPDX-License-Identifier: MIT
 * What `fluxion debug` reports. */
#ifndef FLX_DEBUG_REPORT_H
#define FLX_DEBUG_REPORT_H

#include "host/commands/frame.h"
#include "host/evaluation.h"

typedef struct {
    const flx_model *model;
    flx_test_errors *errors;
    flx_fault_path *path;
    flx_debug_trace *trace; /* NULL: nothing was retrained */
    flx_debug_order order;
} flx_debug_result;

flx_status flx_report_debugging(const flx_arguments *arguments,
                                const flx_debug_result *result, flx_error *error);
#endif
