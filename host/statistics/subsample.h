/* SPDX-License-Identifier: MIT
 * Which rows of a table a training run sees. */
#ifndef FLX_SUBSAMPLE_H
#define FLX_SUBSAMPLE_H

#include "formats/dataset.h"

/* Draws `count` rows of a table by seed, whole groups together (as many groups as fit in
 * count, at least one); row numbers ascending. count <= 0 or >= rows: all. */
flx_status flx_subsample_rows(const flx_dataset *table, int count, uint64_t seed,
                              int **drawn, int *n_drawn, flx_error *error);
#endif
