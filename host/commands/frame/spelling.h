/* SPDX-License-Identifier: MIT
 * "Did you mean ...?": the known word nearest to a misspelt one. */
#ifndef FLX_SPELLING_H
#define FLX_SPELLING_H

typedef struct {
    const char *word; /* as it was typed; borrowed, like all words here */
    const char *best; /* the nearest word offered so far, or NULL where none is near */
    int distance;
} flx_spelling;

flx_spelling flx_spelling_start(const char *word);
void flx_spelling_offer(flx_spelling *suggestion, const char *candidate);
#endif
