/* SPDX-License-Identifier: MIT
 * Sentences that several verbs say. */
#ifndef FLX_SENTENCES_H
#define FLX_SENTENCES_H

#include <jansson.h>

/* On stderr: of `total` knobs and states that a model reads, `absent` have no column in
 * the table. Nothing where none is absent. */
void flx_warn_absent(int absent, int total);

/* Of a table that was written: size, kinds of columns, missing cells. Reads the keys
 * output, rows, knobs, states, metrics and missing of the report. */
void flx_print_table_size(const json_t *report);
#endif
