# The numbers of tests/kernels/scikit_learn.h: likelihoods, gradients and predictions of
# scikit-learn's GaussianProcessRegressor for every covariance function.
#     python3 scikit_learn.py > scikit_learn.h
import numpy
import sklearn
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, Matern, WhiteKernel

X = numpy.array([[0.1, 0.7], [0.4, 0.2], [0.45, 0.9], [0.8, 0.35], [0.95, 0.6], [0.2, 0.05]])
y = numpy.array([0.6, -1.1, 0.9, 0.2, -0.4, 1.3])
queries = numpy.array([[0.5, 0.5], [0.0, 1.0], [1.4, -0.2]])
kinds = {
    "FLX_MATERN52": lambda ell: Matern(ell, nu=2.5),
    "FLX_MATERN32": lambda ell: Matern(ell, nu=1.5),
    "FLX_SQUARED_EXPONENTIAL": RBF,
}
scales = {"true": [0.6], "false": [0.4, 1.3]}


def row(values):
    return "{" + ", ".join(repr(float(value)) for value in values) + "}"


def case(covariance, is_isotropic):
    ell = scales[is_isotropic]
    kernel = ConstantKernel(1.7) * kinds[covariance](numpy.array(ell)) + WhiteKernel(0.08)
    model = GaussianProcessRegressor(kernel, alpha=0.0, optimizer=None).fit(X, y)
    value, gradient = model.log_marginal_likelihood(kernel.theta, eval_gradient=True)
    mean, sd = model.predict(queries, return_std=True)
    print(f"    {{{covariance}, {is_isotropic}, {row(kernel.theta)}, {float(value)!r},")
    print(f"     {row(gradient)},\n     {row(mean)},\n     {row(sd**2)}}},")


print(f"""/* SPDX-License-Identifier: MIT
 * Made by scikit_learn.py with scikit-learn {sklearn.__version__}. */
#ifndef FLX_TEST_SCIKIT_LEARN_H
#define FLX_TEST_SCIKIT_LEARN_H

#include "kernels/formulas/covariance.h"

#include <stdbool.h>

enum {{ SKLEARN_POINTS = {len(X)}, SKLEARN_QUERIES = {len(queries)} }};
static const double sklearn_X[] = {row(X.ravel())};
static const double sklearn_y[] = {row(y)};
static const double sklearn_queries[] = {row(queries.ravel())};

static const struct {{
    flx_covariance covariance;
    bool is_isotropic;
    double theta[4], value, gradient[4], mean[SKLEARN_QUERIES], variance[SKLEARN_QUERIES];
}} sklearn_cases[] = {{""")
for kind in kinds:
    for is_isotropic in scales:
        case(kind, is_isotropic)
print("};\n#endif")
