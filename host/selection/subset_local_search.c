/* SPDX-License-Identifier: MIT
 * Searches without chance: all subsets, neighbours of the best, a smaller one extended.
 * Each fills a chunk and has it scored. */
#include "host/selection/subset_search.h"

#include "formats/memory.h"

#include <stdlib.h>
#include <string.h>

flx_status flx_selection_offer(flx_selection_search *search, int count, int k,
                               flx_error *error)
{
    for (int s = 0; s < count; s++) /* one subset has one error, to the last bit */
        flx_subset_sort(search->subsets + (size_t)s * (size_t)k, k);
    FLX_TRY(flx_selection_ridge_score(search->ridge, search->subsets, count, k,
                                      search->errors, error));
    for (int s = 0; s < count; s++)
        flx_subset_list_offer(&search->list, search->subsets + (size_t)s * (size_t)k, k,
                              search->errors[s]);
    search->scored += count;
    return FLX_OK;
}

int64_t flx_selection_count(int m, int k, int64_t most)
{
    int64_t count = 1;
    k = k < m - k ? k : m - k;
    for (int i = 1; i <= k; i++) {
        if (count > (most + 1) * i / (m - k + i) + 1)
            return most + 1;
        count = count * (m - k + i) / i; /* exact: C(m - k + i, i) */
    }
    return count > most ? most + 1 : count;
}

/* The next subset in lexicographic order; false after the last. */
static bool advance(int *members, int m, int k)
{
    int i = k - 1;
    while (i >= 0 && members[i] == m - k + i)
        i--;
    if (i < 0)
        return false;
    members[i]++;
    for (; i + 1 < k; i++)
        members[i + 1] = members[i] + 1;
    return true;
}

flx_status flx_selection_enumerate(flx_selection_search *search, int k, flx_error *error)
{
    size_t width = (size_t)k;
    FLX_SCOPED int *members = NULL;
    int count = 0;
    if (!FLX_NEW(members, k))
        return flx_no_memory(error, "a subset of %d", k);
    for (int i = 0; i < k; i++)
        members[i] = i;
    for (bool is_more = true; is_more;) {
        memcpy(search->subsets + (size_t)count++ * width, members,
               width * sizeof *members);
        is_more = advance(members, search->problem->m, k);
        if (count < FLX_SELECTION_CHUNK && is_more)
            continue;
        FLX_TRY(flx_selection_offer(search, count, k, error));
        count = 0;
    }
    return FLX_OK;
}

static bool is_member(const int *members, int k, int candidate)
{
    for (int i = 0; i < k; i++)
        if (members[i] == candidate)
            return true;
    return false;
}

/* Puts every candidate that is no member in every place of `base` (k) from `first` on. */
static flx_status exchange(flx_selection_search *search, const int *base, int k,
                           int first, flx_error *error)
{
    size_t width = (size_t)k;
    int count = 0;
    for (int place = first; place < k; place++)
        for (int j = 0; j < search->problem->m; j++) {
            if (is_member(base, k, j))
                continue;
            int *subset = search->subsets + (size_t)count++ * width;
            memcpy(subset, base, width * sizeof *subset);
            subset[place] = j;
            if (count < FLX_SELECTION_CHUNK)
                continue;
            FLX_TRY(flx_selection_offer(search, count, k, error));
            count = 0;
        }
    return count ? flx_selection_offer(search, count, k, error) : FLX_OK;
}

flx_status flx_selection_swap(flx_selection_search *search, int k, flx_error *error)
{
    FLX_SCOPED int *base = NULL;
    if (!FLX_NEW(base, k))
        return flx_no_memory(error, "a subset of %d", k);
    const flx_subset *best = search->list.subsets;
    while (search->list.count > 0) {
        double before = best->error;
        memcpy(base, best->members, (size_t)k * sizeof *base);
        FLX_TRY(exchange(search, base, k, 0, error));
        if (best->error >= before)
            break;
    }
    return FLX_OK;
}

flx_status flx_selection_extend(flx_selection_search *search, const int *from, int k,
                                flx_error *error)
{
    FLX_SCOPED int *base = NULL;
    if (!FLX_NEW(base, k))
        return flx_no_memory(error, "a subset of %d", k);
    memcpy(base, from, (size_t)(k - 1) * sizeof *base);
    base[k - 1] = -1;
    return exchange(search, base, k, k - 1, error);
}
