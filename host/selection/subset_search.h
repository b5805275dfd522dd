/* SPDX-License-Identifier: MIT
 * Searching the subsets of one size for those with the least error of a ridge regression.
 * Inside the library: host/selection/selection.c decides on sizes and on what becomes of
 * the best. */
#ifndef FLX_SUBSET_SEARCH_H
#define FLX_SUBSET_SEARCH_H

#include "host/selection/selection.h"
#include "host/selection/subset_list.h"
#include "host/selection/subset_ridge.h"

/* Candidates that are scored in one call. */
enum { FLX_SELECTION_CHUNK = 1024 };

typedef struct {
    const flx_selection_problem *problem;
    flx_selection_options options; /* without zeros that stand for something */
    int threads;
    flx_selection_ridge *ridge;
    flx_subset_list list; /* best of this size */
    int *subsets;         /* (chunk, widest) */
    int *best;            /* (widest) of the size before */
    double *errors;       /* (chunk) */
    int rounds;           /* Thompson rounds so far */
    int64_t scored;
} flx_selection_search;

flx_status flx_selection_check_options(const flx_selection_problem *problem,
                                       const flx_selection_options *options,
                                       flx_error *error);
/* The options given, or none, with every zero replaced by what it stands for. */
flx_selection_options flx_selection_complete(const flx_selection_options *given);

/* Scores the first `count` subsets of k and offers them to the list. The members of each
 * come out sorted. */
flx_status flx_selection_offer(flx_selection_search *search, int count, int k,
                               flx_error *error);

/* Every subset of k. */
flx_status flx_selection_enumerate(flx_selection_search *search, int k, flx_error *error);
/* How many there are, or `most` + 1 where there are more. */
int64_t flx_selection_count(int m, int k, int64_t most);

/* The best subset with one member exchanged, until no exchange helps. */
flx_status flx_selection_swap(flx_selection_search *search, int k, flx_error *error);

/* `from` (k - 1) with one more. */
flx_status flx_selection_extend(flx_selection_search *search, const int *from, int k,
                                flx_error *error);

/* Thompson sampling; `last` (k) out: one more draw, sorted. */
flx_status flx_selection_sample(flx_selection_search *search, int k, int *last,
                                flx_error *error);
#endif
