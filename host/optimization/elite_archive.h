/* SPDX-License-Identifier: MIT
 * Good settings that differ: a surrogate's best point need not be the system's, so a
 * short list of unlike candidates is worth more to a benchmark than one winner.
 *
 * While a search runs, the archive keeps the best settings offered to it with a minimum
 * distance between any two: a setting is taken if every kept one nearer than that is
 * worse, and then these leave. So the best setting of all is always in it, and a
 * population that has converged fills one place and not all. At the end `choose` picks
 * greedily: the best first, then the next best that is far enough from all chosen, the
 * demand being halved until there are enough.
 *
 * Distance: root mean square over the dimensions of the difference in the unit cube; two
 * different categories differ by 1. */
#ifndef FLX_ELITE_ARCHIVE_H
#define FLX_ELITE_ARCHIVE_H

#include "formats/status.h"
#include "kernels/formulas/mutation.h"

#include <stdbool.h>

typedef struct flx_elite_archive flx_elite_archive;

/* `dimensions` (n_dimensions) is borrowed; NULL: all continuous. capacity >= 1, spacing
 * >= 0; with spacing 0 only equal settings exclude each other. */
flx_status flx_elite_archive_create(int capacity, int n_dimensions,
                                    const flx_dimension *dimensions, double spacing,
                                    flx_elite_archive **out, flx_error *error);
void flx_elite_archive_destroy(flx_elite_archive *archive);

/* Offers `unit` (n_dimensions) with its value (lower is better); returns whether it was
 * taken. A value that is not finite is not. Of equal values the first stays. O(capacity *
 * n_dimensions) at worst, no allocation. */
bool flx_elite_archive_offer(flx_elite_archive *archive, const double *unit,
                             double value);

/* Kept settings, best first. */
int flx_elite_archive_count(const flx_elite_archive *archive);
const double *flx_elite_archive_unit(const flx_elite_archive *archive, int index);
double flx_elite_archive_value(const flx_elite_archive *archive, int index);

/* Indices of at most `count` kept settings, best first, as far apart as `distance` allows
 * (halved until there are enough). Returns how many were written to `chosen` (count). */
int flx_elite_archive_choose(const flx_elite_archive *archive, int count, double distance,
                             int *chosen);
#endif
