/* SPDX-License-Identifier: MIT
 * The best subsets seen, each once, best first. Of equal errors the smaller subset leads,
 * then the first in lexicographic order: the list does not depend on the order in which
 * subsets are offered. Inside the library. */
#ifndef FLX_SUBSET_LIST_H
#define FLX_SUBSET_LIST_H

#include "formats/status.h"

typedef struct {
    int k;
    double error;
    int *members; /* (k) ascending */
} flx_subset;

typedef struct {
    int capacity, widest, count;
    flx_subset *subsets; /* (count) */
    int *storage;
} flx_subset_list;

/* Room for `capacity` >= 1 subsets of at most `widest` members. */
flx_status flx_subset_list_create(int capacity, int widest, flx_subset_list *list,
                                  flx_error *error);
void flx_subset_list_clear(flx_subset_list *list);

/* Ascending. */
void flx_subset_sort(int *members, int k);

/* Offers a subset, sorted. An error that is not a number is not taken. No allocation. */
void flx_subset_list_offer(flx_subset_list *list, const int *members, int k,
                           double error);
#endif
