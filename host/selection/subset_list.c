/* SPDX-License-Identifier: MIT */
#include "host/selection/subset_list.h"

#include "formats/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

flx_status flx_subset_list_create(int capacity, int widest, flx_subset_list *list,
                                  flx_error *error)
{
    size_t rows = (size_t)capacity, width = (size_t)widest;
    *list = (flx_subset_list){.capacity = capacity, .widest = widest};
    if (!FLX_NEW(list->subsets, rows) || !FLX_NEW(list->storage, rows * width)) {
        flx_subset_list_clear(list);
        return flx_no_memory(error, "%d subsets", capacity);
    }
    for (size_t i = 0; i < rows; i++)
        list->subsets[i].members = list->storage + i * width;
    return FLX_OK;
}

void flx_subset_list_clear(flx_subset_list *list)
{
    free(list->subsets);
    free(list->storage);
    *list = (flx_subset_list){0};
}

/* Subsets have few members and are nearly sorted already. */
void flx_subset_sort(int *members, int k)
{
    for (int i = 1; i < k; i++) {
        int moved = members[i], at = i;
        for (; at > 0 && members[at - 1] > moved; at--)
            members[at] = members[at - 1];
        members[at] = moved;
    }
}

/* Below 0: (members, k, error) stands before the subset; 0: it is the same. */
static int compare(const int *members, int k, double error, const flx_subset *subset)
{
    if (error != subset->error)
        return error < subset->error ? -1 : 1;
    if (k != subset->k)
        return k < subset->k ? -1 : 1;
    for (int i = 0; i < k; i++)
        if (members[i] != subset->members[i])
            return members[i] < subset->members[i] ? -1 : 1;
    return 0;
}

void flx_subset_list_offer(flx_subset_list *list, const int *members, int k, double error)
{
    if (isnan(error) || (list->count == list->capacity &&
                         compare(members, k, error, &list->subsets[list->count - 1]) > 0))
        return;
    int at = 0;
    while (at < list->count && compare(members, k, error, &list->subsets[at]) > 0)
        at++;
    if (at < list->count && compare(members, k, error, &list->subsets[at]) == 0)
        return;
    if (list->count < list->capacity)
        list->count++;
    int *storage = list->subsets[list->count - 1].members;
    for (int i = list->count - 1; i > at; i--)
        list->subsets[i] = list->subsets[i - 1];
    memcpy(storage, members, (size_t)k * sizeof *storage);
    list->subsets[at] = (flx_subset){k, error, storage};
}
