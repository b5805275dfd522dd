/* SPDX-License-Identifier: MIT
 * Steps to the breakpoints of a piecewise linear function, smallest first; equal ones by
 * row, so that a search along them is the same on every machine. No allocation. */
#ifndef FLX_BREAKPOINT_HEAP_H
#define FLX_BREAKPOINT_HEAP_H

typedef struct {
    double *step; /* (capacity) the caller's; step[0] is the smallest */
    int *row;     /* (capacity) the caller's */
    int count;
} flx_breakpoint_heap;

/* Orders the first `count` entries, written in any order. O(count). */
void flx_breakpoint_heap_make(flx_breakpoint_heap *heap);
/* Removes the smallest; count >= 1. O(log count). */
void flx_breakpoint_heap_pop(flx_breakpoint_heap *heap);
#endif
