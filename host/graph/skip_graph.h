/* SPDX-License-Identifier: MIT
 * The skip-connected graph: the composed graph in which every instance-vertex also reads
 * all knobs and states of the services below it. It helps where modularity fails (a
 * leaf's latency that its callers' limits drive): what a callee's metric does not carry,
 * the callee's inputs still say. One of the members of the default predictor
 * (host/model/ensemble.h). */
#ifndef FLX_SKIP_GRAPH_H
#define FLX_SKIP_GRAPH_H

#include "host/graph/graph.h"

/* As flx_graph_build; labels of the added inputs are columns of the table. */
flx_status flx_skip_graph_build(const flx_deployment *deployment,
                                const char *const *spectrum, int n_spectrum,
                                bool paper_mode, flx_graph **out, flx_error *error);
#endif
