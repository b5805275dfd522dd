/* SPDX-License-Identifier: MIT
 * The work of a pass: activations of layer 1, 2, .. (m, size[l]), then in the same order
 * its deltas, d loss / d (sums before the activation). */
#include "host/regression/mlp/mlp_network.h"

#include "kernels/formulas/philox.h"

#include <math.h>
#include <string.h>

enum { WEIGHT_STREAM = 0x4d4c5057 /* "MLPW" */ };

/* First weight of layer l. */
static size_t weight_at(const flx_mlp_shape *shape, int l)
{
    size_t at = 0;
    for (int k = 0; k < l; k++)
        at += ((size_t)shape->size[k] + 1) * (size_t)shape->size[k + 1];
    return at;
}

size_t flx_mlp_count_weights(const flx_mlp_shape *shape)
{
    return weight_at(shape, shape->layers);
}

/* First activation, of one row, of layer l; l = layers + 1: all of them. */
static size_t activation_at(const flx_mlp_shape *shape, int l)
{
    size_t at = 0;
    for (int k = 1; k < l; k++)
        at += (size_t)shape->size[k];
    return at;
}

size_t flx_mlp_count_work(const flx_mlp_shape *shape, int m)
{
    return 2 * activation_at(shape, shape->layers + 1) * (size_t)m;
}

void flx_mlp_draw(const flx_mlp_shape *shape, uint64_t seed, uint32_t individual,
                  double *weights)
{
    memset(weights, 0, flx_mlp_count_weights(shape) * sizeof *weights);
    for (int l = 0; l < shape->layers - 1; l++) {
        int in = shape->size[l], out = shape->size[l + 1];
        double fan = shape->activation == FLX_MLP_TANH ? in + out : in;
        double bound = sqrt(6.0 / fan), *W = weights + weight_at(shape, l);
        for (uint32_t i = 0; i < (uint32_t)in * (uint32_t)out; i++)
            W[i] = bound *
                   (2 * flx_uniform(seed, WEIGHT_STREAM, individual, (uint32_t)l, i) - 1);
    }
}

static double *activations_of(const flx_mlp_pass *pass, int l)
{
    return pass->work + activation_at(pass->shape, l) * (size_t)pass->m;
}

static double *deltas_of(const flx_mlp_pass *pass, int l)
{
    size_t all = activation_at(pass->shape, pass->shape->layers + 1);
    return activations_of(pass, l) + all * (size_t)pass->m;
}

double *flx_mlp_predictions(const flx_mlp_pass *pass)
{
    return activations_of(pass, pass->shape->layers);
}

double *flx_mlp_output_gradients(const flx_mlp_pass *pass)
{
    return deltas_of(pass, pass->shape->layers);
}

static const double *inputs_of(const flx_mlp_pass *pass, int l)
{
    return l == 0 ? pass->X : activations_of(pass, l);
}

/* tanh by one exponential; off by 1e-16, which is nothing to a sum of many. */
static void activate(flx_mlp_activation activation, size_t count, double *z)
{
    if (activation == FLX_MLP_TANH)
        for (size_t i = 0; i < count; i++)
            z[i] = 1 - 2 / (exp(2 * z[i]) + 1);
    else
        for (size_t i = 0; i < count; i++)
            z[i] = z[i] > 0 ? z[i] : 0;
}

/* delta <- delta * activation'(z), from a = activation(z). */
static void differentiate(flx_mlp_activation activation, size_t count, const double *a,
                          double *delta)
{
    if (activation == FLX_MLP_TANH)
        for (size_t i = 0; i < count; i++)
            delta[i] *= 1 - a[i] * a[i];
    else
        for (size_t i = 0; i < count; i++)
            delta[i] = a[i] > 0 ? delta[i] : 0;
}

static void repeat_biases(const flx_mlp_pass *pass, int l)
{
    size_t in = (size_t)pass->shape->size[l], out = (size_t)pass->shape->size[l + 1];
    const double *biases = pass->weights + weight_at(pass->shape, l) + in * out;
    double *z = activations_of(pass, l + 1);
    for (size_t i = 0; i < (size_t)pass->m; i++)
        memcpy(z + i * out, biases, out * sizeof *z);
}

static flx_product forward_product(const flx_mlp_pass *pass, int l)
{
    return (flx_product){.m = pass->m,
                         .n = pass->shape->size[l + 1],
                         .k = pass->shape->size[l],
                         .alpha = 1,
                         .beta = 1,
                         .A = inputs_of(pass, l),
                         .B = pass->weights + weight_at(pass->shape, l),
                         .C = activations_of(pass, l + 1)};
}

/* Waking a thread takes as long as some thousand exponentials. */
static int threads_worth_waking(const flx_backend *backend, const flx_mlp_pass *passes,
                                int count)
{
    double elements = 0;
    for (int i = 0; i < count; i++)
        elements += (double)flx_mlp_count_work(passes[i].shape, passes[i].m);
    return elements > 1e6 ? backend->threads : 1;
}

flx_status flx_mlp_forward(flx_backend *backend, const flx_mlp_pass *passes, int count,
                           flx_product *products, flx_error *error)
{
    int threads = threads_worth_waking(backend, passes, count);
    for (int l = 0; l < FLX_MLP_MAX_LAYERS; l++) {
        int used = 0;
        for (int i = 0; i < count; i++)
            if (l < passes[i].shape->layers)
                products[used++] = forward_product(&passes[i], l);
        if (!used)
            return FLX_OK;
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads) if (threads > 1)
        for (int i = 0; i < count; i++)
            if (l < passes[i].shape->layers)
                repeat_biases(&passes[i], l);
        FLX_TRY(backend->operations->multiply(backend, products, used, error));
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads) if (threads > 1)
        for (int i = 0; i < count; i++) {
            const flx_mlp_shape *shape = passes[i].shape;
            if (l < shape->layers - 1)
                activate(shape->activation,
                         (size_t)passes[i].m * (size_t)shape->size[l + 1],
                         activations_of(&passes[i], l + 1));
        }
    }
    return FLX_OK;
}

/* d loss / d W = inputs' deltas, and d loss / d inputs = deltas W'. */
static int backward_products(const flx_mlp_pass *pass, int l, flx_product *products)
{
    int in = pass->shape->size[l], out = pass->shape->size[l + 1];
    const double *deltas = deltas_of(pass, l + 1);
    products[0] = (flx_product){.m = in,
                                .n = out,
                                .k = pass->m,
                                .is_A_transposed = true,
                                .alpha = 1,
                                .A = inputs_of(pass, l),
                                .B = deltas,
                                .C = pass->gradient + weight_at(pass->shape, l)};
    if (l == 0)
        return 1;
    products[1] = (flx_product){.m = pass->m,
                                .n = in,
                                .k = out,
                                .is_B_transposed = true,
                                .alpha = 1,
                                .A = deltas,
                                .B = pass->weights + weight_at(pass->shape, l),
                                .C = deltas_of(pass, l)};
    return 2;
}

/* After the products of layer l: its biases' gradient, and the sums of the layer below.
 */
static void finish_layer(const flx_mlp_pass *pass, int l)
{
    size_t in = (size_t)pass->shape->size[l], out = (size_t)pass->shape->size[l + 1];
    const double *deltas = deltas_of(pass, l + 1);
    double *biases = pass->gradient + weight_at(pass->shape, l) + in * out;
    memset(biases, 0, out * sizeof *biases);
    for (size_t i = 0; i < (size_t)pass->m; i++)
        for (size_t k = 0; k < out; k++)
            biases[k] += deltas[i * out + k];
    if (l > 0)
        differentiate(pass->shape->activation, (size_t)pass->m * in,
                      activations_of(pass, l), deltas_of(pass, l));
}

flx_status flx_mlp_backward(flx_backend *backend, const flx_mlp_pass *passes, int count,
                            flx_product *products, flx_error *error)
{
    int threads = threads_worth_waking(backend, passes, count);
    for (int l = FLX_MLP_MAX_LAYERS - 1; l >= 0; l--) {
        int used = 0;
        for (int i = 0; i < count; i++)
            if (l < passes[i].shape->layers)
                used += backward_products(&passes[i], l, products + used);
        if (!used)
            continue;
        FLX_TRY(backend->operations->multiply(backend, products, used, error));
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads) if (threads > 1)
        for (int i = 0; i < count; i++)
            if (l < passes[i].shape->layers)
                finish_layer(&passes[i], l);
    }
    return FLX_OK;
}

/* z = b + x W of one row. */
static void sum_layer(int in, int out, const double *W, const double *x, double *z)
{
    memcpy(z, W + (size_t)in * (size_t)out, (size_t)out * sizeof *z);
    for (int i = 0; i < in; i++) {
        const double *w = W + (size_t)i * (size_t)out;
        for (int k = 0; k < out; k++)
            z[k] += x[i] * w[k];
    }
}

/* Adds W_first.. s to `gradients`: inputs from `first` on of one layer. */
static void add_input_gradients(int in, int out, int first, const double *W,
                                const double *s, double *gradients)
{
    for (int i = first; i < in; i++) {
        const double *w = W + (size_t)i * (size_t)out;
        double sum = 0;
        for (int k = 0; k < out; k++)
            sum += w[k] * s[k];
        gradients[i - first] += sum;
    }
}

double flx_mlp_predict_row(const flx_mlp_shape *shape, const double *weights,
                           const double *x, double *scratch, int last, double *gradients)
{
    flx_mlp_pass pass = {.shape = shape, .m = 1, .X = x, .work = scratch};
    for (int l = 0; l < shape->layers; l++) {
        int out = shape->size[l + 1];
        double *z = activations_of(&pass, l + 1);
        sum_layer(shape->size[l], out, weights + weight_at(shape, l), inputs_of(&pass, l),
                  z);
        if (l < shape->layers - 1)
            activate(shape->activation, (size_t)out, z);
    }
    if (gradients)
        *flx_mlp_output_gradients(&pass) = 1;
    for (int l = shape->layers - 1; l >= 0 && gradients; l--) {
        int in = shape->size[l], out = shape->size[l + 1];
        double *below = l > 0 ? deltas_of(&pass, l) : gradients;
        if (l > 0)
            memset(below, 0, (size_t)in * sizeof *below);
        add_input_gradients(in, out, l > 0 ? 0 : in - last, weights + weight_at(shape, l),
                            deltas_of(&pass, l + 1), below);
        if (l > 0)
            differentiate(shape->activation, (size_t)in, activations_of(&pass, l), below);
    }
    return *flx_mlp_predictions(&pass);
}
