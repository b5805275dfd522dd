/* SPDX-License-Identifier: MIT
 * The training rows of a model and rows measured since its deployment changed, as one
 * table: the inputs of a black box (host/graph/black_box_graph.h), an input that is 0
 * before the change and 1 after it, and the target. Inside the library. */
#ifndef FLX_POOLED_ROWS_H
#define FLX_POOLED_ROWS_H

#include "host/model.h"

typedef struct {
    const flx_model *model;
    const flx_dataset *fresh;
    flx_deployment deployment_before;      /* as the old rows have it; texts are shared */
    flx_graph *graph_before, *graph_after; /* the black box at the old and the new rows */
    flx_dataset *stacked; /* rows of both that have a target, the new ones last; with
                             /group where the new ones have it */
    int n_fresh;          /* of them */
} flx_pooled_rows;

/* `model` hosts an ensemble; all is borrowed until the close, which is due also on
 * failure.
 */
flx_status flx_pooled_rows_open(const flx_model *model, const flx_dataset *fresh,
                                flx_pooled_rows *rows, flx_error *error);
void flx_pooled_rows_close(flx_pooled_rows *rows);
#endif
