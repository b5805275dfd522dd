/* SPDX-License-Identifier: MIT
 * What fluxion debug prints: one JSON document, or tables. */
#ifndef FLX_DEBUG_REPORT_H
#define FLX_DEBUG_REPORT_H

#include "host/evaluation.h"

typedef struct {
    const flx_model *model;
    flx_test_errors *errors;   /* before anything was retrained */
    flx_fault_path *diagnosis; /* likewise */
    flx_debug_order order;
    flx_debug_trace *course; /* NULL without --retrain */
} flx_debug_report;

flx_status flx_print_debug_json(const flx_debug_report *answer, flx_error *error);
void flx_print_debug_tables(const flx_debug_report *answer);
#endif
