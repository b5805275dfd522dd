/* SPDX-License-Identifier: MIT
 * Which operations of which services a graph has, which metrics each of them shows, and
 * on which level it stands: what host/graph/graph_builder.c turns into vertices. Inside
 * the library.
 *
 * An operation is part of the graph where the target calls it, directly or through
 * others. The output does not depend on the rest, which gets no vertex. */
#ifndef FLX_CALL_LEVELS_H
#define FLX_CALL_LEVELS_H

#include "formats/deployment.h"

#include <stdbool.h>

/* An operation of a service. */
typedef struct {
    const flx_service *service; /* the deployment's, as the next */
    const flx_operation *operation;
    int service_index, operation_index;
    bool is_reachable; /* the target calls it, directly or through others */
    int caller;        /* node through which it was reached; -1 for the target */
    int n_metrics;
    int *metrics; /* (n_metrics) indices into the spectrum */
    int level;    /* of its instance-vertices; a service-vertex stands one higher */
    int first_instance_vertex; /* metric k, instance i: k * replicas + i further */
    int first_visible_vertex;  /* first that callers see; metric k: k further */
} flx_call_node;

typedef struct {
    const flx_deployment *deployment; /* borrowed */
    int n_nodes;
    flx_call_node *nodes; /* (n_nodes) in the order of the deployment */
    int *first_node;      /* (n_services) index of a service's first node */
    int n_spectrum;
    const char **spectrum; /* (n_spectrum) borrowed names, the target metric among them */
    int target;            /* node of the target */
    int n_levels, n_vertices, n_assignments, n_edges;
} flx_call_levels;

/* FLX_BAD_INPUT: a metric that no service declares or that is given twice, a called
 * service without any metric of the spectrum, a cycle of calls (named), a graph too large
 * to hold. The vertices of the nodes are -1 until the builder sets them. */
flx_status flx_call_levels_build(const flx_deployment *deployment,
                                 const char *const *spectrum, int n_spectrum,
                                 flx_call_levels **out, flx_error *error);
void flx_call_levels_destroy(flx_call_levels *levels); /* NULL is fine */

/* The node that a call leads to. */
flx_call_node *flx_call_levels_callee(const flx_call_levels *levels,
                                      const flx_call *call);
#endif
