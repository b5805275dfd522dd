/* SPDX-License-Identifier: MIT
 * A trained inference graph as the function that tuning minimizes or maximizes: knob
 * settings in, predicted target with its interval out, the observed states fixed at one
 * row of a profile, or at the medians of the training rows.
 *
 * States: of the profile's row where a profile is given, else medians; a missing cell is
 * the training median. A state that the space fixes replaces both; fixed for a service it
 * also replaces those of its instances. The profile's knobs are not looked at. */
#ifndef FLX_TUNING_OBJECTIVE_H
#define FLX_TUNING_OBJECTIVE_H

#include "host/model.h"
#include "host/tuning/compiled_graph.h"
#include "host/tuning/tuning.h"

typedef struct flx_tuning_objective flx_tuning_objective;

/* Model, backend and space are borrowed; `profile` may be NULL. Knobs that no predictor
 * of the graph reads lose their dimension in `space`: they could take any value. `seed`
 * is that of the samples behind the intervals. FLX_BAD_INPUT where the profile has no row
 * of that number. */
flx_status flx_tuning_objective_create(const flx_model *model, flx_backend *backend,
                                       flx_search_space *space,
                                       const flx_dataset *profile, int row, uint64_t seed,
                                       flx_tuning_objective **out, flx_error *error);
void flx_tuning_objective_destroy(flx_tuning_objective *objective); /* NULL is fine */

/* A flx_predict_settings; `context` is a flx_tuning_objective. Bounds are quantiles of
 * samples through the graph; the same random numbers serve every setting, so that
 * settings can be compared. */
flx_status flx_tuning_objective_predict(void *context, const double *settings, int count,
                                        double *mean, double *lower, double *upper,
                                        flx_error *error);

/* A flx_search_settings: where the backend has a device, the graph and the population
 * stay there. Leaves the search to the host, with a reason, where a model of the graph is
 * of a kind that the device does not evaluate, and where memory is short. */
flx_status flx_tuning_objective_search(void *context, const flx_search_task *search,
                                       flx_optimum **out, flx_error *error);

/* Why the last search was left to the host; "" where it was not, or where the backend has
 * no device for it. */
const char *flx_tuning_objective_reason(const flx_tuning_objective *objective);

/* Knobs that lost their dimension because no predictor reads them. */
int flx_tuning_objective_unread(const flx_tuning_objective *objective);

/* The means of flx_tuning_objective_predict as a function of the dimensions of the space,
 * for a device; the model stays borrowed. *out NULL and FLX_OK where a device cannot
 * evaluate it: flx_tuning_objective_reason says why. */
flx_status flx_tuning_objective_compile(flx_tuning_objective *objective,
                                        flx_compiled_graph **out, flx_error *error);
#endif
