/* SPDX-License-Identifier: MIT
 * A trained inference graph as the function that tuning asks: knob settings in, predicted
 * target with its interval out, the observed states held at one row of a profile, or at
 * the medians of the training rows.
 *
 * States: of the profile's row where a profile is given, else medians; a missing cell is
 * the training median. A fixed state replaces both; fixed for a service it also replaces
 * those of its instances. The profile's knobs are not looked at. */
#ifndef FLX_TUNING_OBJECTIVE_H
#define FLX_TUNING_OBJECTIVE_H

#include "host/model.h"
#include "host/tuning/compiled_graph.h"
#include "host/tuning/tuning.h"

typedef struct flx_tuning_objective flx_tuning_objective;

/* Model, backend and space are borrowed; `profile` may be NULL. Knobs that no predictor
 * of the graph reads lose their gene in `space`: they could take any value. `seed` is
 * that of the samples behind the intervals. FLX_BAD_INPUT where the profile has no row of
 * that number. */
flx_status flx_tuning_objective_create(const flx_model *model, flx_backend *backend,
                                       flx_search_space *space,
                                       const flx_dataset *profile, int row, uint64_t seed,
                                       flx_tuning_objective **out, flx_error *error);
void flx_tuning_objective_destroy(flx_tuning_objective *tuning_model); /* NULL is fine */

/* A flx_predict_settings; `context` is a flx_tuning_objective. Bounds are quantiles of
 * samples through the graph; the same random numbers serve every setting, so that
 * settings can be compared. */
flx_status flx_tuning_objective_predict(void *context, const double *settings, int count,
                                        double *mean, double *lower, double *upper,
                                        flx_error *error);

/* Knobs that lost their gene because no predictor reads them. */
int flx_tuning_objective_unread(const flx_tuning_objective *tuning_model);

/* What a device needs to search on its own: the means of flx_tuning_objective_predict as
 * a function of the genes of the space. As flx_compiled_graph_create; the model stays
 * borrowed. */
flx_status flx_tuning_objective_plan(flx_tuning_objective *tuning_model,
                                     flx_device_graph **out,
                                     char reason[FLX_DEVICE_GRAPH_REASON],
                                     flx_error *error);
#endif
