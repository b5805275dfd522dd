/* SPDX-License-Identifier: MIT
 * Hyper-parameters to try, drawn by Philox from the seed alone. Inside the library. */
#ifndef FLX_MLP_CONFIG_H
#define FLX_MLP_CONFIG_H

#include "host/regression/mlp/mlp_training.h"

/* FLX_MLP_SMALL: for tens to hundreds of rows; 1 to 3 hidden layers of 16 to 128, Adam at
 * 0.001 to 0.01, tanh or relu. FLX_MLP_PAPER: the ranges of the paper's appendix; 3 to 7
 * hidden layers of 100 to 2,048 each, tanh, descent at 0.001 to 0.1 with a weight decay
 * of 1e-4. Widths, rates and decays are drawn on log scale. */
typedef enum { FLX_MLP_SMALL, FLX_MLP_PAPER } flx_mlp_search_space;

enum { FLX_MLP_CONFIG_COUNT = 8 };

/* trials (FLX_MLP_CONFIG_COUNT) out, for d inputs. */
void flx_mlp_draw_configs(flx_mlp_search_space space, int d, uint64_t seed,
                          flx_mlp_config *trials);
#endif
