/* SPDX-License-Identifier: MIT
 * Trained models as models of a compiled graph, kind by kind. */
#include "host/tuning/compiled_graph_lists.h"

#include "formats/memory.h"
#include "host/graph.h"
#include "host/model.h"
#include "host/regression.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *flx_compiled_graph_add(flx_compiled_graph_list *list, const void *items, int count,
                             size_t size)
{
    if (!list->items || count > list->capacity - list->count) {
        size_t wanted = 2 * ((size_t)list->count + (size_t)count) + 8;
        void *grown = wanted <= INT_MAX ? realloc(list->items, wanted * size) : NULL;
        if (!grown)
            return NULL;
        list->items = grown;
        list->capacity = (int)wanted;
    }
    char *added = (char *)list->items + (size_t)list->count * size;
    if (items)
        memcpy(added, items, (size_t)count * size);
    else
        memset(added, 0, (size_t)count * size);
    list->count += count;
    return added;
}

static flx_status out_of_memory(const flx_graph_assignment *assignment, flx_error *error)
{
    return flx_no_memory(error, "the compiled graph at %s", assignment->name);
}

/* Parameters behind the others; their place in `model`. */
static bool add_parameters(flx_compiled_graph_lists *lists, flx_device_graph_model *model,
                           const double *values, int count)
{
    model->first_parameter = lists->parameters.count;
    model->n_parameters = count;
    return flx_compiled_graph_add(&lists->parameters, values, count, sizeof *values);
}

static bool add_features(flx_compiled_graph_lists *lists, flx_device_graph_model *model,
                         const flx_predictor *p)
{
    model->first_feature = lists->features.count;
    model->n_features = p->n_features;
    flx_device_graph_feature *added =
        flx_compiled_graph_add(&lists->features, NULL, p->n_features, sizeof *added);
    for (int k = 0; k < p->n_features && added; k++)
        added[k] = (flx_device_graph_feature){p->features[k].input,
                                              flx_feature_scaling(&p->features[k])};
    return added != NULL;
}

/* The condition's targets are placed when all of them are known
 * (host/tuning/compiled_graph.c). */
static bool add_member(flx_compiled_graph_lists *lists, flx_device_graph_model *model,
                       const flx_predictor *p)
{
    model->kind = FLX_DEVICE_GRAPH_GP;
    model->member = lists->members.count;
    flx_gp_condition member = {.problem = {.n = p->n,
                                           .d = p->n_features,
                                           .is_isotropic = p->is_isotropic,
                                           .covariance = p->covariance,
                                           .X = p->X},
                               .theta = p->theta,
                               .jitter = p->jitter};
    double *y = flx_compiled_graph_add(&lists->outputs, NULL, p->n, sizeof *y);
    if (!y || !flx_compiled_graph_add(&lists->members, &member, 1, sizeof member))
        return false;
    for (int i = 0; i < p->n; i++)
        y[i] = (p->y[i] - p->y_mean) / p->y_sd;
    return true;
}

/* Intercept and coefficients are kept, the penalty before them is not. */
static flx_status add_linear(flx_compiled_graph_lists *lists,
                             flx_device_graph_model *model,
                             const flx_graph_assignment *assignment,
                             const flx_predictor *p, flx_error *error)
{
    model->kind = FLX_DEVICE_GRAPH_LINEAR;
    if (p->n_parameters != 2 + (size_t)p->n_features)
        return flx_fail(error, FLX_BAD_INPUT,
                        "%s: a ridge regression of %d features has %zu parameters",
                        assignment->name, p->n_features, p->n_parameters);
    return add_parameters(lists, model, p->parameters + 1, 1 + p->n_features)
               ? FLX_OK
               : out_of_memory(assignment, error);
}

/* The nodes count from the first of the trees, as they do in the compiled graph. */
static bool add_nodes(flx_compiled_graph_lists *lists, flx_device_graph_model *model,
                      const flx_tree_nodes *ensemble)
{
    model->kind = FLX_DEVICE_GRAPH_TREES;
    model->first_root = lists->roots.count;
    model->n_roots = ensemble->n_roots;
    model->first_node = lists->nodes.count;
    model->n_nodes = ensemble->n_nodes;
    return flx_compiled_graph_add(&lists->roots, ensemble->roots, ensemble->n_roots,
                                  sizeof *ensemble->roots) &&
           flx_compiled_graph_add(&lists->nodes, ensemble->nodes, ensemble->n_nodes,
                                  sizeof *ensemble->nodes) &&
           add_parameters(lists, model, &ensemble->base, 1);
}

static flx_status add_trees(flx_compiled_graph_lists *lists,
                            flx_device_graph_model *model,
                            const flx_graph_assignment *assignment,
                            const flx_predictor *p, flx_error *error)
{
    flx_trees *trees = NULL;
    flx_tree_nodes ensemble;
    FLX_TRY(flx_trees_load(p->bytes, p->n_bytes, p->n_features, &trees, error));
    flx_status status = flx_tree_nodes_read(trees, &ensemble, error);
    flx_trees_release(trees);
    if (status == FLX_OK && !add_nodes(lists, model, &ensemble))
        status = out_of_memory(assignment, error);
    flx_tree_nodes_clear(&ensemble);
    return status;
}

static bool add_rule(flx_compiled_graph_lists *lists, flx_device_graph_model *model,
                     const flx_graph_assignment *assignment, const flx_predictor *p)
{
    const double as_it_is[] = {0, 1};
    model->kind = FLX_DEVICE_GRAPH_RULE;
    flx_aggregation_rule_shape(assignment, &model->n_metrics, &model->n_blocks);
    return add_parameters(lists, model, p->n_parameters == 3 ? p->parameters : as_it_is,
                          2);
}

static flx_status fill_model(flx_compiled_graph_lists *lists,
                             flx_device_graph_model *model,
                             const flx_graph_assignment *assignment,
                             const flx_predictor *p, flx_error *error)
{
    bool is_added = true;
    switch (p->kind) {
    case FLX_PREDICTOR_GP:
        is_added = add_member(lists, model, p);
        break;
    case FLX_PREDICTOR_RIDGE:
        FLX_TRY(add_linear(lists, model, assignment, p, error));
        break;
    case FLX_PREDICTOR_XGBOOST:
    case FLX_PREDICTOR_FOREST:
        FLX_TRY(add_trees(lists, model, assignment, p, error));
        break;
    case FLX_PREDICTOR_RULE:
        is_added = add_rule(lists, model, assignment, p);
        break;
    default:
        model->kind = FLX_DEVICE_GRAPH_CONSTANT;
        model->mean = p->constant;
        model->sd = 0;
    }
    return is_added ? FLX_OK : out_of_memory(assignment, error);
}

flx_status flx_compiled_graph_add_model(flx_compiled_graph_lists *lists,
                                        const flx_graph_assignment *assignment,
                                        const flx_hosted_model *hosted,
                                        char reason[FLX_COMPILED_GRAPH_REASON],
                                        flx_error *error)
{
    const flx_predictor *p = &hosted->predictor;
    bool has_features =
        p->kind != FLX_PREDICTOR_CONSTANT && p->kind != FLX_PREDICTOR_RULE;
    if (p->kind == FLX_PREDICTOR_MLP) {
        snprintf(reason, FLX_COMPILED_GRAPH_REASON,
                 "%.160s is predicted by a model of kind %s, which stays on the host",
                 assignment->name, flx_predictor_kind_text(p->kind));
        return FLX_OK;
    }
    flx_device_graph_model model = {.weight = hosted->weight,
                                    .is_log = p->is_log,
                                    .mean = p->y_mean,
                                    .sd = p->y_sd,
                                    .low = p->output_low,
                                    .high = p->output_high};
    if (has_features && !add_features(lists, &model, p))
        return out_of_memory(assignment, error);
    FLX_TRY(fill_model(lists, &model, assignment, p, error));
    return flx_compiled_graph_add(&lists->models, &model, 1, sizeof model)
               ? FLX_OK
               : out_of_memory(assignment, error);
}
