/* SPDX-License-Identifier: MIT */
#include "host/optimization/breakpoint_heap.h"

#include <stdbool.h>

static bool is_before(const flx_breakpoint_heap *heap, int a, int b)
{
    return heap->step[a] < heap->step[b] ||
           (heap->step[a] == heap->step[b] && heap->row[a] < heap->row[b]);
}

static void swap(flx_breakpoint_heap *heap, int a, int b)
{
    double step = heap->step[a];
    int row = heap->row[a];
    heap->step[a] = heap->step[b];
    heap->row[a] = heap->row[b];
    heap->step[b] = step;
    heap->row[b] = row;
}

static void sift_down(flx_breakpoint_heap *heap, int at)
{
    for (;;) {
        int left = 2 * at + 1, least = at;
        if (left < heap->count && is_before(heap, left, least))
            least = left;
        if (left + 1 < heap->count && is_before(heap, left + 1, least))
            least = left + 1;
        if (least == at)
            return;
        swap(heap, at, least);
        at = least;
    }
}

void flx_breakpoint_heap_make(flx_breakpoint_heap *heap)
{
    for (int at = heap->count / 2 - 1; at >= 0; at--)
        sift_down(heap, at);
}

void flx_breakpoint_heap_pop(flx_breakpoint_heap *heap)
{
    heap->count--;
    swap(heap, 0, heap->count);
    sift_down(heap, 0);
}
