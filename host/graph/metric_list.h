/* SPDX-License-Identifier: MIT
 * The spectrum of metrics (paper 3.1) that the vertices of a graph predict, as given on
 * the command line: "p90", "p50,p85,p90,p95", or "select"
 * (host/training/metric_selection.h). */
#ifndef FLX_METRIC_LIST_H
#define FLX_METRIC_LIST_H

#include "formats/status.h"

#include <stdbool.h>

typedef struct {
    int n;
    char **names;     /* (n) in the order given */
    bool is_selected; /* "select": metrics are chosen when a model is trained; n is 0 */
} flx_metric_list;

/* Names between commas, without the spaces around them. FLX_BAD_INPUT for an empty name,
 * one given twice, and "select" beside others. `text` NULL gives n = 0: the target metric
 * alone. On failure *out is empty. */
flx_status flx_metric_list_parse(const char *text, flx_metric_list *out,
                                 flx_error *error);
/* Empties it; an empty one is fine. */
void flx_metric_list_clear(flx_metric_list *list);
#endif
