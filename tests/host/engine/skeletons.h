/* SPDX-License-Identifier: MIT
 * Models whose every assignment hosts a constant, number 100 + its index: structure
 * without training, for tests of the graph engine. */
#ifndef FLX_TEST_SKELETONS_H
#define FLX_TEST_SKELETONS_H

#include "host/engine/graph_engine.h"

/* Takes over the deployment; spectrum as for flx_graph_build. */
flx_model *skeleton_of(flx_deployment *deployment, const char *const *spectrum,
                       int n_spectrum);

/* A deployment file of the repository: "hotel/6vm-2". */
flx_deployment *read_config(const char *name);

/* What hosts assignment `name`; ends the test program where there is none. */
flx_learning_assignment *hosting_of(const flx_model *model, const char *name);

/* Names of all vertices agree, in order. */
void assert_same_vertices(const flx_graph *actual, const flx_graph *expected);
#endif
