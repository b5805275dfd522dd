/* SPDX-License-Identifier: MIT
 * "Did you mean ...?": the known word nearest to a misspelt one. */
#ifndef FLX_SUGGEST_H
#define FLX_SUGGEST_H

typedef struct {
    const char *word; /* as it was typed; borrowed, like all words here */
    const char *best; /* the nearest word offered so far, or NULL where none is near */
    int distance;
} flx_suggestion;

flx_suggestion flx_suggestion_start(const char *word);
void flx_suggestion_offer(flx_suggestion *suggestion, const char *candidate);
#endif
