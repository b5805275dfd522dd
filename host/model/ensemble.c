/* SPDX-License-Identifier: MIT */
#include "host/model/ensemble.h"

#include "host/graph.h"
#include "host/regression.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const char *name;
    flx_composition composition;
    flx_gp_prior prior;
    bool wants_log, is_composed;
} recipe;

/* On measured runs of Online Boutique each of them is the best of
 * all at some size. */
static const recipe recipes[FLX_ENSEMBLE_MEMBERS] = {
    {"composed", FLX_COMPOSED, FLX_PRIOR_DENSITY, false, true},
    {"composed, sparse prior", FLX_COMPOSED, FLX_PRIOR_SPARSE, false, true},
    {"skip-connected", FLX_SKIP_CONNECTED, FLX_PRIOR_SPARSE, true, true},
    {"black box", FLX_BLACK_BOX_ARD, FLX_PRIOR_DENSITY, false, false},
    {"black box, sparse prior", FLX_BLACK_BOX_ARD, FLX_PRIOR_SPARSE, false, false},
    {"black box, logarithms", FLX_BLACK_BOX_ARD, FLX_PRIOR_SPARSE, true, false},
    {"boosted trees", FLX_BLACK_BOX_XGBOOST, FLX_PRIOR_NONE, false, false},
    {"black box, old and new rows", FLX_BLACK_BOX_ARD, FLX_PRIOR_DENSITY, false, false},
    {"black box, old and new rows, logarithms", FLX_BLACK_BOX_ARD, FLX_PRIOR_SPARSE, true,
     false},
};

const char *flx_ensemble_name(int index)
{
    return recipes[index].name;
}

int flx_ensemble_find(const char *name)
{
    for (int i = 0; i < FLX_ENSEMBLE_MEMBERS; i++)
        if (strcmp(recipes[i].name, name) == 0)
            return i;
    return -1;
}

bool flx_ensemble_is_composed(int index)
{
    return recipes[index].is_composed;
}

bool flx_ensemble_is_refitted(int index)
{
    return index >= FLX_ENSEMBLE_TRAINED;
}

flx_status flx_ensemble_build_graph(const flx_model *host, const int *replicas, int index,
                                    flx_graph **out, flx_error *error)
{
    flx_graph_scope scope = flx_graph_scope_of(host->graph);
    if (recipes[index].is_composed)
        return flx_model_build_graph(host->deployment, recipes[index].composition, false,
                                     &scope, out, error);
    return flx_black_box_graph_build_for(host->deployment, replicas,
                                         flx_ensemble_is_refitted(index), out, error);
}

flx_status flx_ensemble_build_member(const flx_model *host, const int *replicas,
                                     int index, flx_member *member, bool *is_there,
                                     flx_error *error)
{
    const recipe *r = &recipes[index];
    flx_predictor_kind kind = flx_composition_kind(r->composition);
    *member = (flx_member){.name = r->name,
                           .is_composed = r->is_composed,
                           .composition = r->composition,
                           .prior = r->prior,
                           .wants_log = r->wants_log || host->wants_log};
    *is_there = flx_regressor_of(kind) != NULL;
    /* Where the deployment asks for logarithms all members use them: one is superfluous.
     */
    if (host->wants_log && r->composition == FLX_BLACK_BOX_ARD && r->wants_log)
        *is_there = false;
    if (index == 0 || !*is_there)
        return FLX_OK;
    return flx_ensemble_build_graph(host, replicas, index, &member->graph, error);
}

/* Sum of the weights of one family, and how many members it has. */
static double weigh_family(const flx_ensemble *ensemble, bool is_composed, int *count)
{
    double sum = 0;
    *count = 0;
    for (int k = 0; k < ensemble->n_members; k++)
        if (ensemble->members[k].is_composed == is_composed) {
            sum += ensemble->members[k].weight;
            (*count)++;
        }
    return sum;
}

double flx_ensemble_weight(const flx_ensemble *ensemble, int member, bool is_far)
{
    int own, other;
    bool is_composed = ensemble->members[member].is_composed;
    if (!is_far)
        return ensemble->members[member].weight;
    double sum = weigh_family(ensemble, is_composed, &own);
    weigh_family(ensemble, !is_composed, &other);
    double share = sum > 0 ? ensemble->members[member].weight / sum : 1.0 / own;
    return other ? 0.5 * share : share;
}

int flx_ensemble_black_box(const flx_ensemble *ensemble)
{
    int last = -1;
    for (int k = 0; ensemble && k < ensemble->n_members; k++)
        if (ensemble->members[k].graph &&
            ensemble->members[k].composition == FLX_BLACK_BOX_ARD)
            last = k;
    return last;
}

/* Features keep their range widened by 0.1 and scale by 0.289 deviations:
 * host/model/feature_transform.h. */
bool flx_ensemble_range(const flx_feature *feature, double *low, double *high)
{
    if (feature->is_indicator || feature->scale <= 0)
        return false;
    double beyond = 0.9 * 0.289 / feature->scale;
    *low = feature->low - beyond;
    *high = feature->high + beyond;
    return true;
}

static double keep_within(const flx_ensemble *ensemble, double value)
{
    return fmin(fmax(value, ensemble->low), ensemble->high);
}

double flx_ensemble_blend(const flx_ensemble *ensemble, const double *predictions,
                          bool is_far, double *disagreement)
{
    double blend = 0, mean = 0, square = 0;
    int n = ensemble->n_members;
    for (int k = 0; k < n; k++) {
        double value = keep_within(ensemble, predictions[k]);
        blend += flx_ensemble_weight(ensemble, k, is_far) * value;
        mean += value / n;
    }
    for (int k = 0; k < n; k++)
        square += pow(keep_within(ensemble, predictions[k]) - mean, 2) / n;
    *disagreement = sqrt(square);
    return blend;
}

double flx_ensemble_width(const flx_ensemble *ensemble, double disagreement, double level)
{
    /* The conformal rank; beyond the largest score there is only the largest. */
    int rank = (int)ceil(level * (ensemble->n_scores + 1)) - 1;
    rank = rank < 0 ? 0 : rank >= ensemble->n_scores ? ensemble->n_scores - 1 : rank;
    return ensemble->scores[rank] * (disagreement + ensemble->margin);
}
