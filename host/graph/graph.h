/* SPDX-License-Identifier: MIT
 * The inference graph (paper 3.2): vertices are (service, operation, instance, metric),
 * every vertex references a learning assignment, edges run along the reversed calls.
 * Structure only: models live in host/model/model.h.
 *
 * Built from a deployment and a spectrum of metrics. For every group (service, operation)
 * and every metric of the spectrum that the service declares there is one instance-vertex
 * a replica; all replicas reference one assignment. A replicated service also gets a
 * service-vertex, which is what its callers see. The target's service keeps the target
 * metric (and operation) only. An edge leads from what a callee shows (its
 * service-vertex, else its instance-vertex) to every instance-vertex of the caller, for
 * all combinations of metrics. */
#ifndef FLX_GRAPH_H
#define FLX_GRAPH_H

#include "formats/deployment.h"
#include "host/graph/input_subset.h"

typedef enum { FLX_INSTANCE_VERTEX, FLX_SERVICE_VERTEX } flx_vertex_kind;
const char *flx_vertex_kind_text(flx_vertex_kind kind); /* "instance" | "service" */

/* An input of an assignment, named without an instance so that replicas can share it:
 * "redis:maxmemory", "redis.get:rps", "cartservice:p90"; of a service-vertex's assignment
 * with the instance: "redis.get/0:p90", "redis.get/0:rps". */
typedef struct {
    flx_column_role kind; /* FLX_METRIC: comes from another vertex when composed */
    char *label;
} flx_assignment_input;

typedef struct {
    char *name; /* "redis.get:p90"; of a service-vertex "redis.get:p90 over instances" */
    flx_vertex_kind kind;
    int service, operation; /* indices into the deployment */
    char *metric;
    int n_inputs;
    flx_assignment_input *inputs; /* knobs, then states, then metrics; for a
                                     service-vertex the instances' metrics, then (unless
                                     paper_mode) every rate of its own, over all
                                     instances */
} flx_graph_assignment;

/* Where one input of a vertex comes from. */
typedef struct {
    int vertex;   /* index of the vertex that feeds it, or -1 for a column of the table */
    char *column; /* the measured column: "redis.get/0:rps" */
    char *fallback; /* where that is absent: "redis.get:rps"; NULL for metrics and where
                       there is but one instance */
    double share;   /* the fallback is multiplied by this: 1/replicas for rates, else 1 */
} flx_source;

typedef struct {
    char *name; /* the column of its output: "redis.get/0:p90", service level
                   "redis.get:p90" */
    flx_vertex_kind kind;
    int service, operation, instance; /* instance -1: not replicated, or service level */
    char *metric;
    int assignment;
    int level;           /* 0: needs no other vertex; else 1 + the highest it needs */
    flx_source *sources; /* (inputs of its assignment), same order */
} flx_vertex;

typedef struct {
    int n_vertices, n_assignments, n_edges, n_levels;
    flx_vertex *vertices; /* ordered by level; the output is the last */
    flx_graph_assignment *assignments;
    int (*edges)[2];  /* (n_edges) from, to */
    int *level_start; /* (n_levels + 1) first vertex of every level */
    int output;       /* index of the vertex whose output is the graph's */
    int n_spectrum;
    char **spectrum;
    flx_input_subsets *input_subsets; /* by which it was pruned
                                         (host/graph/graph_pruning.h); NULL: it was not */
    int n_inputs; /* knobs and states of all instances that some vertex reads */
} flx_graph;

/* Of which metrics a graph is made, besides its deployment. */
typedef struct {
    const char *const *spectrum; /* (n_spectrum) NULL: the target metric alone */
    int n_spectrum;
    const flx_input_subsets *input_subsets; /* what of them is read; NULL: all */
} flx_graph_scope;
/* That of a graph, borrowed from it. */
flx_graph_scope flx_graph_scope_of(const flx_graph *graph);

/* `spectrum` NULL or n_spectrum 0: the target metric alone. FLX_BAD_INPUT where no
 * service declares a metric of the spectrum, or a called service declares none of them.
 * The target metric is always part. Rates: states named "rps" or ending in "rps".
 * paper_mode: a service-vertex sees only its instances' metrics (GE.scale), not their
 * rates. */
flx_status flx_graph_build(const flx_deployment *deployment, const char *const *spectrum,
                           int n_spectrum, bool paper_mode, flx_graph **out,
                           flx_error *error);
void flx_graph_destroy(flx_graph *graph);

int flx_graph_find_assignment(const flx_graph *graph, const char *name);

/* Whether an operation feeds nothing of a composed graph: the target does not reach it.
 */
bool flx_graph_leaves_out(const flx_graph *graph, const flx_deployment *deployment,
                          int service, int operation);

/* A picture for `dot`: services as clusters, levels from left to right, the target
 * marked, replicas sharing an assignment in one colour; a large graph has replicas, then
 * metrics, folded into one node. Names are escaped. Allocated
 * text, or NULL when out of memory. `deployment` is the one the graph was built from. */
char *flx_graph_to_dot(const flx_graph *graph, const flx_deployment *deployment);
#endif
