/* SPDX-License-Identifier: MIT
 * Who is best: indices ascending by value, equal values by index, NaN last. In place and
 * without allocation, which qsort does not promise. */
#ifndef FLX_ARGSORT_H
#define FLX_ARGSORT_H

/* order (count) is filled with a permutation of 0 .. count - 1. O(count log count). */
void flx_rank(const double *values, int count, int *order);
#endif
