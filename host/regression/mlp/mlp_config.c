/* SPDX-License-Identifier: MIT */
#include "host/regression/mlp/mlp_config.h"

#include "kernels/formulas/philox.h"

#include <math.h>

enum { TRIAL_STREAM = 0x4d4c5054 /* "MLPT" */ };

/* What a space draws from. */
typedef struct {
    int fewest_layers, most_layers;
    double narrowest, widest;
    double slowest, fastest;
    double least_decay, most_decay;
    flx_mlp_optimizer optimizer;
    bool has_relu;
} ranges;

static double draw_log(double low, double high, uint64_t seed, uint32_t trial,
                       uint32_t what)
{
    return low * pow(high / low, flx_uniform(seed, TRIAL_STREAM, trial, 0, what));
}

static flx_mlp_config draw_trial(const ranges *r, int d, uint64_t seed, uint32_t trial)
{
    enum { LAYERS, ACTIVATION, RATE, DECAY, FIRST_WIDTH };
    int hidden = r->fewest_layers + flx_below(seed, TRIAL_STREAM, trial, 0, LAYERS,
                                              r->most_layers - r->fewest_layers + 1);
    bool is_relu =
        r->has_relu && flx_below(seed, TRIAL_STREAM, trial, 0, ACTIVATION, 2) == 1;
    flx_mlp_config t = {
        .shape = {.activation = is_relu ? FLX_MLP_RELU : FLX_MLP_TANH,
                  .layers = hidden + 1},
        .optimizer = r->optimizer,
        .rate = draw_log(r->slowest, r->fastest, seed, trial, RATE),
        .decay = draw_log(r->least_decay, r->most_decay, seed, trial, DECAY),
    };
    t.shape.size[0] = d;
    for (int l = 1; l <= hidden; l++)
        t.shape.size[l] = (int)round(
            draw_log(r->narrowest, r->widest, seed, trial, FIRST_WIDTH + (uint32_t)l));
    t.shape.size[hidden + 1] = 1;
    return t;
}

void flx_mlp_draw_configs(flx_mlp_search_space space, int d, uint64_t seed,
                          flx_mlp_config *trials)
{
    static const ranges small = {1, 3, 16, 128, 0.001, 0.01, 0.01, 3, FLX_MLP_ADAM, true};
    static const ranges paper = {3,   7,    100,  2048,        0.001,
                                 0.1, 1e-4, 1e-4, FLX_MLP_SGD, false};
    for (uint32_t t = 0; t < FLX_MLP_CONFIG_COUNT; t++)
        trials[t] = draw_trial(space == FLX_MLP_PAPER ? &paper : &small, d, seed, t);
}
