/* SPDX-License-Identifier: MIT
 * Exact percentiles of latencies. */
#ifndef FLX_SIMULATOR_STATISTICS_H
#define FLX_SIMULATOR_STATISTICS_H

#include <stdbool.h>
#include <stddef.h>

/* Sorts non-negative floats ascending: their bits are ordered like integers, so three
 * passes of a radix sort do it. `scratch` has room for `count`. */
void flx_sort_latencies(float *values, float *scratch, size_t count);

/* Of sorted values, 0 <= percent <= 100, linear between neighbours; NaN of none. */
double flx_percentile(const float *sorted, size_t count, double percent);
double flx_mean(const float *values, size_t count); /* NaN of none */

/* "avg" is -1, "p99.9" is 99.9; false for any other name. */
bool flx_metric_parse(const char *name, double *percent);
#endif
