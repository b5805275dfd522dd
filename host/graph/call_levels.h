/* SPDX-License-Identifier: MIT
 * Which (service, operation) groups a graph has, which metrics each of them shows, and on
 * which level it stands: the plan that host/graph/graph.c turns into vertices. Inside the
 * library.
 *
 * A group is in the graph where the target calls it, directly or through others. What
 * nothing on the way to the target calls cannot change the output and gets no vertex. */
#ifndef FLX_CALL_LEVELS_H
#define FLX_CALL_LEVELS_H

#include "formats/deployment.h"

#include <stdbool.h>

typedef struct {
    int service, operation; /* indices into the deployment */
    bool is_reached;        /* the target calls it, directly or through others */
    int called_by;          /* group through which it was reached; -1 for the target */
    int n_metrics;
    int *metrics;       /* (n_metrics) indices into the spectrum */
    int level;          /* of its instance-vertices; a service-vertex stands one higher */
    int first_instance; /* first instance-vertex; metric k, instance i: k * replicas + i
                           on */
    int first_shown;    /* first vertex that callers see; metric k: k on */
} flx_call_node;

typedef struct {
    const flx_deployment *deployment; /* borrowed */
    int n_groups;
    flx_call_node *groups; /* (n_groups) in the order of the deployment */
    int *first_of;         /* (n_services) index of a service's first group */
    int n_spectrum;
    const char **spectrum; /* (n_spectrum) borrowed names, the target metric among them */
    int target;            /* group of the target */
    int n_levels, n_vertices, n_assignments, n_edges;
} flx_call_levels;

/* FLX_BAD_INPUT: a metric that no service declares or that stands twice, a called service
 * without any metric of the spectrum, a cycle in the calls (named), a graph too large to
 * hold. first_instance and first_shown are -1 until the builder sets them. */
flx_status flx_call_levels_build(const flx_deployment *deployment,
                                 const char *const *spectrum, int n_spectrum,
                                 flx_call_levels **out, flx_error *error);
void flx_call_levels_destroy(flx_call_levels *groups);

/* The group that a call leads to. */
flx_call_node *flx_call_levels_called(const flx_call_levels *groups,
                                      const flx_call *call);
/* Service, operation, replicas of a group, without looking indices up twice. */
const flx_service *flx_call_node_service(const flx_call_levels *groups,
                                         const flx_call_node *group);
const flx_operation *flx_call_node_operation(const flx_call_levels *groups,
                                             const flx_call_node *group);
#endif
