/* SPDX-License-Identifier: MIT
 * The best few subsets, compared by what will be fitted to them. Inside the library. */
#ifndef FLX_GP_RERANK_H
#define FLX_GP_RERANK_H

#include "host/selection/selection.h"
#include "host/selection/subset_list.h"

/* Fits a Gaussian process to every subset of the list, all as one batch, on the means of
 * the groups (so that leaving one out leaves all its rows out), at most 128 of them, the
 * same for all. errors (list->count): mean absolute leave-one-out error, unit of y; NAN
 * where a fit failed. */
flx_status flx_selection_compare(flx_backend *backend,
                                 const flx_selection_problem *problem,
                                 const flx_subset_list *list, double *errors,
                                 flx_error *error);
#endif
