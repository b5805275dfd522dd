/* SPDX-License-Identifier: MIT
 * Heap sort of indices: the order is total (ties go by index), so that it need not be
 * stable. */
#include "host/statistics/argsort.h"

#include <math.h>
#include <stdbool.h>

static bool is_before(const double *values, int a, int b)
{
    bool a_is_nan = isnan(values[a]), b_is_nan = isnan(values[b]);
    if (a_is_nan != b_is_nan)
        return b_is_nan;
    if (!a_is_nan && values[a] != values[b])
        return values[a] < values[b];
    return a < b;
}

static void sift_down(const double *values, int *heap, int count, int place)
{
    int moved = heap[place];
    for (int child; (child = 2 * place + 1) < count; place = child) {
        if (child + 1 < count && is_before(values, heap[child], heap[child + 1]))
            child++;
        if (!is_before(values, moved, heap[child]))
            break;
        heap[place] = heap[child];
    }
    heap[place] = moved;
}

void flx_rank(const double *values, int count, int *order)
{
    for (int i = 0; i < count; i++)
        order[i] = i;
    for (int place = count / 2 - 1; place >= 0; place--)
        sift_down(values, order, count, place);
    for (int last = count - 1; last > 0; last--) {
        int worst = order[0];
        order[0] = order[last];
        order[last] = worst;
        sift_down(values, order, last, 0);
    }
}
