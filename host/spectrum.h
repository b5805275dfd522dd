/* SPDX-License-Identifier: MIT
 * The spectrum of metrics (paper 3.1) that the vertices of a graph predict, as given on
 * the command line: "p90" or "p50,p85,p90,p95". */
#ifndef FLX_SPECTRUM_H
#define FLX_SPECTRUM_H

#include "formats/status.h"

typedef struct {
    int n;
    char **names; /* (n) in the order given */
} flx_spectrum;

/* Names between commas, without the spaces around them. FLX_BAD_INPUT for an empty name,
 * one given twice, and "select", which stands for a choice that has to be learned first.
 * `text` NULL gives n = 0: the target metric alone. On failure *out is empty. */
flx_status flx_spectrum_parse(const char *text, flx_spectrum *out, flx_error *error);
/* Empties it; an empty one is fine. */
void flx_spectrum_clear(flx_spectrum *spectrum);
#endif
