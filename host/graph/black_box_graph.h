/* SPDX-License-Identifier: MIT
 * The baseline (paper 2.1, its "monolith"): the whole system as one black box. A graph of
 * one vertex that reads every knob and state of the deployment and predicts the target,
 * so that training, evaluation and tuning treat it like any other graph. Knobs stand once
 * for a service (replicas share them), states once for an instance. */
#ifndef FLX_BLACK_BOX_GRAPH_H
#define FLX_BLACK_BOX_GRAPH_H

#include "host/graph/graph.h"

flx_status flx_black_box_graph_build(const flx_deployment *deployment, flx_graph **out,
                                     flx_error *error);

/* The black box that was trained when service s had replicas[s] instances (n_services;
 * NULL: as many as now), reading a deployment that has been scaled since: its inputs are
 * the old ones. Where it read one instance, the first of those there are now stands for
 * it, so that a rate is that of an instance. has_since_change: one input more, the state
 * "deployment:changed", which no table of benchmarks has: 0 before the change, 1 since.
 * For models of the rows of both. */
flx_status flx_black_box_graph_build_for(const flx_deployment *deployment,
                                         const int *replicas, bool has_since_change,
                                         flx_graph **out, flx_error *error);
#endif
