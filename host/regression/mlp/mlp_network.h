/* SPDX-License-Identifier: MIT
 * Multi-layer perceptrons with one linear output: predictions, and gradients with respect
 * to weights and inputs. Many
 * networks of any shapes are passed through together, layer by layer, every layer as one
 * batch of matrix products on the backend. Inside the library. */
#ifndef FLX_MLP_NETWORK_H
#define FLX_MLP_NETWORK_H

#include "kernels/backend.h"

#include <stddef.h>
#include <stdint.h>

typedef enum { FLX_MLP_TANH, FLX_MLP_RELU } flx_mlp_activation;

enum { FLX_MLP_MAX_LAYERS = 8 };

typedef struct {
    flx_mlp_activation activation;    /* of all layers but the last, which is linear */
    int layers;                       /* of weights: the hidden ones + 1 */
    int size[FLX_MLP_MAX_LAYERS + 1]; /* inputs, hidden widths, 1 */
} flx_mlp_shape;

/* Weights of a network stand layer by layer: W (size[l], size[l + 1]) row-major, then
 * biases (size[l + 1]). */
size_t flx_mlp_count_weights(const flx_mlp_shape *shape);
/* Random weights, uniform with the variance of Glorot & Bengio 2010 (tanh) or He et al.
 * 2015 (relu), a function of seed and individual alone. The last layer and all biases are
 * 0: an untrained network predicts 0. */
void flx_mlp_draw(const flx_mlp_shape *shape, uint64_t seed, uint32_t individual,
                  double *weights);

/* m rows through one network. */
typedef struct {
    const flx_mlp_shape *shape;
    const double *weights;
    int m;
    const double *X;  /* (m, size[0]) */
    double *work;     /* flx_mlp_count_work(shape, m) */
    double *gradient; /* as the weights: out of backward */
} flx_mlp_pass;

size_t flx_mlp_count_work(const flx_mlp_shape *shape, int m);
/* (m) in pass->work: what forward predicts, and d loss / d prediction, which backward
 * reads. */
double *flx_mlp_predictions(const flx_mlp_pass *pass);
double *flx_mlp_output_gradients(const flx_mlp_pass *pass);

/* products (2 count): workspace. Backward comes after forward; it overwrites output
 * gradients. */
flx_status flx_mlp_forward(flx_backend *backend, const flx_mlp_pass *passes, int count,
                           flx_product *products, flx_error *error);
flx_status flx_mlp_backward(flx_backend *backend, const flx_mlp_pass *passes, int count,
                            flx_product *products, flx_error *error);

/* The prediction of one row, without a backend. Where `gradients` is not NULL adds
 * d prediction / d x[size[0] - last + k] to gradients[k], k < last.
 * scratch: flx_mlp_count_work(shape, 1). */
double flx_mlp_predict_row(const flx_mlp_shape *shape, const double *weights,
                           const double *x, double *scratch, int last, double *gradients);
#endif
