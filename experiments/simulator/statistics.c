/* SPDX-License-Identifier: MIT
 * Exact percentiles (statistics.h). */
#include "experiments/simulator/statistics.h"

#include <ctype.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { DIGIT_BITS = 11, DIGITS = 1 << DIGIT_BITS, PASSES = 3 };

static uint32_t digit_of(float value, int pass)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits >> (DIGIT_BITS * pass) & (DIGITS - 1);
}

static void sort_few(float *values, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        float value = values[i];
        size_t at = i;
        for (; at > 0 && values[at - 1] > value; at--)
            values[at] = values[at - 1];
        values[at] = value;
    }
}

void flx_sort_latencies(float *values, float *scratch, size_t count)
{
    if (count < 64) {
        sort_few(values, count);
        return;
    }
    float *from = values, *to = scratch;
    for (int pass = 0; pass < PASSES; pass++) {
        size_t start[DIGITS + 1] = {0};
        for (size_t i = 0; i < count; i++)
            start[digit_of(from[i], pass) + 1]++;
        for (int d = 0; d < DIGITS; d++)
            start[d + 1] += start[d];
        for (size_t i = 0; i < count; i++)
            to[start[digit_of(from[i], pass)]++] = from[i];
        float *swap = from;
        from = to;
        to = swap;
    }
    memcpy(values, from, count * sizeof *values); /* three passes end in the scratch */
}

double flx_percentile(const float *sorted, size_t count, double percent)
{
    if (count == 0)
        return (double)NAN;
    double position = percent / 100.0 * (double)(count - 1);
    size_t below = (size_t)position;
    if (below + 1 >= count)
        return (double)sorted[count - 1];
    double part = position - (double)below;
    return (double)sorted[below] * (1.0 - part) + (double)sorted[below + 1] * part;
}

double flx_mean(const float *values, size_t count)
{
    double sum = 0.0;
    for (size_t i = 0; i < count; i++)
        sum += (double)values[i];
    return count ? sum / (double)count : (double)NAN;
}

bool flx_metric_parse(const char *name, double *percent)
{
    *percent = -1.0;
    if (strcmp(name, "avg") == 0)
        return true;
    if (name[0] != 'p' || !isdigit((unsigned char)name[1]))
        return false;
    char *end;
    *percent = strtod(name + 1, &end);
    return *end == '\0' && *percent <= 100.0;
}
