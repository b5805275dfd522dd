/* SPDX-License-Identifier: MIT
 * The default predictor: the target's learning assignment hosts, beside the composed
 * inference graph, models with other inputs, and weights them by output weighting (paper
 * 4.1), generalized to models that do not share inputs. Members:
 *
 *   composed family   the composed graph with two priors, the skip-connected graph
 *   others            one black box with two priors and on logarithms, boosted trees
 *
 * Composed graphs win on few rows and after a change, black boxes where modularity fails
 * (host/evaluation/modularity.h). Weights come from 5 folds with hyper-parameters
 * refitted in each, shrunk toward the composed graph with 10 pseudo-rows. Intervals are
 * split-conformal on the residuals of the folds, scaled by how far the members disagree.
 */
#ifndef FLX_ENSEMBLE_H
#define FLX_ENSEMBLE_H

#include "host/model/model.h"

/* Those of training, and those that a refit adds (host/engine/ensemble_refit.h). */
enum { FLX_ENSEMBLE_TRAINED = 7, FLX_ENSEMBLE_MEMBERS = 9 };

/* Name, composition and family of member `index` of the recipe. */
const char *flx_ensemble_name(int index);
int flx_ensemble_find(const char *name); /* -1 */
bool flx_ensemble_is_composed(int index);
bool flx_ensemble_is_refitted(int index); /* on the rows before and since a change */

/* The graph of member `index` in the deployment of the model that hosts it. replicas:
 * ensemble->replicas, NULL: as now. */
flx_status flx_ensemble_build_graph(const flx_model *host, const int *replicas, int index,
                                    flx_graph **graph, flx_error *error);

/* Member `index` without fits, its graph built for the model that hosts it (the first has
 * none of its own). replicas: ensemble->replicas, NULL: as now. *is_there false and
 * FLX_OK where this build has no such kind, or the model needs no such member. */
flx_status flx_ensemble_build_member(const flx_model *host, const int *replicas,
                                     int index, flx_member *member, bool *is_there,
                                     flx_error *error);

/* Replicas of every service of a deployment, allocated; NULL when out of memory. */
int *flx_ensemble_count_replicas(const flx_deployment *deployment);

/* After services of the model have been scaled: of the composed family the model's own
 * graph stays, and counts half; the black boxes, which read the first instance where they
 * read the only one, share the other half, until a refit (host/engine/ensemble_refit.h).
 * With as many instances as when the members were trained the weights stay. Only memory
 * can fail, and leaves the ensemble as it was. */
flx_status flx_ensemble_follow(flx_model *model, flx_error *error);

/* A member's weight. Far from the training rows, which is where an input is more than one
 * standard deviation outside what they have, the composed family and the others count
 * half each. */
double flx_ensemble_weight(const flx_ensemble *ensemble, int member, bool is_far);

/* The member whose inputs say whether a row is far, and the range of one of them; false
 * where the feature has none. -1: no such member, no row is far. The last black box:
 * refitted ones know the newest rows. */
int flx_ensemble_black_box(const flx_ensemble *ensemble);
bool flx_ensemble_range(const flx_feature *feature, double *low, double *high);

/* One row: predictions (n_members), kept within the range. Returns the weighted mean;
 * *disagreement is their standard deviation. */
double flx_ensemble_blend(const flx_ensemble *ensemble, const double *predictions,
                          bool is_far, double *disagreement);

/* Half the width of the interval of probability `level`. */
double flx_ensemble_width(const flx_ensemble *ensemble, double disagreement,
                          double level);
#endif
