/* SPDX-License-Identifier: MIT */
#include "host/regression/mlp/mlp_predict.h"

#include "host/regression/mlp/mlp_network.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    flx_mlp_shape shape;
    const double *weights; /* in the predictor's parameters */
} network;

typedef struct {
    int count;
    size_t work; /* doubles of scratch that one row takes at most */
    network networks[];
} ensemble;

/* Far more than anything here makes, and no product of two overflows. */
enum { MOST_NETWORKS = 10000, WIDEST = 1000000 };

/* Reads a whole number from low to high. */
static bool read_count(const flx_predictor *p, size_t *at, int low, int high, int *out)
{
    double value = *at < p->n_parameters ? p->parameters[(*at)++] : -1;
    *out = value >= low && value <= high ? (int)value : -1;
    return *out >= 0 && *out == value;
}

static bool read_network(const flx_predictor *p, size_t *at, network *n)
{
    int activation;
    if (!read_count(p, at, FLX_MLP_TANH, FLX_MLP_RELU, &activation) ||
        !read_count(p, at, 1, FLX_MLP_MAX_LAYERS, &n->shape.layers))
        return false;
    n->shape.activation = (flx_mlp_activation)activation;
    for (int l = 0; l <= n->shape.layers; l++) {
        int low = l == 0 ? p->n_features : 1;
        int high = l == 0 ? p->n_features : l == n->shape.layers ? 1 : WIDEST;
        if (!read_count(p, at, low, high, &n->shape.size[l]))
            return false;
    }
    size_t count = flx_mlp_count_weights(&n->shape);
    if (count > p->n_parameters - *at)
        return false;
    n->weights = p->parameters + *at;
    *at += count;
    return true;
}

flx_status flx_mlp_load(const flx_predictor *p, void **loaded, flx_error *error)
{
    size_t at = 0;
    int count;
    *loaded = NULL;
    if (!read_count(p, &at, 1, MOST_NETWORKS, &count))
        return flx_fail(error, FLX_BAD_INPUT,
                        "the %zu parameters of an mlp do not begin with a number of "
                        "networks from 1 to %d",
                        p->n_parameters, MOST_NETWORKS);
    ensemble *e = calloc(1, sizeof *e + (size_t)count * sizeof e->networks[0]);
    if (!e)
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for %d networks", count);
    for (int i = 0; i < count; i++) {
        if (!read_network(p, &at, &e->networks[i]) ||
            (i == count - 1 && at != p->n_parameters)) {
            free(e);
            return flx_fail(error, FLX_BAD_INPUT,
                            "the parameters of an mlp over %d features: network %d of %d "
                            "does not fit",
                            p->n_features, i, count);
        }
        size_t work = flx_mlp_count_work(&e->networks[i].shape, 1);
        e->work = work > e->work ? work : e->work;
    }
    e->count = count;
    *loaded = e;
    return FLX_OK;
}

void flx_mlp_unload(void *loaded)
{
    free(loaded);
}

flx_status flx_mlp_predict(const flx_predictor *p, const void *loaded, const double *X,
                           int m, double *mean, double *slopes, flx_error *error)
{
    const ensemble *e = loaded;
    size_t d = (size_t)p->n_features, last = (size_t)p->n_metrics;
    double *scratch = malloc(e->work * sizeof *scratch);
    if (!scratch)
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for %zu numbers", e->work);
    for (size_t i = 0; i < (size_t)m; i++) {
        double sum = 0, *own = slopes ? slopes + i * last : NULL;
        if (own)
            memset(own, 0, last * sizeof *own);
        for (int k = 0; k < e->count; k++)
            sum += flx_mlp_predict_all(&e->networks[k].shape, e->networks[k].weights,
                                       X + i * d, scratch, (int)last, own);
        mean[i] = sum / e->count;
        for (size_t k = 0; k < last && own; k++)
            own[k] /= e->count;
    }
    free(scratch);
    return FLX_OK;
}
