/* SPDX-License-Identifier: MIT
 * What fluxion debug prints: one JSON document, or tables. */
#ifndef FLX_DEBUG_ANSWER_H
#define FLX_DEBUG_ANSWER_H

#include "host/debugging.h"
#include "host/testing_engine.h"

typedef struct {
    const flx_model *model;
    flx_test_errors *errors;  /* before anything was retrained */
    flx_diagnosis *diagnosis; /* likewise */
    flx_debug_order order;
    flx_debug_course *course; /* NULL without --retrain */
} flx_debug_answer;

flx_status flx_print_debug_json(const flx_debug_answer *answer, flx_error *error);
void flx_print_debug_tables(const flx_debug_answer *answer);
#endif
