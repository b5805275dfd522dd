/* SPDX-License-Identifier: MIT
 * How a Gaussian process is described to the fit queue: priors, bounds and starting
 * points of its hyper-parameters theta (kernels/formulas/theta.h). The target is
 * standardized, inputs are scaled as host/model/feature_transform.h says.
 *
 * Priors (d inputs; notes of BoTorch's dimension-scaled defaults, Hvarfner et al. 2024):
 *   density  ell ~ LogNormal(sqrt2 + ln(d)/2, sqrt3) as a density (mode 0.2 sqrt d),
 *            sn2 ~ LogNormal(-4, 1), log s2 ~ Normal(0, 1)
 *   sparse   the same numbers as a normal on log ell (mode 4.1 sqrt d): irrelevant inputs
 *            switch off
 *   none     maximum likelihood within the box */
#ifndef FLX_GP_PRIOR_H
#define FLX_GP_PRIOR_H

#include <stdbool.h>

typedef enum { FLX_PRIOR_NONE, FLX_PRIOR_DENSITY, FLX_PRIOR_SPARSE } flx_gp_prior;

/* Diagonal term that every fit starts from. */
#define FLX_GP_JITTER 1e-10

typedef struct {
    flx_gp_prior prior;
    int d;
    bool is_isotropic;
} flx_gp_description;

/* 2 + L */
int flx_gp_size(const flx_gp_description *gp);

/* Log prior at theta (constants left out); its gradient is added to `gradient`. */
double flx_gp_log_prior(const flx_gp_description *gp, const double *theta,
                        double *gradient);

/* The box of theta, (2 + L) each. */
void flx_gp_bounds(const flx_gp_description *gp, double *lower, double *upper);

/* Starts every fit makes, and scattered ones where those disagree. */
int flx_gp_first_starts(const flx_gp_description *gp);
int flx_gp_scattered_starts(const flx_gp_description *gp);
/* Start number `index` (first ones, then scattered ones): deterministic, inside the box.
 */
void flx_gp_start(const flx_gp_description *gp, int index, double *theta);

/* Maximum likelihood tends to switch an input off that should be on, from every start
 * alike. Probe number `index` is the optimum found with the index-th switched-off input
 * (shortest length scale first) switched on again. At most flx_gp_max_probes; false: no
 * such input. */
int flx_gp_max_probes(const flx_gp_description *gp);
bool flx_gp_probe(const flx_gp_description *gp, const double *optimum, int index,
                  double *theta);
#endif
